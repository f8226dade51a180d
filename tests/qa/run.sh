#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The QA cases of Web Connectivity, in the lab: run.sh [-jN] [CASE...]
# Each case has its expected keys in cases.csv, its censor in CASE.scn and, if
# the built-in world lacks something, CASE.world. Prints TAP. Without names:
# all cases. BUILD names the build directory, SHARED the golden records.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
SHARED=${SHARED:-../shared}
CASES=tests/qa/cases.csv
PROPORTION=0.02 # how far body_proportion may be off: headers of the day
export BUILD SHARED

# The row of a case as JSON; words that are no JSON literal are strings.
expected() {
    { head -n 1 "$CASES"; grep "^$1," "$CASES"; } | jq -R -s -c '
        def value: if . == "null" or . == "true" or . == "false" or
            test("^-?[0-9]+([.][0-9]+)?$") then fromjson else . end;
        split("\n") | map(select(. != "") | split(","))
        | [.[0], .[1]] | transpose | map({(.[0]): (.[1] | value)}) | add'
}

# Differences between a record's keys (stdin, one JSON object: the compatible
# keys and x_verdict) and the expected ones, one a line.
differences() {
    jq -r --argjson want "$1" --argjson tol "$PROPORTION" '
        . as $got
        | ($want | del(.name, .input, .x_state, .x_method) | keys[]) as $k
        | ($got[$k]) as $g | ($want[$k]) as $w
        | select(if $k == "body_proportion"
                 then ($g | type) != "number" or ($g - $w | fabs) > $tol
                 else $g != $w end)
        | "\($k): got \($g | tojson), want \($w | tojson)"'
}

own_differences() {
    jq -r --argjson want "$1" '
        .x_verdict
        | select(.state != $want.x_state or .method != $want.x_method)
        | "x_verdict: got \(.state) \(.method) by \(.reasons[0].rule), " +
          "want \($want.x_state) \($want.x_method)"'
}

# What the two cases without a censor check besides the keys.
success_extra() {
    jq -r '
        (select(.resolver_ip != .test_keys.client_resolver)
         | "client_resolver \(.test_keys.client_resolver) is not " +
           "resolver_ip \(.resolver_ip)"),
        (select([.test_keys.network_events[]
                 | select(.operation == "read" or .operation == "write")]
                | length == 0)
         | "network_events has no read or write")'
}

from_golden() { # CASE RECORD: the keys by analyze, from observations alone
    jq -c 'del(.test_keys[("dns_experiment_failure", "dns_consistency",
        "http_experiment_failure", "body_length_match", "body_proportion",
        "status_code_match", "headers_match", "title_match", "x_dns_flags",
        "x_blocking_flags", "x_null_null_flags", "accessible", "blocking")])' \
        "$1" >"$2.in" && "$BUILD/parallax" analyze "$2.in" >"$2"
}

# Timeouts are the product's own; only the pause before a second look is short.
measure() { # CASE INPUT RECORD
    PARALLAX_RETEST_PAUSE=1
    export PARALLAX_RETEST_PAUSE
    set -- "$1" "$2" "$3" "tests/qa/$1.scn" "tests/qa/$1.world"
    if [ -e "$5" ]; then
        timeout 300 tests/lab/lab --scenario "$4" --world "$5" -- \
            "$BUILD/parallax" run --url "$2" --no-upload --out - >"$3"
    else
        timeout 300 tests/lab/lab --scenario "$4" -- \
            "$BUILD/parallax" run --url "$2" --no-upload --out - >"$3"
    fi
}

one() { # CASE DIR: writes DIR/CASE.tap
    name=$1
    record=$2/$name.json
    tap=$2/$name.tap
    grep -q "^$name," "$CASES" || {
        echo "not ok - $name: no such case" >"$tap"
        return
    }
    want=$(expected "$name")
    input=$(printf '%s' "$want" | jq -r '.input')
    if [ -e "tests/qa/$name.scn" ]; then
        measure "$name" "$input" "$record" 2>"$2/$name.err"
        status=$?
        keys=$(jq -c '.test_keys' "$record" 2>/dev/null)
    elif [ -e "$SHARED/data/golden/$name.json" ]; then
        from_golden "$SHARED/data/golden/$name.json" "$record"
        status=$?
        keys=$(cat "$record")
    else
        echo "ok - $name # SKIP no golden record in $SHARED" >"$tap"
        return
    fi
    if [ "$status" != 0 ] || [ -z "$keys" ] || [ "$keys" = null ]; then
        {
            echo "not ok - $name: no record (exit $status)"
            sed 's/^/# /' "$2/$name.err" 2>/dev/null | tail -n 20
        } >"$tap"
        return
    fi
    bad=$(
        printf '%s\n' "$keys" | differences "$want"
        printf '%s\n' "$keys" | own_differences "$want"
        case $name in success*) success_extra <"$record" ;; esac
    )
    if [ -z "$bad" ]; then
        echo "ok - $name" >"$tap"
    else
        {
            echo "not ok - $name"
            printf '%s\n' "$bad" | sed 's/^/# /'
        } >"$tap"
    fi
}

if [ "${1:-}" = --one ]; then
    one "$3" "$2"
    exit 0
fi

jobs=4 # labs mostly wait
case ${1:-} in
-j*)
    jobs=${1#-j}
    shift
    ;;
esac
[ $# -gt 0 ] || {
    # shellcheck disable=SC2046
    set -- $(tail -n +2 "$CASES" | cut -d, -f1)
}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
chmod 755 "$dir"
printf '%s\n' "$@" | xargs -n 1 -P "$jobs" sh tests/qa/run.sh --one "$dir"
n=0
failed=0
echo "1..$#"
for name in "$@"; do
    n=$((n + 1))
    if [ -e "$dir/$name.tap" ]; then
        sed "1s/^\(not ok\|ok\) /\1 $n /" "$dir/$name.tap"
    else
        echo "not ok $n - $name: was not run"
    fi
    grep -q '^ok' "$dir/$name.tap" 2>/dev/null || failed=1
done
exit $failed
