#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes the files named as arguments into one C source: arrays and a table
# `embedded_files[]` (see collector/analysis/embedded.h).
set -eu
echo '#include "collector/analysis/embedded.h"'
n=0
for f in "$@"; do
    printf 'static const unsigned char data_%d[] = {\n' "$n"
    od -An -v -tx1 "$f" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
    echo '0};'
    n=$((n + 1))
done
echo 'const struct embedded_file embedded_files[] = {'
n=0
for f in "$@"; do
    printf '    {"%s", data_%d, sizeof data_%d - 1},\n' "$(basename "$f")" "$n" "$n"
    n=$((n + 1))
done
echo '};'
printf 'const unsigned long embedded_files_count = %d;\n' "$n"
