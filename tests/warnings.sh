#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Everything compiles without a warning with gcc and with clang. TAP.
set -u
cd "$(dirname "$0")/.." || exit 1
n=0
bad=0
for cc in gcc clang-14; do
    n=$((n + 1))
    if make -s -j"$(nproc)" BUILD="build-$cc" CC="$cc" WERROR=-Werror all lab \
        tools hostile >"${BUILD:-build}/check/$cc.log" 2>&1; then
        echo "ok $n - no warning with $cc"
    else
        echo "not ok $n - no warning with $cc"
        grep -E 'error|warning' "${BUILD:-build}/check/$cc.log" | head -n 20 |
            sed 's/^/# /'
        bad=1
    fi
done
echo "1..$n"
exit $bad
