#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How a run meets its collector and controls. A check-in that fails, or answers
# with nothing of use, takes nothing away: the test helpers of the last good one are
# kept and used. Collector and controls may be below a path of an ordinary site.
set -u
. "$(dirname "$0")/lib/tap.sh"
case $BUILD in
/*) ;;
*) BUILD=$repo/$BUILD ;;
esac
export LAB_BUILD="${LAB_BUILD:-$repo/build}"
runs='1 2 3 4 5'

# The collector's name resolves nowhere. The first run ever knows no helper; the
# others have those of a check-in before.
printf 'link rtt 2ms\ndns all remove api.ooni.io\n' >"$dir/scenario"
cat >"$dir/script" <<END
kept=\$HOME/.local/state/parallax/helpers.json
run() {
    $BUILD/parallax run --url https://www.example.com/ --no-upload \
        --out $dir/\$1.jsonl >/dev/null 2>$dir/\$1.err
    echo \$? >$dir/\$1.status
}
run none
[ ! -e \$kept ] || echo 'a failed check-in left a file' >>$dir/none.err
printf '{"date":"%s","collector":"%s","helpers":[{"address":"%s","type":"https"}]}\n' \
    \$(date -u +%F) https://api.ooni.io https://0.th.ooni.org >\$kept
cp \$kept $dir/before
for i in $runs; do
    run \$i
    cp \$kept $dir/\$i.after
done
END
timeout -k 5 600 tests/lab/lab --scenario "$dir/scenario" -- sh "$dir/script" \
    >"$dir/out" 2>&1 </dev/null
ok $? "a lab in which the collector's name does not resolve"
words='parallax run: check-in with api.ooni.io failed: "no such name"'
is "$(cat "$dir/none.status") $(grep -c -e "$words" -e "no test helpers are known" \
    "$dir/none.err") $(grep -c 'left a file' "$dir/none.err")" "0 2 0" \
    "without helpers of before a run says so, ends well and leaves no list"
for i in $runs; do
    echo "$(cat "$dir/$i.status") $(cmp "$dir/before" "$dir/$i.after" && echo same)" \
        "$(grep -cF "$words" "$dir/$i.err")" \
        "$(grep -c 'using the test helpers named in' "$dir/$i.err")" \
        "$(jq -r '.test_keys.control_failure, (.test_keys.control | length > 0)' \
            "$dir/$i.jsonl" | tr '\n' ' ')"
done | sort | uniq -c | sed 's/^ *//; s/ *$//' >"$dir/all"
is "$(cat "$dir/all")" "5 0 same 1 1 null true" \
    "of five runs each names the failure, leaves the list as it was and uses it"

# A collector on this machine, whose answers are of no use.
answer() {
    echo "location /$1/ { default_type application/json; return ${3:-200} '$2'; }"
}
place='"v":1,"probe_cc":"FR","probe_asn":"AS2200","probe_network_name":"Renater",
    "utc_time":"2026-11-24T00:00:00Z"'
conf='"conf":{"features":{},"test_helpers":'
th='{"address":"http://0.th.example","type":"https"}'
{
    echo "user root; daemon on; master_process off; pid $dir/nginx.pid; error_log /dev/null; events {}"
    echo "http { access_log off;"
    for t in client_body proxy fastcgi uwsgi scgi; do
        echo "${t}_temp_path $dir/$t;"
    done
    echo "server { listen 127.0.0.1:8099;"
    answer nothing ''
    answer portal '<html>Welcome to the hotel</html>'
    answer null null
    answer list "[{$place}]"
    answer kind "{$place,$conf[]}}"
    answer missing "{$place,$conf{}}}"
    answer empty "{$place,$conf{\"web-connectivity\":[]}}}"
    answer useless "{$place,$conf{\"web-connectivity\":[$th,7,null,{}]}}}"
    answer cut "{$place,$conf{\"web-connectivity\":["
    answer status "{$place,$conf{\"web-connectivity\":[]}}}" 500
    echo "} }"
} >"$dir/nginx.conf"
kinds=$(sed -n 's|^location /\([a-z]*\)/.*|\1|p' "$dir/nginx.conf")
cat >"$dir/script" <<END
PATH=\$PATH:/usr/sbin
nginx -c $dir/nginx.conf || exit 1
state=\$HOME/.local/state/parallax
for k in $(echo $kinds); do
    PARALLAX_COLLECTOR=http://127.0.0.1:8099/\$k
    export PARALLAX_COLLECTOR
    printf '{"date":"%s","collector":"%s","helpers":[{"address":"%s","type":"https"}]}\n' \
        \$(date -u +%F) \$PARALLAX_COLLECTOR https://0.th.ooni.org >\$state/helpers.json
    md5sum \$state/* >$dir/sums
    $BUILD/parallax run --url https://www.example.com/ --no-upload \
        --out $dir/\$k.jsonl >/dev/null 2>$dir/\$k.err
    echo \$k \$? \$(md5sum -c --quiet $dir/sums && echo same) \
        \$(grep -c 'using the test helpers named in' $dir/\$k.err) \
        \$(jq -r '.probe_cc, .test_keys.control_failure' $dir/\$k.jsonl)
done
END
printf 'link rtt 2ms\n' >"$dir/scenario"
timeout -k 5 600 tests/lab/lab --scenario "$dir/scenario" -- sh "$dir/script" \
    >"$dir/out" 2>&1 </dev/null
ok $? "a collector whose check-in is of no use"
# A place that was told counts although no helper of use came with it; else it is
# looked up by the address of this machine.
for k in $kinds; do
    case $k in
    missing | empty | useless) cc=FR ;;
    *) cc=IT ;;
    esac
    is "$(grep "^$k " "$dir/out")" "$k 0 same 1 $cc null" \
        "$k: nothing that is kept changes, and the helpers of before are asked"
done
# Below a path of an ordinary site, with and without a slash at the end.
cat >"$dir/world" <<'END'
host www.ordinary.example 45.70.3.1
page www.ordinary.example / 200 size 3000
page www.ordinary.example /assets/a/* proxy collector
page www.ordinary.example /assets/b/* proxy control
END
cat >"$dir/script" <<END
PARALLAX_COLLECTOR=https://www.ordinary.example/assets/a
export PARALLAX_COLLECTOR
$BUILD/parallax run --url https://www.example.com/ --out $dir/below.jsonl \
    >/dev/null 2>$dir/below.err
echo \$?
PARALLAX_COLLECTOR=https://www.ordinary.example/assets/a/
$BUILD/parallax run --url https://www.example.org/ --out $dir/below.jsonl \
    >/dev/null 2>>$dir/below.err
echo \$?
grep -c '"https://www.ordinary.example/assets/b/"' \
    \$HOME/.local/state/parallax/helpers.json
END
timeout -k 5 600 tests/lab/lab --scenario "$dir/scenario" --world "$dir/world" \
    --keep "$dir/lab" -- sh "$dir/script" >"$dir/out" 2>&1 </dev/null
is "$(tr '\n' ' ' <"$dir/out")" '0 0 1 ' \
    "collector and controls below a path of an ordinary site"
is "$(jq -r '.probe_cc, .test_keys.control_failure,
    (.report_id | length > 0)' "$dir/below.jsonl" | tr '\n' ' ')" \
    'IT null true IT null true ' "check-in, report and control work there"
is "$(grep -c '^1 sent, 0 waiting' "$dir/below.err")" 2 "and so does the upload"
seen() { # names in the clear: asked for in the DNS, or in a handshake
    tshark -r "$dir/lab/client.pcap" -T fields -e dns.qry.name \
        -e tls.handshake.extensions_server_name 2>/dev/null | tr ',\t' '\n\n' | sort -u
}
if command -v tshark >/dev/null; then
    is "$(seen | grep -c '^www\.ordinary\.example$') $(seen | grep -c ooni)" '1 0' \
        "the line shows the ordinary site's name and no other of ours"
else
    skip "tshark is not installed"
fi
done_testing
