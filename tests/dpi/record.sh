#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# record.sh [--probe] OUT.pcap: in the lab the probe measures, Firefox browses (but
# with --probe), curl fetches; what their devices sent and got, by time, without
# the insides of answers, goes to OUT.pcap.
set -eu
which=all
pause=35
if [ "$1" = --probe ]; then
    which=probe
    pause=2
    shift
fi
out=$1
here=$(cd "$(dirname "$0")" && pwd)
root=${here%/tests/dpi}
BUILD=${BUILD:-$root/build}
case $BUILD in
/*) ;;
*) BUILD=$root/$BUILD ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
PARALLAX_RETEST_PAUSE=$pause timeout -k 10 400 "$root/tests/lab/lab" \
    --world "$here/world.lab" --scenario "$here/censor.lab" \
    --volunteers 5 --keep "$work/lab" -- \
    sh "$here/device.sh" "$BUILD" "$which" </dev/null >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    exit 1
}
# Names, requests and first messages are kept whole; of the rest, which is encrypted or
# an answer, the headers; of bare acknowledgements nothing.
devices=$(sed -n 's/^\([0-9.]*\) [a-z]* [46]$/\1/p; s/^\([0-9a-f:]*:[0-9a-f:]*\) .*/\1/p' \
    "$here/devices.txt")
sent=
for d in $devices; do
    case $d in
    *:*) sent="$sent || ipv6.src == $d" ;;
    *) sent="$sent || ip.src == $d" ;;
    esac
done
sent="(${sent# || })"
mergecap -F pcap -w "$work/all" "$work"/lab/client-*.pcap
rest="(tcp.dstport == 443 && tcp.seq > 100 && !(tls.handshake.type == 1)) || !$sent"
tcp="tcp && (tcp.len > 0 || tcp.flags != 0x10)"
tshark -r "$work/all" -Y "$tcp && ($rest)" -F pcap -w "$work/full" 2>/dev/null
tshark -r "$work/all" -Y "($tcp && !($rest)) || udp || icmp || icmpv6" -F pcap \
    -w "$work/whole" 2>/dev/null
editcap -F pcap -s 100 "$work/full" "$work/cut"
mergecap -F pcap -w "$out" "$work/whole" "$work/cut"
