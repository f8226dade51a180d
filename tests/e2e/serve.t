#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `serve` as who runs it meets it: its settings are all written down, it does not
# start where probes could not reach its controls, says when all observers count as
# one, starts on a full disk, keeps a control whatever is killed, and stands behind
# nginx as packaging/nginx has it.
set -u
. "$(dirname "$0")/lib/tap.sh"
collector=$PWD/${BUILD:-build}/parallax-collector
pid=

stop() {
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
    [ ! -s "$dir/nginx.pid" ] || kill "$(cat "$dir/nginx.pid")" 2>/dev/null
    wait 2>/dev/null
    rm -rf "$dir"
}
trap stop EXIT
trap 'exit 1' INT TERM

begin() { # begin OPTION...: sets pid, url and control
    : >"$dir/log" # the one of before is not read for its own
    "$collector" serve --data "$dir/data" --listen 127.0.0.1:0 "$@" 2>"$dir/log" &
    pid=$!
    for _ in $(seq 1200); do
        url=$(sed -n 's/^parallax-collector: ready \([^ ]*\) .*/\1/p' "$dir/log")
        control=$(sed -n 's/.*ready .* control \(.*\)/\1/p' "$dir/log")
        [ -z "$url" ] || return 0
        sleep 0.05
    done
    return 1
}

finish() {
    kill "$pid"
    wait "$pid"
    pid=
}

# ---- every key is written down -----------------------------------------------
for c in serve control; do
    "$collector" $c --help
done >"$dir/help"
{
    sed -n 's/.*[(; ]key \([a-z_.]*\)).*/\1/p' "$dir/help"
    sed -n 's/^  \([a-z_.]*\) = .*/\1/p' "$dir/help"
} | sort -u >"$dir/keys"
sed -n 's/^#\([a-z_.]*\) = .*/\1/p' packaging/parallax-collector.conf |
    sort >"$dir/conf"
cat collector/cmd/*.[ch] lib/cli/*.c | tr '\n' ' ' |
    grep -o '\.key = "[a-z_.]*"' | cut -d'"' -f2 | sort -u >"$dir/tables"
diff "$dir/tables" "$dir/keys" >"$dir/out" 2>&1
ok $? 'help has every key'
diff "$dir/tables" "$dir/conf" >"$dir/out" 2>&1
ok $? 'the commented config file has every key, each once'
missing=0
while read -r key; do
    grep -q "$key" docs/man/parallax-collector.1 || missing=1
done <"$dir/tables"
ok $missing 'the manual has every key'
sed 's/^#\([a-z_.]* = \)/\1/' packaging/parallax-collector.conf >"$dir/all.conf"
"$collector" list --config "$dir/all.conf" --data "$dir/none" >"$dir/out" 2>&1
! grep -q 'all.conf' "$dir/out"
ok $? 'with all of them set the file is read'

# one file serves probe and collector: each knows the other's keys
cat probe/*/*.[ch] collector/cmd/*.[ch] lib/cli/*.c | tr '\n' ' ' |
    grep -o '\.key = "[a-z_.]*"' | cut -d'"' -f2 | sort -u >"$dir/every"
sed -n 's/^    "\([a-z_.]*\)",$/\1/p' lib/cli/opt_keys.c >"$dir/listed"
diff "$dir/every" "$dir/listed" >"$dir/out" 2>&1
ok $? 'the list of all keys is complete'
mkdir -p "$dir/xdg/parallax"
{
    cat "$dir/all.conf"
    echo 'collector = https://collector.example.org'
    echo 'run.parallel = 4'
} >"$dir/xdg/parallax/config"
XDG_CONFIG_HOME=$dir/xdg "$collector" list --data "$dir/none" >"$dir/out" 2>&1
! grep -q 'config:' "$dir/out" &&
    XDG_CONFIG_HOME=$dir/xdg "${BUILD:-build}/parallax" consent --show >"$dir/out" 2>&1
! grep -q 'config:' "$dir/out"
ok $? 'and one config file serves both programs'

# ---- settings that mean nothing ------------------------------------------------
while read -r setting; do
    echo "$setting" >"$dir/bad.conf"
    "$collector" serve --config "$dir/bad.conf" --data "$dir/data" --listen 127.0.0.1:0 \
        --control-listen 127.0.0.1:0 2>"$dir/err"
    [ $? = 2 ] && grep -q "${setting%% *}" "$dir/err"
    ok $? "'$setting' is wrong usage"
done <<END
collector.public_url = nope
collector.tests_off = torfs
collector.admin_listen = 0.0.0.0:0
control.ports = x
control.resolver = nowhere
END

# ---- beyond loopback ---------------------------------------------------------
for h in '' http://127.0.0.1:8081 http://localhost:8081; do
    PARALLAX_COLLECTOR_TEST_HELPERS=$h "$collector" serve --data "$dir/data" \
        --listen 0.0.0.0:0 2>"$dir/err"
    [ $? = 2 ] && grep -q collector.test_helpers "$dir/err"
    ok $? "beyond loopback it does not start with '$h' for controls"
done

# ---- a proxy that is not trusted ---------------------------------------------
record='{"format":"json","content":"{}"}'
begin --control-listen 127.0.0.1:0
curl -s -m 60 -d "$record" "$url/api/v1/submit_measurement" >/dev/null
! grep -q trusted_proxy "$dir/log"
ok $? 'without a proxy nothing is said of one'
curl -s -m 60 -H 'X-Forwarded-For: 192.0.2.1' -d "$record" \
    "$url/api/v1/submit_measurement" >/dev/null
grep -q 'trusted_proxy: all observers count as one' "$dir/log"
ok $? 'that all observers count as one is said'

# ---- packed in two ways -------------------------------------------------------
id=20261101T000000Z_webconnectivity_IT_137_n1_abcdefghijklmnop
is "$(curl -s -m 60 -o /dev/null -w '%{http_code}' -d "$record" \
    -H 'Content-Encoding: identity' -H 'Content-Encoding: zstd' \
    "$url/report/$id")" 415 'one of two encodings is not taken for both'

# ---- the keeper is killed ----------------------------------------------------
keeper=$(ps -o pid= --ppid "$pid" | head -n 1 | tr -d ' ')
[ -n "$keeper" ] && kill -9 "$keeper"
ok $? 'what keeps the control running is killed'
for _ in $(seq 1200); do
    grep -q 'another takes over' "$dir/log" &&
        curl -s -m 60 "$control/" | grep -q Hello && break
    sleep 0.1
done
curl -s -m 60 "$control/" | grep -q Hello
ok $? 'and there is a control again'
ours=$(ps -eo pid=,args= | awk -v at=" --listen ${control#http://} " \
    'index($0, " control ") && index($0, at) { print $1; exit }')
keeper=$(ps -o ppid= -p "${ours:-0}" | tr -d ' ')
# with the one that would take over
[ -n "$keeper" ] && kill -9 "$keeper" $(ps -o pid= --ppid "$keeper")
for _ in $(seq 600); do
    curl -s -m 60 "$url/health" >"$dir/out"
    grep -q '"status":"fail".*control' "$dir/out" && break
    sleep 0.1
done
grep -q '"status":"fail".*control' "$dir/out"
ok $? 'that there is none any more is said by its health'
curl -s -m 60 -d '{}' "$url/api/v1/check-in" >"$dir/out"
grep -q '"web-connectivity":\[\]' "$dir/out"
ok $? 'and no probe is sent there'
finish
ok $? 'all of it ends when it is told to'

# ---- behind nginx ------------------------------------------------------------
begin --control-listen none
port=${url##*:}
site=$((20000 + $$ % 12000))
sed -n '/^server {/,/^}/d; p' packaging/nginx/parallax-collector.conf >"$dir/top"
awk '/^server/ { n++ } n == 1' packaging/nginx/parallax-collector.conf |
    sed "/ssl_cert/d; /listen \[/d; s/listen 443 ssl/listen 127.0.0.1:$site/;
        s|/var/log/nginx|$dir|" >"$dir/site"
{
    echo "pid $dir/nginx.pid; error_log $dir/nginx.log; events {}"
    echo "http { client_body_temp_path $dir/b; proxy_temp_path $dir/p;"
    echo "fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;"
    sed "s/127.0.0.1:8080/127.0.0.1:$port/" "$dir/top"
    cat "$dir/site"
    echo "}"
} >"$dir/nginx.conf"
nginx -p "$dir" -c "$dir/nginx.conf" 2>"$dir/err"
ok $? 'nginx starts with packaging/nginx'
curl -s -m 60 "http://127.0.0.1:$site/health" >"$dir/out"
grep -q '"status":"ok"' "$dir/out"
ok $? 'and the collector answers through it'
while IFS='|' read -r what head; do
    printf 'POST /health HTTP/1.1\r\nHost: x\r\n%b\r\nConnection: close\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n' \
        "$head" >"$dir/raw"
    curl -s -m 60 "telnet://127.0.0.1:$site" <"$dir/raw" >"$dir/out" 2>&1
    [ "$(grep -ac '^HTTP/1.1 ' "$dir/out")" -le 1 ]
    ok $? "nothing is smuggled behind $what"
    curl -s -m 60 "telnet://127.0.0.1:$port" <"$dir/raw" >"$dir/out" 2>&1
    [ "$(grep -ac '^HTTP/1.1 ' "$dir/out")" = 1 ] &&
        grep -aq '^HTTP/1.1 400' "$dir/out"
    ok $? 'and the collector itself ends the connection'
done <<'END'
a length with a space|Content-Length : 4
an encoding with a space|Transfer-Encoding : chunked
a folded length|Content-Length:\r\n 4
a length with a NUL|Content-Length: 4\000
a length by another name|Content_Length: 4
END
finish

# ---- a full disk ---------------------------------------------------------------
cat >"$dir/full.sh" <<'END'
set -u
ip link set lo up
mount -t tmpfs -o size=2m none "$1" || exit 77
mkdir "$1/d"
run() {
    : >"$1.log" # the one of before is not read for its own
    "$2" serve --data "$1/d" --listen 127.0.0.1:0 --control-listen none 2>"$1.log" &
    p=$!
    for _ in $(seq 1200); do
        grep -q ready "$1.log" && break
        sleep 0.05
    done
    u=$(sed -n "s|.*ready \(http[^ ]*\) .*|\1|p" "$1.log")
    health=$(curl -s -m 60 "$u/health")
    kill $p && wait $p && grep -q ready "$1.log"
}
fail() {
    echo "$1; health: $health; free: $(stat -f -c '%a of %b' "$dir")"
    cat "$dir.log"
    exit 1
}
dir=$1
run "$@" || fail 'does not start on an empty disk'
while dd if=/dev/zero bs=4096 count=64 2>/dev/null >>"$1/fill"; do :; done
run "$@" || fail 'does not start on a full one, or not end well'
grep -q "the disk is full" "$1.log" || fail 'does not say that it is full'
case $health in *fail*full*) ;; *) fail 'its health does not say it' ;; esac
END
mkdir "$dir/full"
if unshare -rmn true 2>/dev/null; then
    unshare -rmn sh "$dir/full.sh" "$dir/full" "$collector" >"$dir/out" 2>&1
    rc=$?
    explains=$dir/out
    ok $rc 'it starts on a full disk, and its health says so'
    explains=
else
    skip 'no namespaces to fill a disk in'
fi
done_testing
