# SPDX-License-Identifier: Apache-2.0
# Draws a scenario that blocks COUNT hosts in eight ways.
#   awk -v seed=N -v count=90 -v truth=FILE -f draw.awk SITES > scenario
# SITES: lines `host <TAB> schemes <TAB> address`, where schemes is `http`,
# `https` or `both`. A way is only drawn for a host on which it can be seen: a
# filter of the TLS name for hosts that are listed with https alone, a filter of
# HTTP requests for hosts that are listed with http alone.
# FILE gets `host <TAB> method <TAB> way`.

# Own generator (Park and Miller), so that a seed means the same everywhere.
function rnd(n) {
    state = (state * 16807) % 2147483647
    return state % n
}

BEGIN {
    FS = "\t"
    state = seed % 2147483646 + 1
    for (i = 0; i < 10; i++)
        rnd(2)
    ways = split("answer remove inject drop-ip reject-ip rst-sni drop-sni page",
                 way, " ")
}

{
    host[++n] = $1
    scheme[$1] = $2
    addr[$1] = $3
}

function fits(w, h) {
    if (w ~ /sni/)
        return scheme[h] == "https"
    if (w == "page")
        return scheme[h] == "http"
    return 1
}

function block(w, h) {
    if (w == "answer") {
        printf "dns isp answer %s A 10.10.34.36\n", h
        return "dns"
    }
    if (w == "remove") {
        printf "dns isp remove %s\n", h
        return "dns"
    }
    if (w == "inject") {
        printf "inject dns %s A 10.10.34.35 delay 1ms\n", h
        return "dns"
    }
    if (w == "drop-ip") {
        printf "drop ip %s\n", addr[h]
        return "ip"
    }
    if (w == "reject-ip") {
        printf "reject ip %s\n", addr[h]
        return "ip"
    }
    if (w == "rst-sni") {
        printf "rst sni %s\n", h
        return "tls"
    }
    if (w == "drop-sni") {
        printf "drop sni %s\n", h
        return "tls"
    }
    printf "page http \"Host: %s\" %s:80\n", h, addr[h]
    return "http"
}

END {
    for (i = n; i > 1; i--) { # shuffle
        j = rnd(i) + 1
        t = host[i]
        host[i] = host[j]
        host[j] = t
    }
    w = 0
    for (k = 1; k <= count; k++) {
        name = way[w % ways + 1]
        w++
        for (i = 1; i <= n; i++)
            if (!(host[i] in used) && fits(name, host[i]))
                break
        if (i > n) {
            k--
            if (++missed > ways)
                break
            continue
        }
        missed = 0
        used[host[i]] = 1
        printf "%s\t%s\t%s\n", host[i], block(name, host[i]), name > truth
    }
}
