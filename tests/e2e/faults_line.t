#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The line, the interface, its address or the way out goes away while sites are
# measured, and comes back, or the volunteer's own machine lets nothing out to an
# address or a name: no site is called blocked for that, or down. What is dropped
# for real is still found. A line that stays dead, and a captive portal, end the run
# with one sentence and leave no record. The labs mostly wait and run side by side.
# Bounded: about half a minute.
set -u
. "$(dirname "$0")/lib/faults.sh"
need_lab
sh tests/e2e/lib/make_list.sh 60 >"$dir/list.csv"

# fault NAME SHELL SCENARIO [LAB OPTIONS]: sites are measured, and once the first
# has its record SHELL is done to the volunteer's host
fault() {
    name=$1
    {
        echo 'dev=$(ip route show default | sed "s/.* dev //; s/ .*//")'
        echo 'gateway=$(ip route show default | sed "s/.* via //; s/ .*//")'
        echo 'addr=$(ip -br addr show "$dev" | awk "{ print \$3 }")'
        echo 'timeout 300 "$probe" run --no-upload --list "$dir/list.csv" \'
        echo "    --out $dir/$name.out >$dir/$name.run 2>&1 &"
        echo 'run=$!; i=0'
        echo "until [ -s $dir/$name.out ] || [ \$i = 600 ]; do"
        echo 'i=$((i + 1)); sleep 0.05; done'
        echo "{ $2; } || echo the fault could not be made"
        echo 'wait $run; echo "exit $?"'
    } >"$dir/$name"
    printf 'link rtt 100ms\n%s\n' "$3" >"$dir/$name.scn"
    shift 3
    inside "$dir/$name" --scenario "$dir/$name.scn" --list "$dir/list.csv" "$@" &
}
back='ip route add default via $gateway dev $dev'
fault gap3 true 'link down at 3s for 3s'
fault gap12 true 'link down at 3s for 12s'
fault dead true 'link down at 3s for 600s'
fault link "ip link set \$dev down && sleep 3 && ip link set \$dev up && $back" \
    '' --root
fault addr "ip addr del \$addr dev \$dev && sleep 3 &&
    ip addr add \$addr dev \$dev && $back" '' --root
fault route "ip route del default && sleep 3 && $back" '' --root

sites='--url https://www.example.com/ --url http://www.example.com/
    --url https://www.example.org/'
echo 'timeout 300 "$probe" run --no-upload '$sites' --out "$dir/none.out" \
    >"$dir/none.run" 2>&1; echo "exit $?"' >"$dir/none"
echo 'link down at 0s for 600s' >"$dir/none.scn"
inside "$dir/none" --scenario "$dir/none.scn" &
echo 'timeout 300 "$probe" diagnose https://www.example.com/ \
    >"$dir/one.told" 2>"$dir/one.run"; echo "exit $?"' >"$dir/one"
inside "$dir/one" --scenario "$dir/none.scn" &
echo 'timeout 300 "$probe" run --list tests-lists/demo.csv --out "$dir/portal.out" \
    >"$dir/portal.run" 2>&1; echo "exit $?"
    "$probe" results --json | jq .records
    awk "{ n += \$2 } END { print n }" "$HOME/.local/state/parallax/outages"' \
    >"$dir/portal"
echo 'portal 10.99.0.1' >"$dir/portal.scn"
inside "$dir/portal" --scenario "$dir/portal.scn" --list tests-lists/demo.csv &
echo 'timeout 300 "$probe" run --list tests-lists/demo.csv --out "$dir/cut.out" \
    >"$dir/cut.run" 2>&1; echo "exit $?"' >"$dir/cut"
printf 'rst sni *.example\ndrop ip 162.55.247.208\n' >"$dir/cut.scn"
inside "$dir/cut" --scenario "$dir/cut.scn" --list tests-lists/demo.csv &
echo 'timeout 300 "$probe" run --no-upload --url https://www.example.com/ \
    --out "$dir/drop.out" >"$dir/drop.run" 2>&1; echo "exit $?"' >"$dir/drop"
echo 'drop ip 93.184.216.34' >"$dir/drop.scn"
inside "$dir/drop" --scenario "$dir/drop.scn" &
wait # eleven labs at once are enough

# own NAME SHELL: SHELL is done to the volunteer's host, then two sites at
# 93.184.216.34 and one elsewhere are measured
own() {
    {
        echo "{ $2; } || echo the fault could not be made"
        echo 'timeout 300 "$probe" run --no-upload --url https://www.example.com/ \'
        echo '    --url http://www.example.com/ --url https://elsewhere.test/ \'
        echo "    --out $dir/$1.out >$dir/$1.run 2>&1; echo \"exit \$?\""
    } >"$dir/$1"
    inside "$dir/$1" --root --scenario "$dir/own.scn" &
}
printf 'host elsewhere.test 45.100.1.1\npage elsewhere.test * 200 size 4000\n' \
    >"$dir/own.scn"
own blackhole 'ip route add blackhole 93.184.216.34'
own hosts 'echo "0.0.0.0 www.example.com" >>/etc/hosts'
errnos='EINVAL:22 EBADF:9 EIO:5 ENODEV:19 ENOBUFS:105'
if [ -e "$preload" ]; then
    for e in $errnos; do
        own "connect.${e%:*}" "export LD_PRELOAD=$preload \
            FAULT_CONNECT=${e#*:} FAULT_ADDR=93.184.216.34"
    done
fi
wait

# came NAME WORDS: nothing is called blocked or down, and nothing is missing
came() {
    is "$(cat "$dir/$1.said")" "exit 0" "$2 ends no run"
    is "$(grep -c . "$dir/$1.out")" 60 "every site has its record"
    is "$(states "$dir/$1.out" | grep -c -e blocked -e down)" 0 \
        "and none is called blocked or down: $(states "$dir/$1.out")"
    told "$2" "60 sites at 100 ms" "$(states "$dir/$1.out")"
}
came gap3 "line silent for 3 s"
came gap12 "line silent for 12 s"
came link "interface down for 3 s"
came addr "address gone for 3 s"
came route "default route gone for 3 s"
is "$(cat "$dir/one.said") $(grep -c 'nothing can be reached' "$dir/one.run")" \
    "exit 1 1" "one site that is diagnosed on a dead line is a failure"

# stopped NAME WORDS: one sentence, none of the records that say nothing
stopped() {
    is "$(head -n 1 "$dir/$1.said") $(grep -c '^parallax run: ' "$dir/$1.run")" \
        "exit 1 1" "$2 ends the run with one sentence"
    is "$(cat "$dir/$1.out" 2>/dev/null | wc -l) $(sed 1d "$dir/$1.said" | xargs)" \
        "0 ${3:-}" "and no record of it is kept, but a note that it was so"
    grep -q "$4" "$dir/$1.run"
    ok $? "which says so: $(cut -c 15-74 "$dir/$1.run" | head -n 1)"
}
stopped none "no line at all" '' 'nothing can be reached on this line'
stopped portal "a captive portal" "0 1" 'log in first'
[ "$(wc -l <"$dir/dead.out")" -lt 60 ] && grep -q 'nothing can be reached' \
    "$dir/dead.run" && [ "$(states "$dir/dead.out" | grep -c -e blocked -e down)" = 0 ]
ok $? "a line that dies and stays dead ends it, too: $(states "$dir/dead.out")"
is "$(sed 's/exit 3/exit 0/' "$dir/cut.said") $(wc -l <"$dir/cut.out")" "exit 0 40" \
    "but a network that cuts off everything, the collector too, is measured"
told "line silent throughout" "3 sites" "the run ends with one sentence"
said=$(jq -r '.test_keys.x_verdict | "\(.state) (\(.method))"' "$dir/drop.out")
is "$said" "blocked (ip)" "an address that is dropped for real is still found"
told "(no fault: the address is dropped)" "1 site" "$said"

# innocent NAME WORDS DONE: two sites fail, the third does not, and nobody is
# accused
innocent() {
    said=$(states "$dir/$1.out")
    is "$(grep -vx 'exit [03]' "$dir/$1.said") $(grep -c . "$dir/$1.out")" " 3" \
        "$2, $3: every site has its record"
    is "$(jq -r '[.input, .test_keys.x_verdict.state] | join(" ")' "$dir/$1.out" |
        sed -E 's/(inconclusive|internal)$/not known/' | sort)" \
        "http://www.example.com/ not known
https://elsewhere.test/ ok
https://www.example.com/ not known" "none is called blocked or down: $said"
    told "$2" "$3" "$said"
}
innocent blackhole "blackhole route on the volunteer's machine" \
    "to two of 3 sites, throughout"
innocent hosts "hosts file of the volunteer's machine" \
    '`0.0.0.0` for two of 3 sites'
if [ -e "$preload" ]; then
    for e in $errnos; do
        innocent "connect.${e%:*}" "connect fails" "${e%:*}, to two of 3 sites"
    done
else
    skip "a sanitized program cannot be preloaded: failing connects"
fi
heard "$dir"/*.run
plain "what is told of it is words, and no failure string"
done_testing
