#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make.sh COLLECTOR OUT.tar.gz: a small data directory as that version of the
# collector writes it, for tests/e2e/collector_migrate.t. A directory that was
# made once stays here for ever: later versions must read it. Run it with a new
# file name before SCHEMA_VERSION (collector/store/sqlite_schema.h) is raised.
#
# Six records: an ordinary one with who sent it, uploaded twice; its site in
# another spelling; one that an archive named; starts of 2012, 2021 and 2029;
# one by a probe that did not know where it was. And two refused ones, of which
# one is refused twice.
set -eu
collector=$1
out=$(realpath "$2")
dir=$(mktemp -d)
pid=
finish() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    rm -rf "$dir"
}
trap finish EXIT

# record START ASN INPUT [MORE]
record() {
    printf '{"test_name":"web_connectivity","probe_cc":"IR","probe_asn":"AS%s",' \
        "$2"
    printf '"measurement_start_time":"%s","input":"%s",' "$1" "$3"
    printf '%s"annotations":{"category_code":"NEWS"},' "${4:-}"
    printf '"test_keys":{"queries":[],"tcp_connect":[],"tls_handshakes":[],'
    printf '"requests":[],"network_events":[]}}'
}

upload() { # upload ADDRESS X_PROBE RECORD
    printf '{"format":"json","x_probe":"%s","content":%s}' "$2" "$3" >"$dir/up"
    curl -s -m 10 -H "X-Forwarded-For: $1" --data-binary @"$dir/up" \
        "$url/api/v1/submit_measurement" >/dev/null
    curl -s -m 10 -H "X-Forwarded-For: $1" --data-binary @"$dir/up" \
        "$url/report/20261129T000000Z_webconnectivity_IR_101_n1_abcdefghijklmnop"
    echo
}

cat >"$dir/config" <<END
collector.trusted_proxy = 127.0.0.1
END
"$collector" serve --config "$dir/config" --data "$dir/store" \
    --listen 127.0.0.1:0 --control-listen none 2>"$dir/log" &
pid=$!
url=
for _ in $(seq 200); do
    url=$(sed -n 's/^parallax-collector: ready \([^ ]*\) control.*/\1/p' \
        "$dir/log")
    [ -z "$url" ] || break
    sleep 0.05
done
x_probe=00112233445566778899aabbccddeeff
one=$(record '2026-11-29 10:00:01' 101 https://site-1.example/)
upload 203.0.113.7 $x_probe "$one"
upload 203.0.113.7 $x_probe "$one"
upload 203.0.113.9 $x_probe \
    "$(record '2026-11-29 11:00:00' 101 HTTPS://Site-1.Example:443)"
upload 203.0.113.9 $x_probe "$(record '2026-11-29 12:00:00' 0 \
    https://site-3.example/)"
kill "$pid"
wait "$pid" || true
pid=
{
    record '2012-01-01 00:00:00' 102 https://site-4.example/
    record '2021-02-08 22:07:10' 103 https://site-5.example/ \
        '"measurement_uid":"20210208220710.181572_IR_webconnectivity_7888edc7748936bf",'
    record '2029-11-30 03:37:45' 104 https://site-6.example/
    echo 'this is not JSON'
} >"$dir/import"
"$collector" import --data "$dir/store" "$dir/import" || true
"$collector" import --data "$dir/store" "$dir/import" || true
"$collector" stats --data "$dir/store" --json
rm -f "$dir/store/lock"
tar -C "$dir" --sort=name --owner=0 --group=0 --numeric-owner -czf "$out" store
