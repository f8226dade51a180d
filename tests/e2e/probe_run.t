#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# parallax run does what its options say.
set -u
. "$(dirname "$0")/lib/tap.sh"
case $BUILD in
/*) ;;
*) BUILD=$repo/$BUILD ;;
esac
export LAB_BUILD="${LAB_BUILD:-$repo/build}"
list=$repo/tests-lists/demo.csv
PARALLAX_RETEST_PAUSE=2
export PARALLAX_RETEST_PAUSE

# lab STATUS WORDS SCENARIO SCRIPT: SCRIPT runs on the volunteer's host
lab() {
    printf '%s\n' "$3" >"$dir/scenario"
    printf 'probe=%s\ndir=%s\nlist=%s\n%s\n' "$BUILD/parallax" "$dir" "$list" \
        "$4" >"$dir/script"
    timeout -k 5 600 tests/lab/lab --scenario "$dir/scenario" --list "$list" \
        --keep "$dir/lab" -- sh "$dir/script" >"$dir/out" 2>"$dir/err" \
        </dev/null
    is "$?" "$1" "$2"
    heard "$dir/out" "$dir/err"
}

says() {
    grep -q -e "$1" "$dir/err"
    status=$?
    ok $status "$2"
    [ $status = 0 ] || sed 's/^/# /' "$dir/err"
}

says_not() {
    ! grep -q -e "$1" "$dir/err"
    ok $? "$2"
}

# ---- where things go -----------------------------------------------------------
lab 0 "a site is measured" 'link rtt 2ms' \
    '$probe run --url https://www.example.com/ --out -'
is "$(jq -r .input "$dir/out")" https://www.example.com/ \
    "with --out - standard output holds the record and nothing else"
says '^ok  *https://www.example.com/$' "and progress goes to standard error"
says '^1 done, 0 refused .*, 0 bad, 0 skipped$' "and a summary too"
id=$(jq -r .report_id "$dir/out")
is "${id#*Z_}" "webconnectivity_IT_137${id#*_137}" "the record names its report"
# The collector opens it a moment after the run began.
is "$(jq -r '(.report_id[:16] | strptime("%Y%m%dT%H%M%SZ") | mktime) -
    (.test_start_time | strptime("%Y-%m-%d %H:%M:%S") | mktime) |
    . >= 0 and . < 60' "$dir/out")" true "which was opened for this run"
is "$(jq -r '[.probe_cc, .probe_asn, .resolver_asn, .resolver_ip,
    .probe_ip] | join(" ")' "$dir/out")" \
    "IT AS137 AS137 130.192.3.21 127.0.0.1" \
    "and where it was made, and whose resolver was asked, but no address of the volunteer"
is "$(jq -r '.test_keys.client_resolver == .resolver_ip' "$dir/out")" true \
    "client_resolver is the envelope's resolver"
is "$(grep -c 130.192.91.211 "$dir/out")" 0 \
    "the volunteer's address stands nowhere"
is "$(grep -c x_probe "$dir/out")" 0 "nor does the pseudonym"

lab 0 "lines go to standard output when records do not" 'link rtt 2ms' \
    '$probe run --url https://www.example.com/ --no-upload
    [ ! -e $HOME/.local/state/parallax/spool ]'
is "$(cat "$dir/out")" "ok             https://www.example.com/" \
    "one line per site, and --no-upload makes no spool"

# ---- one object a line ---------------------------------------------------------
lab 0 "progress as JSON" 'rst sni find-it.example' \
    '$probe run --json --url https://find-it.example/ \
    --url https://postbox.example/ --url https://find-it.example/'
# which of the two sites comes first is the device's secret
is "$(jq -r .event "$dir/out" | sed '1!{$!d}' | xargs) $(jq -r .event \
    "$dir/out" | sed '1d;$d' | sort | xargs)" "start end again site site" \
    "is one object per event, and the same URL twice is measured once"
is "$(jq -r 'select(.event == "site" and .input == "https://find-it.example/") |
    .state + " " + .method' "$dir/out")" "blocked tls" \
    "and a site's event has its state and method"
is "$(jq -c 'select(.event == "end") | [.done, .ok, .blocked, .skipped, .sent,
    .waiting, .stopped]' "$dir/out")" "[2,1,1,1,2,0,null]" \
    "and the last one has the counts"

# ---- what is measured ----------------------------------------------------------
lab 0 "only the classes agreed to" 'link rtt 2ms' \
    '$probe consent --accept R0 >/dev/null
    $probe run --list $list --no-upload --json'
is "$(jq -c 'select(.event == "end") | [.done, .refused]' "$dir/out")" \
    "[$(awk -F, 'NR > 1 && $2 ~ /^(CULTR|ENV|PUBH|MMED|HOST|SRCH|COMM|ECON|GOVT|CTRL)$/' \
        "$list" | wc -l),$(awk -F, 'NR > 1 && $2 !~ /^(CULTR|ENV|PUBH|MMED|HOST|SRCH|COMM|ECON|GOVT|CTRL)$/' \
        "$list" | wc -l)]" "are measured; the rest is refused and counted"
lab 0 "a site named on the command line needs no class" 'link rtt 2ms' \
    '$probe consent --accept R0 >/dev/null
    $probe run --url https://rights-watchhouse.example/ --no-upload'
is "$(cut -c 1-2 "$dir/out")" ok "and is measured"
lab 0 "only the categories asked for" 'link rtt 2ms' \
    '$probe run --list $list --category HUMR,SRCH --no-upload --json'
is "$(jq -c 'select(.event == "end") | [.done, .skipped]' "$dir/out")" \
    "[4,36]" "are measured; the rest is skipped and counted"
lab 0 "the installed lists are found" 'link rtt 2ms' \
    'mkdir -p $HOME/.local/share/parallax/lists
    head -n 3 $list >$HOME/.local/share/parallax/lists/global.csv
    echo https://find-it.example/ >$HOME/.local/share/parallax/lists/xz.csv
    $probe run --country xz --no-upload'
is "$(wc -l <"$dir/out")" 3 "that of the country and the global one"
lab 0 "a list is read from standard input" 'link rtt 2ms' \
    'head -n 3 $list | $probe run --list - --no-upload'
is "$(wc -l <"$dir/out")" 2 "row by row"

# ---- limits --------------------------------------------------------------------
lab 0 "a run ends when its time is over" 'link rtt 100ms' \
    '$probe run --list $list --parallel 1 --max-runtime 8 --no-upload --json'
is "$(jq -r 'select(.event == "end") | (.done > 0 and .not_started > 0 and
    .stopped == "the time allowed is over")' "$dir/out")" true \
    "and says how many sites are left and why"
lab 0 "a run ends when its budget is used up" 'link rtt 2ms' \
    '$probe run --list $list --parallel 4 --budget 300k --no-upload --json'
is "$(jq -r 'select(.event == "end") | (.done > 0 and .not_started > 0 and
    .bytes_up + .bytes_down < (300 + 4 * 64) * 1024)' "$dir/out")" true \
    "and passes it by what was in flight at most"
# 40 rows, a budget for about 22 of them, less where packets are sent twice because
# the machine is busy, and one place that the device keeps.
lab 0 "each run goes on where the last one ended" 'link rtt 2ms' \
    'cursor=$HOME/.local/state/parallax/cursor
    again() {
        $probe run --list $list --parallel 4 --budget 200k --no-upload --json |
            jq -r "select(.event == \"site\") | .input" >$dir/part.$1
    }
    again 1
    ls -l $cursor | cut -c 1-10 >$dir/cursor
    wc -c <$cursor >>$dir/cursor
    $probe run --list $list --dry-run >/dev/null
    $probe run --url https://www.example.com/ --no-upload >/dev/null
    cp $dir/part.1 $dir/parts
    for i in 2 3 4 5 6 7 8; do
        [ $(sort -u $dir/parts | wc -l) -lt 40 ] || break
        again $i
        cat $dir/part.$i >>$dir/parts
    done
    $probe run --list $list --no-upload >/dev/null
    [ ! -e $cursor ] || exit 5
    echo damaged >$cursor
    again 9
    [ "$(wc -c <$cursor)" = 16 ]'
n=$(wc -l <"$dir/part.1")
[ "$n" -gt 0 ] && [ "$n" -lt 40 ]
ok $? "a budget of 200 kB ends a run after $n of 40 sites"
is "$(head -n $((40 - 4)) "$dir/parts" | sort | uniq -d)" "" \
    "and none is measured twice before all were"
is "$(sort -u "$dir/parts" | wc -l)" 40 "a few runs come through all of them"
is "$(xargs <"$dir/cursor")" "-rw------- 16" \
    "what is kept of it is 16 bytes, which a finished list removes"
says_not 'damaged' "and a damaged one is no matter for the volunteer"
tail -n +2 "$list" | cut -d, -f1 | cmp -s - "$dir/part.9"
is $? 1 "a list is not measured in its own order"
lab 3 "a run told to end by SIGTERM keeps and tells" \
    'drop sni find-it.example' \
    '$probe run --url https://find-it.example/ --url https://postbox.example/ \
    --out $dir/term.jsonl &
    for i in $(seq 1200); do
        [ -s $dir/term.jsonl ] && break
        sleep 0.1
    done
    kill -TERM $!
    wait $!'
says 'because it was interrupted' "what was not measured, and why"

# ---- one false address for many names --------------------------------------------
lab 0 "forty names at one private address" 'link rtt 2ms
dns isp answer *.example A 10.10.34.36
reject ip 10.10.34.36' \
    '$probe run --list $list --no-upload --out $dir/bogon.jsonl'
is "$(jq -c '.test_keys | [.x_verdict.state, .x_verdict.method, .blocking,
    ([.tcp_connect[] | select(.ip == "10.10.34.36") | .status.failure] |
    unique)]' "$dir/bogon.jsonl" | sort -u | wc -l)" 1 \
    "all have the same verdict and say the same of that address"
is "$(jq -r '.test_keys.tcp_connect[] | select(.ip == "10.10.34.36") |
    select(.x_told_after | not) | .port' "$dir/bogon.jsonl" | sort | uniq -d)" \
    "" "and one of them connected to it, the others were told"
if command -v tshark >/dev/null; then
    is "$(tshark -r "$dir/lab/client.pcap" -T fields -e tcp.dstport -Y \
        'ip.dst == 10.10.34.36' | sort | uniq -d)" "" \
        "the line shows one packet for each port"
else
    skip "tshark is not installed"
fi

# ---- two at once -----------------------------------------------------------------
lab 0 "two runs at once do not get into each other's way" 'link rtt 2ms' \
    '$probe run --url https://find-it.example/ &
    $probe run --url https://postbox.example/
    a=$?
    wait $!
    b=$?
    $probe upload
    c=$?
    echo "$a$b"
    [ $c = 0 ] && [ -z "$(ls $HOME/.local/state/parallax/spool/*.spool \
        2>/dev/null)" ]'
is "$("$BUILD/parallax-collector" stats --data "$dir/lab/collector" --json |
    jq .measurements)" 2 "and everything arrives"

lab 3 "a run beside a longer one leaves its records waiting" 'link rtt 2ms
drop sni www.example.org' \
    '$probe run --url https://www.example.org/ --url https://postbox.example/ \
        --out $dir/longer.jsonl 2>/dev/null &
    for i in $(seq 1200); do
        [ -s $dir/longer.jsonl ] && break
        sleep 0.1
    done
    $probe run --url https://www.example.com/
    a=$?
    kill -INT $!
    wait $!
    exit $a'
says 'another run (process [0-9]*) holds' "and says why"

# ---- collectors with our dictionary and without -----------------------------------
# Two ways to the same collector; one hides from the probe what it offers.
mkdir -m 777 "$dir/ways"
cat >"$dir/ways/conf" <<E
user root;
pid $dir/ways/pid;
error_log $dir/ways/error;
events { }
http {
    client_body_temp_path $dir/ways/body;
    proxy_temp_path $dir/ways/proxy;
    fastcgi_temp_path $dir/ways/fastcgi;
    uwsgi_temp_path $dir/ways/uwsgi;
    scgi_temp_path $dir/ways/scgi;
    log_format way '\$server_port \$uri \$status \$request_length '
        '\$http_content_encoding';
    access_log $dir/ways/log way;
    proxy_ssl_server_name on;
    proxy_set_header Host api.ooni.io;
    server {
        listen 127.0.0.1:8091;
        location / { proxy_pass https://api.ooni.io; }
    }
    server {
        listen 127.0.0.1:8092;
        sub_filter_types application/json;
        sub_filter x_dictionaries x_nothing;
        location / { proxy_pass https://api.ooni.io; }
    }
}
E
lab 0 "with a collector that has our dictionary and one that has not" \
    'link rtt 2ms' \
    'nginx -p $dir/ways -c $dir/ways/conf -e $dir/ways/error || exit 9
    trap "kill \$(cat $dir/ways/pid)" EXIT
    for port in 8091 8092; do
        PARALLAX_COLLECTOR_SEAL_KEY= $probe run --url https://www.example.com/ \
            --url https://postbox.example/ \
            --collector http://127.0.0.1:$port || exit 8
        [ -z "$(ls $HOME/.local/state/parallax/spool/*.spool 2>/dev/null)" ] ||
            exit 7
    done
    $probe run --url https://www.example.com/ --url https://postbox.example/ \
        --collector http://127.0.0.1:8091'
posts() {
    awk -v port="$1" '$1 == port && $2 ~ "^/report/[0-9A-Za-z_]+$" &&
        $3 == 200 { print $5 }' "$dir/ways/log" | sort | uniq -c | xargs
}
is "$(posts 8091)" '2 dcz' "records are compressed against it where it is known"
is "$(posts 8092)" '2 zstd' "and by themselves elsewhere"
is "$("$BUILD/parallax-collector" stats --data "$dir/lab/collector" --json |
    jq .measurements)" 6 "and all of them are stored"
is "$(grep -c '^8091 /api/v1/parallax/sealed 200 ' "$dir/ways/log")" 2 \
    "where the collector's key is known they are sent sealed, those of this run too"
size() {
    awk -v port="$1" '$1 == port && $5 != "-" { n += $4 } END { print n }' \
        "$dir/ways/log"
}
[ $(($(size 8091) * 10)) -lt $(($(size 8092) * 9)) ]
ok $? "a tenth is saved at least ($(size 8091) of $(size 8092) bytes)"

plain "a volunteer reads words, and no failure string"
done_testing
