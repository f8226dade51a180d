#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# doc.sh: puts the tables of the last `make bench`, or of one of its parts, between
# the marks of docs/performance.md.
set -eu
cd "$(dirname "$0")/../.."
dir=${BUILD:-build}/bench
doc=docs/performance.md
tmp=$(mktemp)
found=
# put NAME TABLE: a table that was not made leaves what stands there
put() {
    [ -s "$dir/$2" ] || return 0
    found=yes
    awk -v name="$1" -v table="$dir/$2" '
        $0 == "<!-- " name ": begin -->" {
            print
            print "```"
            while ((getline line < table) > 0)
                print line
            print "```"
            inside = 1
            next
        }
        $0 == "<!-- " name ": end -->" { inside = 0 }
        !inside { print }' "$doc" >"$tmp"
    cat "$tmp" >"$doc"
}
put bench table.txt
put bench-collector collector.txt
rm -f "$tmp"
[ "$found" ] || {
    echo "doc.sh: no tables in $dir; run make bench first" >&2
    exit 1
}
