#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Records, and what `get` returns, read with OONI's own classes. TAP.
set -u
. "$(dirname "$0")/../e2e/lib/tap.sh"
version=0.3.0
venv=$BUILD/interop/venv

missing() { # missing WORDS
    echo "missing for interop: $1" >&2
    exit 1
}

# install: the reader, once
install() {
    "$venv/bin/python" -c 'import oonidata.dataclient' 2>/dev/null && return
    rm -rf "$venv"
    python3 -m venv "$venv" >"$dir/log" 2>&1 || {
        sh tools/need.sh interop python3 python3-venv || exit 1
        rm -rf "$venv"
        python3 -m venv "$venv" >"$dir/log" 2>&1 ||
            missing 'virtual environments of Python (module venv)'
    }
    timeout 300 "$venv/bin/pip" install -q "oonidata==$version" \
        >"$dir/log" 2>&1 || {
        tail -n 3 "$dir/log" >&2
        missing "oonidata $version from PyPI, or what it stands on"
    }
}

# read_all FILE: class and number of what could be read of each line; says on
# standard error what could not
read_all() {
    "$venv/bin/python" - "$1" <<'END'
import collections, sys, orjson
from oonidata.dataclient import load_measurement
read = collections.Counter()
for line in open(sys.argv[1], "rb"):
    record = orjson.loads(line)
    try:
        read[type(load_measurement(record)).__name__] += 1
    except Exception as e:
        print(record.get("test_name"), record.get("input"), e, file=sys.stderr)
print(" ".join("%s %d" % x for x in sorted(read.items())))
END
}

# of_others: a record of each of OONI's other tests that its classes know
of_others() {
    while IFS='|' read -r name keys; do
        jq -nc --arg name "$name" --argjson keys "$keys" '{input: null,
            report_id: "", measurement_start_time: "2026-11-01 02:03:04",
            test_start_time: "2026-11-01 02:03:00", probe_asn: "AS137",
            probe_cc: "IT", test_name: $name, test_version: "0.1.0",
            test_runtime: 0.5, software_name: "ooniprobe", software_version:
            "3.31.0", test_keys: $keys}'
    done <<'END'
dnscheck|{"bootstrap":null,"bootstrap_failure":null,"lookups":{}}
facebook_messenger|{"facebook_dns_blocking":false}
http_header_field_manipulation|{"requests":[],"tampering":null}
http_invalid_request_line|{"received":["x"],"sent":["x"],"tampering":false}
ndt|{"failure":null}
psiphon|{"failure":null}
signal|{"signal_backend_status":"ok"}
stunreachability|{"endpoint":"1.2.3.4:3478","failure":null}
telegram|{"telegram_web_status":"ok"}
tor|{"targets":{}}
urlgetter|{"failure":null}
whatsapp|{"whatsapp_web_status":"ok"}
END
}

install
tests/lab/lab -- "$repo/$BUILD/parallax" run --no-upload --out "$dir/ours" \
    --url http://www.example.com/ --url https://www.example.com/ \
    --url https://expired.badssl.com/ --url http://nobody.example.xyz/ \
    >"$dir/log" 2>&1
is "$(read_all "$dir/ours")" 'WebConnectivity 4' \
    'records that the probe makes are read'
zstd -dcq tests/same/run200.jsonl.zst >"$dir/stored"
is "$(read_all "$dir/stored")" 'WebConnectivity 200' \
    'and those of earlier versions'
of_others >"$dir/others"
others=$(read_all "$dir/others")
is "$(echo "$others" | tr ' ' '\n' | grep -c '[A-Z]')" 11 \
    'records of other tests, of eleven classes, too'
"$BUILD/parallax-collector" import --data "$dir/data" "$dir/ours" \
    "$dir/stored" "$dir/others" 2>"$dir/log"
"$BUILD/parallax-collector" list --data "$dir/data" >"$dir/uids"
while read -r uid; do
    "$BUILD/parallax-collector" get --data "$dir/data" "$uid" | tr -d '\n'
    echo
done <"$dir/uids" >"$dir/got"
is "$(read_all "$dir/got" | tr ' ' '\n' | grep -vx 'WebConnectivity\|204')" \
    "$(echo "$others" | tr ' ' '\n')" 'what get returns is read like what came in'
is "$(wc -l <"$dir/got")" 216 'and it is all there'
done_testing
