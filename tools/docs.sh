#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs.sh PROGRAM: puts what PROGRAM prints between the two marks in
# docs/methodology.md.
set -eu
cd "$(dirname "$0")/.."
page=docs/methodology.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$1" >"$work/part"
awk -v part="$work/part" '
    /^<!-- rules: / { print; while ((getline line < part) > 0) print line; skip = 1 }
    /^<!-- end of rules -->/ { print ""; skip = 0; ends++ }
    !skip { print }
    END { exit ends != 1 }' "$page" >"$work/page" || {
    echo "docs.sh: $page lacks its marks" >&2
    exit 1
}
cat "$work/page" >"$page"
