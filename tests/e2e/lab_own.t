#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Own servers, servers that count, zones at fault and NAT64 prefixes in the lab,
# and what a censor does late: checked with tools that are not ours. Every line
# has a test where it acts and one where it does not.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib/lab.sh

# ---- programs of one's own -------------------------------------------------------
programs() {
    cat >"$dir/own.sh" <<'END'
#!/bin/sh
# Says at every port how it was started.
for port in $LAB_PORTS; do
    perl -MSocket=:all -e '
        my ($addr, $port, @said) = @ARGV;
        socket(my $s, PF_INET, SOCK_STREAM, 0) or die $!;
        setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1) or die $!;
        bind($s, pack_sockaddr_in($port, inet_aton($addr))) or die $!;
        listen($s, 5) or die $!;
        while (accept(my $c, $s)) {
            syswrite $c, "HTTP/1.0 200 OK\r\n\r\n$port: " . join("|", @said) . "\n";
            close $c;
        }' "$LAB_ADDR" "$port" "$(cat said.txt)" "$@" &
done
wait
END
    chmod 755 "$dir/own.sh"
    echo "beside the file" >"$dir/said.txt"
    lab 'host own.test 203.0.113.5,203.0.113.6
host tls.test 203.0.113.7
exec 203.0.113.5:80,8000 own.sh one "two words"
exec 203.0.113.7:443 sh -c "exec openssl s_server -accept $LAB_ADDR:443 -cert $LAB_CERTS/tls.test.pem -key $LAB_CERTS/leaf.key -www -quiet"
exec 203.0.113.8:8080 ./own.sh nobody' '
for at in 203.0.113.5:80 203.0.113.5:8000 203.0.113.8:8080; do
    echo "$at $(curl -sS -m 40 http://$at/)"
done
echo "beside $(curl -sS -m 40 http://203.0.113.6/ -H "Host: own.test" | grep -c "<h1>own.test</h1>")"
echo "https $(curl -sS -m 40 --resolve own.test:443:203.0.113.5 https://own.test/ | grep -c "<h1>own.test</h1>")"
curl -sS -m 40 https://tls.test/ | grep -q s_server && echo "tls own"
echo "closed $(get http://203.0.113.8/)"'
    has '203.0.113.5:80 80: beside the file|one|two words' &&
        has '203.0.113.5:8000 8000: beside the file|one|two words' &&
        has '203.0.113.8:8080 8080: beside the file|nobody'
    ok $? "exec: a program beside the file, its words, its ports, an address of its own"
    has 'tls own'; ok $? "exec: a program of the system, with the certificate of the host"
    has 'beside 1' && has 'https 1' && has 'closed 7 000 0'
    ok $? "every other port and address is served as before"
    printf '#!/bin/sh\necho it was not to be >&2\nexit 3\n' >"$dir/bad.sh"
    chmod 755 "$dir/bad.sh"
    refuses 'exec 203.0.113.5:80 bad.sh' 'it was not to be'
    refuses 'exec 203.0.113.5 own.sh' 'bad.lab:2: exec: ADDR:PORT is missing'
    refuses 'exec 203.0.113.5:80' 'bad.lab:2: exec: the program is missing'
    refuses 'exec 203.0.113.5:80,80 own.sh' 'bad.lab:2: port 80 twice'
    refuses 'exec 203.0.113.5:80 ./nothing' 'bad.lab:2: ./nothing: no such program'
    refuses 'exec 203.0.113.5:80 ./said.txt' 'bad.lab:2: ./said.txt: cannot be run'
    refuses 'exec 8.8.8.8:53 own.sh' 'bad.lab:2: 8.8.8.8:53 is a resolver'
    refuses 'exec 203.0.113.5:80 own.sh
exec 203.0.113.5:81,80 own.sh' 'bad.lab:3: port 80 there is taken by'
}

# ---- servers that count ------------------------------------------------------------
limits() {
    lab 'host few.test 203.0.113.6 port 80,8080
limit 203.0.113.6:80 3/min reset
host none.test 203.0.113.7 port 80
limit 203.0.113.7 2/min drop' '
for i in 1 2 3 4 5; do echo "few $(get http://few.test/)"; done | cut -d" " -f1-3 | uniq -c
for i in 1 2 3; do echo "none $(get -m 4 http://none.test/)"; done | cut -d" " -f1-3 | uniq -c
for i in 1 2 3 4; do echo "port $(get http://few.test:8080/)"; done | cut -d" " -f1-3 | uniq -c
echo "kept $(get http://www.example.com/ http://www.example.com/ http://www.example.com/)"'
    has '      3 few 0 200' && has '      2 few 7 000'
    ok $? "limit reset: three new connections in a minute, the next are refused"
    has '      2 none 0 200' && has '      1 none 28 000'
    ok $? "limit drop: two at any port of the address, the next is silence"
    has '      4 port 0 200'; ok $? "another port is not limited"
    [ "$(pcap 'tcp.flags.reset == 1 && ip.src == 203.0.113.6' ip.ttl | sort -u)" = 59 ]
    ok $? "the refusal comes from the server's own distance"
    refuses 'limit 203.0.113.6 3 reset' 'bad.lab:2: limit: "3" is not N/min'
    refuses 'limit 203.0.113.6 0/min reset' 'bad.lab:2: limit: "0/min" is not N/min'
    refuses 'limit 203.0.113.6 3/min' 'bad.lab:2: limit: drop or reset'
}

# ---- zones at fault ----------------------------------------------------------------
zones() {
    lab 'host silent.test 203.0.113.8
zone silent.test silent isp
host lame.test,www.lame.test 203.0.113.9
zone lame.test lame
host deny.test 203.0.113.10
zone deny.test rfc8020
host bogus.test 203.0.113.11
zone bogus.test bogus
host half.test 203.0.113.12
zone half.test bogus isp' '
said() {
    r=$(ask "$@")
    printf "%s: %s\n" "$*" "$(printf "%s\n" "$r" | sed -n "s/.*status: \([A-Z]*\).*/\1/p; s/^[a-z.]*\t.*\t\([0-9.]*\)$/\1/p; s/.*timed out$/silence/p" | sort -u | tr "\n" " ")"
}
(patience=2; said silent.test); said @8.8.8.8 silent.test
for n in lame.test www.lame.test; do said $n; said @8.8.8.8 $n; done
for t in A AAAA; do said deny.test $t; said @8.8.8.8 deny.test $t; done
for n in bogus.test half.test; do said $n; said @8.8.8.8 $n; done
said +cd @8.8.8.8 bogus.test
said www.example.com'
    has 'silent.test: silence ' && has '@8.8.8.8 silent.test: 203.0.113.8 NOERROR '
    ok $? "zone silent isp: the ISP's resolver waits in vain, public ones do not"
    has 'lame.test: SERVFAIL ' && has '@8.8.8.8 lame.test: SERVFAIL ' && has '@8.8.8.8 www.lame.test: SERVFAIL '
    ok $? "zone lame: no resolver gets an answer, of names below neither"
    has 'deny.test AAAA: NXDOMAIN ' && has 'deny.test A: NXDOMAIN ' &&
        has '@8.8.8.8 deny.test AAAA: NXDOMAIN ' && has '@8.8.8.8 deny.test A: 203.0.113.10 NOERROR '
    ok $? "zone rfc8020: no IPv6 name anywhere, and so no name at all at the ISP's"
    has 'bogus.test: SERVFAIL ' && has '@8.8.8.8 bogus.test: SERVFAIL ' && has '+cd @8.8.8.8 bogus.test: 203.0.113.11 NOERROR '
    ok $? "zone bogus: no answer that passes DNSSEC, and one that is not checked"
    has 'half.test: SERVFAIL ' && has '@8.8.8.8 half.test: 203.0.113.12 NOERROR '
    ok $? "zone bogus isp: who does not check has an answer"
    has 'www.example.com: 93.184.216.34 NOERROR '; ok $? "other zones are in order"
    refuses 'zone *.test lame' 'bad.lab:2: zone: an exact name is needed'
    refuses 'zone a.test ill' 'bad.lab:2: zone: silent, lame, rfc8020 or bogus'
    refuses 'zone a.test lame
zone a.test silent' 'bad.lab:3: a.test is at fault already at'
}

# ---- NAT64 with a prefix of the network's own ----------------------------------------
prefixes() {
    for p in 2001:db8:64::/48 64:ff9b:1::/96; do
        lab "nat64 $p" '
echo "$(ask +short www.example.com AAAA) $(ask +short ipv4only.arpa AAAA | sort | head -n 1)"
curl -s -m 40 -o /dev/null -w "%{http_code} %{remote_ip}\n" https://www.example.com/
echo "old $(get -m 1 "https://[64:ff9b::5db8:d822]/")"'
        case $p in
        */48) a=2001:db8:64:5db8:d8:2200::\ 2001:db8:64:c000:0:aa00:: ;;
        *) a=64:ff9b:1::5db8:d822\ 64:ff9b:1::c000:aa ;;
        esac
        has "$a" && has "200 ${a%% *}" && has 'old 28 000 0'
        ok $? "nat64 PREFIX: names and packets are translated there, and by no other prefix ($p)"
    done
    refuses 'nat64 2001:db8::/47' 'bad.lab:2: nat64: PREFIX/LEN, LEN one of'
    refuses 'nat64 2e64:64::/96' "bad.lab:2: nat64: the lab's own addresses lie there"
    refuses 'nat64 2001:db8::/48
nat64 2001:db8:1::/48' "bad.lab:3: NAT64's prefix was said already"
}

# ---- what a censor does late ---------------------------------------------------------
late() {
    lab 'alert sni a.test 112
rst http late.test 203.0.113.22 after 3kb
fin http fin.test 203.0.113.23 after 3kb
freeze ip 203.0.113.25 after 16kb
host a.test,b.test 203.0.113.21
host late.test 203.0.113.22 port 80
page late.test * 200 size 30kb
host fin.test 203.0.113.23 port 80
page fin.test * 200 size 30kb
host ice.test 203.0.113.25
page ice.test /small 200 size 9kb
page ice.test * 200 size 60kb' '
echo "a $(get https://a.test/)"; echo "b $(get https://b.test/)" | cut -d" " -f1-3
for u in late.test fin.test ice.test/small; do echo "$u $(get http://$u)"; done
echo "ice.test $(get -m 6 http://ice.test)"'
    has 'a 35 000 0' && grep -q 'alert.*\|unrecognized' "$dir/keep/curl.err" &&
        [ "$(pcap 'tls.alert_message.desc == 112' ip.ttl | sort -u)" = 63 ]
    ok $? "alert sni NAME N: an alert from the censor's place, and the end"
    has 'b 0 200'; ok $? "another name gets its page"
    n1=$(sed -n 's/^late.test 56 200 //p' "$dir/out")
    n2=$(sed -n 's/^fin.test 18 200 //p' "$dir/out")
    [ "${n1:-0}" -ge 2048 ] && [ "$n1" -lt 8192 ]; ok $? "rst after SIZE: a page that breaks off ($n1 bytes)"
    [ "${n2:-0}" -ge 2048 ] && [ "$n2" -lt 8192 ]; ok $? "fin after SIZE: the same without a reset ($n2 bytes)"
    n3=$(sed -n 's/^ice.test 28 200 //p' "$dir/out")
    [ "${n3:-0}" -ge 12288 ] && [ "$n3" -le 16384 ]; ok $? "freeze ip after SIZE: silence after as much ($n3 bytes)"
    has 'ice.test/small 0 200 9216'; ok $? "a smaller page comes whole"
}

parts programs limits zones prefixes late
exit "$bad"
