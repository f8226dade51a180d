#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# game.sh [--raw] [FILE]: the game of a forger against a collector, in the lab.
# Three volunteers in each of two networks measure a site that is blocked there
# and one that is not, in three rounds; a forger sends five records from each of
# N addresses and wants the finding gone (erase), or one of the site that is
# reached (plant). Or he sends them from one address and N exits of Tor; or he has
# got hold of what the volunteers will send, and files copies of it before them. What the report then says of the first network is put as a
# table into FILE (default docs/robustness.md), beside what it said before
# (game-before.tsv); with --raw it is printed as lines.
# GAME_N: the numbers N; GAME_COLLECTOR: another program; GAME_DAY: of the
# measurements, as 2026-11-29.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
raw=
[ "${1:-}" != --raw ] || { raw=1 && shift; }
doc=${1:-$top/docs/robustness.md}
collector=${GAME_COLLECTOR:-$top/${BUILD:-build}/parallax-collector}
numbers=${GAME_N:-1 2 3 4 6 8 12}
day=${GAME_DAY:-$(date -u -d '1 day ago' +%F)}
dir=$(mktemp -d)
chmod 755 "$dir"
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM

# Who sends what from where: ADDRESS PSEUDONYM CC ASN START KIND URL
awk -v numbers="$numbers" -v day="$day" '
function send(addr, who, asn, hour, minute, kind, url) {
    printf "%s %032x KE AS%d %sT%02d:%02d:00 %s %s\n", addr, who, asn, day,
        hour, minute, kind, url
}
# One, Two, a network abroad and exits of Tor; each address in a /24 of its own
function addr(net, n) {
    return "45." (net == 3 ? 99 : net == 4 ? 98 : 9 + net) "." n ".9"
}
function volunteer(from, who, v, truth,   r) {
    for (r = 0; r < 3; r++)
        send(from, who, 64510 + (v > 3), 8 + 2 * r, v, truth, site)
}
function forger(how, n, f, truth,   r, net, from, asn) {
    net = how == "two" ? 1 + f % 2 : 1
    asn = 64509 + net
    from = how == "abroad" ? addr(3, f) : how == "names" ? addr(1, 101) \
        : how == "tor" && f > 1 ? addr(4, f) : addr(net, 100 + f)
    for (r = 0; r < 5; r++)
        send(from, 1000 + f, asn, 9 + 2 * r, f,
            truth == "tls" ? "ok" : "tls", site)
}
BEGIN {
    nh = split("one two abroad names tor copies", hows, " ")
    split("tls ok", truths, " ")
    count = split(numbers, ns, " ")
    for (t = 1; t <= 2; t++)
        for (h = 1; h <= nh; h++)
            for (i = 1; i <= count; i++) {
                if (t == 2 && hows[h] == "copies")
                    continue # there is nothing to copy
                site = "https://" (t == 1 ? "erase" : "plant") "-" hows[h] \
                    "-" ns[i] ".example/"
                copies = hows[h] == "copies"
                for (f = 1; f <= ns[i] && copies; f++)
                    for (v = 1; v <= 6; v++)
                        volunteer(addr(1, 100 + f), 1000 + f, v, truths[t])
                for (v = 1; v <= 6; v++)
                    volunteer(addr(1 + (v > 3), v), v, v, truths[t])
                for (f = 1; f <= ns[i] + (hows[h] == "tor") && !copies; f++)
                    forger(hows[h], ns[i], f, truths[t])
            }
}' >"$dir/sent"

# The network database of the lab knows where each address is.
awk '!seen[$1]++ {
    split($1, a, ".")
    printf "host a%d.net %s asn %s\n", ++n, $1, a[2] == 10 ? "64510 \"One\" cc KE" \
        : a[2] == 11 ? "64511 \"Two\" cc KE" : a[2] == 98 ? "64598 \"Exits\" cc DE" : "64599 \"Abroad\" cc FR"
}' "$dir/sent" | uniq>"$dir/world"

cut -d' ' -f3- "$dir/sent" | sh "$top/tests/e2e/lib/make_records.sh" \
    >"$dir/records"
mkdir "$dir/up"
paste -d' ' "$dir/sent" "$dir/records" | awk -v dir="$dir" '{
    file = dir "/up/" NR
    rest = $0
    for (i = 0; i < 7; i++)
        sub(/^[^ ]* /, "", rest)
    printf "{\"format\":\"json\",\"x_probe\":\"%s\",\"content\":%s}", $2, rest >file
    close(file)
    at = substr($5, 1, 10) "T000000Z"
    gsub("-", "", at)
    printf "%surl = \"URL/report/%s_webconnectivity_KE_%s_n1_abcdefghijklmnop\"\noutput = \"/dev/null\"\n" \
        "header = \"X-Forwarded-For: %s\"\ndata-binary = \"@%s\"\n", \
        NR == 1 ? "" : "next\n", at, substr($4, 3), $1, file
}' >"$dir/uploads"
cat >"$dir/play" <<'END'
cd "$1" || exit 1
echo 45.98.0.0/16 >relays
printf 'collector.trusted_proxy = 127.0.0.1\nasn_db = %s\ncollector.relays = %s\n' \
    "$PARALLAX_ASN_DB" "$1/relays" >config
"$2" serve --config config --data data --listen 127.0.0.1:0 \
    --control-listen none 2>log &
pid=$!
url=
for _ in $(seq 1200); do
    url=$(sed -n 's/^parallax-collector: ready \([^ ]*\) control.*/\1/p' log)
    [ -z "$url" ] || break
    sleep 0.05
done
sed "s|URL|$url|" uploads >with_url
curl -s -S -f -K with_url
rc=$?
kill "$pid"
wait "$pid"
[ $rc = 0 ] || exit 1
"$2" report --data data --country KE --since "$3" \
    --until "$(date -u -d "$3 1 day" +%F)" --out out >said
END
chmod 777 "$dir"
LAB_COLLECTOR='' "$top/tests/lab/lab" --world "$dir/world" -- \
    sh "$dir/play" "$dir" "$collector" "$day" >"$dir/out.log" 2>&1 || {
    cat "$dir/out.log" "$dir/log" >&2
    exit 1
}

# GAME HOW N OUTCOME, of the first network
{
    jq -r '.findings[] | select(.asn == 64510) | [.input,
        ({"low": "low", "contested": "contested"}[.confidence_interference]
         // "a fact") + (if .intermittent then ", at times" else "" end)]
        | @tsv' "$dir/out/report.json"
    cut -d' ' -f7 "$dir/sent" | uniq
} | awk -F '\t' '
    NF == 2 { said[$1] = $2; next }
    {
        split($1, a, /[\/.-]+/)
        print a[2] "\t" a[3] "\t" a[4] "\t" (($1 in said) ? said[$1] : "nothing")
    }' >"$dir/raw"
if [ -n "$raw" ]; then
    cat "$dir/raw"
    exit 0
fi

{
    echo '| The forger wants | and has | What the report said before | What it says now |'
    echo '|---|---|---|---|'
    awk -F '\t' '
    BEGIN {
        want["erase"] = "a true finding gone"
        want["plant"] = "a finding of a site that is reached"
        has["one"] = "N addresses in that network"
        has["two"] = "N addresses, half of them there"
        has["abroad"] = "N addresses abroad that claim to be there"
        has["names"] = "one address there, N pseudonyms"
        has["tor"] = "one address there, N exits of Tor"
        has["copies"] = "N addresses there, and copies of what the volunteers send before they do"
    }
    /^#/ { next }
    # numbers with one outcome in a row stand together
    {
        file = FNR == NR ? 1 : 2
        row = $1 FS $2
        if (!((file, row) in last)) {
            if (file == 2)
                rows[++n] = row
        } else if (last[file, row] == $4) {
            to[file, row] = $3
            next
        } else
            told[file, row] = told[file, row] piece(file, row) "; "
        last[file, row] = $4
        from[file, row] = to[file, row] = $3
    }
    function piece(f, r) {
        return from[f, r] (from[f, r] == to[f, r] ? "" : " to " to[f, r]) ": " \
            last[f, r]
    }
    END {
        for (i = 1; i <= n; i++) {
            split(rows[i], a, FS)
            print "| " want[a[1]] " | " has[a[2]] " | " told[1, rows[i]] \
                piece(1, rows[i]) " | " told[2, rows[i]] piece(2, rows[i]) " |"
        }
    }' "$here/game-before.tsv" "$dir/raw"
} >"$dir/table"
sh "$here/../tools/between.sh" "$doc" game "$dir/table"
