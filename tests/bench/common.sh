# SPDX-License-Identifier: Apache-2.0
# What the scripts of the bench share; to be sourced at the top of the tree, with
# $table set: the name of the file in $BUILD/bench that the table goes to, too.
SHARED=${SHARED:-../shared}
BUILD=${BUILD:-build}
SITES=${SITES:-500}
RTT=100
mkdir -p "$BUILD/bench"
out=$(cd "$BUILD/bench" && pwd)
table=$out/$table
: >"$table"
probe=$BUILD/parallax
collector=$BUILD/parallax-collector

row() { # WHAT VALUE UNIT MARK met|missed|-
    printf '%-56s %10s %-8s %-10s %s\n' "$1" "$2" "$3" "$4" "$5" |
        tee -a "$table"
}
heading() {
    printf '\n%s\n' "$1" | tee -a "$table"
}
calc() { # FORMAT EXPRESSION
    awk "BEGIN { printf \"$1\", $2 }"
}
mark() { # WHAT VALUE UNIT OP LIMIT
    row "$1" "$2" "$3" "$4 $5" \
        "$(awk -v a="$2" -v b="$5" -v op="$4" \
            'BEGIN { print ((op == "<=" ? a <= b : a >= b) ? "met" : "missed") }')"
}
note() {
    row "$1" "$2" "$3" - -
}
now_ms() { date +%s%3N; }
median_ms() { # COMMAND...: the middle of three runs
    for _ in 1 2 3; do
        t0=$(now_ms)
        "$@" >/dev/null 2>>"$out/log"
        t1=$(now_ms)
        echo $((t1 - t0))
    done | sort -n | sed -n 2p
}

list=$SHARED/data/test-lists/ir.csv
if [ ! -r "$list" ]; then
    list=$out/list.csv
    sh tests/e2e/lib/make_list.sh 903 >"$list"
fi
echo "link rtt ${RTT}ms" >"$out/rtt.scn"
head -n $((SITES + 1)) "$list" >"$out/sites.csv"
