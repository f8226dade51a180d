#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The man pages name exactly the options that the programs have.
set -u
. "$(dirname "$0")/lib/tap.sh"
export HOME="$dir"

# options_of COMMAND...: the long options its help lists
options_of() {
    "$@" --help | sed -n 's/^  --\([a-z-]*\).*/\1/p' | sort -u
}

# options_in: those that the mdoc text on standard input explains
options_in() {
    sed -n 's/^\.It Fl Fl \([a-z-]*\).*/\1/p' | sort -u
}

# section NAME FILE: the lines of one .Ss
section() {
    awk -v name="$1" '/^\.S[sh] / { on = $0 == ".Ss " name } on' "$2"
}

for command in $("$BUILD/parallax" --help |
    sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'); do
    page=docs/man/parallax-$command.1
    [ -r "$page" ]
    ok $? "parallax $command has a man page"
    is "$(options_in <"$page")" "$(options_of "$BUILD/parallax" "$command")" \
        "and it explains the options of parallax $command"
    grep -q "^\.Xr parallax-$command 1" docs/man/parallax.1
    ok $? "and parallax(1) leads to it"
done

page=docs/man/parallax-collector.1
common=$(awk '/^\.Ss /{ exit } { print }' $page | options_in | grep -v data)
for command in $("$BUILD/parallax-collector" --help |
    sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'); do
    section "$command" $page | grep -q .
    ok $? "parallax-collector $command has its section"
    [ "$command" != version ] || continue
    has=$(options_of "$BUILD/parallax-collector" "$command")
    {
        section "$command" $page | options_in
        echo "$common"
        # --data is explained once, for the commands that show it
        section "$command" $page | grep -q '^\.Op Fl Fl data' && echo data
    } | sort -u >"$dir/told"
    is "$(cat "$dir/told")" "$has" \
        "and it explains the options of parallax-collector $command"
done

if command -v mandoc >/dev/null; then
    mandoc -Tlint -Wwarning docs/man/*.1 >"$dir/lint" 2>&1
    is "$(cat "$dir/lint")" "" "mandoc finds nothing to complain about"
else
    skip "mandoc is not installed: the form of the man pages"
fi
done_testing
