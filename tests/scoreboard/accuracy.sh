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
out=docs/accuracy.md.new
flips=${FLIPS:-}
innocent=${INNOCENT:-}
unset FLIPS INNOCENT REPEAT KINDS TABLE
cat $here/accuracy.head >"$out" || exit 2
score() { # PART TABLE...
    part=$1
    shift
    awk -v PART="$part" -v ALL="$([ "$part" = seed ] && echo 1)" -f $here/score.awk $here/undecided.tsv "$@"
}
tables=
for seed in "$@"; do
    printf '\n## Seed %s\n\n' "$seed" >>"$out"
    [ -n "${MEASURED:-}" ] || sh $here/run.sh "$seed" >"$BUILD/accuracy.log"
    [ -s "$BUILD/scoreboard/$seed/table.tsv" ] || exit 2
    head -n 1 "$BUILD/scoreboard/$seed/summary.md" >>"$out"
    score seed "$BUILD/scoreboard/$seed/table.tsv" >>"$out"
    tables="$tables $BUILD/scoreboard/$seed/table.tsv"
done
printf '\n## All seeds together\n' >>"$out"
# shellcheck disable=SC2086 # names of our own without spaces
score pooled $tables >>"$out"
if [ -n "$flips" ]; then
    printf '\n## The same scene several times\n\n' >>"$out"
    head -n 1 "$BUILD/scoreboard/$flips/summary.md" >>"$out"
    score flips "$BUILD/scoreboard/$flips/table.tsv" >>"$out"
fi
if [ -n "$innocent" ]; then
    printf '\n## Innocents over bad lines\n\n' >>"$out"
    cat "$BUILD/scoreboard/$innocent-innocent/summary.md" >>"$out"
fi
if [ -f $here/two/first.md ]; then
    echo >>"$out"
    cat $here/two/first.md >>"$out"
fi
mv "$out" docs/accuracy.md
