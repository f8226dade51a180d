# SPDX-License-Identifier: Apache-2.0
# The include rule and the fences around foreign libraries (docs of the layout:
# base <- wire <- record <- {engine, verdict} <- {probe, collector}).
# FILE:LINE: reason.

function complain(why) {
    printf "%s:%d: %s\n", FILENAME, FNR, why
    bad = 1
}

# fence(header pattern, owners): only these files may include such headers.
function fence(pattern, owners) {
    fences++
    foreign[fences] = "^(" pattern ")$"
    owner[fences] = "^(" owners ")$"
}

BEGIN {
    may["base"] = " base "
    may["wire"] = " base wire "
    may["record"] = " base wire record "
    may["cli"] = " base cli "
    may["net"] = " base wire record net "
    may["engine"] = " base wire record net engine "
    may["verdict"] = " base wire record verdict "
    may["probe"] = " base cli wire record net engine verdict probe "
    may["collector"] = " base cli wire record net engine verdict collector "

    # fetch_int.h is the private header between the parts of net/fetch
    fence("curl/.*", "lib/net/fetch[^/]*[.]c|lib/net/fetch_int[.]h|" \
        "lib/net/client[.]c")
    fence("ares.*[.]h", "lib/net/resolver[.]c")
    fence("pcap([.]h|/.*)", "lib/net/capture[.]c")
    fence("openssl/.*", "lib/net/tls[.]c")
    fence("(cjson/)?cJSON.*", "lib/base/json[.]c")
    fence("sodium([.]h|/.*)", "lib/base/crypto[.]c")
    fence("event2/event[.]h", "lib/base/loop[.]c")
    # the extras of libevent are nobody's
    fence("ev[a-z]*[.]h|event2/.*", "-")
    fence("microhttpd[.]h", "collector/http/http[.]c")
    fence("sqlite3.*", "collector/store/store_sqlite[.]c")
    fence("maxminddb.*", "lib/base/geo[.]c")
    fence("zstd.*|zlib[.]h|zconf[.]h", "lib/base/compress[.]c")
    fence("idn2[.]h|libpsl[.]h", "lib/wire/host[.]c")
    fence("libnetfilter.*|libmnl/.*|linux/netfilter.*", "-")
}

FNR == 1 {
    dir = FILENAME
    sub(/\/[^\/]*$/, "", dir)
    layer = dir
    sub(/^lib\//, "", layer)
    sub(/\/.*/, "", layer)
}

!/^[ \t]*#[ \t]*include[ \t]*[<"]/ { next }

{
    name = $0
    sub(/^[^<"]*[<"]/, "", name)
    sub(/[>"].*$/, "", name)
}

# our own headers
/"/ {
    if (!(layer in may)) {
        complain("an unknown layer: " layer)
    } else if (name ~ /^\.|\/\.\.?\//) {
        complain("an include by relative path: " name)
    } else if (index(name, "/") == 0) {
        if ((getline line < (dir "/" name)) < 0)
            complain(name " is not a header of " dir)
        close(dir "/" name)
    } else {
        target = name
        sub(/\/.*/, "", target)
        if (index(may[layer], " " target " ") == 0)
            complain(layer " may not include " target ": " name)
    }
    next
}

{
    for (i = 1; i <= fences; i++) {
        if (name ~ foreign[i]) {
            if (FILENAME !~ owner[i])
                complain("<" name "> is fenced, this file is not its owner")
            break
        }
    }
}

END {
    exit bad
}
