# SPDX-License-Identifier: Apache-2.0
# packets.awk -v devices=FILE -v places=FILE: reads what `tshark -T fields` prints
# (the fields of fields.txt, by tabs), and for each packet of a known device
# gives the rules its facts by name, as README.md lists them. compile.awk makes
# the rules: look_at_packet() and the conditions.

function first(list) {
    sub(/,.*/, "", list)
    return list
}

# The text of a payload in small letters; what is no text becomes a blank.
function text_of(hex,   i, n, out) {
    n = length(hex)
    for (i = 1; i < n; i += 2) {
        out = out letter[substr(hex, i, 2)]
    }
    return out
}

# header("User-Agent"): its value in the request, as sent.
function header(name,   i, n, line) {
    n = split(lines, line, /\\r\\n,?/)
    for (i = 1; i <= n; i++) {
        if (tolower(substr(line[i], 1, length(name) + 1)) == tolower(name) ":") {
            return substr(line[i], length(name) + 3)
        }
    }
    return ""
}

function header_names(   i, n, line, out) {
    n = split(lines, line, /\\r\\n,?/)
    for (i = 1; i < n; i++) {
        sub(/:.*/, "", line[i])
        out = out (i > 1 ? " " : "") line[i]
    }
    return out
}

# Does the list have the word? has("2,4,8", "4")
function has(list, word) {
    return index("," list ",", "," word ",") > 0
}

# place(NAME): its row in the published list, 0 if it is not there.
function place(name) {
    return name in row ? row[name] : 0
}

# value in VALUES of a TLS list that is not there to be ignored (RFC 8701)
function is_grease(hex) {
    return substr(hex, 2, 1) == "a" && substr(hex, 1, 2) == substr(hex, 3, 2)
}

# Four hex digits each, without GREASE, without those in `skip`, sorted or as
# they stand.
function hex_list(text, decimal, skip, sorted,   i, j, n, m, item, kept, hex, out) {
    n = split(text, item, ",")
    m = 0
    for (i = 1; i <= n; i++) {
        hex = decimal ? sprintf("%04x", item[i]) : substr(item[i], length(item[i]) - 3)
        if (is_grease(hex) || index(skip, hex)) {
            continue
        }
        for (j = m++; sorted && j > 0 && kept[j] > hex; j--) {
            kept[j + 1] = kept[j]
        }
        kept[j + 1] = hex
    }
    for (i = 1; i <= m; i++) {
        out = out (i > 1 ? "," : "") kept[i]
    }
    hex_count = m
    return out
}

function sha12(text,   command, sum) {
    if (!(text in known_sum)) {
        command = "printf %s '" text "' | sha256sum"
        command | getline sum
        close(command)
        known_sum[text] = substr(sum, 1, 12)
    }
    return known_sum[text]
}

# The algorithms of signature_algorithms alone: delegated_credentials (34) has a
# list of its own, which tshark prints under the same name.
function signatures(   i, n, at13, at34, lens, alg, from, out, count) {
    n = split(exts, alg, ",")
    for (i = 1; i <= n; i++) {
        if (alg[i] == 13) {
            at13 = i
        } else if (alg[i] == 34) {
            at34 = i
        }
    }
    split($40, lens, ",")
    n = split($39, alg, ",")
    from = at34 && at34 < at13 ? lens[1] / 2 : 0
    count = (at34 && at34 < at13 ? lens[2] : lens[1]) / 2
    for (i = from + 1; i <= from + count && i <= n; i++) {
        out = out (i > from + 1 ? "," : "") substr(alg[i], length(alg[i]) - 3)
    }
    return out
}

# JA4 of a ClientHello over TCP (FoxIO, "JA4: TLS Client Fingerprinting").
function ja4_of(   version, c, e, nc, ne, name) {
    c = hex_list($35, 0, "", 1)
    nc = hex_count
    hex_list(exts, 1, "", 0)
    ne = hex_count
    e = hex_list(exts, 1, "0000 0010", 1)
    version = $37 ~ /0304/ ? "13" : "12"
    name = first(alpn)
    name = name == "" ? "00" : substr(name, 1, 1) substr(name, length(name))
    return sprintf("t%s%s%02d%02d%s_%s_%s", version, sni == "" ? "i" : "d", nc, ne,
                   name, sha12(c), sha12(e "_" signatures()))
}

function read_table(   line, part, n) {
    while ((getline line < devices) > 0) {
        if (line !~ /^#/ && split(line, part, " ") == 3) {
            who_has[part[1]] = part[2]
            line_of[part[1]] = part[3]
        }
    }
    close(devices)
    while (places != "" && (getline line < places) > 0) {
        sub(/,.*/, "", line)
        sub(/^[a-z]*:\/\//, "", line)
        sub(/[\/:].*/, "", line)
        n++
        if (!(line in row)) {
            row[line] = n
        }
    }
}

BEGIN {
    FS = "\t"
    for (i = 0; i < 256; i++) {
        letter[sprintf("%02x", i)] = i >= 32 && i < 127 ? tolower(sprintf("%c", i)) : " "
    }
    read_table()
}

# A twin's device is 10.77.N.M, N and M the number of its rule.
function know(address,   part) {
    if (address ~ /^10\.77\./ && !(address in who_has)) {
        split(address, part, ".")
        who_has[address] = "twin"
        line_of[address] = part[3] * 256 + part[4]
    }
    return address in who_has
}

function read_ip() {
    at = $1
    src = first($2 != "" ? $2 : $3)
    dst = first($4 != "" ? $4 : $5)
    six = $2 == ""
    ttl = first(six ? $7 : $6)
    df = first($8)
    tos = first($9)
    out = know(src)
    if (!out && !know(dst)) {
        return 0
    }
    far = out ? dst : src
    who = who_has[out ? src : dst]
    line = line_of[out ? src : dst]
    icmp = $21 != "" || $22 != ""
    echo = !six ? $21 == 8 : $22 == 128
    return 1
}

function read_ports() {
    tcp = !icmp && $11 != ""
    udp = !icmp && $19 != ""
    port = tcp ? (out ? $11 : $12) : udp ? (out ? $19 : $20) : ""
    fport = tcp ? (out ? $12 : $11) : udp ? (out ? $20 : $19) : ""
    stream = tcp ? $10 : ""
    flags = tcp ? substr($13, length($13) - 2) : ""
    syn = flags == "002" && out
    fin = flags ~ /[13579bdf]$/
    rst = flags ~ /[4567cdef]$/
    win = $14
    opts = $15
    mss = $16
    wscale = $17
    size = tcp ? $18 : 0
}

function read_dns() {
    query = out && !icmp && $23 != "" && $24 != "" && fport != "" && $23 !~ /^0x[89a-f]/
    answer = !out && !icmp && $23 ~ /^0x[89a-f]/
    dnsflags = $23
    dnsid = $24
    asked = $25
    qname = tolower($25)
    qtype = $26
    more = $27
}

function read_http() {
    get = out && $28 != ""
    method = $28
    uri = $29
    version = $30
    lines = $31
    order = get ? header_names() : ""
    ua = get ? header("User-Agent") : ""
    host = get ? tolower(header("Host")) : ""
    page = get && header("Accept") ~ /text\/html/
}

function read_tls() {
    hello = out && tcp && has($32, 1)
    quic = udp && $48 != ""
    recver = first($33)
    sni = tolower(first($34))
    ciphers = hello ? hex_list($35, 0, "", 0) : ""
    nciphers = hex_count
    exts = $36
    alpn = $38
    groups = $41
    ja3 = $42
    sid = $43
    hlen = first($44)
    records = $45
    data = gsub(/23/, "&", records)
    changed = has(records, 20)
    said = out && data && size > (changed ? 140 : 40)
    if (syn) {
        began[stream] = at
    }
    age = stream in began ? at - began[stream] : 0
    flight = out && data && !changed ? ++flights[stream] : 0
    ja4 = hello ? ja4_of() : ""
    since = -1
    if (hello) {
        since = (who, line, sni) in last_hello ? at - last_hello[who, line, sni] : -1
        last_hello[who, line, sni] = at
    }
}

!read_ip() { next }

{
    read_ports()
    read_dns()
    read_http()
    read_tls()
    name = query ? qname : hello || quic ? sni : host
    sub(/:[0-9]+$/, "", name)
    payload = out ? ($46 != "" ? $46 : $47) : ""
    text = payload == "" ? "" : text_of(payload)
    look_at_packet()
}
