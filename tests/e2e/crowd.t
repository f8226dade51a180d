#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Thousands of connections that are idle or send a byte now and then, from one
# network or from many, opened again as soon as they are cut off: the collector stays
# small, and another's uploads are answered as ever; so through nginx as packaging/nginx
# has it. CROWD says how many there are,
# CROWD_SECONDS for how long, of each kind.
set -u
. "$(dirname "$0")/lib/tap.sh"
BUILD=$(cd "$BUILD" && pwd)
collector=$BUILD/parallax-collector
crowd=$BUILD/tests/tools/crowd
n=${CROWD:-2000}
seconds=${CROWD_SECONDS:-1}
worst_ms=10000 # watchdog: not as long as one that is idle is waited for
most_kb=153600
if nm "$collector" 2>/dev/null | grep -q __asan_init; then
    most_kb=$((most_kb * 8))
fi

unshare -rn true 2>/dev/null && [ -x "$crowd" ] || {
    echo "1..0 # SKIP no namespaces, or no tools (make tools)"
    exit 0
}

cat >"$dir/inside.sh" <<'END'
set -u
dir=$1 collector=$2 crowd=$3 n=$4 seconds=$5
ip link set lo up
for a in 203.0.113.1 45.10.1.9; do ip addr add $a/32 dev lo; done
for i in $(seq 0 59); do ip addr add 60.1.$i.9/32 dev lo; done
PARALLAX_COLLECTOR_TEST_HELPERS=https://control.example.org \
    "$collector" serve --data "$dir/data" --listen 0.0.0.0:8080 \
    --control-listen none 2>"$dir/log" &
pid=$!
trap 'kill $pid 2>/dev/null' EXIT
for _ in $(seq 1200); do
    grep -q ' ready ' "$dir/log" && break
    sleep 0.05
done
at=203.0.113.1:8080
ulimit -n "$(ulimit -Hn)"
while read -r kind prefixes; do
    echo "$kind $prefixes $("$crowd" $kind $n $prefixes $seconds "$at" "$dir/request")"
done <<KINDS
idle 1
head 1
body 1
idle 60
head 60
body 60
KINDS
nginx -p "$dir" -c "$dir/nginx.conf" || exit 1
trap 'kill $pid $(cat "$dir/nginx.pid") 2>/dev/null' EXIT
for prefixes in 1 60; do
    echo "nginx $prefixes $("$crowd" body $n $prefixes $seconds 203.0.113.1:443 \
        "$dir/request")"
done
echo "peak $(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' /proc/$pid/status)"
kill $pid
wait $pid
echo "ended $?"
END
echo 'KE AS64511 2026-11-29T08:00:00 tls https://t.example/' |
    sh tests/e2e/lib/make_records.sh |
    jq -c '{format: "json", content: tojson}' >"$dir/body"
{
    printf 'POST /api/v1/submit_measurement HTTP/1.1\r\nHost: x\r\n'
    printf 'Connection: close\r\nContent-Length: %s\r\n\r\n' \
        "$(wc -c <"$dir/body" | tr -d ' ')"
    cat "$dir/body"
} >"$dir/request"
conf=packaging/nginx/parallax-collector.conf
{
    echo "user root; pid $dir/nginx.pid; error_log $dir/nginx.log;"
    sed -n '/worker_rlimit/,/}/p' packaging/nginx/README.md
    echo "http { client_body_temp_path $dir/b; proxy_temp_path $dir/p;"
    echo "fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;"
    awk '/^server/ { n++ } n < 2' $conf |
        sed "/ssl_cert/d; /listen \[/d; s/443 ssl/203.0.113.1:443/; s|/var/log/nginx|$dir|"
    echo "}"
} >"$dir/nginx.conf"
unshare -rn sh "$dir/inside.sh" "$dir" "$collector" "$crowd" "$n" "$seconds" \
    >"$dir/out" 2>"$dir/err"
while read -r kind prefixes _ good _ bad _ median _ worst _ opened; do
    [ "$good" -gt 0 ] && [ "$bad" = 0 ] && [ "$worst" -le $worst_ms ]
    ok $? "$opened connections, $kind, of $prefixes networks: $good uploads of another"
    echo "# median $median ms, worst $worst ms"
done <<END
$(grep ' good ' "$dir/out")
END
is "$(grep -c ' good ' "$dir/out")" 8 'each kind was tried'
peak=$(sed -n 's/^peak //p' "$dir/out")
[ -n "$peak" ] && [ "$peak" -le $most_kb ]
ok $? 'and the collector stayed small'
echo "# $peak KiB"
is "$(grep -c '^ended 0' "$dir/out")" 1 'it ends when it is told to'
sed 's/^/# /' "$dir/err" | head -n 5
done_testing
