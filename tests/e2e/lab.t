#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The lab's world, its line and how it ends, checked with tools that are not
# ours: curl, dig, openssl, tshark. What the censor does is in lab_censor.t,
# what servers say in lab_servers.t, interceptors, portals, clocks and IPv6 in
# lab_more.t.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib/lab.sh

shortest_rtt() {
    pcap 'tcp.flags == 0x0010 && tcp.analysis.initial_rtt' \
        tcp.analysis.initial_rtt | sort -n | head -n 1
}

# ---- the world -------------------------------------------------------------
world() {
    lab '' '
echo "https $(get https://www.example.com/)"
echo "http $(get http://www.example.com/any/path)"
echo "bare $(get https://example.com/)"
echo "refused $(get https://83.224.65.41/)"
echo "block $(get http://83.224.65.41/)"
echo "nobody $(get -m 1 http://93.184.216.35/)"
echo "expired $(get https://expired.badssl.com/)"
echo "wrong $(get https://wrong.host.badssl.com/)"
echo "root $(get https://untrusted-root.badssl.com/)"
echo "large $(get -m 80 https://largefile.com/)"
echo "captcha $(get https://www.cloudflare-cache.com/)"
echo "many $(get -L --max-redirs 20 http://httpbin.com/redirect/15)"
echo "broken $(get -L http://httpbin.com/broken-redirect-http)"
echo "idna $(get -L http://xn--d1acpjx3f.xn--p1ai/)"
echo "bitly $(get -L https://bit.ly/32447)"
echo "proxy80 $(get --connect-to ::130.192.182.17: http://www.example.com/)"
echo "proxy443 $(get --connect-to ::130.192.182.17: https://www.example.org/)"
echo "isp $(ask +short www.example.com)"
echo "public $(ask +short @8.8.8.8 www.example.com)"
echo "tcp $(ask +short +tcp @9.9.9.9 www.example.com)"
for d in dns.google mozilla.cloudflare-dns.com dns.quad9.net dns.nextdns.io; do
    a=$(ask +short $d | head -n 1)
    echo "doh $d $(ask +short +https @"$a" +tls-hostname=$d \
        +tls-ca="$SSL_CERT_FILE" www.example.com)"
done
echo "aaaa $(ask www.example.com AAAA | grep -c "NOERROR") \
$(ask +short www.example.com AAAA | wc -l)"
echo "nx $(ask www.example.xyz | grep -c NXDOMAIN)"
echo "whoami $(ask +short whoami.v4.powerdns.org)"
echo "itsat $(ask itsat.info | grep -c NXDOMAIN)"
echo "caps $(grep -c "CapEff:.*0000000000002000" /proc/self/status)"
echo "nnp $(grep -c "NoNewPrivs:.*1" /proc/self/status)"
echo "consent $(grep -c "accepted = R0,R1,R2,R3" \
    "$HOME/.local/state/parallax/consent")"
echo "resolv $(cat /etc/resolv.conf)"
openssl s_client -connect 104.154.89.105:443 -servername other.example \
    -verify_return_error </dev/null >/dev/null 2>&1
echo "other-sni $?"
openssl s_client -connect 93.184.216.34:443 -servername www.example.com \
    </dev/null 2>/dev/null | openssl x509 -noout -ext subjectAltName | tail -n 1
openssl s_client -connect 104.154.89.105:443 -servername expired.badssl.com \
    </dev/null 2>&1 | grep -o "certificate has expired" | head -n 1
'
    without_bulk
    [ "$status" = 0 ]; ok $? "the world comes up and COMMAND's status is the lab's"
    has 'https 0 200 1533'; ok $? "www.example.com has its page of 1533 bytes over TLS"
    has 'http 0 200 1533'; ok $? "and over plain HTTP, at every path"
    has 'bare 0 308 0' || grep -q '^bare 0 308' "$dir/out"; ok $? "example.com redirects"
    has 'refused 7 000 0'; ok $? "a port where nobody listens refuses"
    has 'block 0 200 188'; ok $? "the block page has 188 bytes"
    has 'nobody 28 000 0'; ok $? "an address nobody has is silence"
    has 'expired 60 000 0' && has 'certificate has expired'
    ok $? "expired.badssl.com has an expired certificate"
    has 'wrong 60 000 0'; ok $? "wrong.host.badssl.com has the wrong name"
    has 'root 60 000 0'; ok $? "untrusted-root.badssl.com has an unknown authority"
    has 'other-sni 1'; ok $? "any other name there gets an untrusted certificate"
    has '    DNS:www.example.com'; ok $? "the certificate names the host"
    has 'large 0 200 33554432'; ok $? "largefile.com sends 32 MiB"
    has 'captcha 0 503 8432'; ok $? "the captcha of 8432 bytes is served to the client"
    has 'many 0 200 1533'; ok $? "fifteen redirects end at a page"
    grep -q '^broken [1-9]' "$dir/out"; ok $? "a redirect without a host is broken"
    has 'idna 0 200 1533'; ok $? "the IDN host leads to ya.ru"
    has 'bitly 0 200 1533'; ok $? "bit.ly/32447 leads to www.example.com"
    has 'proxy80 0 200 1533'; ok $? "the transparent proxy gives the genuine page by Host"
    has 'proxy443 0 200 1533'; ok $? "and the genuine certificate by SNI"
    has 'isp 93.184.216.34' && has 'public 93.184.216.34' && has 'tcp 93.184.216.34'
    ok $? "resolvers answer over UDP and TCP"
    [ "$(grep -c '^doh .* 93.184.216.34$' "$dir/out")" = 4 ]
    ok $? "four DoH resolvers answer with certificates of the lab's CA"
    has 'aaaa 1 0'; ok $? "AAAA is an empty NOERROR"
    has 'nx 1' && has 'itsat 1'; ok $? "a name nobody has is NXDOMAIN"
    has 'whoami 130.192.91.211'; ok $? "whoami answers the client's address"
    has 'caps 1' && has 'nnp 1'; ok $? "--cap net_raw gives that one and no_new_privs"
    has 'consent 1'; ok $? "consent is given in the fresh HOME"
    has 'resolv nameserver 130.192.3.21'; ok $? "resolv.conf names the ISP's resolver"
    [ ! -s "$dir/keep/truth.jsonl" ]; ok $? "without a scenario truth.jsonl is empty"
    [ "$(pcap 'ip.src == 93.184.216.34 && tcp' ip.ttl | sort -u)" = 59 ]
    ok $? "servers are five hops away"
    [ -z "$(bad_sums)" ]
    ok $? "checksums in the capture are true"
    rtt=$(shortest_rtt)
    awk -v r="$rtt" 'BEGIN { exit !(r > 0.0038 && r < 0.1) }'
    ok $? "the line is 4 ms long unless said ($rtt)"
}

# ---- the line --------------------------------------------------------------
line() {
    lab 'link rtt 100ms rate 8mbit' '
echo "page $(get https://www.example.com/)"
s=$(date +%s%N); get -m 4 -r 0-0 http://largefile.com/ >/dev/null
e=$(date +%s%N); echo "took $(((e - s) / 1000000))"
'
    has 'page 0 200 1533'; ok $? "a long line carries pages"
    rtt=$(shortest_rtt)
    awk -v r="$rtt" 'BEGIN { exit !(r > 0.099) }'
    ok $? "link rtt 100ms makes a round trip of 100 ms ($rtt)"
    took=$(sed -n 's/^took //p' "$dir/out")
    [ "$took" -gt 3500 ]; ok $? "link rate 8mbit: 32 MiB do not come in 4 s ($took ms)"

    lab 'link loss 30%' 'for i in 1 2 3 4 5 6 7 8; do get -m 4 https://www.example.com/; done'
    [ "$(truth '.why == "link loss"')" -gt 3 ]; ok $? "link loss drops packets and says so"
    # COMMAND may be slow to begin, and the line to be up again
    lab 'link down at 0s for 10s' '
echo "down $(get -m 0.5 http://www.example.com/)"
for i in $(seq 30); do
    up=$(get -m 4 http://www.example.com/)
    [ "${up#0 }" = "$up" ] || break
    sleep 0.5
done
echo "up $up"'
    has 'down 28 000 0' && has 'up 0 200 1533'; ok $? "link down at .. for .. ends again"
}

# ---- worlds, lists, volunteers ---------------------------------------------
worlds() {
    printf '<html><title>Other page</title></html>' >"$dir/other.html"
    cat >"$dir/w.world" <<'EOF'
# a small world of our own
host one.test,two.test 203.0.113.1 port 80,443 asn 64999 "Test Net"
host www.example.com 203.0.113.2
page one.test / 200 size 5kb header "X-A: b"
page one.test /go 302 redirect https://two.test/
page two.test * 404 other.html
host many.test 203.0.113.3,203.0.113.4
page many.test * 200 size 7
cert z.listed.example untrusted
tls b.listed.example 1.2
resolver isp 203.0.113.53
resolver public 203.0.113.54 doh doh.test
volunteer 198.51.100.9 asn 65001 cc IR
volunteer 198.51.101.9 asn 65002 cc IR
EOF
    cat >"$dir/list.csv" <<'EOF'
url,category_code,category_description,date_added,source,notes
https://b.listed.example/path,NEWS,x,2026-01-01,t,"a, quoted ""note"""
http://a.listed.example/,NEWS,x,2026-01-01,t,
https://b.listed.example:8444/,NEWS,x,2026-01-01,t,
http://b.listed.example:8081/,NEWS,x,2026-01-01,t,
https://BÜCHER.example/,NEWS,x,2026-01-01,t,
http://198.51.102.7/,NEWS,x,2026-01-01,t,
https://www.example.org/,NEWS,x,2026-01-01,t,
https://z.listed.example/,NEWS,x,2026-01-01,t,
https://1.1.1.1/,NEWS,x,2026-01-01,t,
http://198.51.100.9/,NEWS,x,2026-01-01,t,
EOF
    timeout -k 5 600 tests/lab/lab --world "$dir/w.world" --list "$dir/list.csv" \
        --keep "$dir/keep" -- sh -c "$tools"'
{
echo "addr $(ip -4 -o addr show eth0 | grep -c 198.51.10$LAB_VOLUNTEER)"
echo "home $HOME of $LAB_VOLUNTEERS"
echo "whoami $(ask +short whoami.v4.powerdns.org)"
echo "one $(get https://one.test/)"
echo "go $(get -L http://one.test/go)"
echo "own $(ask +short www.example.com)"
echo "header $(curl -s -D - -o /dev/null http://one.test/ | tr -d "\r" | grep X-A)"
echo "many $(ask +short many.test | sort | tr "\n" " ")$(get http://203.0.113.3/ -H "Host: many.test") $(get http://203.0.113.4/ -H "Host: many.test")"
echo "closed $(get http://one.test:8443/)"
echo "cert $(get https://z.listed.example/)"
echo "dns $(cat /etc/resolv.conf)"
echo "doh $(ask +short @203.0.113.54 doh.test)"
echo "a $(ask +short a.listed.example) $(get http://a.listed.example/ | cut -c1-5)"
echo "b $(ask +short b.listed.example) $(get https://b.listed.example/path | cut -c1-5)"
echo "tls $(get --tlsv1.3 https://b.listed.example/path) $(get --tlsv1.3 https://one.test/)"
echo "odd $(get https://b.listed.example:8444/ | cut -c1-5) $(get http://b.listed.example:8081/ | cut -c1-5)"
echo "idn $(ask +short xn--bcher-kva.example) $(get https://xn--bcher-kva.example/ | cut -c1-5)"
echo "ip $(get http://198.51.102.7/x | cut -c1-5)"
echo "title $(curl -s http://a.listed.example/ | grep -c "<title>a.listed.example")"
echo "kept $(get https://www.example.org/)"
echo "beside $(get -m 1 http://45.64.0.200/)"
} >"$LAB_DIR/out-$LAB_VOLUNTEER"; exit $((LAB_VOLUNTEER * 3))
' >"$dir/out" 2>"$dir/err"
    status=$?
    [ "$status" = 3 ]; ok $? "the first status that is not 0 is the lab's"
    cat "$dir/keep/out-0" >"$dir/out"
    sed 's/^/1 /' "$dir/keep/out-1" >>"$dir/out"
    has 'addr 1' && has '1 addr 1'; ok $? "each volunteer has its address"
    has "home $dir/keep/home/0 of 2" && has "1 home $dir/keep/home/1 of 2"; ok $? "and its HOME"
    has 'whoami 198.51.100.9' && has '1 whoami 198.51.101.9'; ok $? "and is answered its own address"
    has 'one 0 200 5120'; ok $? "a page of a world file"
    has 'go 0 404 38'; ok $? "a redirect and a FILE of a world file"
    has 'own 203.0.113.2'; ok $? "a world file redefines a host"
    has 'header X-A: b'; ok $? "a header of a world file"
    has 'many 203.0.113.3 203.0.113.4 0 200 7 0 200 7'; ok $? "a host of two addresses"
    has 'closed 7 000 0'; ok $? "a port that its line does not name is closed"
    has 'cert 60 000 0'; ok $? "cert of a list's host"
    has 'dns nameserver 203.0.113.53' && has 'doh 203.0.113.54'; ok $? "resolvers of a world file"
    has 'a 45.64.0.1 0 200' && has 'b 45.64.0.2 0 200'; ok $? "list hosts get addresses in byte order of the names"
    has 'tls 35 000 0 0 200 5120'; ok $? "a host without TLS 1.3, and one with it"
    has 'odd 0 200 0 200'; ok $? "and the ports their URLs name"
    has 'idn 45.64.0.3 0 200'; ok $? "IDN rows become A-labels"
    has 'ip 0 200'; ok $? "a row with an address is reachable"
    has 'title 1'; ok $? "a listed page names its host"
    has 'kept 0 200 1533'; ok $? "a name already in the world keeps its definition"
    has 'beside 28 000 0'; ok $? "an address beside the list's is silence"
    [ -s "$dir/keep/client-0.pcap" ] && [ -s "$dir/keep/client-1.pcap" ]; ok $? "each volunteer has a capture"
    if command -v mmdblookup >/dev/null; then
        mmdblookup --file "$dir/keep/asn.mmdb" --ip 203.0.113.1 autonomous_system_number 2>&1 | grep -q 64999 &&
            mmdblookup --file "$dir/keep/asn.mmdb" --ip 198.51.100.77 country iso_code 2>&1 | grep -q IR
        ok $? "the network database knows hosts and volunteers"
    else
        ok 0 "the network database knows hosts and volunteers # SKIP mmdblookup is not installed"
    fi
}

# ---- errors name file and line ---------------------------------------------
errors() {
    refuses 'teleport www.example.com' "bad.lab:2: unknown word \"teleport\""
    refuses 'rst sni' "bad.lab:2: a name is missing"
    refuses 'rst sni www.example.com ttl 300' 'bad.lab:2: ttl: "300" is not a number from 1 to 255'
    refuses 'rst sni a.b c' 'bad.lab:2: unexpected "c"'
    refuses 'drop ip 1.2.3' 'bad.lab:2: "1.2.3" is not ADDR or ADDR:PORT'
    refuses 'inject dns a.b A 1.2.3.4.5' 'bad.lab:2: "1.2.3.4.5" is not an address of type A'
    refuses 'link rtt 100' 'bad.lab:2: duration: unknown unit ""'
    refuses 'page http "open 1.2.3.4' 'bad.lab:2: a quote is not closed'
    refuses 'page http x 1.2.3.4 nowhere.html' 'bad.lab:2: nowhere.html: No such file'
    refuses 'serve nowhere.test status 404' 'bad.lab:2: no host nowhere.test'
    refuses 'route 6 1.2.3.4' 'bad.lab:2: route: "6" is not a number from 1 to 5'
    refuses 'throttle sni a.b' 'bad.lab:2: throttle: delay, loss or rate is missing'
    refuses 'host a..b 203.0.113.1' 'bad.lab:2: "a..b" is not a name'
    refuses 'host a.b 127.0.0.1' "bad.lab:2: nobody can be at 127.0.0.1: every machine's own address"
    refuses 'host a.b 130.192.91.211' "bad.lab:2: 130.192.91.211 is a server's address and a volunteer's"
    refuses 'host dns.google 8.8.8.8' "bad.lab:2: 8.8.8.8:443 is a resolver's and dns.google's"
    printf 'hop 3\n' >"$dir/first.lab"
    printf '\nhop 4\n' >"$dir/bad.lab"
    tests/lab/lab --scenario "$dir/first.lab" --world "$dir/bad.lab" -- true \
        >"$dir/out" 2>"$dir/err"
    [ $? = 125 ] && grep -q 'bad.lab:2: hop was said already at .*first.lab:1' "$dir/err"
    ok $? "several files are read as one: what the first says the second cannot say otherwise"
    printf 'on-path\ndrop ip 1.2.3.4\n' >"$dir/bad.lab"
    tests/lab/lab --scenario "$dir/bad.lab" -- true >"$dir/out" 2>"$dir/err"
    [ $? = 125 ] && grep -q 'bad.lab:2: .*on-path at .*bad.lab:1' "$dir/err"; ok $? "a censor on the path cannot drop, and is told so"
    tests/lab/lab --nonsense -- true >"$dir/out" 2>"$dir/err"
    [ $? = 2 ]; ok $? "a wrong option is status 2"
    tests/lab/lab --list "$dir/none.csv" -- true >"$dir/out" 2>"$dir/err"
    [ $? = 125 ] && grep -q 'none.csv: No such file' "$dir/err"; ok $? "a missing list is named"
    mkfifo "$dir/pipe"
    for option in scenario world list; do
        timeout -k 5 120 tests/lab/lab --$option "$dir/pipe" -- true >"$dir/out" 2>"$dir/err"
        [ $? = 125 ] && grep -q 'pipe: not a regular file' "$dir/err"
        ok $? "--$option of a pipe is refused, not waited for"
    done
    refuses 'page www.example.com / 200 /dev/zero' 'bad.lab:2: /dev/zero: not a regular file'
    tests/lab/lab -- true >"$dir/out" 2>"$dir/err"
    grep -q 'LAB_COLLECTOR is empty: no collector' "$dir/err"; ok $? "that no collector was asked for is said"
    LAB_COLLECTOR=$dir/none tests/lab/lab -- true >"$dir/out" 2>"$dir/err"
    grep -q 'LAB_COLLECTOR is not a program: no collector' "$dir/err"; ok $? "and that the one asked for is not there"
}

# ---- status, signals, nothing left behind ----------------------------------
endings() {
    tests/lab/lab -- sh -c 'exit 42' >"$dir/out" 2>"$dir/err"
    [ $? = 42 ]; ok $? "COMMAND's status"
    tests/lab/lab -- sh -c 'kill -9 $$' >"$dir/out" 2>"$dir/err"
    [ $? = 137 ]; ok $? "128+n for a signal"
    tests/lab/lab -- no-such-command >"$dir/out" 2>"$dir/err"
    [ $? = 127 ]; ok $? "127 for a COMMAND that is not there"
    echo hello | tests/lab/lab -- sh -c 'cat; pwd; touch '"$dir"'/made' >"$dir/out" 2>"$dir/err"
    has hello && has "$top" && [ -e "$dir/made" ]; ok $? "COMMAND has our input, directory and file system"
    tests/lab/lab -- sh -c 'ip route; ip -4 -o addr; ip -6 -o addr' >"$dir/out" 2>"$dir/err"
    [ "$(grep -c 'default via 130.192.91.1 dev eth0' "$dir/out")" = 1 ] &&
        [ "$(grep -c 'inet6' "$dir/out")" = 0 ] && ! ip link | grep -q 'eth0@.*lab'
    ok $? "one route, into the lab, and no IPv6"
    tests/lab/lab --no-consent -- sh -c 'ls -A "$HOME"; echo "$PARALLAX_COLLECTOR"
        [ -s "$SSL_CERT_FILE" ] && [ -s "$PARALLAX_ASN_DB" ] && [ -d "$LAB_DIR" ] && echo set' \
        >"$dir/out" 2>"$dir/err"
    [ "$(tr '\n' ' ' <"$dir/out")" = 'https://api.ooni.io set ' ]
    ok $? "--no-consent: HOME is empty; the variables are set"
    mkdir "$dir/mine"
    touch "$dir/mine/file"
    tests/lab/lab --keep "$dir/mine" -- true >"$dir/out" 2>"$dir/err"
    [ $? = 125 ] && grep -q 'mine is not empty' "$dir/err" && [ -e "$dir/mine/file" ]
    ok $? "--keep does not clear what is not a lab's"

    # waits until FILE is there
    appears() {
        i=0
        while [ ! -e "$1" ] && [ $i -lt 1200 ]; do
            sleep 0.05
            i=$((i + 1))
        done
        [ -e "$1" ]
    }
    tests/lab/lab -- sh -c "trap 'echo told; exit 5' TERM; touch $dir/up; while :; do sleep 0.1; done" \
        >"$dir/out" 2>"$dir/err" &
    pid=$!
    appears "$dir/up" && kill -TERM $pid
    wait $pid
    [ $? = 5 ] && has told; ok $? "a signal to the lab goes to COMMAND"

    rm -f "$dir/up"
    mkdir "$dir/tmp"
    TMPDIR=$dir/tmp setsid tests/lab/lab -- sh -c "setsid sleep 987 & touch $dir/up; exec sleep 988" \
        >"$dir/out" 2>"$dir/err" &
    pid=$!
    appears "$dir/up"
    i=0
    while [ "$(ps -e -o args= | grep -c "^sleep 98[78]$")" != 2 ] && [ $i -lt 1200 ]; do
        sleep 0.05
        i=$((i + 1))
    done
    tree=$(pgrep -s "$(ps -o sid= -p $pid | tr -d ' ')" | wc -l)
    kids=$(ps -e -o pid=,args= | grep -c '[s]leep 98[78]')
    kill -9 $pid
    i=0
    while [ "$(ps -e -o args= | grep -c '[s]leep 98[78]')" != 0 ] && [ $i -lt 1200 ]; do
        sleep 0.05
        i=$((i + 1))
    done
    [ "$tree" -ge 1 ] && [ "$kids" -ge 1 ] && [ "$(ps -e -o args= | grep -c '[s]leep 98[78]')" = 0 ]
    ok $? "kill -9 of the lab ends everything it started"
    [ -z "$(ls -A "$dir/tmp")" ] && [ ! -e /run/lab ] && ! grep -q ' /run/lab ' /proc/self/mounts
    ok $? "and leaves no files"

    pids=
    for i in 1 2 3; do
        tests/lab/lab -- sh -c "$tools"'get https://www.example.com/' >"$dir/many$i" 2>&1 &
        pids="$pids $!"
    done
    wait $pids
    [ "$(cat "$dir"/many? | grep -c '^0 200 1533')" = 3 ]; ok $? "three labs at the same time"
}

# ---- as an ordinary user -----------------------------------------------------
ordinary_user() {
    if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
        mkdir -p "$dir/copy/tests" "$dir/copy/build"
        cp -r tests/lab "$dir/copy/tests/"
        cp "$LAB_BUILD/lab-run" "$dir/copy/build/"
        chmod -R a+rX "$dir/copy"
        mkdir "$dir/user"
        chown 65534:65534 "$dir/user"
        printf 'rst sni www.example.com\ninject dns ya.ru A 10.10.34.35\n' >"$dir/u.lab"
        chmod 644 "$dir/u.lab"
        (
            cd "$dir/user" && LAB_BUILD= timeout -k 5 600 \
                setpriv --reuid 65534 --regid 65534 --clear-groups \
                "$dir/copy/tests/lab/lab" --scenario "$dir/u.lab" --keep kept \
                --cap net_raw -- sh -c "$tools"'
        echo "uid $(id -u) $(pwd)"
        echo "rst $(get https://www.example.com/)"
        echo "page $(get https://www.example.org/)"
        echo "dns $(ask +short ya.ru)"
        echo "caps $(grep -c "CapEff:.*0000000000002000" /proc/self/status)"
        exit 7'
        ) >"$dir/out" 2>"$dir/err"
        [ $? = 7 ] && has "uid 65534 $dir/user"; ok $? "an ordinary user keeps uid and directory"
        has 'page 0 200 1533'; ok $? "has the same world"
        has 'rst 35 000 0' && has 'dns 10.10.34.35'; ok $? "and the same censor"
        has 'caps 1'; ok $? "and net_raw when asked for"
        [ -s "$dir/user/kept/client.pcap" ] && [ -s "$dir/user/kept/truth.jsonl" ]; ok $? "and keeps capture and truth"
        (
            cd "$dir/user" && LAB_BUILD= setpriv --reuid 65534 --regid 65534 \
                --clear-groups "$dir/copy/tests/lab/lab" -- \
                grep Cap /proc/self/status
        ) >"$dir/out" 2>"$dir/err"
        [ "$(grep -c '0000000000000000$' "$dir/out")" = 5 ]; ok $? "without --cap every capability set is empty"
    else
        ok 0 "as an ordinary user # SKIP not root: everything above ran as one"
    fi
    tests/lab/lab -- grep Cap /proc/self/status >"$dir/out" 2>"$dir/err"
    [ "$(grep -c '0000000000000000$' "$dir/out")" = 5 ]; ok $? "every capability set is empty unless asked"
    tests/lab/lab --root -- grep CapEff /proc/self/status >"$dir/out" 2>"$dir/err"
    ! grep -q '0000000000000000$' "$dir/out" && [ -s "$dir/out" ]; ok $? "--root leaves all capabilities"
}

parts world line worlds errors endings ordinary_user
exit $bad
