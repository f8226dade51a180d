#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# planted.sh [TARGET...]: is every fuzz target able to find a fault? For each
# (default: all) the fault of planted.tsv is put into a copy of its source. The
# target built with it must survive its seeds, must then crash or hang when fuzzed
# from them, and the input that did it must not trouble the target as it is. TAP;
# build-san/planted/TARGET/found has the number of inputs it took.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=build-san
export BUILD
unset MAKEFLAGS MFLAGS # two makes at once, neither with the caller's slots
watchdog=300           # seconds; most are found within two

[ $# -gt 0 ] || set -- $(ls tests/fuzz/fuzz_*.c |
    sed 's#tests/fuzz/fuzz_\(.*\)\.c#\1#')
make -s fuzz-build >/dev/null || exit 1

# find_fault TARGET DIR: what came of it, in words; 0 if all is as it should be
find_fault() {
    seeds=tests/fuzz/corpus/$1
    rm -rf "$2"
    mkdir -p "$2"
    make -s BUILD="$BUILD" "$2/fuzz" >"$2/build.log" 2>&1 || {
        grep -v '^ ' "$2/build.log"
        return 1
    }
    "$BUILD/tests/fuzz/fuzz_$1" -runs=0 -artifact_prefix="$2/seeds-" \
        "$seeds" >"$2/clean.log" 2>&1 || {
        echo 'crashes over its seeds without the fault'
        return 1
    }
    "$2/fuzz" -runs=0 -artifact_prefix="$2/seeds-" \
        "$seeds" >"$2/seeds.log" 2>&1 || {
        echo 'the seeds alone find the fault: choose another'
        return 1
    }
    mkdir "$2/corpus"
    "$2/fuzz" -seed=1 -max_total_time=$watchdog -timeout=10 -verbosity=0 \
        -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$2/" \
        "$2/corpus" "$seeds" >"$2/log" 2>&1
    crash=$(ls "$2"/crash-* "$2"/timeout-* 2>/dev/null)
    [ -f "$crash" ] || {
        echo "not found within $watchdog s"
        return 1
    }
    "$BUILD/tests/fuzz/fuzz_$1" -timeout=10 -artifact_prefix="$2/unplanted-" \
        "$crash" >"$2/unplanted.log" 2>&1 || {
        echo "$crash crashes without the fault, too"
        return 1
    }
    sed -n 's/^stat::number_of_executed_units: *//p' "$2/log" >"$2/found"
    echo "found after $(cat "$2/found") inputs"
}

if [ "${PLANTED_ONE:-}" ]; then
    mkdir -p "$BUILD/planted"
    find_fault "$1" "$BUILD/planted/$1" >"$BUILD/planted/$1.said"
    echo $? >"$BUILD/planted/$1.rc"
    exit 0
fi
printf '%s\n' "$@" | PLANTED_ONE=1 xargs -P 2 -n 1 sh "$0"

n=0
bad=0
for t in "$@"; do
    n=$((n + 1))
    fault=$(awk -F '\t' -v t="$t" '$1 == t { print $2 ": " $3 }' \
        tests/fuzz/planted.tsv)
    if [ "$(cat "$BUILD/planted/$t.rc")" = 0 ]; then
        echo "ok $n - $t: $fault: $(cat "$BUILD/planted/$t.said")"
    else
        bad=1
        echo "not ok $n - $t: $fault"
        sed 's/^/# /' "$BUILD/planted/$t.said"
    fi
done
echo "1..$n"
exit $bad
