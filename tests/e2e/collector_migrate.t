#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Data directories of earlier versions (tests/e2e/stores): everything is there
# after a command of this one has opened them, whichever it is, and is counted
# as before; `index rebuild` makes the same index.
set -u
. "$(dirname "$0")/lib/tap.sh"
explains=$dir/err
collector=$repo/$BUILD/parallax-collector
stores=$PWD/tests/e2e/stores

fresh() { # fresh [VERSION]: the stored directory, untouched
    rm -rf "$dir/store"
    tar -xzf "$stores/store-${1:-1}.tar.gz" -C "$dir"
}

rows() { # what the index knows of each record, as the program before saw it
    sqlite3 "$dir/store/index.sqlite" 'SELECT uid, receipt_s, cc, asn, input,
        domain, state, segment, offset FROM record ORDER BY uid'
}

counts() { # measurements, duplicates, rejected
    "$collector" stats --data "$dir/store" --json 2>>"$dir/err" |
        sed 's/,"countries".*//'
}

fresh
rows >"$dir/before"
[ "$(counts)" = '{"measurements":6,"duplicates":1,"rejected":{"format":4,"json":1}' ]
ok $? 'reading is enough to bring an older index up to date'
rows | cmp -s - "$dir/before"
ok $? 'all records are in it, by the uids they had'
[ "$(sqlite3 "$dir/store/index.sqlite" 'PRAGMA user_version')" -gt 1 ]
ok $? 'it is of this version'
rm "$dir/err"
counts >/dev/null
[ ! -s "$dir/err" ]
ok $? 'which is done once'

fresh
"$collector" import --data "$dir/store" /dev/null 2>"$dir/err" &&
    rows | cmp -s - "$dir/before"
ok $? 'so is writing'
[ "$(sqlite3 "$dir/store/index.sqlite" 'SELECT count(*) FROM once')" = 1 ]
ok $? 'what was refused once is known still'

if [ "$(id -u)" = 0 ]; then
    fresh
    chown -R nobody "$dir/store"
    counts >/dev/null
    [ -z "$(find "$dir/store" -user root)" ]
    ok $? 'what root brings up to date still belongs to the service'
else
    skip "files of a service: only root can give files away"
fi

# killed in the middle: the new index was begun, the old one is there
fresh
printf 'half an index' >"$dir/store/index.sqlite.new"
counts | grep -q '"measurements":6,"duplicates":1'
ok $? 'an index that somebody began and left is no hindrance'

fresh
counts >/dev/null
[ "$(sqlite3 "$dir/store/index.sqlite" "SELECT strftime('%Y', start_s,
    'unixepoch'), strftime('%Y', claimed_s, 'unixepoch'), timing, place, site
    FROM record ORDER BY site, uid")" = '2026|2026|0|0|https://site-1.example/
2026|2026|0|0|https://site-1.example/
2026|2026|0|0|https://site-3.example/
2012|2012|2|0|https://site-4.example/
2021|2021|2|0|https://site-5.example/
2000|2029|1|0|https://site-6.example/' ]
ok $? 'what they claim is read from the records: times, and sites by one name'
printf '%s' '{"test_name":"web_connectivity","probe_cc":"IR","probe_asn":"AS102",'\
'"measurement_start_time":"2012-01-01 00:00:00","input":"https://site-4.example/",'\
'"annotations":{"category_code":"NEWS"},"test_keys":{"queries":[],"tcp_connect":[],'\
'"tls_handshakes":[],"requests":[],"network_events":[]}}' >"$dir/old"
"$collector" import --vouch archive --data "$dir/store" "$dir/old" 2>"$dir/err"
grep -q '1 of those known already are vouched for' "$dir/err" &&
    [ "$(sqlite3 "$dir/store/index.sqlite" "SELECT uid, vouched FROM record
        WHERE site = 'https://site-4.example/'")" = \
    '20261130150000.412607_IR_webconnectivity_f069e42cf66a5746|archive' ]
ok $? 'an older record can be vouched for, and keeps its uid'

fresh
counts >/dev/null
"$collector" index rebuild --data "$dir/store" 2>"$dir/err" &&
    rows | cmp -s - "$dir/before" && counts | grep -q '"duplicates":1'
ok $? 'index rebuild makes the same again and keeps the counts'
rm "$dir/store"/index.sqlite*
"$collector" index rebuild --data "$dir/store" 2>"$dir/err" &&
    rows | cmp -s - "$dir/before"
ok $? 'also from nothing but the segments'
"$collector" index 2>"$dir/err"
[ $? = 2 ]
ok $? 'index alone is wrong usage'

fresh 4
rows >"$dir/before4"
counts | grep -q '"measurements":6,"duplicates":1' &&
    rows | cmp -s - "$dir/before4" &&
    sqlite3 "$dir/store/index.sqlite" 'SELECT id FROM signature'
ok $? 'one that knew nothing of signatures becomes one that does'

fresh 6
rows >"$dir/before6"
counts | grep -q '"measurements":6,"duplicates":1' &&
    rows | cmp -s - "$dir/before6" &&
    sqlite3 "$dir/store/index.sqlite" 'SELECT uid FROM lost, also USING (uid)'
ok $? 'one that knew nothing of what is lost becomes one that does'
fresh 6
rm "$dir/store/segments/00000001.seg"
"$collector" stats --data "$dir/store" >/dev/null 2>"$dir/err"
[ $? = 1 ] && grep -q '6 of the 6 records' "$dir/err" &&
    rows | cmp -s - "$dir/before6"
ok $? 'one whose records are not there is left as it is'

fresh 8
rows >"$dir/before8"
"$collector" import --data "$dir/store" /dev/null 2>"$dir/err" &&
    rows | cmp -s - "$dir/before8" && sqlite3 "$dir/store/index.sqlite" 'SELECT id
    FROM origin' | grep -q . && counts | grep -q '"measurements":6,"duplicates":1'
ok $? 'one that had no name gets one'

fresh
counts >/dev/null
# the columns changed and somebody forgot to raise the version
sqlite3 "$dir/store/index.sqlite" 'ALTER TABLE record ADD COLUMN other TEXT'
counts | grep -q '"measurements":6' && grep -q 'columns' "$dir/err" &&
    rows | cmp -s - "$dir/before"
ok $? 'other columns are seen by themselves'
sqlite3 "$dir/store/index.sqlite" 'PRAGMA user_version = 1000000'
"$collector" stats --data "$dir/store" 2>"$dir/err"
[ $? = 1 ] && grep -q newer "$dir/err"
ok $? 'an index of a later program is left alone'
done_testing
