# SPDX-License-Identifier: Apache-2.0
# Draws the scenes of a seed:
#   awk -v SEED=N -v DIR=out -f draw.awk lines.tsv kinds.tsv
# writes for each line of lines.tsv DIR/LETTER.scn (what the lab does),
# DIR/LETTER.urls, and for all DIR/scenes.tsv: id, line, kind, truth, method,
# URL, host, numbers of the .scn lines that interfere.

BEGIN {
    FS = "\t"
    state = (SEED * 7919 + 12345) % 2147483647
    if (state <= 0) state += 2147483646
    for (i = 0; i < 20; i++) rnd(2)
    n_words = split("amber birch cedar delta ember fjord grove haven iris " \
        "jetty knoll larch meadow north olive prairie quarry river sierra " \
        "timber upland valley willow yarrow zephyr harbour lantern compass " \
        "orchard beacon", word, " ")
    split("org net com info", tld, " ")
    n_forged = split("8.7.198.45 37.61.54.158 46.82.174.68 59.24.3.173 " \
        "78.16.49.15 93.46.8.89 159.106.121.75 203.98.7.65", forged, " ")
    n_text = split("press council library market weather school museum " \
        "election railway hospital garden archive theatre union journal " \
        "minutes budget protest harvest football language history poetry " \
        "court island village letters science kitchen radio", text, " ")
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
function org() { return "asn " between(20000, 60000) " \"" word[1 + rnd(n_words)] " hosting\" cc US" }

function put(s) { print s >out; at++ }
function act(s) { put(s); acts = acts (acts == "" ? "" : ",") at }

# A file of drawn text in `lang`; returns its name.
function page_file(title, size,   f, s, i) {
    f = "page-" (++files) ".html"
    s = "<!doctype html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n<title>" title \
        "</title>\n</head>\n<body>\n<h1>" title "</h1>\n<p>"
    while (length(s) < size) {
        s = s text[1 + rnd(n_text)] (rnd(12) ? " " : ".</p>\n<p>")
    }
    printf "%s</p>\n</body>\n</html>\n", s >(DIR "/" f)
    close(DIR "/" f)
    return f
}
function title_of(  s) {
    s = text[1 + rnd(n_text)]
    return toupper(substr(s, 1, 1)) substr(s, 2) " of " word[1 + rnd(n_words)] \
        " " text[1 + rnd(n_text)]
}
# host and its page; sets host, net, addr.
function site(  headers) {
    host = new_name()
    net = new_net()
    addr = net "." between(2, 250)
    network = org()
    put("host " host " " addr " " network)
    page = page_file(title_of(), between(1500, 30000))
    headers = rnd(2) ? "" : " header \"X-" word[1 + rnd(n_words)] ": " rnd(9999) "\""
    put("page " host " * 200 " page headers)
}
function here(status, title, size, extra) {
    put("serve " host " to client status " status " file " \
        page_file(title, size) extra)
}
function ttl() { return rnd(3) ? "" : " ttl " between(40, 200) }

# One scene of kind k on line l.
function scene(k, l,   url, to, a2, n2) {
    acts = ""
    site()
    url = "https://" host "/"
    if (k ~ /http|compressed|parked|dynamic/ && k !~ /https/)
        url = "http://" host "/"

    if (k == "dns-private-address")
        act("dns isp answer " host " A 10." rnd(250) "." rnd(250) "." between(1, 250))
    else if (k == "dns-other-server" || k == "dns-other-page-http")
        act("dns isp answer " host " A " blocker)
    else if (k == "dns-known-forged")
        act("dns isp answer " host " A " forged[1 + rnd(n_forged)])
    else if (k == "dns-alias")
        act("dns isp cname " host " " blocker)
    else if (k == "dns-forged-dead")
        act("inject dns " host " A " new_net() "." between(2, 250))
    else if (k == "dns-forged-empty")
        act("inject dns " host " empty")
    else if (k == "dns-denied")
        act("dns isp remove " host)
    else if (k == "dns-emptied")
        act("dns isp empty " host)
    else if (k == "dns-forged-address")
        act("inject dns " host " A " (rnd(2) ? "10." rnd(250) "." rnd(250) ".34" : blocker) \
            (rnd(2) ? " twice" : ""))
    else if (k == "dns-forged-denial")
        act("inject dns " host " nxdomain")
    else if (k == "dns-dropped")
        act("drop dns " host)
    else if (k == "ip-dropped")
        act("drop ip " addr)
    else if (k == "ip-refused")
        act("reject ip " addr ttl())
    else if (k == "ip-https-port") {
        act("reject ip " addr ":443" ttl())
        url = "http://" host "/"
    } else if (k == "ip-unreachable")
        act("unreachable " addr)
    else if (k == "ip-two-addresses" || k == "two-addresses") {
        host = new_name()
        a2 = net "." between(251, 254)
        put("host " host " " addr "," a2 " " network)
        put("page " host " * 200 " page)
        url = "https://" host "/"
        if (k == "ip-two-addresses") {
            act("drop ip " addr)
            act("drop ip " a2)
        }
    } else if (k == "tls-reset")
        act("rst sni " host ttl())
    else if (k == "tls-reset-copied-ttl")
        act("rst sni " host " ttl copy" (rnd(2) ? " to both" : ""))
    else if (k == "tls-reset-both")
        act("rst sni " host ttl() " to " (rnd(2) ? "server" : "both"))
    else if (k == "tls-closed")
        act("fin sni " host ttl())
    else if (k == "tls-dropped")
        act("drop sni " host)
    else if (k == "tls-intercepted")
        act("mitm sni " host " ca untrusted")
    else if (k == "tls-at-redirect" || k == "dns-at-redirect" || k == "redirect-303" || k == "dead-redirect") {
        to = host
        n2 = new_name()
        put("host " n2 " " new_net() ".9 " org())
        if (k == "dead-redirect") to = new_name()
        put("page " n2 " * " (k == "redirect-303" ? 303 : 302) " redirect https://" to "/")
        if (k == "tls-at-redirect") act("rst sni " to ttl())
        if (k == "dns-at-redirect") act("dns isp remove " to)
        url = (rnd(2) ? "https://" : "http://") n2 "/"
    } else if (k == "http-reset")
        act("rst http " host " " addr ":80" ttl())
    else if (k == "http-closed")
        act("fin http " host " " addr ":80" ttl())
    else if (k == "http-dropped")
        act("drop http " host " " addr ":80")
    else if (k == "http-page")
        act("page http " host " " addr ":80 " \
            page_file("Notice", between(200, 900)))
    else if (k == "http-known-page")
        act("page http " host " " addr ":80 " quoting(page_file("Notice", 300)))
    else if (k == "http-page-alike")
        act("page http " host " " addr ":80 " \
            page_file("Notice", length_kept(page) - between(0, 200)))
    else if (k ~ /^tls-reset-beside/)
        act("rst sni " host ttl())
    else if (k ~ /^tls-dropped-beside/)
        act("drop sni " host)
    else if (k ~ /^tls-(frozen|slowed)/) {
        host = new_name()
        put("host " host " " net ".254 " network)
        put("page " host " * 200 size " (k == "tls-slowed-page" ? \
            between(30000, 60000) : between(150000, 300000)))
        if (k == "tls-slowed-page")
            act("throttle sni " host " rate " between(64, 128) "kbit")
        else if (k == "tls-frozen") act("freeze sni " host " after " between(8, 24) "kb")
        else act("throttle sni " host " rate " between(10, 100) "kbit")
        url = "https://" host "/"
    }
    else if (k == "region-other-network" || k == "region-same-network") {
        n2 = new_name()
        a2 = k == "region-same-network" ? net "." between(251, 254) : new_net() ".7"
        host = n2
        put("host " host " " addr "," a2 (k == "region-same-network" ? " " network : ""))
        put("page " host " * 200 " page)
        put("dns control answer " host " A " addr)
        put("dns isp answer " host " A " a2)
        url = (k == "region-same-network" && rnd(2) ? "http://" : "https://") host "/"
    } else if (k == "redirect-https") {
        n2 = new_name()
        put("host " n2 " " new_net() ".9 " org())
        put("page " n2 " * 301 redirect https://" host "/")
        url = "http://" n2 "/"
    } else if (k == "language" || k == "language-http")
        here(200, title_of(), between(1500, 30000), " header \"Content-Language: xx\"")
    else if (k == "compressed") {
        system("gzip -n -c " DIR "/" page " >" DIR "/" page ".z")
        put("page " host " * 200 " page ".z header \"Content-Encoding: gzip\"")
    } else if (k == "parked")
        put("page " host " * 200 " page_file("This domain may be for sale", 900))
    else if (k == "dynamic")
        here(200, title_kept(page), length_kept(page) + between(0, 200), "")
    else if (k == "dead-refuses" || k == "typo") {
        host = new_name()
        if (k == "dead-refuses") put("host " host " " net ".251 port 8080")
        url = (rnd(2) ? "https://" : "http://") host "/"
    } else if (k == "cert-expired")
        put("cert " host " expired")
    else if (k == "cert-wrong-name")
        put("cert " host " wrong-name")
    else if (k == "cert-self-signed")
        put("cert " host " self-signed")
    else if (k == "closes-early")
        put("serve " host " close-early")
    else if (k == "too-slow")
        put("serve " host " slow " between(20, 90) "B/s")
    else if (k == "error-500")
        put("serve " host " status " (rnd(2) ? 500 : 502))
    else if (k == "captcha")
        put("serve " host " to client status 503 file " \
            page_file(rnd(2) ? "Just a moment..." : "Attention required!", 3000))
    else if (k == "waf-403" || k == "waf-403-http")
        here(403, rnd(2) ? "Access denied" : "403 Forbidden", between(300, 2000), "")
    else if (k == "sanctions-451")
        here(451, "Not available in your country", between(300, 2000), "")
    else if (k == "limit-429")
        here(429, "Too many requests", 300, " header \"Retry-After: 60\"")
    else if (k ~ /^control-lied-to/)
        put("dns control answer " host " A " blocker)
    else if (k == "control-cut-off") {
        put("serve " host " to client status 200 file " page)
        put("serve " host " close-early")
        url = "http://" host "/"
    } else if (k == "redirect-here") {
        n2 = new_name()
        put("host " n2 " " new_net() ".9 " org())
        put("page " n2 " * 200 " page_file(title_of(), between(1500, 30000)))
        put("serve " host " to client status 302 header \"Location: https://" n2 "/\"")
        url = "http://" host "/"
    } else if (k == "residual-neighbour") {
        n2 = new_name()
        put("host " n2 " " addr " " network)
        put((rnd(2) ? "rst" : "drop") " sni " n2)
        print "https://" n2 "/" >(DIR "/" l ".urls")
    } else if (k == "redirect-here-dead") {
        to = new_name()
        if (rnd(2)) put("host " to " " new_net() ".9 port 8080 " org())
        put("serve " host " to client status 302 header \"Location: https://" to "/\"")
        url = (rnd(2) ? "http://" : "https://") host "/"
    } else if (k == "region-dead-edge") {
        n2 = new_net() ".7"
        put("host " new_name() " " n2 " port 8080 " org())
        put("dns isp answer " host " A " n2)
        url = (rnd(2) ? "http://" : "https://") host "/"
    } else if (k == "quotes-block-page-http")
        put("page " host " * 200 " quoting(page))
    else if (k == "control-denied")
        put("dns control remove " host)
    else if (k == "lied-bad-cert-http") {
        put("cert " host " " bad_cert())
        put("dns control answer " host " A " blocker)
        url = "http://" host "/"
    } else if (k == "region-language-http" || k ~ /^region-bad-cert/) {
        n2 = new_name()
        a2 = new_net() ".7"
        host = n2
        put("host " host " " addr "," a2)
        put("page " host " * 200 " page)
        put("dns control answer " host " A " addr)
        put("dns isp answer " host " A " a2)
        if (k != "region-language-http")
            put("cert " host " " bad_cert())
        if (k != "region-bad-cert")
            here(200, title_of(), between(1500, 30000), "")
        url = (k == "region-bad-cert" ? "https://" : "http://") host "/"
    } else if (k ~ /^too-slow-here/)
        put("serve " host " to client slow " between(20, 90) "B/s")
    else if (k == "closes-here")
        put("serve " host " to client close-early")
    print sprintf("s%03d", ++n_scenes), l, k, truth[k], method[k], url, host, \
        (acts == "" ? "-" : acts) >(DIR "/scenes.tsv")
    print url >(DIR "/" l ".urls")
}
function bad_cert() { return rnd(2) ? "expired" : rnd(2) ? "self-signed" : "wrong-name" }
# The same page with a known block page's own words in it.
function quoting(f,   s, g) {
    g = "page-" (++files) ".html"
    while ((getline s <(DIR "/" f)) > 0) print s >(DIR "/" g)
    print "<iframe src=\"http://10.10.34.34:80\"></iframe>" >(DIR "/" g)
    close(DIR "/" f)
    close(DIR "/" g)
    return g
}
# What page_file wrote, read again.
function title_kept(f,   s, t) {
    t = ""
    while ((getline s <(DIR "/" f)) > 0)
        if (s ~ /^<title>/) t = substr(s, 8, length(s) - 15)
    close(DIR "/" f)
    return t
}
function length_kept(f,   s, n) {
    n = 0
    while ((getline s <(DIR "/" f)) > 0) n += length(s) + 1
    close(DIR "/" f)
    return n - 30
}

/^#/ || NF == 0 { next }
FILENAME ~ /lines/ {
    letter[++n_lines] = $1
    rtt[$1] = between($2, $3)
    loss[$1] = $4 + ($5 - $4) * rnd(101) / 100
    extra[$1] = $6 == "-" ? "" : $6
    next
}
{
    kind[++n_kinds] = $1
    truth[$1] = $2
    method[$1] = $3
    # How many; never more than 8.
    n = $2 == "blocked" ? between(2, 4) : $2 == "plain" ? between(2, 5) : between(1, 3)
    if ($5 != "-") n = between(2, 3)
    for (i = 1; i <= n; i++) {
        l = substr($4, 1 + rnd(length($4)), 1)
        todo[l] = todo[l] " " n_kinds
    }
}
END {
    OFS = "\t"
    for (i = 1; i <= n_lines; i++) {
        l = letter[i]
        if (todo[l] == "") continue
        out = DIR "/" l ".scn"
        at = 0
        put("# seed " SEED)
        put("link rtt " rtt[l] "ms" (loss[l] > 0 ? sprintf(" loss %.1f%%", loss[l]) : ""))
        sub(/SLOW/, sprintf("%.1fs", 0.5 + rnd(20) / 10), extra[l])
        sub(/YEAR/, rnd(2) ? "1970" : "2038", extra[l])
        blocker = new_net() ".4"
        sub(/PORTAL/, blocker, extra[l])
        sub(/GARDEN/, rnd(2) ? "192.168.1.1" : blocker, extra[l])
        m = split(extra[l], list, ";")
        for (j = 1; j <= m; j++) put(list[j])
        put("host " blocker " " blocker " asn " between(20000, 60000) " \"Block\" cc US")
        put("page " blocker " * 200 " page_file("Notice", 400))
        m = split(substr(todo[l], 2), list, " ")
        for (j = 1; j <= m; j++) scene(kind[list[j]], l)
        close(out)
        close(DIR "/" l ".urls")
    }
}
