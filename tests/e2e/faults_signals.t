#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SIGTERM, SIGINT and SIGKILL (as a power cut) at random moments of a run, a
# diagnosis, an upload, an import and of the collector: what was written is
# readable, what was kept is sent or stored by the next, and nothing is there twice.
# The moments are drawn over the whole time of what is interrupted, one in each
# n-th of it; SEED repeats them. Bounded: about half a minute.
set -u
. "$(dirname "$0")/lib/faults.sh"
need_lab
# What waits is sealed with a key in memory, which no test beside this one shall touch.
keys=$(mktemp -d /dev/shm/parallax-test.XXXXXX) || exit 1
trap 'rm -rf "$dir" "$keys"' EXIT
export XDG_RUNTIME_DIR="$keys"
sh tests/e2e/lib/make_list.sh 60 >"$dir/list.csv"
echo 'link rtt 100ms' >"$dir/slow.scn"
SEED=${SEED:-$(date +%s)}
between=
echo "# SEED=$SEED"
# moments N MILLISECONDS
moments() {
    awk -v n="$1" -v span="$2" -v seed="$SEED" 'BEGIN {
        srand(seed)
        for (i = 0; i < n; i++)
            printf "%.3f ", (i + rand()) * span / n / 1000
    }'
}

# interrupted NAME SIGNAL MOMENT COMMAND...: one line in $dir/ends. What a script
# starts in the background ignores INT unless told otherwise.
cat >"$dir/lib" <<'END'
interrupted() {
    name=$1
    sig=$2
    at=$3
    shift 3
    env --default-signal=INT "$@" >"$dir/sig.log" 2>&1 &
    pid=$!
    sleep "$at"
    kill "-$sig" $pid 2>/dev/null
    wait $pid 2>/dev/null
    code=$?
    echo "$name $sig $at exit $code" >>"$dir/ends"
}
each() { # each SIGNAL: the one after it
    case ${1:-} in
    TERM) sig=INT ;;
    INT) sig=KILL ;;
    *) sig=TERM ;;
    esac
}
sig=
wrong() {
    echo "$name $sig $at: $*" >>"$dir/wrong"
}
END
. "$dir/lib"
: >"$dir/wrong"

ends() { # how they ended
    sed 's/ [0-9.]* exit/ exit/; s/^[a-z]* //' "$dir/ends" | tally
}
# takes COMMAND...: milliseconds
takes() {
    from=$(date +%s%N)
    "$@" >"$dir/log" 2>&1
    echo $((($(date +%s%N) - from) / 1000000))
}

# ---- a run, a diagnosis ------------------------------------------------------------

cat >"$dir/runs" <<'END'
. "$dir/lib"
# A power cut may leave half a line: the next leaves that alone.
readable() {
    jq -Rr 'fromjson? // empty | "\(.test_keys.x_verdict.state)"' "$dir/sig.out" \
        >"$dir/sig.states"
    cat "$dir/sig.states" >>"$dir/states"
    [ $(($(grep -c . "$dir/sig.out") - $(grep -c . "$dir/sig.states"))) -le \
        "$1" ] || wrong "--out has more broken lines than $1"
}
: >"$dir/sig.out"
cut=0
for at in $runs; do
    each $sig
    interrupted run $sig $at "$probe" run --parallel 4 --list "$dir/list.csv" \
        --out "$dir/sig.out"
    [ $sig != KILL ] || cut=$((cut + 1))
    readable $cut
done
for at in $diagnoses; do
    each $sig
    interrupted diagnose $sig $at "$probe" diagnose https://www.example.com/
    ! grep -q BLOCKED "$dir/sig.log" || wrong "$(grep BLOCKED "$dir/sig.log")"
    [ $code != 1 ] || grep -q 'interrupted before' "$dir/sig.log" ||
        wrong "$(tail -n 1 "$dir/sig.log")"
done
"$probe" upload >"$dir/upload" 2>&1 || echo "upload after runs: $(
    tail -n 1 "$dir/upload")" >>"$dir/wrong"
find "$HOME/.local/state/parallax" -name '*.bad' -o -name '*.spool' |
    sed 's/^/left over: /' >>"$dir/wrong"
# and a spool for what follows
PARALLAX_COLLECTOR_SEAL_KEY= "$probe" run --list "$dir/list.csv" --parallel 30 --collector \
    http://127.0.0.1:1 >"$dir/fill" 2>&1
waiting=$("$probe" results --json | jq .records)
[ "$waiting" = 60 ] || echo "$waiting of 60 wait: $(tail -n 1 "$dir/fill")" >>"$dir/wrong"
cp -r "$HOME/.local/state" "$dir/state"
END
runs=$(moments 9 2500) diagnoses=$(moments 6 1500)
export runs diagnoses
tests/lab/lab --scenario "$dir/slow.scn" --list "$dir/list.csv" -- \
    sh "$dir/runs" >"$dir/log" 2>&1
is "$(grep -c '^run' "$dir/ends")" 9 "nine runs are interrupted"
is "$(grep -v -e 'KILL .* exit 137$' -e ' exit \(3\|130\|143\)$' \
    -e '^diagnose .* exit [01]$' "$dir/ends")" "" \
    "they end as partly done, or were not yet begun"
sed 's/^/# /' "$dir/ends"
is "$(cat "$dir/wrong")" "" \
    "--out and spool stay readable and are sent afterwards"
is "$(grep -c -e blocked -e down "$dir/states")" 0 \
    "and no site is called blocked or down: $(tally <"$dir/states")"
told 'SIGTERM, SIGINT, SIGKILL' "9 runs and 6 diagnoses, at a random moment each" \
    "$(ends); records: $(
    tally <"$dir/states"); $(grep -c broken "$dir/wrong") broken lines too many; left over after \`upload\`: $(
    grep -c 'left over' "$dir/wrong")"

# ---- an upload ---------------------------------------------------------------------

# From here on everything is local. Each begins with the same spool and an empty
# collector.
export XDG_STATE_HOME="$dir/state"
mv "$dir/state" "$dir/state.full"
cp -r "$dir/state.full" "$dir/state"
start "$dir/data"
span=$(takes "$probe" upload --collector "$url")
stop
: >"$dir/ends"
wrong=
for at in $(moments 9 "$span"); do
    each $sig
    rm -rf "$dir/state" "$dir/data"
    cp -r "$dir/state.full" "$dir/state"
    start "$dir/data"
    server=$pid
    interrupted upload $sig $at "$probe" upload --collector "$url"
    pid=$server
    ! find "$dir/state" -name '*.bad' | grep -q . || wrong="$wrong $at: damaged"
    between="$between $(kept "$data")"
    "$probe" upload --collector "$url" >"$dir/log" 2>&1
    [ "$(kept "$data") $(find "$dir/state" -name '*.spool' | wc -l)" = "60 0" ] ||
        wrong="$wrong $at: $(kept "$data") of 60 stored"
    stop
done
is "$wrong" "" \
    "an upload that is interrupted loses no record, and none is stored twice"
is "$(grep -v -e ' exit \(0\|3\|130\|143\)$' -e 'KILL .* exit 137$' "$dir/ends")" \
    "" "and ends as partly done, or before it begins"
sed 's/^/# /' "$dir/ends"
echo "# stored when it ended:$between"
told 'SIGTERM, SIGINT, SIGKILL' "9 times \`upload\` of 60 records" \
    "$(ends); stored by then$between, after the next $(kept "$data") each"

# ---- the collector -----------------------------------------------------------------

make_records 400
: >"$dir/ends"
wrong=
rm -rf "$dir/data"
start "$dir/data"
for at in $(moments 4 800); do
    post "$dir"/up/* >"$dir/codes" &
    poster=$!
    sleep "$at"
    stop
    echo "serve TERM $at exit $stopped" >>"$dir/ends"
    kill $poster
    wait $poster 2>/dev/null
    [ "$(kept "$data")" -ge "$(ls "$dir/acked" | wc -l)" ] ||
        wrong="$wrong $at: acknowledged records are lost"
    start "$dir/data" || wrong="$wrong $at: does not start again"
done
stop
is "$wrong" "" "a collector that is told to end loses nothing acknowledged"
is "$(grep -c 'exit 0$' "$dir/ends")" 4 "and ends as it should"
told 'SIGTERM' '4 times `serve` while uploads come' \
    "$(sed 's/.* exit/exit/' "$dir/ends" | tally), ${wrong:-nothing acknowledged is lost}"

# ---- an import ---------------------------------------------------------------------

jq -c .content "$dir"/up/* >"$dir/import.few"
for again in a b c d e f g h; do
    sed "s/site-/$again-/" "$dir/import.few"
done >"$dir/import"
pid=
span=$(takes "$collector" import --data "$dir/imported" "$dir/import")
: >"$dir/ends"
wrong=
between=
for at in $(moments 9 "$span"); do
    each $sig
    rm -rf "$dir/imported"
    interrupted import $sig $at "$collector" import --data "$dir/imported" \
        "$dir/import"
    between="$between $(kept "$dir/imported" | grep . || echo 0)"
    "$collector" import --data "$dir/imported" "$dir/import" 2>"$dir/log"
    [ "$? $(kept "$dir/imported")" = "0 3200" ] ||
        wrong="$wrong $at: $(kept "$dir/imported") of 3200 stored"
done
is "$wrong" "" "an import that is interrupted is done by the next, nothing twice"
is "$(grep -v ' exit \(0\|130\|137\|143\)$' "$dir/ends")" "" "and does not crash"
sed 's/^/# /' "$dir/ends"
echo "# stored when it ended:$between"
told 'SIGTERM, SIGINT, SIGKILL' '9 times `import` of 3,200 records' \
    "$(ends); stored by then$between, after the next $(kept "$dir/imported") each"
done_testing
