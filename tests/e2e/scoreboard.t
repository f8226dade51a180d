#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The scoreboard draws what its kinds say, and its scores find what they look for.
# No lab, no verdicts of ours: rows made up here.
set -u
. "$(dirname "$0")/lib/tap.sh"
here=tests/scoreboard

# draw DIR [-v NAME=VALUE]... FILE...: kinds of FILEs into DIR
draw() {
    out=$dir/$1
    shift
    mkdir -p "$out"
    awk -v DIR="$out" -v SERVERS=/s -v BIN=/b -v PAGES=/p -v SEED=7 "$@" 2>"$dir/err"
}
all() { draw "$1" -f $here/draw.awk $here/lines.tsv $here/one/*.kinds $here/two/*.kinds; }

all once && all again && diff -r "$dir/once" "$dir/again" >/dev/null
ok $? "one seed draws the same scenes twice"
[ "$(cut -f 3 "$dir/once/scenes.tsv" | sort -u | wc -l)" -ge 180 ] &&
    [ "$(awk -F '\t' '$4 == "two" {print $3}' "$dir/once/scenes.tsv" | sort -u | wc -l)" -ge 60 ]
ok $? "at least 180 kinds, 60 of them drawn blind"
is "$(cut -f 3 "$dir/once/scenes.tsv" | sort | uniq -c | awk '$1 < 2')" "" "two scenes of each at least"
is "$(cut -f 8 "$dir/once/scenes.tsv" | sort | uniq -d)" "" "no URL is measured for two scenes"
is "$(awk -F '\t' '$5 == "blocked" && $9 == "-"' "$dir/once/scenes.tsv")" "" \
    "who is blocked is interfered with"
is "$(awk -F '\t' '$5 != "blocked" && $9 != "-"' "$dir/once/scenes.tsv")" "" "and nobody else is"
cat "$dir"/once/*.scn | grep -q '[{}]'
[ $? = 1 ]
ok $? "no placeholder is left"
draw bad -v INNOCENT=900 -f $here/draw.awk $here/lines.tsv $here/one/*.kinds $here/two/*.kinds
[ "$(wc -l <"$dir/bad/scenes.tsv")" -gt 800 ] &&
    is "$(cut -f 5 "$dir/bad/scenes.tsv" | sort -u | tr '\n' ' ')" "hard plain " \
        "a run of innocents has nobody else, about as many as wanted"

refuses() { # KIND WORDS
    printf '%s\n' "$1" >"$dir/one.kinds"
    draw refused -f $here/draw.awk $here/lines.tsv "$dir/one.kinds"
    [ $? = 2 ] && grep -q "$2" "$dir/err"
    ok $? "refused: $2"
}
begin='kind a
truth plain
what it is'
refuses "$begin
url https://{zz}/" "nothing is called {zz}"
refuses "$begin
url https://{a/" "{ without }"
refuses "$begin
site a" "no url line"
refuses "$begin
url https://{a}/
$begin" "two kinds are called a"
refuses "kind a
what it is
url https://{a}/" "no truth line"
refuses "kind a
truth blocked
what it is" "blocked by what"
refuses "$begin
lines q
url https://{a}/" "no such line"
refuses "$begin
count 1
url https://{a}/" "at least two"

# ---- scores --------------------------------------------------------------------
# row ID KIND TABLE TRUTH METHOD ELSEWHERE N BLOCKING STATE METHOD RULE CONFIDENCE SECONDS
row() {
    printf '%s\tg1\t%s\t%s\t%s\t%s\t%s\tyes\t%s\t%s\t%s\t%s\t%s\t%s\t%s\thttps://%s.example/\n' \
        "$1" "$2" "$3" "$4" "$5" "$6" "$7" "$8" "$9" "${10}" "${11}" "${12}" "${13}" "$1"
}
score() { awk -f $here/score.awk "$dir/undecided.tsv" "$dir/table.tsv" >"$dir/scored"; }
echo '# none' >"$dir/undecided.tsv"
good() {
    row s1 reset two blocked tls yes 1 http-failure blocked tls r_tls 0.9 3.5
    row s2 plain two plain - yes 1 false ok - r_ok 0.9 0.5
    row s3 dead two plain - no 1 false down - r_down 0.9 1.5
    row s4 filter two nobody - yes 1 dns blocked dns r_dns 0.9 1
}
good >"$dir/table.tsv"
score
is "$? $(grep -c MISSED "$dir/scored")" "0 0" "what is told right misses no mark"
grep -q '^| filter | 1 | 0 | 0 | 1 |' "$dir/scored"
ok $? "what nobody can tell apart has a row, and counts for nothing else"
grep -q '^| two | 4 | 1.0 | 3.5 | reset |' "$dir/scored"
ok $? "median and worst of the seconds"
misses() { # MARK ROW...
    mark=$1
    shift
    { good && row "$@"; } >"$dir/table.tsv"
    score
    [ $? = 1 ] && grep -q "^- MISSED: $mark" "$dir/scored"
    ok $? "missed: $mark"
}
misses "no innocent called blocked" s5 cdn two hard - yes 1 false blocked dns r_x 0.9 1
misses "recall 0.95" s5 drop two blocked ip yes 1 tcp_ip inconclusive - r_x 0.9 1
misses "method right in 95 %" s5 drop two blocked ip yes 1 tcp_ip blocked tls r_x 0.9 1
misses ".down. never of a site that works" s5 cdn two hard - yes 1 false down - r_x 0.9 1
misses "every scene measured" s5 cdn two plain - yes 1 missing missing - - 0 0
misses "nowhere, but for reasons given" s5 cdn two hard - yes 1 false inconclusive - r_x 0.9 1
misses "no scene flips" s2 plain two plain - yes 2 false inconclusive - r_x 0.9 1
misses "no innocent called blocked, in any" s2 plain two plain - yes 2 false blocked dns r_x 0.9 1
misses "each rule's stated confidence" s5 cdn two plain - yes 1 false ok - r_new 0.1 1
{
    good
    row s5 cdn two hard - yes 1 false inconclusive - r_x 0.9 1
} >"$dir/table.tsv"
printf 'cdn\tbecause\n' >"$dir/undecided.tsv"
score
is "$?" 0 "a reason given is one"
done_testing
