#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The part of the bench that is about the collector; a benchmark, not a test. It takes
# the records that run.sh left, or makes them. The table also goes to
# $BUILD/bench/collector.txt, with the date and the load that the machine had.
set -u
cd "$(dirname "$0")/../.." || exit 1
table=collector.txt
. tests/bench/common.sh

row "measured $(date -u +%Y-%m-%d); processors, and how many wanted them" \
    "$(getconf _NPROCESSORS_ONLN)" "$(cut -d ' ' -f 1 /proc/loadavg)" - -
if [ ! -s "$out/records.jsonl" ]; then
    tests/lab/lab --list "$out/sites.csv" --scenario "$out/rtt.scn" -- \
        "$probe" run --list "$out/sites.csv" --parallel 50 --no-upload \
        --out "$out/records.jsonl" >>"$out/log" 2>&1
fi

heading 'Ingest: one thread, microseconds a record'
rm -rf "$out/stages" "$out/import"
"$BUILD/tests/bench/stages" "$out/records.jsonl" "$out/stages" >"$out/stages.tsv"
while IFS="$(printf '\t')" read -r what value; do
    case $what in
    records | 'mean bytes') note "$what" "$value" - ;;
    verdict) mark "$what" "$value" us '<=' 1000 ;;
    hash*) mark "$what" "$value" us '<=' 60 ;;
    *) note "$what" "$value" us ;;
    esac
done <"$out/stages.tsv"

heading 'Ingest: over HTTP, durable, both ends on this machine'
# varied: each record has other words in its page
jq -c 'select((tostring | length) > 15000 and (tostring | length) < 25000)' \
    "$out/records.jsonl" | head -n 200 | awk 'BEGIN { srand(1) }
    {
        words = ""
        for (i = 0; i < 400; i++)
            words = words sprintf("%x%s", rand() * 65536, i % 9 ? " " : ", ")
        sub(/"annotations":\{/, "\"annotations\":{\"words\":\"" words "\",")
        print
    }' >"$out/20k.jsonl"
path=/report/20261101T000000Z_webconnectivity_IT_137_n1_abcdefghijklmnop
serve_begin() { # sets serve, port
    rm -rf "$out/serve" "$out/serve.err"
    "$collector" serve --data "$out/serve" --listen 127.0.0.1:0 \
        --control-listen 127.0.0.1:0 2>"$out/serve.err" &
    serve=$!
    i=0
    while ! grep -qs ready "$out/serve.err" && [ $i -lt 100 ]; do
        sleep 0.1
        i=$((i + 1))
    done
    port=$(sed -n 's#.*ready http://127.0.0.1:\([0-9]*\) .*#\1#p' "$out/serve.err")
}
serve_end() { # sets peak, KiB, and cpu, ms
    cpu=$(awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) * 1000 / hz }' \
        "/proc/$serve/stat")
    peak=$(awk '/VmHWM/ { print $2 }' "/proc/$serve/status")
    kill -TERM "$serve"
    wait "$serve"
}
load() { # PORT CONNECTIONS COUNT [RATE]: sets per_s, p99
    read -r _ ok s _ p99 <<L
$("$BUILD/tests/bench/load" "$1" "$path" "$2" "$out/20k.jsonl" "$3" ${4:+"$4"})
L
    per_s=$(calc %.0f "$ok / $s")
}
# nginx, which throws the same POSTs away
mkdir -p "$out/nginx/tmp"
cat >"$out/nginx/nginx.conf" <<N
worker_processes 2; pid $out/nginx/pid; error_log $out/nginx/error.log;
events { }
http {
  access_log off; client_max_body_size 32m; client_body_buffer_size 1m;
  client_body_temp_path $out/nginx/tmp; keepalive_requests 100000;
  server { listen 127.0.0.1:18099;
    location / { proxy_pass http://127.0.0.1:18098; }
  }
  server { listen 127.0.0.1:18098; location / { return 200 "{}"; } }
}
N
for par in 32 1; do
    serve_begin
    load "$port" "$par" 5000
    serve_end
    ours=$per_s
    nginx -c "$out/nginx/nginx.conf" 2>>"$out/log"
    sleep 0.3
    load 18099 "$par" 5000
    kill "$(cat "$out/nginx/pid")"
    mark "records a second (20 KB, fsync first), connections: $par" "$ours" \
        /s '>=' $((par == 1 ? 1500 : 3000))
    note 'CPU of the collector a record' "$(calc %.0f "$cpu * 1000 / 5000")" us
    note 'nginx discarding the same POSTs' "$per_s" /s
done
serve_begin
load "$port" 32 6000 1500
serve_end
mark '99 in 100 answered within, at 1,500 a second' "$p99" ms '<=' 25
serve_begin
load "$port" 500 5000
serve_end
mark 'peak memory at 500 connections' "$peak" KiB '<=' 65536
CROWD=5000 CROWD_SECONDS=5 sh tests/e2e/crowd.t >"$out/crowd" 2>>"$out/log"
peak=$(sed -n 's/^# \([0-9]*\) KiB/\1/p' "$out/crowd")
worst=$(sed -n 's/^# .*worst \([0-9]*\) ms/\1/p' "$out/crowd" | sort -n | tail -n 1)
mark 'peak memory at 5,000 connections that are idle or drip' "${peak:-none}" \
    KiB '<=' 153600
mark 'and the slowest upload of another' "${worst:-none}" ms '<=' 100

heading 'Import'
for _ in 1 2 3 4 5 6 7 8; do
    cat "$out/records.jsonl"
done | awk '{ sub(/"annotations":\{/, "&\"copy\":\"" NR "\","); print }' \
    >"$out/import.jsonl"
t0=$(now_ms)
/usr/bin/time -f '%U %S' -o "$out/import.time" \
    "$collector" import --data "$out/import" "$out/import.jsonl" 2>>"$out/log"
t1=$(now_ms)
mb=$(calc %.1f "$(wc -c <"$out/import.jsonl") / 1000000")
mark 'MB a second' \
    "$(calc %.0f "$mb * 1000 / ($t1 - $t0)")" MB/s '>=' 100
note 'CPU of it a MB' \
    "$(awk -v mb="$mb" '{ printf "%.1f", ($1 + $2) * 1000 / mb }' \
        "$out/import.time")" ms

heading 'A store of 200,000 records'
sh tests/bench/scale.sh 200000 >"$out/scale.tsv"
while IFS="$(printf '\t')" read -r what value unit limit; do
    if [ "$limit" ]; then
        mark "$what" "$value" "$unit" '<=' "$limit"
    else
        note "$what" "$value" "$unit"
    fi
done <"$out/scale.tsv"

