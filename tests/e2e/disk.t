#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What stays on the disk: nothing of a measurement that can be read, after runs,
# kills and uploads; what blocks no run; and what wipe leaves. With DISK_IMAGE=1
# (as root) the state directory is a file system of its own, whose image is
# searched as a laboratory would, deleted files included.
set -u
. "$(dirname "$0")/lib/tap.sh"
probe=$repo/$BUILD/parallax
carve=$repo/$BUILD/tests/tools/carve
run_dir=$(mktemp -d /dev/shm/parallax-test.XXXXXX) || exit 1
mounted=
finish() {
    [ -z "$mounted" ] || umount "$dir/disk" 2>/dev/null
    rm -rf "$dir" "$run_dir"
}
trap finish EXIT
mkdir "$dir/disk" "$dir/twin"

if [ -n "${DISK_IMAGE:-}" ]; then
    if [ "$(id -u)" = 0 ] && truncate -s 48M "$dir/disk.img" &&
        mkfs.ext4 -q "$dir/disk.img" && mount -o loop "$dir/disk.img" "$dir/disk"; then
        mounted=yes
    else
        skip "the image of a disk: needs root, loop devices and mkfs.ext4"
        done_testing
    fi
fi

cat >"$dir/scenario" <<'END'
link rtt 2ms
rst sni www.example.org
END
cat >"$dir/list" <<'END'
https://www.example.com/
https://www.example.org/
http://www.example.com/secret-path
https://bit.ly/21645
https://ya.ru/
END
# killed WORD TEST OPTIONS: starts a run and kills it as soon as TEST holds
cat >"$dir/script" <<END
probe=$probe dir=$dir preload=$repo/$BUILD/tests/faults/preload.so
export XDG_STATE_HOME=$dir/disk XDG_RUNTIME_DIR=$run_dir SSLKEYLOGFILE=$dir/disk/keys
spool=\$XDG_STATE_HOME/parallax/spool
nowhere='--collector http://127.0.0.1:9/ --parallel 2'
END
cat >>"$dir/script" <<'END'
key=$PARALLAX_COLLECTOR_SEAL_KEY
search() { # WORD
    find "$dir/disk" >"$dir/names.$1"
    sync
    cp -r "$dir/disk/parallax" "$dir/seen.$1"
}
killed() { # WORD TEST OPTIONS
    PARALLAX_RETEST_PAUSE=60 "$probe" run $3 --out "$dir/$1.jsonl" \
        >/dev/null 2>"$dir/$1.err" &
    i=0
    while ! eval "$2" && [ $i -lt 1200 ]; do
        i=$((i + 1))
        sleep 0.05
    done
    kill -9 $!
    wait $! 2>/dev/null
    search "$1"
}
frames() {
    "$probe" results --json | jq .records
}
"$probe" consent --accept R0,R1,R2,R3 >/dev/null
killed parked '[ -n "$(find "$spool" -name "parked-*" -size +1k)" ]' \
    "--url https://www.example.org/"
ls "$spool" | grep -c '^parked-' >"$dir/parked"
export PARALLAX_RETEST_PAUSE=1
"$probe" run --list "$dir/list" $nowhere --out "$dir/all.jsonl" >/dev/null 2>"$dir/all.err"
echo "run $? $(frames)"
search run
killed early '[ -e "$spool/reserve" ]' "--list $dir/list $nowhere"
have=$(frames)
killed frame '[ $(frames) -gt $have ]' "--list $dir/list $nowhere"
frames >"$dir/kept"
# one file that nobody may read, before the others and among them
one=$(ls "$spool" | grep "spool$" | head -n 1)
chmod 0 "$spool/$one"
"$probe" upload >"$dir/upload.out" 2>"$dir/upload.err"
echo "upload $? unreadable $(grep -c "$one.*passed over" "$dir/upload.err")"
chmod 600 "$spool/$one"
"$probe" upload >"$dir/upload2.out" 2>>"$dir/upload.err"
echo "upload $? $(frames)"
search sent
# towards a collector without a sealing key
export PARALLAX_COLLECTOR_SEAL_KEY=
# a machine that cannot look, or not to the end
"$probe" run --url https://www.example.com/ $nowhere >/dev/null 2>&1
for fault in STAT READDIR; do
    for n in $(seq 60); do
        env LD_PRELOAD="$preload" FAULT_$fault=$n \
            "$probe" upload --collector http://127.0.0.1:9/ >"$dir/fault.out" 2>&1
        echo "$fault $n $? $(grep 'waiting' "$dir/fault.out")"
    done
done >"$dir/faults"
# what a reboot leaves
"$probe" run --url https://www.example.com/ $nowhere >/dev/null 2>&1
echo "waiting $(frames)" # one of the faults, one of now
rm -r "$XDG_RUNTIME_DIR/parallax"
"$probe" upload >"$dir/lost.out" 2>"$dir/lost.err"
echo "lost $? $(frames)"
"$probe" upload >"$dir/lost.out" 2>"$dir/again.err"
echo "then $? $(cat "$dir/again.err")"
# and what is sealed for the collector outlasts it
unset PARALLAX_COLLECTOR_SEAL_KEY
PARALLAX_COLLECTOR_SEAL_KEY=$key "$probe" run --url https://www.example.com/ $nowhere >/dev/null 2>&1
rm -r "$XDG_RUNTIME_DIR/parallax"
"$probe" results show "$("$probe" results list 2>/dev/null | cut -d ' ' -f 1)" 2>"$dir/show.err"
echo "show $?"
"$probe" upload >"$dir/sealed.out" 2>&1
echo "sealed $? $(cut -d , -f 1 "$dir/sealed.out")"
search end
END
from=$(($(date +%s) - 1))
timeout -k 5 600 tests/lab/lab --scenario "$dir/scenario" --keep "$dir/lab" -- \
    sh "$dir/script" >"$dir/said" 2>"$dir/said.err" </dev/null
ok $? "runs, kills and uploads on one disk"
to=$(($(date +%s) + 1))
is "$(sed -n 1p "$dir/said")" "run 3 6" "what cannot be sent waits"
is "$(sed -n 2p "$dir/said")" "upload 3 unreadable 1" \
    "a frame that cannot be read is named, and the others are sent"
is "$(sed -n 3p "$dir/said")" "upload 0 0" "and it goes once it can be read"
is "$(cat "$dir/parked")" 1 "a run was killed while a record was parked"
sent=$(cat "$dir/upload.out" "$dir/upload2.out" |
    awk '{ n += $1 } END { print n + 0 }')
[ "$sent" = "$(cat "$dir/kept")" ] && [ "$sent" -gt 6 ]
ok $? "and what killed runs had kept is sent: $sent records"
is "$(sed -n '4,5p' "$dir/said" | tr '\n' ' ')" "waiting 2 lost 3 0 " \
    "what was not sent before a reboot is gone after it"
grep -q '^parallax upload: 2 records of before this machine was started again' \
    "$dir/lost.err"
ok $? "and that is said"
is "$(sed -n 6p "$dir/said")" "then 0 " "once"
is "$(sed -n '7,8p' "$dir/said" | tr '\n' ' ')" "show 1 sealed 0 1 sent " \
    "what is sealed for the collector cannot be read here, outlasts a reboot and is sent"

if [ -r "$BUILD/tests/faults/preload.so" ]; then
    is "$(awk '$3 == 0 || / 0 waiting.* 0 unreadable/' "$dir/faults")" "" \
        "a directory or file that cannot be looked at is no empty spool"
    is "$(cut -d ' ' -f 4- "$dir/faults" | sort -u | grep -c ' 1 unreadable')" 1 \
        "a file that cannot be looked at is counted"
else
    skip "faults of looking at files: build/tests/faults/preload.so is not built"
fi

# ---- what a laboratory finds ---------------------------------------------------
{
    sed 's|^[a-z]*://||; s|/.*||' "$dir/list" | sort -u
    echo secret-path
    jq -r .measurement_start_time "$dir/all.jsonl" | cut -c 1-15 | sort -u
    sqlite3 "$dir/lab/collector/index.sqlite" \
        'select uid from record limit 20' 2>/dev/null
    echo web_connectivity
} >"$dir/needles"
[ "$(grep -c webconnectivity "$dir/needles")" -gt 3 ]
ok $? "the collector's uids are looked for, too"
{
    cat "$dir/needles"
    echo "@$from-$to"
} >"$dir/needles.times"
head -n 1 "$dir/all.jsonl" >"$dir/twin.json"
"$carve" --plant "$dir/twin.json" "$dir/twin"
missed=
for form in "$dir"/twin/*; do
    "$carve" "$dir/needles" "$form" >/dev/null && missed="$missed ${form##*/}"
done
is "$missed" "" "a record in the clear is found, in whatever form it is planted"
printf '%016x' "$((from + 1))000000" >"$dir/twin/time"
"$carve" "$dir/needles.times" "$dir/twin/time" >/dev/null
is "$?" 1 "and so is a time like those in the names of earlier versions"
[ ! -e "$dir/disk/keys" ]
ok $? "no key of a connection is kept, though libcurl would"
for at in parked run early frame sent end; do
    "$carve" "$dir/needles.times" "$dir/seen.$at" >"$dir/found" 2>&1
    is "$? $(grep -v '^0 finds' "$dir/found" | cut -c 1-300)" "0 " \
        "no URL, host, uid or time of a measurement in any file or name: $at"
done
if [ -n "$mounted" ]; then
    umount "$dir/disk" && mounted=
    "$carve" "$dir/needles" "$dir/disk.img" >"$dir/found" 2>&1
    is "$? $(grep -v '^0 finds' "$dir/found" | cut -c 1-300)" "0 " \
        "nor anywhere on the disk, deleted files included"
    # the same image with a record that was in the clear for a moment
    mount -o loop "$dir/disk.img" "$dir/disk" && mounted=yes
    cp "$dir/twin/dcz" "$dir/disk/parallax/spool/00000000-00000000.frame"
    sync
    rm "$dir/disk/parallax/spool/00000000-00000000.frame"
    umount "$dir/disk" && mounted=
    "$carve" "$dir/needles" "$dir/disk.img" >"$dir/found" 2>&1
    is "$?" 1 "where a record that was in the clear and is deleted is found"
    done_testing
fi

# ---- wipe ------------------------------------------------------------------------
cat >"$dir/wipe" <<END
mount -t tmpfs none /dev/shm || exit 9
cd $dir/wiped
export XDG_STATE_HOME=$dir/wiped
unset XDG_RUNTIME_DIR
$probe wipe >/dev/null 2>&1
echo "asked \$? \$(ls parallax | wc -l)"
$probe consent --revoke | tail -n 1
$probe wipe --yes >out 2>&1
echo "wiped \$? \$(find parallax /dev/shm -mindepth 1 2>/dev/null | wc -l)"
END
mkdir "$dir/wiped"
if cp -r "$dir/seen.parked" "$dir/wiped/parallax" &&
    unshare -rmn true 2>/dev/null; then
    unshare -rmn sh "$dir/wipe" >"$dir/said" 2>&1
    is "$(sed -n 1p "$dir/said")" "asked 2 $(ls "$dir/seen.parked" | wc -l)" \
        "without a terminal wipe needs --yes"
    is "$(sed -n 2p "$dir/said")" '`parallax wipe` removes it.' \
        "consent --revoke says how the rest goes"
    is "$(sed -n 3p "$dir/said")" "wiped 0 0" "and wipe leaves nothing"
else
    skip "wipe: no namespace of one's own can be had"
fi

# ---- a run under sudo ------------------------------------------------------------
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    mkdir -p "$dir/home/.local/state"
    chown -R 1234 "$dir/home"
    find "$dir/home" >"$dir/before"
    HOME=$dir/home "$probe" consent --accept >"$dir/out" 2>&1
    is "$?" 1 "in the home of somebody else, as after sudo, nothing is begun"
    grep -q 'belongs to 1234: run this as 1234, without sudo' "$dir/out"
    ok $? "and it is said why"
    find "$dir/home" | cmp -s - "$dir/before"
    ok $? "and no file is left that would lock the volunteer out"
    mkdir -p "$dir/home/.local/state/parallax/spool"
    touch "$dir/home/.local/state/parallax/spool/lock"
    chown -R 1234 "$dir/home"
    chown 0 "$dir/home/.local/state/parallax/spool/lock"
    HOME=$dir/home setpriv --reuid 1234 --regid 1234 --clear-groups \
        "$probe" upload --collector http://127.0.0.1:9/ >"$dir/out" 2>&1
    is "$?" 2 "who was locked out by such a run is told so"
    grep -q 'spool/lock belongs to root.*sudo chown -R 1234 .*/parallax$' "$dir/out"
    ok $? "and how to get the files back"
else
    skip "a run under sudo: needs root"
fi
done_testing
