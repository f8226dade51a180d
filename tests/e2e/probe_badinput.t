#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What goes wrong around a volunteer: wrong words, bad rows, no network, no
# consent, a full disk, a collector that is down or talks nonsense. Each gives
# a clear message and the right status, and no record is lost.
set -u
. "$(dirname "$0")/lib/tap.sh"
case $BUILD in
/*) ;;
*) BUILD=$repo/$BUILD ;;
esac
probe=$BUILD/parallax
export LAB_BUILD="${LAB_BUILD:-$repo/build}"
export HOME="$dir/home" PARALLAX_COLLECTOR=https://collector.example
unset XDG_STATE_HOME XDG_CONFIG_HOME XDG_DATA_HOME
mkdir -p "$HOME"

# try STATUS WORDS COMMAND...: runs it; its words go to $dir/err
try() {
    wanted=$1
    words=$2
    shift 2
    timeout -k 5 600 "$@" >"$dir/out" 2>"$dir/err" </dev/null
    is "$?" "$wanted" "$words"
}

# says PATTERN WORDS: the last command said so on standard error
says() {
    grep -q -e "$1" "$dir/err"
    status=$?
    ok $status "$2"
    [ $status = 0 ] || sed 's/^/# /' "$dir/err"
}

# ---- words -------------------------------------------------------------------
try 2 "an unknown option is wrong usage" "$probe" run --bogus
says 'unknown option --bogus' "and is named"
try 2 "an unknown command is wrong usage" "$probe" rum
says 'did you mean .run.' "and the nearest one is told"
try 2 "a number out of range is wrong usage" "$probe" run --parallel 0
says 'parallel' "and the option is named"
try 0 "help of a command works" "$probe" run --help
is "$(grep -c '^  --max-runtime' "$dir/out")" 1 "and goes to standard output"
printf 'run.parallel = 4\nno.such.key = 1\n' >"$dir/config"
try 2 "an unknown key of the config file is wrong usage" \
    "$probe" run --config "$dir/config" --url https://www.example.com/
says 'config:2' "and is named with its line"
try 2 "a collector without TLS is refused" \
    "$probe" run --collector http://collector.example --url https://a.example/
says 'https' "and the message says what it must be"

try 0 "version names the libraries" "$probe" version --json
is "$(jq -r '.libraries | [.http, .tls, .dns, .capture] | join(" ")' "$dir/out" |
    grep -c 'libcurl/[0-9].*OpenSSL [0-9].*c-ares [0-9].*libpcap')" 1 \
    "with their numbers"

# ---- consent -----------------------------------------------------------------
try 2 "without consent run contacts nothing" \
    "$probe" run --url https://www.example.com/
says 'parallax consent' "and says how to give it"
try 2 "without consent upload contacts nothing" "$probe" upload
is "$(find "$HOME" -type f | wc -l)" 0 "and nothing was written"
try 0 "consent to everything is taken" \
    "$probe" consent --accept R0,R1,R2,R3
try 2 "consent to an unknown class is refused" "$probe" consent --accept R7
state=$HOME/.local/state/parallax
cp "$state/consent" "$dir/consent"
echo 'version = 1' >"$state/consent"
try 2 "damaged consent is no consent" \
    "$probe" run --url https://www.example.com/
for c in '2 --url https://www.example.com/' "1 --list $dir/none.csv" \
    '2 --country xyz' '2 --category NEWSY' '1 '; do
    [ "${c%% *}" = 2 ] || cp "$dir/consent" "$state/consent"
    # shellcheck disable=SC2086 # words
    try "${c%% *}" "a dry run ends as the run would: ${c#* }" \
        "$probe" run --dry-run ${c#* }
    [ "${c#* }" != '--url https://www.example.com/' ] ||
        is "$(grep -c '^site ' "$dir/out")" 1 "and shows what could be agreed to"
    echo 'version = 1' >"$state/consent"
done
cp "$dir/consent" "$state/consent"

# ---- no home -----------------------------------------------------------------
# nowhere WORDS COMMAND...: in an empty directory: one sentence, no file
nowhere() {
    mkdir -p "$dir/nowhere"
    words=$1
    shift
    (cd "$dir/nowhere" && timeout 300 env "$@" >"$dir/out" 2>"$dir/err" </dev/null)
    [ $? -ne 0 ] && [ "$(grep -c . "$dir/err")" = 1 ] && [ ! -s "$dir/out" ] &&
        grep -q 'HOME is .*; set HOME or XDG_STATE_HOME to a path' "$dir/err" &&
        [ -z "$(find "$dir/nowhere" -mindepth 1)" ]
    ok $? "$words: one sentence, and no file is left: $(cut -c 1-60 "$dir/err")"
}
for c in 'run --url https://a.example/' 'run --dry-run --url https://a.example/' \
    'run --no-upload --url https://a.example/' 'diagnose https://a.example/' \
    upload 'consent --accept' 'consent --show' 'consent --revoke'; do
    # shellcheck disable=SC2086 # words
    nowhere "$c without HOME" -u HOME "$probe" $c
    # shellcheck disable=SC2086 # words
    nowhere "$c with a relative HOME" HOME=home "$probe" $c
done
nowhere "with relative XDG directories" -u HOME XDG_STATE_HOME=state \
    XDG_CONFIG_HOME=config "$probe" upload
mkdir -p "$dir/relative/config/parallax"
echo 'no.such.key = 1' >"$dir/relative/config/parallax/config"
(cd "$dir/relative" && XDG_CONFIG_HOME=config HOME=. "$probe" version) \
    >"$dir/out" 2>"$dir/err"
is "$? $(cat "$dir/err")" "0 " "settings are not read from a relative path"

# ---- no certificates ----------------------------------------------------------
: >"$dir/empty.pem"
echo 'no certificate' >"$dir/other.pem"
mkdir -p "$dir/folder.pem"
for f in none empty other folder; do
    for c in 'run --url https://a.example/' 'run --dry-run --url https://a.example/' \
        'diagnose https://a.example/' upload; do
        # shellcheck disable=SC2086 # words
        SSL_CERT_FILE=$dir/$f.pem timeout 300 "$probe" $c >"$dir/out" 2>"$dir/err" \
            </dev/null
        [ $? = 1 ] && [ "$(grep -c 'no certificates' "$dir/err")" = 1 ] &&
            { [ "${c#*dry}" != "$c" ] || [ "$(grep -c . "$dir/err")" = 1 ]; }
        ok $? "$c, $f.pem: told once: $(grep 'no cert' "$dir/err" | cut -c 1-60)"
    done
done
says 'so nothing was contacted; let SSL_CERT_FILE name' "and what to do"
is "$(find "$state" -name '*.spool' | wc -l)" 0 "and no record says it"

# ---- what is to be measured --------------------------------------------------
try 2 "a URL that is none is wrong usage" "$probe" run --url ftp://x.example/
says '--url ftp://x.example/' "and is named"
try 2 "so is one that would drive the terminal" \
    "$probe" run --url "$(printf 'ftp://\033[31mx')"
is "$(tr -dc '\033' <"$dir/err" | wc -c)" 0 "and the terminal is not driven"
try 2 "a private address is refused" "$probe" run --url http://192.168.1.1/
try 1 "an unreadable list fails" "$probe" run --list "$dir/none.csv"
says 'none.csv' "and is named"
try 1 "without any list there is nothing to do" "$probe" run
says '--list' "and the message says what to do"

: >"$dir/empty.txt"
try 1 "an empty list fails" "$probe" run --list "$dir/empty.txt"
says 'no site' "and the message says so"

# ---- no network --------------------------------------------------------------
if unshare -rn true 2>/dev/null; then
    try 1 "without a network nothing is measured" \
        unshare -rn "$probe" run --url https://www.example.com/
    says 'no network' "and the message says so"
    try 0 "a dry run needs none" \
        unshare -rn "$probe" run --dry-run --url https://www.example.com/
    is "$(grep -c '^site https://www.example.com/$' "$dir/out")" 1 \
        "and prints what would be contacted"
    is "$(cut -d' ' -f1 "$dir/out" | sort -u | xargs)" \
        "collector control resolver site" \
        "collector, controls, resolvers and sites"
    is "$(grep -c '^control those that the collector names$' "$dir/out")" 1 \
        "controls that no check-in named yet are said to be unknown"
    is "$(sed -n 's/^nameserver *//p' /etc/resolv.conf | head -n 3 | sort |
        xargs)" "$(sed -n "s/^resolver \\(.*\\) (the system's.*/\\1/p" \
        "$dir/out" | sort | xargs)" "and the resolvers are those of the system"
    for r in 'public, over UDP: may be asked' 'public, over HTTPS: may be'; do
        grep -q "^resolver .*($r" "$dir/out"
        ok $? "and the public ones, with what they are for ($r ...)"
    done
else
    skip "no user namespaces: the case without a network"
fi

# ---- in the lab --------------------------------------------------------------
# lab STATUS WORDS SCENARIO SCRIPT: SCRIPT runs on the volunteer's host with
# $probe, $dir and a state directory that outlives the lab. $more: options.
more=
lab() {
    printf '%s\n' "$3" >"$dir/scenario"
    cat >"$dir/script" <<END
probe=$probe
dir=$dir
export XDG_STATE_HOME=$dir/state
$4
END
    # shellcheck disable=SC2086
    timeout -k 5 600 tests/lab/lab $more --scenario "$dir/scenario" \
        --keep "$dir/lab" -- sh "$dir/script" >"$dir/out" 2>"$dir/err" \
        </dev/null
    is "$?" "$1" "$2"
    heard "$dir/out" "$dir/err"
}

records() { # FILE
    [ -r "$1" ] && grep -c '^{' "$1" || echo 0
}

frames() {
    XDG_STATE_HOME=$dir/state "$BUILD/parallax" results --json | jq '.records + .lost'
}

stored() {
    "$BUILD/parallax-collector" stats --data "$dir/lab/collector" --json |
        sed 's/.*"measurements":\([0-9]*\).*/\1/'
}

XDG_STATE_HOME=$dir/state "$probe" consent --accept R0,R1,R2,R3 >/dev/null

{
    echo 'url,category_code,category_description,date_added,source,notes'
    echo 'https://www.example.com/,NEWS,News,2026-11-01,test,'
    echo 'htp:/broken,NEWS,News,2026-11-01,test,'
    echo 'http://10.1.2.3/,NEWS,News,2026-11-01,test,'
    echo 'https://www.example.org/,NEWS,News,2026-11-01,test,'
    echo 'https://www.example.com/,NEWS,News,2026-11-01,test,'
} >"$dir/rows.csv"
lab 3 "bad rows end in status 3" "link rtt 2ms" \
    '$probe run --list $dir/rows.csv --no-upload --out $dir/rows.jsonl'
is "$(records "$dir/rows.jsonl")" 2 "and the rest runs, each site once"
says 'rows.csv:3:[0-9]*: [^0-9]*$' "and a bad row is named by file, line and column"
says 'rows.csv:4:[0-9]*: ' "and so is one with a private address"
lab 3 "and a dry run ends so, too" "link rtt 2ms" \
    '$probe run --list $dir/rows.csv --dry-run'
is "$(grep -c '^control https://' "$dir/out")" 5 \
    "and names the controls of the last check-in"
is "$(frames)" 0 "and with --no-upload nothing is kept to be sent"

three='--url https://www.example.com/ --url http://www.example.com/
--url https://www.example.org/'
three=$(echo $three)
lab 3 "with the collector out of reach records wait" \
    'unreachable 162.55.247.208' "\$probe run $three --out \$dir/down.jsonl"
is "$(frames)" 3 "all of them"
is "$(records "$dir/down.jsonl")" 3 "and --out has them too"
says 'check-in .* failed' "and the message says what failed"
says 'parallax upload' "and how to send them"
lab 0 "upload sends them later" 'link rtt 2ms' '$probe upload'
is "$(frames) $(stored)" "0 3" "and the collector has them"

lab 3 "a collector that answers 405 to everything stores nothing" \
    'serve api.ooni.io status 200' \
    'PARALLAX_COLLECTOR_SEAL_KEY= $probe run --url https://www.example.com/'
says '405' "and the status is named"
is "$(frames)" 1 "and the record waits"
lab 1 "upload to one that answers 503 fails" \
    'serve api.ooni.io status 503' '$probe upload'
says '503' "and the status is named"
is "$(frames)" 1 "and the record still waits"

# ---- a collector on this machine that answers what it likes ----------------------
export XDG_STATE_HOME="$dir/state"

# collector OPEN POST: answers the opening of reports with OPEN (status, space,
# body), everything else with POST; sets $url
collector() {
    rm -f "$dir/port"
    perl -MIO::Socket::INET -e '
        my $l = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1",
            Proto => "tcp", ReuseAddr => 1) or die;
        open(my $f, ">", "$ARGV[2].new"); print $f $l->sockport; close $f;
        rename "$ARGV[2].new", $ARGV[2];
        $SIG{ALRM} = sub { exit 0 }; alarm 170;
        while (my $c = $l->accept) {
            my ($head, $len) = ("", 0);
            while (defined(my $line = <$c>)) {
                $head .= $line;
                $len = $1 if $line =~ /^content-length: (\d+)/i;
                last if $line =~ /^\r?\n$/;
            }
            read($c, my $body, $len) if $len;
            my ($status, $text) = split / /,
                $head =~ m{^POST /report HTTP} ? $ARGV[0] : $ARGV[1], 2;
            print $c "HTTP/1.1 $status X\r\nContent-Length: ",
                length($text), "\r\nConnection: close\r\n\r\n$text";
            close $c;
        }' "$1" "$2" "$dir/port" >/dev/null 2>&1 &
    collector_pid=$!
    for _ in $(seq 1200); do
        [ -s "$dir/port" ] && break
        sleep 0.05
    done
    url=http://127.0.0.1:$(cat "$dir/port")
}

# upload STATUS WORDS OPEN POST
upload() {
    collector "$3" "$4"
    try "$1" "$2" "$probe" upload --collector "$url"
    kill "$collector_pid"
    wait "$collector_pid" 2>/dev/null
}

hotel='200 <html>Welcome to our hotel. Please log in.</html>'
open='200 {"report_id":"20261124T000000Z_webconnectivity_IT_137_n1_0123456789abcdef"}'
upload 1 "a hotel's page is not taken for an opened report" "$hotel" "$hotel"
says 'makes no sense' "and the message says so"
upload 1 "nor is a report id that is a path" '200 {"report_id":"../x"}' '200 {}'
upload 1 "a hotel's page is not taken for a stored record" "$open" "$hotel"
upload 1 "nor is an answer cut in the middle" "$open" '200 {"measurement_uid":"2'
is "$(frames)" 1 "after all that the record still waits"
upload 3 "an answer without a uid means held" "$open" '200 {}'
is "$(frames)" 1 "and a held record stays"
upload 3 "a refused record is told" "$open" '400 {"detail":"no"}'
says 'refuses .*spool.* (status 400)' "and is named"
is "$(frames)" 1 "and is kept all the same"
upload 0 "and is not sent again" "$open" '200 {"measurement_uid":"x"}'
is "$(frames) $(cut -d' ' -f1 "$dir/out")" "1 0" "nor thrown away"
collector "$open" '413 {}'
try 3 "unless it is asked for" "$probe" upload --retry-refused --collector "$url"
kill "$collector_pid"
wait "$collector_pid" 2>/dev/null
says 'refuses .*spool.* (status 413)' "and may be refused again"
spool=$dir/state/parallax/spool
for f in "$spool"/*.spool; do
    printf '\001' | dd of="$f" bs=1 seek=17 conv=notrunc 2>/dev/null
done
unset XDG_STATE_HOME

# ---- damage ------------------------------------------------------------------
for f in "$spool"/*.spool; do
    { head -c 600 "$f" && other "$f" 600 && tail -c +602 "$f" && tail -c +9 "$f"; } >"$dir/two"
    mv "$dir/two" "$f" # the same twice, once with a wrong byte
done
lab 3 "a damaged record does not stop the others" 'link rtt 2ms' \
    '$probe upload'
says 'spool is damaged in 1 places' "and is told"
is "$(frames) $(stored)" "0 1" "and the good one is stored"
is "$(find "$spool" -name '*.spool' | wc -l)" 0 "and nothing is left of both"

# ---- full disks --------------------------------------------------------------
lab 1 "a file that cannot be written is a failure" 'link rtt 2ms' \
    "\$probe run $three --out /dev/full"
says '/dev/full cannot be written: no space left' "and is named"
is "$(frames) $(stored)" "0 3" "and the records are sent all the same"

lab 1 "without an upload it ends the run" 'link rtt 2ms' \
    "\$probe run $three --parallel 1 --no-upload --out /dev/full"
says '2 not measured because records can be written nowhere' \
    "and the sites after it are not measured"

# ---- no collector ------------------------------------------------------------
lab 2 "without a collector nothing can be sent" 'link rtt 2ms' \
    "unset PARALLAX_COLLECTOR; exec \$probe run --config /dev/null $three"
says 'no collector is set; use --collector' "and the message says what to do"
lab 0 "one can measure without a collector" 'link rtt 2ms' \
    "unset PARALLAX_COLLECTOR
    exec \$probe run --config /dev/null --url https://www.example.com/ \
    --no-upload --out \$dir/alone.jsonl"
says 'no collector is set: measuring without a control' \
    "and is told that there is no control"
is "$(records "$dir/alone.jsonl")" 1 "and has a record"
lab 2 "and a dry run ends as the run would" 'link rtt 2ms' \
    "unset PARALLAX_COLLECTOR; exec \$probe run --config /dev/null $three --dry-run"

small='mount -t tmpfs -o size=1500k tmpfs $dir/small
export XDG_STATE_HOME=$dir/small
$probe consent --accept R0,R1,R2,R3 >/dev/null'
mkdir -p "$dir/small"
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
    echo "https://bit.ly/$i"
done >"$dir/many.txt"
cat >"$dir/full.sh" <<END
probe=$probe
dir=$dir
$small
head -c 1500000 /dev/zero >\$dir/small/fill 2>/dev/null
\$probe run --parallel 1 --url https://www.example.com/
END
more=--root
lab 1 "on a full disk nothing is measured" 'link rtt 2ms' \
    "exec unshare -m sh $dir/full.sh"
says 'no room' "and the message says so"
cat >"$dir/full.sh" <<END
probe=$probe
dir=$dir
$small
\$probe run --parallel 1 --list \$dir/many.txt --out \$dir/full.jsonl &
run=\$!
for i in \$(seq 1200); do
    [ ! -s \$dir/full.jsonl ] || break
    sleep 0.05
done
head -c 1500000 /dev/zero >\$dir/small/fill 2>/dev/null
wait \$run
status=\$?
\$probe results --json | jq .records >\$dir/full.frames
exit \$status
END
lab 3 "a disk that fills up ends the run" 'unreachable 162.55.247.208
link rtt 100ms' "exec unshare -m sh $dir/full.sh"
more=
says 'no room for more records' "and the message says so"
is "$(cat "$dir/full.frames")" "$(records "$dir/full.jsonl")" \
    "and every record that was measured is kept"
[ "$(records "$dir/full.jsonl")" -lt 12 ]
ok $? "and the other sites were not begun"

# room [ROOM]: records wait, then all but ROOM KB of the disk is used up. They are
# many, so that what they leave is more than the small files that a run makes.
cat >"$dir/room.sh" <<END
probe=$probe
dir=$dir
$small
\$probe run --parallel 1 --list \$dir/many.txt --collector http://127.0.0.1:9/ \\
    >/dev/null 2>&1
\$probe results --json | jq .records
avail=\$(df -k --output=avail \$dir/small | tail -n 1)
head -c \$((avail - \$1))k /dev/zero >\$dir/small/fill
\$probe run --parallel 1 --url https://www.example.com/ --url https://ya.ru/ \\
    >\$dir/room.out
status=\$?
\$probe results --json | jq .records
exit \$status
END
more=--root
lab 0 "a disk without room for more records is emptied by a run" 'link rtt 2ms' \
    "exec unshare -m sh $dir/room.sh 1020"
is "$(tr '\n' ' ' <"$dir/out")" "12 0 " "and all is sent"
says 'what waits is sent first' "and that is said"
says '^14 sent, 0 waiting' "and it goes on to measure"
lab 1 "where even that makes no room nothing is measured" 'link rtt 2ms' \
    "exec unshare -m sh $dir/room.sh 100"
is "$(tr '\n' ' ' <"$dir/out")" "12 0 " "but what waited is sent"
says 'no room for' "and the reason is named"

# ---- no place in memory for the key --------------------------------------------
mkdir "$dir/noshm"
cat >"$dir/nokey.sh" <<END
probe=$probe
$small
mount --bind $dir/noshm /dev/shm
[ ! -d /run/user ] || mount --bind $dir/noshm /run/user
export PARALLAX_COLLECTOR_SEAL_KEY=
\$probe run --parallel 1 --collector http://127.0.0.1:9/ --url https://www.example.com/
status=\$?
echo "kept \$(\$probe results --json | jq '.records + .lost') key \$(ls $dir/noshm | wc -l)"
\$probe upload
echo "upload \$? left \$(\$probe results --json | jq '.records + .lost')"
exit \$status
END
sed -i 's/1500k/4m/' "$dir/nokey.sh"
lab 3 "without a place in memory the key of records ends with the run" \
    'link rtt 2ms' "dir=$dir exec unshare -m sh $dir/nokey.sh"
is "$(grep -c 'the key of records that wait is in this process only' "$dir/err")" 1 \
    "which is said once"
is "$(grep '^kept' "$dir/out")" "kept 1 key 0" "and no key is written to a disk"
says 'Records that wait are lost' "and what cannot be sent is said to be lost"
is "$(grep '^upload' "$dir/out")" "upload 3 left 0" "and removed by the next run"
says '^parallax upload: 1 records of before' "with a word"
more=

# ---- interruption ------------------------------------------------------------
lab 3 "one Ctrl-C ends the run in seconds" 'drop sni www.example.org
unreachable 162.55.247.208' '
$probe run --url https://www.example.com/ --url https://www.example.org/ \
    --out $dir/int.jsonl &
for i in $(seq 1200); do
    [ -s $dir/int.jsonl ] && break
    sleep 0.1
done
kill -INT $!
wait $!'
is "$(records "$dir/int.jsonl") $(frames)" "1 1" "and keeps what was measured"
lab 130 "the second ends it at once" 'drop sni www.example.org
unreachable 162.55.247.208' '
$probe run --url https://www.example.com/ --url https://www.example.org/ \
    --out $dir/int2.jsonl &
for i in $(seq 1200); do
    [ -s $dir/int2.jsonl ] && break
    sleep 0.1
done
kill -INT $!
for i in $(seq 1200); do # two at once would be one
    grep -q stopping: $dir/err && break
    sleep 0.05
done
kill -INT $!
wait $!'
is "$(frames)" 2 "and keeps what was measured too"
lab 0 "and all of it is sent in the end" 'link rtt 2ms' '$probe upload'

# ---- a slow or endless world ---------------------------------------------------
lab 0 "a resolver that does not answer ends no run" 'resolver isp down' \
    '$probe run --url https://www.example.com/ --no-upload \
    --out $dir/hang.jsonl'
is "$(grep -c '"state":"blocked"' "$dir/hang.jsonl")" 0 \
    "and nobody is accused"
lab 0 "a site that sends without end and one that drips end too" \
    'serve www.example.com endless
serve www.example.org slow 200B/s' \
    '$probe run --url https://www.example.com/ --url https://www.example.org/ \
    --no-upload --out $dir/endless.jsonl'
is "$(records "$dir/endless.jsonl")" 2 "and both have a record"
is "$(grep -c '"state":"internal"' "$dir/endless.jsonl")" 0 \
    "which this machine did not fail to make"

plain "a volunteer reads words, and no failure string"
done_testing
