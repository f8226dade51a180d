#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the lab's resolvers, servers and control say when they are told to say
# something else, checked with tools that are not ours. Every line has a test
# where it acts and one where it does not.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib/lab.sh

# ---- resolvers ---------------------------------------------------------------
lies() {
    lab 'dns isp answer www.example.com A 10.10.34.35
dns isp answer *.wild.example A 83.224.65.41
dns isp remove www.example.org
dns isp empty ya.ru
dns isp cname bit.ly www.cloudflare-cache.com
dns all answer localhost.example A 127.0.0.1
dns all answer six.example AAAA 2001:db8::1
dns all answer example.com AAAA 2001:db8::2
dns all remove httpbin.com
dns all empty largefile.com
dns all cname bitly.com yandex.com
dns control answer api.ooni.io A 10.10.34.35' '
both() { echo "$(ask +short "$@" | tr "\n" " ")/ $(ask +short @8.8.8.8 "$@" | tr "\n" " ")"; }
says() { echo "$(ask "$2" | grep -c "status: $1") $(ask @8.8.8.8 "$2" | grep -c "status: $1")"; }
echo "answer $(both WWW.example.com)"
echo "plain $(both example.org)"
echo "wild $(ask +short a.b.wild.example) $(ask wild.example | grep -c 83.224) "
echo "remove $(says NXDOMAIN www.example.org) $(both www.example.org)"
echo "empty $(says NOERROR ya.ru) $(both ya.ru)"
echo "cname $(both bit.ly)"
echo "all $(both localhost.example)"
echo "aaaa $(both six.example AAAA) $(both six.example)"
echo "beside $(both example.com AAAA)"
echo "beside A $(both example.com)"
echo "gone $(says NXDOMAIN httpbin.com) $(says NXDOMAIN expired.badssl.com)"
echo "all-empty $(says NOERROR largefile.com) $(both largefile.com)"
echo "all-cname $(both bitly.com)"
echo "control $(both api.ooni.io)"
'
    has 'answer 10.10.34.35 / 93.184.216.34 '; ok $? "dns isp answer: the ISP's resolver lies, others do not"
    has 'plain 93.184.216.34 / 93.184.216.34 '; ok $? "and about that name only"
    has 'wild 83.224.65.41 0 '; ok $? "dns isp answer *.x: the names under x"
    has 'remove 1 0 / 93.184.216.34 '; ok $? "dns isp remove: NXDOMAIN there only"
    has 'empty 1 1 / 5.255.255.80 '; ok $? "dns isp empty: NOERROR without an answer, there only"
    has 'cname www.cloudflare-cache.com. 104.16.132.229 / 67.199.248.11 '; ok $? "dns isp cname: the alias and its address, there only"
    has 'all 127.0.0.1 / 127.0.0.1 '; ok $? "dns all answer: every resolver"
    has 'aaaa 2001:db8::1 / 2001:db8::1  / '; ok $? "dns answer AAAA: a name that has nothing else"
    has 'beside 2001:db8::2 / 2001:db8::2 ' && has 'beside A 93.184.216.34 / 93.184.216.34 '
    ok $? "dns answer AAAA leaves the true A records"
    has 'gone 1 1 0 0'; ok $? "dns all remove: every resolver, that name"
    has 'all-empty 1 1 / '; ok $? "dns all empty: NOERROR without an answer from every resolver"
    has 'all-cname yandex.com. 5.255.255.80 / yandex.com. 5.255.255.80 '; ok $? "dns all cname: every resolver"
    has 'control 162.55.247.208 / 162.55.247.208 '; ok $? "dns control: the volunteer is not told so"
}

trouble() {
    lab 'resolver isp down' '
ask +time=2 www.example.com >/dev/null; echo "isp $?"
echo "public $(ask +short @8.8.8.8 www.example.com)"'
    has 'isp 9' && has 'public 93.184.216.34'; ok $? "resolver isp down: silence there only"
    lab 'resolver isp delay 1s' '
echo "isp $(ask www.example.com | sed -n "s/.*Query time: \([0-9]*\).*/\1/p")"
echo "public $(ask +short @8.8.8.8 www.example.com)"'
    isp=$(sed -n 's/^isp //p' "$dir/out")
    [ "$isp" -ge 1000 ]; ok $? "resolver isp delay 1s ($isp ms)"
    has 'public 93.184.216.34' && [ "$(truth '.src != "130.192.3.21"')" = 0 ] &&
        [ "$(truth '.action == "delay" and .src == "130.192.3.21" and .sport == 53')" = 1 ]
    ok $? "and nobody else is held back"
}

# ---- servers -------------------------------------------------------------------
servers() {
    printf '<html><title>Other page</title></html>' >"$dir/other.html"
    lab 'serve www.example.com status 451 file other.html header "X-Why: law"
serve www.example.org /one to client status 503
host slow.test 203.0.113.10
page slow.test / 200 size 20kb
serve slow.test slow 500B/s
serve httpbin.com /redirect/0 close-early
serve largefile.com endless
serve bit.ly headers 2mb
host heads.test 203.0.113.9
serve heads.test headers 2mb' '
echo "status $(get https://www.example.com/any)"
curl -s -D - -o /dev/null http://www.example.com/ | tr -d "\r"
echo "path $(get https://www.example.org/one)"
echo "other $(get https://www.example.org/two)"
echo "slow $(get -m 6 http://slow.test/)"
echo "early $(get http://httpbin.com/redirect/0)"
echo "whole $(get http://httpbin.com/redirect/1)"
echo "endless $(curl -s -m 120 https://largefile.com/ | head -c 40000000 | wc -c)"
echo "heads $(head_bytes 203.0.113.9 heads.test)"
printf "GET / HTTP/1.0\r\nHost: bit.ly\r\n\r\n" |
    openssl s_client -quiet -connect 67.199.248.11:443 -servername bit.ly \
    2>/dev/null | sed "/^\r*$/q" >"$HOME/heads"
echo "tls $(wc -c <"$HOME/heads")"
echo "plain $(head_bytes 93.184.216.34 example.com)"
echo "refused $(get http://heads.test/)"
'
    has 'status 0 451 38' && has 'X-Why: law'; ok $? "serve status, file, header"
    grep -q '^path 0 503' "$dir/out" && has 'other 0 200 1533'; ok $? "serve NAME PATH to client status, and no other path"
    s=$(sed -n 's/^slow 28 200 //p' "$dir/out")
    [ "${s:-0}" -ge 1 ] && [ "${s:-0}" -lt 10000 ]; ok $? "serve slow ($s bytes in 6 s)"
    grep -q '^early 18 200' "$dir/out"; ok $? "serve close-early: fewer bytes than promised"
    grep -q '^whole 0 302' "$dir/out"; ok $? "and at that path only"
    has 'endless 40000000'; ok $? "serve endless: more than the page has"
    h=$(sed -n 's/^heads //p' "$dir/out")
    t=$(sed -n 's/^tls //p' "$dir/out")
    [ "${h:-0}" -ge 2097152 ] && [ "${h:-0}" -lt 2200000 ]; ok $? "serve headers 2mb: all of them ($h bytes)"
    [ "${t:-0}" -ge 2097152 ] && [ "${t:-0}" -lt 2200000 ]; ok $? "and over TLS ($t bytes)"
    p=$(sed -n 's/^plain //p' "$dir/out")
    [ "${p:-0}" -gt 50 ] && [ "${p:-0}" -lt 2000 ]; ok $? "another server has $p bytes of them"
    grep -qE '^refused (27|56|100) ' "$dir/out"; ok $? "curl does not take so many"
}

# ---- with our collector and control ------------------------------------------
th='
th() {
    curl -sS -m 60 "${2:-https://0.th.ooni.org/}" -H "Content-Type: application/json" -d \
        "{\"http_request\":\"$1\",\"http_request_headers\":{},\"tcp_connect\":[]}"
}
'
control() {
    if [ ! -x "$LAB_BUILD/parallax-collector" ]; then
        ok 0 "with our collector and control # SKIP parallax-collector is not built"
        return
    fi
    LAB_COLLECTOR=$LAB_BUILD/parallax-collector
    lab 'dns control answer www.example.com A 130.192.182.17
host told.test 203.0.113.60
zone told.test silent
dns control answer told.test A 203.0.113.60
dns control remove www.example.org
dns control empty ya.ru
dns control cname bitly.com www.cloudflare-cache.com
host below.test 203.0.113.9
page below.test / 200 size 700
page below.test /a/* proxy collector
page below.test /b/* proxy control
control delay 1s' "$th"'
echo "api $(get https://api.ooni.io/api/v1/test-helpers | cut -c1-5)"
echo "below $(get https://below.test/) $(curl -s https://below.test/a/api/v1/test-helpers | jq -c "[.[][].address]")" \
    "$(th https://example.com/ https://below.test/b/ | jq -r .http_request.status_code)"
th https://www.example.com/ >"$HOME/th"
th https://example.com/ >"$HOME/plain"
echo "late $(curl -s -o /dev/null -w "%{time_total}" https://0.th.ooni.org/)"
echo "dns $(jq -r ".dns.addrs[0]" "$HOME/th") $(ask +short www.example.com)"
echo "plain $(jq -r ".dns.addrs[0]" "$HOME/plain")"
echo "told $(th https://told.test/ | jq -r ".dns.addrs[0]")"
echo "gone $(th https://www.example.org/ | jq -r .dns.failure) $(ask +short www.example.org)"
echo "empty $(th https://ya.ru/ | jq -r ".dns.failure, (.dns.addrs | length)" | tr "\n" " ")$(ask +short ya.ru)"
echo "cname $(th https://bitly.com/ | jq -r ".dns.addrs[0]") $(ask +short bitly.com)"
th https://www.cloudflare-cache.com/ >"$HOME/th"
echo "captcha $(jq -r ".http_request.status_code, .http_request.body_length" "$HOME/th" | tr "\n" " ")"
'
    has 'api 0 200'; ok $? "the collector answers as api.ooni.io"
    has 'below 0 200 700 ["https://below.test/b/"] 200'; ok $? "below a path the collector answers, and names the control there; beside it is the site"
    has 'dns 130.192.182.17 93.184.216.34'; ok $? "dns control answer: the control alone is told otherwise"
    has 'plain 93.184.216.34'; ok $? "and about that name only"
    has 'told 203.0.113.60'; ok $? "what a dns control line tells comes before the zone's fault"
    has 'gone dns_name_error 93.184.216.34'; ok $? "dns control remove"
    grep -qE '^empty (null|dns_no_answer) 0 5.255.255.80$' "$dir/out"; ok $? "dns control empty"
    has 'cname 104.16.132.229 67.199.248.11'; ok $? "dns control cname"
    awk '/^late / { exit !($2 > 1) }' "$dir/out"; ok $? "control delay 1s"
    has 'captcha 200 1533 '; ok $? "what is served to the client is not served to the control"
    [ -d "$dir/keep/collector" ]; ok $? "the collector's data is kept"

    lab 'control down' "$th"'
echo "th $(get https://0.th.ooni.org/) $(get https://3.th.ooni.org/)"
echo "api $(get https://api.ooni.io/api/v1/test-helpers | cut -c1-5)"'
    grep -q '^th 0 502 [0-9]* 0 502' "$dir/out" && has 'api 0 200'
    ok $? "control down: the test helpers fail, the collector does not"
    LAB_COLLECTOR=
}

# ---- certificates --------------------------------------------------------------
certs() {
    lab 'host a.test,b.test,c.test,d.test,e.test,f.test 203.0.113.1
cert a.test ok
cert b.test expired
cert c.test wrong-name
cert d.test untrusted
cert e.test self-signed
cert www.example.com expired
cert *.badssl.com ok' '
check() {
    openssl s_client -connect "$1:443" -servername "$1" -verify_hostname "$1" \
        </dev/null 2>/dev/null |
        sed -n "s/^Verify return code: \([0-9]*\).*/\1/p" | head -n 1
}
for n in a.test b.test c.test d.test e.test f.test www.example.com \
    www.example.org expired.badssl.com badssl.com; do
    echo "$n $(check $n) $(get https://$n/ | cut -c1-2)"
done'
    has 'a.test 0 0 ' && has 'f.test 0 0 '; ok $? "cert ok, as it is unless said"
    has 'b.test 10 60'; ok $? "cert expired"
    has 'c.test 62 60'; ok $? "cert wrong-name"
    has 'd.test 19 60' || has 'd.test 20 60'; ok $? "cert untrusted: an unknown authority"
    has 'e.test 18 60'; ok $? "cert self-signed"
    has 'www.example.com 10 60' && has 'www.example.org 0 0 '; ok $? "cert of a built-in host, and of no other at its address"
    has 'expired.badssl.com 0 0 ' && grep -q '^badssl.com [12]' "$dir/out"; ok $? "cert *.x: the names under x"
}

parts lies trouble servers control certs
exit $bad
