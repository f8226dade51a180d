#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How records get out where the collector's name is cut off: by a further address, by
# SOCKS5, by a proxy that speaks HTTP, in order; which way it was is said. Through a
# proxy nothing is looked up or connected to from here but the proxy.
set -u
. "$(dirname "$0")/lib/tap.sh"
case $BUILD in
/*) ;;
*) BUILD=$repo/$BUILD ;;
esac
export LAB_BUILD="${LAB_BUILD:-$repo/build}"
PATH=$PATH:/usr/sbin
for tool in microsocks tinyproxy; do
    if ! command -v $tool >/dev/null; then
        skip "$tool is not installed"
        done_testing
        exit
    fi
done

cat >"$dir/world" <<END
host www.ordinary.example 45.70.3.1
page www.ordinary.example / 200 size 3000
page www.ordinary.example /assets/a/* proxy collector
host www.beyond.example 45.70.3.2
page www.beyond.example / 200 size 3000
page www.beyond.example /assets/a/* proxy collector
exec 45.70.9.1:1080 $(command -v microsocks) -i 45.70.9.1 -p 1080
exec 45.70.9.2:8888 $(command -v tinyproxy) -d -c $dir/tinyproxy.conf
END
cat >"$dir/tinyproxy.conf" <<END
Port 8888
Listen 45.70.9.2
Timeout 60
MaxClients 20
ConnectPort 443
BasicAuth me word7
END
printf 'link rtt 2ms\nrst sni api.ooni.io\n' >"$dir/scenario"

# Each part begins with a record that could not be sent.
cat >"$dir/script" <<END
own=\$PARALLAX_COLLECTOR
measure() {
    $BUILD/parallax run --url https://www.example.com/ --out $dir/\$1.jsonl \
        >$dir/\$1.out 2>&1
    echo "\$1: \$?"
}
send() {
    $BUILD/parallax upload --json >$dir/\$1.json 2>$dir/\$1.err
    echo "\$1: \$? \$(jq -c '[.sent, .ways.direct, .ways.further, .ways.proxy]' $dir/\$1.json)"
}
measure blocked
PARALLAX_COLLECTOR_FURTHER=https://www.ordinary.example/assets/a send further
measure again
PARALLAX_COLLECTOR_PROXY=socks5://45.70.9.1:1,socks5://45.70.9.1:1080 send socks
measure again
PARALLAX_COLLECTOR_PROXY=http://me:%77ord7@45.70.9.2:8888 send http
measure again
PARALLAX_COLLECTOR_PROXY=http://me:wrong@45.70.9.2:8888 send refused
export PARALLAX_COLLECTOR_WAYS=proxy PARALLAX_COLLECTOR_PROXY=socks5://45.70.9.1:1080
export PARALLAX_COLLECTOR=https://www.beyond.example/assets/a
send beyond
(unset PARALLAX_ASN_DB
measure nowhere)
$BUILD/parallax lists update --key $repo/tests-lists/lists.pub \
    https://www.beyond.example/none/global.csv >$dir/lists.out 2>&1
PARALLAX_COLLECTOR_PROXY=ftp://me:secret@45.70.9.1:1 $BUILD/parallax upload \
    >$dir/bad.out 2>&1
echo "bad: \$? \$(grep -c secret $dir/bad.out)"
END
explains=$dir/out
timeout -k 5 600 tests/lab/lab --scenario "$dir/scenario" --world "$dir/world" \
    --keep "$dir/lab" -- sh "$dir/script" >"$dir/out" 2>&1 </dev/null
ok $? "a lab in which the collector's name is cut off"
said() { grep "^$1: " "$dir/out"; }
is "$(said blocked)" 'blocked: 3' 'without another way records wait'
is "$(said further)" 'further: 0 [1,0,1,0]' 'they go by a further address'
is "$(said socks)" 'socks: 0 [1,0,0,1]' 'and by SOCKS5, behind a proxy that refuses'
is "$(said http)" 'http: 0 [1,0,0,1]' 'and by a proxy that speaks HTTP and wants a password'
is "$(said refused)" 'refused: 1 [0,0,0,0]' 'one that does not let us in leaves them'
is "$(said beyond)" 'beyond: 0 [1,0,0,1]' 'by proxy alone, where that is set'
is "$(cat "$dir"/*.err | sort | uniq -c | sed 's/^ *//' | grep went)" \
    '1 parallax upload: 1 went by a further address
3 parallax upload: 1 went by proxy' 'the way is said'
is "$(said nowhere) $(jq -r '.probe_cc, .probe_asn, .test_keys.x_verdict.state' \
    "$dir/nowhere.jsonl" | tr '\n' ' ')" 'nowhere: 0 ZZ AS0 ok ' \
    'a proxy says nothing of where we are: that is measured and sent all the same'
is "$(said bad)" 'bad: 2 0' 'what is no proxy is refused, and its password not repeated'
if command -v tshark >/dev/null; then
    tshark -r "$dir/lab/client.pcap" -T fields -e dns.qry.name -e ip.dst 2>/dev/null |
        tr ',\t' '\n\n' | sort -u >"$dir/seen"
    is "$(grep -c '^www\.ordinary\.example$' "$dir/seen") $(grep -c \
        -e beyond -e '^45\.70\.3\.2$' "$dir/seen")" '1 0' \
        'by proxy no name is looked up, and no address reached, but of the proxy'
else
    skip 'tshark is not installed'
fi
count() { "$BUILD/parallax-collector" list --data "$dir/lab/collector" --place "$1" | wc -l; }
is "$(count unchecked) $(count agrees)" "4 1" \
    "and the collector takes the proxy's network for nobody's"
done_testing
