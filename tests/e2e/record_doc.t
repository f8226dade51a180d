#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/record.md names every key of a real record, and no other of ours.
set -u
. "$(dirname "$0")/lib/tap.sh"

# The keys of the records on standard input, without those that are OONI's own
# affair, and without names of headers, addresses and resolvers.
keys() {
    jq -r 'def names: if type == "object" then
            to_entries[] | .key, (select(.key | IN("headers", "tor", "tags",
            "certificates", "extensions", "http_request_headers", "udp_v4") | not)
            | .value | names)
        elif type == "array" then .[] | names else empty end;
        def ours: .control = (.control // {} | {x_parallax: .x_parallax});
        .test_keys |= (ours | .x_retest = [.x_retest[]? | .test_keys |= ours])
        | names' | sort -u
}

zstd -dc tests/same/run200.jsonl.zst | keys >"$dir/keys"
grep -o '`[a-z0-9_.[]*' docs/record.md | tr -d '`' | tr '.[' '\n\n' |
    sort -u >"$dir/words"
[ "$(wc -l <"$dir/keys")" -gt 100 ]
ok $? "a stored run has keys"
is "$(comm -23 "$dir/keys" "$dir/words")" "" "every key is explained"

# What the program can write: names of keys are quoted in its sources.
find lib probe/deliver collector/api collector/control -name '*.c' |
    xargs grep -ho '"[a-z0-9_]*\\\{0,1\}"' | tr -d '"\\' | sort -u >"$dir/written"
is "$(grep '^x_' "$dir/words" | comm -23 - "$dir/written")" "" \
    "no key of ours is explained that is never written"
done_testing
