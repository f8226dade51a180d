#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The scoreboard: run.sh SEED. Draws scenes (draw.awk), measures them in labs,
# several at a time, and compares what the verdicts say with what the middlebox
# did. Prints Markdown; the table of all scenes is left in
# $BUILD/scoreboard/SEED/table.tsv. Exit 1: a mark is missed. Environment:
#   KINDS=ERE TABLE=one|two   only these kinds
#   REPEAT=N                  every lab N times; scenes that flip are printed
#   INNOCENT=N                about N innocent scenes, over worse lines
#   DEFERRED=1                runs with control.defer: the collector's verdicts count
#   LABS=N                    labs at once, 8 unless said (they wait; 100 scenes are 20 s of CPU)
#   KEEP=1                    the labs' directories stay
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
dir=$BUILD/scoreboard/$seed${TABLE:+-$TABLE}${INNOCENT:+-innocent}${DEFERRED:+-deferred}

one() { # one LAB.N: measures a lab's scenes; leaves .jsonl, .truth and .log
    l=$dir/${1%.*}
    r=$dir/$1
    if [ -n "${DEFERRED:-}" ]; then
        set -- "$1" sh $here/deferred.sh "$l.urls" "$r.jsonl" "$r.stored"
    else
        set -- "$1" "$BUILD/parallax" run --list "$l.urls" --parallel 10 \
            --no-upload --out "$r.jsonl"
    fi
    lab=$1
    shift
    timeout -k 5 600 tests/lab/lab --scenario "$l.scn" --keep "$r.lab" \
        --cap net_raw -- "$@" >"$r.log" 2>&1
    status=$?
    # A line on which nothing is reached ends the run with one sentence: no verdicts.
    if [ $status = 1 ] && grep -q "^parallax run: nothing can be reached on this line" "$r.log"; then
        touch "$r.ended"
        status=0
    fi
    case $status in
    0 | 3) mv "$r.lab/truth.jsonl" "$r.truth" ;;
    125) # the lab's own words for what it cannot do
        echo "${lab%.*}" >"$r.skipped"
        ;;
    *)
        echo "scoreboard: lab $lab ended with $status" >&2
        if [ -z "${again:-}" ]; then # a machine under load: once more
            again=1
            rm -rf "$r.lab" "$r.jsonl"
            one "$lab"
            return
        fi
        ;;
    esac
    [ -n "${KEEP:-}" ] || rm -rf "$r.lab"
}

if [ "${2:-}" != "" ]; then
    one "$2"
    exit 0
fi

rm -rf "$dir"
mkdir -p "$dir" || exit 2
awk -v SEED="$seed" -v DIR="$dir" -v KINDS="${KINDS:-}" -v TABLE="${TABLE:-}" \
    -v INNOCENT="${INNOCENT:-0}" -v SERVERS="$PWD/tests/scenes/servers" \
    -v BIN="$BUILD/tests/servers" -v PAGES="$PWD/$here/two/pages" -f $here/draw.awk $here/lines.tsv \
    $(ls $here/one/*.kinds $here/two/*.kinds 2>/dev/null) || exit 2
# The labs with most scenes first, so that none is left for the end.
for f in "$dir"/*.urls; do
    for i in $(seq "${REPEAT:-1}"); do
        echo "$(wc -l <"$f") $(basename "$f" .urls).$i"
    done
done | sort -k 1,1nr | cut -d ' ' -f 2 | xargs -P "${LABS:-8}" -I L sh $here/run.sh "$seed" L

# What is not supported is left out, and named.
skipped=
for f in "$dir"/*.skipped; do
    [ -e "$f" ] || continue
    l=$(cat "$f")
    kinds=$(awk -F '\t' -v l="$l" '$2 == l {print $3}' "$dir/scenes.tsv" |
        sort | uniq -c | awk '{printf " %s (%d)", $2, $1}')
    skipped="$skipped$kinds: $(grep -m 1 -i lab "${f%.skipped}.log")
"
    awk -F '\t' -v l="$l" '$2 != l' "$dir/scenes.tsv" >"$dir/left" &&
        mv "$dir/left" "$dir/scenes.tsv"
done

# What happened, a line of JSON for each lab: packets by directive, verdicts by URL.
for f in "$dir"/*.truth; do
    r=${f%.truth}
    packets=$(jq -c -n 'reduce (inputs | select(.at)) as $p ({};
        .[$p.at | capture(":(?<n>[0-9]+)$") | .n] += 1)' "$f") || exit 2
    if [ -e "$r.ended" ]; then
        said=$(jq -c -n -R 'reduce inputs as $url ({}; .[$url] = {blocking: "null",
            state: "inconclusive", rule: "run_ended"})' "${r%.*}.urls") || exit 2
    else
        said=$(jq -c -f $here/said.jq "$r.jsonl" | jq -c -s from_entries) || exit 2
    fi
    if [ -e "$r.stored" ]; then
        said=$(echo "$said" | jq -c --slurpfile stored "$r.stored" -f $here/stored.jq) || exit 2
    fi
    printf '{"key": "%s", "value": {"packets": %s, "said": %s}}\n' \
        "$(basename "$r")" "$packets" "$said"
done | jq -c -s from_entries >"$dir/measured.json" || exit 2
jq -r -R --slurpfile m "$dir/measured.json" --argjson repeat "${REPEAT:-1}" \
    -f $here/table.jq "$dir/scenes.tsv" >"$dir/table.tsv" || exit 2
{
    echo "Seed $seed: $(wc -l <"$dir/scenes.tsv") scenes${REPEAT:+, each measured $REPEAT times}${DEFERRED:+, with controls asked later}."
    [ -z "$skipped" ] || printf '\nThe lab cannot do:\n\n%s' "$skipped"
    all=1
    [ -z "${KINDS:-}${TABLE:-}${INNOCENT:-}${DEFERRED:-}" ] || all=
    awk -v ALL="$all" -v DEFERRED="${DEFERRED:+1}" -f $here/score.awk $here/undecided.tsv "$dir/table.tsv"
} >"$dir/summary.md"
marks=$?
cat "$dir/summary.md"
exit $marks
