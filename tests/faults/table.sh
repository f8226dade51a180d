#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# table.sh [FILE]: runs the replays, the torture and the end-to-end tests of
# faults, and puts the table of what was done and what came of it into FILE
# (default docs/robustness.md), between its marks. Ends without a table if a test
# fails. What they run has been built before (make check does). FAULTS_ALL=1 and
# FAULTS_SECONDS as for units.sh.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
doc=${1:-$here/../../docs/robustness.md}
cd "$here/../.."
BUILD=${BUILD:-build}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
FAULTS_SAID=$dir/said
export BUILD FAULTS_SAID

# ran NAME COMMAND...: its TAP in $dir/NAME
ran() {
    name=$1
    shift
    "$@" >"$dir/$name" || {
        grep -A3 '^not ok' "$dir/$name" >&2
        echo "table.sh: $name failed" >&2
        exit 1
    }
    ! grep -i '# skip' "$dir/$name" >&2 # the row will be missing: say so
}

# sum FILE [WORDS]: of "N of M allocations failed in turn WORDS": runs, N and M in
# all
sum() {
    awk -v words="${2:-}" '$0 ~ " allocations failed in turn" words {
        for (i = 2; i < NF; i++)
            if ($i == "of" && $(i + 2) == "allocations") {
                n++; tried += $(i - 1); all += $(i + 1)
            }
    } END { print n + 0, tried + 0, all + 0 }' "$1"
}
commas() {
    echo "$1" | sed ':a; s/\([0-9]\)\([0-9]\{3\}\)\($\|,\)/\1,\2\3/; ta'
}
told() {
    printf '%s\t%s\t%s\n' "$@" >>"$FAULTS_SAID"
}

replay=$BUILD/tests/replay/replay
ran replay "$replay" tests/replay/*.rpl
ran torture "$replay" --torture 1 tests/replay/*.rpl
ran units sh tests/faults/units.sh
read -r n tried all <<END
$(sum "$dir/torture")
END
told 'no memory, measuring' \
    "$n replays, each of their $(commas "$all") allocations in turn" \
    "$(commas "$tried") times the verdict that it is with memory, or \`internal\`; nothing left over"
read -r n tried all <<END
$(sum "$dir/units" '$')
END
told 'no memory, elsewhere' \
    "$n unit test programs, each of their $(commas "$all") allocations in turn" \
    "$(grep -c '^not ok' "$dir/units") crash or hang"
read -r n tried all <<END
$(sum "$dir/units" ', spread evenly$')
END
told 'no memory, elsewhere' \
    "$n more, $(commas "$tried") of their $(commas "$all") allocations in turn, spread evenly" \
    "$(grep -c '^not ok' "$dir/units") crash or hang"
told 'cancelled' "$(grep -c ' cancelled at ' "$dir/replay") replays, before each of their callbacks, by job and by engine" \
    "$(awk '/ cancelled at / { n += $(NF - 1) } END { print n }' \
        "$dir/replay") times nothing called afterwards, everything given back"
told 'few sockets' "$(grep -h '^sockets' tests/replay/*.rpl | sort -u |
    sed 's/sockets //' | paste -sd '/') for all: $(grep -h -c '^sockets' \
    tests/replay/*.rpl | awk '{ n += $1 } END { print n }') replays" \
    "as expected by each: they wait, no failure"
for t in faults faults_fetch faults_line faults_signals faults_store collector_crash \
    powercut; do
    ran $t sh tests/e2e/$t.t
done
{
    echo '| Fault | What was done | What the record or the program said |'
    echo '|---|---|---|'
    awk -F '\t' '{ print "| " $1 " | " $2 " | " $3 " |" }' "$dir/said"
} >"$dir/table"
sh "$here/../tools/between.sh" "$doc" faults "$dir/table"
