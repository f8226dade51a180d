#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# device.sh BUILD [probe|all]: run by the lab on each volunteer: the probe measures
# list.csv, Firefox visits the same sites as a person would, curl fetches one.
set -u
build=$1
which=$2
here=$(cd "$(dirname "$0")" && pwd)
own=$LAB_DIR/device-$LAB_VOLUNTEER
mkdir -p "$own" || exit 1

measure() {
    "$build/parallax" run --list "$here/list.csv" >"$own/out" 2>&1 || {
        cat "$own/out" >&2
        return 1
    }
}

# The lab has no user namespaces of its own for the browser's sandbox; the
# packets are the same without.
browse() {
    mkdir -p "$own/profile" || return 1
    cp "$here/user.js" "$own/profile"
    certutil -N -d "sql:$own/profile" --empty-password &&
        certutil -A -d "sql:$own/profile" -n lab -t C,, -i "$SSL_CERT_FILE" ||
        return 1
    MOZ_DISABLE_CONTENT_SANDBOX=1 MOZ_REMOTE_SETTINGS_DEVTOOLS=1 HOME=$own \
        timeout -k 5 240 firefox-esr --headless --no-remote --marionette \
        --profile "$own/profile" >"$own/out" 2>&1 &
    firefox=$!
    "$build/tests/tools/marionette" 2828 6 https://falcon.example/ \
        https://falcon.example/search https://gazette.example/ \
        https://gazette.example/world http://quarry.example/ \
        https://orchard.example/ https://embers.example/ http://timber.example/ \
        https://willow.example/ https://harbour.example/ http://lantern.example/ \
        https://bridge.example/ https://meadow.example/ http://copper.example/ \
        https://village.example/ http://mill.example:8080/ \
        https://anchor.example/
    status=$?
    [ "$status" = 0 ] || kill "$firefox"
    wait "$firefox"
    return "$status"
}

read_who() { # the line of devices.txt for this volunteer
    grep '^[0-9.]* ' "$here/devices.txt" | sed -n "$((LAB_VOLUNTEER + 1))p" |
        cut -d ' ' -f 2
}

case $(read_who) in
probe) measure ;;
firefox) [ "$which" = probe ] || browse ;;
curl) curl -sS -o "$own/out" https://orchard.example/ ;;
esac
