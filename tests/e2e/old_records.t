#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Records as Web Connectivity 0.4 wrote them, made of the golden ones: without
# transaction ids and tags, the lookups of the system and the connections of the
# input alone, each page without its connection. What OONI found in the whole
# record is found in what is left of it, and nobody else is accused.
set -u
. "$(dirname "$0")/lib/tap.sh"
golden=$SHARED/data/golden
if [ ! -d "$golden" ]; then
    skip "golden records: $golden is missing"
    done_testing
    exit
fi
# Left out: what 0.4 has in other places (a redirect that cannot be followed is in
# its list of pages alone) or would not have met (the rest).
left_out=' redirectWithConsistentDNSAndThenConnectionRefusedForHTTP
 redirectWithConsistentDNSAndThenConnectionRefusedForHTTPS
 redirectWithConsistentDNSAndThenConnectionResetForHTTPS
 redirectWithConsistentDNSAndThenEOFForHTTPS
 redirectWithConsistentDNSAndThenNXDOMAIN real-firefoxcom '
for f in "$golden"/*.json; do
    name=$(basename "$f" .json)
    case " $(echo $left_out) " in *" $name "*) continue ;; esac
    echo "$name" >>"$dir/names"
    jq -c 'def bare: del(.transaction_id, .t0, .tags);
        def has($tag): (.tags // []) | index($tag);
        (if .input | test("^https") then 443 else 80 end) as $port |
        .test_version = "0.4.3" | .test_keys |= (
        .queries = [.queries[]? | select(.engine == "getaddrinfo" and
            has("depth=0")) | .engine = "system" | .query_type = "A" | bare] |
        .tcp_connect = [.tcp_connect[]? | select(.port == $port and
            has("depth=0") and has("classic")) | .status.blocked = false |
            bare] |
        ([.tcp_connect[] | "\(.ip):\(.port)"]) as $at |
        .tls_handshakes = [.tls_handshakes[]? | select(has("depth=0") and
            (.address as $a | $at | index($a))) | bare] |
        .requests = [.requests[]? | select(has("fetch_body=true") and
            has("classic")) | bare | del(.address, .alpn, .network)] |
        with_entries(select(.key | startswith("x_") | not)) |
        if .control then .control |= del(.tls_handshake, .ip_info,
            .quic_handshake, .http3_request) else . end)' "$f" >>"$dir/old"
    jq -c '.test_keys | [.blocking, .accessible]' "$f" >>"$dir/wanted"
done
"$BUILD/parallax" analyze "$dir/old" >"$dir/out"
jq -c '[.blocking, .accessible]' "$dir/out" >"$dir/got"
is "$(wc -l <"$dir/names")" 31 'so many records are tried'
is "$(paste "$dir/names" "$dir/got")" \
    "$(paste "$dir/names" "$dir/wanted")" \
    'blocking and accessible are those that OONI found in the whole record'
is "$(jq -c 'select(.x_verdict.state == "blocked" and .blocking == false)' \
    "$dir/out")" '' 'our verdict accuses no site that OONI does not'
is "$(jq -r '.x_verdict.reasons[].rule' "$dir/out" |
    grep -c '^record_without_transaction_ids$')" 0 \
    'in each the steps are tied together'
# kept beside ours by the collector
"$BUILD/parallax-collector" import --data "$dir/data" "$dir/old" 2>"$dir/err"
is "$("$BUILD/parallax-collector" list --data "$dir/data" --json |
    jq -r '.recorded_blocking' | sort | uniq -c | tr -s ' \n' ' ')" \
    "$(jq -r '.test_keys.blocking | if . == null then "null" else . end' \
        "$dir/old" | sort | uniq -c | tr -s ' \n' ' ')" \
    'what the record itself says of blocking is kept beside ours'
done_testing
