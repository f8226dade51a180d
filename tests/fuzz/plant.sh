#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# plant.sh TARGET DIR: copies the target and the source its fault belongs to
# (planted.tsv) into DIR, the fault in the copy, and says on standard output
# what is to be compiled. The tree is left alone. A fault that no longer fits
# its source is an error.
set -eu
cd "$(dirname "$0")/../.."
target=$1
dir=$2
row=$(awk -F '\t' -v t="$target" '$1 == t' tests/fuzz/planted.tsv)
[ -n "$row" ] || {
    echo "plant.sh: no fault for $target in tests/fuzz/planted.tsv" >&2
    exit 1
}
source=$(printf '%s\n' "$row" | cut -f 2)
OLD=$(printf '%s\n' "$row" | cut -f 4)
NEW=$(printf '%s\n' "$row" | cut -f 5)
export OLD NEW

mkdir -p "$dir/tests/fuzz" "$dir/$(dirname "$source")"
cp "tests/fuzz/fuzz_$target.c" "$dir/tests/fuzz/"
awk '
    BEGIN { old = ENVIRON["OLD"]; new = ENVIRON["NEW"] }
    (at = index($0, old)) {
        found++
        $0 = substr($0, 1, at - 1) new substr($0, at + length(old))
        if (index(substr($0, at + length(new)), old))
            found++
    }
    { print }
    END { exit found != 1 }' "$source" >"$dir/$source" || {
    echo "plant.sh: $target: not exactly once in $source: $OLD" >&2
    exit 1
}
echo "-iquote $dir $dir/tests/fuzz/fuzz_$target.c"
# a target that includes the source finds the copy before the tree's
grep -qF "#include \"$source\"" \
    "tests/fuzz/fuzz_$target.c" || echo "$dir/$source"
