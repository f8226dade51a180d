#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# control.sh URLS DIR: asks a control, itself on the hostile network, for every
# URL of a file. DIR/answers gets `STATUS SECONDS FILE` a line, DIR/memory the
# largest resident size in kB, DIR/exit how the control ended.
urls=$1
dir=$2
PARALLAX_CONTROL_RESOLVER=45.65.0.53:53 "$BUILD/parallax-collector" control \
    --listen 127.0.0.1:8081 2>"$dir/control.err" &
pid=$!
i=0
until curl -sf -o "$dir/hello" http://127.0.0.1:8081/ || [ $i = 600 ]; do
    i=$((i + 1))
    sleep 0.1
done
nonce=00112233445566778899aabbccddeeff # who asks for a signature is a probe of ours
n=0
while read -r url; do
    n=$((n + 1))
    host=${url#*://}
    [ "$n" = 1 ] || echo next
    cat <<END
url = "http://127.0.0.1:8081/"
user-agent = "Mozilla/5.0"
max-time = 200
silent
output = "$dir/$n.json"
write-out = "%{http_code} %{time_total} $n ${host%%/*}\\n"
data = "{\"http_request\":\"$url\",\"http_request_headers\":{},\"x_parallax\":{\"nonce\":\"$nonce\"},\"tcp_connect\":[\"45.65.1.$((n % 200)):443\",\"127.0.0.1:80\",\"10.0.0.1:443\"]}"
END
done <"$urls" >"$dir/curl.conf"
curl -s -Z --parallel-max 32 -K "$dir/curl.conf" >"$dir/answers" \
    2>"$dir/curl.err"
sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status" >"$dir/memory"
kill -TERM "$pid"
wait "$pid"
echo $? >"$dir/exit"
