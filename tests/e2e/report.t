#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# From imported records to a report: the files agree with each other and with
# what was put in, and nothing but interference is called blocked.
set -u
. "$(dirname "$0")/lib/tap.sh"
explains=$dir/err
collector=$repo/$BUILD/parallax-collector

# report OUT [CC [SINCE]]
report() {
    "$collector" report --data "$dir/data" --country "${2:-KE}" \
        --since "${3:-2026-11-01}" --until 2026-12-01 --out "$1" \
        >"$dir/said" 2>"$dir/err"
}

# ---- two networks, two days, eight sites of which four are interfered with
for day in 03 05; do
    for asn in 64510 64511; do
        # the network is not part of a record's identity, the second is
        for hour in 08 13; do
            while read -r kind url; do
                [ "$asn$kind" != 64511http ] || kind=ok
                echo "KE AS$asn 2026-11-${day}T$hour:00:${asn#645} $kind $url"
            done <<SITES
ok https://good.example/
ok http://plain.example/
dns https://news.example/
ip https://chat.example/
tls https://rights.example/
http http://blog.example/post
down https://gone.example/
ok https://fine.example/
SITES
        done
    done
done >"$dir/lines"
sh tests/e2e/lib/make_records.sh <"$dir/lines" >"$dir/records.jsonl"
"$collector" import --vouch test --data "$dir/data" "$dir/records.jsonl" >/dev/null \
    2>"$dir/err"
ok $? 'synthetic records are imported'

SOURCE_DATE_EPOCH=1796083200
export SOURCE_DATE_EPOCH
report "$dir/out"
ok $? 'the report is written'

# ---- what it says
j=$dir/out/report.json
awk '$4 ~ /^(dns|ip|tls|http)$/ {print $5, substr($2, 3), $4}' "$dir/lines" |
    sort -u >"$dir/want"
jq -r '.findings[] | "\(.input) \(.asn) \(.method)"' "$j" | sort >"$dir/got"
cmp -s "$dir/want" "$dir/got"
ok $? 'the findings are the sites blocked, each by its method'

[ "$(jq '[.findings[] | select((.uids | length) !=
    ([.uids_total, 3] | min))] | length' "$j")" = 0 ]
ok $? 'every finding names measurements it stands on, and how many there are'

# the first and the last column hold no commas
awk -F, 'NR > 1 && $NF != "\r" {sub(/\r$/, ""); print $1, $NF}' \
    "$dir/out/measurements.csv" | sort >"$dir/got"
jq -r '.findings[] | .id as $i | .uids[] | "\(.) \($i)"' "$j" | sort \
    >"$dir/named"
jq -r '.findings[] | "\(.uids_total) \(.id)"' "$j" | sort >"$dir/want"
[ -s "$dir/named" ] && [ -z "$(comm -23 "$dir/named" "$dir/got")" ] &&
    cut -d ' ' -f 2 "$dir/got" | sort | uniq -c |
    awk '{print $1, $2}' | sort | cmp -s "$dir/want" -
ok $? 'measurements.csv gives them all to the same findings'

lines=$(wc -l <"$dir/lines")
[ "$(($(wc -l <"$dir/out/measurements.csv") - 1))" = "$lines" ] &&
    [ "$(jq .coverage.measurements "$j")" = "$lines" ] &&
    [ "$("$collector" stats --data "$dir/data" --json |
        jq -r .measurements)" = "$lines" ]
ok $? 'stats, report.json and measurements.csv count alike'

[ "$("$collector" stats --data "$dir/data" --json |
    jq -c '.verdicts | [.ok, .blocked, .down, .inconclusive, .internal]')" = \
    "$(jq -c '.coverage | [.ok, .blocked, .down, .inconclusive, .internal]' \
        "$j")" ]
ok $? 'the verdicts are those of stats'

[ "$(($(wc -l <"$dir/out/findings.csv") - 1))" = \
    "$(jq '.findings | length' "$j")" ] &&
    [ "$(grep -c ',blocked,[0-9]' "$dir/out/targets.csv")" = \
        "$(jq .tested.counts.blocked "$j")" ]
ok $? 'findings.csv and targets.csv have as many rows as report.json'

[ "$(jq -c '[.tested.targets[] | select(.status == "down") | .domain]' "$j")" \
    = '["gone.example"]' ]
ok $? 'a dead site is down, not blocked'

[ "$(jq -r '[.findings[].observers] | max' "$j")" = 1 ]
ok $? 'records carried by hand count as one observer at most'

[ "$(jq -c '[.findings[] | select(.label != "interference" or
    .three_part_test.legality != "not_assessed")] | length' "$j")" = 0 ] &&
    ! grep -qi 'violat' "$dir/out/report.html" "$j" "$dir/out/findings.csv"
ok $? 'it speaks of interference and leaves the judgement to people'

# ---- the page
h=$dir/out/report.html
missing=0
for id in $(jq -r '.findings[].id' "$j"); do
    grep -q "id=\"$id\"" "$h" || missing=1
done
ok $missing 'every finding stands in the page'
! grep -qiE '<script|<iframe|<object|<link|<img|@import|url\(["'\'']?[a-z]+:' \
    "$h" && ! grep -qE '(src|href)="[^#]' "$h"
ok $? 'the page has no script and fetches nothing'
if command -v xmllint >/dev/null; then
    xmllint --noout "$h" 2>"$dir/err"
    ok $? 'the page is well-formed'
else
    skip "the page is well-formed: no xmllint"
fi

# ---- how it is written
(cd "$dir/out" && jq -r '.files[] | "\(.sha256)  \(.name)"' manifest.json |
    sha256sum -c --quiet) >"$dir/err" 2>&1
ok $? 'the manifest has the hash of every file'
cp "$dir/out/manifest.json" "$dir/before"
report "$dir/out" && cmp -s "$dir/before" "$dir/out/manifest.json"
ok $? 'the same data gives the same bytes, over the earlier report'

mkdir "$dir/other"
echo mine >"$dir/other/mine"
report "$dir/other"
[ $? = 1 ] && [ "$(ls "$dir/other")" = mine ]
ok $? 'a directory of somebody else is left alone'

(ulimit -f 8 && report "$dir/out")
[ $? = 1 ] && cmp -s "$dir/before" "$dir/out/manifest.json" &&
    [ "$(ls "$dir" | grep -c '^out')" = 1 ]
ok $? 'on a full disk the earlier report stays whole'

report "$dir/fresh" xx
[ $? = 2 ] && grep -q country "$dir/err" && [ ! -e "$dir/fresh" ]
ok $? 'a country that is none is wrong usage'
report "$dir/fresh" KE 2026-30-01
[ $? = 2 ] && grep -q since "$dir/err" && [ ! -e "$dir/fresh" ]
ok $? 'a date that is none is wrong usage'

report "$dir/empty" NO
[ $? = 0 ] && [ "$(jq .coverage.measurements "$dir/empty/report.json")" = 0 ] &&
    grep -q 'Coverage is zero' "$dir/empty/report.html"
ok $? 'without a measurement the report says that coverage is zero'

done_testing
