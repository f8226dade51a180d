#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# wide.sh: files that the numbers of a 32-bit machine do not hold (dated after
# 2038, longer than 2 GB) are seen and written there all the same. Built for
# armhf and run by qemu's user mode.
set -u
. "$(dirname "$0")/../e2e/lib/tap.sh"
cross=arm-linux-gnueabihf
for tool in $cross-gcc qemu-arm-static; do
    command -v $tool >/dev/null || {
        skip "armhf: $tool is not installed"
        done_testing
    }
done
base=
for name in ascii buf calendar clock diag err fs log look str; do
    base="$base lib/base/$name.c"
done
# the flags of the Makefile
flags=$(sed -n 's/^CPPFLAGS += \(.*\) -DPARALLAX_VERSION.*/\1/p' Makefile)
# shellcheck disable=SC2086
$cross-gcc $flags -Ilib -I. -std=c11 -O2 -Wall -Wextra -Werror \
    -o "$dir/wide" tests/tools/wide.c $base
ok $? "what looks at files builds for armhf with the product's flags"
mkdir "$dir/files"
touch -d 2050-01-02 "$dir/files/late"
touch -d 2001-01-02 "$dir/files/early"
truncate -s 3G "$dir/files/big"
wide() {
    qemu-arm-static -L /usr/$cross "$dir/wide" "$dir/files" "$1" >"$dir/out" 2>&1
    echo "$? $(sort "$dir/out" | tr '\n' ' ')"
}
# what ends in no newline is left alone: the empty rest of a sparse file is one
is "$(wide "$dir/files/big" | tr -s ' ')" "0 3221225472 3221225476 big $(date +%Y) \
3221225472 early 2001 0 late 2050 0 pointers 4 times 4 " \
    "every file is seen, and a line is added to one of 3 GB"
touch -d 2050-01-02 "$dir/files/big"
is "$(wide "$dir/files/big" | cut -d ' ' -f 1-3)" "0 3221225476 3221225479" \
    "also to one that is dated after 2038"
if echo '#include <time.h>' |
    $cross-gcc -E $flags -dM - | grep -q _TIME_BITS; then
    ok 1 "times keep the size that the libraries were built with"
else
    ok 0 "times keep the size that the libraries were built with"
fi
sed 's/ -D_FILE_OFFSET_BITS=64//' Makefile >"$dir/flags"
# shellcheck disable=SC2046
! $cross-gcc $(sed -n 's/^CPPFLAGS += \(.*\) -DPARALLAX_VERSION.*/\1/p' "$dir/flags") \
    -Ilib -std=c11 -c -o /dev/null lib/base/look.c 2>/dev/null
ok $? "without the flag for long files nothing is built"
done_testing
