#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The control in the lab: what it answers about pages, that it refuses private
# targets on every way to them, and that its signature is known again in what a
# probe uploads.
set -u
cd "$(dirname "$0")/../.." || exit 1
top=$PWD
build=$top/${BUILD:-build}
LAB_BUILD=${LAB_BUILD:-$build}
export LAB_BUILD
dir=$(mktemp -d)
chmod 755 "$dir"
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
n=0
bad=0

for tool in curl jq nginx unbound sqlite3; do
    command -v $tool >/dev/null || PATH=$PATH:/usr/sbin:/sbin
    command -v $tool >/dev/null || {
        echo "1..0 # SKIP $tool is not installed"
        exit 0
    }
done

ok() { # ok STATUS WORDS
    n=$((n + 1))
    if [ "$1" = 0 ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        bad=1
        cat "$dir/out" "$dir/err" 2>/dev/null | cut -c1-600 | tail -n 20 |
            sed 's/^/# /'
    fi
}

cat >"$dir/w.world" <<'EOW'
host private.test 10.9.9.9
page private.test / 200 size 3000
host hop.test 45.70.0.1
page hop.test / 302 redirect http://private.test/
page hop.test /literal 302 redirect http://10.9.9.9/
page hop.test /meta 302 redirect http://169.254.169.254/latest/
page hop.test /loop 302 redirect http://127.0.0.1:8080/health
page hop.test /ok 200 size 2500
EOW

cat >"$dir/ask.sh" <<'EOW'
ask() { # ask URL: NAME{tab}answer
    printf '%s\t' "$1"
    curl -sS --cacert "$SSL_CERT_FILE" -m 30 -d "{\"http_request\":\"$1\",
        \"tcp_connect\":[\"10.9.9.9:80\",\"127.0.0.1:8080\"]}" \
        https://1.th.ooni.org/
    echo
}
for u in http://private.test/ http://10.9.9.9/ http://hop.test/ \
    http://hop.test/literal http://hop.test/meta http://hop.test/loop \
    http://hop.test/ok https://www.example.com/ http://largefile.com/ \
    http://nobody.test/ https://expired.badssl.com/; do
    ask $u
done
"$1/parallax" run --url https://www.example.com/ --url http://hop.test/ok >&2
"$1/parallax-collector" stats --data "$LAB_DIR/collector" --json
sqlite3 -readonly "$LAB_DIR/collector/index.sqlite" \
    'SELECT count(*), sum(verified), min(cc), min(asn) FROM record'
curl -sS --cacert "$SSL_CERT_FILE" -m 30 -d '{"format":"json","content":{
    "test_name":"web_connectivity","probe_cc":"IR","probe_asn":"AS64500",
    "measurement_start_time":"2026-11-01 00:00:00","input":"http://hop.test",
    "test_keys":{"queries":[],"tcp_connect":[],"tls_handshakes":[],
    "requests":[],"network_events":[]}}}' https://api.ooni.io/report/\
20261129T000000Z_webconnectivity_IR_64500_n1_abcdefghijklmnop >&2
sqlite3 -readonly "$LAB_DIR/collector/index.sqlite" \
    'SELECT cc, place, count(*) FROM record GROUP BY 1, 2 ORDER BY 1'
EOW

timeout -k 5 600 tests/lab/lab --world "$dir/w.world" -- \
    sh "$dir/ask.sh" "$build" >"$dir/out" 2>"$dir/err"
ok $? 'the lab runs'

answer() { # answer URL FILTER: true if the filter holds for the answer
    sed -n "s|^$1	||p" "$dir/out" | jq -e "$2" >/dev/null 2>&1
}

refused='.http_request.failure == "unknown_error" and
    .http_request.status_code == -1 and .http_request.body_length == -1 and
    .http_request.headers == {} and
    ([.tcp_connect | keys[] | select(test("^(10|127|169)[.]"))] == [])'
answer http://private.test/ "$refused"
ok $? 'a name of a private address is refused'
answer http://10.9.9.9/ "$refused"
ok $? 'a private address is refused'
answer http://hop.test/ "$refused"
ok $? 'a redirect to a name of a private address is refused'
answer http://hop.test/literal "$refused"
ok $? 'a redirect to a private address is refused'
answer http://hop.test/meta "$refused"
ok $? 'a redirect to a link-local address is refused'
answer http://hop.test/loop "$refused"
ok $? 'a redirect to loopback is refused'
answer http://hop.test/ok '.http_request.status_code == 200 and
    .http_request.body_length == 2500 and
    (.tcp_connect | keys == ["45.70.0.1:443", "45.70.0.1:80"])'
ok $? 'the public page beside them is fetched'
answer https://www.example.com/ '.http_request.title == "Default Web Page" and
    .tls_handshake["93.184.216.34:443"].status and
    .ip_info["93.184.216.34"] == {"asn": 15133, "flags": 10} and
    .ip_info["10.9.9.9"].flags == 5'
ok $? 'title, certificate and networks are told'
answer http://largefile.com/ '.http_request.body_length == 16777216 and
    .x_parallax.body_hashed == 524288'
ok $? 'a large body is counted to 16 MiB and kept to 512 KiB'
answer http://nobody.test/ '.dns == {"failure": "dns_name_error", "addrs": []}
    and .http_request.failure == "dns_lookup_error"'
ok $? 'a name that nobody has'
answer https://expired.badssl.com/ '.tls_handshake["104.154.89.105:443"].failure
    == "ssl_invalid_certificate"'
ok $? 'a certificate that has expired'
grep -q '^{"measurements":2,' "$dir/out"
ok $? 'two measurements are uploaded'
grep -qx '2|2|IT|137' "$dir/out"
ok $? 'and the control in both is known by its signature'
grep -qx 'IT|1|2' "$dir/out" && grep -qx 'IR|2|1' "$dir/out"
ok $? 'their place is that of their address, that of a forged claim is not'
echo "1..$n"
exit $bad
