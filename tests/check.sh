#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check.sh PART...: runs parts of the test suite and adds up their TAP results.
# Parts: lint unit san replay replay-san same scenes scenes-live torture e2e e2e-san dpi
# dpi-live qa fuzz planted static warnings.  The last line is the total:
# `N passed, N failed, N skipped`; every skip was printed with its reason.
set -u
cd "$(dirname "$0")/.." || exit 1
SHARED=${SHARED:-../shared}
BUILD=${BUILD:-build}
export SHARED BUILD
passed=0
failed=0
skipped=0
log_dir=$BUILD/check
mkdir -p "$log_dir"

# tally NAME LOGFILE EXIT SECONDS: counts one TAP output.
tally() {
    ok=$(grep -c '^ok ' "$2")
    bad=$(grep -c '^not ok ' "$2")
    skip=$(grep -ci '^ok .*# skip' "$2")
    planned=$(sed -n "s/^1\.\.\([0-9][0-9]*\).*/\1/p" "$2" |
        awk "{ s += \$1 } END { if (NR) print s }")
    ran=$((ok + bad))
    [ "$3" = 0 ] || [ "$bad" != 0 ] || bad=1
    if [ -n "$planned" ] && [ "$planned" != "$ran" ] && [ "$bad" = 0 ] &&
        ! grep -q '^1\.\.0 # [Ss][Kk][Ii][Pp]' "$2"; then
        bad=1
        echo "  planned $planned tests but ran $ran"
    fi
    if [ "$ran" = 0 ] && [ "$bad" = 0 ]; then
        if grep -q '^1\.\.0 # [Ss][Kk][Ii][Pp]' "$2"; then
            skip=1
            ok=1
        else
            bad=1
            echo "  no test ran"
        fi
    fi
    passed=$((passed + ok - skip))
    failed=$((failed + bad))
    skipped=$((skipped + skip))
    if [ "$bad" != 0 ]; then
        echo "FAILED  $1 (exit $3; $4 s)"
        grep -A12 '^not ok ' "$2" | head -n 60
        [ "$ran" != 0 ] || tail -n 25 "$2"
    else
        echo "ok      $1: $((ok - skip)) passed, $skip skipped ($4 s)"
    fi
    grep -i -e '^ok .*# skip' -e '^1\.\.0 # skip' "$2" | sed 's/^/  /'
}

# tap NAME SECONDS COMMAND...: the time is a watchdog, not a mark.
tap() {
    name=$1
    limit=$2
    shift 2
    log=$log_dir/$(printf '%s' "$name" | tr '/ ' '__').tap
    began=$(date +%s)
    timeout -k 10 "$limit" "$@" >"$log" 2>&1 </dev/null
    tally "$name" "$log" $? $(($(date +%s) - began))
}

# taps LABEL SECONDS LANES SHELL_PREFIX FILE...: the same for many files, LANES
# of them side by side; told in order.
taps() {
    label=$1
    limit=$2
    lanes=$3
    prefix=$4
    shift 4
    for t in "$@"; do
        printf '%s\n' "$t"
    done | xargs -P "$lanes" -I '{}' sh -c '
        began=$(date +%s)
        log=$1/$(printf "%s" "$2 $(basename "$5" .t)" | tr "/ " "__").tap
        CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 10 "$3" $4 "$5" >"$log" 2>&1 \
            </dev/null
        echo $? $(($(date +%s) - began)) >"$log.rc"' sh "$log_dir" "$label" "$limit" "$prefix" '{}'
    for t in "$@"; do
        name="$label $(basename "$t" .t)"
        log=$log_dir/$(printf '%s' "$name" | tr '/ ' '__').tap
        read -r status took <"$log.rc"
        tally "$name" "$log" "$status" "$took"
    done
}

run_units() { # DIR LABEL
    # shellcheck disable=SC2046 # names of our own without spaces
    taps "$2" 300 2 '' $(find tests/unit -name "test_*.c" | sort |
        sed "s|^|$1/|; s|\.c\$||")
}

# Those that take long begin first: otherwise one of them is left alone at the end.
long_first() { # FILE...
    {
        for t in hostile probe_badinput retest faults_fetch site_list compare \
            diagnose probe_run faults_signals lab faults_line; do
            printf "%s\n" "$@" | grep -x "tests/e2e/$t.t"
        done
        printf "%s\n" "$@"
    } | awk '!seen[$0]++'
}

# They wait for timeouts and pauses more than they compute.
run_e2e() { # LABEL
    # shellcheck disable=SC2046 # names of our own without spaces
    taps "$1" 900 4 sh $(long_first tests/e2e/*.t)
}

# The products with sanitizers, in the plain lab: its own test needs no second
# run, and what it leaks when it ends is of no interest. The faults are preloaded,
# as is the sanitizer, and the two do not go together. The hostile servers take
# long and are left to check-full: `BUILD=build-san sh tests/e2e/hostile.t`, with
# the suppression of tests/hostile/lsan.supp.
run_e2e_san() {
    LAB_BUILD=$PWD/$BUILD
    LAB_COLLECTOR=$PWD/build-san/parallax-collector
    BUILD=build-san
    export LAB_BUILD LAB_COLLECTOR BUILD
    # shellcheck disable=SC2046 # names of our own without spaces
    taps e2e-asan 900 4 sh $(long_first tests/e2e/*.t |
        grep -v -e /lab -e /hostile -e /faults -e /powercut)
}

# The n-th allocation fails: over all replays, also sanitized (leaks), and over
# unit tests. FAULTS_ALL=1 for every n (of long unit tests some: units.sh), else a
# sample; then also over real fetches, of which e2e has the sample.
run_torture() {
    if [ -n "${FAULTS_ALL:-}" ]; then
        plain=1
        sanitized=1
    else
        plain=3
        sanitized=11
    fi
    tap torture-replay 900 "$BUILD/tests/replay/replay" --torture $plain \
        tests/replay/*.rpl
    if [ -x build-san/tests/replay/replay ]; then
        tap torture-replay-asan 1800 build-san/tests/replay/replay \
            --torture $sanitized tests/replay/*.rpl
    fi
    tap torture-units 7200 sh tests/faults/units.sh
    [ -z "${FAULTS_ALL:-}" ] ||
        tap torture-fetch 28800 sh tests/e2e/faults_fetch.t
}

for part in "$@"; do
    case $part in
    lint)
        tap lint 300 sh tests/lint/lint.sh
        tap lint-test 300 sh tests/lint/lint_test.sh
        ;;
    unit) run_units "$BUILD" unit ;;
    san) run_units build-san unit-asan ;;
    replay) tap replay 120 "$BUILD/tests/replay/replay" tests/replay/*.rpl ;;
    replay-san)
        tap replay-asan 300 build-san/tests/replay/replay tests/replay/*.rpl
        ;;
    same) tap same 300 sh tests/same/same.sh ;;
    torture) run_torture ;;
    e2e) run_e2e e2e ;;
    e2e-san)
        (
            run_e2e_san
            echo "$passed $failed $skipped" >"$log_dir/san.count"
        )
        read -r passed failed skipped <"$log_dir/san.count"
        ;;
    dpi) tap dpi 300 sh tests/dpi/dpi.sh ;;
    dpi-live) tap dpi-live 900 sh tests/dpi/dpi.sh live ;;
    qa) tap qa 900 sh tests/qa/run.sh ;;
    scenes) tap scenes 120 sh tests/scenes/run.sh --stored ;;
    scenes-live) tap scenes-live 3600 sh tests/scenes/run.sh ;;
    static) tap static 3600 sh tests/static.sh ;;
    warnings) tap warnings 1800 sh tests/warnings.sh ;;
    fuzz) tap fuzz 900 sh tests/fuzz/run.sh "${FUZZ_SECONDS:-5}" ;;
    planted) tap planted 3600 sh tests/fuzz/planted.sh ;;
    *)
        echo "check.sh: unknown part $part" >&2
        exit 2
        ;;
    esac
done
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
