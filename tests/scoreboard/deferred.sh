#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# deferred.sh LIST RECORDS STORED, in a lab: measures LIST with `control.defer`,
# then sends the records and waits until the collector has asked a control about
# each, but for those that it does not ask about. STORED is what it then says of
# them (`list --json`). Exits with the run's status.
set -u
data=$LAB_DIR/collector
PARALLAX_CONTROL_DEFER=true "$BUILD/parallax" run --list "$1" --parallel 10 --out "$2"
status=$?
case $status in 0 | 3) ;; *) exit $status ;; esac
[ -s "$2" ] || exit $status
"$BUILD/parallax" upload || exit $status # a login page: what was seen stays as it is
n=0
while [ $n -lt 300 ]; do
    "$BUILD/parallax-collector" list --json --data "$data" >"$3" || exit
    [ "$(grep -c '"control_late":[0-9-]' "$3")" -lt "$(wc -l <"$2")" ] || break
    n=$((n + 1))
    sleep 0.2
done
exit $status
