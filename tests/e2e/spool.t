#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What waits to be sent outlasts kills and power cuts: killed at random moments
# (SPOOL_KILLS of them, 20; make check-full: 1,000) nothing that was finished is
# lost, nothing goes out as two records of one measurement, and the next start
# works. tests/faults/powercut.c notes what fsync made durable, and
# tests/tools/after_cut.c leaves no more than that, or any part of the rest.
# SEED repeats the moments. Bounded: about half a minute.
set -u
. "$(dirname "$0")/lib/faults.sh"
need_lab
disk=$(mktemp -d /dev/shm/parallax-test.XXXXXX) || exit 1
trap 'rm -rf "$dir" "$disk"' EXIT
export disk
SEED=${SEED:-$(date +%s)}
echo "# SEED=$SEED"
cut_lib=$repo/$BUILD/tests/faults/powercut.so
after_cut=$repo/$BUILD/tests/tools/after_cut
export cut_lib after_cut
kills=${SPOOL_KILLS:-20}
moments=$(awk -v n="$kills" -v seed="$SEED" 'BEGIN {
    srand(seed)
    for (i = 0; i < n; i++)
        printf "%.3f ", (i + rand()) * 1.5 / n
}')
export moments
cat >"$dir/scenario" <<'END'
link rtt 10ms
rst sni www.example.org
END
cat >"$dir/list" <<'END'
https://www.example.com/
https://www.example.org/
http://www.example.com/
https://bit.ly/21645
https://ya.ru/
https://www.example.org/again
END

cat >"$dir/script" <<'END'
export XDG_STATE_HOME=$disk/state XDG_RUNTIME_DIR=$disk/run PARALLAX_RETEST_PAUSE=0
mkdir -p "$disk/state" "$disk/run"
chmod 700 "$disk/run"
nowhere='--collector http://127.0.0.1:9/'
"$probe" consent --accept R0,R1,R2,R3 >/dev/null
: >"$dir/out"
i=0
for at in $moments; do
    i=$((i + 1))
    # by turns: sent at once, kept at once, kept in a burst
    case $((i % 3)) in
    0) burst=0 how= ;;
    1) burst=0 how=$nowhere ;;
    2) burst=600 how=$nowhere ;;
    esac
    rm -f "$dir/one"
    sed "s/\$/?n=$i/" "$dir/list" >"$dir/list.now" # each input once and no more
    # shellcheck disable=SC2086 # words
    PARALLAX_SPOOL_BURST=$burst "$probe" run --parallel 4 --list "$dir/list.now" $how \
        --out "$dir/one" >"$dir/run.log" 2>&1 &
    pid=$!
    # every second one when something is finished, however slow this machine is
    while [ $((i % 2)) = 1 ] && [ "$(cat "$dir/one" 2>/dev/null | wc -l)" -lt 2 ] &&
        kill -0 $pid 2>/dev/null; do
        sleep 0.02
    done
    sleep "$at" # the moment is the input here
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    "$probe" results --json >"$dir/counts" || echo "$i: results fails"
    [ "$(jq .damaged "$dir/counts")" = 0 ] || echo "$i: $(cat "$dir/counts")"
    "$probe" upload >"$dir/upload.log" 2>&1 || echo "$i: $(tail -n 1 "$dir/upload.log")"
    [ "$("$probe" results --json | jq .records)" = 0 ] || echo "$i: not all is sent"
    # finished is what --out has, but the last one, which may not be kept yet
    [ $burst != 0 ] || [ ! -s "$dir/one" ] || sed '$d' "$dir/one" >>"$dir/out"
done >"$dir/wrong" 2>&1

# the power goes: at the end of a run, and in the middle of one
on_disk() {
    rm -f "$disk/log"
    LD_PRELOAD=$cut_lib POWERCUT_LOG=$disk/log "$after_cut" --begin "$disk/state" -
}
[ ! -e "$cut_lib" ] || for seed in 0 1 2 3; do
    for at in 0 3; do
        on_disk
        LD_PRELOAD=$cut_lib POWERCUT_LOG=$disk/log POWERCUT_AT=$at \
            PARALLAX_RETEST_PAUSE=0 "$probe" run --parallel 4 --list "$dir/list" \
            $nowhere >"$dir/run.log" 2>&1
        "$after_cut" "$disk/state" "$disk/log" "$seed" && rm -rf "$disk/state.old"
        rm -rf "$disk/run/parallax" # and with it what was in memory
        "$probe" results --json >"$dir/counts" || echo "$seed: results fails"
        echo "$seed $at $(jq -r '"\(.records) \(.damaged)"' "$dir/counts")"
        "$probe" upload >"$dir/upload.log" 2>&1 || cat "$dir/upload.log"
        [ "$("$probe" results --json | jq .records)" = 0 ] || echo "$seed: not all is sent"
    done
done >"$dir/cuts" 2>&1

# carried by hand, and sent later, too
"$probe" run --list "$dir/list" $nowhere >"$dir/run.log" 2>&1
"$probe" export "$dir/by-hand" 2>"$dir/export.err"
echo "export $?" >"$dir/exported"
"$probe" upload >"$dir/upload.log" 2>&1
END
timeout -k 5 $((300 + kills * 30)) tests/lab/lab --scenario "$dir/scenario" \
    --keep "$dir/lab" -- sh "$dir/script" >"$dir/said" 2>&1 </dev/null
ok $? "$kills runs are killed, each followed by an upload"
is "$(cat "$dir/wrong")" "" \
    "the next start works, nothing is damaged, and all that waits is sent"
# what the collector has: one line for each uid
"$collector" list --data "$dir/lab/collector" --json |
    jq -r .input | grep n= | sort >"$dir/has"
is "$(uniq -d "$dir/has")" "" \
    "no measurement is stored under two uids, of $(grep -c . "$dir/has")"
jq -r .input "$dir/out" | sort -u >"$dir/finished"
is "$(comm -13 "$dir/has" "$dir/finished")" "" \
    "and every one that was finished is there, of $(grep -c . "$dir/finished")"
[ "$(grep -c . "$dir/finished")" -gt 0 ]
ok $? "some were finished before the kill"

if [ -e "$cut_lib" ]; then
    is "$(grep -v "^[0-9]* [0-9]* [0-9]* 0\$" "$dir/cuts")" "" \
        "after a power cut what was synced is whole, and the next start works"
    is "$(awk '$2 == 0 { print $3 }' "$dir/cuts" | sort -u)" 6 \
        "and all of a run that had ended is there"
    sed 's/^/# cut: /' "$dir/cuts"
else
    skip "a sanitized program cannot be preloaded: power cuts"
fi

is "$(cat "$dir/exported") $(cat "$dir/export.err")" "export 0 6 records written" \
    "what waits is exported"
! grep -qa 'example\|ya\.ru\|webconnectivity' "$dir/by-hand"
ok $? "sealed"
export PARALLAX_COLLECTOR_SEAL_SECRET="$dir/lab/seal.key"
"$collector" import --data "$dir/other" "$dir/by-hand" 2>"$dir/import.err"
is "$? $(cat "$dir/import.err")" "0 6 stored, 0 known already, 0 rejected" \
    "the collector imports it"
"$collector" import --data "$dir/other" "$dir/by-hand" 2>"$dir/import.err"
is "$? $(cat "$dir/import.err")" "0 0 stored, 6 known already, 0 rejected" "once"
PARALLAX_COLLECTOR_SEAL_SECRET='' "$collector" import --data "$dir/other" \
    "$dir/by-hand" 2>"$dir/import.err"
is "$? $(grep -c 'it is sealed' "$dir/import.err")" "1 1" "with its key alone"
uids() { "$collector" list --data "$1" --json | jq -r .measurement_uid | sort; }
uids "$dir/lab/collector" >"$dir/uids"
is "$(uids "$dir/other" | comm -23 - "$dir/uids")" "" \
    "what is carried by hand and sent, too, has one uid"
done_testing
