#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Nothing acknowledged is lost: killed over the whole life of the process, on a
# full disk, and when told to end. KILLS=N asks for more than 20 kills. Bounded:
# a few seconds.
set -u
. "$(dirname "$0")/lib/tap.sh"
explains=$dir/log
collector=$repo/$BUILD/parallax-collector
pid=

finish() {
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
    wait 2>/dev/null
    rm -rf "$dir"
}
trap finish EXIT

# told FAULT DONE SAID: a row for tests/faults/table.sh
told() {
    [ -z "${FAULTS_SAID:-}" ] || printf '%s\t%s\t%s\n' "$@" >>"$FAULTS_SAID"
}

# start OPTIONS...: sets pid and url
start() {
    : >"$dir/log"
    "$collector" serve --data "$dir/data" --listen 127.0.0.1:0 "$@" \
        2>"$dir/log" &
    pid=$!
    for _ in $(seq 1200); do
        url=$(sed -n 's/^parallax-collector: ready \([^ ]*\) control.*/\1/p' \
            "$dir/log")
        [ -z "$url" ] || return 0
        kill -0 "$pid" 2>/dev/null || return 1
        sleep 0.05
    done
    return 1
}

report=20261101T000000Z_webconnectivity_IR_137_n1_abcdefghijklmnop

# record N PADDING
record() {
    printf '{"format":"json","content":{"test_name":"web_connectivity",'
    printf '"probe_cc":"IR","probe_asn":"AS137","measurement_start_time":'
    printf '"2026-11-01 00:00:00","input":"https://site-%s.example/",' "$1"
    printf '"annotations":{"padding":"%s"},"test_keys":{"queries":[],' "$2"
    printf '"tcp_connect":[],"tls_handshakes":[],"requests":[],'
    printf '"network_events":[]}}}'
}

upload() { # upload FILE: prints the answer's body if it is a uid
    curl -s -m 60 --data-binary @"$1" "$url/report/$report" |
        grep '^{"measurement_uid":"'
}

# One of several at once: uploads until the collector is gone, keeping what
# was acknowledged.
uploader() {
    k=0
    while [ $k -lt 400 ]; do
        f=$dir/up/$1-$k
        record "$1-$k" "" >"$f"
        upload "$f" >/dev/null && mv "$f" "$dir/acked/" || rm -f "$f"
        kill -0 "$pid" 2>/dev/null || break
        k=$((k + 1))
    done
}

count() {
    "$collector" stats --data "$dir/data" --json |
        sed -n 's/^{"measurements":\([0-9]*\),.*/\1/p'
}

mkdir "$dir/up" "$dir/acked"
# Where in its life each is killed: while it starts, while it makes the index
# again, while it ends, and while uploads come.
begin() {
    : >"$dir/log"
    "$collector" serve --data "$dir/data" --listen 127.0.0.1:0 \
        --control-listen none 2>"$dir/log" &
    pid=$!
}
started=0
kills=0
while [ $kills -lt "${KILLS:-20}" ]; do
    kills=$((kills + 1))
    part=$((kills * 37 % 100))
    case $((kills % 5)) in
    1)
        begin
        sleep "$(printf '0.%03d' $part)"
        ;;
    2)
        rm -f "$dir"/data/index.sqlite*
        begin
        sleep "$(printf '0.%03d' $part)"
        ;;
    *)
        start --control-listen none || {
            started=1
            break
        }
        for u in 1 2 3; do
            uploader "$kills-$u" &
        done
        sleep "$(printf '0.%03d' $((150 + 3 * part)))"
        [ $((kills % 5)) != 3 ] || kill -TERM "$pid"
        [ $((kills % 5)) != 3 ] || sleep "$(printf '0.%03d' $((part / 4)))"
        ;;
    esac
    kill -9 "$pid" 2>/dev/null
    wait 2>/dev/null
done
ok $started 'the collector starts again after every kill'

start --control-listen none
before=$(count)
acked=0
same=0
for f in "$dir"/acked/*; do
    acked=$((acked + 1))
    upload "$f" >/dev/null || same=1
done
after=$(count)
[ "$acked" -gt 20 ] && [ "$same" = 0 ] && [ "$before" = "$after" ] &&
    [ "$before" -ge "$acked" ]
ok $? "none of $acked acknowledged records is lost ($before kept)"
told 'SIGKILL' "$kills times \`serve\`, while it starts, takes uploads and ends" \
    "$acked acknowledged, $((after - before)) of them lost"

"$collector" verify-store --data "$dir/data" >"$dir/verified" 2>&1
ok $? "and nothing is damaged: $(tail -n 1 "$dir/verified")"

record last "" >"$dir/up/last"
upload "$dir/up/last" >/dev/null
ok $? 'uploads go on'
kill -TERM "$pid"
wait "$pid"
ok $? 'SIGTERM ends it with 0'
pid=
[ "$(count)" = $((after + 1)) ]
ok $? 'and what was acknowledged before is there'

# A disk that is full after 2 MB (512-byte blocks here).
rm -rf "$dir/data"
: >"$dir/log"
padding=$(head -c 60000 /dev/urandom | base64 -w0)
(
    ulimit -f 4000
    exec "$collector" serve --data "$dir/data" --listen 127.0.0.1:0 \
        --control-listen none
) 2>"$dir/log" &
pid=$!
for _ in $(seq 1200); do
    url=$(sed -n 's/^parallax-collector: ready \([^ ]*\) control.*/\1/p' \
        "$dir/log")
    [ -z "$url" ] || break
    sleep 0.05
done
good=0
full=
k=0
while [ $k -lt 80 ]; do
    record "full-$k" "$k$padding" >"$dir/up/full"
    code=$(curl -s -m 60 -o /dev/null -w '%{http_code}' --data-binary \
        @"$dir/up/full" "$url/report/$report")
    case $code in
    200) good=$((good + 1)) ;;
    *)
        full=$code
        break
        ;;
    esac
    k=$((k + 1))
done
[ "$full" = 503 ] && [ "$good" -gt 5 ]
ok $? "a full disk is answered 503 (it was $full, after $good records)"
[ "$(count)" = "$good" ]
ok $? 'and every acknowledged record is kept'
told 'full disk, collector' 'files of at most 2 MB' \
    "$good times 200, then $full; $(count) kept"
kill -TERM "$pid"
wait "$pid"
pid=
start --control-listen none && upload "$dir/up/full" >/dev/null
ok $? 'the refused upload is taken once there is room'
[ "$(count)" = $((good + 1)) ]
ok $? 'and counted once'
kill -TERM "$pid"
wait "$pid"

# The segments go, under a running collector and before one starts.
start --control-listen none
mv "$dir/data/segments" "$dir/away"
record gone "" >"$dir/up/gone"
code=$(curl -s -m 60 -o /dev/null -w '%{http_code}' --data-binary @"$dir/up/gone" \
    "$url/report/$report")
curl -s -m 60 "$url/health" | grep -q '"status":"fail".*segments are gone' &&
    [ "$code" = 503 ]
ok $? "what is not kept where it will be looked for is not acknowledged ($code)"
kill -TERM "$pid"
wait "$pid"
pid=
"$collector" import --data "$dir/data" /dev/null 2>"$dir/log"
[ $? = 1 ] && grep -q "$((good + 1)) of the $((good + 1)) records" "$dir/log" &&
    [ "$(count)" = $((good + 1)) ]
ok $? 'no writer starts without what the index knows of'
"$collector" index rebuild --data "$dir/data" 2>"$dir/log" &&
    "$collector" stats --json --data "$dir/data" |
    grep -q "\"measurements\":0,.*\"lost\":$((good + 1))" &&
    start --control-listen none &&
    curl -s -m 60 "$url/health" | grep -q "$((good + 1)) records are lost"
ok $? 'a rebuild goes on, and what is lost stays known'
"$collector" report --data "$dir/data" --country IT --since 2026-01-01 \
    --until 2027-01-01 --out "$dir/lost" 2>&1 >/dev/null |
    grep -q "without $((good + 1)) records that are lost"
ok $? 'a report says that it is without it'
kill -TERM "$pid"
wait "$pid"
mv "$dir"/away/*.seg "$dir/data/segments/"
"$collector" index rebuild --data "$dir/data" 2>"$dir/log" &&
    "$collector" verify-store --data "$dir/data" >"$dir/log" 2>&1 &&
    [ "$(count)" = $((good + 1)) ]
ok $? 'until it is put back'

# The control is a process of its own.
start --control-listen 127.0.0.1:0
control=$(sed -n 's/.* control \(http.*\)$/\1/p' "$dir/log")
# child PID: of the collector it is what keeps the control running, which has the
# control and one that would take over
child() { ps -o pid= --ppid "$1" | head -n 1 | tr -d " "; }
keeper=$(child "$pid")
control_of() { ps -o pid=,args= --ppid "$1" | awk "/ control --listen/ { print \$1 }"; }
child=$(control_of "$keeper")
curl -s -m 60 "$control/" | grep -q 'Hello OONItarian!'
ok $? 'its control answers'
if ls -l "/proc/$child/fd" "/proc/$keeper/fd" >"$dir/open" 2>/dev/null; then
    ! grep -q "$dir/data" "$dir/open"
    ok $? 'and has nothing of the data directory open, nor has what keeps it running'
else
    ok 0 "# SKIP not root: what the control has open"
fi
is_inside() { # PID: each of its threads is
    [ "$(cat /proc/"$1"/task/*/status | awk '/^(NoNewPrivs|Seccomp):/ { print $2 }' |
        sort | uniq | tr '\n' ' ')" = '1 2 ' ]
}
is_inside "$pid" && is_inside "$child"
ok $? 'both are in their sandbox, with every thread'
kill -9 "$child"
again=1
for _ in $(seq 600); do
    sleep 0.1
    curl -s -m 60 "$control/" | grep -q 'Hello OONItarian!' && again=0 && break
done
ok $again 'a control that dies is started again at the same place'
child=$(control_of "$keeper")
kill -9 "$pid"
wait "$pid" 2>/dev/null
pid=
gone=1
for _ in $(seq 600); do
    kill -0 "$child" 2>/dev/null || kill -0 "$keeper" 2>/dev/null ||
        { gone=0 && break; }
    sleep 0.1
done
ok $gone 'and it ends with the collector, however that ends'
done_testing
