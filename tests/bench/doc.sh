#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# doc.sh: puts the table of the last `make bench` between the marks of
# docs/performance.md.
set -eu
cd "$(dirname "$0")/../.."
table=${BUILD:-build}/bench/table.txt
doc=docs/performance.md
[ -s "$table" ] || {
    echo "doc.sh: no $table; run make bench first" >&2
    exit 1
}
tmp=$(mktemp)
awk -v table="$table" '
    /<!-- bench: begin -->/ {
        print
        print "```"
        while ((getline line < table) > 0)
            print line
        print "```"
        inside = 1
        next
    }
    /<!-- bench: end -->/ { inside = 0 }
    !inside { print }' "$doc" >"$tmp"
cat "$tmp" >"$doc"
rm -f "$tmp"
