#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A suspected notice server is asked for one page in a run, with the least
# sensitive name; the others that were led there are told of it as a count.
set -u
. "$(dirname "$0")/lib/tap.sh"
case $BUILD in
/*) ;;
*) BUILD=$repo/$BUILD ;;
esac
export LAB_BUILD="${LAB_BUILD:-$repo/build}"
PARALLAX_RETEST_PAUSE=1
export PARALLAX_RETEST_PAUSE

cat >"$dir/world" <<'END'
host quiet.example 45.91.5.1 asn 64550 "X" cc US
host loud.example 45.91.5.2 asn 64550 "X" cc US
host other.example 45.91.5.3 asn 64550 "X" cc US
host alone.example 45.91.5.4 asn 64550 "X" cc US
host n1.isp.example 130.192.3.50 port 80
host n2.isp.example 130.192.3.51 port 80
page n1.isp.example * 403 @block
page n2.isp.example * 403 @block
END
cat >"$dir/scenario" <<'END'
dns isp answer quiet.example A 130.192.3.50
dns isp answer loud.example A 130.192.3.50
dns isp answer other.example A 130.192.3.50
dns isp answer alone.example A 130.192.3.51
END
cat >"$dir/list" <<'END'
url,category_code
https://loud.example/,PORN
https://other.example/,HUMR
https://quiet.example/a/path,CULTR
https://alone.example/,PORN
END
timeout -k 5 600 tests/lab/lab --scenario "$dir/scenario" --world "$dir/world" \
    --keep "$dir/lab" -- "$BUILD/parallax" run --list "$dir/list" --no-upload \
    --out "$dir/out" >"$dir/log" 2>&1 </dev/null
is "$?" 0 'a run of four sites, all led to notice servers'

is "$(jq -r 'select(.input != "https://alone.example/") | .test_keys.x_verdict |
    [.state, .method, .reasons[0].rule] | join(" ")' "$dir/out" | sort -u)" \
    'blocked dns dns_notice_server' 'those that share a server are blocked'
is "$(jq -r '.test_keys.x_retest[] | select(.kind == "page") | .test_keys |
    .requests[].request.url' "$dir/out")" 'http://quiet.example/' \
    'one page was asked for, with the name of the least sensitive, without its path'
is "$(tshark -r "$dir/lab/client.pcap" -Y 'ip.dst == 130.192.3.50/31 and http.request' \
    -T fields -e http.host 2>/dev/null)" 'quiet.example' 'no other request was sent there'
is "$(jq -r 'select(.input == "https://loud.example/") | .test_keys |
    [.x_retest[].test_keys.x_run.addresses[]?.notices] | max' "$dir/out")" 1 \
    'a site that did not ask is told that one site met a notice'
is "$(jq -r 'select(.input == "https://alone.example/") | .test_keys |
    [.x_verdict.state, ([.x_retest[].test_keys.requests[] |
    select(.request.url == "http://alone.example/")] | length)] | join(" ")' "$dir/out")" \
    'inconclusive 0' 'a name that is dangerous to be seen with is not told to the server'
is "$(jq -c 'select(.input == "https://quiet.example/a/path")' "$dir/out" |
    grep -c -e loud.example -e other.example -e alone.example)" 0 \
    'no record names another site of the run'
done_testing
