# SPDX-License-Identifier: Apache-2.0
# The rows of table.jq become confusion matrices, lists and marks, for each of the
# two tables of kinds. Knows nothing of how verdicts are made. Ends with 1 if a
# mark is missed.
#   awk [-v PART=seed|pooled|flips|innocent] -f score.awk undecided.tsv table.tsv...
# PART=seed: the two tables; pooled: all seeds together, without single scenes; innocent:
# of single scenes only who was called blocked, or down and works; flips: what
# repeated measurements say otherwise; without it all. ALL=1: no kind was left out.

BEGIN { FS = "\t" }

# Wilson's 95 % interval of k of n: sets lo and hi.
function wilson(k, n,   z, p, mid, half, d) {
    z = 1.96
    p = k / n
    d = 1 + z * z / n
    mid = (p + z * z / (2 * n)) / d
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d
    lo = mid - half < 0 ? 0 : mid - half
    hi = mid + half > 1 ? 1 : mid + half
}
function share(k, n) {
    if (n == 0) return "-"
    wilson(k, n)
    return sprintf("%.3f (%d of %d; %.3f to %.3f)", k / n, k, n, lo, hi)
}

function compatible(blocking) {
    if (blocking == "false") return "not blocked"
    if (blocking == "null") return "undecided"
    return blocking == "missing" ? "missing" : "blocked"
}
function own(state) {
    if (state == "ok" || state == "down") return "not blocked"
    if (state == "blocked" || state == "missing") return state
    return "undecided"
}
# The compatible verdict has one word for failures of TLS and of HTTP.
function same_method(who, said, want) {
    if (index("," want ",", "," said ",")) return 1
    if (who == "x") return 0
    if (said == "tcp_ip") return index(want, "ip") > 0
    if (said == "http-failure") return want ~ /tls|http|throttling/
    if (said == "http-diff") return want ~ /http/
    return 0
}

function tally(t, who, said, method, row, want) {
    cell[t, who, row, said]++
    of[t, who, row]++
    if (said == "blocked" && row == "blocked") {
        hit[t, who]++
        good[t, who] += same_method(who, method, want)
    }
}

# ---- reading -------------------------------------------------------------------
FILENAME ~ /undecided[.]tsv$/ {
    if ($0 !~ /^#/) reason[$1] = $2
    next
}
{
    t = $4
    c = compatible($10)
    x = own($11)
    row = $5 == "blocked" && $8 == "no" ? "unobservable" : $5
    innocent = row == "plain" || row == "hard"
    # In one seed a scene is known by its file and number.
    scene = FILENAME SUBSEP $1
    states[scene] = states[scene] (states[scene] == "" ? "" : ", ") $11
    if (scene in first_state && own($11) != own(first_state[scene])) flips[scene] = 1
    if (innocent && x == "blocked") accused[t]++
    if ($11 == "down" && $7 == "yes" && row != "unobservable") false_down[t]++
    missing[t] += x == "missing"
    if ($9 > repeated) repeated = $9
    note_rule()
    if (scene in first_state) next # matrices count each scene once
    first_state[scene] = $11
    label[scene] = sprintf("| %s | %s | %s | %s", $1, t, $3, substr($2, 1, 1))
    n[t]++
    if (kinds[t, $3]++ == 0) n_kinds[t]++
    note_seconds(t)
    note_seconds(row == "unobservable" ? "blocked" : row)
    if (row == "nobody") {
        if (nobody[$3]++ == 0) nobody_kind[++n_nobody] = $3
        said_of_nobody[$3, x]++
        next
    }
    tally(t, "c", c, $10, row, $6)
    tally(t, "x", x, $12, row, $6)
    note_wrong()
    note_behind()
}
# g: a table, or a truth in both tables.
function note_seconds(g) {
    seconds[g, ++n_seconds[g]] = $15
    if ($15 > worst[g]) {
        worst[g] = $15
        worst_kind[g] = $3
    }
}
# How often what a rule leads to is true, and how sure it says it is.
function note_rule(   right) {
    if (row == "nobody" || row == "unobservable") return
    if (x != "blocked" && x != "not blocked") return
    right = (x == "blocked") == (row == "blocked") && !($11 == "down" && $7 == "yes")
    if (rule_n[$13, x]++ == 0) {
        rules[++n_rules] = $13
        rule_said[n_rules] = x
    }
    rule_right[$13, x] += right
    rule_sure[$13, x] += $14
}
function note_wrong(   why) {
    if (row == "blocked") {
        if (x != "blocked") why = "missed"
        else if (!same_method("x", $12, $6)) why = "method " $12 ", not " $6
    } else if (innocent) {
        if (x == "blocked") why = "ACCUSED"
        else if (x == "missing") why = "not measured"
        else if (row == "plain" && x == "undecided") why = "undecided"
    } else if (row == "unobservable") why = "not observed"
    if ($11 == "down" && $7 == "yes") why = why (why == "" ? "" : ", ") "down, but works elsewhere"
    if (why == "" || (PART == "innocent" && why == "undecided")) return
    wrong[t, ++n_wrong[t]] = sprintf("| %s | %s | %s | %s | %s | %s | `%s` |", \
        $1, $3, substr($2, 1, 1), why, $10, $11, $13)
}
# Where the compatible keys are right and ours is undecided.
function note_behind(   right) {
    if (x != "undecided") return
    right = row == "blocked" ? c == "blocked" && same_method("c", $10, $6) : \
        innocent && c == "not blocked"
    if (!right) return
    if (behind[$3]++ == 0) behind_kind[++n_behind] = $3
    if (!($3 in reason)) unexplained++
}

# ---- printing --------------------------------------------------------------------
function matrix(t, who, title,   i, j, r, s) {
    print "\n" title "\n"
    print "| truth | called blocked | not blocked | undecided | missing | all |"
    print "|---|---|---|---|---|---|"
    split("blocked,unobservable,plain,hard", r, ",")
    split("blocked,not blocked,undecided,missing", s, ",")
    for (i = 1; i <= 4; i++) {
        printf "| %s ", r[i]
        for (j = 1; j <= 4; j++) printf "| %d ", cell[t, who, r[i], s[j]]
        printf "| %d |\n", of[t, who, r[i]]
    }
}
function mark(ok, words) {
    printf "- %s: %s\n", ok ? "held" : "MISSED", words
    if (!ok) missed = 1
}
function both(words, cn, cd, xn, xd) {
    printf "| %s | %s | %s |\n", words, share(cn, cd), share(xn, xd)
}
function print_table(t, title,   bc, fc, fx, uc, ux, rc, rx, innocents, i) {
    if (!n[t]) return
    printf "\n### %s\n\n%d scenes of %d kinds.\n", title, n[t], n_kinds[t]
    matrix(t, "c", "OONI-compatible verdict (`blocking`):")
    matrix(t, "x", "Our own (`x_verdict`):")
    print "\n| | compatible | `x_verdict` |\n|---|---|---|"
    innocents = of[t, "x", "plain"] + of[t, "x", "hard"]
    bc = of[t, "c", "blocked"]
    fc = cell[t, "c", "plain", "blocked"] + cell[t, "c", "hard", "blocked"]
    fx = cell[t, "x", "plain", "blocked"] + cell[t, "x", "hard", "blocked"]
    uc = cell[t, "c", "plain", "undecided"]
    ux = cell[t, "x", "plain", "undecided"]
    rc = cell[t, "c", "plain", "not blocked"]
    rx = cell[t, "x", "plain", "not blocked"]
    both("precision", hit[t, "c"], hit[t, "c"] + fc, hit[t, "x"], hit[t, "x"] + fx)
    both("recall, undecided is a miss", hit[t, "c"], bc, hit[t, "x"], bc)
    both("method right when blocked", good[t, "c"], hit[t, "c"], good[t, "x"], hit[t, "x"])
    both("innocent called blocked", fc, innocents, fx, innocents)
    both("plainly innocent left undecided", uc, of[t, "c", "plain"], ux, of[t, "x", "plain"])
    both("plainly innocent told so", rc, of[t, "c", "plain"], rx, of[t, "x", "plain"])
    print "\nMarks of `x_verdict`:\n"
    mark(!accused[t], "no innocent called blocked, in any measurement")
    if (bc) {
        mark(hit[t, "x"] >= 0.95 * bc, "recall 0.95")
        mark(good[t, "x"] >= 0.95 * hit[t, "x"], "method right in 95 %")
        mark(hit[t, "x"] >= hit[t, "c"] && rx >= rc && good[t, "x"] * hit[t, "c"] >= \
            good[t, "c"] * hit[t, "x"] && fx <= fc, "nowhere behind the compatible verdict")
    }
    mark(ux <= 0.1 * of[t, "x", "plain"], "at most 10 % of plainly innocent undecided")
    mark(!false_down[t], "`down` never of a site that works elsewhere")
    mark(!missing[t], "every scene measured")
    if (n_wrong[t] && PART != "pooled") {
        print "\nScenes that went wrong:\n"
        print "| scene | kind | line | what | `blocking` | `x_verdict` | its rule |"
        print "|---|---|---|---|---|---|---|"
        for (i = 1; i <= n_wrong[t]; i++) print wrong[t, i]
    }
}
function print_nobody(   i, k) {
    if (!n_nobody) return
    print "\n### What nobody can tell apart\n\nNo mark stands on these.\n"
    print "| kind | called blocked | not blocked | undecided | all |\n|---|---|---|---|---|"
    for (i = 1; i <= n_nobody; i++) {
        k = nobody_kind[i]
        printf "| %s | %d | %d | %d | %d |\n", k, said_of_nobody[k, "blocked"], \
            said_of_nobody[k, "not blocked"], said_of_nobody[k, "undecided"], nobody[k]
    }
}
function print_behind(   i, k) {
    print "\n### Where the compatible keys are right and ours is undecided\n"
    for (i = 1; i <= n_behind; i++) {
        if (i == 1) print "| kind | scenes | why that may be |\n|---|---|---|"
        k = behind_kind[i]
        printf "| %s | %d | %s |\n", k, behind[k], k in reason ? reason[k] : "NO REASON GIVEN"
    }
    if (n_behind) print ""
    mark(!unexplained, "nowhere, but for reasons given")
}
function print_flips(   s, any) {
    if (repeated < 2) return
    printf "\n### Scenes that flip, of all measured %d times\n\n", repeated
    for (s in flips) {
        if (!any++) print "| scene | table | kind | line | said |\n|---|---|---|---|---|"
        print label[s] " | " states[s] " |"
    }
    if (any) print ""
    mark(!any, "no scene flips")
}
function print_rules(   i, r, s, sure, outside, verdict) {
    if (DEFERRED) return # of the collector's verdicts neither is told
    print "\n### How sure rules say they are, and how often they are right\n"
    print "| rule | says | stated (mean) | measured | stated lies within |\n|---|---|---|---|---|"
    for (i = 1; i <= n_rules; i++) {
        r = rules[i]
        s = rule_said[i]
        sure = rule_sure[r, s] / rule_n[r, s]
        wilson(rule_right[r, s], rule_n[r, s])
        verdict = sure < lo ? "no: too modest" : sure > hi ? "NO: too sure" : "yes"
        outside += verdict != "yes"
        printf "| `%s` | %s | %.2f | %s | %s |\n", r, s, sure, \
            share(rule_right[r, s], rule_n[r, s]), verdict
    }
    print ""
    mark(!outside, "each rule's stated confidence lies in the interval of its measured rate")
}
function median(g,   i, j, v, a) {
    for (i = 1; i <= n_seconds[g]; i++) {
        v = seconds[g, i]
        for (j = i - 1; j > 0 && a[j] > v; j--) a[j + 1] = a[j]
        a[j + 1] = v
    }
    return a[int((n_seconds[g] + 1) / 2)]
}
function print_seconds(   i, g, m) {
    print "\n### Seconds to a verdict\n"
    print "| table or truth | scenes | median | worst | its kind |\n|---|---|---|---|---|"
    m = split("one,two,blocked,plain,hard,nobody", g, ",")
    for (i = 1; i <= m; i++)
        if (n_seconds[g[i]]) printf "| %s | %d | %.1f | %.1f | %s |\n", g[i], n_seconds[g[i]], \
            median(g[i]), worst[g[i]], worst_kind[g[i]]
}
END {
    if (ALL) {
        for (k in kinds) {
            if (kinds[k] < 2) too_few = 1
        }
        print "\nMarks of the scenes:\n"
        mark(n_kinds["one"] + n_kinds["two"] >= 180, "180 kinds (" n_kinds["one"] + n_kinds["two"] ")")
        mark(n_kinds["two"] >= 60, "60 of them drawn blind (" n_kinds["two"] + 0 ")")
        mark(!too_few, "at least two scenes of each")
    }
    if (PART != "flips") {
        print_table("one", "Table one: kinds that rules were tuned on")
        print_table("two", "Table two: kinds drawn blind")
    }
    if (PART == "flips" || PART == "") print_flips()
    if (PART == "pooled" || PART == "") {
        print_nobody()
        print_behind()
        print_rules()
    }
    if (PART != "seed" && PART != "flips") print_seconds()
    exit missed
}
