#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The sessions of OONI's client, one of each of its tests, as requests: check-in,
# open, send, close, or in one step. All records are there afterwards, by list and
# get, and by the admin's listener; and the small servers answer.
set -u
. "$(dirname "$0")/lib/tap.sh"
collector=$PWD/${BUILD:-build}/parallax-collector
pid=

stop() {
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
    wait 2>/dev/null
    rm -rf "$dir"
}
trap stop EXIT
trap 'exit 1' INT TERM

start() { # sets pid and url
    : >"$dir/log" # the one of before is not read for its own
    "$collector" serve --data "$dir/data" --listen 127.0.0.1:0 \
        --control-listen none 2>"$dir/log" &
    pid=$!
    for _ in $(seq 1200); do
        url=$(sed -n 's/^parallax-collector: ready \([^ ]*\) .*/\1/p' "$dir/log")
        [ -z "$url" ] || return 0
        sleep 0.05
    done
    return 1
}

# Each test's name, version, and what it has as input and test keys.
sessions() {
    cat <<'END'
dash 0.14.1|null|{"failure":null,"receiver_data":[],"simple":{"median_bitrate":1}}
dnscheck 0.9.3|"https://8.8.8.8/dns-query"|{"bootstrap":null,"bootstrap_failure":null,"lookups":{}}
dnsping 0.4.0|"udp://8.8.8.8:53"|{"pings":[]}
echcheck 0.3.0|"https://example.org/"|{"target":{},"control":{}}
facebook_messenger 0.2.1|null|{"facebook_dns_blocking":false,"queries":null}
http_header_field_manipulation 0.2.1|null|{"tampering":{"total":false},"requests":[]}
http_host_header 0.3.0|"example.org"|{}
http_invalid_request_line 0.2.1|null|{"received":["x"],"sent":["x"],"tampering":false}
ndt 0.10.2|null|{"download":[],"failure":null,"protocol":7}
openvpn 0.1.7|"openvpn://riseupvpn.corp/?address=1.2.3.4:1194&transport=tcp"|{"success":true}
portfiltering 0.1.0|"80"|{}
psiphon 0.6.0|null|{"bootstrap_time":0,"failure":"unknown_failure: no configuration"}
quicping 0.1.2|"8.8.8.8"|{}
riseupvpn 0.3.0|null|{"api_failures":null,"ca_cert_status":true}
signal 0.2.5|null|{"signal_backend_status":"ok","signal_backend_failure":null}
simplequicping 0.2.2|"quichandshake://8.8.8.8:443"|{"pings":[]}
sni_blocking 0.3.0|"example.org"|{"result":"accessible"}
stunreachability 0.4.0|"stun://stun.l.google.com:19302"|{"endpoint":"x:1","failure":null}
tcpping 0.2.1|"tcpconnect://8.8.8.8:443"|{"pings":[]}
telegram 0.3.1|null|{"telegram_http_blocking":false,"telegram_web_status":"ok"}
tlsping 0.2.2|"tlshandshake://8.8.8.8:443"|{"pings":[]}
tor 0.4.0|null|{"targets":{},"dir_port_total":0}
torsf 0.5.1|null|null
urlgetter 0.2.0|"https://example.org/"|{"failure":null,"requests":[]}
vanilla_tor 0.3.0|null|null
whatsapp 0.11.0|null|{"whatsapp_endpoints_blocked":[],"requests":[]}
web_connectivity 0.4.3|"https://example.org/"|{"queries":[],"tcp_connect":[],"tls_handshakes":[],"requests":[],"network_events":[],"blocking":false}
web_connectivity 0.5.28|"https://example.com/"|{"queries":[],"tcp_connect":[],"tls_handshakes":[],"requests":[],"network_events":[],"blocking":"dns"}
END
}

record() { # record NAME VERSION INPUT KEYS REPORT-ID
    jq -nc --arg name "$1" --arg version "$2" --argjson input "$3" \
        --argjson keys "$4" --arg id "$5" '{annotations: {engine_name:
        "ooniprobe-engine"}, data_format_version: "0.2.0", input: $input,
        measurement_start_time: "2026-11-01 02:03:04", probe_asn: "AS137",
        probe_cc: "IT", probe_ip: "127.0.0.1", report_id: $id, resolver_asn:
        "AS15169", software_name: "ooniprobe-cli", software_version: "3.31.0",
        test_keys: $keys, test_name: $name, test_runtime: 0.5, test_start_time:
        "2026-11-01 02:03:00", test_version: $version}'
}

post() { # post PATH: standard input is sent
    curl -s --max-time 60 --data-binary @- -H 'Content-Type: application/json' \
        "$url$1"
}

start || { ok 1 'serve starts'; done_testing; exit; }
echo '{"probe_cc":"IT","probe_asn":"AS137","run_type":"manual"}' |
    post /api/v1/check-in >"$dir/checkin"
sessions >"$dir/sessions"
names=$(sed 's/ .*//' "$dir/sessions" | sort -u)
is "$(for name in $names; do
    jq -r --arg name "$name" '.tests[$name].report_id' "$dir/checkin"
done | grep -c "^20[0-9TZ]*_[a-z]*_IT_137_n1_")" "$(echo "$names" | wc -l)" \
    'a check-in has a report for each test'
is "$(jq -c '.conf.test_helpers | keys' "$dir/checkin")" \
    '["dns","http-return-json-headers","ssl","tcp-echo","traceroute","web-connectivity"]' \
    'and every kind of helper'

sent=0
good=0
while IFS='|' read -r what input keys; do
    name=${what% *}
    version=${what#* }
    id=$(echo "{\"data_format_version\":\"0.2.0\",\"format\":\"json\",
        \"probe_asn\":\"AS137\",\"probe_cc\":\"IT\",\"software_name\":\"ooniprobe-cli\",
        \"software_version\":\"3.31.0\",\"test_name\":\"$name\",
        \"test_start_time\":\"2026-11-01 02:03:00\",\"test_version\":\"$version\"}" |
        post /report | jq -r .report_id)
    record "$name" "$version" "$input" "$keys" "$id" >"$dir/record"
    uid=$(jq -c '{format: "json", content: .}' "$dir/record" |
        post "/report/$id" | jq -r .measurement_uid)
    post "/report/$id/close" </dev/null >"$dir/closed"
    sent=$((sent + 1))
    case $uid in
    20261101020304.??????_IT_"$(echo "$name" | tr -d _)"_????????????????)
        tr -d '\n' <"$dir/record" >"$dir/record.line"
        "$collector" get --data "$dir/data" "$uid" |
            cmp -s - "$dir/record.line" && good=$((good + 1))
        ;;
    *) echo "# $name: $uid" ;;
    esac
done <"$dir/sessions"
is "$good" "$sent" 'every session ends with its record stored, byte for byte'
is "$("$collector" list --data "$dir/data" | wc -l)" "$sent" 'list has them all'
is "$("$collector" list --data "$dir/data" --test telegram | wc -l)" 1 \
    'and by filter'
is "$("$collector" list --data "$dir/data" --json | jq -r 'select(.state ==
    "not_judged") | .test_name' | sort -u | wc -l)" "$(($(echo "$names" |
    wc -l) - 1))" 'what is not web_connectivity says that nobody judged it'
is "$("$collector" list --data "$dir/data" --test web_connectivity --json |
    jq -r '[.recorded_blocking, .state != "not_judged"] | @csv' | sort |
    tr '\n' ' ')" '"dns",true "false",true ' \
    'what is has a verdict, beside what it said itself'
is "$("$collector" stats --data "$dir/data" --json | jq -c '[.measurements,
    .not_judged, .rejected, (.by_test | length)]')" \
    "[$sent,$((sent - 2)),{},$(echo "$names" | wc -l)]" 'stats count them'

# in one step, as newer clients do; twice is once
record ndt 0.10.2 null null mine | jq -c 'del(.report_id) | .test_runtime = 2' \
    >"$dir/record"
for _ in 1 2; do
    jq -c '{format: "json", content: tojson, nym: null, zkp_request: null,
        manifest_version: null, protocol_version: null}' "$dir/record" |
        post /api/v1/submit_measurement >>"$dir/answers"
done
uid=$(head -c 4000 "$dir/answers" | jq -r .measurement_uid | head -n 1)
id=$(jq -r .report_id "$dir/answers" | sort -u)
[ "$(echo "$id" | wc -l)" = 1 ] && "$collector" get --data "$dir/data" "$uid" |
    jq -e --arg id "$id" --slurpfile sent "$dir/record" \
        '.report_id == $id and del(.report_id) == $sent[0]' >"$dir/out"
ok $? 'submit_measurement writes the report id that it answers into the record'
curl -s --unix-socket "$dir/data/admin.sock" \
    "http://admin/api/v1/raw_measurement?measurement_uid=$uid" >"$dir/raw"
"$collector" get --data "$dir/data" "$uid" | cmp -s - "$dir/raw"
ok $? 'the admin listener gives the same bytes'
is "$(curl -s -o "$dir/out" -w '%{http_code}' \
    "$url/api/v1/raw_measurement?measurement_uid=$uid")" 404 \
    'the public one gives none'
"$collector" get --data "$dir/data" nobody >"$dir/out" 2>"$dir/err"
is "$?$(cat "$dir/out" "$dir/err")" \
    '1parallax-collector get: there is no measurement nobody' \
    'what is not there is named: exit 1'

# the small servers, by the addresses that a check-in tells
echo=$(jq -r '.conf.test_helpers."tcp-echo"[0].address' "$dir/checkin")
back=$(perl -MIO::Socket::INET -e '
    my $s = IO::Socket::INET->new(PeerAddr => $ARGV[0], Timeout => 20) or die;
    my $line = "GET / HTTP/ABC\r\n"; my $got = "";
    alarm 30; print $s $line;
    while (length $got < length $line) { $s->recv(my $b, 99) ; $got .= $b; }
    print $got eq $line ? "same" : "other";' "$echo")
is "$back" same 'tcp-echo sends back what was sent'
mirror=$(jq -r '.conf.test_helpers."http-return-json-headers"[0].address' \
    "$dir/checkin")
is "$(curl -s --max-time 30 -X GeT -H 'aCCePT: a' -H 'uSER-aGENT: b' \
    -H 'hOsT: c.com' "$mirror" | jq -cS '[.request_line, .headers_dict]')" \
    '["GeT / HTTP/1.1",{"Host":["c.com"],"aCCePT":["a"],"uSER-aGENT":["b"]}]' \
    'http-return-json-headers sends back the letters as they were'

# a serve that was killed leaves its socket behind; the next one takes it
kill -9 "$pid"
wait "$pid" 2>/dev/null
: >"$dir/log"
start
is "$(curl -s --unix-socket "$dir/data/admin.sock" http://admin/health |
    jq -r .status)" ok 'the admin listener is back after a crash'
done_testing
