#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The volunteer's own address: behind a home router, where nobody has told it,
# and on a line where it is known.  Pages, redirects and host names carry it; it
# must be in nothing that is written, kept or sent, and a target that holds it is
# visited once.
set -u
. "$(dirname "$0")/lib/tap.sh"
case $BUILD in
/*) ;;
*) BUILD=$repo/$BUILD ;;
esac
export LAB_BUILD="${LAB_BUILD:-$repo/build}"
for tool in tshark jq; do
    if ! command -v $tool >/dev/null; then
        skip "no $tool"
        done_testing
    fi
done
PARALLAX_RETEST_PAUSE=1
export PARALLAX_RETEST_PAUSE

# world ADDRESS DASHED INTEGER: sites that tell it
world() {
    cat <<WORLD
host plain.test 45.9.9.1
page plain.test / 302 redirect http://block.test/deny?client=$1&n=$3
host named.test 45.9.9.2
page named.test / 302 redirect http://line-$2.lines.test/
host cut.test 45.9.9.3
page cut.test / 302 redirect https://reset.test/deny?client=$1
host block.test 45.9.9.4
host line-$2.lines.test 45.9.9.6
page block.test /deny 200 header "X-Client: $1"
page line-$2.lines.test / 200
host reset.test 45.9.9.5
page reset.test /deny 200
rst sni reset.test
WORLD
}

# run WORDS: all of them, uploaded; with a copy of what the disk keeps
run() {
    cat >"$dir/script" <<SCRIPT
state=\$HOME/.local/state/parallax
$BUILD/parallax run --url http://plain.test/ --url http://named.test/ \\
    --url http://cut.test/ --out \$LAB_DIR/records
status=\$?
cp -R "\$state" "\$LAB_DIR/state"
exit \$status
SCRIPT
    rm -rf "$dir/lab"
    timeout -k 5 600 tests/lab/lab --scenario "$dir/world" --keep "$dir/lab" \
        -- sh "$dir/script" >"$dir/out" 2>"$dir/err" </dev/null
    is "$?" 0 "$1"
}

# nowhere TEXT: neither in the records, nor in what else is left of the run
nowhere() {
    echo "$1" >"$dir/needle"
    "$BUILD/tests/tools/carve" "$dir/needle" "$dir/lab/records" "$dir/lab/state" \
        "$dir/out" "$dir/err" "$dir/lab/collector" >"$dir/found" 2>&1
    [ $? -lt 2 ] || cat "$dir/found"
    sed -n "s|^$dir/\([^:[]*\).*: [0-9]*: .*|\1|p" "$dir/found" | sort -u |
        tr '\n' ' '
}

# sent FILTER: packets of the volunteer
sent() {
    tshark -r "$dir/lab/client.pcap" -Y "$1" -T fields -e frame.number \
        2>/dev/null | wc -l | tr -d ' '
}

# what is common to both: $1 is the address, $2 with dashes, $3 as a number
common() {
    is "$(wc -l <"$dir/lab/records" | tr -d ' ')" 3 "three records are written"
    nowhere named.test | grep -q "collector/segments.*records"
    ok $? "what they hold is found, also where the collector has packed it"
    for form in "$1" "$2" "$3"; do
        is "$(nowhere "$form")" "" "$form is in nothing that is left of it"
    done
    is "$(sent 'http.request.uri contains "deny"')" 1 \
        "a target that holds it is visited once"
    is "$(sent 'tls.handshake.extensions_server_name == "reset.test"')" "$4" \
        "also one that was cut off"
    is "$(sent 'frame contains "scrubbed"')" 0 "[scrubbed] is never sent"
    is "$(jq -c '.. | .x_control_request? // empty' "$dir/lab/records" |
        grep -cE -e "scrubbed|$1|$2|$3|deny")" 0 "no control hears of it"
    is "$(jq -r 'select(.input == "http://cut.test/") | .test_keys |
        [.x_verdict.state, (.x_retest | length)] | join(" ")' \
        "$dir/lab/records")" "inconclusive 0" \
        "what was not measured again says so"
}

# ---- behind a home router ------------------------------------------------------
{
    echo 'volunteer 192.168.77.23 asn 137 cc IT'
    world 93.45.12.77 93-45-12-77 1563233357
} >"$dir/world"
run "a volunteer behind a router measures"
common 93.45.12.77 93-45-12-77 1563233357 1
is "$(jq -r 'select(.input == "http://plain.test/") |
    .test_keys.requests[0].request.url' "$dir/lab/records")" \
    'http://block.test/deny?client=[11]&n=[10]' \
    "what the block page was asked is told by its length"
is "$(nowhere 192.168.77.23)" "" "nor is the address at home"

# ---- where it is known -----------------------------------------------------------
# The interface has it, and the check-in says the same.
world 130.192.91.211 130-192-91-211 2193644499 >"$dir/world"
run "a volunteer whose address is known measures"
common 130.192.91.211 130-192-91-211 2193644499 1
is "$(jq -r 'select(.input == "http://plain.test/") |
    .test_keys.requests[0].request.url' "$dir/lab/records")" \
    'http://block.test/deny?client=[scrubbed]&n=[scrubbed]' \
    "nothing but the address is taken out of a URL"
is "$(jq -r 'select(.input == "http://named.test/") |
    .test_keys.queries[] | .hostname' "$dir/lab/records" | sort -u | tr '\n' ' ')" \
    'line-[scrubbed].lines.test named.test ' "nor of a host's name"
is "$("$BUILD/parallax-collector" stats --data "$dir/lab/collector" --json |
    jq .measurements)" 3 "the collector has the records"
done_testing
