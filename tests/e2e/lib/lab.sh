# SPDX-License-Identifier: Apache-2.0
# Sourced by the tests of the lab itself: ok STATUS WORDS, lab SCENARIO COMMAND
# and what looks at its traces. $top and a directory $dir are set.
top=$PWD
dir=$(mktemp -d)
chmod 755 "$dir"
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
n=0
bad=0

for tool in curl dig openssl perl tshark jq nginx unbound; do
    command -v $tool >/dev/null || PATH=$PATH:/usr/sbin:/sbin
    command -v $tool >/dev/null || {
        echo "1..0 # SKIP $tool is not installed"
        exit 0
    }
done
LAB_BUILD=${LAB_BUILD:-$top/${BUILD:-build}}
export LAB_BUILD
LAB_COLLECTOR=
export LAB_COLLECTOR # these are about the world without it

ok() { # ok STATUS WORDS
    n=$((n + 1))
    if [ "$1" = 0 ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        bad=1
        sed 's/^/# /' "$dir/out" "$dir/err" | tail -n 25
    fi
}

# lab SCENARIO COMMAND: runs `sh -c COMMAND` in a lab; leaves out, err, keep.
lab() {
    printf '%s\n' "$1" >"$dir/s.lab"
    capture=
    timeout -k 5 600 tests/lab/lab --scenario "$dir/s.lab" --keep "$dir/keep" \
        --cap net_raw -- sh -c "$tools$2" >"$dir/out" 2>"$dir/err"
    status=$?
}

# What the commands in the lab share.
tools="$(cat "$top/tests/e2e/lib/lab_tools.sh")
"

has() { # has TEXT: a line of the output
    grep -qxF -e "$1" "$dir/out"
}

truth() { # truth FILTER: how many lines of truth.jsonl
    jq -c "select($1)" "$dir/keep/truth.jsonl" | wc -l
}

pcap() { # pcap DISPLAY-FILTER FIELD...: what the client saw
    f=$1
    shift
    set -- $(for x in "$@"; do echo "-e $x"; done)
    tshark -r "$dir/keep/${capture:-client.pcap}" -Y "$f" -T fields "$@" 2>/dev/null
}

# without_bulk: from here on pcap reads no packets of 1,000 bytes and more, which
# take it seconds of processor that others need.
without_bulk() {
    capture=small.pcap
    perl -e 'binmode STDIN; binmode STDOUT; read STDIN, $_, 24; print;
        while (read(STDIN, $head, 16) == 16) {
            my $n = unpack "x8 L", $head;
            read STDIN, $packet, $n;
            print $head, $packet if $n < 1000;
        }' <"$dir/keep/client.pcap" >"$dir/keep/$capture"
}

# bad_sums: packets of the client's capture whose checksums are wrong. The kernel
# itself writes a TCP checksum of 0 as 0xffff now and then, which is as true. What the
# packets carry is of no interest.
bad_sums() {
    tshark --disable-protocol http --disable-protocol http2 --disable-protocol tls \
        -o tcp.desegment_tcp_streams:FALSE -o tcp.analyze_sequence_numbers:FALSE \
        -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE \
        -o udp.check_checksum:TRUE -r "$dir/keep/client.pcap" -Y '
        (tcp.checksum.status == 0 && tcp.checksum != 0xffff) ||
        ip.checksum.status == 0 || udp.checksum.status == 0 ||
        icmpv6.checksum.status == 0' 2>/dev/null
}

refuses() { # refuses LINE TEXT
    printf '# one\n%s\n' "$1" >"$dir/bad.lab"
    timeout -k 5 120 tests/lab/lab --scenario "$dir/bad.lab" -- true \
        >"$dir/out" 2>"$dir/err"
    [ $? = 125 ] && grep -qF "$2" "$dir/err"
    ok $? "refused: $(printf '%s' "$1" | tr '\n' ';')"
}

# Labs mostly wait. parts FUNCTION...: runs each at the same time, with a $dir
# and a count of its own, and prints their lines in this order.
parts() {
    for part; do
        mkdir "$dir/$part"
        chmod 755 "$dir/$part"
        (
            trap - EXIT
            dir=$dir/$part
            "$part" >"$dir.tap" 2>&1
            echo "$bad" >"$dir.bad"
        ) &
    done
    wait
    for part; do
        cat "$dir/$part.tap"
        [ "$(cat "$dir/$part.bad")" = 0 ] || bad=1
    done >"$dir/all.tap"
    awk '/^(not )?ok [0-9]+ / { sub(/ok [0-9]+/, "ok " ++n) } { print }
        END { print "1.." n }' "$dir/all.tap"
}
