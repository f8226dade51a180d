#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# fingerprints: OONI's lists are stored as they are, bad rows named and left
# out; records are judged by what is stored; damage is said and stops nothing.
set -u
. "$(dirname "$0")/lib/tap.sh"
collector=$PWD/$BUILD/parallax-collector
data=$dir/data
head='name,scope,other_names,location_found,pattern_type,pattern,'
head=${head}'confidence_no_fp,expected_countries,source,exp_url,notes'

fp() { # fp ARG...: sets rc; output in $dir/out and $dir/err
    "$collector" fingerprints --data "$data" "$@" >"$dir/out" 2>"$dir/err"
    rc=$?
}

counts() { # counts SET: its answers, pages and headers
    fp list --json
    jq -c --arg name "$1" \
        '.sets[] | select(.name == $name) | [.dns, .body, .header]' "$dir/out"
}

fp
is "$rc $(sed -n '2s/ .*//p' "$dir/out")" "0 built-in" \
    "without any import the built-in set is there"
[ ! -e "$data" ]
ok $? "and listing makes no data directory"

{
    echo "$head"
    echo 'x.page,nat,,body,contains,"this ""page"" is, forbidden",9,IR,me,,'
    echo 'x.bad,nat,,body,glob,this*,9,IR,me,,'
    echo 'x.short,nat'
    echo 'x.scope,evil,,body,contains,anything at all,9,IR,me,,'
    echo 'x.head,isp,,header.location,prefix,http://no.example/,5,IR,me,,'
    echo 'x.open,nat,,body,contains,"never closed,9,IR,me,,'
    echo 'x.dns,nat,,dns,full,192.0.2.7,5,IR,me,,'
} >"$dir/mixed.csv"
fp import "$dir/mixed.csv"
is "$rc" 3 "an import with bad rows is partly done"
is "$(sed -n "s#^$dir/mixed.csv:##p" "$dir/err" | grep -v ^7)" \
    "3: unknown pattern_type
4: too few columns
5: unknown scope" "each bad row is named with its line and the reason"
grep -q "^$dir/mixed.csv:7: ." "$dir/err"
ok $? "an open quote costs a row"
is "$(counts mixed)" '[1,1,1]' "the good rows are there"

# What would accuse anybody is refused, and does not undo the rest.
{
    echo "$head"
    echo 'x.e,nat,,body,contains,e,5,IN,me,,'
    echo 'x.html,nat,,body,contains,<html>,5,IN,me,,'
    echo 'x.n,nat,,header.server,prefix,n,5,IN,me,,'
    echo 'x.all,nat,,body,regexp,.*,5,IN,me,,'
    echo 'x.dns,nat,,dns,full,8.8.8.8,5,IN,me,,'
    echo 'x.cc,nat,,dns,full,192.0.2.9,5,India,me,,'
    echo 'x.fp,fp,,body,contains,e,5,IN,me,,'
    echo 'x.good,nat,,dns,full,192.0.2.9,5,in,me,,'
} >"$dir/weak.csv"
fp import "$dir/weak.csv"
is "$rc $(grep -c ':[2-6]: too weak: ' "$dir/err")" '3 5' \
    "rows that would accuse anybody are refused"
grep -q ':7: expected_countries: want two letters' "$dir/err"
ok $? "and one of no clear country"
is "$(counts weak)" '[1,1,0]' "one that marks harmless pages is not"
rm "$data/fingerprints/weak.csv"

# A record with that page, over http, without a control.
cat >"$dir/record.json" <<'R'
{"test_name":"web_connectivity","probe_cc":"IR","probe_asn":"AS1",
"measurement_start_time":"2026-11-01 00:00:00","input":"http://a.example/",
"test_keys":{"queries":[{"transaction_id":1,"engine":"getaddrinfo",
"query_type":"ANY","hostname":"a.example","failure":null,"answers":[
{"answer_type":"A","ipv4":"93.184.216.34"}],"tags":["depth=0"]}],
"tcp_connect":[{"transaction_id":2,"ip":"93.184.216.34","port":80,
"status":{"failure":null},"tags":["depth=0","fetch_body=true"]}],
"tls_handshakes":[],"requests":[{"transaction_id":2,"failure":null,
"request":{"url":"http://a.example/"},"response":{"code":200,"headers":{},
"body":"<p>this \"page\" is, forbidden</p>","body_is_truncated":false}}],
"control":null,"control_failure":"connection_reset","network_events":[]}}
R
verdict() { # verdict DATA: the state of the one record judged by its sets
    rm -rf "$dir/store"
    mkdir "$dir/store"
    [ ! -d "$1/fingerprints" ] || cp -r "$1/fingerprints" "$dir/store/"
    "$collector" import --data "$dir/store" "$dir/record.json" 2>"$dir/err"
    "$collector" stats --data "$dir/store" --json |
        jq -r '.verdicts | to_entries[] | select(.value == 1) | .key'
}
is "$(verdict "$dir/none")" inconclusive "the page says nothing by itself"
is "$(verdict "$data")" blocked "with the imported set it is a block page"
sed -i 's/"probe_cc":"IR"/"probe_cc":"IQ"/' "$dir/record.json"
is "$(verdict "$data")" inconclusive "but not in another country"
sed -i 's/"probe_cc":"IQ"/"probe_cc":"IR"/' "$dir/record.json"

# ---- again, and under other names -------------------------------------------
before=$(cat "$data/fingerprints/mixed.csv")
printf '%s\nx,nat,,body,glob,x,5,,,,\n' "$head" >"$dir/mixed.csv"
fp import "$dir/mixed.csv"
is "$rc $(grep -c 'no usable fingerprint' "$dir/err")" "1 1" \
    "a list without a good row is refused"
is "$(cat "$data/fingerprints/mixed.csv")" "$before" \
    "and what was stored stays"
printf '%s\nx,nat,,dns,full,192.0.2.8,5,,,,\n' "$head" >"$dir/mixed.csv"
fp import "$dir/mixed.csv"
is "$rc $(counts mixed)" '0 [1,0,0]' "importing a set again replaces it"
fp import --name other - <"$dir/mixed.csv"
is "$rc $(counts other)" '0 [1,0,0]' "standard input, under a name"
is "$(find "$data/fingerprints" -type f ! -name '*.csv')" "" \
    "no unfinished file is left"
is "$(find "$data/fingerprints" -perm /077)" "" \
    "the files are their owner's alone"
fp import "$dir/mixed.csv" "$dir/missing.csv"
is "$rc" 3 "one of two files missing: partly done"
printf '\357\273\277%s\r\nx,nat,,dns,full,192.0.2.8,5,,,,\r\n' "$head" \
    >"$dir/windows.csv"
fp import "$dir/windows.csv"
is "$rc $(counts windows)" '0 [1,0,0]' "a byte order mark and CRLF are fine"

# ---- wrong usage and things that are no lists ---------------------------------
for args in "import" "import - --name ../x" "import $dir/a $dir/b --name x" \
    "remove x" "list x"; do
    # shellcheck disable=SC2086
    fp $args </dev/null
    [ "$rc" = 2 ] || { [ "$rc" = 1 ] && grep -q 'name of a set' "$dir/err"; }
    ok $? "refused: fingerprints $args"
done
echo '{"fingerprint":"a","pattern":"b"}' >"$dir/other.json"
head -c 100000 /dev/urandom >"$dir/noise"
: >"$dir/empty"
yes 'x,nat,,body,contains,abcdefgh,5,,,,' | head -c 34000000 >"$dir/huge"
for f in other.json noise empty huge missing; do
    fp import --name x "$dir/$f"
    [ "$rc" = 1 ] && [ "$(wc -l <"$dir/err")" = 1 ] && grep -q "$f" "$dir/err"
    ok $? "refused with one line: $f"
done
rm -f "$dir/huge"
fp list --json
is "$(jq -r '[.sets[].name] | join(" ")' "$dir/out")" \
    "built-in mixed other windows" "and nothing of it is stored"
{
    echo "$head"
    awk 'BEGIN { for (i = 0; i < 100001; i++)
        printf "n%d,nat,,dns,full,n%d.example,5,,,,\n", i, i }'
} >"$dir/many.csv"
fp import "$dir/many.csv"
is "$rc $(grep -c 'too many fingerprints' "$dir/err")" "1 1" \
    "more fingerprints than can be held are refused"

# ---- damage -------------------------------------------------------------------
printf '%s\nx.page,nat,,body,contains,"page"" is, forbidden",9,IR,me,,\n' "$head" \
    >"$dir/good.csv"
fp import "$dir/good.csv"
stored=$data/fingerprints
cp "$stored/good.csv" "$dir/whole"
damaged() { # damaged WORDS: list says it, records are taken and judged
    fp
    [ "$rc" = 3 ] && grep -q '^good .* unusable$' "$dir/out" &&
        grep -q 'good.csv' "$dir/err"
    ok $? "$1: the list says that the set is unusable"
    [ "$(verdict "$data")" = inconclusive ] &&
        grep -q '^1 stored' "$dir/err" &&
        grep -q 'set good is not used' "$dir/err"
    ok $? "$1: records are accepted, and the log says it"
}
sed 's/forbidden/forbiddem/' "$dir/whole" >"$stored/good.csv"
damaged "a changed byte"
head -c 120 "$dir/whole" >"$stored/good.csv"
damaged "a cut file"
: >"$stored/good.csv"
damaged "an empty file"
head -c 300000 /dev/urandom >"$stored/good.csv"
damaged "noise"
rm "$stored/good.csv"
mkdir "$stored/good.csv"
damaged "a directory"
: >"$dir/serve"
"$collector" serve --data "$data" --listen 127.0.0.1:0 --control-listen none \
    2>"$dir/serve" &
serve=$!
i=0
while ! grep -q ready "$dir/serve" && [ $i -lt 600 ]; do
    sleep 0.1
    i=$((i + 1))
done
kill -TERM "$serve"
wait "$serve"
is "$? $(grep -c 'set good is not used' "$dir/serve")" "0 1" \
    "serve starts without it and says so"
rmdir "$stored/good.csv"
# Stored by an earlier version, which took what is refused today.
printf '%s\nx.e,nat,,body,contains,e,5,,me,,\nx.page,nat,,body,contains,%s' \
    "$head" '"page"" is, forbidden",9,IR,me,,
' >"$dir/old"
{
    echo "#parallax-fingerprints 1 1796000000 $(sha256sum "$dir/old" |
        cut -d ' ' -f 1)"
    cat "$dir/old"
} >"$stored/good.csv"
is "$(verdict "$data")" blocked "a set of an earlier version is still used"
grep -q 'good.csv:2: too weak: ' "$dir/err"
ok $? "and its weak rows are named"
fp import "$dir/good.csv"
is "$rc $(verdict "$data")" "0 blocked" "importing it again repairs it"

# ---- OONI's own -------------------------------------------------------------
lists=$SHARED/data/blocking-fingerprints
if [ -d "$lists" ]; then
    fp import "$lists/fingerprints_http.csv" "$lists/fingerprints_dns.csv"
    # Blank pages, squid's and Sucuri's own errors, a provider's challenge, the
    # page of a hoster, words that any server says: each was looked at.
    is "$rc $(grep -c ': too weak: ' "$dir/err") $(grep -c 'csv:[0-9]' "$dir/err")" \
        "3 28 28" "of OONI's two lists only weak rows are refused"
    is "$(counts fingerprints_http) $(counts fingerprints_dns)" \
        "[0,1285,416] [226,0,0]" "and all else of it is used"
else
    skip "OONI's lists are not here: $lists"
fi
done_testing
