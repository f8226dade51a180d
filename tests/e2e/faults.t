#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Faults of the machine while sites are measured in the lab and records are
# stored: no descriptors, full and failing disks, a clock that jumps, a line
# that goes away, signals. None may make interference of itself. Bounded: about
# a minute and a half.
set -u
. "$(dirname "$0")/lib/tap.sh"
probe=$PWD/$BUILD/parallax
collector=$PWD/$BUILD/parallax-collector
preload=$PWD/$BUILD/tests/faults/preload.so
export LAB_BUILD="${LAB_BUILD:-$PWD/$BUILD}" dir probe preload
lab=tests/lab/lab
if ! $lab -- true 2>"$dir/log"; then
    echo "1..0 # SKIP the lab does not come up: $(tail -n 1 "$dir/log")"
    exit 0
fi
chmod 777 "$dir"
sites='--url https://www.example.com/ --url http://www.example.com/
    --url https://www.example.org/'
PARALLAX_RETEST_PAUSE=5
export sites PARALLAX_RETEST_PAUSE

# states FILE: the states in a file of records, each once, in one line
states() {
    jq -r .test_keys.x_verdict.state "$1" 2>&1 | sort -u | tr '\n' ' ' |
        sed 's/ $//'
}

# ---- descriptors -------------------------------------------------------------

cat >"$dir/descriptors" <<'END'
for n in 10 12 14 16 18 20 24 28 32 40 48 64; do
    prlimit --nofile=$n "$probe" run --no-upload --out "$dir/fd.$n" $sites \
        >"$dir/fd.log.$n" 2>&1
    echo "$n $?"
done
END
$lab -- sh "$dir/descriptors" >"$dir/fd" 2>"$dir/log"
cat "$dir"/fd.[0-9]* >"$dir/fd.all"
is "$(jq -r .test_keys.x_verdict.state "$dir/fd.all" |
    grep -c -e blocked -e down)" 0 \
    "without descriptors nothing is called blocked or down"
is "$(jq -r .test_keys.x_verdict.state "$dir/fd.all" | grep -q internal &&
    echo yes)" yes "but internal"
is "$(awk '$2 > 3' "$dir/fd")" "" "and no run dies of it"
is "$(cat "$dir"/fd.log.* | grep -c 'out of descriptors\|Too many open files')" \
    "$(grep -c ' [12]$' "$dir/fd")" "one that cannot begin says why"

# ---- disks ---------------------------------------------------------------------

cat >"$dir/disks" <<'END'
mkdir -p "$dir/state/parallax"
for what in WRITE FSYNC; do
    for n in 2 3 5 7; do
        rm -rf "$dir/st" "$dir/out"
        mkdir -p "$dir/st/parallax"
        cp "$HOME/.local/state/parallax/consent" "$dir/st/parallax/"
        XDG_STATE_HOME=$dir/st LD_PRELOAD=$preload env FAULT_$what=$n \
            "$probe" run --parallel 1 --out "$dir/out" $sites \
            >"$dir/disk.log" 2>&1
        rc=$?
        said=$(grep -c 'cannot be \(kept\|written\|locked\)\|no room' \
            "$dir/disk.log")
        echo "$what $n exit $rc said $said"
        jq -c . "$dir/out" >/dev/null 2>&1 || [ ! -e "$dir/out" ] ||
            echo "$what $n: --out is not readable"
        # what is in the spool is whole, and is sent by the next
        XDG_STATE_HOME=$dir/st "$probe" upload >"$dir/disk.log" 2>&1 ||
            echo "$what $n: upload: $(tail -n 1 "$dir/disk.log")"
        find "$dir/st" -name '*.bad' | sed "s/^/$what $n: damaged /"
    done
done
"$probe" run --no-upload --out /dev/full $sites >"$dir/full.log" 2>&1
echo "full exit $?"
END
if [ -e "$preload" ]; then
    $lab -- sh "$dir/disks" >"$dir/disk" 2>"$dir/log"
    is "$(grep -c ': ' "$dir/disk")" 0 \
        "on a failing disk --out and spool stay readable"
    is "$(awk '/said/ && $4 == 0 && $6 > 0 && /WRITE/ ||
        /said/ && $4 > 3' "$dir/disk")" "" \
        "a run that could not keep everything does not end as if it had"
    is "$(awk '/said/ && $4 != 0 && $6 == 0' "$dir/disk")" "" "and says why"
    is "$(grep -c '^full exit [13]$' "$dir/disk")" 1 \
        "a full --out is no success"
    sed 's/^/# /' "$dir/disk"
else
    skip "a sanitized program cannot be preloaded: failing disks"
fi

# ---- the clock -------------------------------------------------------------------

cat >"$dir/clock" <<'END'
for s in 315360000 -315360000 -1700000000; do
    LD_PRELOAD=$preload FAULT_CLOCK=$s FAULT_AFTER=250 "$probe" run \
        --no-upload --parallel 1 --out "$dir/clock.out" $sites
    echo "exit $?"
done
END
if [ -e "$preload" ]; then
    $lab -- sh "$dir/clock" >"$dir/clock.log" 2>&1
    is "$(grep -c '^exit 0$' "$dir/clock.log")" 3 \
        "a clock that jumps by years ends no run"
    is "$(grep -c . "$dir/clock.out")" 9 "every site is measured"
    is "$(states "$dir/clock.out")" ok "and none is called blocked"
    is "$(jq '[.test_runtime, (.test_keys.network_events[] | .t0, .t)] |
        map(select(. != null and (. < 0 or . > 60))) | length' \
        "$dir/clock.out" | sort -u)" 0 "times within a record are sane"
else
    skip "a sanitized program cannot be preloaded: jumping clocks"
fi

# ---- the line --------------------------------------------------------------------

sh tests/e2e/lib/make_list.sh 60 >"$dir/list.csv"
for gap in 3s 12s; do
    printf 'link rtt 100ms\nlink down at 1500ms for %s\n' $gap >"$dir/gap.scn"
    $lab --scenario "$dir/gap.scn" --list "$dir/list.csv" -- \
        timeout 90 "$probe" run --no-upload --list "$dir/list.csv" \
        --out "$dir/gap.$gap" >"$dir/log" 2>&1
    is "$?" 0 "a line that is down for $gap ends no run"
    is "$(grep -c . "$dir/gap.$gap")" 60 "every site has its record"
    is "$(jq -r .test_keys.x_verdict.state "$dir/gap.$gap" |
        grep -c -e blocked -e down)" 0 "and none is called blocked or down"
done
printf 'link down at 0s for 600s\n' >"$dir/gap.scn"
$lab --scenario "$dir/gap.scn" -- timeout 80 "$probe" run --no-upload $sites \
    --out "$dir/gap.all" >"$dir/log" 2>&1
is "$(states "$dir/gap.all")" inconclusive "no line at all is inconclusive"

# what is dropped for real is still found, measured twice
printf 'drop ip 93.184.216.34\n' >"$dir/drop.scn"
$lab --scenario "$dir/drop.scn" -- timeout 80 "$probe" run --no-upload \
    --url https://www.example.com/ --out "$dir/drop" >"$dir/log" 2>&1
is "$(states "$dir/drop") $(jq -r .test_keys.x_verdict.method "$dir/drop")" \
    "blocked ip" "an address that is dropped for real is still found"

# ---- signals -----------------------------------------------------------------------

cat >"$dir/signals" <<'END'
for sig in TERM INT; do
    for wait in 0.05 0.5 1.1; do
        rm -f "$dir/sig.out"
        "$probe" run --parallel 2 --list "$dir/list.csv" --out "$dir/sig.out" \
            >"$dir/sig.log" 2>&1 &
        pid=$!
        sleep $wait
        kill -$sig $pid
        wait $pid
        echo "$sig $wait exit $?"
        [ ! -e "$dir/sig.out" ] || jq -c . "$dir/sig.out" >/dev/null 2>&1 ||
            echo "$sig $wait: --out is not readable"
    done
done
"$probe" upload >"$dir/sig.log" 2>&1 || echo "upload: $(tail -n1 "$dir/sig.log")"
find "$HOME/.local/state/parallax" -name '*.bad' | sed 's/^/damaged: /'
END
# INT is ignored by what a script starts in the background, so it has a shell
# of its own with job control
printf 'link rtt 100ms\n' >"$dir/sig.scn"
$lab --scenario "$dir/sig.scn" --list "$dir/list.csv" -- \
    bash -m "$dir/signals" >"$dir/sig" 2>"$dir/log"
is "$(grep -c ' exit ' "$dir/sig")" 6 "six runs are told to end"
is "$(grep ' exit ' "$dir/sig" | grep -v ' exit \(3\|130\|143\)$')" "" \
    "they end as partly done, or were not yet begun"
is "$(grep ': ' "$dir/sig")" "" \
    "--out and spool stay readable and are sent afterwards"

done_testing
