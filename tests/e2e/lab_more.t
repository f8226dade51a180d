#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The lab's interceptors, portals, clocks, IPv6 and regions, checked with
# tools that are not ours. Every line has a test where it acts and one where
# it does not.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib/lab.sh

# ---- interceptors ----------------------------------------------------------
interceptors() {
    lab 'mitm sni www.example.com ca trusted
mitm sni ya.ru ca untrusted
rst sni bit.ly
mitm sni bit.ly ca trusted' '
for h in www.example.com ya.ru www.example.org; do
    echo "$h $(get https://$h/) $(issuer $h)"
done
echo "plain $(get http://www.example.com/)"
echo "first $(get https://bit.ly/)"
echo "old $(get --http1.1 https://www.example.com/)"
echo "refused $(get https://83.224.65.41/)"
'
    has 'www.example.com 0 200 1533 0 Middlebox CA '
    ok $? "mitm sni ca trusted: the true page under another authority's name, believed"
    has "ya.ru 60 000 0 19 Middlebox's own CA "; ok $? "mitm sni ca untrusted: not believed"
    has 'www.example.org 0 200 1533 0 Lab CA '; ok $? "another name at the same address has its own certificate"
    has 'plain 0 200 1533' && has 'refused 7 000 0'; ok $? "plain HTTP and closed ports stay as they are"
    has 'first 35 000 0'; ok $? "the first line that means a name decides"
    has 'old 0 200 1533'; ok $? "HTTP/1.1 passes an interceptor too"
    [ "$(pcap 'ip.src == 5.255.255.80 && tcp.srcport == 443' ip.ttl | sort -u)" = 63 ]
    ok $? "the interceptor is two hops away"
    [ "$(truth '.action == "intercept" and .name == "ya.ru" and (.at | endswith("s.lab:2"))')" -ge 1 ] &&
        [ "$(truth '.action == "intercept" and .name == "www.example.org"')" = 0 ]
    ok $? "truth.jsonl has every interception"

    lab 'mitm all ca trusted' '
for h in www.example.com 0.th.ooni.org; do echo "$h $(issuer $h)"; done
echo "doh $(get --doh-url https://dns.google/dns-query \
    https://www.example.com/) $(issuer dns.google)"
openssl s_client -connect 93.184.216.34:443 -noservername </dev/null 2>/dev/null |
    openssl x509 -noout -ext subjectAltName | tail -n 1
echo "client $(get https://www.cloudflare-cache.com/)"'
    has 'www.example.com 0 Middlebox CA ' && has '0.th.ooni.org 0 Middlebox CA '
    ok $? "mitm all ca trusted: every name"
    has 'doh 0 200 1533 0 Middlebox CA '; ok $? "DoH passes it"
    has '    IP Address:93.184.216.34'; ok $? "without a name the certificate is the address's"
    has 'client 0 503 8432'; ok $? "servers know behind it that a volunteer asks"
    lab 'mitm all' 'echo "all $(issuer www.example.com)"'
    has "all 19 Middlebox's own CA "; ok $? "mitm all: of no authority that is known"
}

# ---- a captive portal ----------------------------------------------------------
portal() {
    lab 'portal 10.99.0.1' '
echo "http $(get http://www.example.com/x)"
curl -sS -m 40 -o /dev/null -w "to %{redirect_url}\n" http://www.example.com/x
echo "nobody $(get http://198.51.100.1/)"
curl -sSL -m 40 http://ya.ru/ | grep -o "<title>.*"
echo "tls $(get -m 1 https://www.example.com/)"
echo "isp $(ask +short www.example.com)"
ask +time=1 @8.8.8.8 www.example.com >/dev/null; echo "public $?"'
    has 'http 0 302 44' && has 'to http://10.99.0.1/login' && has 'nobody 0 302 44'
    ok $? "portal: every HTTP request is led to it"
    has '<title>Log in</title>'; ok $? "and one logs in there"
    has 'tls 28 000 0' && has 'public 9'; ok $? "TLS and other resolvers are silent"
    has 'isp 93.184.216.34'; ok $? "the ISP's resolver tells the truth"
    [ "$(truth '.action == "intercept" and .dport == 80')" -ge 3 ] &&
        [ "$(truth '.action == "drop" and .why == "not logged in"')" -ge 2 ]
    ok $? "truth.jsonl has what the portal took and dropped"
}

# ---- a wrong clock -----------------------------------------------------------
clock() {
    faketime=$(ls /usr/lib/*/faketime/libfaketimeMT.so.1 2>/dev/null | head -n 1)
    if [ "$faketime" ]; then
        before=$(date +%s)
        lab 'clock at "1970-01-01 00:00:10"' '
    echo "date $(date -u "+%Y-%m-%d %H:%M")"
    echo "tls $(get https://www.example.com/)"
    echo "http $(get http://www.example.com/)"
    a=$(cut -d. -f1 /proc/uptime); timeout 1 sleep 100; echo "timeout $?"
    b=$(cut -d. -f1 /proc/uptime); echo "waited $((b - a))"'
        waited=$(sed -n 's/^waited //p' "$dir/out")
        has 'date 1970-01-01 00:00'; ok $? "clock at: COMMAND sees that time"
        has 'tls 60 000 0' && grep -q 'not yet valid' "$dir/keep/curl.err"
        ok $? "and no certificate is valid yet"
        has 'http 0 200 1533' && has 'timeout 124' &&
            [ "${waited:-0}" -ge 1 ] && [ "$waited" -lt 90 ]
        ok $? "how long things take stays true"
        t=$(date -u -d "$(stat -c @%Y "$dir/keep/truth.jsonl")" +%s)
        [ "$t" -ge "$before" ]; ok $? "the lab's own clock is right"
        lab 'clock offset -3h' 'echo "now $(date +%s)"; echo "tls $(get https://www.example.com/)"'
        now=$(sed -n 's/^now //p' "$dir/out")
        [ $((now + 10800)) -ge "$before" ] && [ $((now + 10800)) -le "$(date +%s)" ]
        ok $? "clock offset -3h"
        has 'tls 0 200 1533'; ok $? "and certificates are valid"
        lab 'clock offset 400d' '
    echo "before $(cut -d" " -f1 /proc/uptime)"
    perl -MTime::HiRes=clock_gettime,CLOCK_MONOTONIC \
        -e "print \"mono \", clock_gettime(CLOCK_MONOTONIC), \"\n\""
    echo "after $(cut -d" " -f1 /proc/uptime)"
    echo "tls $(get https://www.example.com/)"'
        awk '/^before/ { b = $2 } /^mono/ { m = $2 } /^after/ { a = $2 }
            END { exit !(m > b - 1 && m < a + 1) }' "$dir/out"
        ok $? "the monotonic clock is the machine's"
        has 'tls 60 000 0'; ok $? "and certificates have ended by then"
    else
        ok 0 "clock # SKIP libfaketime is not installed"
    fi
}

# ---- IPv6 ----------------------------------------------------------------------
second_stack() {
    lab 'ipv6 on
rst sni ya.ru
drop ip 104.16.132.229:80
inject dns largefile.com AAAA 2e64:64::1
unreachable 172.67.144.64
dns isp answer yandex.com AAAA 2e64:64::2
dns isp answer httpbin.com A 10.10.34.35' '
echo "aaaa $(ask +short www.example.com AAAA) $(ask +short @8.8.8.8 example.com AAAA)"
echo "six $(get -6 https://www.example.com/) $(get -6 http://www.example.com/)"
echo "four $(get -4 https://www.example.com/)"
echo "resolver $(ask +short @2e64:64::808:808 www.example.com)"
echo "refused $(get -6 http://bit.ly/)"
echo "nobody $(get -m 1 http://[2e64:64::5db8:d823]/)"
echo "outside $(get -m 1 http://[2a00::1]/)"
echo "rst $(get -6 https://ya.ru/)"
echo "drop $(get -6 -m 1 http://www.cloudflare-cache.com/)"
echo "inject $(ask +short largefile.com AAAA | head -n 1)"
echo "client $(get -6 https://www.cloudflare-cache.com/)"
echo "big $(get -m 20 -6 http://52.35.36.75.test/ --connect-to ::[2e64:64::3423:244b]: -H "Host: largefile.com")"
echo "unreachable $(get -6 http://[2e64:64::ac43:9040]/)"
echo "lies $(ask +short yandex.com AAAA) $(ask +short yandex.com) \
$(ask +short httpbin.com)$(ask +short httpbin.com AAAA)"
probe_hop 3 2e64:64::5db8:d822
get -6 http://www.example.com/ >/dev/null'
    without_bulk
    has 'aaaa 2e64:64::5db8:d822 2e64:64::5db8:d822'; ok $? "ipv6 on: names have AAAA records"
    has 'six 0 200 1533 0 200 1533' && has 'four 0 200 1533'; ok $? "pages come by IPv6 and by IPv4"
    has 'resolver 93.184.216.34'; ok $? "resolvers answer by IPv6"
    has 'refused 7 000 0'; ok $? "a closed port refuses"
    has 'nobody 28 000 0' && has 'outside 28 000 0'; ok $? "an address nobody has is silence"
    has 'rst 35 000 0' && has 'drop 28 000 0' && has 'inject 2e64:64::1'
    ok $? "the censor acts on IPv6"
    has 'client 0 503 8432'; ok $? "servers know a volunteer by its IPv6 address"
    has 'big 0 200 33554432'; ok $? "32 MiB come by IPv6"
    [ "$(pcap 'ipv6.src == 2e64:64::5db8:d822 && tcp' ipv6.hlim | sort -u)" = 59 ] &&
        [ "$(pcap 'ipv6.src == 2e64:64::5ff:ff50 && tcp.flags.reset == 1' ipv6.hlim | head -n 1)" = 63 ]
    ok $? "servers are five hops away and the censor two"
    [ -z "$(bad_sums)" ]; ok $? "checksums in the capture are true"
    [ "$(pcap 'icmpv6.type == 3' ipv6.src | cut -d, -f1)" = 2e64:64::b9bf:b501 ]
    ok $? "router 3 says that a packet's hops are used up"
    has 'unreachable 7 000 0' &&
        [ "$(pcap 'icmpv6.type == 1' icmpv6.code ipv6.src | cut -d, -f1 | sort -u)" = "0	2e64:64::5a93:5001" ] &&
        [ "$(truth '.action == "inject" and .proto == "icmpv6" and .type == 1 and .code == 0 and .src == "2e64:64::5a93:5001"')" -ge 1 ]
    ok $? "unreachable: an ICMPv6 error, and truth.jsonl has it"
    has 'lies 2e64:64::2 5.255.255.80 10.10.34.35'
    ok $? "dns answer AAAA leaves the true A record; dns answer A leaves no AAAA"
    [ "$(truth '.action == "inject" and .name == "ya.ru" and (.src | startswith("2e64:64::"))')" -ge 1 ]
    ok $? "truth.jsonl writes IPv6 addresses"
}

other_lines() {
    lab 'ipv6 unrouted' '
echo "aaaa $(ask +short www.example.com AAAA)"
echo "route $(ip -6 route get 2e64:64::1 | grep -c "via fe80::1")"
echo "six $(get -6 -m 1 https://www.example.com/)"
echo "four $(get -4 https://www.example.com/)"
echo "any $(get https://www.example.com/)"'
    has 'aaaa 2e64:64::5db8:d822' && has 'route 1' && has 'six 28 000 0'
    ok $? "ipv6 unrouted: an address, a route, and silence"
    has 'four 0 200 1533' && has 'any 0 200 1533'; ok $? "IPv4 is there"
    [ "$(truth '.why == "ipv6 unrouted"')" -ge 1 ]; ok $? "truth.jsonl has what vanished"

    lab 'ipv6 nat64
rst sni www.example.org' '
echo "v4 $(ip -4 -o addr show dev eth0 | wc -l) $(get http://93.184.216.34/)"
echo "dns64 $(ask +short www.example.com AAAA) $(ask +short www.example.com A)"
echo "nx $(ask www.example.xyz AAAA | grep -c NXDOMAIN)"
echo "page $(get https://www.example.com/) $(get http://www.example.com/)"
echo "public $(ask +short +time=2 @64:ff9b::808:808 www.example.com AAAA | wc -l)"
echo "rst $(get https://www.example.org/)"
echo "refused $(get http://[64:ff9b::43c7:f80b]/)"
echo "native $(get -m 1 http://[2e64:64::5db8:d822]/)"
cat /etc/resolv.conf'
    has 'v4 0 7 000 0'; ok $? "ipv6 nat64: there is no IPv4 at all"
    has 'dns64 64:ff9b::5db8:d822 93.184.216.34' && has 'nx 1'; ok $? "the ISP's resolver makes AAAA records up"
    has 'page 0 200 1533 0 200 1533'; ok $? "and pages come by them"
    has 'public 0'; ok $? "other resolvers do not"
    has 'rst 35 000 0' && has 'refused 7 000 0'; ok $? "the censor and closed ports are the same"
    has 'native 28 000 0' && has 'nameserver 2e64:64::82c0:315'; ok $? "only the resolver has an address of its own"
    [ "$(pcap 'ip' frame.number | wc -l)" = 0 ]; ok $? "no IPv4 packet on the line"

    lab 'ipv6 off' 'echo "$(ask +short www.example.com AAAA | wc -l) $(ip -6 -o addr | wc -l)"'
    has '0 0'; ok $? "ipv6 off: no records and no addresses"
}

# ---- who asks, and who has what ------------------------------------------------
who_asks() {
    cat >"$dir/w.world" <<'EOW'
host cdn.test 203.0.113.1 asn 64999 "Test Net" cc US region isp=203.0.113.2 region IR=203.0.113.3 region control=203.0.113.4
host both.test 203.0.113.5 region public=203.0.113.6
host same.test 203.0.113.7 region isp=203.0.113.7 region IR=203.0.113.8 region DE=203.0.113.8
volunteer 130.192.91.211 asn 137 cc IT
volunteer 91.98.1.7 asn 16322 cc IR v6 2a02:4540::7
volunteer 5.160.1.7 asn 42337 cc IR v6 unrouted
route 3 203.0.113.77
route 4 203.0.113.78 silent
router 2 silent
EOW
    timeout -k 5 600 tests/lab/lab --world "$dir/w.world" --keep "$dir/keep" \
        --cap net_raw -- sh -c "$tools"'{
i=$LAB_VOLUNTEER
echo "$i isp $(ask +short cdn.test) public $(ask +short @8.8.8.8 cdn.test)"
echo "$i both $(ask +short both.test) $(ask +short @8.8.8.8 both.test)"
echo "$i page $(get -4 http://cdn.test/ | cut -c1-5) $(get http://203.0.113.4/ -H "Host: cdn.test" | cut -c1-5)"
echo "$i same $(get -4 http://same.test/ | cut -c1-5)"
echo "$i v6 $(ip -6 -o addr show dev eth0 scope global | sed "s/.*inet6 \([^/ ]*\).*/\1/")"
echo "$i six $(get -6 -m 1 https://www.example.com/)"
for hops in 1 2 3 4 5; do probe_hop $hops 93.184.216.34; done
settled; } >"$LAB_DIR/out-$LAB_VOLUNTEER"' >"$dir/out" 2>"$dir/err"
    cat "$dir"/keep/out-* >>"$dir/out"
    has '0 isp 203.0.113.2 public 203.0.113.1'; ok $? "region isp: the ISP's resolver alone says it"
    has '0 both 203.0.113.5 203.0.113.6'; ok $? "region public: public resolvers alone say it"
    has '1 isp 203.0.113.3 public 203.0.113.3' && has '2 isp 203.0.113.3 public 203.0.113.3'
    ok $? "region IR: volunteers there are told so by every resolver"
    has '0 page 0 200 0 200' && has '1 page 0 200 0 200'; ok $? "every region's address serves the site"
    has '0 same 0 200' && has '1 same 0 200'; ok $? "one address may be said of several regions"
    has '0 v6 ' && has '1 v6 2a02:4540::7' && has '2 v6 2e64:65::5a0:107'
    ok $? "volunteer v6: each has what its line says"
    has '0 six 7 000 0' && has '1 six 0 200 1533' && has '2 six 28 000 0'
    ok $? "and reaches as far"
    tshark -r "$dir/keep/client-0.pcap" -Y 'icmp.type == 11' -T fields -e ip.src \
        2>/dev/null | cut -d, -f1 | sort | tr '\n' ' ' >"$dir/hops"
    grep -q '^130.192.91.1 203.0.113.77 62.40.124.1 $' "$dir/hops"
    ok $? "route: router 3 answers from its address; route silent and router silent say nothing"
    if command -v mmdblookup >/dev/null; then
        mmdblookup --file "$dir/keep/asn.mmdb" --ip 2a02:4540::7 autonomous_system_number 2>&1 | grep -q 16322 &&
            mmdblookup --file "$dir/keep/asn.mmdb" --ip 2e64:64::cb00:7101 autonomous_system_number 2>&1 | grep -q 64999
        ok $? "the network database knows IPv6"
    else
        ok 0 "the network database knows IPv6 # SKIP mmdblookup is not installed"
    fi
    if [ -x "$LAB_BUILD/parallax-collector" ]; then
        LAB_COLLECTOR=$LAB_BUILD/parallax-collector
        export LAB_COLLECTOR
        printf 'ipv6 on\nhost cdn.test 203.0.113.1 region control=203.0.113.4\n' >"$dir/c.lab"
        timeout -k 5 600 tests/lab/lab --scenario "$dir/c.lab" -- sh -c "$tools"'
    curl -sS -m 60 https://0.th.ooni.org/ -H "Content-Type: application/json" -d \
        "{\"http_request\":\"http://cdn.test/\",\"http_request_headers\":{},\"tcp_connect\":[]}" |
        jq -r "\"control \" + (.dns.addrs | map(select(contains(\":\") | not)) | join(\" \"))"
    echo "line $(ask +short cdn.test)"' >"$dir/out" 2>"$dir/err"
        LAB_COLLECTOR=
        has 'control 203.0.113.4' && has 'line 203.0.113.1'; ok $? "region control: the control alone is told so"
    else
        ok 0 "region control # SKIP parallax-collector is not built"
    fi
}

# ---- what is wrong is refused ----------------------------------------------------
refusals() {
    refuses 'mitm www.example.com' 'bad.lab:2: mitm: sni or all is missing'
    refuses 'mitm sni x' 'bad.lab:2: mitm: "ca trusted" or "ca untrusted"'
    refuses 'mitm sni x ca maybe' 'bad.lab:2: mitm: "ca trusted" or "ca untrusted"'
    refuses 'portal nowhere' 'bad.lab:2: '
    refuses 'clock at yesterday' 'bad.lab:2: clock at: "yesterday" is not like'
    refuses 'clock at "2026-02-31 00:00:00"' 'bad.lab:2: clock at: "2026-02-31 00:00:00" is not like'
    refuses 'clock offset 3' 'bad.lab:2: clock offset: "3" is not like -3h'
    refuses 'ipv6 maybe' 'bad.lab:2: ipv6: on, off, unrouted or nat64'
    refuses 'ipv6 on now' 'bad.lab:2: unexpected "now"'
    refuses 'volunteer 1.2.3.4 asn 1 cc IR v6 1.2.3.4' 'bad.lab:2: v6: "1.2.3.4" is not'
    refuses 'host a.test 203.0.113.1 region mars=203.0.113.2' 'bad.lab:2: region: "mars" is not'
    refuses 'host a.test 203.0.113.1 region isp=x' 'bad.lab:2: "x" is not an IPv4 address'
    printf 'volunteer 1.2.3.4 asn 1 cc IR v6 unrouted\nipv6 nat64\n' >"$dir/bad.lab"
    tests/lab/lab --scenario "$dir/bad.lab" -- true >"$dir/out" 2>"$dir/err"
    [ $? = 125 ] && grep -q 'bad.lab:2: with ipv6 nat64' "$dir/err"; ok $? "refused: nat64 beside a volunteer's own v6"
    refuses 'volunteer 1.2.3.4 asn 1 cc IR v6 2a00::1
volunteer 1.2.4.4 asn 1 cc IR v6 2a00::1' 'bad.lab:3: another volunteer has this IPv6 address'
    printf 'on-path\nmitm all\n' >"$dir/bad.lab"
    tests/lab/lab --scenario "$dir/bad.lab" -- true >"$dir/out" 2>"$dir/err"
    [ $? = 125 ] && grep -q 'bad.lab:2: .*on-path' "$dir/err"; ok $? "refused: an interceptor that is only on the path"
}

# ---- as an ordinary user -----------------------------------------------------
ordinary_user() {
    if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
        mkdir -p "$dir/copy/tests" "$dir/copy/build" "$dir/user"
        cp -r tests/lab "$dir/copy/tests/"
        cp "$LAB_BUILD/lab-run" "$dir/copy/build/"
        chmod -R a+rX "$dir/copy"
        chown 65534:65534 "$dir/user"
        printf 'ipv6 nat64\nmitm sni ya.ru ca trusted\n' >"$dir/u.lab"
        chmod 644 "$dir/u.lab"
        (
            cd "$dir/user" && LAB_BUILD= timeout -k 5 600 \
                setpriv --reuid 65534 --regid 65534 --clear-groups \
                "$dir/copy/tests/lab/lab" --scenario "$dir/u.lab" --keep kept \
                -- sh -c "$tools"'
        echo "page $(get https://www.example.com/)"
        echo "mitm $(get https://ya.ru/) $(issuer ya.ru)"'
        ) >"$dir/out" 2>"$dir/err"
        has 'page 0 200 1533' && has 'mitm 0 200 1533 0 Middlebox CA '
        ok $? "an ordinary user has IPv6, NAT64 and interceptors as well"
    else
        ok 0 "as an ordinary user # SKIP not root: everything above ran as one"
    fi
}

parts interceptors portal clock second_stack other_lines who_asks refusals \
    ordinary_user
exit $bad
