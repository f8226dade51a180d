#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/methodology.md explains every rule of lib/verdict/rules.h and no other.
set -u
. "$(dirname "$0")/lib/tap.sh"

sed -n 's/^#define RULE_.*"\(.*\)"$/\1/p' lib/verdict/rules.h |
    sort >"$dir/rules"
sed -n 's/^| `\([a-z0-9_]*\)` |.*/\1/p' docs/methodology.md |
    sort >"$dir/explained"
[ -s "$dir/rules" ]
ok $? "rules.h has rules"
is "$(cat "$dir/explained")" "$(cat "$dir/rules")" \
    "every rule is explained once, and nothing else is"
for kind in $(sed -n 's/.*| \([^|]*\) |$/\1/p' docs/methodology.md |
    grep -o 'scenes\{0,1\} [^;]*' | sed 's/scenes\{0,1\} //; s/[(].*//' |
    tr -d ',' | tr ' ' '\n' | grep -v '\*' | grep -e '-' | sort -u); do
    grep -q "^$kind	" tests/scoreboard/kinds.tsv
    ok $? "scene $kind exists"
done
done_testing
