#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check.sh PART...: runs parts of the test suite and adds up their TAP results.
# Parts: lint unit san e2e e2e-san qa fuzz list.  The last line is the total:
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

# tally NAME LOGFILE EXIT: counts one TAP output.
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
        echo "FAILED  $1 (exit $3)"
        grep -A12 '^not ok ' "$2" | head -n 60
        [ "$ran" != 0 ] || tail -n 25 "$2"
    else
        echo "ok      $1: $((ok - skip)) passed, $skip skipped"
    fi
    grep -i -e '^ok .*# skip' -e '^1\.\.0 # skip' "$2" | sed 's/^/  /'
}

# tap NAME SECONDS COMMAND...: the time is a watchdog, not a mark.
tap() {
    name=$1
    limit=$2
    shift 2
    log=$log_dir/$(printf '%s' "$name" | tr '/ ' '__').tap
    timeout -k 10 "$limit" "$@" >"$log" 2>&1 </dev/null
    tally "$name" "$log" $?
}

# taps LABEL SECONDS SHELL_PREFIX FILE...: the same for many files, two side by
# side; told in order.
taps() {
    label=$1
    limit=$2
    prefix=$3
    shift 3
    for t in "$@"; do
        printf '%s\n' "$t"
    done | xargs -P 2 -I '{}' sh -c '
        log=$1/$(printf "%s" "$2 $(basename "$5" .t)" | tr "/ " "__").tap
        CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 10 "$3" $4 "$5" >"$log" 2>&1 \
            </dev/null
        echo $? >"$log.rc"' sh "$log_dir" "$label" "$limit" "$prefix" '{}'
    for t in "$@"; do
        name="$label $(basename "$t" .t)"
        log=$log_dir/$(printf '%s' "$name" | tr '/ ' '__').tap
        tally "$name" "$log" "$(cat "$log.rc")"
    done
}

run_units() { # DIR LABEL
    # shellcheck disable=SC2046 # names of our own without spaces
    taps "$2" 300 '' $(ls tests/unit/test_*.c |
        sed "s#tests/unit/\(.*\)\.c#$1/tests/unit/\1#")
}

run_e2e() { # LABEL
    taps "$1" 900 sh tests/e2e/*.t
}

for part in "$@"; do
    case $part in
    lint)
        tap lint 300 sh tests/lint/lint.sh
        tap lint-test 300 sh tests/lint/lint_test.sh
        ;;
    unit) run_units "$BUILD" unit ;;
    san) run_units build-san unit-asan ;;
    e2e) run_e2e e2e ;;
    e2e-san)
        BUILD=build-san run_e2e e2e-asan
        ;;
    qa) tap qa 900 sh tests/qa/run.sh ;;
    fuzz) tap fuzz 900 sh tests/fuzz/run.sh "${FUZZ_SECONDS:-5}" ;;
    *)
        echo "check.sh: unknown part $part" >&2
        exit 2
        ;;
    esac
done
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
