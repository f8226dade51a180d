#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# facts.sh [ROOT]: what the C files below ROOT include, define, declare and
# use; the checks of the tree's structure read these lines (fields between
# tabs):
#
#   inc FILE LINE NAME TARGET     an include in quotes; TARGET is the file meant,
#                                 or - if there is none
#   def FILE LINE END NAME SCOPE  a function or object with its body or value;
#                                 SCOPE is static, public or object
#   dec FILE LINE END NAME        a prototype, or an object declared extern
#   lost FILE LINE                a function that was not understood
#   use FILE LINE NAME            the name of something public, in code
#
# Definitions and declarations are those of lib, probe and collector as
# Universal Ctags reads them; uses are looked for in tests and tools too.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/../..}"
lists=$(mktemp -d)
trap 'rm -rf "$lists"' EXIT

# sources DIR...: C files and headers below, and tables that are included.
sources() {
    for dir in "$@"; do
        [ ! -d "$dir" ] ||
            find "$dir" \( -name '*.c' -o -name '*.h' -o -name '*.def' \) -print
    done | sort
}
sources lib probe collector >"$lists/product"
sources tests tools >"$lists/others"

# ctags reads copies: a typedef of a pointer to a function that returns an enum
# or a struct makes it forget the rest of the file.
mkdir "$lists/copy"
sed 's|/[^/]*$||' "$lists/product" | sort -u | (cd "$lists/copy" && xargs -r mkdir -p)
xargs -r awk -v to="$lists/copy/" '
    FNR == 1 { if (out) close(out); out = to FILENAME; printf "" >out }
    { sub(/^typedef (enum|struct|union) [a-z_0-9]+/, "typedef int"); print >out }
    ' <"$lists/product"
# MUST_USE and PRINTF_LIKE are attributes (base/err.h)
(cd "$lists/copy" && ctags --options=NONE --quiet --languages=C \
    --langmap=C:.c.h --kinds-C=fpvx --fields=Knfte --fields-C=+'{properties}' \
    -I MUST_USE,PRINTF_LIKE+ --sort=no -L "$lists/product" -f "$lists/tags" \
    2>"$lists/noise") || {
    cat "$lists/noise" >&2
    exit 2
}
awk -f "$here/facts_tags.awk" "$lists/tags" >"$lists/facts"
awk -f "$here/facts_includes.awk" "$lists/product" "$lists/product" \
    >>"$lists/facts"
xargs -r awk -f "$here/facts_lost.awk" "$lists/facts" <"$lists/product"
cat "$lists/facts"
cat "$lists/product" "$lists/others" |
    xargs -r awk -f "$here/code.awk" -f "$here/facts_uses.awk" "$lists/facts"
