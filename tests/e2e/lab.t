#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The lab, checked with tools that are not ours: curl, dig, openssl, tshark.
# Every directive has a test where it acts and one where it does not.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib/lab.sh

# ---- the world -------------------------------------------------------------
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
echo "large $(get -m 30 https://largefile.com/)"
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
rtt=$(pcap 'tcp.flags == 0x0010 && tcp.analysis.initial_rtt' tcp.analysis.initial_rtt | head -n 1)
awk -v r="$rtt" 'BEGIN { exit !(r > 0.0038 && r < 0.04) }'
ok $? "the line is 4 ms long unless said ($rtt)"

# ---- the line --------------------------------------------------------------
lab 'link rtt 100ms rate 8mbit' '
echo "page $(get https://www.example.com/)"
s=$(date +%s%N); get -m 4 -r 0-0 http://largefile.com/ >/dev/null
e=$(date +%s%N); echo "took $(((e - s) / 1000000))"
'
has 'page 0 200 1533'; ok $? "a long line carries pages"
rtt=$(pcap 'tcp.flags == 0x0010 && tcp.analysis.initial_rtt' tcp.analysis.initial_rtt | head -n 1)
awk -v r="$rtt" 'BEGIN { exit !(r > 0.099 && r < 0.2) }'
ok $? "link rtt 100ms makes a round trip of 100 ms ($rtt)"
took=$(sed -n 's/^took //p' "$dir/out")
[ "$took" -gt 3500 ]; ok $? "link rate 8mbit: 32 MiB do not come in 4 s ($took ms)"

lab 'link loss 30%' 'for i in 1 2 3 4 5 6 7 8; do get https://www.example.com/; done'
[ "$(truth '.why == "link loss"')" -gt 3 ]; ok $? "link loss drops packets and says so"
lab 'link down at 0s for 1s' '
echo "down $(get -m 0.5 http://www.example.com/)"; sleep 1
echo "up $(get http://www.example.com/)"'
has 'down 28 000 0' && has 'up 0 200 1533'; ok $? "link down at .. for .. ends again"

# ---- resolvers ---------------------------------------------------------------
lab 'dns isp answer www.example.com A 10.10.34.35
dns isp answer *.wild.example A 83.224.65.41
dns isp remove www.example.org
dns isp empty ya.ru
dns isp cname bit.ly www.cloudflare-cache.com
dns all answer localhost.example A 127.0.0.1
dns all answer six.example AAAA 2001:db8::1
dns all remove httpbin.com' '
echo "answer $(ask +short WWW.example.com) $(ask +short @8.8.8.8 www.example.com)"
echo "other $(ask +short example.com)"
echo "wild $(ask +short a.b.wild.example) $(ask wild.example | grep -c 83.224) "
echo "remove $(ask www.example.org | grep -c NXDOMAIN) $(ask +short @1.1.1.1 www.example.org)"
echo "empty $(ask ya.ru | grep -c NOERROR) $(ask +short ya.ru | wc -l)"
echo "cname $(ask +short bit.ly | tr "\n" " ")"
echo "all $(ask +short localhost.example) $(ask +short @8.8.8.8 localhost.example)"
echo "aaaa $(ask +short six.example AAAA) $(ask +short six.example A | wc -l)"
echo "gone $(ask httpbin.com | grep -c NXDOMAIN) $(ask @9.9.9.9 httpbin.com | grep -c NXDOMAIN)"
'
has 'answer 10.10.34.35 93.184.216.34'; ok $? "dns isp answer: the ISP's resolver lies, others do not"
has 'other 93.184.216.34'; ok $? "and about that name only"
has 'wild 83.224.65.41 0 '; ok $? "dns isp answer *.x: the names under x"
has 'remove 1 93.184.216.34'; ok $? "dns isp remove: NXDOMAIN there only"
has 'empty 1 0'; ok $? "dns isp empty: NOERROR without an answer"
has 'cname www.cloudflare-cache.com. 104.16.132.229 '; ok $? "dns isp cname: the alias and its address"
has 'all 127.0.0.1 127.0.0.1'; ok $? "dns all answer: every resolver"
has 'aaaa 2001:db8::1 0'; ok $? "dns answer AAAA"
has 'gone 1 1'; ok $? "dns all remove"
lab 'resolver isp down' '
ask www.example.com >/dev/null; echo "isp $?"
echo "public $(ask +short @8.8.8.8 www.example.com)"'
has 'isp 9' && has 'public 93.184.216.34'; ok $? "resolver isp down: silence there only"
lab 'resolver isp delay 1s' '
echo "isp $(ask www.example.com | sed -n "s/.*Query time: \([0-9]*\).*/\1/p")"
echo "public $(ask @8.8.8.8 www.example.com | sed -n "s/.*Query time: \([0-9]*\).*/\1/p")"'
isp=$(sed -n 's/^isp //p' "$dir/out")
public=$(sed -n 's/^public //p' "$dir/out")
[ "$isp" -ge 1000 ] && [ "$public" -lt 900 ]; ok $? "resolver isp delay 1s ($isp ms, others $public ms)"

# ---- DNS on the wire -----------------------------------------------------------
lab 'inject dns www.example.com A 10.10.34.35
inject dns www.example.org nxdomain
inject dns ya.ru empty
inject dns bit.ly A 10.10.34.36 twice
inject dns *.badssl.com A 10.10.34.37 wrong-id
inject dns httpbin.com AAAA 2001:db8::7
inject dns largefile.com A 10.10.34.38 delay 50ms
drop dns yandex.com' '
echo "forged $(ask +short @8.8.8.8 wWw.example.com) $(ask +short www.example.com)"
echo "doh $(ask +short +https @8.8.8.8 www.example.com)"
echo "tcp $(ask +short +tcp @8.8.8.8 www.example.com)"
echo "clean $(ask +short @8.8.8.8 example.com)"
echo "nx $(ask @8.8.8.8 www.example.org | grep -c NXDOMAIN)"
echo "empty $(ask @8.8.8.8 ya.ru | grep -c NOERROR) $(ask +short @8.8.8.8 ya.ru | wc -l)"
echo "twice $(ask +short @8.8.8.8 bit.ly)"
echo "wrong-id $(ask +short @8.8.8.8 expired.badssl.com | tail -n 1)"
echo "aaaa $(ask +short @8.8.8.8 httpbin.com AAAA) $(ask +short @8.8.8.8 httpbin.com A)"
echo "late $(ask +short @8.8.8.8 largefile.com)"
ask @8.8.8.8 yandex.com >/dev/null; echo "drop $?"
echo "bare-wild $(ask +short @8.8.8.8 badssl.com)"
sleep 0.2
'
has 'forged 10.10.34.35 10.10.34.35'; ok $? "inject dns: the forged answer wins, from every resolver"
has 'doh 93.184.216.34' && has 'tcp 93.184.216.34'; ok $? "but not over DoH or TCP"
has 'clean 93.184.216.34'; ok $? "and for no other name"
has 'nx 1'; ok $? "inject dns nxdomain"
has 'empty 1 0'; ok $? "inject dns empty"
has 'twice 10.10.34.36'; ok $? "inject dns twice"
has 'wrong-id 104.154.89.105'; ok $? "inject dns wrong-id is not believed"
has 'aaaa 2001:db8::7 172.67.144.64'; ok $? "inject dns AAAA leaves A alone"
has 'late 52.35.36.75'; ok $? "inject dns delay loses the race"
has 'drop 9'; ok $? "drop dns: silence"
has 'bare-wild 104.154.89.105'; ok $? "*.x does not mean x"
[ "$(pcap 'dns.qry.name matches "(?i)^www.example.com$" && dns.flags.response == 1 && ip.src == 8.8.8.8 && udp' dns.a | sort -u | tr '\n' ' ')" = '10.10.34.35 93.184.216.34 ' ]
ok $? "the true answer still comes after the forged one"
[ "$(pcap '!icmp && dns.a == 10.10.34.36' frame.number | wc -l)" = 2 ]; ok $? "twice means two packets"
[ "$(pcap '!icmp && dns.a == 10.10.34.37' frame.number | wc -l)" = 1 ]; ok $? "the answer with the wrong id was on the wire"
[ "$(pcap '!icmp && dns.a == 10.10.34.38' frame.number | wc -l)" = 1 ]; ok $? "the late forged answer was on the wire"
[ "$(pcap '!icmp && dns.a == 10.10.34.35' ip.ttl | sort -u)" = 63 ]; ok $? "a forged answer comes from hop 2 (TTL 63)"
[ "$(truth '.action == "inject" and .name == "bit.ly" and (.rule | startswith("inject dns bit.ly"))')" = 2 ] &&
    [ "$(truth '.action == "drop" and .name == "yandex.com" and (.at | endswith("s.lab:8"))')" = 1 ]
ok $? "truth.jsonl has every forged and dropped packet with its directive"

# ---- addresses -------------------------------------------------------------
lab 'drop ip 93.184.216.34:443
reject ip 5.255.255.80:443
drop ip 104.16.132.229
unreachable 67.199.248.11' '
echo "drop $(get -m 1 https://www.example.com/)"
echo "port $(get http://www.example.com/)"
echo "reject $(get https://ya.ru/)"
echo "reject80 $(get http://ya.ru/)"
echo "any $(get -m 1 http://www.cloudflare-cache.com/)"
echo "unreach $(get -m 4 https://bit.ly/)"
echo "free $(get -o /dev/null https://httpbin.com/redirect/0)"
'
has 'drop 28 000 0'; ok $? "drop ip ADDR:PORT: silence"
has 'port 0 200 1533'; ok $? "and nothing at another port"
has 'reject 7 000 0' && has 'reject80 0 200 1533'; ok $? "reject ip: refused at that port only"
has 'any 28 000 0'; ok $? "drop ip ADDR: every port"
has 'unreach 7 000 0'; ok $? "unreachable: an ICMP error"
has 'free 0 200 1533'; ok $? "and nothing else"
[ "$(pcap 'ip.src == 5.255.255.80 && tcp.flags.reset == 1 && tcp.flags.ack == 1 && tcp.srcport == 443' tcp.ack | head -n 1)" = 1 ]
ok $? "reject is RST+ACK to the SYN"
[ "$(pcap 'icmp.type == 3' icmp.code)" = 1 ]; ok $? "the ICMP error is host unreachable"

# ---- names in TLS ------------------------------------------------------------
lab 'rst sni www.example.com
fin sni www.example.org
drop sni ya.ru
rst sni *.cloudflare-cache.com ttl 40
rst sni largefile.com ttl copy
rst sni bit.ly to server
rst sni httpbin.com to both' '
echo "rst $(get https://WWW.example.com/)"
echo "clean $(get https://example.com/)"
echo "plain $(get http://www.example.com/)"
echo "fin $(get https://www.example.org/)"
echo "drop $(get -m 1 https://ya.ru/)"
echo "wild $(get https://www.cloudflare-cache.com/)"
echo "copy $(get https://largefile.com/)"
echo "server $(get -m 2 https://bit.ly/21645)"
echo "both $(get https://httpbin.com/redirect/0)"
{ printf "\026\003\001\000\001\001"; sleep 0.2; } |
    timeout 2 openssl s_client -connect 93.184.216.34:443 \
    -servername www.example.com -split_send_frag 512 >/dev/null 2>&1
'
has 'rst 35 000 0'; ok $? "rst sni resets the handshake"
grep -q '^clean 0 308' "$dir/out" && has 'plain 0 200 1533'; ok $? "and no other name, and no plain HTTP"
has 'fin 35 000 0'; ok $? "fin sni ends the handshake"
has 'drop 28 000 0'; ok $? "drop sni: silence"
has 'wild 35 000 0' && has 'copy 35 000 0'; ok $? "rst sni by wildcard, and with a copied TTL"
grep -q '^server [1-9]' "$dir/out"; ok $? "rst sni to server: the server gives up"
has 'both 35 000 0'; ok $? "rst sni to both"
[ "$(pcap 'ip.src == 93.184.216.34 && tcp.flags.reset == 1 && tcp.srcport == 443' ip.ttl | sort -u)" = 63 ]
ok $? "a forged RST has the TTL of its place"
[ "$(pcap 'ip.src == 104.16.132.229 && tcp.flags.reset == 1' ip.ttl | head -n 1)" = 39 ]; ok $? "ttl 40 leaves the censor at hop 2 and arrives with 39"
[ "$(pcap 'ip.src == 52.35.36.75 && tcp.flags.reset == 1' ip.ttl | head -n 1)" = 59 ]; ok $? "ttl copy looks like the server's"
[ "$(pcap 'ip.src == 67.199.248.11 && tcp.flags.reset == 1 && ip.ttl > 59' frame.number | wc -l)" = 0 ]
ok $? "to server: nothing forged reaches the client"
[ "$(truth '.name == "www.example.com" and .to == "client" and .flags == "RA" and (.at | endswith("s.lab:1"))')" -ge 1 ] &&
    [ "$(truth '.name == "httpbin.com" and .to == "server"')" -ge 1 ]
ok $? "truth.jsonl has the forged resets"
[ "$(pcap 'ip.src == 93.184.216.34 && tls.handshake.type == 2 && tcp.srcport == 443' frame.number | wc -l)" -ge 1 ]
ok $? "the true server's answer still comes after the forged reset"

# A ClientHello cut over segments and records.
cat >"$dir/split.py" <<'EOF'
import socket, ssl, sys, time
b, o = ssl.MemoryBIO(), ssl.MemoryBIO()
c = ssl.create_default_context().wrap_bio(b, o, server_hostname="www.example.com")
try:
    c.do_handshake()
except ssl.SSLWantReadError:
    pass
hello = o.read()
s = socket.create_connection(("93.184.216.34", 443), 3)
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
s.settimeout(2)
try:
    for i in range(0, len(hello), 40):
        s.send(hello[i:i + 40])
        time.sleep(0.01)
    print("answer", len(s.recv(100)) > 0)
except OSError as e:
    print("reset" if isinstance(e, ConnectionResetError) else "other %s" % e)
EOF
if command -v python3 >/dev/null; then
    lab 'rst sni www.example.com' "python3 $dir/split.py"
    has reset; ok $? "a name cut over segments is seen"
    lab 'no-reassembly
rst sni www.example.com' "python3 $dir/split.py"
    has 'answer True'; ok $? "no-reassembly: it is not"
else
    ok 0 "a name cut over segments is seen # SKIP python3 is not installed"
    ok 0 "no-reassembly: it is not # SKIP python3 is not installed"
fi

# ---- strings in HTTP ---------------------------------------------------------
printf '<html><title>Other page</title></html>' >"$dir/other.html"
lab 'rst http www.example.com 93.184.216.34:80
fin http "Host: ya.ru" 5.255.255.80
drop http www.cloudflare-cache.com 104.16.132.229:80
page http httpbin.com 172.67.144.64:80
page http largefile.com 52.35.36.75:80 other.html' '
echo "rst $(get http://www.example.com/)"
echo "clean $(get http://example.com/)"
echo "tls $(get https://www.example.com/)"
echo "fin $(get http://ya.ru/)"
echo "drop $(get -m 1 http://www.cloudflare-cache.com/)"
echo "page $(get http://httpbin.com/redirect/0)"
curl -s -D - -o /dev/null http://httpbin.com/ | tr -d "\r"
echo "file $(get http://largefile.com/)"
'
has 'rst 56 000 0'; ok $? "rst http resets the connection"
grep -q '^clean 0 308' "$dir/out" && has 'tls 0 200 1533'; ok $? "and no other host, and no TLS"
has 'fin 52 000 0'; ok $? "fin http ends it without an answer"
has 'drop 28 000 0'; ok $? "drop http: silence"
has 'page 0 200 188' && has 'HTTP/1.0 200 OK'; ok $? "page http forges the 188-byte page"
! grep -qi '^server:' "$dir/out"; ok $? "with no headers"
has "file 0 200 38"; ok $? "page http FILE forges that page"
[ "$(truth '.why == "true server after the forged page"')" -ge 1 ]; ok $? "what the true server says after it is dropped"
lab 'on-path
hop 4
page http httpbin.com 172.67.144.64:80' 'echo "page $(get http://httpbin.com/redirect/0)"; sleep 0.2'
has 'page 0 200 188' && [ "$(truth '.action == "drop"')" = 0 ]; ok $? "on-path: the page is forged, nothing is dropped"
[ "$(pcap 'ip.src == 172.67.144.64 && tcp.flags.fin == 1 && ip.ttl > 60' ip.ttl | head -n 1)" = 61 ]
ok $? "hop 4: what is forged comes with TTL 61"

# ---- what takes time -----------------------------------------------------------
lab 'residual 2s scope pair
rst sni www.example.com' '
echo "first $(get https://www.example.com/)"
echo "after $(get https://www.example.org/)"
echo "elsewhere $(get https://ya.ru/)"; sleep 2
echo "later $(get https://www.example.org/)"'
has 'first 35 000 0' && has 'after 35 000 0'; ok $? "residual: the pair stays blocked"
has 'elsewhere 0 200 1533' && has 'later 0 200 1533'; ok $? "other pairs are free, and it ends"
lab 'freeze sni largefile.com after 64kb
throttle sni www.example.com delay 300ms
throttle ip 5.255.255.80:80 rate 64kbit' '
echo "freeze $(get -m 2 https://largefile.com/)"
echo "slow $(curl -s -o /dev/null -w "%{time_total}" https://www.example.com/)"
echo "free $(curl -s -o /dev/null -w "%{time_total}" https://www.example.org/)"
echo "rate $(curl -s -o /dev/null -w "%{time_total}" http://ya.ru/)"'
f=$(sed -n 's/^freeze 28 200 //p' "$dir/out")
[ "${f:-0}" -gt 1000 ] && [ "${f:-0}" -lt 70000 ]; ok $? "freeze sni after 64kb ($f bytes came)"
awk '/^slow/ { s = $2 } /^free/ { f = $2 } /^rate/ { r = $2 }
    END { exit !(s > 0.9 && f < 0.8 && r > 0.2) }' "$dir/out"
ok $? "throttle by name and by address, and no other flow"

# ---- servers -------------------------------------------------------------------
lab 'serve www.example.com status 451 file other.html header "X-Why: law"
serve www.example.org /one to client status 503
serve ya.ru slow 500B/s
serve httpbin.com /redirect/0 close-early
serve largefile.com endless
serve bit.ly headers 300kb' '
echo "status $(get https://www.example.com/any)"
curl -s -D - -o /dev/null http://www.example.com/ | tr -d "\r"
echo "path $(get https://www.example.org/one)"
echo "other $(get https://www.example.org/two)"
echo "slow $(get -m 2 https://ya.ru/)"
echo "early $(get http://httpbin.com/redirect/0)"
echo "endless $(get -m 2 https://largefile.com/)"
echo "headers $(curl -s --http1.1 https://bit.ly/ -D - -o /dev/null | wc -c)"
'
has 'status 0 451 38' && has 'X-Why: law'; ok $? "serve status, file, header"
grep -q '^path 0 503' "$dir/out" && has 'other 0 200 1533'; ok $? "serve NAME PATH to client status"
s=$(sed -n 's/^slow 28 200 //p' "$dir/out")
[ "${s:-0}" -ge 500 ] && [ "${s:-0}" -lt 1533 ]; ok $? "serve slow ($s bytes in 2 s)"
grep -q '^early 18 200' "$dir/out"; ok $? "serve close-early: fewer bytes than promised"
e=$(sed -n 's/^endless 28 200 //p' "$dir/out")
[ "${e:-0}" -gt 100000 ]; ok $? "serve endless ($e bytes in 2 s)"
h=$(sed -n 's/^headers //p' "$dir/out")
[ "${h:-0}" -gt 100000 ] || grep -q . "$dir/keep/curl.err"; ok $? "serve headers ($h bytes)"
lab 'control down' 'echo "th $(get https://0.th.ooni.org/)"'
grep -q '^th 0 502' "$dir/out"; ok $? "control down: the test helpers fail"

# ---- with our collector and control ------------------------------------------
if [ -x "$LAB_BUILD/parallax-collector" ]; then
    LAB_COLLECTOR=$LAB_BUILD/parallax-collector
    lab 'dns control answer www.example.com A 130.192.182.17
dns control remove www.example.org
control delay 1s' '
th() {
    curl -sS -m 20 https://0.th.ooni.org/ -H "Content-Type: application/json" -d \
        "{\"http_request\":\"$1\",\"http_request_headers\":{},\"tcp_connect\":[]}"
}
echo "api $(get https://api.ooni.io/api/v1/test-helpers | cut -c1-5)"
s=$(date +%s%N); th https://www.example.com/ >"$HOME/th"; e=$(date +%s%N)
echo "took $(((e - s) / 1000000))"
echo "dns $(jq -r ".dns.addrs[0]" "$HOME/th") $(ask +short www.example.com)"
echo "gone $(th https://www.example.org/ | jq -r .dns.failure)"
th https://www.cloudflare-cache.com/ >"$HOME/th"
echo "captcha $(jq -r ".http_request.status_code, .http_request.body_length" "$HOME/th" | tr "\n" " ")"
'
    LAB_COLLECTOR=
    has 'api 0 200'; ok $? "the collector answers as api.ooni.io"
    has 'dns 130.192.182.17 93.184.216.34'; ok $? "dns control answer: the control alone is told otherwise"
    has 'gone dns_name_error'; ok $? "dns control remove"
    [ "$(sed -n 's/^took //p' "$dir/out")" -gt 1000 ]; ok $? "control delay 1s"
    has 'captcha 200 1533 '; ok $? "what is served to the client is not served to the control"
    [ -d "$dir/keep/collector" ]; ok $? "the collector's data is kept"
else
    ok 0 "with our collector and control # SKIP parallax-collector is not built"
fi

# ---- worlds, lists, volunteers ---------------------------------------------
cat >"$dir/w.world" <<'EOF'
# a small world of our own
host one.test,two.test 203.0.113.1 port 80,443 asn 64999 "Test Net"
host www.example.com 203.0.113.2
page one.test / 200 size 5kb header "X-A: b"
page one.test /go 302 redirect https://two.test/
page two.test * 404 other.html
host self.test 203.0.113.3
cert self.test self-signed
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
EOF
timeout -k 5 60 tests/lab/lab --world "$dir/w.world" --list "$dir/list.csv" \
    --keep "$dir/keep" -- sh -c "$tools"'
{
echo "addr $(ip -4 -o addr show eth0 | grep -c 198.51.10$LAB_VOLUNTEER)"
echo "home $HOME of $LAB_VOLUNTEERS"
echo "whoami $(ask +short whoami.v4.powerdns.org)"
echo "one $(get https://one.test/)"
echo "go $(get -L http://one.test/go)"
echo "own $(ask +short www.example.com)"
echo "self $(get https://self.test/)"
echo "dns $(cat /etc/resolv.conf)"
echo "doh $(ask +short @203.0.113.54 doh.test)"
echo "a $(ask +short a.listed.example) $(get http://a.listed.example/ | cut -c1-5)"
echo "b $(ask +short b.listed.example) $(get https://b.listed.example/path | cut -c1-5)"
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
has 'self 60 000 0'; ok $? "cert self-signed"
has 'dns nameserver 203.0.113.53' && has 'doh 203.0.113.54'; ok $? "resolvers of a world file"
has 'a 45.64.0.1 0 200' && has 'b 45.64.0.2 0 200'; ok $? "list hosts get addresses in byte order of the names"
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

# ---- errors name file and line ---------------------------------------------
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
printf 'on-path\ndrop ip 1.2.3.4\n' >"$dir/bad.lab"
tests/lab/lab --scenario "$dir/bad.lab" -- true >"$dir/out" 2>"$dir/err"
[ $? = 125 ] && grep -q 'bad.lab:2: .*on-path at .*bad.lab:1' "$dir/err"; ok $? "a censor on the path cannot drop, and is told so"
tests/lab/lab --nonsense -- true >"$dir/out" 2>"$dir/err"
[ $? = 2 ]; ok $? "a wrong option is status 2"
tests/lab/lab --list "$dir/none.csv" -- true >"$dir/out" 2>"$dir/err"
[ $? = 125 ] && grep -q 'none.csv: No such file' "$dir/err"; ok $? "a missing list is named"

# ---- status, signals, nothing left behind ----------------------------------
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

# waits until FILE is there
appears() {
    i=0
    while [ ! -e "$1" ] && [ $i -lt 200 ]; do
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
setsid tests/lab/lab -- sh -c "setsid sleep 987 & touch $dir/up; exec sleep 988" \
    >"$dir/out" 2>"$dir/err" &
pid=$!
appears "$dir/up"
sleep 0.2
tree=$(pgrep -s "$(ps -o sid= -p $pid | tr -d ' ')" | wc -l)
before=$(ls -d /tmp/parallax-lab* 2>/dev/null | wc -l)
kids=$(ps -e -o pid=,args= | grep -c '[s]leep 98[78]')
kill -9 $pid
i=0
while [ "$(ps -e -o args= | grep -c '[s]leep 98[78]')" != 0 ] && [ $i -lt 100 ]; do
    sleep 0.05
    i=$((i + 1))
done
[ "$tree" -ge 1 ] && [ "$kids" -ge 1 ] && [ "$(ps -e -o args= | grep -c '[s]leep 98[78]')" = 0 ]
ok $? "kill -9 of the lab ends everything it started"
[ "$(ls -d /tmp/parallax-lab* 2>/dev/null | wc -l)" = "$before" ]; ok $? "and leaves no files"

pids=
for i in 1 2 3; do
    tests/lab/lab -- sh -c "$tools"'get https://www.example.com/' >"$dir/many$i" 2>&1 &
    pids="$pids $!"
done
wait $pids
[ "$(cat "$dir"/many? | grep -c '^0 200 1533')" = 3 ]; ok $? "three labs at the same time"

# ---- as an ordinary user -----------------------------------------------------
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
        cd "$dir/user" && LAB_BUILD= timeout -k 5 60 \
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

echo "1..$n"
exit $bad
