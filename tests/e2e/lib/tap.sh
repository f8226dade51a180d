# SPDX-License-Identifier: Apache-2.0
# Sourced by end-to-end tests: ok STATUS WORDS, is GOT WANTED WORDS, skip WORDS,
# done_testing, heard and plain for what a volunteer reads, other FILE AT for a byte
# that is not the one there (damage by a fixed byte is now and then none), and a
# directory $dir that is gone at the end.  $repo, $SHARED and $BUILD are set. Where
# $explains names a file, its last lines are told with an `ok` that failed.
repo=$(cd "$(dirname "$0")/../.." && pwd)
cd "$repo" || exit 1
SHARED=${SHARED:-../shared}
BUILD=${BUILD:-build}
dir=$(mktemp -d)
chmod 755 "$dir"
test_n=0
test_bad=0
explains=
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM

ok() {
    test_n=$((test_n + 1))
    if [ "$1" = 0 ]; then
        echo "ok $test_n - $2"
    else
        echo "not ok $test_n - $2"
        test_bad=1
        [ ! -s "$explains" ] || tail -n 5 "$explains" | sed 's/^/# /'
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

other() {
    dd if="$1" bs=1 skip="$2" count=1 2>/dev/null |
        LC_ALL=C tr '\000-\377' '\001-\377\000'
}

# heard FILE...: keeps what a volunteer was told; records and JSON are for programs
heard() {
    grep -hv '^{' "$@" >>"$dir/heard" 2>/dev/null
}

# plain WORDS: no failure string of a record, nor anything like one, was in it
plain() {
    sed -n 's/^FAILURE([A-Z0-9_]*, "\([a-z0-9]*_[a-z0-9_]*\)".*/\1/p' \
        lib/record/failure.def >"$dir/strings"
    [ "$(wc -l <"$dir/strings")" -gt 30 ] && [ -s "$dir/heard" ]
    ok $? "there is something to look through, and for"
    is "$({
        grep -owFf "$dir/strings" "$dir/heard"
        grep -oE '[a-z]+_[a-z_]+error|unknown_failure|ssl_[a-z_]+|SSL_[A-Z_]+' \
            "$dir/heard"
    } | sort -u | head -n 3)" "" "$1"
}

done_testing() {
    echo "1..$test_n"
    exit "$test_bad"
}
