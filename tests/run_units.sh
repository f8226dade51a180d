#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs cmocka programs given as arguments and prints one line of totals.
passed=0
failed=0
for t in "$@"; do
    out=$(CMOCKA_MESSAGE_OUTPUT=TAP timeout 300 "$t" 2>&1)
    rc=$?
    p=$(printf '%s\n' "$out" | grep -c '^ok ')
    f=$(printf '%s\n' "$out" | grep -c '^not ok ')
    [ "$rc" = 0 ] || [ "$f" != 0 ] || f=1
    passed=$((passed + p))
    failed=$((failed + f))
    if [ "$f" != 0 ]; then
        echo "FAILED: $t (exit $rc)"
        printf '%s\n' "$out" | tail -n 40
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
