# SPDX-License-Identifier: Apache-2.0
# Sourced by the tests of faults of the machine: tap.sh, and
#   told FAULT DONE SAID...      a row for tests/faults/table.sh; SAID is what
#                                came of it in this run
#   tally                        counts lines of standard input: `3 a, 1 b`
#   need_lab                     ends the test where the lab does not come up
#   states FILE                  tally of the verdicts in a file of records
#   inside SCRIPT [LAB OPTIONS]  runs the file SCRIPT on the volunteer's host; its
#                                words in SCRIPT.said
#   start DATA [OPTIONS...]      a collector; sets pid and url
#   stop [SIGNAL]                ends it; its status
#   post FILE...                 uploads records; prints a status code each, and
#                                keeps those that were acknowledged in $dir/acked
#   post_at_once FILE...         the same, all at the same time; $patience seconds
#   post_whole FILE...           the same, each sent as soon as there is a connection,
#                                and only then all answers read
#   make_records N [PADDING]     N records as $dir/up/NAME, numbered on and on
#   kept DATA                    how many measurements are stored there
. "$(dirname "$0")/lib/tap.sh"
probe=$repo/$BUILD/parallax
collector=$repo/$BUILD/parallax-collector
preload=$repo/$BUILD/tests/faults/preload.so
pid=
patience=60
export LAB_BUILD="${LAB_BUILD:-$repo/$BUILD}" PARALLAX_RETEST_PAUSE=5 \
    dir probe collector preload

told() {
    [ -z "${FAULTS_SAID:-}" ] || printf '%s\t%s\t%s\n' "$@" >>"$FAULTS_SAID"
}

tally() {
    sort | uniq -c | awk '
        { n = $1; sub(/^ *[0-9]+ /, ""); out = out sep n " " $0; sep = ", " }
        END { print out == "" ? "nothing" : out }'
}

need_lab() {
    tests/lab/lab -- true 2>"$dir/log" && return
    echo "1..0 # SKIP the lab does not come up: $(tail -n 1 "$dir/log")"
    exit 0
}

states() {
    jq -r .test_keys.x_verdict.state "$1" 2>&1 | tally
}

inside() {
    script=$1
    shift
    tests/lab/lab "$@" -- sh "$script" >"$script.said" 2>"$script.log"
}

start() {
    data=$1
    shift
    : >"$dir/log"
    # shellcheck disable=SC2086 # words
    ${under:-} "$collector" serve --data "$data" --listen 127.0.0.1:0 \
        --control-listen none "$@" 2>"$dir/log" &
    pid=$!
    for _ in $(seq 1200); do
        url=$(sed -n 's/^parallax-collector: ready \([^ ]*\) control.*/\1/p' \
            "$dir/log")
        [ -z "$url" ] || return 0
        kill -0 "$pid" 2>/dev/null || return 1
        sleep 0.05
    done
    return 1
}

stop() {
    kill -"${1:-TERM}" "$pid" 2>/dev/null
    wait "$pid"
    stopped=$?
    pid=
    return $stopped
}

made=0
mkdir -p "$dir/up" "$dir/acked"
make_records() {
    for _ in $(seq "$1"); do
        made=$((made + 1))
        {
            printf '{"format":"json","content":{"test_name":"web_connectivity"'
            printf ',"probe_cc":"IR","probe_asn":"AS137","input":"https://'
            printf 'site-%s.example/","measurement_start_time":' "$made"
            printf '"2026-11-01 00:00:00","annotations":{"padding":"%s%s"},' \
                "$made" "${2:-}"
            printf '"test_keys":{"queries":[],"tcp_connect":[],'
            printf '"tls_handshakes":[],"requests":[],"network_events":[]}}}'
        } >"$dir/up/$(printf '%06d' $made)"
    done
}

report=20261101T000000Z_webconnectivity_IR_137_n1_abcdefghijklmnop
keep() {
    echo "$1"
    [ "$1" != 200 ] || [ -e "$dir/acked/${2##*/}" ] || cp "$2" "$dir/acked/"
}

post() {
    for f in "$@"; do
        code=$(curl -s -m 60 -o /dev/null -w '%{http_code}' --data-binary @"$f" \
            "$url/report/$report")
        keep "$code" "$f"
    done
}

post_at_once() {
    for f in "$@"; do
        printf 'url = "%s/report/%s"\nmax-time = %s\n' "$url" "$report" "$patience"
        echo 'header = "Connection: close"'
        printf 'data-binary = "@%s"\noutput = "/dev/null"\n' "$f"
        printf 'write-out = "%%{http_code} %s\\n"\nnext\n' "$f"
    done | sed '$d' >"$dir/at-once"
    curl -s -Z --parallel-immediate --parallel-max 100 -K "$dir/at-once" \
        2>/dev/null |
        while read -r code f; do
            keep "$code" "$f"
        done
}

post_whole() {
    perl -MSocket=:all -e '
        my ($port, $path, @files) = @ARGV;
        my @sent;
        alarm 300;
        for (@files) {
            open my $f, "<", $_ or die $!;
            my $body = do { local $/; <$f> };
            socket(my $s, PF_INET, SOCK_STREAM, 0) or die $!;
            connect($s, pack_sockaddr_in($port, INADDR_LOOPBACK)) or die $!;
            syswrite $s, "POST $path HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" .
                "Content-Length: " . length($body) . "\r\n\r\n$body";
            push @sent, [$s, $_];
        }
        for (@sent) {
            my ($s, $file) = @$_;
            my $said = "";
            1 while sysread $s, $said, 4096, length $said;
            print $said =~ m{^HTTP/1.1 (\d+)} ? $1 : "000", " $file\n";
        }' "${url##*:}" "/report/$report" "$@" |
        while read -r code f; do
            keep "$code" "$f"
        done
}

kept() {
    "$collector" stats --data "$1" --json 2>"$dir/stats.log" |
        jq .measurements
}
