#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# between.sh DOC NAME TABLE: puts the file TABLE between the marks `NAME: begin` and
# `NAME: end` of DOC.
set -eu
new=$(mktemp)
awk -v name="$2" -v table="$3" '
    $0 == "<!-- " name ": end -->" { skip = 0; ends = 1 }
    !skip { print }
    $0 == "<!-- " name ": begin -->" {
        while ((getline line <table) > 0)
            print line
        skip = 1
    }
    END { exit !ends }' "$1" >"$new" || {
    echo "between.sh: $1 has no marks for $2" >&2
    rm -f "$new"
    exit 1
}
cat "$new" >"$1"
rm -f "$new"
