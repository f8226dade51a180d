#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Is each fsync needed, and would it be missed? In a copy of the tree one after
# the other is taken out of the files below; tests/e2e/powercut.t must then fail.
# The same tests pass before, or nothing is said. MUTANTS="FILE:LINE..." asks for
# some of them only. TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
here=$PWD
BUILD=${BUILD:-build}
SHARED=$(realpath -m "${SHARED:-../shared}")
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
trap 'exit 1' INT TERM
n=0
bad=0
files="lib/base/fs.c collector/store/segments.c collector/store/sidecar.c
    collector/store/store_sqlite.c collector/store/store_reindex.c
    collector/store/store_copy.c collector/store/store_backup.c
    collector/store/store_restore.c collector/report/report_out.c"

ok() {
    n=$((n + 1))
    if [ "$1" = 0 ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        bad=1
    fi
}

# What no power cut can show, each with its reason; FILE and function.
# zero: what fs_shred overwrites, in the probe (tests/e2e/disk.t).
# segments_uncommit: takes back what was never acknowledged; if the cut gives it
# back, a record is there that its sender will send again.
# segments_put_aside: until it is on the disk the next start does it again, and the
# file that takes its name syncs the folder.
# store_sqlite_copy: the SQLite of today syncs the copy itself.
# replace: without it the old index may be back, which the next start makes again;
# and SQLite syncs the folder when it begins a log, right after it.
# put_in_place: the manifest, written last, has synced the folder.
excused='lib/base/fs.c zero
collector/store/segments.c segments_uncommit
collector/store/segments.c segments_put_aside
collector/store/store_sqlite.c store_sqlite_copy
collector/store/store_reindex.c replace
collector/report/report_out.c put_in_place'

# calls FILE: FILE:LINE and the function of each call that syncs
calls() {
    awk -v file="$1" '
        /^[a-z].*\(/ && !/;$/ { fn = $0; sub(/\(.*/, "", fn); sub(/.*[ *]/, "", fn) }
        /[^_a-z](fsync|fdatasync|fs_fsync_dir|sync_parent|fsync_parent)\(/ &&
            !/^[a-z]/ && !/^ *(\/?\*|if \(e == ERR_OK\) \{ \/\*)/ {
            print file ":" FNR, fn
        }' "$1"
}

# without FILE LINE: the call gives 0 and does nothing
without() {
    perl -i -pe 'if ($. == '"$2"') {
        s/\b(fsync|fdatasync|fs_fsync_dir|sync_parent|fsync_parent)(\((?:[^()]|(?2))*\))/0/
    }' "$1"
}

tests() {
    (cd "$copy" && SHARED=$SHARED BUILD=$BUILD POWERCUT_SEEDS="0" \
        timeout 300 sh tests/e2e/powercut.t) >"$copy/said" 2>&1
}
build() {
    make -s -C "$copy" WERROR= V=0 "$BUILD/parallax-collector" \
        >"$copy/built" 2>&1
}

git ls-files >"$copy.list" && tar -cf - -T "$copy.list" | tar -xf - -C "$copy"
rm -f "$copy.list"
cp -a "$BUILD" "$copy/" && cd "$copy" || exit 1
# what is built already is newer than what it was built from
find "$BUILD" -type f -exec touch {} +
build && tests
ok $? "the tests pass as things are"
[ $bad = 0 ] || {
    tail -n 20 "$copy/said"
    echo "1..$n"
    exit 1
}
for file in $files; do
    calls "$file"
done >"$copy/calls"
while read -r at fn; do
    file=${at%:*}
    line=${at#*:}
    case " ${MUTANTS:-$at} " in
    *" $at "*) ;;
    *) continue ;;
    esac
    if printf '%s\n' "$excused" | grep -qx "$file $fn"; then
        n=$((n + 1))
        echo "ok $n - $at, $fn # SKIP no power cut can show it, see the script"
        continue
    fi
    without "$file" "$line"
    if cmp -s "$file" "$here/$file" || ! build; then
        ok 1 "$at, $fn: it cannot be taken out"
        tail -n 5 "$copy/built"
    elif tests; then
        ok 1 "$at, $fn: nobody misses it"
    else
        ok 0 "$at, $fn is missed: $(grep -m 1 '^not ok' "$copy/said" | sed 's/.* - //')"
    fi
    cp "$here/$file" "$file"
done <"$copy/calls"
[ "$n" -gt 10 ] || [ -n "${MUTANTS:-}" ]
ok $? "there were some"
echo "1..$n"
exit $bad
