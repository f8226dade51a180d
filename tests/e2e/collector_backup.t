#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# verify-store, backup and restore: a backup made while uploads come in holds
# what was acknowledged before, is restored to the same, and whatever is damaged
# is named, in a store as well as in a backup. Bounded: a few seconds.
set -u
. "$(dirname "$0")/lib/faults.sh"
finish() {
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
    wait 2>/dev/null
    rm -rf "$dir"
}
trap finish EXIT
chmod 700 "$dir"
command -v sqlite3 >/dev/null && command -v jq >/dev/null || {
    echo "1..0 # SKIP sqlite3 or jq is missing"
    exit 0
}

verify() { # verify DATA: exit status, and the words but for numbers of bytes
    "$collector" verify-store --data "$1" >"$dir/said" 2>"$dir/log"
    rc=$?
    echo "$rc $(grep -v ' records whole, ' "$dir/said" | tr '\n' ';')"
}
all() { # all DATA: uids with the hash of their bytes
    for uid in $("$collector" list --data "$1" 2>/dev/null | grep -o \
        '[0-9]\{14\}\.[0-9]*_[A-Z]*_[a-z]*_[0-9a-f]*' | sort -u | head -n 30); do
        echo "$uid $("$collector" get --data "$1" "$uid" | sha256sum)"
    done
}

# ---- while serving ---------------------------------------------------------------
make_records 40
mkdir -p "$dir/data/lists"
printf 'url,category_code\nhttps://a.example/,NEWS\n' >"$dir/data/lists/global.csv"
start "$dir/data"
post_at_once "$dir"/up/* >/dev/null
rm "$dir"/up/*
make_records 110
before=$(ls "$dir/acked" | wc -l)
post_at_once "$dir"/up/* >/dev/null &
backed_up=0
for k in 1 2 3; do
    "$collector" backup --data "$dir/data" "$dir/backup-$k" 2>"$dir/log" ||
        backed_up=1
    "$collector" verify-store --data "$dir/data" >"$dir/said" 2>&1 ||
        backed_up=2
done
ok $backed_up "backup and verify-store are done while uploads come"
wait $!
stop
is "$(verify "$dir/data")" "0 " "and the store is whole after it"
is "$(kept "$dir/data")" 150 "with all of them in it"
is "$(cd "$dir/backup-1" && sha256sum -c --quiet manifest.sha256 2>&1)" "" \
    "a backup is what its list says"
is "$(verify "$dir/backup-1")" "0 " "and a data directory that is whole"
[ "$(kept "$dir/backup-1")" -ge "$before" ]
ok $? "it holds all that was acknowledged before it began"
is "$(find "$dir/backup-1" -name '*.key' -o -name lock -o -name '*.sock')" "" \
    "but no key of a day, no lock and no socket"

# ---- restored --------------------------------------------------------------------
"$collector" restore --data "$dir/again" "$dir/backup-3" 2>"$dir/log"
is "$? $(cat "$dir/log")" "0 $(kept "$dir/backup-3") records, 0 damages" \
    "restore makes a data directory of it"
all "$dir/backup-3" >"$dir/had"
all "$dir/again" | cmp -s - "$dir/had" && [ -s "$dir/had" ]
ok $? "with the records, byte for byte"
is "$(cat "$dir/again/lists/global.csv")" "$(cat "$dir/data/lists/global.csv")" \
    "and what else lay there"
start "$dir/again" && post_at_once "$dir"/acked/* >/dev/null
stop
is "$(kept "$dir/again") $(verify "$dir/again")" "150 0 " \
    "it serves, knows what it has, and takes the rest"

# ---- where it may not go -----------------------------------------------------------
said=
for to in "$dir/again" "$dir/data/inside" "$dir/none/backup"; do
    "$collector" backup --data "$dir/data" "$to" 2>"$dir/log"
    said="$said $?:$(wc -l <"$dir/log")"
done
is "$said" " 1:1 1:1 1:1" "no backup over something, inside itself, or nowhere"
[ ! -e "$dir/data/inside.partial" ] && [ ! -e "$dir/data/inside" ]
ok $? "and nothing is left of it"
"$collector" restore --data "$dir/again" "$dir/backup-1" 2>"$dir/log"
is "$? $(grep -c 'not empty' "$dir/log")" "1 1" "nothing is restored over a store"
"$collector" backup --data "$dir/nothing" "$dir/b" 2>"$dir/log"
is "$? $(ls -d "$dir/b" 2>/dev/null)" "1 " "of nothing there is no backup"

# ---- damage ------------------------------------------------------------------------
fresh() {
    rm -rf "$dir/hurt"
    cp -r "$dir/data" "$dir/hurt"
}
seg=$dir/hurt/segments/00000001.seg
# within a record, not where one ends and another begins
half=$(($(sqlite3 "$dir/data/index.sqlite" \
    'SELECT offset + frame_len / 2 FROM record ORDER BY offset LIMIT 1 OFFSET 75')))
fresh
printf '\377\377\377' | dd of="$seg" bs=1 seek=$half conv=notrunc 2>/dev/null
is "$(verify "$dir/hurt" | sed 's/[0-9]\{3,\}/N/g; s/;N\.N[^;]*: in the index/;UID: in the index/')" \
    "1 segment 1: no whole record in N bytes at N;index: N measurements, of which N have their record;UID: in the index, but its record is lost: damaged, or another one stands there;" \
    "bytes that changed: where, and whose record is lost"
fresh
truncate -s "$half" "$seg"
verify "$dir/hurt" | grep -q '^1 segment 1: no whole record in .* in the index, but'
ok $? "a segment that was cut short"
fresh
rm "$seg"
verify "$dir/hurt" | grep -q '^1 .*index: 150 measurements, of which 0 have'
ok $? "a segment that is gone"
fresh
sqlite3 "$dir/hurt/index.sqlite" 'DELETE FROM record WHERE id = 7'
verify "$dir/hurt" | grep -q '^1 [^;]*: not in the index;$'
ok $? "a record that the index does not know"
fresh
sqlite3 "$dir/hurt/index.sqlite" 'UPDATE record SET offset =
    (SELECT offset FROM record WHERE id = 8) WHERE id = 7'
verify "$dir/hurt" | grep -q '^1 .*in the index, but'
ok $? "a row that points at another record"
fresh
sqlite3 "$dir/hurt/index.sqlite" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
dd if=/dev/urandom of="$dir/hurt/index.sqlite" bs=4096 seek=3 count=4 \
    conv=notrunc 2>/dev/null
verify "$dir/hurt" | grep -q '^1 .*index rebuild'
ok $? "an index that is damaged, and what mends it"
! "$collector" index rebuild --data "$dir/nowhere" 2>/dev/null &&
    [ ! -e "$dir/nowhere" ]
ok $? 'where there is no data directory no index is made'
"$collector" index rebuild --data "$dir/hurt" 2>/dev/null
is "$(verify "$dir/hurt")" "0 " "which it does"
rm "$dir"/hurt/index.sqlite*
verify "$dir/hurt" | grep -q '^1 .*index.sqlite: No such file.*index rebuild'
ok $? "an index that is gone"
is "$(kept "$dir/hurt")" 150 "whoever reads next makes it again"
is "$(verify "$dir/hurt")" "0 " "and all is well"
rm -rf "$dir/store"
tar -xzf tests/e2e/stores/store-1.tar.gz -C "$dir"
verify "$dir/store" | grep -q '^0 the index is of an older version'
ok $? "an index of an older version is no damage"
"$collector" backup --data "$dir/store" "$dir/older" 2>/dev/null
"$collector" restore --data "$dir/of-older" "$dir/older" 2>"$dir/log"
is "$? $(kept "$dir/of-older")" "0 6" "a directory of an older version is copied"
fresh
printf 'PXR1 half a record' >>"$seg"
verify "$dir/hurt" | grep -q '^0 18 bytes at the end'
ok $? "a write that was cut off is no damage"

# ---- a disk that fails -----------------------------------------------------------
if [ -e "$preload" ]; then
    wrong=
    "$collector" stats --data "$dir/store" >/dev/null 2>&1
    for fault in FAULT_FSYNC=1 FAULT_FSYNC=3 FAULT_FSYNC=4 FAULT_FSYNC=6 \
        FAULT_WRITE=1 FAULT_WRITE=4; do
        env LD_PRELOAD="$preload" $fault "$collector" backup \
            --data "$dir/store" "$dir/out" 2>"$dir/log"
        wrong="$wrong $?"
        env LD_PRELOAD="$preload" $fault "$collector" restore \
            --data "$dir/out" "$dir/older" 2>>"$dir/log"
        wrong="$wrong $?$(ls -d "$dir"/out* 2>/dev/null)"
        [ "$(grep -c -e 'no space left' -e 'input or output' \
            -e 'disk I/O error' "$dir/log")" = 2 ] ||
            wrong="$wrong $(cat "$dir/log")"
    done
    is "$wrong" " 1 1 1 1 1 1 1 1 1 1 1 1" \
        "a failing disk is told, and leaves nothing behind"
else
    skip "no preload here: backup and restore on a failing disk"
fi

# a backup that changed since
cp -r "$dir/backup-1" "$dir/bad"
other "$dir/backup-1/segments/00000001.seg" 40 |
    dd of="$dir/bad/segments/00000001.seg" bs=1 seek=40 conv=notrunc 2>/dev/null
"$collector" restore --data "$dir/new" "$dir/bad" 2>"$dir/log"
is "$? $(grep -c 'not what was backed up' "$dir/log")" "1 1" \
    "a backup that was changed is not restored"
sed 's|  lists/global.csv|  lists/../../global.csv|' \
    "$dir/backup-1/manifest.sha256" >"$dir/bad/manifest.sha256"
"$collector" restore --data "$dir/new" "$dir/bad" 2>"$dir/log"
is "$? $(ls "$dir" | grep -c -e global -e new)" "1 0" \
    "nor does one lead out of its directory"
done_testing
