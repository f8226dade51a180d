#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A benchmark, not a test: prints what was measured in one run beside a named
# peer, bound or mark, `met` or `missed`. The table also goes to $BUILD/bench/.
# SITES=N takes fewer than 500 sites, SERIAL=N fewer at parallelism 1.
set -u
cd "$(dirname "$0")/../.." || exit 1
rm -rf "${BUILD:-build}/bench"
table=table.txt
. tests/bench/common.sh

heading 'The lab'
mark 'world up and down' "$(median_ms tests/lab/lab -- true)" ms '<=' 1000
mark "with a list of $(($(wc -l <"$list") - 1)) rows" \
    "$(median_ms tests/lab/lab --list "$list" -- true)" ms '<=' 3000

# ---- the probe against curl and against the bound ---------------------------

# A tenth of the sites have no TLS 1.3, another tenth redirect: hosts that the
# list names once, so that a page of theirs is all they need.
tail -n +2 "$out/sites.csv" | cut -d, -f1 | awk '
    match($0, /^https?:\/\/[a-z0-9.-]+(\/[a-zA-Z0-9.\/-]*)?$/) {
        path = host = $0
        sub(/^https?:\/\//, "", host)
        sub(/\/.*/, "", host)
        sub(/^https?:\/\/[^\/]*/, "", path)
        if (path == "")
            path = "/"
        if (!seen[host]++) {
            name[++n] = host
            at[host] = path
        }
        next
    }
    { sub(/^https?:\/\//, ""); sub(/[\/:?#].*/, ""); seen[$0] = 2 }
    END {
        for (i = 1; i <= n; i++) {
            h = name[i]
            if (i % 10 == 3)
                print "tls " h " 1.2"
            if (i % 10 == 7 && seen[h] == 1 && at[h] != "/start") {
                print "page " h " " at[h] " 301 redirect https://" h "/start"
                print "page " h " /start 200 size 8kb"
            }
        }
    }' >"$out/bench.world"

# Runs inside the lab: wall ms, CPU ms, peak KiB and bytes on the wire.
cat >"$out/inside.sh" <<'IN'
f=$1
shift
wire() { awk -F '[: ]+' '/eth|veth|cli|lab|wan/ { s += $3 + $11 } END { print s + 0 }' /proc/net/dev; }
sed 's/^ *//' /proc/net/dev >/dev/null
w0=$(sed 's/^ *//' /proc/net/dev | awk -F '[: ]+' 'NR > 2 && $1 != "lo" { s += $2 + $10 } END { print s + 0 }')
t0=$(date +%s%3N)
/usr/bin/time -f '%U %S %M' -o "$f.time" "$@" >"$f.out" 2>"$f.err"
t1=$(date +%s%3N)
w1=$(sed 's/^ *//' /proc/net/dev | awk -F '[: ]+' 'NR > 2 && $1 != "lo" { s += $2 + $10 } END { print s + 0 }')
tail -n 1 "$f.time" | awk -v w=$((t1 - t0)) -v b=$((w1 - w0)) \
    '{ printf "%d %d %d %d\n", w, ($1 + $2) * 1000, $3, b }' >"$f"
IN
sed -i '/^wire()/d; /dev >\/dev\/null$/d' "$out/inside.sh"

measure() { # NAME COMMAND...: sets wall cpu peak wire
    f=$out/$1
    shift
    tests/lab/lab --world "$out/bench.world" --list "$out/sites.csv" \
        --scenario "$scn" -- sh "$out/inside.sh" "$f" "$@" >>"$out/log" 2>&1
    read -r wall cpu peak wire <"$f"
}

# The middle one of three: runs of seconds are easily disturbed.
measure_short() { # NAME COMMAND...
    name=$1
    shift
    for k in 1 2 3; do
        measure "$name-$k" "$@"
    done
    k=$(for k in 1 2 3; do echo "$(cat "$out/$name-$k") $k"; done | sort -n |
        sed -n '2s/.* //p')
    read -r wall cpu peak wire <"$out/$name-$k"
}

# The bounds, from list, world and scenario alone, in ms: of fetching alone and
# of full evidence. The shortest chain of a site in round trips: DNS 1, TCP 1, TLS
# 1 (2 without TLS 1.3), HTTP 1 for each page on the way; each fits, compressed,
# in the first congestion window. A redirect to the same origin needs no new
# connection to be fetched; for full evidence each depth is connected to anew.
# The check of port 443 behind an http URL and the control call on a warm
# connection overlap; but before the first site the check-in (DNS, TCP, TLS, HTTP)
# must have said who the control is. What cannot connect costs the connect timeout
# of 10 s instead, and all of it twice, because it is measured again before it
# counts; such pieces are not divisible, so some slot has its share rounded up.
# The pause before the second is 0 here.
bounds() { # PARALLELISM LIST [DEAD_HOSTS]
    awk -F, -v par="$1" -v dead="${3:-}" -v world="$out/bench.world" \
        -v scn="$out/rtt.scn" '
        function split_url(url) {
            secure = url ~ /^https/
            host = path = url
            sub(/^https?:\/\//, "", host)
            sub(/[\/:?#].*/, "", host)
            host = tolower(host)
            sub(/^https?:\/\/[^\/]*/, "", path)
            if (path == "")
                path = "/"
        }
        function connect() {
            return 1 + (secure ? (host in old ? 2 : 1) : 0)
        }
        # round trips of a site: `fetch`, `full`
        function chain(url,   origin, last) {
            fetch = full = 1
            last = ""
            for (;;) {
                split_url(url)
                origin = secure host
                fetch += (origin == last ? 0 : connect()) + 1
                full += connect() + 1
                last = origin
                if (!((host, path) in to))
                    return
                url = to[host, path]
            }
        }
        function round_up(x) { return x == int(x) ? x : int(x) + 1 }
        function most(x, y) { return x > y ? x : y }
        BEGIN {
            while ((getline line < scn) > 0)
                if (match(line, /rtt [0-9]+/))
                    rtt = substr(line, RSTART + 4, RLENGTH - 4)
            while ((getline line < world) > 0) {
                split(line, w, " ")
                if (w[1] == "tls")
                    old[w[2]] = 1
                else if (w[5] == "redirect")
                    to[w[2], w[3]] = w[6]
            }
            while (dead != "" && (getline line < dead) > 0)
                gone[line] = 1
            alone = rtt + 10000
        }
        FNR > 1 {
            chain($1)
            a = fetch * rtt
            b = full * rtt
            split_url($1)
            if (host in gone) {
                a = b = 2 * alone
                pieces += 2
            }
            sum_a += a
            sum_b += b
            max_a = most(max_a, a)
            max_b = most(max_b, b)
        }
        END {
            whole = round_up(pieces / par) * alone
            printf "%d %d\n", most(most(sum_a / par, max_a), whole),
                most(most(sum_b / par, max_b), whole) + 4 * rtt
        }' "$2"
}

# What uploading adds to the bytes sent for the first N sites, as NAME.
upload_bytes() { # NAME PARALLELISM N: sets sent plain n
    head -n $(($3 + 1)) "$out/sites.csv" >"$out/part.csv"
    measure "$1-not" "$probe" run --list "$out/part.csv" --parallel "$2" \
        --json --no-upload
    measure "$1" "$probe" run --list "$out/part.csv" --parallel "$2" \
        --json --out "$out/$1.jsonl"
    n=$(wc -l <"$out/$1.jsonl")
    plain=$(wc -c <"$out/$1.jsonl")
    sent=$(($(tail -n 1 "$out/$1.out" | jq .bytes_up) - \
        $(tail -n 1 "$out/$1-not.out" | jq .bytes_up)))
}

scn=$out/rtt.scn
for par in 1 8 50 100; do
    n=$SITES
    [ "$par" != 1 ] || n=${SERIAL:-$SITES}
    head -n $((n + 1)) "$out/sites.csv" >"$out/part.csv"
    tail -n +2 "$out/part.csv" | cut -d, -f1 |
        awk '{ print "url = \"" $0 "\""; print "output = \"/dev/null\"" }' \
            >"$out/curl.cfg"
    read -r bound full <<B
$(bounds "$par" "$out/part.csv")
B
    heading "$n sites at $RTT ms round trip, parallelism $par"
    how=measure
    [ "$par" -lt 50 ] || how=measure_short
    "$how" "curl$par" curl -sL --compressed -K "$out/curl.cfg" --parallel \
        --parallel-max "$par" --parallel-immediate
    c_wall=$wall c_cpu=$cpu c_peak=$peak c_wire=$wire
    "$how" "probe$par" "$probe" run --list "$out/part.csv" \
        --parallel "$par" --no-upload
    if [ "$par" = 8 ]; then
        mark 'sites a minute' "$(calc %.0f "$n * 60000 / $wall")" /min '>=' 308
    else
        note 'sites a minute' "$(calc %.0f "$n * 60000 / $wall")" /min
    fi
    note 'sites a second' "$(calc %.2f "$n * 1000 / $wall")" /s
    note 'bound of fetching alone' "$bound" ms
    note 'bound of full evidence' "$full" ms
    note 'curl --parallel: wall against its bound' \
        "$(calc %.2f "$c_wall / $bound")" x
    note 'wall against the bound of fetching alone' \
        "$(calc %.2f "$wall / $bound")" x
    case $par in
    8 | 50) mark 'wall against the bound of full evidence' \
        "$(calc %.2f "$wall / $full")" x '<=' 1.10 ;;
    *) note 'wall against the bound of full evidence' \
        "$(calc %.2f "$wall / $full")" x ;;
    esac
    mark "CPU a site: $(calc %.1f "$cpu / $n") ms, against curl's \
$(calc %.1f "$c_cpu / $n") ms" "$(calc %.2f "$cpu / $c_cpu")" x '<=' 2
    if [ "$par" = 50 ]; then
        mark "peak memory: $peak KiB, against curl's $c_peak KiB" \
            "$(calc %.2f "$peak / $c_peak")" x '<=' 1.2
    elif [ "$par" = 8 ]; then
        mark 'peak memory' "$peak" KiB '<=' 24576
    else
        note "peak memory: $peak KiB, against curl's $c_peak KiB" \
            "$(calc %.2f "$peak / $c_peak")" x
    fi
    note "bytes on the wire a site, against curl's $((c_wire / n))" \
        "$((wire / n))" B
    upload_bytes "up$par" "$par" $((SITES < 100 ? SITES : 100))
    note "bytes uploaded a site (plain JSON $((plain / n)))" "$((sent / n))" B
    mark 'uploaded a record, against its plain JSON' \
        "$(calc %.3f "$sent / $plain")" x '<=' 0.334
done

heading "$SITES sites, one in five timing out, parallelism 50"
# addresses are dealt in byte order of the hosts; the run before tells them
measure addr "$probe" run --list "$out/sites.csv" --parallel 50 --no-upload \
    --out "$out/records.jsonl"
jq -r '[(.input | capture("^https?://(?<h>[^/:?#]+)").h | ascii_downcase),
    .test_keys.tcp_connect[0].ip] | @tsv' "$out/records.jsonl" | sort -u |
    awk 'NR % 5 == 1' >"$out/dead.tsv"
cut -f1 "$out/dead.tsv" >"$out/dead.hosts"
{
    cat "$out/rtt.scn"
    awk '{ print "drop ip " $2 }' "$out/dead.tsv"
} >"$out/dead.scn"
scn=$out/dead.scn
PARALLAX_RETEST_PAUSE=0
export PARALLAX_RETEST_PAUSE
measure dead "$probe" run --list "$out/sites.csv" --parallel 50 --no-upload
read -r _ bound <<B
$(bounds 50 "$out/sites.csv" "$out/dead.hosts")
B
unset PARALLAX_RETEST_PAUSE
note 'bound (a dead address: its 10 s connect timeout, twice)' "$bound" ms
mark 'wall against the bound' "$(calc %.2f "$wall / $bound")" x '<=' 1.10

heading 'Bytes uploaded: a batch of 50'
upload_bytes batch 50 50
note 'plain JSON' "$plain" B
mark "as sent, each record by itself, against its plain JSON" \
    "$(calc %.3f "$sent / $plain")" x '<=' 0.200
note 'the same in one compressed stream' \
    "$(calc %.3f "$(zstd -qc "$out/batch.jsonl" | wc -c) / $plain")" x

heading 'A list of 40,000 rows'
sh tests/e2e/lib/make_list.sh 40000 >"$out/big.csv"
sh tests/e2e/lib/make_list.sh 1 >"$out/one.csv"
export XDG_STATE_HOME="$out/state"
one=$(median_ms "$probe" run --dry-run \
    --collector https://collector.example --list "$out/one.csv")
big=$(median_ms "$probe" run --dry-run \
    --collector https://collector.example --list "$out/big.csv")
mark 'load and print (dry run, less one of a single row)' "$((big - one))" ms \
    '<=' 100
unset XDG_STATE_HOME

heading 'Analyze'
n=$(wc -l <"$out/records.jsonl")
ms=$(median_ms "$probe" analyze "$out/records.jsonl")
note "records a second ($n records of $(($(wc -c <"$out/records.jsonl") / n)) B)" \
    "$(calc %.0f "$n * 1000 / $ms")" /s

heading 'Fingerprints of pages, in one pass'
csv=$SHARED/data/blocking-fingerprints/fingerprints_http.csv
[ -r "$csv" ] || csv=
"$BUILD/tests/bench/matching" ${csv:+"$csv"} >"$out/matching.tsv"
while IFS="$(printf '\t')" read -r what value; do
    case $what in
    fingerprints) n=$value ;;
    *) mark "$n fingerprints over 512 KiB: $what" "$value" ms '<=' 5 ;;
    esac
done <"$out/matching.tsv"

sh tests/bench/footprint.sh
sh tests/bench/collector.sh

heading 'The demo'
ms=$(t0=$(now_ms) && sh tests/demo.sh >>"$out/log" 2>&1 && t1=$(now_ms) &&
    echo $((t1 - t0)))
mark 'make demo, after installing' "${ms:-999999}" ms '<=' 90000
printf '\ntable: %s\n' "$table"
