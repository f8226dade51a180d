#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The scenarios of tests/lab/README.md do what is printed there, and every word
# of the lab's files has a test where it acts and one where it does not, by
# tests/lab/grammar.tsv.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib/lab.sh
unset LAB_COLLECTOR # a reader's lab has one
readme=$top/tests/lab/README.md

# steps FILE: "$ cat NAME" and what follows become files here; of any other
# command N.cmd is the command and N.says what is printed below it.
steps() {
    perl -e '
        my $n = 0;
        my ($out, $open);
        while (<>) {
            if (!$open && s/^\$ //) {
                close $out if $out;
                if (/^cat (\S+)$/) {
                    open $out, ">", $1 or die $!;
                    next;
                }
                $n++;
                open my $cmd, ">", "$n.cmd" or die $!;
                my $all = $_;
                $all .= <> while ($all =~ tr/\x27//) % 2 || $all =~ /\\\n$/;
                print $cmd $all;
                close $cmd;
                open $out, ">", "$n.says" or die $!;
                next;
            }
            print $out $_;
        }' "$1"
}

# What differs from one run to the next: how long it took, how much was said.
alike() {
    grep -v '^Running as user' "$1" | sed -E 's/([0-9]+ min )?[0-9.]+ (s|kB)\b/N \2/g
        s/00:00:[0-9]+ UTC/00:00:NN UTC/; s/[[:space:]]+/ /g'
}

scenario() { # scenario N
    mkdir "$dir/here"
    cd "$dir/here" || exit 1
    ln -s "$top/tests" tests
    ln -s "$LAB_BUILD" build
    sed -n '/^## Six scenarios/,/^## How/p' "$readme" |
        awk -v n="$1" '/^\*\*[0-9]/ { on = substr($0, 3, 1) == n }
            on && /^    / { print substr($0, 5) }' >"$dir/block"
    steps "$dir/block"
    [ -s 1.cmd ] && [ -s 1.says ]; ok $? "scenario $1 is there"
    for cmd in *.cmd; do
        LC_ALL=C PARALLAX_RETEST_PAUSE=3 timeout -k 5 600 sh "$cmd" \
            >"$dir/got" 2>&1 </dev/null
        alike "$dir/got" >"$dir/out"
        alike "${cmd%.cmd}.says" >"$dir/err"
        cmp -s "$dir/out" "$dir/err"
        ok $? "scenario $1: $(head -n 1 "$cmd" | cut -c 1-70)"
    done
}

forged_reset() { scenario 1; }
usual_mixture() { scenario 2; }
odd_server() { scenario 3; }
reads_along() { scenario 4; }
own_machine() { scenario 5; }
no_ipv4() { scenario 6; }

# ---- every word has its tests --------------------------------------------------
words() {
    table=tests/lab/grammar.tsv
    grep -v '^#' $table | awk -F '\t' 'NF != 3 || $2 == "" || $3 == "" { print }' >"$dir/out"
    [ ! -s "$dir/out" ]; ok $? "each form of a line has a test where it acts and one where it does not"
    grep -v '^#' $table | cut -f 2,3 | tr '\t' '\n' | sort -u >"$dir/named"
    [ "$(wc -l <"$dir/named")" -gt 80 ]; ok $? "the tests are named"
    cat tests/e2e/lab*.t >"$dir/tests"
    while IFS= read -r name; do
        grep -qF "ok \$? \"$name" "$dir/tests" || echo "$name"
    done <"$dir/named" >"$dir/out"
    [ ! -s "$dir/out" ]; ok $? "and they are there"
    sed -n '/^const struct lab_directive/,/^};/p' tests/lab/scenario.c tests/lab/world.c \
        tests/lab/world_own.c |
        grep -oE '\{"[a-z0-9-]+"' | tr -d '{"' >"$dir/known"
    [ "$(wc -l <"$dir/known")" -gt 20 ]; ok $? "the words the lab knows are found"
    while read -r word; do
        grep -qE "^$word( |:|	)" $table || echo "$word"
    done <"$dir/known" >"$dir/out"
    [ ! -s "$dir/out" ]; ok $? "each of them is in the table"
}

parts words forged_reset odd_server reads_along own_machine no_ipv4
parts usual_mixture # twelve volunteers at once: nothing beside them
exit $bad
