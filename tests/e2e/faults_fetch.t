#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Pages are fetched over real connections in the lab while this machine fails: the
# n-th watch of a socket, the n-th timer, the n-th descriptor, the n-th allocation,
# alone or with those that follow. What a record then says happened on the network
# did happen there: it says nothing that a run without the fault does not, or the
# measurement is internal. A few n are tried; with FAULTS_ALL=1 every one (of the
# allocations before the first socket, every hundredth), which takes about an hour.
set -u
. "$(dirname "$0")/lib/faults.sh"
need_lab
[ -e "$preload" ] || {
    echo "1..0 # SKIP a sanitized program cannot be preloaded"
    exit 0
}
lanes=4
[ -z "${FAULTS_ALL:-}" ] || lanes=12
export lanes
# plain, over HTTP/2 and compressed, and through a redirect from one to the other
export sites='--url http://www.example.com/ --url https://www.example.com/
    --url http://example.org/'

# ---- what is done --------------------------------------------------------------

# flows: [site, what, where, failure] for all that failed. No site here has an IPv6
# address: other resolvers, asked where something looks wrong, say so truly.
cat >"$dir/flows.jq" <<'END'
def flows: .input as $site | .test_keys | [
    (.queries[] | [$site, "dns", .query_type, .failure]),
    (.tcp_connect[] | [$site, "tcp", "\(.ip):\(.port)", .status.failure]),
    (.tls_handshakes[] | [$site, "tls", .address, .failure]),
    (.requests[] | [$site, "http", .request.url, .failure])
] | map(select(.[3] and .[1:] != ["dns", "AAAA", "dns_no_answer"]));
END

# run OUT [VARIABLE=VALUE]...: a run of its own state
cat >"$dir/run" <<'END'
out=$1
shift
mkdir -p "$out.state/parallax"
cp "$HOME/.local/state/parallax/consent" "$out.state/parallax/"
: >"$out"
XDG_STATE_HOME=$out.state LD_PRELOAD=$preload timeout 400 env "$@" \
    "$probe" run --no-upload --out "$out" $sites >"$out.log" 2>&1
rc=$?
rm -rf "$out.state"
exit $rc
END

# one KIND N MORE: a run in which the N-th and MORE that follow fail; prints KIND, N,
# MORE, how the run ended, and a line for each record
cat >"$dir/one" <<'END'
out=$dir/out.$1.$2.$3
sh "$dir/run" "$out" "FAULT_$1=$2" "FAULT_FOR=$(($3 + 1))"
rc=$?
if [ $rc -gt 124 ]; then
    rc="$rc $(grep -a -m1 '^crashed in' "$out.log")"
elif [ $rc != 0 ] && ! grep -aq '^parallax\|^internal' "$out.log"; then
    rc="$rc without a word"
fi
{
    echo "$1 $2 $3 exit $rc"
    jq -r --slurpfile true "$dir/true" "$(cat "$dir/flows.jq")"'
        .test_keys.x_verdict.state as $state |
        if $state == "internal" then $state
        else (flows - ($true | map(flows) | add)) as $wrong |
            "\($state)\($wrong | if . == [] then "" else " but \(.)" end)"
        end' "$out" 2>&1 | sed "s/^/$1 $2 $3 is /"
} >"$out.said"
cat "$out.said"
rm -f "$out" "$out.said" "$out.log"
END

cat >"$dir/well" <<'END'
for i in 1 2 3; do
    sh "$dir/run" "$dir/true.$i" FAULT_WATCH=0 FAULT_TIMER=0 FAULT_FD=0 \
        FAULT_ALLOC=0 || exit
done
END
# by a pipe: two `cat` that write one file at the same time overwrite each other
echo 'xargs -P "$lanes" -L 1 sh "$dir/one" <"$part" | cat' >"$dir/some"

inside "$dir/well"
cat "$dir"/true.[123] >"$dir/true"
most() {
    sed -n "s/^$1: //p" "$dir"/true.*.log | sort -n | tail -n 1
}
allocations=$(most allocations)
before=$(most 'before the first socket')
step=5
some=$(((allocations - before) / 60))
rare=$((before / 20))
if [ -n "${FAULTS_ALL:-}" ]; then
    step=1
    some=1
    rare=100
fi
every() { # KIND FROM STEP TO MORE
    seq -f "$1 %.0f $5" "$2" "$3" "$4"
}
{
    for more in 0 1000000; do
        every WATCH 1 $step "$(most watches)" $more
        every TIMER 1 $step "$(most timers)" $more
        every FD 1 $step "$(most descriptors)" $more
    done
    every ALLOC 1 $rare "$before" 0
    every ALLOC $((before + 1)) $some "$allocations" 0
    every ALLOC $((before + 1)) $((some * 40)) "$allocations" 20
    every ALLOC $((before + 1)) $((some * 40)) "$allocations" 1000000
} >"$dir/list"
sort "$dir/list" >"$dir/list.sorted"
# a lab keeps all packets: not too many runs in one
split -l 1000 "$dir/list" "$dir/part."
said=$dir/said
: >"$said"
for part in "$dir"/part.*; do
    export part
    inside "$dir/some"
    cat "$dir/some.said" >>"$said"
done

# ---- what came of it -------------------------------------------------------------

is "$(cat "$dir"/true.*.log | grep -c '^ok ')" 9 \
    "without a fault all sites are reached"
is "$(sed -n 's, exit .*,,p' "$said" | sort | diff - "$dir/list.sorted")" "" \
    "every run was made, $(wc -l <"$dir/list") of them"
for kind in WATCH TIMER FD ALLOC; do
    grep "^$kind " "$said" >"$dir/kind"
    case $kind in
    WATCH) what='watch of a socket' ;;
    TIMER) what='timer' ;;
    FD) what='descriptor' ;;
    ALLOC) what='allocation' ;;
    esac
    runs=$(grep -c ' exit ' "$dir/kind")
    is "$(grep ' is \(blocked\|down\)' "$dir/kind")" "" \
        "$kind: nothing is called blocked or down in $runs runs"
    is "$(grep ' but ' "$dir/kind")" "" \
        "$kind: no record says of the network what did not happen there"
    # two crashes are known, at one allocation each: of nghttp2 1.52 when it gets a
    # frame, of OpenSSL 3.0 when it gets a ticket
    is "$(grep ' exit ' "$dir/kind" | grep -v -e ' exit [0-3]$' \
        -e ' crashed in .*/lib\(nghttp2\|ssl\)[^/]*$')" "" \
        "$kind: no run crashes, hangs or ends without a word"
    is "$(grep -c ' is internal' "$dir/kind" | sed 's/[1-9].*/some/')" some \
        "$kind: some are internal: $(sed -n 's/.* is \([a-z]*\).*/\1/p' \
            "$dir/kind" | tally)"
    told "no $what, fetching" "$(awk -v n=0 '$3 == 0 && / exit / { n++ }
        END { print n }' "$dir/kind") times the n-th alone, $(awk '$3 > 0 &&
        / exit / { n++ } END { print n + 0 }' "$dir/kind") times with those that follow, 3 sites each" \
        "$(sed -n 's/.* is \([a-z]*\).*/\1/p' "$dir/kind" | tally); $(
            sed -n 's/.* \(exit [0-9]*\).*/\1/p' "$dir/kind" | tally)"
done
done_testing
