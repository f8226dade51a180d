#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# parallax diagnose: what a volunteer reads about one site, in a lab where the
# cause is known; and what keeps it from beginning.
set -u
. "$(dirname "$0")/lib/tap.sh"
case $BUILD in
/*) ;;
*) BUILD=$repo/$BUILD ;;
esac
probe=$BUILD/parallax
export LAB_BUILD="${LAB_BUILD:-$repo/build}"
export HOME="$dir/home" PARALLAX_COLLECTOR=https://collector.example
unset XDG_STATE_HOME XDG_CONFIG_HOME XDG_DATA_HOME
mkdir -p "$HOME"

cat >"$dir/world" <<'END'
host gone.example 45.66.77.88 port 8080
host start.example 45.66.78.88
page start.example * 302 redirect https://www.example.com/
END
cat >"$dir/human.html" <<'END'
<html><head><title>Just a moment...</title></head><body>Are you?</body></html>
END
printf '<title>\033]0;evil\007\302\2332J</title>' >"$dir/evil.html"

# lab STATUS WORDS SCENARIO SCRIPT: SCRIPT runs on the volunteer's host
more=
lab() {
    printf '%s\n' "$3" >"$dir/scenario"
    cat >"$dir/script" <<END
probe=$probe
dir=$dir
PARALLAX_RETEST_PAUSE=1
export PARALLAX_RETEST_PAUSE
$4
END
    # shellcheck disable=SC2086
    timeout -k 5 600 tests/lab/lab $more --scenario "$dir/scenario" \
        --world "$dir/world" --keep "$dir/lab" -- sh "$dir/script" \
        >"$dir/out" 2>"$dir/err" </dev/null
    is "$?" "$1" "$2"
    heard "$dir/out" "$dir/err"
    # columns and line ends apart
    sed 's/ *| */ | /' "$dir/out" | tr -s '\n ' '  ' >"$dir/flat"
}

# says TEXT WORDS: the explanation has TEXT
says() {
    grep -qF -e "$1" "$dir/flat"
    status=$?
    ok $status "$2"
    [ $status = 0 ] || sed 's/^/# /' "$dir/out" "$dir/err"
}

# complains PATTERN WORDS
complains() {
    grep -q -e "$1" "$dir/err"
    status=$?
    ok $status "$2"
    [ $status = 0 ] || sed 's/^/# /' "$dir/err"
}

# fits WORDS: a person can read it on a small terminal, on two screens of 25 lines.
# Three reasons and the longest names of resolvers make 49.
fits() {
    is "$(awk 'length > 80' "$dir/out" | wc -l)" 0 "$1 is at most 80 columns wide"
    lines=$(wc -l <"$dir/out")
    [ "$lines" -gt 15 ] && [ "$lines" -le 50 ]
    ok $? "and of a length that is read ($lines lines)"
}

# ---- a site that works ---------------------------------------------------------
lab 0 "a site that works" 'link rtt 2ms' \
    '$probe diagnose https://www.example.com/
    find $HOME/.local/state/parallax -type f >$dir/left'
says 'www.example.com WORKS on this network. How sure we are: almost certain (99 of 100).' \
    "is said to work, and how sure that is"
says 'Name lookup: www.example.com [ok] your network: 93.184.216.34 | 93.184.216.34' \
    "its lookup stands beside the control's"
says 'Secure connection [ok] 93.184.216.34 | ok' "and so does the handshake"
says '[ok] came, "Default Web Page" | came, "Default Web Page"' "and the page"
for part in 'WHY WE THINK SO' 'WHAT ELSE IT COULD BE' 'WHAT TO TRY' \
    'others on this network can see that this site was tested'; do
    says "$part" "it has: $part"
done
fits "it"
is "$(sed 's|.*/||' "$dir/left" | sort | tr '\n' ' ')" 'consent helpers.json ' \
    "and keeps no record"
is "$("$BUILD/parallax-collector" stats --data "$dir/lab/collector" --json |
    jq .measurements)" 0 "and sends none"

# ---- blocked -------------------------------------------------------------------
# a line on which a forged answer is early, as it mostly is: one reason more
lab 0 "a forged answer" 'link rtt 100ms
inject dns www.example.com A 10.10.34.35' \
    '$probe diagnose https://www.example.com/'
says 'www.example.com is BLOCKED on this network: the name lookup is being tampered with.' \
    "is told as that"
says '[odd] your network: 10.10.34.35 | 93.184.216.34 then, contradicting it: 93.184.216.34' \
    "with both answers"
says 'secure DNS' "and a way to try"
fits "it"

lab 0 "a reset in the handshake" 'rst sni www.example.com' \
    '$probe diagnose https://www.example.com/ --out $dir/record
    $probe analyze $dir/record >$dir/again'
says 'is BLOCKED on this network: secure connections to it are being cut off.' \
    "is told as that"
says 'Connection [ok] 93.184.216.34 | ok' "the step before it went well"
says '[FAILED] 93.184.216.34: cut off (reset) | ok' "the step failed here alone"
says '[--] not tried: it did not get this far | came, "Default Web Page"' \
    "and the page was not tried"
says 'the same again' "it was measured twice"
complains 'trying once more' "and the wait was told"
fits "it"
is "$(jq -r .x_verdict.state "$dir/again")" blocked \
    "--out keeps the record, which analyze reads"

lab 0 "a forged page" 'page http "Host: www.example.com" 93.184.216.34' \
    '$probe diagnose http://www.example.com/'
says 'BLOCKED on this network: its page is being stopped or replaced on the way.' \
    "is told as that"
says '[odd] came, "Access Denied" | came, "Default Web Page"' "with both titles"
says 'enter no password' "and a warning"
fits "it"

lab 0 "a dropped address" 'drop ip 93.184.216.34' \
    '$probe diagnose --json https://www.example.com/'
is "$(jq -r '.x_verdict | .state + " " + .method' "$dir/out")" 'blocked ip' \
    "--json has the verdict"
is "$(jq -r '.steps[] | select(.step == "connection").rows[0] |
    [.result, .failure, .control] | join(" ")' "$dir/out")" \
    'failed generic_timeout_error ok' "and each step, beside the control's"
is "$(jq '[.why[].ids[]] | length > 0' "$dir/out")" true "and transaction ids"

lab 0 "a block of the secure side alone" 'rst sni www.example.com' \
    '$probe diagnose http://www.example.com/'
says 'is PARTLY BLOCKED on this network: secure connections' "is told as that"
says '[FAILED] 93.184.216.34, https: cut off (reset) | ok' "with the step"

lab 0 "an interception of everything" 'mitm all' \
    '$probe diagnose https://www.example.com/'
says 'Something on the way may answer in the site' "may be one"
says 'enter no password' "and the warning is there, though nothing is decided"

lab 0 "a redirect into a block" 'rst sni www.example.com' \
    '$probe diagnose http://start.example/'
says 'start.example leads on to www.example.com, which' \
    "names the site that is blocked"
says 'Secure connection after redirect 1 [FAILED]' "and the step after the redirect"

# ---- not blocked, or not known ----------------------------------------------------
lab 0 "a dead site" 'link rtt 2ms' '$probe diagnose https://gone.example/'
says 'gone.example is DOWN FOR EVERYBODY, not only on this network' "is told as that"
says '[FAILED] 45.66.77.88: refused | refused' "it fails elsewhere as well"
fits "it"

lab 0 "an answer that no browser reads" \
    'serve www.example.com to client headers 2mb' \
    '$probe diagnose https://www.example.com/'
says 'an answer that is no web page' "is told in words"

lab 0 "a site that asks for a human" \
    "serve www.example.com to client status 503 file $dir/human.html" \
    '$probe diagnose https://www.example.com/'
says 'COULD NOT BE DECIDED whether it is blocked: the site answers, but wants proof that its visitor is human.' \
    "is undecided, with the cause"
says 'Do not take this as a sign of blocking.' "and nobody is accused"
says '[odd] error 503, "Just a moment..." | came' "what came is told"

lab 0 "a control that is down" 'control down' \
    '$probe diagnose http://www.example.com/'
says 'COULD NOT BE DECIDED whether it is blocked: there is nothing to compare with.' \
    "leaves it undecided"
says 'ELSEWHERE: no answer' "and is said to be silent"

lab 0 "a wrong clock" 'clock at "2019-03-05 04:05:06"' \
    '$probe diagnose https://www.example.com/'
says 'Check date and time of this device' "is among what to look at"

lab 0 "a title that would drive the terminal" \
    "serve www.example.com status 200 file $dir/evil.html" \
    '$probe diagnose https://www.example.com/'
is "$(tr -dc '\033\007' <"$dir/out" | wc -c)" 0 "does not"
says 'came, "?]0;evil' "and is still told"

# ---- cut short --------------------------------------------------------------------
lab 3 "one Ctrl-C in the pause" 'rst sni www.example.com' '
PARALLAX_RETEST_PAUSE=600 $probe diagnose https://www.example.com/ 2>$dir/words &
pid=$!
i=0
while ! grep -q "once more" $dir/words && [ $i -lt 1200 ]; do
    i=$((i + 1))
    sleep 0.1
done
kill -INT $pid
wait $pid'
says 'it was measured only once, and one failure can be chance.' \
    "tells what is known so far"

# ---- what keeps it from beginning ---------------------------------------------------
# try STATUS WORDS COMMAND...
try() {
    wanted=$1
    words=$2
    shift 2
    timeout -k 5 600 "$@" >"$dir/out" 2>"$dir/err" </dev/null
    is "$?" "$wanted" "$words"
}

try 2 "without consent nothing is contacted" \
    "$probe" diagnose https://www.example.com/
complains 'parallax consent' "and it says how to give it"
is "$(find "$HOME" -type f | wc -l)" 0 "and nothing was written"
"$probe" consent --accept >/dev/null
try 2 "without a URL" "$probe" diagnose
complains 'name one site' "it asks for one"
try 2 "a name without a scheme is wrong usage" "$probe" diagnose www.example.com
complains 'did you mean https://www.example.com ' "and what was meant is told"
try 2 "so is a scheme that is not measured" "$probe" diagnose ftp://x.example/
complains 'ftp://x.example/: column' "with its place"
try 2 "so is a private address" "$probe" diagnose http://192.168.1.1/
complains 'never contacted' "with the reason"
try 2 "so is a second URL" "$probe" diagnose https://a.example/ https://b.example/
try 2 "so is a record on standard output" \
    "$probe" diagnose --out - https://www.example.com/
try 2 "so is a collector without TLS" \
    "$probe" diagnose --collector http://c.example https://www.example.com/
try 2 "a URL that would drive the terminal" \
    "$probe" diagnose "$(printf 'ftp://\033[31mx')"
is "$(tr -dc '\033' <"$dir/err" | wc -c)" 0 "does not"
if unshare -rn true 2>/dev/null; then
    try 1 "without a network nothing is measured" \
        unshare -rn "$probe" diagnose https://www.example.com/
    complains 'no network' "and it says so"
else
    skip "no user namespaces: the case without a network"
fi
try 0 "help" "$probe" diagnose --help
is "$(grep -c '^  --out FILE' "$dir/out")" 1 "names the options"
plain "a volunteer reads words, and no failure string"
done_testing
