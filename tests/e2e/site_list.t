#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A whole national list in the lab: without a censor every site is ok; with 90
# hosts blocked in eight ways, drawn from a seed, exactly those are blocked, by
# the right method, and everything the collector says agrees with the scenario.
# SITES=N takes the first N rows only; 250 have hosts enough.
set -u
. "$(dirname "$0")/lib/tap.sh"
seed=${SEED:-$(date +%s)}
probe=$BUILD/parallax
collector=$BUILD/parallax-collector
PARALLAX_RETEST_PAUSE=3
export PARALLAX_RETEST_PAUSE

list=$SHARED/data/test-lists/ir.csv
if [ ! -r "$list" ]; then
    echo "# $list is missing: a generated list of the same size stands in"
    list=$dir/list.csv
    sh tests/e2e/lib/make_list.sh 903 >"$list"
fi
if [ -n "${SITES:-}" ]; then
    head -n $((SITES + 1)) "$list" >"$dir/first.csv"
    list=$dir/first.csv
fi
rows=$(($(wc -l <"$list") - 1))

# lab_run NAME LAB_OPTIONS...: measures the list; NAME.jsonl, NAME.events
lab_run() {
    name=$1
    shift
    timeout -k 10 1500 tests/lab/lab --list "$list" --keep "$dir/$name" "$@" -- \
        "$probe" run --list "$list" --out "$dir/$name.jsonl" --json \
        --parallel 16 >"$dir/$name.events" 2>"$dir/$name.err"
}

host='.input | capture("^https?://(?<h>[^/:?#]+)").h | ascii_downcase'

lab_run clean
is "$?" 0 "a run of the whole list ends well"
end=$(tail -n 1 "$dir/clean.events")
is "$(echo "$end" | jq '.done + .refused + .bad')" "$rows" \
    "done, refused and bad add up to the $rows rows"
is "$(jq -r 'select(.test_keys.x_verdict.state != "ok") | .input' \
    "$dir/clean.jsonl")" "" "without a censor no site is anything but ok"
is "$(jq -s 'map(.test_keys | select(.accessible == true and
    .blocking == false)) | length' "$dir/clean.jsonl")" \
    "$(echo "$end" | jq .done)" "the OONI-compatible keys say so too"

jq -r "[($host), (.input | sub(\":.*\"; \"\")), .test_keys.tcp_connect[0].ip] |
    @tsv" "$dir/clean.jsonl" | sort | awk -F '\t' '
    $1 == h { if ($2 != s) s = "both"; next }
    h { print h "\t" s "\t" a }
    { h = $1; s = $2; a = $3 }
    END { print h "\t" s "\t" a }' >"$dir/sites.tsv"
awk -v seed="$seed" -v count=90 -v truth="$dir/truth.tsv" \
    -f tests/e2e/lib/draw.awk "$dir/sites.tsv" >"$dir/draw.scn"
sort "$dir/truth.tsv" | cut -f1,2 >"$dir/want.tsv"
is "$(wc -l <"$dir/want.tsv") $(cut -f3 "$dir/truth.tsv" | sort -u | wc -l)" \
    "90 8" "90 hosts are drawn, in eight ways (SEED=$seed)"

lab_run censored --scenario "$dir/draw.scn"
is "$?" 0 "a run behind the censor ends well: blocked sites are results"
jq -r "select(.test_keys.x_verdict.state != \"ok\") |
    [($host), .test_keys.x_verdict.method // .test_keys.x_verdict.state] |
    @tsv" "$dir/censored.jsonl" | sort -u >"$dir/got.tsv"
is "$(diff "$dir/want.tsv" "$dir/got.tsv")" "" \
    "exactly the drawn hosts are blocked, by the right method"
# the same word for a page that is refused or forged: http-*
jq -r "select(.test_keys.blocking != false) | $host" "$dir/censored.jsonl" |
    sort -u >"$dir/compat.txt"
is "$(cut -f1 "$dir/want.tsv" | diff - "$dir/compat.txt")" "" \
    "the OONI-compatible verdict names the same hosts"

data=$dir/censored/collector
stats=$("$collector" stats --json --data "$data")
blocked=$(jq -r "select(.test_keys.x_verdict.state == \"blocked\") | .input" \
    "$dir/censored.jsonl" | wc -l)
is "$(echo "$stats" | jq -c '[.measurements, .verdicts.blocked, .verdicts.ok,
    .verdicts.down + .verdicts.inconclusive + .verdicts.internal]')" \
    "[$rows,$blocked,$((rows - blocked)),0]" "stats agree with the scenario"

"$collector" report --data "$data" --country IT --since 2026-01-01 \
    --until 2099-01-01 --out "$dir/report" >"$dir/report.log" 2>&1
is "$?" 0 "the report is written"
jq -r '.findings[] | [.domain, .method] | @tsv' "$dir/report/report.json" |
    sort -u >"$dir/found.tsv"
is "$(diff "$dir/want.tsv" "$dir/found.tsv")" "" \
    "report.json names exactly the drawn hosts, by the right method"
is "$(jq '[.findings[] | select(.uids | length == 0)] | length' \
    "$dir/report/report.json")" 0 "every finding names the uids it stands on"
# fields before `method` in findings.csv hold no comma unless quoted; sqlite's
# reader is a foreign judge of our CSV
csv() { # FILE SQL
    sqlite3 -batch :memory: ".mode csv" ".import $1 t" ".mode tabs" "$2"
}
csv "$dir/report/findings.csv" "select distinct domain, method from t" |
    tr -d '\r' | sort >"$dir/findings.tsv"
is "$(diff "$dir/want.tsv" "$dir/findings.tsv")" "" "findings.csv agrees"
csv "$dir/report/measurements.csv" \
    "select distinct domain, method from t where state = 'blocked'" |
    tr -d '\r' | sort >"$dir/measured.tsv"
is "$(diff "$dir/want.tsv" "$dir/measured.tsv")" "" "measurements.csv agrees"
is "$(csv "$dir/report/measurements.csv" "select count(*) from t")" "$rows" \
    "measurements.csv has one row per measurement"
is "$(csv "$dir/report/targets.csv" \
    "select count(distinct domain) from t where status = 'blocked'")" 90 \
    "targets.csv agrees"
is "$(csv "$dir/report/networks.csv" "select sum(blocked) from t")" "$blocked" \
    "networks.csv agrees"
is "$(csv "$dir/report/coverage.csv" "select sum(measurements) from t")" \
    "$rows" "coverage.csv agrees"
done_testing
