#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# table.sh [FILE]: runs the end-to-end test of hostile servers and puts the
# table of what was done and what the records said into FILE (default
# docs/robustness.md), between its marks.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
doc=${1:-$here/../../docs/robustness.md}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
HOSTILE_SAID=$dir/said sh "$here/../e2e/hostile.t" >"$dir/tap" || {
    grep -A3 '^not ok' "$dir/tap" >&2
    exit 1
}
{
    echo '| Misbehaviour | What was done | What the record said |'
    echo '|---|---|---|'
    awk -F '\t' '
        NR == FNR {
            if (!(($1, $2) in seen))
                said[$1] = said[$1] (said[$1] == "" ? "" : ", ") $2
            seen[$1, $2] = 1
            next
        }
        /^#/ { next }
        { print "| " $1 " | " $3 " | " said[$1] " |" }' \
        "$dir/said" "$here/expect.tsv"
} >"$dir/table"
sh "$here/../tools/between.sh" "$doc" hostile "$dir/table"
