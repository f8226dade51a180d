#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# dpi.sh [live|record]: does a rule of rules.txt tell the probe from Firefox, and is it
# listed in known.tsv with its reason? Every rule is tried on its twin, then all on
# the committed capture, then on the probe as it is now. With `live` a new capture is
# made, with live Firefox; with `record` it also takes the place of the committed
# one. TAP.
set -u
. "$(dirname "$0")/../e2e/lib/tap.sh"
case ${1:-} in
'' | live | record) mode=${1:-} ;;
*) echo "usage: dpi.sh [live|record]" >&2; exit 2 ;;
esac
here=tests/dpi
capture=$here/capture.pcap.gz

# differ FILE: rules that fire on one of probe and Firefox, RULE and who, by the
# two lines (with IPv6 and without).
differ() {
    awk -F '\t' '
    { fires[$1, $2, $3] = $5; rule[$1] }
    END {
        for (r in rule) {
            for (line = 4; line <= 6; line += 2) {
                if (fires[r, "probe", line] && !fires[r, "firefox", line]) {
                    print r "\tprobe"
                } else if (fires[r, "firefox", line] && !fires[r, "probe", line]) {
                    print r "\tfirefox"
                }
            }
        }
    }' "$1" | sort -u
}

# list of the rules that RESULTS has and known.tsv has not
not_listed() {
    differ "$1" | comm -23 - "$dir/known"
}

names() {
    tr '\t\n' '  '
}

grep -v '^#' "$here/known.tsv" | cut -f 1,2 | sort >"$dir/sure"
sed "s/?\$//" "$dir/sure" >"$dir/known"
is "$(awk -F '\t' '!/^#/ && (NF != 3 || $3 == "")' "$here/known.tsv")" "" \
    "every rule of known.tsv has its reason"
rules=$(awk '$1 == "rule" { print $2 }' "$here/rules.txt")
is "$(printf '%s\n' "$rules" | wc -l | awk '{ print ($1 >= 30) }')" 1 \
    "there are at least thirty rules"
is "$(cut -f 1 "$dir/known" | sort -u | while read -r r; do
    printf '%s\n' "$rules" | grep -qx "$r" || echo "$r"
done)" "" "known.tsv names rules that there are"

# ---- each rule on its twin -------------------------------------------------------
awk -f $here/twin.awk $here/rules.txt >"$dir/twins.hex"
text2pcap -q -l 101 -t %s.%f "$dir/twins.hex" "$dir/twins.pcap" >/dev/null 2>&1
sh $here/judge.sh "$dir/twins.pcap" >"$dir/twins"
n=0
for rule in $rules; do
    n=$((n + 1))
    awk -F '\t' -v rule="$rule" -v n="$n" '$1 == rule && $3 == n && $5 { found = 1 }
        END { exit !found }' "$dir/twins"
    ok $? "$rule fires on its twin"
done
is "$(awk -F '\t' '{ all[$1]++; fires[$1] += $5 }
    END { for (r in all) { if (fires[r] * 2 > all[r]) { print r } } }' "$dir/twins")" \
    "" "no rule fires on most twins"

# ---- the capture with both -------------------------------------------------------
if [ -n "$mode" ]; then
    sh $here/record.sh "$dir/new.pcap" >"$dir/log" 2>&1
    status=$?
    ok $status "the probe and live Firefox are captured in the lab"
    [ $status = 0 ] || sed 's/^/# /' "$dir/log"
    [ $status != 0 ] || gzip -9nc "$dir/new.pcap" >"$dir/new.gz"
    capture=$dir/new.gz
fi
sh $here/judge.sh "$capture" >"$dir/both"
is "$(awk -F '\t' '!seen[$2, $3]++ { print $2 $3 }' "$dir/both" | sort | names)" \
    "curl4 firefox4 firefox6 probe4 probe6 " "the capture has all devices"
is "$(not_listed "$dir/both" | names)" "" \
    "no rule tells the probe from Firefox that is not listed"
is "$(differ "$dir/both" | comm -13 - "$dir/sure" | grep -v "?\$" | names)" "" \
    "every rule that is listed does"
is "$(awk '/^## /{ on = /What a packet shows/ } on' docs/safety.md | grep -o '`[a-z0-9-]*`' |
    tr -d '`' | sort -u | grep -Fx "$rules" | names)" "$(cut -f 1 "$dir/known" | sort -u | names)" \
    "docs/safety.md tells volunteers of the same rules"
is "$(awk -F '\t' '$2 != "firefox" && $1 ~ /^(ja4-of-openssl|two-stacks)$/ { print $1 $2 $3 $5 }' "$dir/both" |
    sort | names)" \
    "ja4-of-opensslcurl41 ja4-of-opensslprobe41 ja4-of-opensslprobe61 two-stackscurl40 two-stacksprobe40 two-stacksprobe60 " \
    "all of the probe's handshakes have the JA4 of Debian's curl"

# ---- the probe as it is now ------------------------------------------------------
# Firefox's half is the capture's. What is listed need not show: a slow machine
# makes no burst.
if [ -z "$mode" ]; then
    sh $here/record.sh --probe "$dir/probe.pcap" >"$dir/log" 2>&1
    status=$?
    ok $status "the probe is captured in the lab"
    [ $status = 0 ] || sed 's/^/# /' "$dir/log"
    sh $here/judge.sh "$dir/probe.pcap" | awk -F "\t" '$2 != "firefox"' >"$dir/now"
    awk -F "\t" '$2 == "firefox"' "$dir/both" >>"$dir/now"
    is "$(not_listed "$dir/now" | grep -v 'firefox$' | names)" "" \
        "no rule tells the probe of this build from Firefox that is not listed"
fi
if [ "$mode" = record ] && [ -s "$dir/new.gz" ]; then
    cp "$dir/new.gz" "$here/capture.pcap.gz"
fi
done_testing
