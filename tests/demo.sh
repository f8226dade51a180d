#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# demo.sh: the whole way once. Twelve volunteers in two networks measure the
# forty sites of tests-lists/demo.csv behind a censor (tests/lab/scenarios),
# send their records to a collector, and the collector writes a report. What
# the report says is compared with what the scenario did: the expectation is
# read from the scenario file, never from code that judges.
# Exit 0: they agree; 1: they do not, or something broke.
set -u
cd "$(dirname "$0")/.." || exit 1
BUILD=${BUILD:-build}
case $BUILD in
/*) ;;
*) BUILD=$PWD/$BUILD ;;
esac
LAB_BUILD=${LAB_BUILD:-$BUILD}
export LAB_BUILD
list=tests-lists/demo.csv
world=tests/lab/scenarios/demo.world
scenario=tests/lab/scenarios/demo.scn
dir=$BUILD/demo
country=XZ

rm -rf "$dir/lab" "$dir/report"
mkdir -p "$dir" || exit 1
rm -f "$dir"/volunteer-*.log

# ---- measure ---------------------------------------------------------------
volunteers=$(grep -c '^volunteer ' $world)
sites=$(($(wc -l <$list) - 1))
echo "$volunteers volunteers measure $sites sites; this is what one sees:"
# The first volunteer has the terminal; the others write to a file each. Few
# sites at once: all volunteers together share one small control.
tests/lab/lab --world $world --scenario $scenario --list $list \
    --keep "$dir/lab" -- sh -c '
    [ "$LAB_VOLUNTEER" = 0 ] || exec >"$3/volunteer-$LAB_VOLUNTEER.log" 2>&1
    exec "$1/parallax" run --parallel 4 --list "$2"' \
    demo "$BUILD" "$list" "$dir"
status=$?
if [ $status != 0 ]; then
    echo "demo: a volunteer's run ended with status $status" >&2
    tail -n 3 "$dir"/volunteer-*.log >&2
    exit 1
fi

# ---- report ----------------------------------------------------------------
since=$(date -u -d yesterday +%F)
until=$(date -u -d '2 days' +%F)
echo
"$BUILD/parallax-collector" report --data "$dir/lab/collector" \
    --country $country --since "$since" --until "$until" \
    --out "$dir/report" >"$dir/report.log" 2>&1 || {
    cat "$dir/report.log" >&2
    echo "demo: the report could not be written" >&2
    exit 1
}

# ---- compare ---------------------------------------------------------------
# expect: "SITE METHOD" for each rule that blocks, "SITE -" for each that only
# looks odd, by the scenario's words alone.
awk '
    FNR == 1 { file++ }
    { sub(/#.*/, "") }
    file == 1 && $1 == "host" { name[$3] = $2 }
    file == 1 { next }
    { addr = $3; sub(/:.*/, "", addr) }
    $1 == "dns" && $2 == "isp" { print $4, "dns" }
    $1 == "dns" && $2 == "all" { print $4, "-" }
    $1 == "inject" { print $3, "dns" }
    ($1 == "drop" || $1 == "reject") && $2 == "ip" { print name[addr], "ip" }
    ($1 ~ /^(rst|fin|drop)$/) && $2 == "sni" { print $3, "tls" }
    ($1 ~ /^(rst|fin|drop|page)$/) && $2 == "http" { print $3, "http" }
    $1 == "serve" { print $2, "-" }
' $world $scenario | sort >"$dir/expected"

# found: "SITE METHOD NETWORK OBSERVERS" from the annex table.
awk '
    function fields(line, out, n, c, i, quoted) {
        n = 1
        out[n] = ""
        for (i = 1; i <= length(line); i++) {
            c = substr(line, i, 1)
            if (c == "\"") { quoted = !quoted }
            else if (c == "," && !quoted) { out[++n] = "" }
            else { out[n] = out[n] c }
        }
        return n
    }
    { sub(/\r$/, "") }
    NR == 1 { n = fields($0, f); for (i = 1; i <= n; i++) at[f[i]] = i; next }
    { fields($0, f)
      print f[at["domain"]], f[at["method"]], f[at["asn"]], \
            f[at["observers"]] }
' "$dir/report/findings.csv" | sort >"$dir/found"

awk -v volunteers="$volunteers" '
    FNR == 1 { file++ }
    file == 1 && $1 == "volunteer" { per[$4]++; next }
    file == 1 { next }
    file == 2 { expected[$1] = $2; if (!($1 in seen)) { order[++n] = $1 }
                seen[$1] = 1; next }
    { if (!($1 in seen)) { order[++n] = $1; expected[$1] = "-" }
      seen[$1] = 1
      if (how[$1] != "" && how[$1] != $2) { how[$1] = how[$1] "+" $2 }
      else { how[$1] = $2 }
      networks[$1]++; observers[$1] += $4
      if ($4 != per[$3]) { short[$1] = 1 } }
    END {
        for (a in per) { wanted++ }
        printf "%-28s %-6s %-9s %-10s %s\n", "site", "how", "networks", \
            "observers", "expected"
        for (i = 1; i <= n; i++) {
            s = order[i]
            got = how[s] == "" ? "-" : how[s]
            good = got == expected[s]
            if (expected[s] != "-" && (networks[s] != wanted || short[s])) {
                good = 0
            }
            bad += !good
            printf "%-28s %-6s %-9s %-10s %s%s\n", s, got, networks[s] + 0, \
                observers[s] + 0, \
                expected[s] == "-" ? "not blocked" : expected[s], \
                good ? "" : "   <-- differs"
        }
        exit bad != 0
    }
' $world "$dir/expected" "$dir/found"
status=$?
echo
head -n 1 "$dir/report.log"
echo "report: $dir/report/report.html (INTERNAL)"
if [ $status != 0 ]; then
    echo "demo: the report differs from what the scenario did" >&2
    exit 1
fi
