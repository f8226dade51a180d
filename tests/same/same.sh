#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# same.sh [--record]: does the build in $BUILD come to the same results as ever?
# It is given what is stored here (README.md), and the SHA-256 of each thing it
# says is compared with expected.tsv. Prints TAP. --record writes expected.tsv
# instead. What was said stays in $BUILD/same, so that it can be laid beside what
# another commit's build says.
set -u
cd "$(dirname "$0")/../.." || exit 1
repo=$PWD
record=
case $* in
'') ;;
--record) record=yes ;;
*)
    echo 'usage: same.sh [--record]' >&2
    exit 2
    ;;
esac
case ${BUILD:=build} in /*) ;; *) BUILD=$repo/$BUILD ;; esac
case ${SHARED:=../shared} in /*) ;; *) SHARED=$repo/$SHARED ;; esac
export BUILD SHARED

# Nothing here needs a network: where the machine allows it, there is none.
if [ -z "${SAME_ALONE:-}" ]; then
    export SAME_ALONE=yes
    for alone in 'unshare -n' 'unshare -rn'; do
        if $alone true 2>/dev/null; then
            # shellcheck disable=SC2086 # words
            exec $alone sh "$repo/tests/same/same.sh" "$@"
        fi
    done
    echo '# no network namespace to be had'
fi

here=$repo/tests/same
golden=$SHARED/data/golden
probe=$BUILD/parallax
collector=$BUILD/parallax-collector
replay=$BUILD/tests/replay/replay
new=$BUILD/same
for program in "$probe" "$collector" "$replay"; do
    [ -x "$program" ] || {
        echo "1..1"
        echo "not ok 1 - $program is not built"
        exit 1
    }
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
rm -rf "$new"
mkdir -p "$new/replay" "$new/altered" "$new/help" "$work/home" || exit 1

# Neither settings nor the place of the caller's files come into it.
# shellcheck disable=SC2046 # names of variables
unset $(env | sed -n 's/^\(PARALLAX_[A-Z_]*\)=.*/\1/p; s/^\(XDG_[A-Z_]*\)=.*/\1/p') FAKETIME
HOME=$work/home
SOURCE_DATE_EPOCH=1796212800 # 2026-12-02 12:00 UTC: a report's time of writing
export HOME SOURCE_DATE_EPOCH
cd "$work" || exit 1
tab=$(printf "\t")
ln -s "$here/run200.jsonl.zst" . || exit 1

say() { # say NAME COMMAND...: what it prints, then its words and exit status
    name=$1
    shift
    "$@" >"$new/$name" 2>"$work/words"
    echo "exit status $?" >>"$work/words"
    cat "$work/words" >>"$new/$name"
}

report() { # report NAME DATA CC: of the stored data, all files of it
    say "$1.said" "$collector" report --data "$2" --country "$3" \
        --since 2026-11-01 --until 2026-12-02 --out out
    mv out "$new/$1"
}

# ---- replays: each is a result of its own -------------------------------------
cd "$repo/tests/replay" || exit 1
# shellcheck disable=SC2046 # names of our own
say replays "$replay" --print $(ls ./*.rpl | LC_ALL=C sort)
cd "$work" || exit 1
LC_ALL=C awk -v dir="$new/replay" '
    /^replay / {
        close(file)
        name = substr($0, 8)
        gsub(/[^A-Za-z0-9]+/, "-", name)
        file = dir "/" name
    }
    /^exit status / { file = dir "/exit-status" }
    file { print >>file }' "$new/replays"
rm "$new/replays"

# ---- verdicts -------------------------------------------------------------------
say analyze-run200 "$probe" analyze run200.jsonl.zst
# The run as it is, and altered: what the lab does not show (a failure of each
# kind at each place, records of others, contradictions) is judged as well. An
# eighth of the records has one failure, the next eighth the next.
zstd -dcq "$here/run200.jsonl.zst" >run200.jsonl
for k in 0 1 2 3 4 5 6 7; do
    awk -v k=$k "NR % 8 == k" run200.jsonl >eighth-$k
done
cat eighth-[1357] >half
while IFS="$tab" read -r name change; do
    k=0
    case $change in
    *FAILURE*)
        while read -r failure; do
            sed "$(printf "%s\n" "$change" | sed "s/FAILURE/$failure/")" eighth-$((k % 8))
            k=$((k + 1))
        done <"$here/failures.txt"
        ;;
    *) sed "$change" half ;;
    esac >altered.jsonl
    say "altered/$name" "$probe" analyze altered.jsonl
done <<EOF
$(grep -v '^#' "$here/altered.tsv")
EOF
skipped=
if [ -d "$golden" ]; then
    cd "$golden" || exit 1
    # shellcheck disable=SC2046 # names without spaces
    say analyze-golden "$probe" analyze $(ls ./*.json | LC_ALL=C sort)
    cd "$work" || exit 1
else
    skipped="analyze-golden $golden is missing"
fi

# ---- the collector ----------------------------------------------------------------
# A record is judged by when it is received (one from the future has a wrong
# clock), and the report tells that time: it is received at noon of 2026-12-01.
faketime=$(ls /usr/lib/*/faketime/libfaketimeMT.so.1 \
    /usr/lib*/faketime/libfaketimeMT.so.1 \
    /usr/local/lib/faketime/libfaketimeMT.so.1 2>/dev/null | head -n 1)
if [ -n "$faketime" ]; then
    say import env LD_PRELOAD="$faketime" FAKETIME=1796126400 FAKETIME_FMT=%s \
        FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1 \
        "$collector" import --data imported run200.jsonl.zst
    say stats-imported "$collector" stats --json --data imported
    # How well it is compressed is the library's, not ours.
    sed -i 's/"stored_bytes":[0-9]*/"stored_bytes":0/' "$new/stats-imported"
    report report-imported imported IT
else
    skipped="$skipped
import libfaketime is not installed
stats-imported libfaketime is not installed
report-imported libfaketime is not installed"
fi
zstd -dcq "$here/data.tar.zst" | tar -xmf - --no-same-owner
say stats-stored "$collector" stats --json --data data
report report-stored data XZ

# ---- the command lines ------------------------------------------------------------
help() { # help PROGRAM NAME
    say "help/$2" "$1" --help
    for command in $(awk '/^$/ { on = 0 } on { print $1 } /^Commands:/ { on = 1 }' \
        "$new/help/$2"); do
        say "help/$2-$command" "$1" "$command" --help
    done
}
help "$probe" parallax
help "$collector" parallax-collector

# ---- are they what they were? -------------------------------------------------------
(cd "$new" && find . -type f | sed 's|^\./||' | LC_ALL=C sort | xargs sha256sum) |
    awk -v OFS='\t' '{ print $2, $1 }' >"$work/got.tsv"
if [ -n "$record" ]; then
    if [ -n "$skipped" ]; then
        printf 'same.sh: cannot record:\n%s\n' "$skipped" >&2
        exit 1
    fi
    cp "$work/got.tsv" "$here/expected.tsv"
    exit
fi
printf '%s\n' "$skipped" >"$work/skipped"
awk -F '\t' -v new="$new" '
    function test(good, words) {
        print (good ? "ok " : "not ok ") (++n) " - " words
        bad += !good
    }
    FILENAME ~ /skipped$/ {
        at = index($0, " ")
        if (at) why[substr($0, 1, at - 1)] = substr($0, at + 1)
        next
    }
    FILENAME ~ /expected.tsv$/ {
        want[$1] = $2
        name[++names] = $1
        next
    }
    { got[$1] = $2; if (!($1 in want)) extra[++extras] = $1 }
    END {
        for (i = 1; i <= names; i++) {
            first = name[i]
            sub(/[.\/].*/, "", first)
            if (first in why) test(1, name[i] " # SKIP " why[first])
            else if (!(name[i] in got)) test(0, name[i] " is gone")
            else if (got[name[i]] != want[name[i]]) test(0, name[i] " differs: " new "/" name[i])
            else test(1, name[i])
        }
        for (i = 1; i <= extras; i++)
            test(1, extra[i] " # SKIP new, same.sh --record adds it")
        if (!names) test(0, "nothing is expected")
        print "1.." n
        if (bad) {
            print "# To see a difference, build the commit that was right elsewhere:"
            print "#     BUILD=ITS/build sh tests/same/same.sh"
            print "#     diff -r ITS/build/same " new
        }
        exit bad > 0
    }' "$work/skipped" "$here/expected.tsv" "$work/got.tsv"
