#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# judge.sh PCAP...: what each rule finds on each device, a line each, by tabs:
# RULE, WHO, LINE, groups that fire, 1 if the rule fires.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk -f "$here/compile.awk" "$here/rules.txt" >"$work/rules.awk"
# shellcheck disable=SC2046 # names of fields have no spaces
for pcap in "$@"; do
    tshark -r "$pcap" -T fields $(sed 's/^/-e /' "$here/fields.txt") 2>/dev/null
done | awk -v devices="$here/devices.txt" -v places="$here/list.csv" \
    -f "$here/packets.awk" -f "$work/rules.awk" -f "$here/groups.awk"
