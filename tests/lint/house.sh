#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# house.sh [DIR]: the tree below DIR as it is built: which room needs which,
# which folder needs which, how long functions are, what lint.sh finds.
# For people; it says nothing of right and wrong but by the lint.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/../..}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sh "$here/facts.sh" . >"$work/facts"
awk -v graph=1 -f "$here/code.awk" -f "$here/circles.awk" "$work/facts" \
    >"$work/graph"

echo '# Rooms, and the rooms they need'
sed 's|\([^/\t]*\t\)|\t\1|' "$work/graph" | sort | sed 's|\t||' | awk -F '\t' '
function folder(room) {
    sub(/\/[^\/]*$/, "", room)
    return room
}
folder($1) != now {
    now = folder($1)
    last = ""
    printf "\n\n%s/", now
}
$1 != last {
    last = $1
    printf "\n  %s:", substr($1, length(now) + 2)
}
{
    # without its folder where that is the same
    printf " %s", folder($2) == now ? substr($2, length(now) + 2) : $2
}
END {
    printf "\n\n"
}'

echo '# Folders, the folders they need, and by how many arrows'
awk -F '\t' '
{
    for (i = 1; i <= 2; i++)
        sub(/\/[^\/]*$/, "", $i)
    if ($1 != $2)
        n[$1 "\t" $2]++
}
END {
    for (pair in n)
        print pair "\t" n[pair] | "sort"
}' "$work/graph" | awk -F '\t' '
$1 != last { printf "\n%s:", last = $1 }
{ printf " %s (%d)", $2, $3 }
END { printf "\n\n" }'

echo '# Lines of functions'
awk -F '\t' '$1 == "def" && $6 != "object" { print $4 - $3 + 1 }' "$work/facts" |
    sort -n | awk '
    { lines[NR] = $1 }
    END {
        printf "\n%d functions: median %d, nine of ten up to %d, longest %d\n\n", \
            NR, lines[int((NR + 1) / 2)], lines[int(NR * 0.9 + 0.5)], lines[NR]
    }'

echo '# What lint.sh finds'
echo
sh "$here/lint.sh" . | sed 's/^not ok/NOT OK/' || true
