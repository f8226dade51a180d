#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A benchmark, not a test: prints what was measured in one run beside a named
# peer or mark, `met` or `missed`. The table also goes to $BUILD/bench/.
set -u
cd "$(dirname "$0")/../.." || exit 1
SHARED=${SHARED:-../shared}
BUILD=${BUILD:-build}
out=$BUILD/bench
rm -rf "$out"
mkdir -p "$out"
table=$out/table.txt
: >"$table"

row() { # WHAT VALUE UNIT MARK met|missed|-
    printf '%-52s %10s %-8s %-22s %s\n' "$1" "$2" "$3" "$4" "$5" | tee -a "$table"
}

# verdict A OP B
judge() {
    awk -v a="$1" -v b="$3" -v op="$2" \
        'BEGIN { print ((op == "<=" ? a <= b : a >= b) ? "met" : "missed") }'
}

now_ms() { date +%s%3N; }

# median of three runs of a command, in ms
median_ms() {
    for _ in 1 2 3; do
        t0=$(now_ms)
        "$@" >/dev/null 2>>"$out/log" || return 1
        t1=$(now_ms)
        echo $((t1 - t0))
    done | sort -n | sed -n 2p
}

list=$SHARED/data/test-lists/ir.csv
[ -r "$list" ] || list=$out/list.csv
[ -r "$list" ] || sh tests/e2e/lib/make_list.sh 903 >"$list"
rows=$(($(wc -l <"$list") - 1))

row "what" "value" "unit" "mark" "result"
ms=$(median_ms tests/lab/lab -- true)
row "lab: world up and down" "$ms" ms "<= 1000" "$(judge "$ms" '<=' 1000)"
ms=$(median_ms tests/lab/lab --list "$list" -- true)
row "lab: world with a list of $rows rows, up and down" "$ms" ms "<= 3000" \
    "$(judge "$ms" '<=' 3000)"

# 500 sites at 100 ms round trip: the probe with full evidence, and curl
# fetching the same pages side by side in the same lab.
scn=$out/rtt.scn
echo 'link rtt 100ms' >"$scn"
{
    head -n 1 "$list"
    tail -n +2 "$list" | head -n 500
} >"$out/sites.csv"
tail -n +2 "$out/sites.csv" | cut -d, -f1 >"$out/urls"
sites=$(wc -l <"$out/urls")

# inside COMMAND FILE: runs and leaves wall ms, CPU ms and peak KiB in FILE
cat >"$out/inside.sh" <<'IN'
f=$1
shift
t0=$(date +%s%3N)
/usr/bin/time -f '%U %S %M' -o "$f.time" "$@" >"$f.out" 2>"$f.err"
t1=$(date +%s%3N)
awk -v w=$((t1 - t0)) '{ printf "%d %d %d\n", w, ($1 + $2) * 1000, $3 }' \
    "$f.time" >"$f"
IN

measure() { # NAME COMMAND...: $wall_ms $cpu_ms $peak_kib
    f=$out/$1
    shift
    tests/lab/lab --list "$out/sites.csv" --scenario "$scn" -- \
        sh "$out/inside.sh" "$f" "$@" >>"$out/log" 2>&1
    read -r wall_ms cpu_ms peak_kib <"$f" || return 1
}

for par in 1 8 50; do
    n=$sites
    head=$sites
    if [ "$par" = 1 ]; then
        head=40 # one at a time is slow by nature: a part of the list will do
    fi
    head -n $((head + 1)) "$out/sites.csv" >"$out/part.csv"
    head -n "$head" "$out/urls" | awk '{ print "url = \"" $0 "\""
        print "output = \"/dev/null\"" }' >"$out/curl.cfg"
    measure "curl$par" curl -s -K "$out/curl.cfg" --parallel --parallel-max "$par" \
        --parallel-immediate || continue
    curl_cpu=$cpu_ms
    curl_peak=$peak_kib
    curl_wall=$wall_ms
    measure "probe$par" "$BUILD/parallax" run --list "$out/part.csv" \
        --parallel "$par" --no-upload || continue
    rate=$(awk -v n="$head" -v w="$wall_ms" 'BEGIN { printf "%.0f", n * 60000 / w }')
    if [ "$par" = 8 ]; then
        row "probe: sites a minute, parallelism 8, 100 ms" "$rate" "/min" \
            ">= 308" "$(judge "$rate" '>=' 308)"
    else
        row "probe: sites a minute, parallelism $par, 100 ms" "$rate" "/min" - -
    fi
    r=$(awk -v a="$wall_ms" -v b="$curl_wall" 'BEGIN { printf "%.2f", a / b }')
    row "  wall against curl --parallel" "$r" "x" - -
    r=$(awk -v a="$cpu_ms" -v b="$curl_cpu" 'BEGIN { printf "%.2f", a / b }')
    row "  CPU against curl fetching the page once" "$r" "x" "<= 2" \
        "$(judge "$r" '<=' 2)"
    r=$(awk -v a="$peak_kib" -v b="$curl_peak" 'BEGIN { printf "%.2f", a / b }')
    if [ "$par" = 50 ]; then
        row "  peak memory against curl" "$r" "x" "<= 1.2" "$(judge "$r" '<=' 1.2)"
    else
        row "  peak memory against curl" "$r" "x" - -
    fi
    row "  peak memory" "$peak_kib" KiB - -
done
echo "table: $table"
