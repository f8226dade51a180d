// SPDX-License-Identifier: Apache-2.0
/* Reads /etc/resolv.conf, /etc/hosts and /proc/net, and asks the kernel for
 * this machine's own addresses.
 */
#include "net/netinfo.h"

#include "base/ascii.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/look.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define FILE_MAX ((size_t)32 * 1024 * 1024) /* hosts files block adverts */

void netinfo_file_init(struct netinfo_file *f, const char *path)
{
    *f = (struct netinfo_file){.path = path};
    buf_init(&f->text, FILE_MAX);
}

void netinfo_file_fini(struct netinfo_file *f)
{
    buf_fini(&f->text);
}

/* A file that cannot be read is as good as empty, unless it is this machine
 * that cannot read any: then nothing may be concluded from its absence. */
static enum err refresh(struct netinfo_file *f)
{
    struct look seen;

    if (look_at(f->path, &seen, NULL) != ERR_OK) {
        buf_clear(&f->text);
        f->inode = 0;
        return ERR_OK;
    }
    if (f->inode == seen.inode && f->mtime_ns == seen.mtime_ns &&
        f->size == seen.bytes) {
        return ERR_OK;
    }
    buf_clear(&f->text);
    f->inode = 0;
    enum err e = fs_read(f->path, FILE_MAX, &f->text, NULL);
    if (e == ERR_NOMEM || e == ERR_FDLIMIT) {
        return e;
    }
    if (e != ERR_OK) {
        buf_clear(&f->text);
        return ERR_OK;
    }
    f->inode = seen.inode;
    f->mtime_ns = seen.mtime_ns;
    f->size = seen.bytes;
    return ERR_OK;
}

static bool next_word(struct str *rest, struct str *word)
{
    *rest = str_trim(*rest);
    if (rest->len == 0) {
        return false;
    }
    size_t n = 0;
    while (n < rest->len && !ascii_isspace(rest->p[n])) {
        n++;
    }
    *word = str_sub(*rest, 0, n);
    *rest = str_sub(*rest, n, rest->len);
    return true;
}

/* "fe80::1%eth0": networks often announce such a server. */
static bool parse_server(struct str word, struct netinfo_server *out)
{
    size_t percent = str_find_char(word, '%');
    struct netinfo_server s = {0};
    char name[IF_NAMESIZE];

    if (percent == SIZE_MAX) {
        if (!ip_parse(word, &s.ip)) {
            return false;
        }
        *out = s;
        return true;
    }
    struct str zone = str_sub(word, percent + 1, word.len);
    if (!ip_parse(str_sub(word, 0, percent), &s.ip) || s.ip.family != 6 ||
        zone.len == 0 || zone.len >= sizeof(name)) {
        return false;
    }
    memcpy(name, zone.p, zone.len);
    name[zone.len] = '\0';
    s.scope = if_nametoindex(name);
    if (s.scope == 0) {
        return false;
    }
    *out = s;
    return true;
}

enum err netinfo_parse_servers(struct str text, struct netinfo_server *out,
                               size_t *n)
{
    struct str line, word;
    size_t count = 0;
    bool named = false;

    while (count < NETINFO_SERVERS_MAX && str_next(&text, '\n', &line)) {
        if (!next_word(&line, &word) || !str_eq_c(word, "nameserver") ||
            !next_word(&line, &word)) {
            continue;
        }
        named = true;
        if (parse_server(word, &out[count])) {
            count++;
        }
    }
    if (count == 0 && named) {
        return ERR_PARSE;
    }
    *n = count;
    return ERR_OK;
}

enum err netinfo_servers(struct netinfo_file *f, struct netinfo_server *out,
                         size_t *n)
{
    enum err e = refresh(f);

    if (e == ERR_OK) {
        e = netinfo_parse_servers(buf_str(&f->text), out, n);
    }
    if (e == ERR_OK && *n == 0) {
        out[0] = (struct netinfo_server){0};
        ip_parse(STR("127.0.0.1"), &out[0].ip);
        *n = 1;
    }
    return e;
}

size_t netinfo_parse_hosts(struct str text, const char *host,
                           struct ip out[NETINFO_HOSTS_MAX])
{
    struct str line, word;
    size_t n = 0;

    while (n < NETINFO_HOSTS_MAX && str_next(&text, '\n', &line)) {
        struct ip ip;
        size_t hash = str_find_char(line, '#');

        if (hash != SIZE_MAX) {
            line = str_sub(line, 0, hash);
        }
        if (!next_word(&line, &word) || !ip_parse(word, &ip)) {
            continue;
        }
        while (next_word(&line, &word)) {
            if (str_ieq_c(word, host)) {
                out[n++] = ip;
                break;
            }
        }
    }
    return n;
}

enum err netinfo_hosts(struct netinfo_file *f, const char *host,
                       struct ip out[NETINFO_HOSTS_MAX], size_t *n)
{
    enum err e = refresh(f);

    if (e == ERR_OK) {
        *n = netinfo_parse_hosts(buf_str(&f->text), host, out);
    }
    return e;
}

/* ---- routes ------------------------------------------------------------- */

static bool parse_hex(struct str s, uint64_t *out)
{
    uint64_t v = 0;

    if (s.len == 0 || s.len > 16) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        char c = ascii_lower(s.p[i]);
        if (c >= '0' && c <= '9') {
            v = v << 4 | (uint64_t)(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            v = v << 4 | (uint64_t)(c - 'a' + 10);
        } else {
            return false;
        }
    }
    *out = v;
    return true;
}

/* Columns: iface destination gateway flags refcnt use metric mask ..., the
 * addresses as the kernel's 32-bit numbers in hex. */
bool netinfo_parse_route(struct str text, const struct ip *ip)
{
    struct str line, word;
    uint32_t addr;
    int best = -1;
    bool best_default = false;

    memcpy(&addr, ip->b, sizeof(addr));
    while (str_next(&text, '\n', &line)) {
        uint64_t col[8] = {0};
        bool ok = true;

        for (int i = 0; i < 8 && ok; i++) {
            ok = next_word(&line, &word);
            if (ok && (i == 1 || i == 7)) {
                ok = parse_hex(word, &col[i]);
            }
        }
        if (!ok || (addr & (uint32_t)col[7]) != (uint32_t)col[1]) {
            continue;
        }
        int bits = __builtin_popcount((uint32_t)col[7]);
        if (bits > best) {
            best = bits;
            best_default = bits == 0;
        }
    }
    return best_default;
}

static bool prefix_match(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;

    if (memcmp(a, b, whole) != 0) {
        return false;
    }
    return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

/* Columns: destination prefixlen source prefixlen gateway metric refcnt use
 * flags iface; unreachable routes have the RTF_REJECT flag. */
bool netinfo_parse_route6(struct str text, const struct ip *ip)
{
    struct str line, dest, word;
    int best = -1;
    bool best_default = false;

    while (str_next(&text, '\n', &line)) {
        uint8_t net[16] = {0};
        uint64_t bits, flags = 0, byte;
        bool ok = next_word(&line, &dest) && dest.len == 32 &&
                  next_word(&line, &word) && parse_hex(word, &bits) &&
                  bits <= 128;

        for (size_t i = 0; i < 16 && ok; i++) {
            ok = parse_hex(str_sub(dest, 2 * i, 2), &byte);
            net[i] = (uint8_t)byte;
        }
        for (int i = 2; i < 9 && ok; i++) {
            ok = next_word(&line, &word);
        }
        ok = ok && parse_hex(word, &flags);
        if (!ok || flags & 0x200 || !prefix_match(net, ip->b, (unsigned)bits)) {
            continue;
        }
        if ((int)bits > best) {
            best = (int)bits;
            best_default = bits == 0;
        }
    }
    return best_default;
}

static bool on_own_network(const struct ip *ip)
{
    struct ifaddrs *all = NULL;
    bool own = false;

    if (getifaddrs(&all) != 0) {
        return true;
    }
    for (struct ifaddrs *i = all; i && !own; i = i->ifa_next) {
        if (!i->ifa_addr || !i->ifa_netmask) {
            continue;
        }
        if (ip->family == 4 && i->ifa_addr->sa_family == AF_INET) {
            uint32_t a, addr, mask;
            memcpy(&addr, ip->b, sizeof(addr));
            a = ((struct sockaddr_in *)i->ifa_addr)->sin_addr.s_addr;
            mask = ((struct sockaddr_in *)i->ifa_netmask)->sin_addr.s_addr;
            own = (a & mask) == (addr & mask);
        } else if (ip->family == 6 && i->ifa_addr->sa_family == AF_INET6) {
            const uint8_t *a =
                ((struct sockaddr_in6 *)i->ifa_addr)->sin6_addr.s6_addr;
            const uint8_t *m =
                ((struct sockaddr_in6 *)i->ifa_netmask)->sin6_addr.s6_addr;
            own = true;
            for (int k = 0; k < 16; k++) {
                own = own && (a[k] & m[k]) == (ip->b[k] & m[k]);
            }
        }
    }
    freeifaddrs(all);
    return own;
}

bool netinfo_leaves_by_default(const struct ip *ip)
{
    const char *path =
        ip->family == 4 ? "/proc/net/route" : "/proc/net/ipv6_route";
    struct buf b;
    bool yes = false;

    if (on_own_network(ip)) {
        return false;
    }
    buf_init(&b, FILE_MAX);
    if (fs_read(path, FILE_MAX, &b, NULL) == ERR_OK) {
        yes = ip->family == 4 ? netinfo_parse_route(buf_str(&b), ip)
                              : netinfo_parse_route6(buf_str(&b), ip);
    }
    buf_fini(&b);
    return yes;
}
