#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# table.sh [RAN.TSV [FILE]]: puts the tables of fuzzing into FILE (default
# docs/robustness.md), between their marks: seconds and inputs of each target,
# added up from RAN.TSV (default build-san/fuzz/ran.tsv, see run.sh), and the
# planted faults with the inputs it took to find them (planted.sh).
set -eu
cd "$(dirname "$0")/../.."
BUILD=build-san
ran=${1:-$BUILD/fuzz/ran.tsv}
doc=${2:-docs/robustness.md}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

awk -F '\t' '
    function grouped(n,    s) { # 1,234,567
        for (s = ""; length(n) > 3; n = substr(n, 1, length(n) - 3))
            s = "," substr(n, length(n) - 2) s
        return n s
    }
    BEGIN {
        print "| Target | What is read | Seconds | Inputs | What fell out |"
        print "|---|---|---|---|---|"
    }
    NR == FNR { secs[$1] += $2; inputs[$1] += $3; next }
    /^#/ { next }
    { print "| " $1 " | " $2 " | " grouped(sprintf("%d", secs[$1])) " | " \
        grouped(sprintf("%d", inputs[$1])) " | " $3 " |" }
' "$ran" tests/fuzz/targets.tsv >"$dir/fuzz"

{
    echo '| Target | Source | Fault | Inputs until it was found |'
    echo '|---|---|---|---|'
    grep -v '^#' tests/fuzz/planted.tsv | while IFS="$(printf '\t')" \
        read -r target source fault rest; do
        found=$(cat "$BUILD/planted/$target/found") || {
            echo "table.sh: run tests/fuzz/planted.sh first" >&2
            exit 1
        }
        echo "| $target | \`$source\` | $fault | $found |"
    done
} >"$dir/planted"
[ "$(wc -l <"$dir/planted")" = "$(wc -l <"$dir/fuzz")" ] # each target is in both

for name in fuzz planted; do
    sh tests/tools/between.sh "$doc" "$name" "$dir/$name"
done
