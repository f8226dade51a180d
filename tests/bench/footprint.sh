#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The footprint part of the bench: how small the probe is beside a long list, with large
# pages, while it waits, and how little it writes in a day. Beside run.sh, or by itself.
# DAY_SITES=N takes fewer than 300 sites in that day, which lasts two seconds for each.
set -u
cd "$(dirname "$0")/../.." || exit 1
table=footprint.txt
. tests/bench/common.sh
DAY_SITES=${DAY_SITES:-300}
foot=$out/footprint
rm -rf "$foot"
mkdir -p "$foot"

heading 'Footprint: a list of 40,000 rows'
sh tests/e2e/lib/make_list.sh 40000 >"$foot/big.csv"
sh tests/e2e/lib/make_list.sh 1 >"$foot/one.csv"
plan() { # LIST
    XDG_STATE_HOME=$foot/state XDG_RUNTIME_DIR=$foot /usr/bin/time -f %M -o "$foot/peak" \
        "$probe" plan --list "$1"
}
XDG_STATE_HOME=$foot/state "$probe" consent --accept R0,R1,R2,R3 >/dev/null
one=$(median_ms plan "$foot/one.csv")
mark 'plan of it, less that of a single row' \
    "$(($(median_ms plan "$foot/big.csv") - one))" ms '<=' 100
mark 'peak memory' "$(cat "$foot/peak")" KiB '<=' 24576

heading 'Footprint: eight pages of 512 KiB at once, then a site to be measured again'
for i in 1 2 3 4 5 6 7 8; do
    echo "host big$i.example 45.65.0.$i"
    echo "page big$i.example / 200 size 512kb"
done >"$foot/world"
printf 'link rtt 50ms rate 20mbit\nrst sni www.example.org\n' >"$foot/scenario"
cat >"$foot/inside" <<'IN'
set -- --url https://www.example.org/
for i in 1 2 3 4 5 6 7 8; do
    set -- "$@" --url "https://big$i.example/"
done
PARALLAX_RETEST_PAUSE=20 "$probe" run "$@" >"$log" 2>&1 &
pid=$!
while kill -0 $pid 2>/dev/null && [ -r /proc/$pid/status ]; do
    awk '/^VmHWM/ { most = $2 } /^VmRSS/ { now = $2 } END { if (now) print most, now }' \
        /proc/$pid/status 2>/dev/null
    sleep 0.1
done
wait $pid
IN
export probe log="$foot/log"
tests/lab/lab --world "$foot/world" --scenario "$foot/scenario" -- \
    sh "$foot/inside" >"$foot/samples" 2>>"$out/log"
mark 'peak memory, parallelism 8' "$(awk '{ n = $1 } END { print n + 0 }' "$foot/samples")" \
    KiB '<=' 24576
# half of the time of the run is in the middle of the pause
mark 'memory while it waits' \
    "$(awk '{ at[NR] = $2 } END { print at[int(NR / 2)] + 0 }' "$foot/samples")" \
    KiB '<=' 12288

heading "Footprint: a day of $DAY_SITES sites by schedule"
if said=$(sh tests/bench/day.sh "$DAY_SITES" "$foot"); then
    read -r bytes sites runs <<S
$said
S
    mark "bytes written to the block device, $sites sites in $runs runs" \
        "$(calc %.0f "$bytes / 1024")" KiB '<=' 2048
else
    note "bytes written to the block device: $said" - -
fi
printf '\ntable: %s\n' "$table"
