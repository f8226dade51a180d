#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# as_volunteer.sh DIR CAPABILITIES COMMAND [ARG]...: on the volunteer's host, as its
# root, what the scene says of the device (DIR/before.sh; variables that it sets stay
# set); then COMMAND with no more than the capabilities named as setpriv does.
set -eu
here=$PWD
cd "$1"
. ./before.sh
cd "$here"
may=$2
shift 2
exec setpriv --bounding-set="$may" --inh-caps="$may" --ambient-caps="$may" -- "$@"
