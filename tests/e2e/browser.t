#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The report in a real browser: it fits a phone and a desktop, asks for nothing
# outside itself, and prints with its marking on every page.
set -u
. "$(dirname "$0")/lib/tap.sh"
collector=$BUILD/parallax-collector
if ! command -v chromium >/dev/null || ! command -v pdftotext >/dev/null; then
    skip "chromium or poppler-utils is not installed"
    done_testing
fi

# names of ordinary and of unfriendly length
awk 'BEGIN {
    kinds = split("ok dns ip tls http down", kind, " ")
    for (i = 0; i < 120; i++)
        printf "DE AS%d 2026-11-%02dT08:%02d:00 %s https://%s.example/%s\n",
            64500 + i % 3, i % 20 + 1, i % 60, kind[i % kinds + 1],
            i % 10 ? "site" int(i / 6) : "a-very-long-name-that-goes-on-and-on-" i,
            i % 7 ? "" : "a/path/that/has/no/place/to/break/it/" i
}' | sh tests/e2e/lib/make_records.sh >"$dir/records.jsonl" 2>"$dir/log"
"$collector" import --vouch test --data "$dir/data" "$dir/records.jsonl" >/dev/null \
    2>>"$dir/log"
cc=$("$collector" stats --json --data "$dir/data" | jq -r '.by_country[0].cc')
"$collector" report --data "$dir/data" --country "$cc" --since 2020-01-01 \
    --until 2099-01-01 --out "$dir/report" >/dev/null 2>>"$dir/log"
is "$?" 0 "there is a report to look at"

browse() { # OPTIONS...: chromium without a network
    timeout -k 5 600 chromium --headless --no-sandbox --disable-gpu \
        --disable-quic --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync \
        --user-data-dir="$dir/profile" \
        --host-resolver-rules='MAP * ~NOTFOUND' "$@" 2>>"$dir/log"
}

# A frame page tells how wide its content is: a child wider than the frame
# would have to be scrolled sideways.
for width in 390 1280; do
    cat >"$dir/frame.html" <<H
<!doctype html><body style="margin:0"><iframe id="f" src="report/report.html"
style="border:0;width:${width}px;height:900px"></iframe><script>
addEventListener("load", function () {
  var d = document.getElementById("f").contentDocument.documentElement;
  document.body.setAttribute("data-wide", d.scrollWidth);
});</script></body>
H
    wide=$(browse --allow-file-access-from-files --virtual-time-budget=3000 \
        --dump-dom "file://$dir/frame.html" |
        sed -n 's/.*data-wide="\([0-9]*\)".*/\1/p')
    if [ -n "$wide" ] && [ "$wide" -le "$width" ]; then
        ok 0 "at $width pixels nothing sticks out"
    else
        ok 1 "at $width pixels nothing sticks out (content is $wide wide)"
    fi
done

browse --print-to-pdf="$dir/report.pdf" --no-pdf-header-footer \
    "file://$dir/report/report.html" >/dev/null
pages=$(pdfinfo "$dir/report.pdf" 2>/dev/null | sed -n 's/^Pages: *//p')
is "$([ "${pages:-0}" -ge 2 ] && echo yes)" yes "it prints on several pages"
unmarked=
i=1
while [ "$i" -le "${pages:-0}" ]; do
    pdftotext -f "$i" -l "$i" "$dir/report.pdf" - | grep -q INTERNAL ||
        unmarked="$unmarked $i"
    i=$((i + 1))
done
is "$unmarked" "" "every printed page is marked INTERNAL"
is "$(pdfinfo "$dir/report.pdf" | sed -n 's/^Page size:.*(\(.*\))$/\1/p')" A4 \
    "the pages are A4"
done_testing
