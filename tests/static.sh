#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# static.sh [PART...]: what reads the sources without running them, and
# valgrind over the unit tests. TAP. Parts: cppcheck tidy valgrind; all by
# default. JOBS says how many files side by side.
set -u
cd "$(dirname "$0")/.." || exit 1
JOBS=${JOBS:-$(nproc 2>/dev/null || echo 2)}
dir=build-static
mkdir -p "$dir/tidy" "$dir/valgrind"
flags='-std=c11 -D_GNU_SOURCE -DPARALLAX_VERSION="0" -Ilib -I.'
flags="$flags -Itests/lab -Itests/replay"
n=0
bad=0

sources() {
    find lib probe collector tests/lab tests/hostile -name '*.c' | sort
}

# Each without the folder it is built into: tests/unit/base/test_map ...
unit_programs() {
    find tests/unit -name "test_*.c" | sort | sed 's/\.c$//'
}

# said NAME STATUS LOG: one line of TAP, and the log of what failed.
said() {
    n=$((n + 1))
    if [ "$2" = 0 ]; then
        echo "ok $n - $1"
    else
        bad=1
        echo "not ok $n - $1"
        head -n 40 "$3" | sed 's/^/# /'
    fi
}

# each KIND LABEL COMMAND...: a command for every source; silence is success.
each() {
    kind=$1
    label=$2
    shift 2
    rm -f "$dir/$kind"/*
    sources | xargs -P "$JOBS" -I '{}' sh -c '
        log=$1/$(printf "%s" "$2" | tr / _)
        src=$2
        flags=$3
        shift 3
        # shellcheck disable=SC2086 # words on purpose
        nice "$@" "$src" -- $flags >"$log" 2>"$log.err"
        rc=$?
        [ "$rc" = 0 ] && grep -qE "(warning|error):" "$log" "$log.err" && rc=1
        [ "$rc" = 0 ] || echo "$src" >>"$log.failed"' \
        sh "$dir/$kind" '{}' "$flags" "$@"
    cat "$dir/$kind"/*.failed >"$dir/$kind.failed" 2>/dev/null
    for f in "$dir/$kind"/*.failed; do
        [ -f "$f" ] && grep -hE '(warning|error):' "${f%.failed}" \
            "${f%.failed}.err"
    done >"$dir/$kind.found"
    [ ! -s "$dir/$kind.failed" ]
    said "$label: $(sources | wc -l) files" $? "$dir/$kind.found"
}

# The clang analyzer is part of it (clang-analyzer-* in .clang-tidy), with all
# the checks that scan-build runs and some more: no second run by itself.
part_tidy() {
    each tidy 'clang-tidy and the clang analyzer find nothing' clang-tidy-14 --quiet
}

part_cppcheck() {
    # shellcheck disable=SC2086 # words on purpose
    cppcheck -q $(echo "$flags" | sed 's/-std=/--std=/;s/-DPARALLAX_VERSION="0"//') \
        '-DPARALLAX_VERSION="0"' --enable=warning,performance,portability \
        --inline-suppr --suppress=missingInclude --error-exitcode=1 \
        -j "$JOBS" lib collector probe tests/lab tests/hostile \
        >"$dir/cppcheck.found" 2>&1
    said 'cppcheck finds nothing' $? "$dir/cppcheck.found"
}

# No sanitizer here: valgrind wants the plain program.
part_valgrind() {
    make -s -j"$JOBS" BUILD="$dir" OPT='-O1 -g' \
        $(unit_programs | sed "s#^#$dir/#") >"$dir/build.log" 2>&1
    said 'the unit tests are built' $? "$dir/build.log"
    rm -f "$dir/valgrind"/*
    unit_programs | xargs -P "$JOBS" -I '{}' sh -c '
        timeout -k 5 600 valgrind -q --leak-check=full --error-exitcode=99 \
            --errors-for-leak-kinds=definite --trace-children=no \
            --child-silent-after-fork=yes --suppressions=tests/valgrind.supp \
            "$1/$2" \
            >"$1/valgrind/$(basename "$2")" 2>&1
        echo $? >"$1/valgrind/$(basename "$2").rc"' \
        sh "$dir" '{}'
    for t in $(unit_programs); do
        t=$(basename "$t")
        said "valgrind: $t" "$(cat "$dir/valgrind/$t.rc")" "$dir/valgrind/$t"
    done
}

[ $# -gt 0 ] || set -- cppcheck tidy valgrind
for part in "$@"; do
    "part_$part"
done
echo "1..$n"
exit $bad
