# SPDX-License-Identifier: Apache-2.0
# The rows of table.jq become two confusion matrices and the marks. Knows
# nothing of how verdicts are made. Ends with 1 if a mark is missed.

BEGIN { FS = "\t" }

# Wilson's 95 % interval of k of n.
function share(k, n,   z, p, mid, half, d) {
    if (n == 0) return "-"
    z = 1.96
    p = k / n
    d = 1 + z * z / n
    mid = (p + z * z / (2 * n)) / d
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d
    return sprintf("%.3f (%d of %d; %.3f to %.3f)", p, k, n, \
        mid - half < 0 ? 0 : mid - half, mid + half > 1 ? 1 : mid + half)
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
    if (who == "x") return said == want
    if (said == "tcp_ip") return want == "ip"
    if (said == "http-failure") return want == "tls" || want == "http" || want == "throttling"
    if (said == "http-diff") return want == "http"
    return said == want
}

function tally(who, said, method, truth, want, observable) {
    row = truth == "blocked" ? (observable == "yes" ? "blocked" : "unobservable") : truth
    cell[who, row, said]++
    of[who, row]++
    if (said == "blocked" && row == "blocked") {
        hit[who]++
        good[who] += same_method(who, method, want)
    }
    calls[who] += said == "blocked"
}

{
    n++
    c = compatible($8)
    x = own($9)
    tally("c", c, $8, $4, $5, $6)
    tally("x", x, $10, $4, $5, $6)
    kinds[$3]++
    why = ""
    if ($4 == "blocked" && $6 == "yes") {
        if (x != "blocked") why = "missed"
        else if (!same_method("x", $10, $5)) why = "method " $10 ", not " $5
    } else if ($4 != "blocked") {
        if (x == "blocked") why = "ACCUSED"
        else if (x == "missing") why = "not measured"
        else if ($4 == "plain" && x == "undecided") why = "undecided"
    }
    if (why != "") {
        wrong[++n_wrong] = sprintf("| %s | %s | %s | %s | %s | %s | `%s` |", \
            $1, $3, $2, why, $8, $9, $11)
    }
}

function matrix(who, title,   i, r, s) {
    print "\n" title "\n"
    print "| truth | called blocked | not blocked | undecided | missing | all |"
    print "|---|---|---|---|---|---|"
    split("blocked,unobservable,plain,hard", r, ",")
    split("blocked,not blocked,undecided,missing", s, ",")
    for (i = 1; i <= 4; i++) {
        printf "| %s ", r[i]
        for (j = 1; j <= 4; j++) printf "| %d ", cell[who, r[i], s[j]]
        printf "| %d |\n", of[who, r[i]]
    }
}

function mark(ok, words) {
    printf "- %s: %s\n", ok ? "held" : "MISSED", words
    if (!ok) failed = 1
}

END {
    for (k in kinds) {
        n_kinds++
        if (kinds[k] > most) most = kinds[k]
    }
    innocent = of["x", "plain"] + of["x", "hard"]
    printf "%d scenes of %d kinds (at most %d of one), %d of them innocent.\n", \
        n, n_kinds, most, innocent
    matrix("c", "OONI-compatible verdict (`blocking`):")
    matrix("x", "Our own (`x_verdict`):")
    print "\n| | compatible | `x_verdict` |\n|---|---|---|"
    bc = of["c", "blocked"]
    fc = cell["c", "plain", "blocked"] + cell["c", "hard", "blocked"]
    fx = cell["x", "plain", "blocked"] + cell["x", "hard", "blocked"]
    printf "| precision | %s | %s |\n", share(hit["c"], hit["c"] + fc), share(hit["x"], hit["x"] + fx)
    printf "| recall, undecided is a miss | %s | %s |\n", share(hit["c"], bc), share(hit["x"], bc)
    printf "| method right when blocked | %s | %s |\n", share(good["c"], hit["c"]), share(good["x"], hit["x"])
    printf "| innocent called blocked | %s | %s |\n", share(fc, innocent), share(fx, innocent)
    uc = cell["c", "plain", "undecided"]
    ux = cell["x", "plain", "undecided"]
    printf "| plainly innocent left undecided | %s | %s |\n", share(uc, of["c", "plain"]), share(ux, of["x", "plain"])
    rc = cell["c", "plain", "not blocked"]
    rx = cell["x", "plain", "not blocked"]
    printf "| plainly innocent told so | %s | %s |\n", share(rc, of["c", "plain"]), share(rx, of["x", "plain"])
    print "\nMarks of `x_verdict`:\n"
    mark(n >= 120 && innocent >= 60 && n_kinds >= 20 && most <= 8, "120 scenes, 60 innocent, 20 kinds, 8 of one")
    mark(fx == 0, "no innocent called blocked")
    mark(hit["x"] >= 0.95 * bc, "recall 0.95")
    mark(ux <= 0.1 * of["x", "plain"], "at most 10 % of plainly innocent undecided")
    mark(good["x"] >= 0.95 * hit["x"], "method right in 95 %")
    mark(fx <= fc && hit["x"] >= hit["c"] && rx >= rc && \
        good["x"] * hit["c"] >= good["c"] * hit["x"], "nowhere behind the compatible verdict")
    missing = 0
    for (i in of) if (i ~ /^x/) { split(i, p, SUBSEP); missing += cell["x", p[2], "missing"] }
    mark(missing == 0, "every scene measured")
    if (n_wrong) {
        print "\nScenes that went wrong:\n"
        print "| scene | kind | line | what | `blocking` | `x_verdict` | its rule |"
        print "|---|---|---|---|---|---|---|"
        for (i = 1; i <= n_wrong; i++) print wrong[i]
    }
    exit failed
}
