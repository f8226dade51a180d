#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# units.sh: runs unit tests once for each of their allocations, which fails. A
# test may then fail, because it was written for a machine with memory; it may
# not crash, hang or abort. Without FAULTS_ALL=1 about a dozen allocations of
# each program are tried. TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
preload=$PWD/$BUILD/tests/faults/preload.so
# Those whose work is the same at every run. Left out: crypto, csv, dnsmsg, opt
# and scrub, whose tests themselves use what they were not given.
programs='base compress fingerprint fs geo ip json probe_spool probe_targets
    record_out report'
tries=12
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0
bad=0

# try PROGRAM N: 0 if it ended by itself
try() {
    timeout 60 env FAULT_ALLOC="$2" LD_PRELOAD="$preload" "$1" >"$dir/log" 2>&1
    rc=$?
    [ $rc -lt 124 ] && ! grep -q 'with exception' "$dir/log"
}

for p in $programs; do
    program=$BUILD/tests/unit/test_$p
    n=$((n + 1))
    [ -x "$program" ] || {
        echo "not ok $n - $program is not built"
        bad=1
        continue
    }
    try "$program" 0
    all=$(sed -n 's/^allocations: //p' "$dir/log" |
        sort -n | tail -n 1) # a test may have children
    step=1
    [ -n "${FAULTS_ALL:-}" ] || step=$((${all:-0} / tries + 1))
    at=2 # the first is cmocka's own
    crashed=
    while [ $at -le "${all:-0}" ]; do
        try "$program" $at || {
            crashed="$crashed $at"
            grep -a -m2 "exception" "$dir/log" | sed 's/^/# /'
        }
        at=$((at + step))
    done
    if [ -z "$all" ] || [ -n "$crashed" ]; then
        echo "not ok $n - $p: crashes without memory at$crashed of ${all:-?}"
        bad=1
    else
        echo "ok $n - $p: each ${step}th of $all allocations failed in turn"
    fi
done
echo "1..$n"
exit $bad
