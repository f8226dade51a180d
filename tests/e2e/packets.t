#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a run shows on the wire: its capture is read with a tool that is not ours.
set -u
. "$(dirname "$0")/lib/tap.sh"
case $BUILD in
/*) ;;
*) BUILD=$repo/$BUILD ;;
esac
export LAB_BUILD="${LAB_BUILD:-$repo/build}"
if ! command -v tshark >/dev/null; then
    skip "no tshark"
    done_testing
fi

# pcap FILTER [FIELD...]: a field of every packet that the filter lets through
pcap() {
    filter=$1
    shift
    tshark -r "$dir/keep/client.pcap" -Y "$filter" -T fields \
        $(printf ' -e %s' "$@") 2>"$dir/tshark"
}

# run ROWS [SCENARIO]
run() {
    rm -rf "$dir/keep"
    printf '%s\n' "${2:-}" >"$dir/scenario"
    printf 'url,category_code\n%s' "$1" >"$dir/list.csv"
    timeout -k 5 170 tests/lab/lab --keep "$dir/keep" \
        --scenario "$dir/scenario" -- "$BUILD/parallax" run --list \
        "$dir/list.csv" --out "$dir/out" >"$dir/stdout" 2>"$dir/err" </dev/null
}

run 'http://httpbin.com/,NEWS
https://www.example.com/,NEWS
http://www.example.org/,NEWS
'
is "$?" 0 "a run"

agent='Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0'
want="Host: httpbin.com\\r\\n,User-Agent: $agent\\r\\n,"
want=$want'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n,'
want=$want'Accept-Language: en-US,en;q=0.9\r\n,Accept-Encoding: gzip, deflate\r\n,'
want=$want'Connection: keep-alive\r\n,Upgrade-Insecure-Requests: 1\r\n,Priority: u=0, i\r\n'
is "$(pcap 'http.request and http.host == "httpbin.com"' http.request.line)" \
    "$want" "a request in the clear has a browser's headers, in its order"
is "$(jq -r --arg h httpbin.com 'select(.input | contains($h)) |
    .test_keys.requests[0].request.headers | [.Connection, .Te, .["User-Agent"]]
    | join("|")' "$dir/out")" "keep-alive||$agent" \
    "and the record says what was sent"
is "$(jq -r --arg h www.example.com 'select(.input | contains($h)) |
    .test_keys.requests[0] | [.alpn, (.request.headers | .Connection, .Te)]
    | join("|")' "$dir/out")" "h2||trailers" "so it does for HTTP/2"
done_testing
