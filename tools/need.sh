#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# need.sh PURPOSE PACKAGE...: installs the Debian packages that are missing;
# where it may not, names them and fails.
set -eu
purpose=$1
shift
missing=
for p in "$@"; do
    s=$(dpkg-query -W -f='${Status}' "$p" 2>/dev/null || true)
    [ "$s" = "install ok installed" ] || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
    echo "missing for $purpose:$missing" >&2
    echo "install with: sudo apt-get install$missing" >&2
    exit 1
fi
echo "installing for $purpose:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
# word splitting is wanted: a list of names
# shellcheck disable=SC2086
if { apt-get update && apt-get install -y --no-install-recommends $missing; } \
    >"$log" 2>&1; then
    rm -f "$log"
    exit 0
fi
tail -n 20 "$log" >&2
rm -f "$log"
echo "could not install for $purpose:$missing" >&2
exit 1
