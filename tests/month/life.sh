#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# life.sh UNIT PLAN OUT: a device's life on the volunteer's host of a lab, by the lines
# of PLAN (plan.awk); what systemd would run stands in UNIT. Its root is $disk, a
# tmpfs. Into OUT:
#   calls   a line a call: TRUE CLOCK KEPT LINE STATUS BYTES SECONDS HOW DONE
#   events  TRUE and what happened: line, power (for how long), boot (how far its clock
#           is off, for how many calls)
#   journal all that it printed, as journald would keep it
# From outside: probe, cut_lib, after_cut, kept_lib, faketime.
set -u
unit=$1
plan=$2
out=$3
root=$disk/root
mkdir -p "$root/etc/parallax" "$root/var/lib" "$root/usr/share/parallax/lists"
cp "$out/month.csv" "$root/usr/share/parallax/lists/global.csv"
cp "$out/config" "$root/etc/parallax/config"
for word in $(sed -n 's/^Environment=//p' "$unit"); do
    export "${word%%=*}=$root${word#*=}"
done
export XDG_DATA_HOME="$root/usr/share" TZ=UTC DONT_FAKE_MONOTONIC=1 FAKETIME_NO_CACHE=1
exec_start=$(sed -n 's/^ExecStart=//p' "$unit")
runtime=$XDG_RUNTIME_DIR/parallax
gateway=$(ip -4 route show default | sed 's/.* via \([^ ]*\) .*/\1/')

boot() { # /run is made anew, and /tmp
    rm -rf "$root/run"
    mkdir -p "$runtime"
    chmod 700 "$root/run" "$runtime"
}

bytes() {
    awk '/eth0:/ { sub(/.*:/, ""); print $1 + $9 }' /proc/net/dev
}

# as CLOCK KEPT PROGRAM WORDS: with the machine's clock there, in the place of this shell
as() {
    # shellcheck disable=SC2086 # words
    exec env FAKETIME="$(printf '%+d' $(($1 - $(date +%s))))" KEPT="$2" \
        LD_PRELOAD="$faketime:$kept_lib${cutting:+:$cut_lib}" "$3" $4
}

line_is() {
    [ "$1" != "$line" ] || return 0
    line=$1
    echo "$at line $line" >>"$out/events"
    ip link set eth0 "$line"
    [ "$line" = down ] || ip route replace default via "$gateway" dev eth0
}

# Nobody may read a name in what is on the disk.
look() {
    grep -rlaE 'month\.example|web_?connectivity' "$root/var" "$root/run" \
        >>"$out/readable" 2>/dev/null
}

# Is it still at work so many seconds later?
works_after() {
    left=$(awk -v s="$2" 'BEGIN { print int(s * 20) }')
    while [ "$left" -gt 0 ] && kill -0 "$1" 2>/dev/null; do
        sleep 0.05
        left=$((left - 1))
    done
    kill -0 "$1" 2>/dev/null
}

# The service's command at CLOCK; the power is cut after `cut` seconds of it, if it
# lasts as long. Sets how, status and how many sites it said were done.
call() {
    how=whole
    cutting=
    if [ "$cut" != - ]; then
        cutting=1
        rm -f "$disk/log"
        LD_PRELOAD=$cut_lib POWERCUT_LOG=$disk/log "$after_cut" --begin "$root/var" -
    fi
    POWERCUT_LOG=$disk/log as "$1" "$2" "$probe" "${exec_start#* }" >"$out/said" 2>&1 &
    pid=$!
    if [ "$cut" != - ] && works_after $pid "$cut"; then
        kill -9 $pid # the shell has become the probe
        how=cut
    fi
    wait $pid 2>/dev/null
    status=$?
    cat "$out/said" >>"$out/journal"
    done=$(sed -n 's/^\([0-9]*\) done, .*/\1/p' "$out/said")
}

# The disk is what was synced, or torn; memory is gone.
power_goes() {
    "$after_cut" "$root/var" "$disk/log" "$seed" 2>>"$out/journal" &&
        rm -rf "$root/var.old"
    off_until=$((at + off))
    stopped=$((at + clock_off + 60))
    lost_calls=$lost
    begins=$mode
    cut=-
    echo "$at power $off $seed" >>"$out/events"
    look
}

boots() {
    off_until=0
    boot
    clock_off=$((stopped - at))
    [ "$begins" != 1970 ] || clock_off=$((60 - at))
    echo "$at boot $clock_off $lost_calls" >>"$out/events"
}

# It is set right when there is a line, and some time has gone by. Sets kept.
clock_is() {
    kept=0
    if [ "$lost_calls" -gt 0 ]; then
        lost_calls=$((lost_calls - 1))
    elif [ "$clock_off" = 0 ] || [ "$line" = up ]; then
        clock_off=0
        kept=1
    fi
}

line=up
clock_off=0 # from the truth
lost_calls=0
off_until=0
cut=-
boot
(as "$(sed 's/ .*//;q' "$plan")" 1 "$probe" "consent --accept R0,R1,R2,R3") >/dev/null
while read -r at is_line cut_next off lost mode seed; do
    [ "$at" -ge "$off_until" ] || continue
    [ "$off_until" = 0 ] || boots
    line_is "$is_line"
    clock_is
    [ "$cut" != - ] || cut=$cut_next
    clock=$((at + clock_off))
    before=$(bytes)
    began=$(date +%s)
    call "$clock" "$kept"
    echo "$at $clock $kept $line $status $(($(bytes) - before)) $(($(date +%s) - began)) $how ${done:-0}" \
        >>"$out/calls"
    case $how$cut in
    cut* | whole0.[01]*) power_goes ;; # while it works, or just after
    esac
done <"$plan"
# what waits is sent in the end
[ "$off_until" = 0 ] || boots
line_is up
cutting=
(as $((at + 600)) 1 "$probe" upload) >>"$out/journal" 2>&1
(as $((at + 600)) 1 "$probe" "results --json") >"$out/results.json"
look
true
