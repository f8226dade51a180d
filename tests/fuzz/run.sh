#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh SECONDS [SEED]: every fuzz target for that long, two at a time, on a copy of
# its seeds. TAP. A crash leaves its input in build-san/fuzz/<target>/. What was
# run is added to build-san/fuzz/ran.tsv: target, seconds, inputs. With a SEED the
# same inputs are made each time, as many as the time is enough for.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=build-san
export BUILD
seconds=$1
seed=${2:-0} # 0: another each time

for src in tests/fuzz/fuzz_*.c; do
    basename "$src" .c
done | xargs -P 2 -I '{}' sh -c '
    target=$1
    work=$BUILD/fuzz/$target
    mkdir -p "$work/corpus"
    seeds=tests/fuzz/corpus/${target#fuzz_}
    if [ -d "$seeds" ]; then
        cp "$seeds"/* "$work/corpus/"
    fi
    "$BUILD/tests/fuzz/$target" -seed="$3" -reload=0 -max_total_time="$2" -timeout=20 \
        -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
        -artifact_prefix="$work/" "$work/corpus" >"$work/log" 2>&1
    echo $? >"$work/rc"' sh '{}' "$seconds" "$seed"

n=0
bad=0
for src in tests/fuzz/fuzz_*.c; do
    target=$(basename "$src" .c)
    work=$BUILD/fuzz/$target
    n=$((n + 1))
    if [ "$(cat "$work/rc")" = 0 ]; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
        printf '%s\t%s\t%s\n' "${target#fuzz_}" "$seconds" "$runs" \
            >>"$BUILD/fuzz/ran.tsv"
        echo "ok $n - $target survives $seconds s ($runs inputs)"
    else
        bad=1
        echo "not ok $n - $target survives $seconds s"
        grep -v '^$' "$work/log" | tail -n 20 | sed 's/^/# /'
    fi
done
echo "1..$n"
exit $bad
