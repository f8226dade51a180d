#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The scoreboard: run.sh SEED. Draws scenes (draw.awk), measures them in labs,
# two at a time, and compares what the verdicts say with what the middlebox
# did. Prints Markdown; the table of all scenes is left in
# $BUILD/scoreboard/SEED/table.tsv. Exit 1: a mark is missed.
set -u
cd "$(dirname "$0")/../.." || exit 2
seed=${1:-1}
case $seed in '' | *[!0-9]*)
    echo "scoreboard: SEED is a number" >&2
    exit 2
    ;;
esac
BUILD=${BUILD:-build}
case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
LAB_BUILD=${LAB_BUILD:-$BUILD}
PARALLAX_RETEST_PAUSE=${PARALLAX_RETEST_PAUSE:-3} # the lab has nothing to wait for
PARALLAX_RETEST_RESIDUAL=${PARALLAX_RETEST_RESIDUAL:-22} # lines.tsv says 20
export BUILD LAB_BUILD PARALLAX_RETEST_PAUSE PARALLAX_RETEST_RESIDUAL
here=tests/scoreboard
dir=$BUILD/scoreboard/$seed

one() { # one LETTER DIR: measures a line's scenes; leaves .jsonl and .truth
    l=$1
    d=$2
    timeout -k 5 170 tests/lab/lab --scenario "$d/$l.scn" --keep "$d/lab-$l" \
        --cap net_raw -- "$BUILD/parallax" run --list "$d/$l.urls" \
        --parallel 10 --no-upload --out "$d/$l.jsonl" >"$d/$l.log" 2>&1
    status=$?
    case $status in
    0 | 3) ;;
    125) # the lab's own words for what it cannot do
        echo "$l" >"$d/$l.skipped"
        ;;
    *) echo "scoreboard: line $l ended with $status" >&2 ;;
    esac
}

if [ "$seed" = "${1:-}" ] && [ "${2:-}" != "" ]; then
    one "$2" "$dir"
    exit 0
fi

rm -rf "$dir"
mkdir -p "$dir" || exit 2
awk -v SEED="$seed" -v DIR="$dir" -f $here/draw.awk $here/lines.tsv \
    $here/kinds.tsv || exit 2
for f in "$dir"/*.urls; do
    basename "$f" .urls
done | xargs -P 2 -I L sh $here/run.sh "$seed" L

# What is not supported is left out, and named.
skipped=
for f in "$dir"/*.skipped; do
    [ -e "$f" ] || continue
    l=$(cat "$f")
    kinds=$(awk -F '\t' -v l="$l" '$2 == l {print $3}' "$dir/scenes.tsv" |
        sort | uniq -c | awk '{printf " %s (%d)", $2, $1}')
    skipped="$skipped$kinds: $(grep -m 1 -i lab "$dir/$l.log")
"
    awk -F '\t' -v l="$l" '$2 != l' "$dir/scenes.tsv" >"$dir/left" &&
        mv "$dir/left" "$dir/scenes.tsv"
done

# Packets by directive: {"LINE:NUMBER": count}.
cat "$dir"/lab-*/truth.jsonl | jq -c -n '
    reduce (inputs | select(.at)) as $p ({};
        .[$p.at | capture("(?<l>[a-z])[.]scn:(?<n>[0-9]+)$") | "\(.l):\(.n)"]
        += 1)' >"$dir/truth.json" || exit 2
cat "$dir"/*.jsonl | jq -c '{key: .input, value: {
    blocking: (.test_keys.blocking | tostring),
    state: .test_keys.x_verdict.state, method: .test_keys.x_verdict.method,
    rule: .test_keys.x_verdict.reasons[0].rule}}' |
    jq -c -s 'from_entries' >"$dir/said.json" || exit 2
jq -r -R --slurpfile t "$dir/truth.json" --slurpfile s "$dir/said.json" \
    '$t[0] as $truth | $s[0] as $said | '"$(cat $here/table.jq)" \
    "$dir/scenes.tsv" >"$dir/table.tsv" || exit 2
echo "Seed $seed: $(cat "$dir/scenes.tsv" | wc -l) scenes."
[ -z "$skipped" ] || printf '\nThe lab cannot do:\n\n%s' "$skipped"
awk -f $here/score.awk "$dir/table.tsv"
