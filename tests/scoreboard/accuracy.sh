#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes docs/accuracy.md: accuracy.sh SEED... measures the seeds, each scene once.
# FLIPS=SEED: that seed has been measured several times before (REPEAT=5 run.sh
# SEED), and its scenes that flip are told. INNOCENT=SEED: the same of a long run
# of innocents (make scoreboard-innocents). MEASURED=1: so have the seeds, too.
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build}
here=tests/scoreboard
body=$BUILD/accuracy.body
out=docs/accuracy.md.new
flips=${FLIPS:-}
innocent=${INNOCENT:-}
unset FLIPS INNOCENT REPEAT KINDS TABLE
: >"$body" || exit 2
score() { # PART TABLE...
    part=$1
    shift
    awk -v PART="$part" -v ALL="$([ "$part" = seed ] && echo 1)" -f $here/score.awk $here/undecided.tsv "$@"
}
tables=
for seed in "$@"; do
    [ -n "${MEASURED:-}" ] || sh $here/run.sh "$seed" >"$BUILD/accuracy.log"
    [ -s "$BUILD/scoreboard/$seed/table.tsv" ] || exit 2
    tables="$tables $BUILD/scoreboard/$seed/table.tsv"
done
printf '\n## All seeds together\n' >>"$body"
# shellcheck disable=SC2086 # names of our own without spaces
score pooled $tables >>"$body"
for seed in "$@"; do
    printf '\n## Seed %s\n\n' "$seed" >>"$body"
    head -n 1 "$BUILD/scoreboard/$seed/summary.md" >>"$body"
    score seed "$BUILD/scoreboard/$seed/table.tsv" >>"$body"
done
if [ -n "$flips" ]; then
    printf '\n## The same scene several times\n\n' >>"$body"
    head -n 1 "$BUILD/scoreboard/$flips/summary.md" >>"$body"
    score flips "$BUILD/scoreboard/$flips/table.tsv" >>"$body"
fi
if [ -n "$innocent" ]; then
    printf '\n## Innocents over bad lines\n\n' >>"$body"
    head -n 1 "$BUILD/scoreboard/$innocent-innocent/summary.md" >>"$body"
    score innocent "$BUILD/scoreboard/$innocent-innocent/table.tsv" >>"$body"
fi
{
    cat $here/accuracy.head
    printf '\n## Met and missed\n\n| where | mark | |\n|---|---|---|\n'
    # What a single seed held, all of them together tell.
    awk '/^## / { where = substr($0, 4); part = "" }
        /^### / { part = ", " substr($0, 5) }
        /^- (held|MISSED): / {
            sub(/:.*/, "", part)
            said = $2; sub(/:/, "", said)
            mark = substr($0, index($0, ": ") + 2)
            if (where !~ /^Seed/ || part == "" || said != "held")
                print "| " where part " | " mark " | " said " |"
        }' "$body"
    cat "$body"
} >"$out"
if [ -f $here/two/first.md ]; then
    echo >>"$out"
    cat $here/two/first.md >>"$out"
fi
mv "$out" docs/accuracy.md
