# SPDX-License-Identifier: Apache-2.0
# Sourced by end-to-end tests: ok STATUS WORDS, skip WORDS, done_testing, and a
# directory $dir that is gone at the end.  $repo, $SHARED and $BUILD are set.
repo=$(cd "$(dirname "$0")/../.." && pwd)
cd "$repo" || exit 1
SHARED=${SHARED:-../shared}
BUILD=${BUILD:-build}
dir=$(mktemp -d)
chmod 755 "$dir"
test_n=0
test_bad=0
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM

ok() {
    test_n=$((test_n + 1))
    if [ "$1" = 0 ]; then
        echo "ok $test_n - $2"
    else
        echo "not ok $test_n - $2"
        test_bad=1
    fi
}

# is GOT WANTED WORDS
is() {
    if [ "$1" = "$2" ]; then
        ok 0 "$3"
    else
        ok 1 "$3"
        printf 'got: %s\nwanted: %s\n' "$1" "$2" | head -n 20 | sed 's/^/# /'
    fi
}

skip() {
    test_n=$((test_n + 1))
    echo "ok $test_n - # SKIP $1"
}

done_testing() {
    echo "1..$test_n"
    exit "$test_bad"
}
