#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What may be chance is measured again before it counts: through the whole
# program, with a real line that fails and a censor that stays.
set -u
. "$(dirname "$0")/lib/tap.sh"
case $BUILD in
/*) ;;
*) BUILD=$repo/$BUILD ;;
esac
export LAB_BUILD="${LAB_BUILD:-$repo/build}"
PARALLAX_RETEST_PAUSE=1
export PARALLAX_RETEST_PAUSE

# lab STATUS WORDS SCENARIO SCRIPT: SCRIPT runs on the volunteer's host
lab() {
    printf '%s\n' "$3" >"$dir/scenario"
    printf 'probe=%s\ncollector=%s\ndir=%s\nspool=$HOME/.local/state/parallax/spool\n%s\n' \
        "$BUILD/parallax" "$BUILD/parallax-collector" "$dir" "$4" >"$dir/script"
    timeout -k 5 600 tests/lab/lab --scenario "$dir/scenario" --keep "$dir/lab" \
        -- sh "$dir/script" >"$dir/out" 2>"$dir/err" </dev/null
    is "$?" "$1" "$2"
}

# said FILTER: of the record in out
said() {
    jq -r ".test_keys | $1" "$dir/out"
}

rules='[.x_verdict.reasons[].rule] | join(" ")'

# The usual pause is 15 s: one of 20 s tells that the named one is kept, however
# busy the machine is. Beside all others, because it takes so long.
mkdir "$dir/pause"
echo 'rst sni www.example.com' >"$dir/pause/scenario"
PARALLAX_RETEST_PAUSE=20 timeout -k 5 600 tests/lab/lab \
    --scenario "$dir/pause/scenario" -- "$BUILD/parallax" run --no-upload \
    --url https://www.example.com/ --out - >"$dir/pause/out" 2>"$dir/pause/err" \
    </dev/null &
pause=$!

# ---- a censor stays ------------------------------------------------------------
lab 0 "a site is reset" 'link rtt 20ms
rst sni www.example.com' \
    '$probe run --url https://www.example.com/ --no-upload --out -'
is "$(said '.x_verdict.state, .x_verdict.method' | tr '\n' ' ')" 'blocked tls ' \
    "it is blocked"
is "$(said "$rules" | grep -c second_measurement_agrees)" 1 \
    "because it was so again"
is "$(said '.x_retest | length')" 1 "after one further measurement"
is "$(said '.x_retest[0].after >= 1')" true "which waited for the pause"
is "$(said '[.x_retest[0].test_keys | .. | .transaction_id? // empty] | min > 100000')" \
    true "and has transaction ids of its own"
is "$(said '[.queries, .tcp_connect, .tls_handshakes, .requests | .[]? | .transaction_id] | max < 100000')" \
    true "none of which stands in the compatible arrays"
is "$(said '.x_retest[0].test_keys.x_control_signature.nonce != .x_control_signature.nonce')" \
    true "it has a control of its own"
is "$(jq -r .test_helpers.backend.address "$dir/out")" https://0.th.ooni.org \
    "the first control is the first helper's"
cp "$dir/out" "$dir/record"
"$BUILD/parallax" analyze "$dir/record" >"$dir/again"
is "$(jq -c .x_verdict "$dir/again")" "$(jq -c .test_keys.x_verdict "$dir/record")" \
    "analyze says the same of the record"
"$BUILD/parallax-collector" import --data "$dir/data" "$dir/record" >"$dir/imp" 2>&1
is "$("$BUILD/parallax-collector" stats --data "$dir/data" --json |
    jq -c .verdicts.blocked)" 1 "and so does the collector"

# ---- a line that fails once --------------------------------------------------------
lab 0 "the line is down for a moment" 'link rtt 20ms
link down at 0s for 14s' \
    '$probe run --url http://www.example.com/ --url https://www.example.org/ --no-upload --out -'
is "$(jq -r .test_keys.x_verdict.state "$dir/out" | grep -c blocked)" 0 \
    "nothing is called blocked"

# ---- cut short ---------------------------------------------------------------------
lab 0 "a run is killed in the pause" 'link rtt 20ms
rst sni www.example.com' '
PARALLAX_RETEST_PAUSE=600 $probe run --url https://www.example.com/ >$dir/killed 2>&1 &
pid=$!
i=0
while ! ls $spool/parked-* 2>/dev/null | grep -q . || [ $(wc -c <$(ls $spool/parked-* | head -n 1)) -lt 100 ]; do
    i=$((i + 1)); [ $i -lt 1200 ] || exit 9
    sleep 0.1
done
kill -9 $pid; wait $pid
$probe run --url https://www.example.org/
ls $spool | grep -c parked; true'
is "$(tail -n 1 "$dir/out")" 0 "the next run takes over what was parked"
is "$(grep -c '2 sent, 0 waiting' "$dir/err")" 1 "and sends it"
lab 3 "a run is interrupted in the pause" 'link rtt 20ms
rst sni www.example.com' '
PARALLAX_RETEST_PAUSE=600 $probe run --no-upload --url https://www.example.com/ --out $dir/int --json >$dir/events &
pid=$!
i=0
while ! grep -q again $dir/events; do i=$((i + 1)); [ $i -lt 1200 ] || exit 9; sleep 0.1; done
kill -INT $pid
wait $pid'
is "$(jq -r .test_keys.x_verdict.state "$dir/int")" inconclusive \
    "the record is kept, and says inconclusive"
is "$(jq -r '.test_keys.x_verdict.reasons[0].rule' "$dir/int")" measured_once \
    "because it was measured once"
is "$(jq -c .test_keys.x_retest "$dir/int")" '[]' "and not again"
is "$(jq -r .test_keys.blocking "$dir/int")" http-failure \
    "the compatible keys are what they were"
is "$(jq -r 'select(.event == "again").input' "$dir/events")" \
    https://www.example.com/ "the wait was told"

# ---- throttling ----------------------------------------------------------------------
lab 0 "two names are slowed down, and two servers are slow" 'link rtt 20ms
host frozen.test 45.100.1.1
page frozen.test * 200 size 200000
freeze sni frozen.test after 16kb
host slowed.test 45.100.2.1
page slowed.test * 200 size 40000
throttle sni slowed.test rate 16kbit
host late.test 45.100.6.1
page late.test * 200 size 40000
throttle sni late.test rate 128kbit
host slow.test 45.100.3.1
page slow.test * 200 size 40000
serve slow.test to client slow 200B/s
host cut.test 45.100.4.1
page cut.test * 200 size 40000
serve cut.test to client close-early' '
$probe run --no-upload --out - --url https://frozen.test/ --url https://slowed.test/ \
    --url https://late.test/ \
    --url https://slow.test/ --url https://cut.test/'
verdict() { # verdict HOST
    jq -r "select(.input == \"https://$1/\").test_keys.x_verdict |
        [.state, .method, (.reasons + .alternatives | .[].rule)] | join(\" \")" \
        "$dir/out"
}
is "$(verdict frozen.test | cut -d' ' -f1-3)" \
    "blocked throttling stalls_with_its_name_only" \
    "a name whose connections freeze is throttled"
is "$(verdict slowed.test | cut -d' ' -f1,2)" "blocked throttling" \
    "and one whose connections are slowed down"
is "$(verdict late.test)" \
    "blocked throttling slow_with_its_name_only page_over_verified_tls page_incomplete_or_slow" \
    "also where the page comes all the same"
is "$(verdict slow.test)" "inconclusive  failure_inside_tls slow_without_its_name_too" \
    "a slow server is slow without its name too"
is "$(verdict cut.test | cut -d' ' -f1)" inconclusive "one that hangs up is not accused"
is "$(jq -s '[.[].test_keys.x_retest[]? | select(.kind == "compare") |
    .test_keys.x_compare | length] | unique | tostring' "$dir/out")" '"[6]"' \
    "three pairs are measured"
is "$(jq -s '[.[].test_keys.x_retest[]?.test_keys.x_compare[]? | .bytes] | max <= 81920' \
    "$dir/out")" true "of little more than 64 KiB each"

# ---- residual blocking --------------------------------------------------------------
# A site that shares its address with a name that is looked for: for 6 s after a
# connection for that name all others are reset. One at a time, so that it falls
# into that.
PARALLAX_RETEST_RESIDUAL=7
export PARALLAX_RETEST_RESIDUAL
lab 0 "a site shares its address with a name that is reset" 'link rtt 20ms
host sought.test,beside.test 45.100.5.1
rst sni sought.test
residual 6s' '
$probe run --no-upload --parallel 1 --out - --url https://sought.test/ \
    --url https://beside.test/'
is "$(verdict sought.test | cut -d' ' -f1,2)" "blocked tls" "the name is blocked"
is "$(verdict beside.test)" \
    "ok  page_over_verified_tls residual_of_another_site" "the site beside it is not"
is "$(jq -c 'select(.input == "https://beside.test/") | .test_keys |
    [.tls_handshakes[0].failure, .x_retest[-1].after_residual]' "$dir/out")" \
    '["connection_reset",true]' "which was cut off, too, until that was over"
is "$(jq -c 'select(.input == "https://beside.test/") | .test_keys.x_retest[0] |
    [.kind, (.test_keys.x_compare | length), .test_keys.x_compare[0].named,
    .test_keys.x_compare[0].failure]' "$dir/out")" \
    '["unnamed",1,false,"connection_reset"]' "its address was asked first"
# once for each time that it waits: where the other is only then measured again,
# twice
grep -q 'beside.test/: another site was cut off at its address' "$dir/err"
ok $? "and the volunteer is told why it takes so long"

# Pages of two others came from there, so that it is compared at once, when all
# handshakes are still cut off: the address is asked again when that is over.
lab 0 "the name at whose address others are is compared" 'link rtt 20ms
host first.test,second.test,sought.test 45.100.5.1
rst sni sought.test
residual 6s' '
$probe run --no-upload --parallel 1 --out - --url https://first.test/ \
    --url https://second.test/ --url https://sought.test/'
is "$(verdict sought.test | cut -d' ' -f1,2)" "blocked tls" "it is blocked all the same"
is "$(jq -c 'select(.input == "https://sought.test/") | [.test_keys.x_retest[] |
    [.kind, ([.test_keys.x_compare[]? | select(.named | not) | .failure] | unique)]]' \
    "$dir/out")" \
    '[["compare",["connection_reset"]],["unnamed",[null]],["again",[]]]' \
    "since the address opened again to who said no name"

# A censor that forgets at once: nobody waits.
lab 0 "two names at one address are reset" 'link rtt 20ms
host one.test,two.test,three.test 45.100.5.1
rst sni one.test
rst sni two.test' '
PARALLAX_RETEST_RESIDUAL=600 $probe run --no-upload --out - --url https://one.test/ \
    --url https://two.test/ --url https://three.test/'
is "$(verdict one.test | cut -d' ' -f1,2) $(verdict two.test | cut -d' ' -f1,2)" \
    "blocked tls blocked tls" "both are blocked"
is "$(verdict three.test | cut -d' ' -f1)" ok "the third is not"
is "$(jq -c '.test_keys.x_retest[]? | [.kind, .residual]' "$dir/out" | sort | uniq -c |
    awk '{ print $1 $2 }' | tr '\n' ' ')" '2["again",false] 2["unnamed",false] ' \
    "the address was open each time"

# ---- settings -------------------------------------------------------------------------
PARALLAX_RETEST_PAUSE=x "$BUILD/parallax" run --dry-run --url http://www.example.com/ \
    >"$dir/out" 2>"$dir/err"
is "$?" 2 "a pause that is no number is refused"
is "$(grep -c 'retest.pause\|RETEST_PAUSE' "$dir/err")" 1 "by its name"
wait $pause
is "$(jq '.test_keys.x_retest[0].after >= 20' "$dir/pause/out")" true \
    "the pause that was asked for is kept, not the usual one"
done_testing
