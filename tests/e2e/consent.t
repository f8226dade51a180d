#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Nothing is visited that was not agreed to: with consent to R0, R1 and R2 no
# packet names a host of class R3, whatever shape the list has and wherever a
# redirect leads. The capture is read with a tool that is not ours.
set -u
. "$(dirname "$0")/lib/tap.sh"
case $BUILD in
/*) ;;
*) BUILD=$repo/$BUILD ;;
esac
export LAB_BUILD="${LAB_BUILD:-$repo/build}"
for tool in tshark dig jq; do
    if ! command -v $tool >/dev/null; then
        skip "no $tool"
        done_testing
    fi
done

# ---- the world -----------------------------------------------------------------
cat >"$dir/world" <<'END'
host hub.test 45.92.1.1
host root.test,www.domain.test,m.domain.test 45.92.1.2
host path.test,mixed.test,xn--e28h.test 45.92.1.3
host unlisted.test,leads.test 45.92.1.4
page hub.test /root 302 redirect https://root.test/x
page hub.test /path 301 redirect https://path.test/else
page hub.test /prefix 303 redirect http://path.test/gay/1
page hub.test /domain 307 redirect https://m.domain.test/
page hub.test /exact 308 redirect https://mixed.test/gay/
page hub.test /lowest 302 redirect https://mixed.test/other
page hub.test /emoji 302 header "Location: http://😀.test/"
page hub.test /ace 302 redirect http://XN--E28H.test/
page hub.test /unlisted 302 redirect http://unlisted.test/
page hub.test /twice 302 redirect http://leads.test/
page leads.test / 302 redirect https://root.test/
page hub.test /private 302 redirect http://10.1.2.3/
END
cat >"$dir/redirects.csv" <<'END'
url,category_code
https://root.test/,LGBT
https://path.test/gay,PORN
https://www.domain.test/,HATE
https://mixed.test/,NEWS
https://mixed.test/gay,gayl
https://xn--e28h.test/,ZZZZ
END
for kind in root path prefix domain exact lowest emoji ace unlisted twice private; do
    echo "http://hub.test/$kind,NEWS"
done >>"$dir/redirects.csv"

cases=$SHARED/data/cases/lists
mkdir "$dir/cases"
[ -d "$cases" ] && cp "$cases"/*.csv "$dir/cases/"

# Each list has a run of its own; a lookup before it marks it in the capture.
cat >"$dir/script" <<END
export XDG_STATE_HOME=\$HOME/state XDG_DATA_HOME=\$HOME/data
PARALLAX_RETEST_PAUSE=0
export PARALLAX_RETEST_PAUSE
run() { # NAME ARGUMENT...
    dig +tries=1 +time=1 "mark.\$1" >/dev/null
    name=\$1
    shift
    "$BUILD/parallax" run --no-upload --out "$dir/\$name.out" "\$@" \\
        >/dev/null 2>"$dir/\$name.err" </dev/null
    echo \$? >"$dir/\$name.status"
}
"$BUILD/parallax" consent --accept R0,R1,R2 >/dev/null
run redirects --list "$dir/redirects.csv"
for f in "$dir"/cases/*.csv; do
    [ ! -f "\$f" ] || run "\$(basename "\$f" .csv)" --list "\$f"
done
# one who names a site has chosen it, and not where it leads
mkdir -p "\$XDG_DATA_HOME/parallax/lists"
cp "$dir/redirects.csv" "\$XDG_DATA_HOME/parallax/lists/xz.csv"
run chosen --url http://hub.test/root
run domain --url https://m.domain.test/
dig +tries=1 +time=1 mark.diagnose >/dev/null
"$BUILD/parallax" diagnose --out "$dir/diagnose.out" http://hub.test/path \\
    >"$dir/diagnose.say" 2>&1
run broken --list "$dir/broken.csv"
END
printf 'url,notes\nhttps://hub.test/,x\n' >"$dir/broken.csv"
timeout -k 5 600 tests/lab/lab --world "$dir/world" --keep "$dir/keep" -- \
    sh "$dir/script" >"$dir/out" 2>"$dir/err" </dev/null
is "$?" 0 "a volunteer who agreed to R0, R1 and R2 runs all kinds of lists"

# The names of sites in packets of each run: asked for, shaken hands with, or
# asked for a page.
tshark -r "$dir/keep/client.pcap" \
    -Y 'dns.flags.response == 0 or tls.handshake.type == 1 or http.request' \
    -T fields -e dns.qry.name -e tls.handshake.extensions_server_name \
    -e http.host 2>/dev/null | awk '
    { for (i = 1; i <= NF; i++) if ($i ~ /^mark[.]/) run = substr($i, 6)
      else if ($i ~ /example[.](com|net|org)$|[.]test$/) print run, $i }' |
    sort -u >"$dir/names"
names() { # RUN
    awk -v r="$1" '$1 == r { printf "%s%s", n++ ? " " : "", $2 }' "$dir/names"
}
visited() { # RUN
    [ ! -s "$dir/$1.out" ] || jq -r .input "$dir/$1.out" | sort | tr '\n' ' '
}

# ---- redirects -----------------------------------------------------------------
is "$(names redirects)" "hub.test leads.test mixed.test unlisted.test" \
    "no packet names a host of R3 that a redirect leads to"
told() { # FILTER
    jq -r "$1" "$dir/redirects.out" | sort | tr '\n' ' '
}
is "$(told 'select(.test_keys.x_not_followed == "consent") | .input | sub(".*/"; "")')" \
    "ace domain emoji exact path prefix root twice " \
    "the records say why such a redirect was not followed"
is "$(told 'select(.test_keys.x_not_followed) | .test_keys |
    [.requests[].failure, .http_experiment_failure, .blocking, .accessible,
     (.x_verdict.state == "inconclusive")] | unique | tostring')" \
    "$(for _ in 1 2 3 4 5 6 7 8; do printf '[null,true] '; done)" \
    "which is no failure of the site"
is "$(told 'select(.test_keys.x_not_followed) |
    .test_keys.requests[0].response.headers.Location' | wc -w)" 8 \
    "and where it leads stands in them"
is "$(told 'select([.test_keys.requests[].x_leads_unlisted] | any) | .input | sub(".*/"; "")')" \
    "private twice unlisted " "a target in no list is followed and marked"
is "$(told '.test_keys | .x_control_request.http_request, .queries[].hostname,
    .tls_handshakes[].server_name' | tr ' ' '\n' | sort -u |
    grep -c 'root.test\|path.test\|domain.test\|xn--')" 0 \
    "no control was asked about the others"
is "$(jq -r 'select(.input | endswith("private")) | .test_keys.requests[0].failure' \
    "$dir/redirects.out" | grep -c '^unknown_failure: ')" 1 \
    "a redirect to a private address fails"
is "$(tshark -r "$dir/keep/client.pcap" -Y 'ip.dst == 10.1.2.3' 2>/dev/null |
    wc -l)" 0 "and gets no packet"

# ---- a site that was chosen ------------------------------------------------------
is "$(names chosen)|$(jq -r .test_keys.x_not_followed "$dir/chosen.out")" \
    "hub.test|consent" "a site named with --url leads no further than others"
is "$(names domain)" m.domain.test "what was named itself is visited"
is "$(names diagnose)" hub.test "diagnose goes no further either"
is "$(grep -c 'did not agree' "$dir/diagnose.say")" 1 "and says so"

# ---- lists -----------------------------------------------------------------------
is "$(cat "$dir/broken.status") $(names broken)" "1 " \
    "a list of which the columns are not certain is refused whole"
is "$(grep -c 'broken.csv.*category_code' "$dir/broken.err") $(wc -l <"$dir/broken.err")" \
    "1 1" "in one sentence"
if [ ! -d "$cases" ]; then
    skip "no lists at $cases"
    done_testing
fi
# list NAME STATUS VISITED NAMES
list() {
    is "$(cat "$dir/$1.status")|$(visited "$1")|$(names "$1")" "$2|$3|$4" \
        "$1.csv: nothing of R3, the rest is visited"
}
two='http://www.example.com/path https://www.example.org/ '
hosts='www.example.com www.example.org'
for name in c1-cr c1-semi-lf c1-tab-crlf; do
    list $name 0 "$two" "$hosts"
done
list c2-glued 3 'http://www.example.com/ http://www.example.net/ http://www.example.org/ https://example.com/a https://example.net/ ' \
    'example.com example.net www.example.com www.example.net www.example.org'
is "$(grep -c '^[^ ]*c2-glued.csv:5:1: ' "$dir/c2-glued.err")" 1 \
    "and the row that is none is named with its line"
list c2-noheader-fexp 0 'http://www.example.org/ https://example.com/a https://example.net/ ' \
    'example.com example.net www.example.com www.example.org'
for name in c3-9d-path c3-cat-nbsp; do
    list $name 3 'https://ok.example.net/ ' ok.example.net
    is "$(grep -c '\.csv:2:.*\\x' "$dir/$name.err")" 1 \
        "and the row is named, shown escaped"
done
list c3-utf16le-bom 0 'https://ok.example.net/ ' ok.example.net
for name in c4-dup-cat comment-before-header retired; do
    list $name 0 '' ''
done
list comma-in-url 1 '' ''
done_testing
