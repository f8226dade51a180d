#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A control that is asked later: nothing of a run goes to the collector or to a
# control, and the record says so; the collector asks one when the record comes,
# and keeps what it says beside it.
set -u
. "$(dirname "$0")/lib/tap.sh"
case $BUILD in
/*) ;;
*) BUILD=$repo/$BUILD ;;
esac
export LAB_BUILD="${LAB_BUILD:-$repo/build}"
PARALLAX_RETEST_PAUSE=1
export PARALLAX_RETEST_PAUSE

# on a line so long that nothing is heard at first
printf 'link rtt 300ms\nrst sni www.example.com to client\n' >"$dir/scenario"
timeout -k 5 600 tests/lab/lab --keep "$dir/lab" --scenario "$dir/scenario" -- \
    env PARALLAX_CONTROL_DEFER=true "$BUILD/parallax" run --parallel 1 --out "$dir/out" \
    --url https://www.example.org/ --url https://www.example.com/ \
    >"$dir/said" 2>"$dir/err" </dev/null
is "$? $(wc -l <"$dir/out")" "3 2" "both sites are measured, and their records wait"
is "$(jq -s -r '[.[] | .test_keys | "\(.x_verdict.state) \(.x_control_deferred
    ) \(.control) \(.x_retest | length)"] | join(", ")' "$dir/out")" \
    "ok true null 0, inconclusive true null 1" \
    "what fails is undecided, and measured twice"
is "$(grep -c 'with .parallax upload' "$dir/err")" 1 "who sends them is said"
if command -v tshark >/dev/null; then
    is "$(tshark -r "$dir/lab/client.pcap" -T fields -e ip.dst -e dns.qry.name \
        2>/dev/null | grep -c -e ooni -e cloudfront -e 162.55.247.208 \
        -e 68.183.70.80 -e 137.184.235.44 -e 178.62.195.24 -e 209.97.183.73 \
        -e 52.85.15.84)" 0 "no packet goes to collector or controls"
else
    skip "tshark is not installed"
fi

# run, then upload; wait until the collector has asked about both
course='BUILD=$1 data=$LAB_DIR/collector
"$BUILD/parallax" run --parallel 1 --out "$2/out" --url https://www.example.org/ \
    --url https://www.example.com/ >/dev/null 2>&1
"$BUILD/parallax" upload >/dev/null || exit
n=0
while [ "$("$BUILD/parallax-collector" list --json --data "$data" |
    grep -c "\"control_late\":[0-9]")" -lt 2 ] && [ $n -lt 600 ]; do
    n=$((n + 1))
    sleep 0.1
done
"$BUILD/parallax-collector" list --json --data "$data" >"$2/list"
uid=$(jq -r "select(.state == \"blocked\") | .measurement_uid" "$2/list")
"$BUILD/parallax-collector" get --data "$data" "$uid" >"$2/got"
"$BUILD/parallax-collector" get --control --data "$data" "$uid" >"$2/control"
"$BUILD/parallax-collector" verify-store --data "$data" >"$2/verified"'
printf "rst sni www.example.com to client\n" >"$dir/scenario"
timeout -k 5 600 tests/lab/lab --scenario "$dir/scenario" -- \
    env PARALLAX_CONTROL_DEFER=true sh -c "$course" defer "$BUILD" "$dir" \
    >"$dir/said" 2>&1 </dev/null
is "$?" 0 "the records are sent, and kept whole"
is "$(jq -s -r 'map("\(.domain) \(.state) \(.method) \(.control_verified)") |
    sort | join(", ")' "$dir/list")" \
    "www.example.com blocked tls false, www.example.org ok null false" \
    "the collector asks a control, and judges by it"
is "$(jq -r '[.x_control_request.http_request, (.age | type),
    .control.http_request.status_code] | join(" ")' "$dir/control")" \
    "https://www.example.com/ number 200" "its answer stands beside the record"
is "$(jq -c '[.test_keys.control, .test_keys.x_verdict.state]' "$dir/got")" \
    '[null,"inconclusive"]' "which is as it was"
done_testing
