#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# judged.sh URLS DIR: measures with a control on the same hostile network, and
# uploads. DIR/out.jsonl, DIR/stats; DIR/exit: how probe and collector ended.
urls=$1
dir=$2
PARALLAX_CONTROL_RESOLVER=45.65.0.53:53 "$BUILD/parallax-collector" serve \
    --data "$dir/data" --listen 127.0.0.1:8080 \
    --control-listen 127.0.0.1:8081 2>"$dir/serve.err" &
pid=$!
i=0
until grep -q ': ready ' "$dir/serve.err" || [ $i = 600 ]; do
    i=$((i + 1))
    sleep 0.1
done
PARALLAX_COLLECTOR=http://127.0.0.1:8080 \
    sh "$(dirname "$0")/measure.sh" "$urls" "$dir/out.jsonl" 32 \
    >"$dir/events" 2>"$dir/err"
echo "probe $?" >"$dir/exit"
"$BUILD/parallax-collector" stats --data "$dir/data" --json >"$dir/stats"
kill -TERM "$pid"
wait "$pid"
echo "collector $?" >>"$dir/exit"
