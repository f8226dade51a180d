# SPDX-License-Identifier: Apache-2.0
# Draws the scenes of a seed:
#   awk -v SEED=N -v DIR=out [-v ...] -f draw.awk lines.tsv one/*.kinds two/*.kinds
# writes for each lab DIR/LAB.scn (what the lab does) and DIR/LAB.urls, and for
# all DIR/scenes.tsv (columns: print_scene). README.md says how kinds are written.
#   KINDS=ERE, TABLE=one|two   only these
#   INNOCENT=N                 about N innocent scenes, over worse lines
#   SERVERS=DIR, BIN=DIR       where the programs of `exec` lines are
#   PAGES=DIR                  where the pages of table two are

BEGIN {
    FS = "\t"
    MOST = 45 # scenes in one lab
    for (i = 1; i < 256; i++) ord[sprintf("%c", i)] = i
    n_words = split("amber birch cedar delta ember fjord grove haven iris " \
        "jetty knoll larch meadow north olive prairie quarry river sierra " \
        "timber upland valley willow yarrow zephyr harbour lantern compass " \
        "orchard beacon acorn basalt canyon drift estuary falcon glacier " \
        "heron island juniper kestrel lagoon marble nectar otter pebble " \
        "quartz raven saffron thistle umber violet walnut zenith", word, " ")
    split("org net com info", tld, " ")
    n_forged = split("8.7.198.45 37.61.54.158 46.82.174.68 59.24.3.173 " \
        "78.16.49.15 93.46.8.89 159.106.121.75 203.98.7.65", forged, " ")
    n_text = split("press council library market weather school museum " \
        "election railway hospital garden archive theatre union journal " \
        "minutes budget protest harvest football language history poetry " \
        "court island village letters science kitchen radio", text, " ")
}

# ---- chance ------------------------------------------------------------------
# Each scene and each lab draws from a seed of its own name, so that one more
# kind changes no other scene.
function seed_from(s,   i) {
    state = 17
    for (i = 1; i <= length(s); i++)
        state = (state * 31 + ord[substr(s, i, 1)]) % 2147483647
    if (state == 0) state = 1
    for (i = 0; i < 20; i++) rnd(2)
}
function rnd(n) { # 0 .. n-1
    state = (state * 16807) % 2147483647
    return int(state / 2147483647 * n)
}
function between(a, b) { return a + rnd(b - a + 1) }

function new_name(  s) {
    do {
        s = word[1 + rnd(n_words)] "-" word[1 + rnd(n_words)] "." tld[1 + rnd(4)]
    } while (s in taken)
    taken[s] = 1
    return s
}
# A /24 of its own for each network.
function new_net(  s) {
    do {
        s = (45 + rnd(30)) "." between(70, 250) "." between(1, 250)
    } while (s in taken)
    taken[s] = 1
    return s
}
function new_org() {
    return "asn " between(20000, 60000) " \"" word[1 + rnd(n_words)] " hosting\" cc US"
}
function new_title(  s) {
    s = text[1 + rnd(n_text)]
    return toupper(substr(s, 1, 1)) substr(s, 2) " of " word[1 + rnd(n_words)] \
        " " text[1 + rnd(n_text)]
}

# ---- pages ---------------------------------------------------------------------
# A file of drawn text; returns its name, and leaves its length in page_length.
function page_file(title, size,   f, s) {
    f = "page-" (++files) ".html"
    s = "<!doctype html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n<title>" title \
        "</title>\n</head>\n<body>\n<h1>" title "</h1>\n<p>"
    while (length(s) < size) {
        s = s text[1 + rnd(n_text)] (rnd(12) ? " " : ".</p>\n<p>")
    }
    printf "%s</p>\n</body>\n</html>\n", s >(DIR "/" f)
    close(DIR "/" f)
    page_length = length(s)
    return f
}
# A page with `text` as it stands in its body.
function html_file(text,   f) {
    f = "page-" (++files) ".html"
    print "<!doctype html>\n<html>\n<head>\n<title>Notice</title>\n</head>\n<body>\n" text \
        "\n</body>\n</html>" >(DIR "/" f)
    close(DIR "/" f)
    return f
}
# The same page with a known block page's own words in it.
function quoting(f,   s, g) {
    g = "page-" (++files) ".html"
    while ((getline s <(DIR "/" f)) > 0) print s >(DIR "/" g)
    print "<iframe src=\"http://10.10.34.34:80\"></iframe>" >(DIR "/" g)
    close(DIR "/" f)
    close(DIR "/" g)
    return g
}
function zipped(f) {
    system("gzip -n -c " DIR "/" f " >" DIR "/" f ".z")
    return f ".z"
}

# The same page as somebody on the way leaves it, or an hour later: {cut N a} has N
# percent of the text, {scripted a} one script more, {dated a} an hour in the title.
function altered(s,   f, g, line, kept, most) {
    f = of_site(substr(s, length(s)), "page")
    most = s ~ /^cut/ ? of_site(substr(s, length(s)), "size") * substr(s, 5) / 100 : 1e9
    g = "page-" (++files) ".html"
    while ((getline line <(DIR "/" f)) > 0) {
        if (s ~ /^dated/) sub(/<\/title>/, " - 14:05 (3)</title>", line)
        if (s ~ /^scripted/) sub(/<\/body>/, "<script src=\"http://ads.provider-portal.net/i.js\"></script>\n&", line)
        kept += length(line) + 1
        if (kept <= most || line ~ /^<\//) print line >(DIR "/" g)
    }
    close(DIR "/" f)
    close(DIR "/" g)
    return g
}

# ---- placeholders ----------------------------------------------------------------
function wrong(words) {
    print "scoreboard: " at_kind ": " words >"/dev/stderr"
    failed = 1
    exit 2
}

# What a site's letter and the word behind the dot stand for; drawn once a scene.
function of_site(letter, what,   k) {
    k = letter "." what
    if (k in drawn) return drawn[k]
    if (what == "name") drawn[k] = new_name()
    else if (what == "net") drawn[k] = new_net()
    else if (what == "ip") drawn[k] = of_site(letter, "net") "." between(11, 250)
    else if (what ~ /^ip[2-9]$/) drawn[k] = of_site(letter, "net") "." substr(what, 3)
    else if (what ~ /^six[2-9]?$/) drawn[k] = six(of_site(letter, "ip" substr(what, 4)))
    else if (what == "org") drawn[k] = new_org()
    else if (what == "title") drawn[k] = new_title()
    else if (what == "page" || what == "size") {
        drawn[letter ".page"] = page_file(of_site(letter, "title"), between(1500, 30000))
        drawn[letter ".size"] = page_length
    } else wrong("no such thing of a site: {" k "}")
    return drawn[k]
}
# The IPv6 address that the lab gives an IPv4 one.
function six(addr,   n) {
    split(addr, n, "[.]")
    return sprintf("2e64:64::%x:%x", n[1] * 256 + n[2], n[3] * 256 + n[4])
}
# SIZE of {page TITLE;SIZE}: N, or a site's letter and +N or -N.
function size_of(s) {
    if (s ~ /^[0-9]+$/) return s
    if (s ~ /^[a-z][+-][0-9]+$/)
        return of_site(substr(s, 1, 1), "size") + substr(s, 2)
    wrong("no size: " s)
}
function value(s,   p, n, list) {
    if (s ~ /^page /) {
        p = index(s, ";")
        if (!p) wrong("a page without a size: " s)
        n = substr(s, 6, p - 6)
        return page_file(n == "" ? new_title() : n, size_of(substr(s, p + 1)))
    }
    if (s ~ /^html /) return html_file(substr(s, 6))
    if (s ~ /^[a-z][a-z]+=/) {
        p = index(s, "=")
        return drawn[substr(s, 1, p - 1)] = value_or_text(substr(s, p + 1))
    }
    if (index(s, "|")) {
        n = split(s, list, "|")
        return value_or_text(list[1 + rnd(n)])
    }
    if (s ~ /^[0-9]+-[0-9]+$/) {
        split(s, list, "-")
        return between(list[1] + 0, list[2] + 0)
    }
    if (s ~ /^[a-z]$/) return of_site(s, "name")
    if (s ~ /^[a-z][.][a-z]+[2-9]?$/) return of_site(substr(s, 1, 1), substr(s, 3))
    if (s ~ /^quoting [a-z]$/) return quoting(of_site(substr(s, 9), "page"))
    if (s ~ /^zip [a-z]$/) return zipped(of_site(substr(s, 5), "page"))
    if (s ~ /^(cut [0-9]+|scripted|dated) [a-z]$/) return altered(s)
    if (s == "blocker") return blocker
    if (s == "forged") return forged[1 + rnd(n_forged)]
    if (s == "net") return new_net()
    if (s == "org") return new_org()
    if (s == "name") return new_name()
    if (s == "word") return word[1 + rnd(n_words)]
    if (s == "title") return new_title()
    if (s == "ttl") return rnd(3) ? "" : " ttl " between(40, 200)
    if (s == "badcert") return rnd(2) ? "expired" : rnd(2) ? "self-signed" : "wrong-name"
    if (s == "servers") return SERVERS
    if (s == "bin") return BIN
    if (s == "dir") return DIR
    if (s == "pages") return PAGES
    if (s in drawn) return drawn[s]
    wrong("nothing is called {" s "}")
}
function value_or_text(s) {
    return s ~ /^[0-9]+-[0-9]+$/ ? value(s) : s
}
# From the inside out, so that {page {Denied|Forbidden};900} works.
function expand(s,   p, q, i, n) {
    for (n = 0; (q = index(s, "}")) && n < 100; n++) {
        for (p = q; p > 0 && substr(s, p, 1) != "{"; p--) { }
        if (!p) wrong("} without {: " s)
        s = substr(s, 1, p - 1) value(substr(s, p + 1, q - p - 1)) substr(s, q + 1)
    }
    if (index(s, "{")) wrong("{ without }: " s)
    sub(/^ +/, "", s)
    return s
}

# ---- scenes ----------------------------------------------------------------------
function put(s) {
    if (s == "") return
    print s >out
    at++
}
# What packets do is seen by the middlebox; what servers say is said by the scenario.
function told_by_scenario(s) { return s ~ /^(dns|zone|exec|limit|resolver|serve|page [^h]|host|cert)/ }

function put_site(s,   letter, rest) {
    letter = substr(s, 1, 1)
    rest = substr(s, 2)
    put("host " of_site(letter, "name") " " of_site(letter, "ip") rest " " of_site(letter, "org"))
    put("page " of_site(letter, "name") " * 200 " of_site(letter, "page") \
        (rnd(2) ? "" : " header \"X-" word[1 + rnd(n_words)] ": " rnd(9999) "\""))
}

# Scene number i of kind k, into the lab that is being written.
function scene(k, i, lab,   j, s, url, acts, said, rest) {
    at_kind = name[k]
    split("", drawn)
    seed_from(SEED " " name[k] " " i)
    rest = ""
    for (j = 1; j <= n_body[k]; j++) {
        s = body[k, j]
        if (s ~ /^site /) put_site(expand(substr(s, 6)))
        else if (s ~ /^url /) {
            if (url == "") url = expand(substr(s, 5))
            else wrong("two url lines")
        } else if (s ~ /^also /) rest = rest expand(substr(s, 6)) "\n"
        else if (s ~ /^! /) {
            s = expand(substr(s, 3))
            if (s == "") continue
            put(s)
            acts = acts (acts == "" ? "" : ",") at
            if (told_by_scenario(s)) said = "yes"
        } else put(expand(s))
    }
    if (url == "") wrong("no url line")
    printf "%s%s\n", rest, url >(DIR "/" lab ".urls")
    print_scene(sprintf("s%03d", ++n_scenes), lab, k, url, acts == "" ? "-" : acts, \
        said == "" ? "no" : said)
}
function print_scene(id, lab, k, url, acts, said) {
    print id, lab, name[k], table[k], truth[k], method[k], dead[k] ? "no" : "yes", \
        url, acts, said >(DIR "/scenes.tsv")
}

# ---- reading -----------------------------------------------------------------------
/^#/ || NF == 0 { next }
FILENAME ~ /lines[.]tsv$/ {
    known_line[$1] = 1
    rtt_from[$1] = $2
    rtt_to[$1] = $3
    loss_from[$1] = $4
    loss_to[$1] = $5
    extra[$1] = $6 == "-" ? "" : $6
    next
}
{
    at_kind = FILENAME ":" FNR
    p = index($0, " ")
    first = p ? substr($0, 1, p - 1) : $0
    rest = p ? substr($0, p + 1) : ""
    if (first == "kind") {
        if (rest in kind_of) wrong("two kinds are called " rest)
        if (rest !~ /^[a-z0-9][a-z0-9-]*$/) wrong("no name of a kind: " rest)
        kind_of[rest] = ++n_kinds
        k = n_kinds
        name[k] = rest
        table[k] = FILENAME ~ /(^|\/)two\// ? "two" : "one"
        lines[k] = "gml"
        next
    }
    if (!k) wrong("a line before the first kind")
    if (first == "truth") {
        split(rest, part, " ")
        if (part[1] !~ /^(blocked|plain|hard|nobody)$/) wrong("no truth: " rest)
        if (part[1] == "blocked" && part[2] !~ /^(dns|ip|tls|http|throttling)(,[a-z]+)*$/)
            wrong("blocked by what? " rest)
        truth[k] = part[1]
        method[k] = part[2] == "" ? "-" : part[2]
    } else if (first == "what") what[k] = rest
    else if (first == "lines") lines[k] = rest
    else if (first == "count") count[k] = rest
    else if (first == "dead") dead[k] = 1
    else if (first == "alone") alone[k] = 1
    else if (first == "near") near[k] = 1
    else if (first == "own") own[k] = own[k] rest "\n"
    else body[k, ++n_body[k]] = $0
}

# ---- putting them into labs ------------------------------------------------------
function how_many(k,   list, m) {
    if (INNOCENT) {
        return int(INNOCENT / n_chosen) + (rnd(n_chosen) < INNOCENT % n_chosen)
    }
    if (count[k] == "") return 2 + (truth[k] != "hard" && !alone[k] && rnd(2))
    m = split(count[k], list, "-")
    if (list[1] < 2) wrong("count: at least two")
    return m == 2 ? between(list[1] + 0, list[2] + 0) : list[1] + 0
}
function chosen(k) {
    if (INNOCENT && (near[k] || (truth[k] != "plain" && truth[k] != "hard"))) return 0
    return (KINDS == "" || name[k] ~ ("^(" KINDS ")$")) && (TABLE == "" || table[k] == TABLE)
}
# The lab that takes one more scene of kind k over this line.
function lab_for(k, line,   key) {
    key = line SUBSEP own[k] SUBSEP (alone[k] ? name[k] : "")
    if (!(key in lab_of) || alone[k] || n_in[lab_of[key]] >= MOST) {
        lab_of[key] = line (++n_labs)
        lab_name[n_labs] = lab_of[key]
        lab_line[n_labs] = line
        lab_own[n_labs] = own[k]
    }
    return lab_of[key]
}
function open_lab(i,   line, loss, rtt, list, m, j, s) {
    line = lab_line[i]
    at_kind = "lab " lab_name[i]
    seed_from(SEED " lab " i)
    split("", drawn)
    out = DIR "/" lab_name[i] ".scn"
    at = 0
    rtt = between(rtt_from[line], rtt_to[line])
    loss = loss_from[line] + (loss_to[line] - loss_from[line]) * rnd(101) / 100
    if (INNOCENT) {
        rtt = rnd(2) ? between(4, 200) : between(200, 800)
        loss = rnd(2) ? 0 : rnd(101) / 10
    }
    put("# seed " SEED)
    put("link rtt " rtt "ms" (loss > 0 ? sprintf(" loss %.1f%%", loss) : ""))
    s = extra[line]
    sub(/SLOW/, sprintf("%.1fs", 0.5 + rnd(20) / 10), s)
    sub(/YEAR/, rnd(2) ? "1970" : "2038", s)
    blocker = new_net() ".4"
    sub(/PORTAL/, blocker, s)
    sub(/GARDEN/, rnd(2) ? "192.168.1.1" : blocker, s)
    m = split(s, list, ";")
    for (j = 1; j <= m; j++) put(list[j])
    m = split(lab_own[i], list, "\n")
    for (j = 1; j <= m; j++) put(expand(list[j]))
    put("host " blocker " " blocker " asn " between(20000, 60000) " \"Block\" cc US")
    put("page " blocker " * 200 " page_file("Notice", 400))
}
END {
    if (failed) exit 2
    OFS = "\t"
    if (!n_kinds) wrong("no kinds")
    for (k = 1; k <= n_kinds; k++) {
        at_kind = name[k]
        if (truth[k] == "") wrong("no truth line")
        if (what[k] == "") wrong("no what line")
        for (i = 1; i <= length(lines[k]); i++)
            if (!(substr(lines[k], i, 1) in known_line)) wrong("no such line: " lines[k])
        n_chosen += chosen(k)
    }
    if (!n_chosen) wrong("no kind was chosen")
    for (k = 1; k <= n_kinds; k++) {
        if (!chosen(k)) continue
        seed_from(SEED " " name[k])
        m = how_many(k)
        for (i = 1; i <= m; i++) {
            lab = lab_for(k, substr(lines[k], 1 + rnd(length(lines[k])), 1))
            in_lab[lab, ++n_in[lab]] = k SUBSEP i
        }
    }
    for (i = 1; i <= n_labs; i++) {
        lab = lab_name[i]
        open_lab(i)
        for (j = 1; j <= n_in[lab]; j++) {
            split(in_lab[lab, j], part, SUBSEP)
            scene(part[1], part[2], lab)
        }
        close(out)
        close(DIR "/" lab ".urls")
    }
}
