# SPDX-License-Identifier: Apache-2.0
# The include rule, from the table in layers.txt (the first file), and the
# fences around foreign libraries.  FILE:LINE: reason.

function complain(why) {
    printf "%s:%d: %s\n", FILENAME, FNR, why
}

# fence(header pattern, owners): only these files may include such headers.
# The first pattern that fits decides.
function fence(pattern, owners) {
    fences++
    foreign[fences] = "^(" pattern ")$"
    owner[fences] = "^(" owners ")$"
}

BEGIN {
    # libcurl: its glue with the loop, the measuring client and the plain one;
    # so with our headers that have its types
    curl = "lib/net/(curl_loop|fetch[^/]*|client[^/]*)[.]"
    fence("curl/.*", curl "c|lib/net/curl_loop[.]h")
    fence("net/(curl_loop|fetcher_int|fetch_(notes|failure|page|socket|tls))[.]h",
        curl "[ch]")
    fence("ares.*[.]h", "lib/net/channel[.]c")
    fence("pcap([.]h|/.*)", "lib/net/capture[.]c")
    # of libcrypto its SHA-256, and who issued a certificate
    fence("openssl/(sha|err|x509)[.]h", "lib/(base/crypto|net/tls)[.]c")
    fence("openssl/.*", "lib/net/tls[.]c")
    fence("sodium([.]h|/.*)", "lib/base/crypto[.]c")
    fence("event2/event[.]h", "lib/base/loop[.]c")
    # the extras of libevent are nobody's
    fence("ev[a-z]*[.]h|event2/.*", "-")
    fence("microhttpd[.]h", "collector/http/http_(refusal[.]c|conn[.][ch]|loop[.]c|server[.]c)")
    fence("sqlite3.*", "collector/store/(store_)?sqlite[a-z_]*[.]c")
    fence("maxminddb.*", "lib/base/geo[.]c")
    fence("zstd.*|zlib[.]h|zconf[.]h", "lib/base/(compress|inflater)[.]c")
    fence("idn2[.]h|libpsl[.]h", "lib/wire/host(_symbols)?[.]c")
    fence("seccomp[.]h", "lib/cli/sandbox_calls[.]c")
    fence("pcre2.*", "lib/record/fp_regexp[.]c")
    fence("libnetfilter.*|libmnl/.*|linux/netfilter.*", "-")
}

# The line of layers.txt that speaks for a folder, by its name; "" if none.
function layer_of(folder) {
    while (!(folder in may) && sub(/\/[^\/]*$/, "", folder))
        ;
    return folder in may ? folder : ""
}

# The folder of a header by the name it is included by: below lib or the root.
function folder_of(name) {
    sub(/\/[^\/]*$/, "", name)
    return layer_of("lib/" name) != "" ? "lib/" name : name
}

# Whether one of the folders of the list holds this one.
function holds(list, folder,    i, n, part) {
    n = split(list, part, " ")
    for (i = 1; i <= n; i++)
        if (index(folder "/", part[i] "/") == 1)
            return 1
    return 0
}

# Whether a header of this name stands below lib or the root.
function is_ours(name,    found) {
    found = (getline line < ("lib/" name)) >= 0
    close("lib/" name)
    if (!found && name ~ /^(lib|probe|collector)\//) {
        found = (getline line < name) >= 0
        close(name)
    }
    return found
}

function check_ours(name,    folder, target) {
    if (layer == "") {
        complain(dir " is not in layers.txt")
        return
    }
    if (name ~ /^\.|\/\.\.?\//) {
        complain("an include by relative path: " name)
        return
    }
    if (index(name, "/") == 0) {
        if ((getline line < (dir "/" name)) < 0)
            complain(name " is not a header of " dir)
        close(dir "/" name)
        return
    }
    folder = folder_of(name)
    target = layer_of(folder)
    if (target != layer && !holds(may[layer], target == "" ? folder : target))
        complain(layer " may not include " folder ": " name)
}

NR == FNR {
    if ($1 ~ /:$/) {
        folder = substr($1, 1, length($1) - 1)
        may[folder] = $0
        sub(/^[^:]*:/, "", may[folder])
    }
    next
}

FNR == 1 {
    dir = FILENAME
    sub(/\/[^\/]*$/, "", dir)
    layer = layer_of(dir)
}

/^[ \t]*#[ \t]*include/ && !/^[ \t]*#[ \t]*include[ \t]*[<"]/ {
    complain("an include that names no header, for whoever reads it")
}

!/^[ \t]*#[ \t]*include[ \t]*[<"]/ { next }

{
    name = $0
    sub(/^[^<"]*[<"]/, "", name)
    sub(/[>"].*$/, "", name)
}

!/"/ && is_ours(name) {
    complain("a header of ours is included in quotes: <" name ">")
}

/"/ {
    check_ours(name)
}

{
    for (i = 1; i <= fences; i++) {
        if (name ~ foreign[i]) {
            if (FILENAME !~ owner[i])
                complain((/"/ ? name : "<" name ">") \
                    " is fenced, this file is not its owner")
            break
        }
    }
}
