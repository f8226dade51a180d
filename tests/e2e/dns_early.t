#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An answer that is too early: told where a forger sits near the volunteer,
# not where the resolver itself lies, and nothing by itself.
set -u
. "$(dirname "$0")/lib/tap.sh"
case $BUILD in
/*) ;;
*) BUILD=$repo/$BUILD ;;
esac
export LAB_BUILD="${LAB_BUILD:-$repo/build}"
PARALLAX_RETEST_PAUSE=1
export PARALLAX_RETEST_PAUSE

# measure WORDS SCENARIO: example.org, dns.google and then www.example.com
measure() {
    printf '%s\n' "$2" >"$dir/scenario"
    timeout -k 5 600 tests/lab/lab --scenario "$dir/scenario" -- \
        "$BUILD/parallax" run --parallel 1 --no-upload --out - \
        --url https://www.example.org/ --url https://dns.google/ \
        --url https://www.example.com/ >"$dir/out" 2>"$dir/err" </dev/null
    is "$? $(wc -l <"$dir/out")" "0 3" "$1"
}

# said FILTER: of the last site
said() {
    tail -n 1 "$dir/out" | jq -r ".test_keys | $1"
}

verdict='[.x_verdict.state, (.x_verdict.reasons[] | .rule)] | join(" ")'
early='[.x_verdict | .reasons[], .alternatives[] | .rule] |
    map(select(. == "dns_answer_too_early")) | length'

measure "a forger near the volunteer" 'link rtt 400ms
hop 1
inject dns www.example.com nxdomain'
is "$(said "$verdict" | cut -d' ' -f1,2,3)" \
    "blocked dns_negative_answer_contradicted dns_answer_too_early" \
    "its answer is too early"
is "$(said '.x_dns_fastest[] | select(.resolver_address == "130.192.3.21:53") |
    (.t >= 0.4 and .n >= 4)')" true \
    "against what the resolver took for the sites before"
is "$(jq -s -r '[.[] | .test_keys.x_verdict.state] | join(" ")' "$dir/out")" \
    "ok ok blocked" "those are in order"

measure "the resolver itself lies" 'link rtt 400ms
dns isp remove www.example.com'
is "$(said "$verdict" | cut -d' ' -f1,2)" \
    "blocked dns_negative_answer_contradicted" "it is seen to deny the name"
is "$(said "$early")" 0 "but not to answer too early"

measure "a forged answer that is the true one" 'link rtt 400ms
hop 1
inject dns www.example.com A 93.184.216.34'
is "$(said "$verdict" | cut -d' ' -f1) $(said "$early")" "ok 0" \
    "is early and accuses nobody"
done_testing
