#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# scale.sh ROWS...: what `stats` takes, and a report over 100,000 records of one
# country, where the store holds ROWS records in all. The others are of other
# countries. One store grows from size to size, so give them in order; a million
# takes minutes. Prints `WHAT <TAB> VALUE <TAB> UNIT <TAB> MARK`; CPU, which
# depends less on what else the machine does, has no mark.
set -eu
cd "$(dirname "$0")/../.."
collector=$PWD/${BUILD:-build}/parallax-collector
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM

# records FROM TO: the first 100,000 are of KE, those after them of others; they come in
# the order of time, as they do
records() {
    awk -v from="$1" -v to="$2" 'BEGIN {
        split("IR RU TR IT CN", other, " ")
        for (i = from; i < to; i++) {
            ke = i < 100000
            n = ke ? i : i - 100000
            printf "{\"test_name\":\"web_connectivity\",\"probe_cc\":\"%s\",",
                ke ? "KE" : other[i % 5 + 1]
            printf "\"probe_asn\":\"AS%d\",", 1000 + n % (ke ? 12 : 300)
            minute = int((i - from) * 9 * 28 * 1440 / (to - from))
            day = int(minute / 1440)
            printf "\"measurement_start_time\":\"2026-%02d-%02d %02d:%02d:%02d\",",
                int(day / 28) + 1, day % 28 + 1, int(minute / 60) % 24, minute % 60,
                i % 59
            printf "\"input\":\"https://site%d.example/\",",
                int(n / 12) % (ke ? 1500 : 50000)
            printf "\"annotations\":{\"n\":\"%d\"},\"test_keys\":", i
            printf "{\"queries\":[],\"tcp_connect\":[],\"requests\":[]}}\n"
        }
    }'
}

now_ms() { date +%s%3N; }
# measure COMMAND...: sets wall and cpu, ms, and kib, of the middle one of three runs
measure() {
    for _ in 1 2 3; do
        rm -rf "$dir/report"
        t0=$(now_ms)
        /usr/bin/time -f '%U %S %M' -o "$dir/time" "$@" >/dev/null 2>&1
        t1=$(now_ms)
        tail -n 1 "$dir/time" |
            awk -v ms=$((t1 - t0)) '{ print ms, ($1 + $2) * 1000, $3 }'
    done | sort -n | sed -n 2p >"$dir/middle"
    read -r wall cpu kib <"$dir/middle"
}

have=0
for rows in "$@"; do
    records "$have" "$rows" |
        "$collector" import --vouch bench --data "$dir/data" >/dev/null 2>&1
    have=$rows
    what="of $rows records"
    measure "$collector" stats --data "$dir/data"
    printf 'stats %s\t%s\tms\t50\n' "$what" "$wall"
    printf 'CPU of stats\t%s\tms\t\n' "$cpu"
    measure "$collector" report --data "$dir/data" --country KE \
        --since 2026-01-01 --until 2027-01-01 --out "$dir/report"
    printf 'a report over 100,000 %s\t%s\tms\t1000\n' "$what" "$wall"
    printf 'CPU of the report\t%s\tms\t\n' "$cpu"
    printf 'its peak memory\t%s\tKiB\t40960\n' "$kib"
done
