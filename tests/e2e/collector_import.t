#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# import and stats: forms of input, bad records named and counted, twice is
# once.
set -u
. "$(dirname "$0")/lib/tap.sh"
explains=$dir/err
collector=$repo/$BUILD/parallax-collector
golden=$SHARED/data/golden

import() { # import DATA FILE...: sets rc
    data=$dir/$1
    shift
    "$collector" import --data "$data" "$@" 2>"$dir/err"
    rc=$?
}

stat() { # stat DATA KEY
    "$collector" stats --data "$dir/$1" --json |
        sed -n "s/.*\"$2\":\([0-9]*\)[,}].*/\1/p"
}

# record N: a small one
record() {
    printf '{"test_name":"web_connectivity","probe_cc":"IR","probe_asn":'
    printf '"AS%s","measurement_start_time":"2026-11-0%s 00:00:00",' \
        "$((100 + $1))" "$1"
    printf '"measurement_uid":"2026110%s000000.000000_IR_web_%s","input":' \
        "$1" "$1"
    printf '"https://site-%s.example/","test_keys":{"queries":[],' "$1"
    printf '"tcp_connect":[],"tls_handshakes":[],"requests":[],'
    printf '"network_events":[]}}\n'
}

if [ -d "$golden" ]; then
    import golden "$golden"/*.json
    [ $rc = 0 ] && [ "$(stat golden measurements)" = 37 ]
    ok $? 'the 37 golden records are imported'
    "$collector" stats --data "$dir/golden" --json >"$dir/once"
    import golden "$golden"/*.json
    "$collector" stats --data "$dir/golden" --json >"$dir/twice"
    [ $rc = 0 ] && cmp -s "$dir/once" "$dir/twice"
    ok $? 'a second time changes no count'
    cat "$golden"/*.json | gzip >"$dir/all.json.gz"
    import golden2 "$dir/all.json.gz"
    [ $rc = 0 ] && [ "$(stat golden2 measurements)" = 37 ]
    ok $? 'one compressed stream of indented records gives the same'
else
    for t in 1 2 3; do
        skip "golden records $t: $golden is missing"
    done
fi

for i in 1 2 3 4 5; do
    record $i >"$dir/$i.json"
done
cat "$dir"/[1-5].json >"$dir/all.jsonl"
gzip -k "$dir/all.jsonl"
zstd -q "$dir/all.jsonl"
import plain "$dir/all.jsonl"
[ $rc = 0 ] && [ "$(stat plain measurements)" = 5 ] &&
    [ "$(stat plain networks)" = 5 ] && [ "$(stat plain domains)" = 5 ]
ok $? 'JSON Lines'
for f in gz zst; do
    import $f "$dir/all.jsonl.$f"
    [ $rc = 0 ] && [ "$(stat $f measurements)" = 5 ]
    ok $? "compressed: $f"
done
"$collector" import --data "$dir/stdin" <"$dir/all.jsonl" 2>"$dir/err" &&
    [ "$(stat stdin measurements)" = 5 ]
ok $? 'standard input'
printf '%s' "$(tr -d '\n' <"$dir/all.jsonl")" >"$dir/joined.json"
import joined "$dir/joined.json"
[ $rc = 0 ] && [ "$(stat joined measurements)" = 5 ]
ok $? 'values without anything between them'
for i in 1 2 3; do
    printf '{"format":"json","content":%s}' "$(cat "$dir/$i.json")" \
        >"$dir/$i.post"
done
(cd "$dir" && tar czf posts.tar.gz 1.post 2.post 3.post 4.json)
import tar "$dir/posts.tar.gz"
[ $rc = 0 ] && [ "$(stat tar measurements)" = 4 ]
ok $? 'an archive of what was posted'

# bad records
{
    record 1
    echo 'this is not JSON'
    record 2
    echo '{"test_name":"web_connectivity","probe_cc":"IR","probe_asn":"AS1"}'
    echo '[1,2]'
    record 3 | sed 's/"IR"/"Iran"/'
    record 3 | sed 's/web_connectivity/web-connectivity/'
    record 4 | sed 's/"test_keys":.*/"test_keys":7}/'
    record 5 | sed 's|https://site|gopher://site|'
    record 5
} >"$dir/mixed.jsonl"
import mixed "$dir/mixed.jsonl"
[ $rc = 3 ] && [ "$(stat mixed measurements)" = 4 ] &&
    [ "$(stat mixed not_judged)" = 1 ]
ok $? 'bad records cost only themselves, and what cannot be judged is kept: exit 3'
has() { # has WORDS LINE
    grep -q "^$dir/mixed.jsonl:$2: record $2: .*$1" "$dir/err"
    ok $? "line $2 is named with what was wrong: $1"
}
has 'a value was expected' 2
has measurement_start_time 4
has 'not an object' 5
has probe_cc 6
has test_name 7
has test_keys 8
"$collector" stats --data "$dir/mixed" --json >"$dir/once"
grep -q '"rejected":{"bad_metadata":2,"json":2,"start_time":1,"test_keys":1}' \
    "$dir/once"
ok $? 'they are counted by reason'
import mixed "$dir/mixed.jsonl"
"$collector" stats --data "$dir/mixed" --json | cmp -s - "$dir/once"
ok $? 'and not again'

# more than two batches, of which each is judged by several threads
record 1 | awk '{
    for (i = 1; i <= 700; i++) {
        line = $0
        gsub(/site-1/, "site-" i, line)
        print i % 50 ? line : i % 100 ? "no JSON" : "{\"probe_cc\":\"Iran\"}"
    }
}' >"$dir/many.jsonl"
import many "$dir/many.jsonl"
[ $rc = 3 ] && [ "$(stat many measurements)" = 686 ] &&
    [ "$(sed -n 's/.*jsonl:\([0-9]*\): record \1: .*/\1/p' "$dir/err" | xargs)" = \
        '50 100 150 200 250 300 350 400 450 500 550 600 650 700' ]
ok $? 'what is refused among many is told in the order of the file'

# an index of before there were other tests than web_connectivity
sqlite3 "$dir/mixed/index.sqlite" 'DROP TRIGGER record_comes;
    DROP TRIGGER record_goes; ALTER TABLE record DROP COLUMN test_name;
    ALTER TABLE record DROP COLUMN recorded_blocking; PRAGMA user_version=1'
"$collector" stats --data "$dir/mixed" --json | cmp -s - "$dir/once"
ok $? 'an older index is read as it is'
record 4 | sed 's/web_connectivity/telegram/' >"$dir/telegram.json"
import mixed "$dir/telegram.json"
"$collector" stats --data "$dir/mixed" --json >"$dir/out"
[ $rc = 0 ] && [ "$(jq -c '[.measurements, .not_judged, .by_test,
    .rejected.json]' "$dir/out")" = '[5,2,[{"test_name":"telegram",'\
'"measurements":1},{"test_name":"web_connectivity","measurements":4}],2]' ]
ok $? 'it is brought up to date in place, counts and all'
echo nothing >"$dir/none.json"
import none "$dir/none.json"
[ $rc = 1 ]
ok $? 'nothing usable: exit 1'
: >"$dir/empty"
import none "$dir/empty"
[ $rc = 0 ]
ok $? 'an empty file is no error'
import none "$dir/missing" "$dir/1.json"
[ $rc = 3 ] && grep -q "$dir/missing: No such file" "$dir/err" &&
    [ "$(stat none measurements)" = 1 ]
ok $? 'a missing file is named and the rest is imported'
head -c 250 "$dir/all.jsonl.gz" >"$dir/cut.gz"
import cut "$dir/cut.gz"
[ $rc != 0 ] && grep -q "$dir/cut.gz: " "$dir/err"
ok $? 'a damaged file is named'
head -c 1000 "$dir/all.jsonl" >"$dir/short.json"
import short "$dir/short.json"
[ $rc = 3 ] && grep -q 'middle of a value' "$dir/err"
ok $? 'a record cut short is named'

# records of other times: found in their own month or nowhere
for y in 2012-01-01 2017-03-09 2029-11-30; do
    record 1 | sed "s/2026-11-01 00:00:00/$y 10:00:00/"
done >"$dir/times.jsonl"
import times "$dir/times.jsonl"
[ $rc = 0 ] && [ "$(sqlite3 "$dir/times/index.sqlite" "SELECT substr(uid, 1, 14),
    date(start_s, 'unixepoch'), date(claimed_s, 'unixepoch'),
    receipt_s > 1790000000 FROM record ORDER BY claimed_s")" = \
    '20120101100000|2012-01-01|2012-01-01|1
20170309100000|2017-03-09|2017-03-09|1
20000101000000|2000-01-01|2029-11-30|1' ] &&
    "$collector" stats --data "$dir/times" --json |
    grep -q '"times":{"in_time":0,"future":1,"old":2},"vouched":0,'
ok $? 'claimed, receipt and filing are three columns'
import times --vouch an-archive "$dir/times.jsonl"
[ $rc = 0 ] && grep -q '^3 of those known already are vouched' "$dir/err" &&
    [ "$(stat times vouched)" = 3 ] && [ "$(stat times measurements)" = 3 ]
ok $? 'an import vouches for its source, also for what is there already'
import times --vouch 'an archive' "$dir/times.jsonl"
[ $rc = 2 ]
ok $? 'by a name that is a word'

# what list finds of them, by what filter
listed() { "$collector" list --data "$dir/listed" "$@" 2>"$dir/err" | wc -l; }
{
    cat "$dir/times.jsonl"
    record 1
    record 2 | sed 's/"web_connectivity"/"urlgetter"/; s/site-2/SITE-1/'
} >"$dir/listed.jsonl"
import listed "$dir/listed.jsonl"
[ "$(listed --timing future) $(listed --timing old) $(listed --nowhere)" = '1 2 1' ] &&
    [ "$(listed --since 2000-01-01 --until 2000-01-02)" = 0 ] &&
    [ "$(listed --until 2018-01-01)" = 2 ] && [ "$(listed --place disagrees)" = 0 ] &&
    [ "$(listed --vouched '')" = 5 ] && [ "$(listed --vouched nobody)" = 0 ] &&
    [ "$("$collector" list --data "$dir/listed" --json --nowhere | jq -c \
        '[.measurement_start_time, .filed_under, .timing, .place, .vouched]')" = \
        '["2029-11-30T10:00:00Z",null,"future","unchecked",null]' ]
ok $? 'list has the time that is claimed, and finds by it or nowhere'
[ "$(listed --domain SITE-1.example.) $(listed --domain site-1.EXAMPLE)" = '5 5' ]
ok $? 'and by a host however it is spelt, of every test'
rc=
for a in '' https://site-1.example/ site-1.example:443 'site 1' me@site-1.example; do
    "$collector" list --data "$dir/listed" --domain "$a" >/dev/null 2>"$dir/err"
    rc=$rc$?
done
"$collector" list --data "$dir/listed" --since 2026-02-01 --until 2026-01-01 \
    2>"$dir/err"
[ "$rc$?" = 222222 ]
ok $? 'but not by what is no host, nor of a time that ends before it begins'

# who may only read
mkdir -m 755 "$dir/shared"
import shared "$dir/all.jsonl"
is_mode=$(command stat -c %a "$dir/shared")
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    chmod 711 "$dir"
    chmod -R a+rX "$dir/shared"
    install -m 755 "$collector" "$dir/collector"
    [ "$(for c in stats list verify-store; do
        HOME=/nonexistent setpriv --reuid 65534 --regid 65534 --clear-groups \
            "$dir/collector" $c --data "$dir/shared" 2>"$dir/err" >"$dir/out"
        printf '%s' $?
    done)" = 000 ]
    ok $? 'who may read but not write reads'
    mkdir -m 700 "$dir/closed"
    rc=
    for d in closed/data absent/data; do
        HOME=/nonexistent setpriv --reuid 65534 --regid 65534 --clear-groups \
            "$dir/collector" stats --data "$dir/$d" 2>"$dir/err" >"$dir/out"
        rc=$rc$?$(grep -o -e "Permission denied" -e "no measurements" "$dir/err")
    done
    is "$rc" "1Permission denied1no measurements" \
        'a directory that cannot be looked into is not one that is missing'
else
    skip "who may read but not write: needs root and setpriv"
    skip "a directory that cannot be looked into: needs root and setpriv"
fi
[ "$is_mode" = 700 ]
ok $? 'a directory that was made for us becomes ours alone'
"$collector" report --data "$dir/mixed" --country IR --since 2026-11-01 \
    --until 2026-12-01 --out "$dir/report" 2>"$dir/err"
ok $? 'a report passes over what could not be judged'

# copies of one record under other places, filed before the true one
for place in 'IR"AS1' 'IR"AS2' 'TM"AS3' 'IR"AS4' 'IR"AS5' 'IR"AS101'; do
    record 1 | sed "s/\"IR\"/\"${place%\"*}\"/; s/AS101/${place#*\"}/"
done >"$dir/copies.jsonl"
import copies "$dir/copies.jsonl"
copies() {
    sqlite3 "$dir/copies/index.sqlite" 'SELECT count(*), count(DISTINCT uid),
        count(DISTINCT hash) FROM record'
}
[ $rc = 0 ] && [ "$(copies)" = '6|6|1' ]
ok $? 'copies of a record under other places do not keep the true one out'
import copies "$dir/copies.jsonl"
bytes_of() { # bytes_of ASN: of the claim of that network
    "$collector" get --data "$dir/copies" "$(sqlite3 \
        "$dir/copies/index.sqlite" "SELECT uid FROM record WHERE asn = $1")"
}
[ $rc = 0 ] && [ "$(copies)" = '6|6|1' ] && bytes_of 4 | grep -q '"AS4"' &&
    bytes_of 101 | grep -q '"AS101"'
ok $? 'each of them is one record with its own bytes, however often it comes'

# usage
"$collector" stats --nonsense 2>"$dir/err"
[ $? = 2 ] && grep -q nonsense "$dir/err"
ok $? 'an unknown option is wrong usage'
"$collector" nonsense 2>"$dir/err"
[ $? = 2 ]
ok $? 'an unknown command is wrong usage'
for c in serve control import stats; do
    "$collector" $c --help | grep -q '^ *--'
    ok $? "$c --help tells its options"
done
"$collector" serve --data "$dir/x" --listen nowhere --control-listen none \
    2>"$dir/err"
[ $? = 2 ] && grep -q "'nowhere' is not ADDR:PORT" "$dir/err"
ok $? 'a bad address to listen on is wrong usage'
"$collector" serve --data /proc/nowhere --control-listen none 2>"$dir/err"
[ $? = 1 ] && grep -q /proc/nowhere "$dir/err"
ok $? 'a directory that cannot be made is named'
"$collector" stats --data "$dir/nothing" 2>"$dir/err"
[ $? = 1 ] && grep -q "$dir/nothing" "$dir/err"
ok $? 'stats of nothing fails in words'
"$collector" stats --data "$dir/plain" | grep -q '^Measurements  5'
ok $? 'stats for people'
done_testing
