#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# growth.sh: does what `stats` and a report cost stay the same whatever else the store
# holds? Each is measured in a store of 100,000 records and in one of ROWS (default
# 400,000) with scale.sh, and may take twice the CPU at most. A report over 100,000
# records stays below 40 MiB. TAP.
set -u
. "$(dirname "$0")/../e2e/lib/tap.sh"
rows=${ROWS:-400000}
[ -x /usr/bin/time ] || {
    echo '1..0 # SKIP /usr/bin/time is not installed'
    exit 0
}
explains=$dir/err
sh tests/bench/scale.sh 100000 "$rows" >"$dir/said" 2>"$dir/err"
ok $? "stores of 100,000 and of $rows records are made and measured"
sed 's/^/# /' "$dir/said"
# value WHAT N: of the N-th store
value() {
    awk -F '\t' -v what="$1" -v n="$2" \
        'index($1, what) == 1 && ++seen == n { print $2 }' "$dir/said"
}
for what in 'CPU of stats' 'CPU of the report'; do
    few=$(value "$what" 1)
    many=$(value "$what" 2)
    # below 50 ms there is nothing but starting a program
    [ "${many:-9999999}" -le $((2 * (${few:-0} > 50 ? ${few:-0} : 50))) ]
    ok $? "$what: $few ms, and $many ms with more of other countries"
done
for n in 1 2; do
    kb=$(value 'its peak memory' $n)
    [ "${kb:-9999999}" -le 40960 ]
    ok $? "the report takes $kb KiB"
done
done_testing
