#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The units that `make install` brings are ones that systemd understands and finds
# confined, run commands that the program has, and look for the consent where the
# program keeps it.
set -u
. "$(dirname "$0")/lib/tap.sh"
to=$dir/installed
units=$to/lib/systemd/system

make -s install PREFIX="$to" >/dev/null 2>"$dir/err"
is "$?,$(cat "$dir/err")" 0, "make install brings them"
systemd-analyze verify --man=no "$units"/parallax*.service \
    "$units"/parallax*.timer >"$dir/out" 2>&1
is "$?,$(cat "$dir/out")" 0, "systemd understands every line"
systemd-sysusers --dry-run "$to/lib/sysusers.d/parallax.conf" >/dev/null 2>&1
ok $? "and the user that they run as"

# of <service>: the command and the environment that its unit gives it
of() {
    sed -n 's/^ExecStart=//p' "$units/$1"
}
surroundings() {
    sed -n 's/^Environment=//p' "$units/$1"
}

for unit in parallax.service parallax-lists.service; do
    systemd-analyze security --offline=true --threshold=20 "$units/$unit" \
        >"$dir/out" 2>&1
    ok $? "$unit gives up what it does not need"
    grep -q '^User=parallax$' "$units/$unit"
    ok $? "and is nobody else's"
    # the folders of the unit, below a directory of this test
    vars=$(surroundings "$unit" | sed "s,=/,=$dir/root/,g")
    asked=$(sed -n 's/^ConditionPathExists=//p' "$units/$unit")
    set -- $(of "$unit")
    is "$1" "$to/bin/parallax" "$unit runs the program that was installed"
    env -i HOME="$dir" PARALLAX_LISTS_URL=https://lists.example \
        PARALLAX_COLLECTOR=https://collector.example $vars \
        unshare -rn "$@" >"$dir/out" 2>"$dir/err"
    is "$?,$(grep -c 'because consent is missing' "$dir/err")" 2,1 \
        "which knows the command, and does nothing without consent"
    env -i HOME="$dir" $vars unshare -rn "$1" consent --accept >/dev/null 2>&1
    [ -f "$dir/root$asked" ]
    ok $? "and keeps it where the unit looks for it"
    rm -rf "$dir/root"
done
for timer in parallax.timer parallax-lists.timer; do
    systemd-analyze calendar "$(sed -n 's/^OnCalendar=//p' "$units/$timer")" \
        >/dev/null 2>&1
    ok $? "$timer is a time"
    grep -q '^RandomizedDelaySec=' "$units/$timer"
    ok $? "and no fixed minute"
done
make -s uninstall PREFIX="$to" >/dev/null 2>&1
is "$(find "$to" -type f)" "" "make uninstall leaves no file"
done_testing
