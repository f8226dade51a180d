#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/methodology.md explains every rule of lib/verdict/rules.def and no other,
# and its tables are those that `make docs` prints.
set -u
. "$(dirname "$0")/lib/tap.sh"

tr '\n' ' ' <lib/verdict/rules.def | grep -o 'RULE( *RULE_[A-Z_0-9]*, *"[a-z0-9_]*"' |
    sed 's/.*"\(.*\)"/\1/' | sort >"$dir/rules"
sed -n '/^### The sentences/q; s/^| `\([a-z0-9_]*\)` |.*/\1/p' \
    docs/methodology.md | sort >"$dir/explained"
[ -s "$dir/rules" ]
ok $? "rules.def has rules"
sed -n '/^<!-- rules: /,/^<!-- end of rules/p' docs/methodology.md |
    sed '1d; $d' >"$dir/printed"
{
    "$BUILD/tools/methodology"
    echo
} >"$dir/made"
cmp -s "$dir/made" "$dir/printed"
ok $? "the tables are those of rules.def (make docs)"
is "$(cat "$dir/explained")" "$(cat "$dir/rules")" \
    "every rule is explained once, and nothing else is"
for kind in $(sed -n 's/.*| \([^|]*\) |$/\1/p' "$dir/printed" |
    grep -o 'scenes\{0,1\} [^;]*' | sed 's/scenes\{0,1\} //; s/[(].*//' |
    tr -d ',' | tr ' ' '\n' | grep -v '\*' | grep -e '-' | sort -u); do
    [ -f "tests/scenes/$kind.scn" ] ||
        grep -qx "kind $kind" tests/scoreboard/one/*.kinds tests/scoreboard/two/*.kinds
    ok $? "scene $kind exists"
done
done_testing
