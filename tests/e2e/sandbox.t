#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the probe gives up before it measures: a run is in its sandbox, says so, and
# does all that it is to do. (The collector and its control: collector_crash.t;
# what is denied from inside: unit test_sandbox.)
set -u
. "$(dirname "$0")/lib/tap.sh"
case $BUILD in
/*) ;;
*) BUILD=$repo/$BUILD ;;
esac
export LAB_BUILD="${LAB_BUILD:-$repo/build}"
PARALLAX_RETEST_PAUSE=2
export PARALLAX_RETEST_PAUSE
mkdir "$dir/elsewhere"
chmod 777 "$dir/elsewhere"

# A site that never answers keeps the run there while it is looked at.
printf 'link rtt 2ms\ndrop ip 5.255.255.80\nrst sni www.example.org\n' >"$dir/scenario"
cat >"$dir/script" <<END
probe=$BUILD/parallax
\$probe version --sandbox --json >$dir/version
mkfifo $dir/events
\$probe run --json --url https://ya.ru/ >$dir/events 2>$dir/err &
pid=\$!
exec 3<$dir/events
read -r line <&3
grep -E '^(NoNewPrivs|Seccomp|CapEff|CapPrm):' /proc/\$pid/status >$dir/status
grep 'Max core file size' /proc/\$pid/limits >$dir/limits
kill -INT \$pid
kill -INT \$pid
cat <&3 >/dev/null
wait \$pid
cd $dir/elsewhere
\$probe run --url https://www.example.org/ --url https://www.example.com/ \
    --out out.jsonl >$dir/lines 2>>$dir/err
echo \$?
\$probe analyze out.jsonl | jq -r .x_verdict.state
END
timeout -k 5 600 tests/lab/lab --scenario "$dir/scenario" --cap net_raw \
    -- sh "$dir/script" >"$dir/out" 2>&1 </dev/null
ok $? "a lab with a probe that may capture packets"
field() { sed -n "s/^$1:[[:space:]]*//p" "$dir/status"; }
is "$(field NoNewPrivs) $(field Seccomp)" '1 2' \
    "a run has no way to new privileges and a list of calls"
is "$(field CapEff) $(field CapPrm)" '0000000000000000 0000000000000000' \
    "and has given back what it needed to capture packets"
is "$(awk '{ print $5, $6 }' "$dir/limits")" '0 0' "and leaves no core file"
on=$(jq -r '[.sandbox | to_entries[] | select(.value) | .key] | join(" ")' "$dir/version")
is "$(jq -r .annotations.x_sandbox "$dir/elsewhere/out.jsonl" | sort -u)" "$on" \
    "version --sandbox and the record say the same of it"
case $on in
*seccomp*) ok 0 "seccomp is on here ($on)" ;;
*) ok 1 "seccomp is on here ($on)" ;;
esac
is "$(head -n 1 "$dir/out") $(sed -n '2,$p' "$dir/out" | sort | tr '\n' ' ')" \
    '0 blocked ok ' "it measures, writes where it was told, and sends; what it wrote is read again"
is "$(jq -r 'select(.input == "https://www.example.org/") |
    .test_keys.x_evidence.packets | length > 0' \
    "$dir/elsewhere/out.jsonl")" true "and captures packets"
[ "$test_bad" = 0 ] || sed 's/^/# /' "$dir/err"
done_testing
