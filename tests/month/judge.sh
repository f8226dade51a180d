# SPDX-License-Identifier: Apache-2.0
# Sourced by tests/e2e/month.t: what was promised of a device that is alone, each
# promise held against another witness than the device: the collector, and the
# counters of its line. A day is what the device's clock says. Writes $out/table.
sites_cap=$(sed -n 's/^plan.day_sites = //p' "$out/config")
bytes_cap=4194304

"$collector" list --data "$out/lab/collector" --json >"$out/stored.json"
# DAY SECOND-OF-DAY INPUT of each record, by what its uid says
jq -r '[.measurement_uid, .input] | @tsv' "$out/stored.json" | awk -F '\t' '{
    at = substr($1, 9, 2) * 3600 + substr($1, 11, 2) * 60 + substr($1, 13, 2)
    print substr($1, 1, 8), at, $2 }' | sort -k1,1 -k2,2n >"$out/stored"
# DAY BYTES of the line, by the device's clock
awk '{ print strftime("%Y%m%d", $2, 1), $6 }' "$out/calls" |
    awk '{ n[$1] += $2 } END { for (d in n) print d, n[d] }' | sort >"$out/bytes"
# DAY CALLS-THAT-MEASURED CUTS
awk '{ d = strftime("%Y%m%d", $2, 1); runs[d] += $9 > 0; cuts[d] += $8 == "cut" }
     END { for (d in runs) print d, runs[d], cuts[d] }' "$out/calls" | sort >"$out/runs"

highest() { awk -v f="$2" '$f > m { m = $f } END { print m + 0 }' "$1"; }
sites_most=$(cut -d' ' -f1 "$out/stored" | uniq -c | sort -n | awk 'END { print $1 + 0 }')
bytes_most=$(highest "$out/bytes" 2)
runs_most=$(awk '{ n = $2 - $3; if (n > m) m = n } END { print m + 0 }' "$out/runs")
first=$(awk 'NR == 1 || $2 < m { m = $2 } END { printf "%02d:%02d", m / 3600, m % 3600 / 60 }' "$out/stored")
last=$(awk '$2 > m { m = $2 } END { printf "%02d:%02d", m / 3600, m % 3600 / 60 }' "$out/stored")
# records say when they begin to the second
apart=$(awk '$1 == day && (!n++ || $2 - was < m) { m = $2 - was }
             { day = $1; was = $2 } END { print m + 0 }' "$out/stored")
said=$(awk '$8 == "whole" { n += $9 } END { print n + 0 }' "$out/calls")
stored=$(grep -c . "$out/stored")
cuts=$(grep -c ' power ' "$out/events")
working=$(awk '$8 == "cut" { n++ } END { print n + 0 }' "$out/calls")
wrong=$(awk '$3 == "boot" || $2 == "boot" { n++ } END { print n + 0 }' "$out/events")
dark=$(awk '$2 == "line" && $3 == "down" { t = $1 } $2 == "line" && $3 == "up" { n += $1 - t }
            END { print int(n / 3600) }' "$out/events")
off=$(awk '$2 == "power" { n += $3 } END { print int(n / 3600) }' "$out/events")
by_wrong=$(awk '($1 > $2 ? $1 - $2 : $2 - $1) > 60 { n += $9 } END { print n + 0 }' "$out/calls")
times=$(cut -d' ' -f3 "$out/stored" | sort | uniq -c | awk '{ print $1 }' | sort -n)
fewest=$(echo "$times" | head -n 1)
most=$(echo "$times" | tail -n 1)
twice=$(jq -r '[.input, .measurement_start_time] | @tsv' "$out/stored.json" | sort | uniq -d | grep -c .)
waits=$(jq .records "$out/results.json")
damaged=$(jq '.damaged + .unreadable' "$out/results.json")
readable=$(sort -u "$out/readable" | grep -c .)
named=$(grep -c 'month\.example' "$out/journal")
failed=$(awk '$8 == "whole" && $3 && $5 != 0 && $5 != 3 { n++ } END { print n + 0 }' "$out/calls")

[ "$stored" -gt 0 ] && [ "$cuts" -gt 0 ]
ok $? "it measures, and the power is cut: $stored records, $cuts cuts"
ok "$failed" "no call fails, but where the clock is lost"
[ "$sites_most" -le "$sites_cap" ]
ok $? "no day has more sites than its cap: $sites_most of $sites_cap"
[ "$bytes_most" -le $bytes_cap ]
ok $? "no day has more bytes on the line than its cap: $bytes_most of $bytes_cap"
[ "$runs_most" -le 6 ]
ok $? "no day has more than six runs: $runs_most"
awk '$2 < 28800 || $2 >= 82800 { bad = 1 } END { exit bad }' "$out/stored"
ok $? "all is measured within the hours: $first to $last"
ok $((apart < 1)) "no two sites begin in one second: $apart s apart"
[ "$stored" -ge "$said" ] && [ "$waits" = 0 ] && [ "$damaged" = 0 ]
ok $? "what was said to be done is stored: $said, $stored; $waits wait, $damaged damaged"
is "$twice" 0 "no measurement is stored under two uids"
[ $((most - fewest)) -le $((1 + working)) ]
ok $? "each site has its turn: measured $fewest to $most times"
is "$readable,$named" 0,0 "no name can be read on the disk, nor in the journal"

cat >"$out/table" <<END
| A device alone for $days days (seed $seed) | Found | By |
|---|---|---|
| calls of the timer, lived through | $(grep -c . "$out/plan"), $(grep -c . "$out/calls") | systemd |
| power cuts, of them while it measured; hours without power | $cuts, $working; $off | lab |
| starts with a clock that was wrong; sites measured before it was right | $wrong; $by_wrong | lab |
| hours without a line | $dark | lab |
| records | $stored | collector |
| sites a day, at most (cap $sites_cap) | $sites_most | collector |
| bytes a day, at most (cap $bytes_cap) | $bytes_most | line |
| runs a day, at most (cap 6) | $runs_most | journal |
| measured between (hours 08:00 to 23:00) | $first and $last | collector |
| from one new site to the next, at least | $apart s | collector |
| said to be done and not stored; left waiting; damaged | $((said > stored ? said - stored : 0)); $waits; $damaged | collector, device |
| stored under two uids | $twice | collector |
| times a site was measured | $fewest to $most | collector |
| files on the disk in which a name can be read; lines of the journal | $readable; $named | lab |
END
sed 's/^/# /' "$out/table"
