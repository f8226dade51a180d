#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes docs/accuracy.md: accuracy.sh SEED... measures the seeds; with
# RESULTS=DIR, DIR/SEED.md is taken instead (what run.sh printed).
set -u
cd "$(dirname "$0")/../.." || exit 2
out=docs/accuracy.md.new
cat tests/scoreboard/accuracy.head >"$out" || exit 2
for seed in "$@"; do
    printf '\n## Seed %s\n\n' "$seed" >>"$out"
    if [ -n "${RESULTS:-}" ]; then
        cat "$RESULTS/$seed.md" >>"$out" || exit 2
    else
        sh tests/scoreboard/run.sh "$seed" >>"$out"
    fi
done
mv "$out" docs/accuracy.md
