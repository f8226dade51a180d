#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the lab's censor does to packets, checked with tools that are not ours.
# Every directive has a test where it acts and one where it does not.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib/lab.sh

# ---- DNS on the wire -----------------------------------------------------------
dns_on_the_wire() {
    lab 'inject dns www.example.com A 10.10.34.35
inject dns www.example.org nxdomain
inject dns ya.ru empty
inject dns bit.ly A 10.10.34.36 twice
inject dns *.badssl.com A 10.10.34.37 wrong-id
inject dns httpbin.com AAAA 2001:db8::7
inject dns largefile.com A 10.10.34.38 delay 2s
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
ask +time=2 @8.8.8.8 yandex.com >/dev/null; echo "drop $?"
echo "bare-wild $(ask +short @8.8.8.8 badssl.com)"
captured "!icmp && dns.a == 10.10.34.38"
'
    has 'forged 10.10.34.35 10.10.34.35'; ok $? "inject dns A: the forged answer wins, from every resolver"
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
}

# ---- addresses -------------------------------------------------------------
addresses() {
    lab 'drop ip 93.184.216.34:443
reject ip 5.255.255.80:443
drop ip 104.16.132.229
unreachable 67.199.248.11
reject ip 52.35.36.75 ttl 33' '
echo "drop $(get -m 1 https://www.example.com/)"
echo "port $(get http://www.example.com/)"
echo "reject $(get https://ya.ru/)"
echo "reject80 $(get http://ya.ru/)"
echo "any $(get -m 1 http://www.cloudflare-cache.com/)"
echo "unreach $(get -m 20 https://bit.ly/)"
echo "both $(get http://largefile.com/) $(get https://largefile.com/)"
echo "free $(get -o /dev/null https://httpbin.com/redirect/0)"
'
    has 'drop 28 000 0'; ok $? "drop ip ADDR:PORT: silence"
    has 'port 0 200 1533'; ok $? "and nothing at another port"
    has 'reject 7 000 0' && has 'reject80 0 200 1533'; ok $? "reject ip ADDR:PORT: refused at that port only"
    has 'any 28 000 0'; ok $? "drop ip ADDR: every port"
    has 'both 7 000 0 7 000 0'; ok $? "reject ip ADDR: every port"
    has 'unreach 7 000 0'; ok $? "unreachable: an ICMP error"
    has 'free 0 200 1533'; ok $? "and nothing else"
    [ "$(pcap 'ip.src == 5.255.255.80 && tcp.flags.reset == 1 && tcp.flags.ack == 1 && tcp.srcport == 443' tcp.ack | head -n 1)" = 1 ]
    ok $? "reject is RST+ACK to the SYN"
    [ "$(pcap 'ip.src == 52.35.36.75' ip.ttl | sort -u)" = 32 ]; ok $? "reject ip ttl 33 arrives with 32"
    [ "$(pcap 'icmp.type == 3' icmp.code ip.src | cut -d, -f1 | sort -u)" = "1	90.147.80.1" ]
    ok $? "the ICMP error is host unreachable, from router 2"
    said=$(jq -c 'select(.action == "inject" and .proto == "icmp") |
        [.to, .src, .dst, .type, .code, .ttl, .at[-7:]]' "$dir/keep/truth.jsonl" | sort -u)
    [ "$said" = '["client","90.147.80.1","130.192.91.211",3,1,63,"s.lab:4"]' ] &&
        [ "$(truth '.action == "inject" and .at[-7:] == "s.lab:4"')" = "$(pcap 'icmp.type == 3' frame.number | wc -l)" ]
    ok $? "truth.jsonl has the ICMP error itself, as often as it came"
    [ "$(truth '.action == "drop" and .dst == "67.199.248.11" and .flags == "S"')" -ge 1 ]
    ok $? "and the packet it is about as dropped"
}

# ---- names in TLS ------------------------------------------------------------
tls_names() {
    lab 'rst sni www.example.com
fin sni www.example.org ttl 33
drop sni ya.ru
rst sni *.cloudflare-cache.com ttl 40
rst sni largefile.com ttl copy
rst sni bit.ly to server
rst sni httpbin.com to both
drop sni yandex.com ttl 7 to client
drop sni expired.badssl.com ttl copy to server' '
echo "rst $(get https://WWW.example.com/)"
echo "clean $(get https://example.com/)"
echo "plain $(get http://www.example.com/)"
echo "fin $(get https://www.example.org/)"
echo "drop $(get -m 2 https://ya.ru/)"
echo "wild $(get https://www.cloudflare-cache.com/)"
echo "copy $(get https://largefile.com/)"
echo "server $(get -m 20 https://bit.ly/21645)"
echo "both $(get https://httpbin.com/redirect/0)"
echo "drop-client $(get -m 4 https://yandex.com/)"
echo "drop-server $(get -m 4 https://expired.badssl.com/)"
echo "no-drop $(get -k https://wrong.host.badssl.com/ | cut -c1-5)"
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
    [ "$(pcap 'ip.src == 93.184.216.34 && tcp.flags.fin == 1 && ip.ttl < 40' ip.ttl | sort -u)" = 32 ]; ok $? "fin sni ttl 33 arrives with 32"
    [ "$(pcap 'ip.src == 52.35.36.75 && tcp.flags.reset == 1' ip.ttl | head -n 1)" = 59 ]; ok $? "ttl copy looks like the server's"
    [ "$(pcap 'ip.src == 67.199.248.11 && tcp.flags.reset == 1 && ip.ttl > 59' frame.number | wc -l)" = 0 ]
    ok $? "to server: nothing forged reaches the client"
    [ "$(truth '.name == "www.example.com" and .to == "client" and .flags == "RA" and (.at | endswith("s.lab:1"))')" -ge 1 ] &&
        [ "$(truth '.name == "httpbin.com" and .to == "server"')" -ge 1 ]
    ok $? "truth.jsonl has the forged resets"
    [ "$(pcap 'ip.src == 93.184.216.34 && tls.handshake.type == 2 && tcp.srcport == 443' frame.number | wc -l)" -ge 1 ]
    ok $? "the true server's answer still comes after the forged reset"
    has 'drop-client 28 000 0' && has 'drop-server 28 000 0'; ok $? "drop sni to client, to server: silence as well"
    [ "$(truth '.name == "yandex.com" and .src == "5.255.255.80"')" -ge 1 ] &&
        [ "$(truth '.name == "yandex.com" and .dst == "5.255.255.80"')" = 0 ] &&
        [ "$(truth '.name == "expired.badssl.com" and .dst == "104.154.89.105"')" -ge 1 ] &&
        [ "$(truth '.name == "expired.badssl.com" and .src == "104.154.89.105"')" = 0 ]
    ok $? "and what goes the other way is not dropped"
    has 'no-drop 0 404' || has 'no-drop 0 200'; ok $? "drop sni leaves another name at the address alone"

    lab 'rst sni www.example.com' '
cut_hello 93.184.216.34 www.example.com; cut_hello 93.184.216.34 www.example.org'
    [ "$(tr '\n' ' ' <"$dir/out")" = 'reset answer ' ]; ok $? "a name cut over segments is seen, another is not it"
    lab 'no-reassembly
rst sni www.example.com' '
cut_hello 93.184.216.34 www.example.com
echo "whole $(get https://www.example.com/)"'
    has answer && has 'whole 35 000 0'; ok $? "no-reassembly: only a name in one piece is seen"
}

# ---- strings in HTTP ---------------------------------------------------------
http_strings() {
    printf '<html><title>Other page</title></html>' >"$dir/other.html"
    lab 'rst http www.example.com 93.184.216.34:80
fin http "Host: ya.ru" 5.255.255.80
drop http www.cloudflare-cache.com 104.16.132.229:80
page http /redirect/0 172.67.144.64:80
page http largefile.com 52.35.36.75:80 other.html
rst http /short 172.67.144.64:80 ttl 50
fin http /end 172.67.144.64:80 ttl 33
host client.test,server.test,both.test,free.test 45.99.1.1
page *.test /slow 200 size 200kb
serve *.test /slow slow 4000B/s
drop http /client 45.99.1.1:80 ttl 9 to client
drop http /server 45.99.1.1:80 to server
drop http /both 45.99.1.1:80' '
for w in client both; do
    after_words 45.99.1.1 $w.test /slow "GET /$w" 3 >"$HOME/$w" &
done
for w in server free; do
    after_words 45.99.1.1 $w.test /slow "GET /$w" 40 >"$HOME/$w" &
done
echo "rst $(get http://www.example.com/)"
echo "clean $(get http://example.com/)"
echo "tls $(get https://www.example.com/)"
echo "fin $(get http://ya.ru/)"
echo "drop $(get -m 1 http://www.cloudflare-cache.com/)"
echo "page $(get http://httpbin.com/redirect/0)"
echo "else $(get http://httpbin.com/redirect/1)"
echo "short $(get http://httpbin.com/short)"
echo "end $(get http://httpbin.com/end)"
curl -s -D - -o /dev/null http://httpbin.com/redirect/0 | tr -d "\r"
echo "file $(get http://largefile.com/)"
wait
for w in client server both free; do echo "$w $(cat "$HOME/$w")"; done
'
    has 'rst 56 000 0'; ok $? "rst http resets the connection"
    grep -q '^clean 0 308' "$dir/out" && has 'tls 0 200 1533'; ok $? "and no other host, and no TLS"
    has 'fin 52 000 0'; ok $? "fin http ends it without an answer"
    has 'drop 28 000 0'; ok $? "drop http: silence"
    has 'page 0 200 188' && has 'HTTP/1.0 200 OK'; ok $? "page http forges the 188-byte page"
    ! grep -qi '^server:' "$dir/out"; ok $? "with no headers"
    grep -q '^else 0 302' "$dir/out"; ok $? "page http: no other request"
    has "file 0 200 38"; ok $? "page http FILE forges that page"
    [ "$(truth '.why == "true server after the forged page"')" -ge 1 ]; ok $? "what the true server says after it is dropped"
    has 'short 56 000 0' && [ "$(pcap 'ip.src == 172.67.144.64 && tcp.flags.reset == 1' ip.ttl | sort -u)" = 49 ] &&
        [ "$(pcap 'ip.src == 93.184.216.34 && tcp.flags.reset == 1' ip.ttl | sort -u)" = 63 ]
    ok $? "rst http ttl 50 arrives with 49, without ttl with 63"
    has 'end 52 000 0' && [ "$(pcap 'ip.src == 172.67.144.64 && tcp.flags.fin == 1 && ip.ttl < 40' ip.ttl | sort -u)" = 32 ]
    ok $? "fin http ttl 33 arrives with 32"
    has 'client silence' && has 'both silence'
    ok $? "drop http to client, and to both: nothing of the server's comes any more"
    has 'server on' && has 'free on'
    ok $? "to server: it still does"
    [ "$(truth '.at[-8:] == "s.lab:11" and .src == "45.99.1.1"')" -ge 1 ] &&
        [ "$(truth '.at[-8:] == "s.lab:11" and .dst == "45.99.1.1"')" = 0 ] &&
        [ "$(truth '.at[-8:] == "s.lab:12" and .dst == "45.99.1.1"')" -ge 1 ] &&
        [ "$(truth '.at[-8:] == "s.lab:12" and .src == "45.99.1.1"')" = 0 ]
    ok $? "truth.jsonl has the one side of each"

    lab 'on-path
hop 4
page http httpbin.com 172.67.144.64:80' 'echo "page $(get http://httpbin.com/redirect/0)"
captured "ip.src == 172.67.144.64 && tcp.len > 0 && ip.ttl == 59"'
    has 'page 0 200 188' && [ "$(truth '.action == "drop"')" = 0 ]; ok $? "on-path: the page is forged, nothing is dropped"
    [ "$(pcap 'ip.src == 172.67.144.64 && tcp.flags.fin == 1 && ip.ttl > 60' ip.ttl | head -n 1)" = 61 ]
    ok $? "hop 4: what is forged comes with TTL 61"
    [ "$(pcap 'ip.src == 172.67.144.64 && tcp.len > 0 && ip.ttl == 59' frame.number | wc -l)" -ge 1 ]
    ok $? "on-path: what the true server says still comes"
}

# ---- what lasts ------------------------------------------------------------------
# two SCENARIO: volunteer 0 is reset, then both ask for what is near it.
two() {
    printf 'rst sni www.example.com\n%s\n' "$1" >"$dir/s.lab"
    timeout -k 5 600 tests/lab/lab --scenario "$dir/s.lab" --keep "$dir/keep" \
        --volunteers 2 -- sh -c "$tools"'{
if [ "$LAB_VOLUNTEER" = 0 ]; then
    echo "before $(get https://www.example.org/)"
    echo "first $(get https://www.example.com/)"
    echo "name $(get https://www.example.org/)"
    echo "port $(get http://www.example.org/)"
    touch "$LAB_DIR/blocked"
else
    until [ -e "$LAB_DIR/blocked" ]; do sleep 0.05; done
    echo "other $(get https://www.example.org/)"
fi
echo "elsewhere $(get https://ya.ru/)"; } >"$LAB_DIR/out-$LAB_VOLUNTEER"' \
        >"$dir/out" 2>"$dir/err"
    cat "$dir"/keep/out-? >>"$dir/out"
}

residual() {
    two 'residual 60s'
    has 'before 0 200 1533' && has 'first 35 000 0' && has 'name 35 000 0' && has 'port 56 000 0'
    ok $? "residual: the pair stays blocked, at every port"
    has 'other 0 200 1533' && [ "$(grep -c 'elsewhere 0 200 1533' "$dir/out")" = 2 ]
    ok $? "other volunteers and other servers are free"
    two 'residual 60s scope tuple'
    has 'first 35 000 0' && has 'name 35 000 0'; ok $? "scope tuple: that port of the server stays blocked"
    has 'port 0 200 1533' && has 'other 0 200 1533'; ok $? "its other ports, and other volunteers, are free"
    two 'residual 60s scope server'
    has 'name 35 000 0' && has 'port 56 000 0' && has 'other 35 000 0'
    ok $? "scope server: the server stays blocked for all"
    [ "$(grep -c 'elsewhere 0 200 1533' "$dir/out")" = 2 ]; ok $? "other servers are free"
    two ''
    has 'first 35 000 0' && has 'name 0 200 1533' && has 'port 0 200 1533' && has 'other 0 200 1533'
    ok $? "without residual the connection alone is blocked"

    lab 'residual 8s scope pair
rst sni www.example.com' '
echo "first $(get https://www.example.com/)"
echo "after $(get https://www.example.org/)"
for i in $(seq 80); do
    later=$(get https://www.example.org/)
    [ "${later#0 }" = "$later" ] || break
    sleep 0.5
done
echo "later $later"'
    has 'first 35 000 0' && has 'after 35 000 0' && has 'later 0 200 1533'; ok $? "residual ends"
}

# ---- what is slowed --------------------------------------------------------------
slowed() {
    lab 'freeze sni largefile.com after 64kb
host delay.test,loss.test,rate.test,free.test 45.99.1.1
page *.test * 200 size 1mb
host delay-ip.test 45.99.2.1
host loss-ip.test 45.99.3.1
host rate-ip.test 45.99.4.1
throttle sni delay.test delay 300ms
throttle sni loss.test loss 10%
throttle sni rate.test rate 256kbit
throttle ip 45.99.2.1:80 delay 300ms
throttle ip 45.99.3.1:80 loss 10%
throttle ip 45.99.4.1:80 rate 256kbit' '
time_of() { curl -s -m 40 -o /dev/null -r 0-0 -w "$1\n" "$2"; }
say() { # say WORD COMMAND...: at the same time as others
    word=$1
    shift
    echo "$word $("$@")" >"$HOME/said-$word" &
}
say freeze get -m 6 https://largefile.com/ -o /dev/null
say delay time_of "%{time_appconnect}" https://delay.test/
say delay-ip time_of "%{time_connect}" http://delay-ip.test/
say rate get -m 6 https://rate.test/ -o /dev/null
say rate-ip get -m 6 http://rate-ip.test/ -o /dev/null
say loss get -m 8 https://loss.test/ -o /dev/null
say loss-ip get -m 8 http://loss-ip.test/ -o /dev/null
say free get https://free.test/ -o /dev/null
say free-port get https://rate-ip.test/ -o /dev/null
wait
cat "$HOME"/said-*'
    got() { sed -n "s/^$1 [0-9]* 200 //p" "$dir/out"; }
    f=$(got freeze)
    [ "${f:-0}" -gt 1000 ] && [ "${f:-0}" -lt 70000 ] && grep -q '^freeze 28' "$dir/out"
    ok $? "freeze sni after 64kb ($f bytes came)"
    awk '/^delay / { s = $2 } /^delay-ip / { i = $2 }
        END { exit !(s > 0.6 && i > 0.6) }' "$dir/out"
    ok $? "throttle delay, by name and by address"
    s=$(got rate)
    i=$(got rate-ip)
    [ "${s:-0}" -gt 0 ] && [ "${s:-0}" -lt 500000 ]; ok $? "throttle sni rate 256kbit ($s bytes in 6 s)"
    [ "${i:-0}" -gt 0 ] && [ "${i:-0}" -lt 500000 ]; ok $? "throttle ip rate 256kbit ($i bytes in 6 s)"
    again='tcp.analysis.duplicate_ack || tcp.analysis.lost_segment || tcp.analysis.out_of_order'
    port=$(pcap 'tls.handshake.extensions_server_name == "loss.test"' tcp.srcport | head -n 1)
    [ "$(truth '.why == "throttle loss" and (.rule | startswith("throttle sni loss.test"))')" -ge 1 ] &&
        [ "$(pcap "tcp.port == ${port:-0} && ($again)" frame.number | wc -l)" -ge 1 ]
    ok $? "throttle sni loss: segments are missing"
    [ "$(truth '.why == "throttle loss" and (.rule | startswith("throttle ip 45.99.3.1"))')" -ge 1 ] &&
        [ "$(pcap "ip.addr == 45.99.3.1 && ($again)" frame.number | wc -l)" -ge 1 ]
    ok $? "throttle ip loss: segments are missing"
    has 'free 0 200 1048576' && has 'free-port 0 200 1048576'
    ok $? "another name at the address, and another port, have all of theirs"
    port=$(pcap 'tls.handshake.extensions_server_name == "free.test"' tcp.srcport | head -n 1)
    [ -n "$port" ] && [ "$(truth ".sport == $port or .dport == $port")" = 0 ] &&
        [ "$(truth '(.src == "45.99.4.1" and .sport == 443) or (.dst == "45.99.4.1" and .dport == 443)')" = 0 ]
    ok $? "and nothing was done to them"
}

parts dns_on_the_wire addresses tls_names http_strings residual slowed
exit $bad
