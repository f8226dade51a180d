#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The collector on a machine that fails: its disk full, read-only or failing to
# sync, its descriptors gone. What was acknowledged is there afterwards, and it
# takes uploads again. On disks of its own, in a mount namespace. Bounded: a few
# seconds.
set -u
if [ -z "${FAULTS_MOUNTS:-}" ]; then
    user=-Ur
    [ "$(id -u)" != 0 ] || user=
    if ! unshare $user -m true 2>/dev/null; then
        echo "1..0 # SKIP no mount namespace can be made here"
        exit 0
    fi
    FAULTS_MOUNTS=1 exec unshare $user -m sh "$0"
fi
. "$(dirname "$0")/lib/faults.sh"
disk=$dir/disk
mkdir "$disk"
finish() {
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
    wait 2>/dev/null
    umount -l "$disk" 2>/dev/null
    rm -rf "$dir"
}
trap finish EXIT

# fresh NAME: another disk of 8 MB, nothing acknowledged yet
fresh() {
    ! mountpoint -q "$disk" || umount -l "$disk"
    mount -t tmpfs -o size=8m none "$disk"
    rm -rf "$dir/up" "$dir/acked"
    mkdir "$dir/up" "$dir/acked"
}

# acknowledged WORDS: everything that was is stored, as sending it again shows
acknowledged() {
    before=$(kept "$data")
    n=$(ls "$dir/acked" | wc -l)
    again=$(post_at_once "$dir"/acked/* | tally)
    lost=$(($(kept "$data") - before))
    is "$n records, $lost lost, again: $again" \
        "$n records, 0 lost, again: $n 200" "$1"
    [ "$n" -gt 3 ] || ok 1 "enough of them: $n"
}

last_words() {
    sed -n 's/^parallax-collector[^:]*: //p' "$1" | tail -n 1 |
        sed "s#$disk/##g"
}

# ---- a read-only disk ----------------------------------------------------------

fresh
make_records 5
start "$disk/data" && post "$dir"/up/* >/dev/null
stop
mount -o remount,bind,ro "$disk"
start "$disk/data"
is "$?" 1 "the collector does not start on a read-only disk"
wait "$pid"
is "$?" 1 "and fails"
pid=
said=$(last_words "$dir/log")
is "$(echo "$said" | grep -c 'read-only')" 1 "and says read-only: $said"
jq -c .content "$dir"/up/* >"$dir/import"
"$collector" import --data "$disk/data" "$dir/import" 2>"$dir/log"
is "$? $(grep -c read-only "$dir/log")" "1 1" "so does import"
is "$(kept "$disk/data")" 5 "what is there can still be read"
told 'read-only disk, collector' 'there from the start: `serve`, `import`, `stats`' \
    "\`$said\`, exit 1; \`stats\` reads $(kept "$disk/data") of 5 records"
mount -o remount,bind,rw "$disk"
start "$disk/data"
acknowledged "and nothing was lost"
stop

# A real disk can go read-only while it is written to; a kernel that is asked
# does the same to one in a file.
fresh
truncate -s 32M "$dir/image"
if mkfs.ext4 -q "$dir/image" 2>"$dir/log" &&
    mount -o loop "$dir/image" "$disk" 2>"$dir/log"; then
    start "$disk/data"
    (
        for _ in $(seq 1000); do
            [ "$(ls "$dir/acked" | wc -l)" -lt 10 ] || break
            sleep 0.01
        done
        mount -o remount,abort "$disk"
    ) &
    : >"$dir/codes"
    for _ in $(seq 1000); do # how many come before the disk goes is chance
        make_records 1
        last=$dir/up/$(printf '%06d' $made)
        post "$last" >>"$dir/codes"
        [ "$(grep -c -v 200 "$dir/codes")" -lt 20 ] || break
    done
    wait $!
    codes=$(cat "$dir/codes")
    is "$(uniq "$dir/codes" | tr '\n' ' ')" "200 503 " \
        "a disk that goes read-only under load is answered 503"
    is "$(post "$(ls "$dir"/acked/* | head -n 1)" "$last" | tr '\n' ' ')" \
        "503 503 " "from then on, known or not"
    is "$(curl -s -m 60 -o "$dir/health" -w '%{http_code}' "$url/health")" 503 \
        "and said to whoever asks for its health"
    told 'read-only disk, collector' 'while uploads come' "$(echo "$codes" |
        tally); log: \`$(grep -m1 -o 'cannot store.*' "$dir/log")\`"
    # What it was just doing then ends as an error of the disk, if it was not
    # about to write.
    is "$(sed -n 's/.*cannot store .* records*: \([^,]*\).*/\1/p' "$dir/log" |
        grep -vx -e 'the file system is read-only' -e 'input or output failed')" '' \
        "the log says why, and nothing else"
    is "$(grep -c 'cannot store' "$dir/log" | sed 's/[1-9].*/some/')" some \
        "for some records"
    stop
    is "$?" 0 "it ends when told to"
    umount "$disk"
    e2fsck -fy "$dir/image" >"$dir/log" 2>&1
    mount -o loop "$dir/image" "$disk"
    start "$disk/data"
    is "$?" 0 "it starts again on the mended disk"
    acknowledged "what was acknowledged is there"
    is "$(post_at_once "$dir"/up/* | tally)" "$(ls "$dir/up" | wc -l) 200" \
        "and the rest is taken"
    stop
    umount "$disk"
    umount -l "$disk"
else
    skip "no disk can be made in a file here ($(tail -n 1 "$dir/log"))"
fi
rm -f "$dir/image"

# ---- a full disk -----------------------------------------------------------------

fresh
padding=$(head -c 60000 /dev/urandom | base64 -w0)
make_records 60 "$padding"
head -c 4500000 /dev/zero >"$disk/ballast"
start "$disk/data"
codes=$(post "$dir"/up/*)
is "$(echo "$codes" | sort -u | tr '\n' ' ')" "200 503 " \
    "a full disk is answered 503"
is "$(echo "$codes" | tail -n 3 | tally)" "3 503" "for as long as it is full"
is "$(kept "$data")" "$(echo "$codes" | grep -c 200)" \
    "what was acknowledged is counted, and nothing else"
said=$(grep -m1 -o 'cannot store.*' "$dir/log")
is "$(echo "$said" | grep -c 'no space left')" 1 "the log says why: $said"
lines=$(grep -c -e 'cannot store' -e 'no key for' "$dir/log")
[ "$lines" -lt 5 ]
ok $? "but not for each upload that is refused ($lines lines)"
rm "$disk/ballast"
freed=$(post_at_once "$dir"/up/* | tally)
is "$freed" "60 200" "once there is room everything is taken, without a restart"
told 'full disk, collector' '60 uploads of 80 KB to a disk with 3.5 MB left' \
    "$(echo "$codes" | tally); log: \`$said\`; with room again, not restarted: $freed"
stop
start "$disk/data"
acknowledged "a restart loses nothing"
stop
head -c 9000000 /dev/zero >"$disk/ballast" 2>/dev/null
start "$disk/data"
is "$? $(grep -c "the disk is full" "$dir/log")" "0 1" \
    "it starts on a full disk too, and says that it is full"
stop
is "$(kept "$disk/data")" 60 "what is there can be read all the same"
jq -c '.content | .input += "again"' "$dir"/up/* >"$dir/import"
"$collector" import --data "$disk/data" "$dir/import" 2>"$dir/log"
rc=$?
said=$(last_words "$dir/log")
is "$rc $(grep -c 'no space left' "$dir/log")" "1 1" \
    "import on a full disk fails and says why"
before=$(kept "$disk/data")
rm "$disk/ballast"
"$collector" import --data "$disk/data" "$dir/import" 2>"$dir/log2"
is "$?" 0 "and is done once there is room"
is "$(kept "$disk/data")" 120 "nothing counted twice"
told 'full disk, `import`' '60 records of 80 KB' \
    "exit $rc, \`$said\`, $((before - 60)) stored; with room again $(($(kept "$disk/data") - before)) more"

# an index of an earlier version, which would have to be made again, and no room
if command -v sqlite3 >/dev/null; then
    sqlite3 "$disk/data/index.sqlite" 'PRAGMA user_version = 5' >/dev/null
    rm -f "$disk/data/room"
    head -c 9000000 /dev/zero >"$disk/ballast" 2>/dev/null
    start "$disk/data"
    rc=$?
    codes=$(post "$dir"/up/* | sort -u | tr '\n' ' ')
    rm "$disk/ballast"
    again=
    for _ in $(seq 600); do
        again=$(post_at_once "$dir"/up/* | tally)
        [ "$again" != "60 200" ] || break
        sleep 0.1
    done
    is "$rc $codes$again" "0 503 60 200" \
        "it starts with an older index and no room, and goes on when there is some"
    stop
    is "$(kept "$disk/data")" 120 "with all that it had"
else
    skip "an older index and no room: sqlite3 is missing"
fi

# ---- a disk that fails to sync ---------------------------------------------------

if [ -e "$preload" ]; then
    wrong=
    lost=0
    : >"$dir/codes"
    for n in 1 4 7 10 13 16; do
        fresh
        make_records 12
        under="env LD_PRELOAD=$preload FAULT_FSYNC=$n"
        if start "$disk/data"; then
            post "$dir"/up/* >"$dir/said"
            tr '\n' ' ' <"$dir/said" | grep -q '^\(200 \)*\(503 \)*$' ||
                wrong="$wrong $n: taken again after a failure;"
            cat "$dir/said" >>"$dir/codes"
        fi
        stop
        under=
        start "$disk/data" || wrong="$wrong $n: does not start again;"
        missing=$(($(ls "$dir/acked" | wc -l) - $(kept "$data")))
        [ $missing -le 0 ] || lost=$((lost + missing))
        [ "$(post_at_once "$dir"/up/* | tally) $(kept "$data")" = "12 200 12" ] ||
            wrong="$wrong $n: not everything is taken afterwards;"
        stop
    done
    is "$wrong $lost lost" " 0 lost" \
        "an fsync that fails loses nothing acknowledged"
    is "$(sort -u "$dir/codes" | tr '\n' ' ')" "200 503 " \
        "there was something to lose"
    told 'fsync fails, collector' \
        "the n-th and all later fail, for 6 n, $(wc -l <"$dir/codes") uploads" \
        "$(tally <"$dir/codes"); started again: $lost acknowledged lost"
else
    skip "no preload here: failing fsync of the store"
fi

# ---- no descriptors ----------------------------------------------------------------

fresh
make_records 60
for n in 10 40 80 100; do
    under="prlimit --nofile=$n"
    if start "$disk/data"; then
        echo "$n $(post_whole "$dir"/up/* | tally)"
        stop
    else
        stop
        echo "$n exit $stopped: $(last_words "$dir/log")"
    fi >"$dir/begun.$n"
done
under=
is "$(cat "$dir/begun.10" "$dir/begun.40" |
    grep -v ' exit 1: .*descriptors')" "" \
    "with too few descriptors it does not begin, and says why"
is "$(cat "$dir/begun.80" "$dir/begun.100" | tr '\n' ' ')" \
    "80 60 200 100 60 200 " "with enough for some peers the others wait"
told 'no descriptors, collector' '`serve` with 40' "$(cut -d ' ' -f 2- <"$dir/begun.40")"
told 'no descriptors, collector' '`serve` with 80, 60 uploads at once' \
    "$(cut -d ' ' -f 2- <"$dir/begun.80")"

# taken away while it runs
fresh
make_records 60
: >"$dir/codes"
start "$disk/data"
ls "/proc/$pid/fd" >/dev/null 2>&1 || {
    # nobody looks into the collector but root
    stop
    skip "not root: descriptors taken away from a collector that runs"
    done_testing
}
free=0
while [ -e "/proc/$pid/fd/$free" ]; do
    free=$((free + 1))
done
patience=5 # some are not heard
for more in 1 2 0 3; do # with 1 or 2 there is no room for the first segment
    prlimit --pid "$pid" --nofile=$((free + more)):
    post_at_once "$dir"/up/00*$more >>"$dir/codes"
    [ $more != 2 ] || {
        prlimit --pid "$pid" --nofile=1024:
        post "$dir/up/$(ls "$dir/up" | tail -n 1)" >>"$dir/codes"
    }
done
patience=60
is "$(grep -c -v -e 200 -e 503 -e 000 "$dir/codes")" 0 \
    "without descriptors an upload is taken, refused for now or not heard"
is "$(grep -c 503 "$dir/codes" | sed 's/[1-9].*/some/')" some \
    "some are refused: without a segment none is taken"
prlimit --pid "$pid" --nofile=1024:
again=$(post_at_once "$dir"/up/* | tally)
is "$again" "60 200" "with descriptors again, it takes all without a restart"
stop
is "$?" 0 "it ends when told to"
start "$disk/data"
acknowledged "nothing acknowledged is lost"
stop
told 'no descriptors, collector' "taken away while it runs, $(wc -l <"$dir/codes") uploads" \
    "$(tally <"$dir/codes" | sed 's/000/not heard/'); with descriptors again, not restarted: $again"
done_testing
