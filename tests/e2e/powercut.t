#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The power goes: what was said to be stored, written or restored is there
# afterwards. tests/faults/powercut.c notes what fsync made durable, below
# SQLite as well; tests/tools/after_cut.c then leaves no more than that (seed 0),
# or any part of what was not synced, with the last write torn (other seeds).
# POWERCUT_SEEDS="0 1 2..." asks for more of them, POWERCUT_TIMES="1 2 3..." for cuts
# in the middle. Bounded: some seconds.
set -u
. "$(dirname "$0")/lib/faults.sh"
cut_lib=$repo/$BUILD/tests/faults/powercut.so
after_cut=$repo/$BUILD/tests/tools/after_cut
disk=$(mktemp -d /dev/shm/parallax-test.XXXXXX 2>/dev/null)
finish() {
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
    wait 2>/dev/null
    rm -rf "$dir" "$disk"
}
trap finish EXIT
if [ ! -d "$disk" ] || [ "$(stat -f -c %T "$disk")" != tmpfs ]; then
    echo "1..0 # SKIP /dev/shm is no tmpfs, whose numbers of inodes stand for files"
    exit 0
fi
[ -e "$cut_lib" ] && [ -x "$after_cut" ] || {
    echo "1..0 # SKIP build/tests/faults/powercut.so is not built"
    exit 0
}
live=$disk/live
mkdir "$live"
echo "collector.trusted_proxy = 127.0.0.1" >"$dir/config"

# on_disk: all that is there now is on the disk; a log of what comes is begun
on_disk() {
    rm -f "$disk/log"
    LD_PRELOAD=$cut_lib POWERCUT_LOG=$disk/log "$after_cut" --begin "$live" -
}
watched() { LD_PRELOAD=$cut_lib POWERCUT_LOG=$disk/log "$@"; }
# power_cut SEED: the power goes
power_cut() {
    "$after_cut" "$live" "$disk/log" "$1" && rm -rf "$live.old" && on_disk
}
serve() {
    # sets pid and url
    under="env LD_PRELOAD=$cut_lib POWERCUT_LOG=$disk/log"
    start "$live/data" --config "$dir/config"
    rc=$?
    under=
    return $rc
}
send() { # send FILE...: as a proxy does; keeps what is acknowledged
    for f in "$@"; do
        code=$(curl -s -m 60 -o /dev/null -w '%{http_code}' --data-binary @"$f" \
            -H 'X-Forwarded-For: 203.0.113.7' "$url/report/$report")
        keep "$code" "$f" >/dev/null
    done
}
verified() { "$collector" verify-store --data "$1" 2>&1 | grep -c ' 0 damages$'; }
files() { (cd "$1" 2>/dev/null && find . -type f | sort | xargs sha256sum) }

# ---- serve -----------------------------------------------------------------------
x_probe=00112233445566778899aabbccddeeff
lost=
for seed in ${POWERCUT_SEEDS:-0 0 1 2}; do
    rm -rf "$dir"/up/*
    # behind the first, which is no small one, zeros are kept ready
    make_records 1 "$(head -c 120000 /dev/urandom | base64 -w 0)"
    make_records 7
    sed -i "s/^{/{\"x_probe\":\"$x_probe\",/" "$dir"/up/*
    on_disk
    serve || lost="$lost $seed: does not start: $(tail -n 1 "$dir/log");"
    send "$dir"/up/*
    stop KILL
    key=$(cat "$live"/data/sidecar/*.key | sha256sum)
    power_cut "$seed"
    [ "$key" = "$(cat "$live"/data/sidecar/*.key 2>/dev/null | sha256sum)" ] ||
        lost="$lost $seed: the key of the day;"
    serve || lost="$lost $seed: does not start again: $(tail -n 1 "$dir/log");"
    before=$(kept "$data")
    # now: what is sent again may bring its tag again
    tags=$(($(cat "$live"/data/sidecar/*.tags | wc -c) / 48))
    send "$dir"/acked/*
    [ "$before" = "$(kept "$data")" ] &&
        [ "$before" = "$(ls "$dir/acked" | wc -l)" ] ||
        lost="$lost $seed: $before of $(ls "$dir/acked" | wc -l) records;"
    [ "$tags" -ge "$before" ] || lost="$lost $seed: $tags tags;"
    [ "$(verified "$data")" = 1 ] || lost="$lost $seed: damaged;"
    stop
done
is "$lost" "" "after a power cut every acknowledged upload is there, with its tags"
[ "$(ls "$dir/acked" | wc -l)" -ge 8 ]
ok $? "there was something to lose"

told 'power cut' "\`serve\`, after uploads, seeds ${POWERCUT_SEEDS:-0 0 1 2}" \
    "$(ls "$dir/acked" | wc -l) acknowledged: ${lost:-all there, with their tags}"

# The power goes while something becomes durable: at the n-th sync of a collector
# that starts and takes uploads, and of one that makes its index again first.
lost=
for at in ${POWERCUT_TIMES:-1 5 11 14}; do
    [ $((at % 2)) = 0 ] || rm -f "$live"/data/index.sqlite*
    rm -rf "$dir"/up/*
    make_records 4
    under="env LD_PRELOAD=$cut_lib POWERCUT_LOG=$disk/log POWERCUT_AT=$at"
    if start "$live/data" --config "$dir/config"; then
        send "$dir"/up/*
    fi
    under=
    stop KILL
    power_cut "$at"
    serve || lost="$lost $at: does not start again: $(tail -n 1 "$dir/log");"
    before=$(kept "$data")
    send "$dir"/acked/*
    [ "$before" = "$(kept "$data")" ] ||
        lost="$lost $at: $before of $(kept "$data") records;"
    [ "$(verified "$data")" = 1 ] || lost="$lost $at: damaged;"
    stop
done
is "$lost" "" "nothing is lost either when it goes in the middle of that"

told 'power cut' "\`serve\`, at the sync number ${POWERCUT_TIMES:-1 5 11 14}" \
    "$(ls "$dir/acked" | wc -l) acknowledged by then: ${lost:-all there}"

# ---- commands that say they are done ----------------------------------------------
# done_then_cut WORDS CHECK COMMAND...: CHECK prints the same after the cut
done_then_cut() {
    words=$1
    check=$2
    shift 2
    cp -r "$live" "$disk/kept"
    wrong=
    for seed in ${POWERCUT_SEEDS:-0 1}; do
        rm -rf "$live"
        cp -r "$disk/kept" "$live"
        on_disk
        watched "$@" >"$dir/out" 2>"$dir/log" || wrong="$wrong $seed: exit $?;"
        had=$(eval "$check" 2>&1)
        power_cut "$seed"
        has=$(eval "$check" 2>&1)
        [ "$has" = "$had" ] || wrong="$wrong $seed: had $had, has $has;"
    done
    rm -rf "$disk/kept"
    is "$wrong" "" "$words"
}
jq -c '.content | .input += "again"' "$dir"/up/* >"$dir/import"
done_then_cut "after import" \
    '"$collector" import --data "$live/data" /dev/null; kept "$live/data"' \
    "$collector" import --data "$live/data" "$dir/import"
done_then_cut "after index rebuild, with the counts of duplicates" \
    '"$collector" stats --json --data "$live/data" | cut -d , -f 1-3' \
    "$collector" index rebuild --data "$live/data"
rm -f "$live"/data/index.sqlite*
done_then_cut "after index rebuild from nothing" 'kept "$live/data"' \
    "$collector" index rebuild --data "$live/data"
printf 'name,scope,type,location,pattern\n' >"$dir/set.csv"
first=$(find "$SHARED/data" -name 'fingerprints_http.csv' 2>/dev/null | head -n 1)
[ -z "$first" ] || head -n 20 "$first" >"$dir/set.csv"
done_then_cut "after fingerprints import" \
    '"$collector" fingerprints list --json --data "$live/data"' \
    "$collector" fingerprints import --data "$live/data" "$dir/set.csv"
done_then_cut "after backup" 'files "$live/to"' \
    "$collector" backup --data "$live/data" "$live/to"
"$collector" backup --data "$live/data" "$live/from" 2>/dev/null
done_then_cut "after restore" \
    'files "$live/new" | grep -v -e -shm -e -wal; verified "$live/new"' \
    "$collector" restore --data "$live/new" "$live/from"
done_then_cut "after report" 'files "$live/report"' \
    "$collector" report --data "$live/data" --country IR --since 2026-11-01 \
    --until 2026-12-01 --out "$live/report"
done_testing
