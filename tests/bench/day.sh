#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# day.sh SITES DIR: what a device writes in a day on which it measures SITES by
# schedule: runs at the times of its plan, under a clock that is set forward to each,
# at their own pace (about two seconds a site), on a file system of its own. DIR is for
# what is needed meanwhile. Prints the bytes that the block device counted, how many
# sites and runs that were; or why there is no such
# number, and fails.
set -u
cd "$(dirname "$0")/../.." || exit 1
sites=$1
dir=$2
BUILD=$(cd "${BUILD:-build}" && pwd)
probe=$BUILD/parallax
kept=$BUILD/tests/faults/kept.so
faketime=$(ls /usr/lib/*/faketime/libfaketimeMT.so.1 2>/dev/null | head -n 1)
disk=$dir/disk
mounted=
finish() {
    [ -z "$mounted" ] || umount "$disk"
    rm -f "$dir/disk.img"
}
trap finish EXIT

[ -n "$faketime" ] && [ -e "$kept" ] || {
    echo 'libfaketime or tests/faults/kept.so is missing'
    exit 1
}
mkdir -p "$disk" "$dir/run" "$dir/config/parallax"
chmod 700 "$dir/run"
truncate -s 128M "$dir/disk.img"
mkfs.ext4 -qF -E lazy_itable_init=0,lazy_journal_init=0 "$dir/disk.img" 2>/dev/null &&
    mount -o loop "$dir/disk.img" "$disk" 2>/dev/null || {
    echo 'no file system can be mounted here'
    exit 1
}
mounted=yes
device=$(awk -v at="$disk" '$2 == at { sub(/.*\//, "", $1); print $1 }' /proc/mounts)
sh tests/e2e/lib/make_list.sh $((sites + 20)) |
    sed 's/,[A-Z0-9]*,,/,CULTR,,/' >"$dir/day.csv"
cat >"$dir/config/parallax/config" <<END
plan.day_sites = $sites
plan.day_bytes = 500m
plan.hours = 0-24
plan.networks = any
END
echo 'link rtt 30ms' >"$dir/day.scn"

cat >"$dir/day" <<'END'
export XDG_STATE_HOME="$disk" XDG_RUNTIME_DIR="$run" XDG_CONFIG_HOME="$config"
at() { # SECONDS COMMAND...: with the machine's clock there
    clock=$1
    shift
    FAKETIME="$(printf '%+d' $((clock - $(date +%s))))" DONT_FAKE_MONOTONIC=1 \
        FAKETIME_NO_CACHE=1 KEPT=1 LD_PRELOAD="$faketime:$kept" "$@"
}
written() {
    sync -f "$XDG_STATE_HOME"
    awk '{ print $7 * 512 }' "/sys/block/$device/stat"
}
begin=$(($(date +%s) / 86400 * 86400 + 86400 + 60))
end=$((begin + 86400 - 120))
at $begin "$probe" consent --accept R0,R1 >/dev/null
at $begin "$probe" plan --list "$list" >/dev/null
before=$(written)
runs=0
while [ $runs -lt 8 ]; do
    next=$(date -d "$(at $begin "$probe" plan --list "$list" --json | jq -r .next)" +%s)
    [ "$next" -lt $end ] || break
    begin=$((next + 5))
    at $begin "$probe" run --scheduled --list "$list"
    runs=$((runs + 1))
done >"$log" 2>&1
echo "$(($(written) - before)) $(awk '/ done, / { n += $1 } END { print n + 0 }' "$log") $runs"
END
export probe kept faketime device disk log="$dir/day.log" list="$dir/day.csv" \
    run="$dir/run" config="$dir/config" TZ=UTC
tests/lab/lab --list "$dir/day.csv" --scenario "$dir/day.scn" -- sh "$dir/day" \
    2>>"$dir/day.log" </dev/null
