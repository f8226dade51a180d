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
    {
        echo '```'
        cat "$dir/$2"
        echo '```'
    } >"$tmp"
    sh tests/tools/between.sh "$doc" "$1" "$tmp"
}
put bench table.txt
put bench-footprint footprint.txt
put bench-collector collector.txt
rm -f "$tmp"
[ "$found" ] || {
    echo "doc.sh: no tables in $dir; run make bench first" >&2
    exit 1
}
