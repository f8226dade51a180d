#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A device lives alone in the lab: two days, or DAYS (make month: 30), as SEED draws
# them (tests/month/README.md). DAY_SITES is the cap of sites a day. MONTH_OUT=DIR keeps
# what happened, and the table of docs/unattended.md as DIR/table.
set -u
. "$(dirname "$0")/lib/faults.sh"
days=${DAYS:-2}
seed=${SEED:-24}
out=${MONTH_OUT:-$dir/month}
disk=$(mktemp -d /dev/shm/parallax-test.XXXXXX) || exit 1
trap 'rm -rf "$dir" "$disk"' EXIT
mkdir -p "$out"
rm -f "$out/calls" "$out/events" "$out/journal" "$out/readable"
[ -e "$repo/$BUILD/tests/faults/powercut.so" ] || {
    echo "1..0 # SKIP a sanitized program cannot be preloaded"
    exit 0
}
need_lab
faketime=$(ls /usr/lib/*/faketime/libfaketimeMT.so.1 2>/dev/null | head -n 1)
cut_lib=$repo/$BUILD/tests/faults/powercut.so
kept_lib=$repo/$BUILD/tests/faults/kept.so
after_cut=$repo/$BUILD/tests/tools/after_cut
export faketime cut_lib kept_lib after_cut disk

# five sites in six of no risk, the others sensitive
{
    echo url,category_code
    for i in $(seq 50); do echo "https://site$i.month.example/,CULTR"; done
    for i in $(seq 6); do echo "https://rights$i.month.example/,HUMR"; done
    for i in $(seq 4); do echo "https://queer$i.month.example/,LGBT"; done
} >"$out/month.csv"
cat >"$out/config" <<END
plan.day_sites = ${DAY_SITES:-8}
plan.day_bytes = 4m
END
cat >"$out/scenario" <<'END'
link rtt 20ms
rst sni site7.month.example
drop sni rights3.month.example
dns isp answer site20.month.example A 10.10.34.35
END

# from the next day on, since nothing may be dated before the lab
start=$(($(date +%s) / 86400 * 86400 + 86400))
timer=packaging/systemd/parallax.timer
delay=$(sed -n 's/^RandomizedDelaySec=\([0-9]*\)min$/\1/p' $timer)
systemd-analyze calendar --iterations=$((days * 144)) \
    --base-time="$(TZ=UTC date -d "@$((start - 1))" '+%Y-%m-%d %H:%M:%S UTC')" \
    "$(sed -n 's/^OnCalendar=//p' $timer)" |
    sed -n 's/.*\(Next elapse\|Iter\. #[0-9]*\): //p' | TZ=UTC date -f - +%s |
    awk -v seed="$seed" -v delay=$((delay * 60)) -v run=$((${DAY_SITES:-8} * 3 / 10)) \
        -f tests/month/plan.awk >"$out/plan"
is "$(grep -c . "$out/plan")" $((days * 144)) "systemd says when the timer calls"

# The collector is as far ahead as the device will be.
cat >"$out/collector" <<END
#!/bin/sh
export LD_PRELOAD=$faketime FAKETIME=+$(((days + 2) * 86400)) DONT_FAKE_MONOTONIC=1
exec "$collector" "\$@"
END
chmod +x "$out/collector"
rm -rf "$out/lab"
LAB_COLLECTOR=$out/collector TZ=UTC PARALLAX_RETEST_PAUSE=1 tests/lab/lab --root \
    --scenario "$out/scenario" --list "$out/month.csv" --keep "$out/lab" -- \
    sh tests/month/life.sh packaging/systemd/parallax.service "$out/plan" "$out" \
    >"$out/life.said" 2>&1 </dev/null
is "$?" 0 "the device lives for $days days"
. tests/month/judge.sh
done_testing
