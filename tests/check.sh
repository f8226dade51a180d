#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check.sh PART...: runs parts of the test suite side by side and adds up their TAP
# results, each as it ends, with the seconds it took and those of the processor.
# Parts: lint unit san san-gcc replay replay-san same scenes scenes-live torture e2e
# e2e-san dpi dpi-live qa fuzz fuzz-new planted growth static warnings. The last line is the total:
# `N passed, N failed, N skipped`; every skip was printed with its reason.
# Tests in the lab mostly wait: WAITING of them run at a time (6). Those that
# compute run beside them, WORKING at a time (as many as there are processors), and
# give way to them, so that nothing in a lab waits for a processor.
set -u
cd "$(dirname "$0")/.." || exit 1
SHARED=${SHARED:-../shared}
BUILD=${BUILD:-build}
export SHARED BUILD
waiting=${WAITING:-6}
working=${WORKING:-$(nproc 2>/dev/null || echo 2)}
passed=0
failed=0
skipped=0
log_dir=$BUILD/check
mkdir -p "$log_dir"

# tally NAME LOGFILE EXIT TIMES: counts one TAP output.
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
        echo "FAILED  $1 (exit $3; $4)"
        grep -A12 '^not ok ' "$2" | head -n 60
        [ "$ran" != 0 ] || tail -n 25 "$2"
    else
        echo "ok      $1: $((ok - skip)) passed, $skip skipped ($4)"
    fi
    grep -i -e '^ok .*# skip' -e '^1\.\.0 # skip' "$2" | sed 's/^/  /'
}

# What is to be done, a line each: KIND, LOG, SECONDS, NAME and COMMAND.
jobs=$log_dir/jobs
tab=$(printf '\t')
: >"$jobs"

# job KIND NAME SECONDS COMMAND: adds one; KIND is `waits` or `works`. The time is a
# watchdog, not a mark.
job() {
    printf '%s\t%s\t%s\t%s\t%s\n' "$1" \
        "$log_dir/$(printf '%s' "$2" | tr '/ ' '__').tap" "$3" "$2" "$4" >>"$jobs"
}

# Those that take long begin first: otherwise one of them is left alone at the end.
long='hostile site_list month probe_badinput retest torture-units fuzz qa faults_fetch
    lab_more compare diagnose probe_run lab_readme lab consent faults_signals
    faults_line faults dns_early packets lab_censor ooni_client own_address checkin
    torture-replay-asan same'

# in_order KIND: the jobs of a kind, ended by NUL.
in_order() {
    awk -F '\t' -v kind="$1" -v long="$long" '
        BEGIN { n = split(long, name); for (i = 1; i <= n; i++) rank[name[i]] = i }
        $1 == kind {
            words = split($4, word, " ")
            r = word[words] in rank ? rank[word[words]] : n + NR
            printf "%06d\t%s\n", r, $0
        }' "$jobs" | sort -s -k 1,1 | cut -f 2- | tr '\n' '\0'
}

# Does the job whose line is $1; prints LOG, exit status, seconds, seconds of the
# processor and NAME.
one='IFS=$(printf "\t")
    set -f
    set -- $1
    unset IFS
    began=$(date +%s)
    CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 10 "$3" sh -c "$5" >"$2" 2>&1 </dev/null
    status=$?
    took=$(($(date +%s) - began))
    times >"$2.times"
    cpu=$(awk -F "[ms ]+" "NR == 2 { printf \"%.0f\", \$1 * 60 + \$2 + \$3 * 60 + \$4 }" \
        "$2.times")
    printf "%s\t%s\t%s\t%s\t%s\n" "$2" $status $took "$cpu" "$4"'

# Two of them wait, for real, for peers that are silent.
unit_jobs() { # DIR LABEL
    for t in $(find tests/unit -name "test_*.c" | sort | sed 's|\.c$||'); do
        case $t in
        */test_http | */test_resolver) kind=waits ;;
        *) kind=works ;;
        esac
        job $kind "$2 $(basename "$t")" 900 "$1/$t"
    done
}

e2e_jobs() {
    for t in tests/e2e/*.t; do
        job waits "e2e $(basename "$t" .t)" 1800 "sh $t"
    done
}

# The products with sanitizers, in the plain lab: its own test needs no second
# run, and what it leaks when it ends is of no interest. The faults are preloaded,
# as is the sanitizer, and the two do not go together. The hostile servers take
# long and are left to check-full: `BUILD=build-san sh tests/e2e/hostile.t`, with
# the suppression of tests/hostile/lsan.supp; and of a whole list all but 250 rows.
e2e_san_jobs() {
    for t in $(ls tests/e2e/*.t | grep -v -e /lab -e /hostile -e /faults -e /powercut -e /spool); do
        job waits "e2e-asan $(basename "$t" .t)" 1800 "LAB_BUILD=\$PWD/$BUILD \
            LAB_COLLECTOR=\$PWD/build-san/parallax-collector BUILD=build-san \
            SITES=250 sh $t"
    done
}

# The n-th allocation fails: over all replays, also sanitized (leaks), and over
# unit tests. FAULTS_ALL=1 for every n (of long unit tests some: units.sh), else a
# sample; then also over real fetches, of which e2e has the sample.
torture_jobs() {
    if [ -n "${FAULTS_ALL:-}" ]; then
        plain=1
        sanitized=1
    else
        plain=3
        sanitized=11
    fi
    job works torture-units 7200 'sh tests/faults/units.sh'
    job works torture-replay 1800 \
        "$BUILD/tests/replay/replay --torture $plain tests/replay/*.rpl"
    if [ -x build-san/tests/replay/replay ]; then
        job works torture-replay-asan 1800 "build-san/tests/replay/replay \
            --torture $sanitized tests/replay/*.rpl"
    fi
    [ -z "${FAULTS_ALL:-}" ] ||
        job waits torture-fetch 28800 'sh tests/e2e/faults_fetch.t'
}

for part in "$@"; do
    case $part in
    lint)
        job works lint 1800 'sh tests/lint/lint.sh'
        job works lint-test 1800 'sh tests/lint/lint_test.sh'
        ;;
    unit) unit_jobs "$BUILD" unit ;;
    san) unit_jobs build-san unit-asan ;;
    san-gcc)
        unit_jobs build-san-gcc unit-asan-gcc
        job works replay-asan-gcc 900 \
            'build-san-gcc/tests/replay/replay tests/replay/*.rpl'
        ;;
    replay) job works replay 900 "$BUILD/tests/replay/replay tests/replay/*.rpl" ;;
    replay-san)
        job works replay-asan 900 'build-san/tests/replay/replay tests/replay/*.rpl'
        ;;
    same) job works same 1800 'sh tests/same/same.sh' ;;
    torture) torture_jobs ;;
    e2e) e2e_jobs ;;
    e2e-san) e2e_san_jobs ;;
    dpi) job waits dpi 900 'sh tests/dpi/dpi.sh' ;;
    dpi-live) job waits dpi-live 900 'sh tests/dpi/dpi.sh live' ;;
    qa) job waits qa 1800 'sh tests/qa/run.sh' ;;
    scenes) job works scenes 900 'sh tests/scenes/run.sh --stored' ;;
    scenes-live) job waits scenes-live 3600 'sh tests/scenes/run.sh' ;;
    static) job works static 3600 'sh tests/static.sh' ;;
    warnings) job works warnings 1800 'sh tests/warnings.sh' ;;
    fuzz) job works fuzz 1800 'sh tests/fuzz/run.sh 5 1' ;;
    fuzz-new) job works fuzz-new 3600 'sh tests/fuzz/run.sh 60' ;;
    growth) job works growth 3600 'sh tests/bench/growth.sh' ;;
    planted) job works planted 3600 'sh tests/fuzz/planted.sh' ;;
    *)
        echo "check.sh: unknown part $part" >&2
        exit 2
        ;;
    esac
done

{
    in_order works | nice -n 10 xargs -0 -P "$working" -I '{}' sh -c "$one" sh '{}' &
    in_order waits | xargs -0 -P "$waiting" -I '{}' sh -c "$one" sh '{}'
    wait
} | {
    ended=0
    while IFS=$tab read -r log status took cpu name; do
        tally "$name" "$log" "$status" "$took s, $cpu s of processor"
        ended=$((ended + 1))
    done
    [ "$ended" = "$(wc -l <"$jobs")" ] || {
        echo "FAILED  $ended of $(wc -l <"$jobs") jobs ended"
        failed=$((failed + 1))
    }
    echo
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" = 0 ]
}
