#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# scale.sh ROWS...: what `stats` takes, and a report over 100,000 records of one
# country, where the store holds ROWS records in all. The others are of other
# countries. One store grows from size to size, so give them in order; a million
# takes minutes. Prints `WHAT <TAB> VALUE <TAB> UNIT <TAB> MARK`.
set -eu
cd "$(dirname "$0")/../.."
collector=$PWD/${BUILD:-build}/parallax-collector
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM

# records FROM TO: the first 100,000 are of KE, those after them of others
records() {
    awk -v from="$1" -v to="$2" 'BEGIN {
        split("IR RU TR IT CN", other, " ")
        for (i = from; i < to; i++) {
            ke = i < 100000
            n = ke ? i : i - 100000
            printf "{\"test_name\":\"web_connectivity\",\"probe_cc\":\"%s\",",
                ke ? "KE" : other[i % 5 + 1]
            printf "\"probe_asn\":\"AS%d\",", 1000 + n % (ke ? 12 : 300)
            printf "\"measurement_start_time\":\"2026-%02d-%02d %02d:%02d:%02d\",",
                i % 9 + 1, i % 28 + 1, i % 24, i % 60, i % 59
            printf "\"input\":\"https://site%d.example/\",",
                int(n / 12) % (ke ? 1500 : 50000)
            printf "\"annotations\":{\"n\":\"%d\"},\"test_keys\":", i
            printf "{\"queries\":[],\"tcp_connect\":[],\"requests\":[]}}\n"
        }
    }'
}

now_ms() { date +%s%3N; }
# The middle of three runs.
median_ms() {
    for _ in 1 2 3; do
        t0=$(now_ms)
        "$@" >/dev/null 2>&1
        t1=$(now_ms)
        echo $((t1 - t0))
    done | sort -n | sed -n 2p
}
report() {
    rm -rf "$dir/report"
    /usr/bin/time -f %M -o "$dir/kib" "$collector" report --data "$dir/data" \
        --country KE --since 2026-01-01 --until 2027-01-01 --out "$dir/report"
}

have=0
for rows in "$@"; do
    records "$have" "$rows" |
        "$collector" import --vouch bench --data "$dir/data" >/dev/null 2>&1
    have=$rows
    what="of $rows records"
    printf 'stats %s\t%s\tms\t50\n' "$what" \
        "$(median_ms "$collector" stats --data "$dir/data")"
    printf 'a report over 100,000 %s\t%s\tms\t1000\n' "$what" "$(median_ms report)"
    printf 'its peak memory\t%s\tKiB\t40960\n' "$(tail -n 1 "$dir/kib")"
done
