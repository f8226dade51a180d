# SPDX-License-Identifier: Apache-2.0
# twin.awk rules.txt: the packets of the rules' `twin` lines, as text2pcap reads
# them (`-l 101 -t %s.%f`). README.md says what the lines mean. The device of rule N
# is 10.77.0.N; checksums are left out, no rule looks at them.

function hex(n, bytes) {
    return sprintf("%0" bytes * 2 "x", n)
}

function hex_of(text,   i, out) {
    for (i = 1; i <= length(text); i++) {
        out = out code[substr(text, i, 1)]
    }
    return out
}

function address(text,   part) {
    split(text, part, /[.:]/)
    return hex(part[1], 1) hex(part[2], 1) hex(part[3], 1) hex(part[4], 1)
}

# LENGTH and then the bytes themselves
function sized(text, bytes) {
    return hex(length(text) / 2, bytes) text
}

function packet(to, protocol, text,   i, all) {
    all = "45" hex(tos, 1) hex(20 + length(text) / 2, 2) hex(++ip_id, 2) \
        (df ? "4000" : "0000") hex(ttl, 1) hex(protocol, 1) "0000" "0a4d00" hex(rule, 1) \
        address(to) text
    printf "%.6f", now
    for (i = 0; i < length(all) / 2; i++) {
        if (i % 16 == 0) {
            printf "\n%06x", i
        }
        printf " %s", substr(all, i * 2 + 1, 2)
    }
    printf "\n"
    now += 0.0001
}

function udp(to, port, text) {
    packet(to, 17, hex(from, 2) hex(port, 2) hex(8 + length(text) / 2, 2) "0000" text)
}

# A new connection: the SYN of Linux, unless `opts` and `win` said otherwise.
function connect(to, port) {
    peer = to
    sub(/:.*/, "", peer)
    peer_port = port
    from++
    sent = 1000
    tcp_packet(2, opts, "")
    sent++
}

function tcp_packet(flags, options, text) {
    packet(peer, 6, hex(from, 2) hex(peer_port, 2) hex(sent, 4) \
        (flags == 2 ? "00000000" : "00000001") \
        sprintf("%x0", 5 + length(options) / 8) hex(flags, 1) \
        hex(win, 2) "0000" "0000" options text)
}

function say(text) {
    tcp_packet(24, "", text)
    sent += length(text) / 2
}

function dns_name(name,   i, n, label, out) {
    n = split(name, label, ".")
    for (i = 1; i <= n; i++) {
        out = out sized(hex_of(label[i]), 1)
    }
    return out "00"
}

# word(N, NAME, USUAL): the word after NAME, from the N-th on
function word(n, name, usual) {
    for (; n < NF; n += 2) {
        if ($n == name) {
            return $(n + 1)
        }
    }
    return usual
}

function dns(   edns, keep) {
    from++
    keep = from
    from = word(6, "port", from)
    edns = word(6, "edns", 0)
    udp($3, 53, word(6, "id", hex(ip_id * 40503 % 65536, 2)) word(6, "flags", "0100") "0001" "0000" "0000" \
        (edns ? "0001" : "0000") dns_name($5) hex(type[$4], 2) "0001" \
        (edns ? "000029" hex(edns, 2) "000000000000" : ""))
    from = keep
}

function list_of(text, bytes,   i, n, item, out) {
    n = split(text, item, ",")
    for (i = 1; i <= n; i++) {
        out = out item[i]
    }
    return sized(out, bytes)
}

function alpn_of(text,   i, n, item, out) {
    n = split(text, item, ",")
    for (i = 1; i <= n; i++) {
        out = out sized(hex_of(item[i]), 1)
    }
    return sized(out, 2)
}

function extension(number, name,   body) {
    if (number == 0) {
        body = sized("00" sized(hex_of(name), 2), 2)
    } else if (number == 10) {
        body = list_of(word(5, "groups", "11ec,001d,0017,0018,0019,0100,0101"), 2)
    } else if (number == 11) {
        body = list_of(word(5, "points", "00"), 1)
    } else if (number == 13) {
        body = list_of(word(5, "sigs", "0403,0503,0603,0804,0805,0806,0401,0501,0601,0203,0201"), 2)
    } else if (number == 16) {
        body = alpn_of(word(5, "alpn", "h2,http/1.1"))
    } else if (number == 34) {
        body = list_of("0403,0503,0603,0203", 2)
    } else if (number == 43) {
        body = list_of(word(5, "versions", "0304,0303"), 1)
    } else if (number == 45) {
        body = "0101"
    } else if (number == 65281) {
        body = "00"
    }
    return hex(number, 2) sized(body, 2)
}

# hello ADDRESS NAME [ciphers|exts|groups|sigs|alpn|versions|sid|record VALUE]
function hello(   i, n, item, body, ext) {
    n = split(word(5, "exts", $4 == "-" ? "23,65281,10,11,35,16,5,34,18,51,43,13,45,28,27,65037" : \
        "0,23,65281,10,11,35,16,5,34,18,51,43,13,45,28,27,65037"), item, ",")
    for (i = 1; i <= n; i++) {
        ext = ext extension(item[i], $4)
    }
    body = "0303" zeros(32) sized(zeros(word(5, "sid", 32)), 1) \
        list_of(word(5, "ciphers", "1301,1303,1302,c02b,c02f,cca9,cca8,c02c,c030,c00a,c013,c014,009c,009d,002f,0035"), 2) \
        "0100" sized(ext, 2)
    say("16" word(5, "record", "0301") sized("01" sized(body, 3), 2))
}

function zeros(bytes,   out) {
    while (bytes-- > 0) {
        out = out "00"
    }
    return out
}

BEGIN {
    for (i = 0; i < 256; i++) {
        code[sprintf("%c", i)] = hex(i, 1)
    }
    split("A 1 NS 2 CNAME 5 SOA 6 PTR 12 MX 15 TXT 16 AAAA 28 HTTPS 65 ANY 255", t, " ")
    for (i = 1; i in t; i += 2) {
        type[t[i]] = t[i + 1]
    }
}

$1 == "rule" {
    rule++
    now = 1000000 + rule * 10000
    ttl = 64
    df = 1
    tos = 0
    win = 64240
    opts = "020405b40402080a00000001000000000103030a"
    from = 40000 + rule * 100
}
$1 != "twin" { next }
$2 == "wait" { now += $3; next }
$2 == "ttl" { ttl = $3; next }
$2 == "df" { df = $3; next }
$2 == "tos" { tos = $3; next }
$2 == "win" { win = $3; next }
$2 == "opts" { opts = $3; next }
$2 == "dns" { dns(); next }
$2 == "syn" { split($3, a, ":"); connect($3, a[2]); next }
$2 == "fin" { tcp_packet(17, "", ""); next }
$2 == "rst" { tcp_packet(4, "", ""); next }
$2 == "hello" { connect($3, 443); hello(); next }
$2 == "data" { say("170303" sized(zeros($3), 2)); next }
$2 == "finish" { say("140303000101170303" sized(zeros($3 ? $3 : 53), 2)); next }
$2 == "get" || $2 == "tcp" || $2 == "udp" {
    split($3, a, ":")
    text = $0
    sub(/^ *twin +[a-z]+ +[^ ]+ /, "", text)
    gsub(/\|/, "\r\n", text)
    gsub(/@me/, "10.77.0." rule, text)
    if ($2 == "udp") {
        from++
        udp($3, a[2], hex_of(text))
    } else {
        connect($3, $2 == "get" ? 80 : a[2])
        say(hex_of(text ($2 == "get" ? "\r\n\r\n" : "")))
    }
    next
}
$2 == "ping" { packet($3, 1, "0800000000010001"); next }
{
    printf "%s:%d: what is the twin \"%s\"?\n", FILENAME, FNR, $2 > "/dev/stderr"
    exit 1
}
