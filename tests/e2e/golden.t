#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Real records of others: imported once however often they come, and no site is
# named in a report that they themselves recorded as not blocked.
set -u
. "$(dirname "$0")/lib/tap.sh"
collector=$BUILD/parallax-collector
golden=$SHARED/data/golden
if [ ! -d "$golden" ]; then
    skip "$golden is missing"
    done_testing
fi
n=$(find "$golden" -name '*.json' | wc -l)

"$collector" import --data "$dir/a" "$golden"/*.json >/dev/null 2>"$dir/log"
is "$?" 0 "the records are imported"
is "$("$collector" stats --json --data "$dir/a" | jq .measurements)" "$n" \
    "every one of the $n counts"
"$collector" import --data "$dir/a" "$golden"/*.json >/dev/null 2>"$dir/log"
is "$?" 0 "the same again is no error"
is "$("$collector" stats --json --data "$dir/a" | jq .measurements)" "$n" \
    "and changes no count"

# copies without what was derived
mkdir "$dir/bare"
for f in "$golden"/*.json; do
    jq 'del(.test_keys | .dns_experiment_failure, .dns_consistency,
        .http_experiment_failure, .body_length_match, .body_proportion,
        .status_code_match, .headers_match, .title_match, .x_dns_flags,
        .x_blocking_flags, .x_null_null_flags, .accessible, .blocking)' "$f" \
        >"$dir/bare/$(basename "$f")"
done
"$collector" import --vouch test --data "$dir/b" "$dir"/bare/*.json >/dev/null 2>"$dir/log"
is "$("$collector" stats --json --data "$dir/b" | jq .measurements)" "$n" \
    "copies without derived keys are imported"
for cc in $(jq -r .probe_cc "$golden"/*.json | sort -u); do
    "$collector" report --data "$dir/b" --country "$cc" --since 2010-01-01 \
        --until 2099-01-01 --out "$dir/report-$cc" >/dev/null 2>"$dir/log"
    is "$?" 0 "a report over $cc is written"
done
# a site counts as innocent if no record of it says that it was blocked
jq -r 'select(.test_keys.blocking | type == "string") | .input' \
    "$golden"/*.json | sort -u >"$dir/guilty"
jq -r '.findings[].input' "$dir"/report-*/report.json | sort -u >"$dir/named"
is "$(comm -13 "$dir/guilty" "$dir/named")" "" \
    "no site is named whose recorded verdict is false or null"
is "$([ -s "$dir/named" ] && echo some)" some "but some of the others are"
jq '.findings[].uids_total' "$dir"/report-*/report.json |
    awk '{n += $1} END {print n}' >"$dir/uids"
blocked=$("$collector" stats --json --data "$dir/b" | jq .verdicts.blocked)
is "$(cat "$dir/uids")" "$blocked" "each blocked record stands behind a finding"
done_testing
