#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Faults of the machine while sites are measured in the lab: no descriptors,
# full, failing and read-only disks, a clock that jumps. None may make
# interference of itself. (The line: faults_line.t; signals: faults_signals.t; the
# collector: faults_store.t.) Bounded: about half a minute.
set -u
. "$(dirname "$0")/lib/faults.sh"
need_lab
export sites='--url https://www.example.com/ --url http://www.example.com/
    --url https://www.example.org/'

# ---- what is done --------------------------------------------------------------

cat >"$dir/descriptors" <<'END'
for n in 9 10 12 14 16 18 20 24 28 32 40 48 64; do
    prlimit --nofile=$n "$probe" run --no-upload --out "$dir/fd.$n" $sites \
        >"$dir/fd.log" 2>&1
    rc=$?
    why=$(grep -m1 'out of descriptors\|Too many open files' "$dir/fd.log" ||
        tail -n 1 "$dir/fd.log")
    echo "$n exit $rc $why"
done
END

cat >"$dir/control" <<'END'
"$collector" control --listen 127.0.0.1:0 2>"$dir/control.err" &
pid=$!
while ! grep -q ready "$dir/control.err" && kill -0 $pid; do sleep 0.1; done
url=$(sed -n 's/.*control ready \(http[^ ]*\) key.*/\1/p' "$dir/control.err")
ask() {
    curl -s -m "$1" -o "$dir/answer" -w '%{http_code} ' -d '{"http_request":
        "https://www.example.com/", "http_request_headers": {},
        "tcp_connect": ["93.184.216.34:443"]}' "$url/"
    jq -r '.detail // ([.. | .failure? | select(.)] |
        if . == [] then "no failure" else "failure" end)' "$dir/answer"
}
# Nobody may look at how many it has: fewer and fewer, until it cannot even take a
# connection.
most=48
while [ $most -gt 3 ]; do
    prlimit --pid $pid --nofile=$most:
    said=$(ask 20)
    case $said in
    000*) break ;;
    esac
    echo "$said"
    most=$((most - 1))
done
prlimit --pid $pid --nofile=1024:
echo "again $(ask 60)"
kill $pid
END

cat >"$dir/disks" <<'END'
for what in WRITE FSYNC; do
    for n in 2 3 5 7; do
        rm -rf "$dir/st" "$dir/out"
        mkdir -p "$dir/st/parallax"
        cp "$HOME/.local/state/parallax/consent" "$dir/st/parallax/"
        XDG_STATE_HOME=$dir/st LD_PRELOAD=$preload env FAULT_$what=$n \
            "$probe" run --parallel 1 --out "$dir/out" $sites \
            >"$dir/disk.log" 2>&1
        rc=$?
        sed -n 's/^\([0-9]*\) sent.*/\1/p' "$dir/disk.log" >>"$dir/sent.$what"
        said=$(grep -c 'cannot be \(kept\|written\|locked\)\|no room' \
            "$dir/disk.log")
        cat "$dir/out" 2>/dev/null | jq -r .test_keys.x_verdict.state \
            >>"$dir/disk.states" 2>/dev/null
        echo "$what $n exit $rc said $said"
        jq -c . "$dir/out" >/dev/null 2>&1 || [ ! -e "$dir/out" ] ||
            echo "$what $n: --out is not readable"
        # what is in the spool is whole, and is sent by the next
        XDG_STATE_HOME=$dir/st "$probe" upload >"$dir/disk.log" 2>&1 ||
            echo "$what $n: upload: $(tail -n 1 "$dir/disk.log")"
        sed -n 's/^\([0-9]*\) sent.*/\1/p' "$dir/disk.log" >>"$dir/sent.$what"
        find "$dir/st" -name '*.bad' | sed "s/^/$what $n: damaged /"
    done
done
"$probe" run --no-upload --out /dev/full $sites >"$dir/full.log" 2>&1
echo "full exit $?"
END

# Read-only at the start, and while it is written to: a real disk does that after an error,
# a kernel that is asked does it to one in a file
# (for a moment between it says EIO)
cat >"$dir/readonly" <<'END'
state=$HOME/.local/state
m=$HOME/m
mkdir "$m"
mount -t tmpfs -o size=16m none "$m"
cp -r "$state" "$m/state"
mount -o remount,bind,ro "$m"
export XDG_STATE_HOME=$m/state TMPDIR=$m
"$probe" run $sites >"$dir/ro.start" 2>&1
echo "start exit $?"
"$probe" run --no-upload $sites --out "$m/out" >"$dir/ro.out" 2>&1
echo "out exit $?"
"$probe" run --no-upload $sites --out - >"$dir/ro.records" 2>"$dir/log"
echo "records exit $?"
umount "$m"
mount -t tmpfs -o size=8800k none "$m"
cp -r "$state" "$m/state"
"$probe" run --list "$dir/list.csv" --out "$m/out" --collector \
    http://127.0.0.1:1 >"$dir/full.run" 2>&1
echo "full exit $?"
jq -c . "$m/out" >/dev/null || echo "wrong: --out is not readable"
"$probe" upload >"$dir/full.upload" 2>&1
echo "full upload exit $?"
find "$m" -name '*.spool' -o -name '*.bad' | sed 's/^/wrong: left over /'
umount "$m"
truncate -s 32M "$HOME/image"
mkfs.ext4 -q "$HOME/image" && mount -o loop "$HOME/image" "$m" || exit
cp -r "$state" "$m/state"
sync -f "$m"
( # a few records are there by then, most are not
    for _ in $(seq 600); do
        [ "$(cat "$m/out" 2>/dev/null | wc -l)" -lt 5 ] || break
        sleep 0.05
    done
    mount -o remount,abort "$m"
) &
"$probe" run --parallel 2 --list "$dir/list.csv" --out "$m/out" --collector \
    http://127.0.0.1:1 >"$dir/ro.mid" 2>&1
echo "mid exit $?"
umount "$m"
e2fsck -fy "$HOME/image" >"$dir/log" 2>&1
mount -o loop "$HOME/image" "$m"
"$probe" upload >"$dir/ro.upload" 2>&1
echo "upload exit $?"
umount "$m"
END

# A small board has no clock of its own: it begins in 1970.
cat >"$dir/clock" <<'END'
step() { # step NAME SECONDS AFTER UNTIL
    LD_PRELOAD=$preload FAULT_CLOCK=$2 FAULT_AFTER=$3 FAULT_UNTIL=$4 "$probe" \
        run --parallel 1 --out "$dir/clock.$1" $sites >"$dir/clock.log.$1" 2>&1
    echo "$1 exit $?"
}
step +10 315360000 1300 0
step -10 -315360000 250 0
step -53 -1700000000 1300 0
epoch=$((40 - $(date +%s)))
step then1970 $epoch 1300 0
step only1970 $epoch 0 0
step from1970 $epoch 0 700
"$probe" upload >"$dir/clock.upload" 2>&1
echo "upload exit $?"
END

sh tests/e2e/lib/make_list.sh 40 >"$dir/list.csv"
echo 'link rtt 100ms' >"$dir/slow.scn"
inside "$dir/descriptors" &
inside "$dir/control" &
inside "$dir/readonly" --root --list "$dir/list.csv" --scenario "$dir/slow.scn" &
if [ -e "$preload" ]; then
    inside "$dir/disks" &
    inside "$dir/clock" --scenario "$dir/slow.scn" &
fi
wait

# ---- descriptors -------------------------------------------------------------

cat "$dir"/fd.[0-9]* >"$dir/fd.all"
said=$(states "$dir/fd.all")
is "$(echo "$said" | grep -c -e blocked -e down)" 0 \
    "without descriptors nothing is called blocked or down"
is "$(echo "$said" | grep -c internal)" 1 "but internal: $said"
ends=$dir/descriptors.said
is "$(grep -v ' exit [0-3] ' "$ends")" "" "and no run dies of it"
is "$(grep ' exit [12] ' "$ends" |
    grep -v 'out of descriptors\|Too many open files')" "" \
    "one that cannot begin says why"
told 'no descriptors, probe' '13 runs of 3 sites with 9 to 64' \
    "$(grep -c ' exit 1 ' "$ends") do not begin and say why; of the others $said"

is "$(grep -c Busy "$dir/control.said") $(
    grep -c -v -e '^503 Busy$' -e '200 no failure$' "$dir/control.said")" \
    "$(grep -c 503 "$dir/control.said") 0" \
    "a control without descriptors is busy, and calls no site unreachable"
is "$(grep again "$dir/control.said")" "again 200 no failure" \
    "and answers again once it has some"
told 'no descriptors, control' 'taken away while it runs, one after the other' \
    "$(grep -v again "$dir/control.said" | tally); with descriptors again: $(
    sed -n 's/^again //p' "$dir/control.said")"

# ---- disks that fail -------------------------------------------------------------

if [ -e "$preload" ]; then
    disk=$dir/disks.said
    is "$(grep -c ': ' "$disk")" 0 \
        "on a failing disk --out and spool stay readable"
    is "$(awk '/said/ && $4 == 0 && $6 > 0 && /WRITE/ ||
        /said/ && $4 > 3' "$disk")" "" \
        "a run that could not keep everything does not end as if it had"
    is "$(awk '/said/ && $4 != 0 && $6 == 0' "$disk")" "" "and says why"
    is "$(grep -c '^full exit [13]$' "$disk")" 1 "a full --out is no success"
    is "$(sort -u "$dir/disk.states" | grep -c -e blocked -e down)" 0 \
        "no verdict comes of it"
    sed 's/^/# /' "$disk"
    for what in WRITE FSYNC; do
        word='full disk, probe'
        [ $what = WRITE ] || word='fsync fails, probe'
        told "$word" "spool and \`--out\`, the n-th and all later, 4 runs of 3 sites" \
            "$(sed -n "s/^$what.* \(exit [0-9]*\).*/\1/p" "$disk" | tally), $(
            awk -v w=$what '$1 == w && $6 > 0' "$disk" | wc -l) say why; $(
            awk '{ n += $1 } END { print n + 0 }' "$dir/sent.$what") records kept and sent, $(
            grep -c "^$what.*damaged" "$disk") damaged"
    done
    told 'full disk, probe' '`--out /dev/full`' "$(sed -n 's/^full //p' "$disk"), \`$(
        sed -n 's/^parallax run: \(.*written.*\)/\1/p' "$dir/full.log" | tail -n 1)\`"
else
    skip "a sanitized program cannot be preloaded: failing disks"
fi

# ---- disks that are read-only or full ---------------------------------------------

said=$(sed -n 's/^parallax run: .*parallax\///p' "$dir/ro.start")
is "$(grep -e start -e out "$dir/readonly.said" | tr '\n' ' ')$(
    grep -c 'Read-only\|read-only' "$dir/ro.start")" "start exit 1 out exit 1 1" \
    "on a read-only disk a run does not begin, and says why: $said"
is "$(states "$dir/ro.records")" "3 ok" "what needs no disk works all the same"
told 'read-only disk, probe' 'state and TMPDIR there from the start' \
    "\`$said\`, exit 1; \`--no-upload --out -\`: $(states "$dir/ro.records")"
full=$(sed -n 's/^full \(exit [13]\)$/\1/p' "$dir/readonly.said")
is "${full%[13]} $(grep -c 'no room for more records:' "$dir/full.run")" \
    "exit  1" "a disk that fills up ends a run, said once: $full"
is "$(grep 'full upload' "$dir/readonly.said")" "full upload exit 0" \
    "what was kept is sent afterwards"
is "$(grep wrong "$dir/readonly.said")" "" "all that is on it is readable, and is sent"
told 'full disk, probe' 'a disk of 8.8 MB, 40 sites' "$full, $(
    sed -n 's/.*, \([0-9]* not measured.*\)/\1/p' "$dir/full.run"), $(
    sed -n 's/^[0-9]* sent, \([0-9]* waiting\).*/\1/p' "$dir/full.run"); \`upload\` afterwards: $(
    sed -n 's/^\([0-9]* sent, [0-9]* waiting\).*/\1/p' "$dir/full.upload")"
if grep -q mid "$dir/readonly.said"; then
    is "$(sed -n 's/^mid //p' "$dir/readonly.said") $(
        grep -c 'a record cannot be kept' "$dir/ro.mid") $(
        grep -c 'out cannot be written' "$dir/ro.mid") $(
        grep 'cannot be \(kept\|written\):' "$dir/ro.mid" |
            grep -vci "read-only\|input.*output")" "exit 1 1 1 0" \
        "one that goes read-only in mid-run ends it, said once"
    waited=$(sed -n 's/^.* \([0-9]*\) waiting.*/\1/p' "$dir/ro.mid")
    sent=$(sed -n 's/^\([0-9]*\) sent.*/\1/p' "$dir/ro.upload")
    # but what was not synced yet, which is said
    [ "$sent" = "$waited" ] || { [ "$sent" -lt "$waited" ] &&
        grep -q "may not be on the disk" "$dir/ro.mid"; }
    ok $? "what was kept before is sent afterwards: $sent of $waited"
    is "$(grep -c '^\(blocked\|down\) ' "$dir/ro.mid") $(
        grep -c '^\(ok\|inconclusive\) ' "$dir/ro.mid" | sed 's/[1-9].*/some/')" \
        "0 some" "nothing is called blocked or down"
    told 'read-only disk, probe' 'spool and `--out` go read-only in mid-run, 40 sites' \
        "$(sed -n 's/^mid //p' "$dir/readonly.said"), $(
        sed -n 's/.*, \([0-9]* not measured.*\)/\1/p' "$dir/ro.mid"), $(
        sed -n 's/^\([0-9]*\) .*kept nowhere.*/\1 kept nowhere/p' "$dir/ro.mid"); \`upload\` on the mended disk: $sent of $waited sent"
else
    skip "no disk can be made in a file here ($(tail -n 1 "$dir/readonly.log"))"
fi

# ---- the clock -------------------------------------------------------------------

if [ -e "$preload" ]; then
    is "$(grep -c 'exit [03]$' "$dir/clock.said")" 7 \
        "a clock that jumps by years ends no run"
    cat "$dir"/clock.[-+tof]*70 "$dir"/clock.[-+]* >"$dir/clock.all"
    is "$(grep -c . "$dir/clock.all")" 18 "every site is measured"
    is "$(states "$dir/clock.all" | grep -c -e blocked -e down)" 0 \
        "none is called blocked or down: $(states "$dir/clock.all")"
    is "$(jq '[.test_runtime, (.test_keys.network_events[] | .t0, .t)] |
        map(select(. != null and (. < 0 or . > 60))) | length' \
        "$dir/clock.all" | sort -u)" 0 "times within a record are sane"
    is "$(grep -c "clock says 1970-01-01" "$dir/clock.log.only1970")" 1 \
        "a clock in 1970 is named where certificates fail for it"
    is "$(jq -r .measurement_start_time "$dir/clock.only1970" | grep -c '^1970')" 0 \
        "a clock in 1970 dates no record before the last one"
    told 'clock steps' '+10, -10, -53 years and to 1970 in mid-run, 12 sites' "$(
        cat "$dir"/clock.[-+]* "$dir/clock.then1970" >"$dir/clock.some"
        states "$dir/clock.some")"
    told 'clock in 1970' 'throughout, 3 sites' "$(states "$dir/clock.only1970"); \`$(
        sed -n 's/^parallax run: \(this machine.*\)/\1/p' "$dir/clock.log.only1970")\`"
    told 'clock in 1970' 'until 0.7 s after the start, 3 sites' \
        "$(states "$dir/clock.from1970"); all sent, $(
        sed -n 's/^[0-9]* sent, \([0-9]* waiting\).*/\1/p' "$dir/clock.upload")"
else
    skip "a sanitized program cannot be preloaded: jumping clocks"
fi
done_testing
