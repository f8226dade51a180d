#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# units.sh [PROGRAM...]: runs every unit test program (or those named, such as
# `json`) again and again, each time with another of its allocations failing. A
# test may then fail, because it was written for a machine with memory; it may
# not crash, hang or abort. A few allocations of each program are tried, spread
# evenly. With FAULTS_ALL=1 every one of a program with at most 10,000, if a run of
# it is so short that all of them fit into FAULTS_SECONDS (default 30); of the
# others as many as fit, up to 400, spread evenly: their words say so. Left out:
# lab*, which end themselves (status 125) when there is no memory, and
# fingerprints_naive, where glibc's own regcomp then frees something twice. TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
export BUILD
preload=$PWD/$BUILD/tests/faults/preload.so
slow=' http resolver ' # seconds for each run
seconds=${FAULTS_SECONDS:-30}

# try PROGRAM N: 0 if it ended by itself; cmocka ends with 255 when it has no
# memory itself
try() {
    timeout 600 env TMPDIR="$dir/t" FAULT_ALLOC="$2" LD_PRELOAD="$preload" \
        "$program" >"$dir/$1.log" 2>&1 </dev/null
    rc=$?
    { [ $rc -lt 124 ] || [ $rc = 255 ]; } && ! grep -qa 'with exception' "$dir/$1.log"
}

# torture PROGRAM: prints what came of it, without number
torture() {
    p=$1
    program=$(find tests/unit -name "test_$p.c")
    program=$BUILD/${program%.c}
    began=$(date +%s%N)
    try "$p" 0
    took=$((($(date +%s%N) - began) / 1000000 + 1))
    all=$(sed -n 's/^allocations: //p' "$dir/$p.log" |
        sort -n | tail -n 1) # a test may have children
    [ -n "$all" ] || {
        echo "not ok - $p: does not run"
        tail -n 5 "$dir/$p.log" | sed 's/^/# /'
        return
    }
    all=$((all - 1)) # the first is cmocka's own
    tries=8
    case $slow in *" $p "*) tries=2 ;; esac
    if [ -n "${FAULTS_ALL:-}" ]; then
        fit=$((seconds * 1000 / took))
        if [ $all -le $fit ] && [ $all -le 10000 ]; then
            tries=$all
        elif [ $fit -gt 400 ]; then
            tries=400
        elif [ $fit -gt $tries ]; then
            tries=$fit
        fi
    fi
    step=1
    [ $tries -ge $all ] || step=$(((all + tries - 1) / tries))
    how=
    [ $step = 1 ] || how=', spread evenly'
    at=2
    crashed=
    while [ $at -le $((all + 1)) ]; do
        try "$p" $at || {
            crashed="$crashed $at"
            grep -a -B1 -m1 'exception' "$dir/$p.log" | sed 's/^/# /'
        }
        at=$((at + step))
    done
    if [ -n "$crashed" ]; then
        echo "not ok - $p: crashes or hangs without memory at$crashed of $all"
    else
        echo "ok - $p: $(((all + step - 1) / step)) of $all allocations failed in turn$how"
    fi
}

if [ -n "${UNITS_ONE:-}" ]; then
    dir=$UNITS_ONE
    torture "$1" >"$dir/$1.said"
    exit 0
fi
[ $# -gt 0 ] || set -- $(find tests/unit -name "test_*.c" | sort |
    sed 's|.*/test_||; s|\.c$||' | grep -v -e '^lab' -e '^fingerprints_naive$')
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/t" # what a test leaves behind when it ends in the middle
printf '%s\n' "$@" | UNITS_ONE=$dir xargs -P 2 -n 1 sh "$0"
n=0
for p in "$@"; do
    n=$((n + 1))
    sed "s/^\(ok\|not ok\) - /\1 $n - /" "$dir/$p.said"
done
echo "1..$n"
! cat "$dir"/*.said | grep -q '^not ok'
