#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# table.sh SAID [EXPECT]: the table of docs/robustness.md from what a run said
# (said.jq) and what was done (expect.tsv).
set -eu
expect=${2:-$(dirname "$0")/expect.tsv}
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
{ print "| " $1 " | " $3 " | " said[$1] " |" }' "$1" "$expect"
