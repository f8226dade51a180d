#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Servers that misbehave in some two hundred ways: every record says what
# happened, nothing hangs, crashes or grows, no site is called blocked, and the
# sites in order are measured as if the others were not there.
set -u
. "$(dirname "$0")/lib/tap.sh"
BUILD=$(cd "$BUILD" && pwd)
export BUILD
hostile=$BUILD/hostile
here=tests/hostile
site_s=100       # watchdog: ten times the longest limit of a step
probe_kb=131072  # resident, at parallelism 16
control_kb=262144 # resident, with 32 requests in flight
# the sanitizers keep freed memory, and three copies of every byte's state
if nm "$BUILD/parallax" 2>/dev/null | grep -q __asan_init; then
    probe_kb=$((probe_kb * 8))
    control_kb=$((control_kb * 8))
    LSAN_OPTIONS=${LSAN_OPTIONS:+$LSAN_OPTIONS:}suppressions=$PWD/$here/lsan.supp
    export LSAN_OPTIONS
fi

[ -x "$hostile" ] || {
    echo "1..0 # SKIP $hostile is not built"
    exit 0
}
$hostile -- true 2>"$dir/err" || {
    echo "1..0 # SKIP no namespaces: $(head -n 1 "$dir/err")"
    exit 0
}

# measure NAME: NAME.urls -> NAME.jsonl, NAME.usage, NAME.said
measure() {
    timeout -k 10 1500 "$hostile" --usage "$dir/$1.usage" -- \
        sh $here/measure.sh "$dir/$1.urls" "$dir/$1.jsonl" 16 --no-upload \
        >"$dir/$1.events" 2>"$dir/$1.err"
    status=$?
    jq -r -f $here/said.jq "$dir/$1.jsonl" >"$dir/$1.said"
}

usage() { # usage NAME KEY
    sed -n "s/^$2 //p" "$dir/$1.usage"
}

"$hostile" --list | grep '/good' >"$dir/good.urls"
"$hostile" --list | awk -f $here/urls.awk >"$dir/all.urls"
sites=$(wc -l <"$dir/all.urls")

# ---- the sites in order, alone ---------------------------------------------
measure good
is "$status" 0 "twenty sites in order are measured"
is "$(awk -F '\t' '$2 == "http 200"' "$dir/good.said" | wc -l)" 20 \
    "and have their pages"

# ---- all together ----------------------------------------------------------
measure all
is "$status" 0 "a run over $sites sites, most of them hostile, ends well"
is "$(jq -c . "$dir/all.jsonl" | wc -l)" "$sites" \
    "every site has a record of valid JSON"
is "$(grep -cE 'Sanitizer|runtime error' "$dir/all.err")" 0 \
    "no sanitizer says a word"
is "$(awk -F '\t' -v s=$site_s '$4 > s' "$dir/all.said")" "" \
    "every site ends within its time"
is "$(awk -F '\t' '$3 !~ /^(ok|down|inconclusive)$/' "$dir/all.said")" "" \
    "none is called blocked, none is a fault of this machine"
kb=$(usage all max_rss_kb)
[ "$kb" -le $probe_kb ]
ok $? "the probe stays below $probe_kb kB ($kb)"
[ "$(usage all flight13)" -lt "$(usage all cut_max)" ] &&
    [ "$(usage all flight12)" -lt "$(usage all cut_max)" ]
ok $? "the cuts reach over the whole handshake"

# On a busy machine a step may take longer than its limit: what timed out and
# should not have is measured once more, with nothing beside it.
awk -F '\t' '
    NR == FNR { want[$1] = " / " $2 " / "; next }
    $2 ~ /generic_timeout_error/ && ($1 in want) &&
        !index(want[$1], " / " $2 " / ") { print $1 }' \
    $here/expect.tsv "$dir/all.said" | sort -u >"$dir/late.names"
if [ -s "$dir/late.names" ]; then
    sed 's/^/# once more: /' "$dir/late.names"
    awk 'NR == FNR { late[$1] = 1; next }
        { name = $1; gsub(/^https?:\/\/(k[0-9]+[.])?|[.]hostile[.].*$/, "", name) }
        name in late' "$dir/late.names" "$dir/all.urls" >"$dir/late.urls"
    measure late
    awk -F '\t' 'NR == FNR { late[$1] = 1; next } !($1 in late)' \
        "$dir/late.names" "$dir/all.said" >"$dir/others.said"
    cat "$dir/others.said" "$dir/late.said" >"$dir/all.said"
fi

while IFS="$(printf '\t')" read -r name want words; do
    case $name in '#'*) continue ;; esac
    awk -F '\t' -v name="$name" -v want="$want" '
        BEGIN { n = split(want, w, " / ") }
        $1 == name {
            found = 1
            right = 0
            for (i = 1; i <= n; i++)
                right = right || $2 == w[i]
            if (!right) {
                bad = 1
                print "# said: " $2
            }
        }
        END { exit !found || bad }' "$dir/all.said" >"$dir/diff"
    ok $? "$name: $words: $want"
    cat "$dir/diff"
done <$here/expect.tsv
is "$(grep -v '^#' $here/expect.tsv | cut -f1 | sort)" \
    "$(cut -f1 "$dir/all.said" | grep -v '^good' | sort -u)" \
    "every misbehaviour is in the table, and nothing else"

# ---- the others are not disturbed ------------------------------------------
# Other resolvers are asked for a sample that each device draws for itself.
cat >"$dir/result.jq" <<'END'
select(.input | test("/good[0-9]+[.]"))
| .test_keys as $k
| {input, state: $k.x_verdict.state,
   lookups: [$k.queries[] | select(.engine == "getaddrinfo")
     | [.engine, .query_type, .failure, ([.answers[]? | .ipv4 // ""])]] | sort,
   tcp: [$k.tcp_connect[] | [.ip, .port, .status.failure]] | sort,
   tls: [$k.tls_handshakes[]? | [.server_name, .failure, .tls_version,
     .cipher_suite, (.peer_certificates | length)]] | sort,
   pages: [$k.requests[] | [.request.url, .failure, .response.code,
     .response.body, .response.headers]]}
END
for run in good all; do
    jq -c -f "$dir/result.jq" "$dir/$run.jsonl" | sort >"$dir/$run.results"
done
is "$(wc -l <"$dir/all.results")" 20 "the sites in order were all measured"
is "$(diff "$dir/good.results" "$dir/all.results")" "" \
    "and their results equal those of the run without the others"

# ---- read again ------------------------------------------------------------
"$BUILD/parallax" analyze "$dir/all.jsonl" >"$dir/analyzed" 2>"$dir/analyze.err"
is "$?" 0 "analyze reads every record"
is "$(jq -c 'select(.error)' "$dir/analyzed" | head -n 5)" "" \
    "and finds no error in any"
is "$(jq -r '[.input, .x_verdict.state] | @tsv' "$dir/analyzed" | sort)" \
    "$(jq -r '[.input, .test_keys.x_verdict.state] | @tsv' "$dir/all.jsonl" |
        sort)" "and comes to the same verdicts"

# ---- the control -----------------------------------------------------------
mkdir "$dir/control"
timeout -k 10 1500 "$hostile" -- \
    sh $here/control.sh "$dir/all.urls" "$dir/control" >"$dir/control.out" 2>&1
is "$(wc -l <"$dir/control/answers")" "$sites" \
    "the control answers for every hostile site"
is "$(awk '$1 != 200 && $1 != 400 && $1 != 503' "$dir/control/answers")" "" \
    "with a result, or that it cannot"
# Who has too much to do says so, and never that a site was slow.
awk '$1 == 503 { print $3 }' "$dir/control/answers" |
    while read -r n; do
        jq -e '.detail == "Busy"' "$dir/control/$n.json" >/dev/null || echo "$n"
        rm -f "$dir/control/$n.json"
    done >"$dir/control/unable"
is "$(awk '$1 == 200 || $1 == 503 { n++ } END { print n + 0 }' \
    "$dir/control/answers") $(cat "$dir/control/unable")" "$sites " \
    "and never for want of its own memory, at most because it is busy"
is "$(awk -v s=200 '$2 > s' "$dir/control/answers")" "" "in time"
bad=
for f in "$dir"/control/*.json; do
    jq -e '.http_request and .dns and .tcp_connect' "$f" >/dev/null 2>&1 ||
        bad="$bad $f"
done
is "$bad" "" "every answer is a control's JSON"
is "$(cat "$dir"/control/*.json | jq -r '.tcp_connect | keys[]' |
    grep -E '^(10|127|0|192[.]168|255|224)[.]')" "" \
    "it connects to no special address"
is "$(cat "$dir/control/exit")" 0 "the control ends well"
is "$(grep -cE 'Sanitizer|runtime error' "$dir/control/control.err")" 0 \
    "no sanitizer says a word about it"
kb=$(cat "$dir/control/memory")
[ "${kb:-999999999}" -le $control_kb ]
ok $? "the control stays below $control_kb kB (${kb:-?})"

# ---- judged ----------------------------------------------------------------
# Probe and control see the same: whatever the servers do, nobody interferes.
# judged NAME: NAME.urls -> NAME/said and what else judged.sh leaves
judged() {
    mkdir "$dir/$1"
    timeout -k 10 1500 "$hostile" -- \
        sh $here/judged.sh "$dir/$1.urls" "$dir/$1" >"$dir/$1.out" 2>&1
    jq -r -f $here/said.jq "$dir/$1/out.jsonl" >"$dir/$1/said"
}
cp "$dir/all.urls" "$dir/judged.urls"
judged judged
is "$(cat "$dir/judged/exit")" "probe 0
collector 0" "with a control and a collector the run ends well"
is "$(awk -F '\t' '$3 !~ /^(ok|down|inconclusive)$/' "$dir/judged/said")" "" \
    "with a control nobody is called blocked either"
# On a busy machine a site in order may take too long: then once more, alone.
awk -F '\t' '/^good/ && $3 == "ok"' "$dir/judged/said" >"$dir/in-order"
if [ "$(wc -l <"$dir/in-order")" != 20 ]; then
    awk -F '\t' '/^good/ && $3 != "ok" { print "# once more: " $0 }' \
        "$dir/judged/said"
    cp "$dir/good.urls" "$dir/alone.urls"
    judged alone
    awk -F '\t' '/^good/ && $3 == "ok"' "$dir/alone/said" >"$dir/in-order"
fi
is "$(wc -l <"$dir/in-order")" 20 "the sites in order are ok"
is "$(jq -c '[.measurements, .rejected]' "$dir/judged/stats")" "[$sites,{}]" \
    "the collector takes every record"
is "$(cat "$dir/judged/serve.err" "$dir/judged/err" |
    grep -cE 'Sanitizer|runtime error')" 0 "no sanitizer says a word about it"

# what lsan.supp let be
grep -h -A 3 'Suppressions used' "$dir"/*.err "$dir"/*/*err | sed 's/^/# /'

[ -z "${HOSTILE_SAID:-}" ] || cp "$dir/all.said" "$HOSTILE_SAID"
[ -z "${HOSTILE_KEEP:-}" ] || cp -r "$dir" "$HOSTILE_KEEP"
done_testing
