#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# measure.sh URLS OUT: measures the URLs of a file, 16 at a time.
urls=$1
out=$2
set --
while read -r url; do
    set -- "$@" --url "$url"
done <"$urls"
exec "$BUILD/parallax" run "$@" --parallel 16 --no-upload --json --out "$out"
