#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is due of the day's plan is measured once, by one of two that begin at once,
# on a network that was agreed to; and nothing readable is left of it.
set -u
. "$(dirname "$0")/lib/tap.sh"
probe=$PWD/$BUILD/parallax
lab=$PWD/tests/lab/lab
XDG_STATE_HOME=$dir/state
XDG_CONFIG_HOME=$dir/config
PARALLAX_PLAN_HOURS=0-24
TZ=UTC
export XDG_STATE_HOME XDG_CONFIG_HOME PARALLAX_PLAN_HOURS TZ
state=$XDG_STATE_HOME/parallax
printf 'url,category_code\nhttps://%s.planned.example/,CULTR\n' one >"$dir/list.csv"
for name in two three; do
    printf 'https://%s.planned.example/,CULTR\n' $name >>"$dir/list.csv"
done

alone() {
    unshare -rn "$probe" "$@" --list "$dir/list.csv"
}

alone plan >"$dir/out" 2>"$dir/err"
is "$?,$(wc -c <"$dir/out")" 2,0 "without consent there is no plan"
"$probe" consent --accept >/dev/null
alone plan --json --urls >"$dir/plan.json" 2>"$dir/err"
is "$?" 0 "the plan of the day is shown"
heard "$dir/err"
is "$(alone plan --json --urls | jq -cS .runs)" "$(jq -cS .runs "$dir/plan.json")" \
    "and is the same when it is shown again"
alone plan >"$dir/out"
is "$(grep -c planned.example "$dir/out"),$(grep -c '^This network: none' "$dir/out")" \
    0,1 "in words it names no site"
is "$(jq '.runs | length >= 1 and length <= 6' "$dir/plan.json")" true \
    "it has one to six runs"

# The machine's clock as at the first run that is still to come; if all are over, as
# tomorrow at the next one.
at=$(jq -r '[.runs[] | select(.state != "over") | .at][0] // .next' "$dir/plan.json")
echo "clock at \"$(echo "$at" | tr TZ '  ' | sed 's/ *$//')\"" >"$dir/clock.scn"
printf 'parallax networks 1\n%064d\n%032d\n' 1 1 >"$state/networks"
# The lab passes no settings on.
cat >"$dir/day.sh" <<'EOF'
probe=$1
dir=$2
XDG_STATE_HOME=$dir/state
PARALLAX_PLAN_HOURS=0-24
TZ=UTC
export XDG_STATE_HOME PARALLAX_PLAN_HOURS TZ
run() {
    "$probe" run --scheduled --list "$dir/list.csv" --json "$@"
}
run >"$dir/new.json" 2>"$dir/new.err"
echo $? >"$dir/new.rc"
"$probe" plan --agree --list "$dir/list.csv" --json --urls >"$dir/now.json"
run --dry-run >"$dir/dry" 2>/dev/null
run >"$dir/a.json" 2>"$dir/a.err" &
run >"$dir/b.json" 2>"$dir/b.err"
echo $? >"$dir/b.rc"
wait $!
echo $? >"$dir/a.rc"
run >"$dir/c.json" 2>"$dir/c.err"
echo $? >"$dir/c.rc"
# What waits goes when it is time, and no run is near.
PARALLAX_CONTROL_DEFER=true "$probe" run --url https://one.planned.example/ \
    >/dev/null 2>&1
printf "parallax mailing 1\n1\n0\n" >"$XDG_STATE_HOME/parallax/mailing"
date +%s >"$dir/d.now"
run >"$dir/d.json" 2>"$dir/d.err"
EOF
"$lab" --scenario "$dir/clock.scn" --list "$dir/list.csv" -- \
    sh "$dir/day.sh" "$probe" "$dir"

is "$(cat "$dir/new.rc"),$(grep -c site "$dir/new.json")" 0,0 \
    "on a network that nobody agreed to nothing is measured"
grep -q 'this network is new' "$dir/new.err"
ok $? "and that is said"
is "$(jq -r '.network, .due' "$dir/now.json" | tr '\n' ,)" agreed,true, \
    "once it is agreed to, the run is due"
jq -r '[.runs[] | select(.state == "due")][0].urls[]' "$dir/now.json" | sort >"$dir/want"
is "$(sed -n 's/^site \([^ ]*\).*/\1/p' "$dir/dry" | sort)" "$(cat "$dir/want")" \
    "a dry run names its sites"
is "$(jq -r 'select(.event == "site") | .input' "$dir/a.json" "$dir/b.json" | sort)" \
    "$(cat "$dir/want")" "two that begin at once measure each of them once"
is "$(cat "$dir/a.rc"),$(cat "$dir/b.rc")" 0,0 "and neither has failed"
is "$(cat "$dir/c.rc"),$(grep -c '"site"' "$dir/c.json"),$(grep -c 'nothing is due' "$dir/c.err")" \
    0,0,1 "then nothing is due"
is "$(jq -r 'select(.event == "next") | .at | length' "$dir/c.json")" 20 \
    "and it is said when the next run is"
is "$(grep -rlE 'planned|example' "$state" | wc -l)" 0 "the state names no site"

next=$(date -d "$(jq -r 'select(.event == "next") | .at' "$dir/d.json")" +%s)
now=$(cat "$dir/d.now")
near=$([ $((next - now)) -gt 900 ] && echo 0,1 || echo 1,0)
is "$(sed -n 2p "$state/mailing" | awk -v now="$now" '{ print ($1 >= now + 1200) }'
    ),$(grep -c '1 sent, 0 waiting' "$dir/d.err")" \
    "$near" \
    "records that wait are sent by a call in which nothing is due, or later if a run is near"

printf 'parallax plan 1\nrubbish\n' >"$state/plan"
alone run --scheduled --collector http://127.0.0.1:1 >"$dir/out" 2>"$dir/err"
is "$?,$(grep -c 'damaged: the plan is begun anew' "$dir/err")" 1,1 \
    "a damaged plan is told, and nothing is measured that day"
is "$(alone plan --json | jq -c '[.due, ([.runs[].state] | unique)]')" \
    '[false,["over"]]' "as the plan shows"
done_testing
