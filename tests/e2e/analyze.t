#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `parallax analyze`: forms of input, one object per record in order, errors in
# place, exit statuses. Needs no network.
set -u
. "$(dirname "$0")/lib/tap.sh"
parallax=$repo/$BUILD/parallax
seeds=$repo/tests/fuzz/corpus/verdict
XDG_CONFIG_HOME=$dir/config
export XDG_CONFIG_HOME

cat "$seeds"/*.json >"$dir/all.jsonl"
records=$(wc -l <"$dir/all.jsonl")
"$parallax" analyze "$dir/all.jsonl" >"$dir/want" 2>"$dir/err"
is $? 0 "records that can be used give exit status 0"
is "$(wc -l <"$dir/want")" "$records" "there is one line per record"
jq -r .input "$dir/all.jsonl" >"$dir/a"
jq -r .input "$dir/want" >"$dir/b"
cmp -s "$dir/a" "$dir/b"
ok $? "the lines stand in the order of the records"
is "$(head -n 1 "$dir/want" | jq -r 'keys_unsorted | join(" ")')" \
    "input report_id measurement_uid measurement_start_time \
dns_experiment_failure dns_consistency control_failure \
http_experiment_failure body_length_match body_proportion \
status_code_match headers_match title_match x_dns_flags x_blocking_flags \
x_null_null_flags accessible blocking x_verdict" \
    "a line has the keys of the contract"

jq . "$dir/all.jsonl" >"$dir/indented.json"
gzip -c "$dir/all.jsonl" >"$dir/all.gz"
zstd -q -c "$dir/all.jsonl" >"$dir/all.zst"
{ gzip -c "$dir/all.jsonl" | head -c 400; } >"$dir/cut.gz"
for form in indented.json all.gz all.zst; do
    "$parallax" analyze "$dir/$form" | cmp -s - "$dir/want"
    ok $? "$form gives the same lines"
done
"$parallax" analyze <"$dir/all.gz" | cmp -s - "$dir/want"
ok $? "without a file, standard input is read"
"$parallax" analyze - <"$dir/all.zst" | cmp -s - "$dir/want"
ok $? "- is standard input"
"$parallax" analyze "$seeds"/*.json | cmp -s - "$dir/want"
ok $? "several files are read one after the other"

first=$(head -n 1 "$dir/all.jsonl")
{
    printf '%s\n' "$first"
    echo '{"input":"http://a.test/","test_keys":{"queries":5}}'
    printf '%s' "$first" | head -c 200
    printf '\n%s\n' "$first"
} >"$dir/mixed"
"$parallax" analyze "$dir/mixed" >"$dir/out" 2>"$dir/err"
is $? 3 "a record that cannot be used gives exit status 3"
is "$(wc -l <"$dir/out")" 4 "damage costs one record each"
is "$(sed -n 2p "$dir/out" | jq -c .error)" \
    "{\"file\":\"$dir/mixed\",\"line\":2,\"record\":2,\
\"key\":\"test_keys.queries\",\"message\":\"want an array, not a number\"}" \
    "an error names file, line, record, key and reason"
is "$(grep -c 'line [0-9]' "$dir/out")" 0 "a message names no second line"
is "$(sed -n 3p "$dir/out" | jq -r '.error | "\(.line) \(.record)"')" "3 3" \
    "a cut record is an error in its place"
is "$(sed -n 4p "$dir/out" | jq -r .x_verdict.state)" \
    "$(head -n 1 "$dir/want" | jq -r .x_verdict.state)" \
    "the record after the damage is read"

echo 'no json' | "$parallax" analyze >"$dir/out" 2>"$dir/err"
is $? 1 "if no record can be used the exit status is 1"
is "$(jq -r .error.record "$dir/out")" 1 "and the error is printed"
: | "$parallax" analyze >"$dir/out" 2>"$dir/err"
is $? 1 "empty input is a failure"
"$parallax" analyze "$dir/missing" "$dir/all.jsonl" >"$dir/out" 2>"$dir/err"
is $? 3 "a missing file does not stop the others"
"$parallax" analyze "$dir/cut.gz" >"$dir/out" 2>"$dir/err"
[ $? -ne 0 ] && tail -n 1 "$dir/out" | jq -e .error >"$dir/err"
ok $? "a damaged archive is an error"
"$parallax" analyze --nonsense >"$dir/out" 2>"$dir/err"
is $? 2 "an unknown option gives exit status 2"
"$parallax" analyze --help >"$dir/out" 2>"$dir/err"
is $? 0 "--help gives exit status 0"
"$parallax" analyze "$dir/all.jsonl" >/dev/full 2>"$dir/err"
is $? 1 "output that cannot be written is a failure"

printf '%s\n' 'name,scope,other_names,location_found,pattern_type,pattern,confidence_no_fp,expected_countries,source,exp_url,notes' \
    'mine,nat,,body,contains,<title>A newspaper</title>,9,,,,' \
    'worse,nat,,body,glob,x,9,,,,' >"$dir/fp.csv"
jq '.test_keys.control.http_request |=
    (.title = "Another page" | .body_length = 90000 | .headers = {})' \
    "$seeds/ok_http.json" >"$dir/differs.json"
"$parallax" analyze --fingerprints "$dir/fp.csv" "$dir/differs.json" \
    >"$dir/out" 2>"$dir/err"
is "$(jq -r '.x_verdict.reasons[0].rule' "$dir/out")" block_page_known \
    "fingerprints of a file are used"
grep -q "fp.csv:3: unknown pattern_type" "$dir/err"
ok $? "and their bad rows are named"

# A stream far larger than memory should hold at once.
i=0
while [ $i -lt 40 ]; do
    cat "$dir/all.jsonl" "$dir/all.jsonl" "$dir/all.jsonl" "$dir/all.jsonl"
    i=$((i + 1))
done >"$dir/many"
is "$("$parallax" analyze "$dir/many" | wc -l)" $((records * 160)) \
    "a long stream is read to its end"
done_testing
