#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# measure.sh URLS OUT PARALLEL [OPTION]...: measures the URLs of a file.
urls=$1
out=$2
parallel=$3
shift 3
while read -r url; do
    set -- "$@" --url "$url"
done <"$urls"
exec "$BUILD/parallax" run "$@" --parallel "$parallel" --json --out "$out"
