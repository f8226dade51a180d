// SPDX-License-Identifier: Apache-2.0
/* URLs read, normalised and resolved against each other. */
#include "wire/url.h"
#include "base/ascii.h"
#include "base/buf.h"
#include "wire/host.h"
#include "wire/url_reference.h"
#include <stdio.h>
#include <string.h>

/* The parts of a reference, borrowed from it (RFC 3986, appendix B). */
struct parts {
    struct str scheme, authority, path, query;
    bool has_scheme, has_authority, has_query;
};

struct builder {
    struct region *r;
    struct diag *d;
    const char *origin; /* start of the text, for columns */
    bool as_browsers;   /* %XX in a host is the byte */
};

static enum err fail(const struct builder *b, const char *at, const char *what)
{
    return diag_set(b->d, ERR_PARSE, "column %zu: %s",
                    (size_t)(at - b->origin) + 1, what);
}

static enum err check_bytes(const struct builder *b, struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c < ' ' || c == 0x7f) {
            return fail(b, s.p + i, "control character");
        }
    }
    return ERR_OK;
}

static size_t find_any(struct str s, const char *set)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] && strchr(set, s.p[i])) {
            return i;
        }
    }
    return s.len;
}

static size_t scheme_len(struct str s)
{
    size_t i;
    for (i = 0; i < s.len && s.p[i] != ':'; i++) {
        bool alpha = ascii_isalnum(s.p[i]) && !ascii_isdigit(s.p[i]);
        if (!alpha && (i == 0 || !(ascii_isdigit(s.p[i]) || s.p[i] == '+' ||
                                   s.p[i] == '-' || s.p[i] == '.'))) {
            return 0;
        }
    }
    return i < s.len ? i : 0;
}

static struct parts split(struct str s)
{
    struct parts p = {0};
    s = str_sub(s, 0, find_any(s, "#")); /* the fragment is never sent */
    size_t n = scheme_len(s);
    if (n > 0) {
        p.has_scheme = true;
        p.scheme = str_sub(s, 0, n);
        s = str_sub(s, n + 1, s.len);
    }
    if (str_starts(s, "//")) {
        s = str_sub(s, 2, s.len);
        p.has_authority = true;
        p.authority = str_sub(s, 0, find_any(s, "/?"));
        s = str_sub(s, p.authority.len, s.len);
    }
    n = find_any(s, "?");
    p.path = str_sub(s, 0, n);
    if (n < s.len) {
        p.has_query = true;
        p.query = str_sub(s, n + 1, s.len);
    }
    return p;
}

static enum err parse_port(const struct builder *b, struct str s, struct url *u)
{
    int64_t port;
    if (s.len == 0) { /* "host:" means the default port */
        return ERR_OK;
    }
    if (!ascii_isdigit(s.p[0]) || s.len > 5 ||
        str_to_i64(s, 1, 65535, &port) != ERR_OK) {
        return fail(b, s.p, "bad port");
    }
    u->port = (uint16_t)port;
    u->explicit_port = true;
    return ERR_OK;
}

/* Would some parser read the name as an IPv4 address ("127.1", "0x7f.0.0.1",
 * "2130706433")? Such a host means different things to different readers. */
static bool ends_in_number(const char *host)
{
    const char *dot = strrchr(host, '.');
    struct str last = str_c(dot ? dot + 1 : host);
    bool hex = str_starts(last, "0x");
    for (size_t i = hex ? 2 : 0; i < last.len; i++) {
        char c = last.p[i];
        if (!ascii_isdigit(c) && !(hex && c >= 'a' && c <= 'f')) {
            return false;
        }
    }
    return true;
}

static enum err parse_host(const struct builder *b, struct str s, struct url *u)
{
    struct diag why;
    char text[IP_TEXT_MAX];
    const char *host;
    if (str_starts(s, "[")) {
        if (!ip_parse(str_sub(s, 1, s.len - 2), &u->literal) ||
            u->literal.family != 6) {
            return fail(b, s.p, "bad IPv6 address");
        }
        ip_format(&u->literal, text);
        u->host = region_strdup(b->r, text);
        return u->host ? ERR_OK : ERR_NOMEM;
    }
    struct str name = s;
    enum err e = b->as_browsers ? url_reference_host(b->r, s, &name) : ERR_OK;
    if (!e && find_any(name, " %\\") < name.len) {
        e = ERR_PARSE;
    }
    if (e) {
        return e == ERR_PARSE ? fail(b, s.p + find_any(s, " %\\"),
                                     "character not allowed in a host")
                              : e;
    }
    e = host_to_ascii(b->r, name, &host, &why);
    if (e == ERR_PARSE) {
        return fail(b, s.p, why.text);
    }
    if (e) {
        return e;
    }
    if (!ip_parse(str_c(host), &u->literal) && ends_in_number(host)) {
        return fail(b, s.p, "host looks like a number, not like a name");
    }
    u->host = host;
    return ERR_OK;
}

/* ERR_NOTFOUND if there is no host. */
static enum err parse_authority(const struct builder *b, struct str s,
                                bool strip_user, struct url *u)
{
    size_t at = s.len, host_len;
    while (at > 0 && s.p[at - 1] != '@') {
        at--;
    }
    if (at > 0 && !strip_user) {
        return fail(b, s.p, "user info is not allowed");
    }
    s = str_sub(s, at, s.len);
    if (str_starts(s, "[")) {
        size_t close = find_any(s, "]");
        if (close == s.len) {
            return fail(b, s.p, "bad IPv6 address");
        }
        host_len = close + 1;
    } else {
        host_len = find_any(s, ":");
    }
    if (host_len == 0) {
        return diag_set(b->d, ERR_NOTFOUND, "empty host");
    }
    struct str rest = str_sub(s, host_len, s.len);
    if (rest.len > 0 && rest.p[0] != ':') {
        return fail(b, rest.p, "bad port");
    }
    enum err e = parse_host(b, str_sub(s, 0, host_len), u);
    if (!e && rest.len > 0) {
        e = parse_port(b, str_sub(rest, 1, rest.len), u);
    }
    return e;
}

/* Percent-encodes what a browser would; everything else travels as given. */
static void add_encoded(struct buf *out, struct str s, const char *also)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c > ' ' && c < 0x7f && !strchr(also, c)) {
            buf_add_byte(out, c);
        } else {
            buf_add_byte(out, '%');
            buf_add_byte(out, (uint8_t)hex[c >> 4]);
            buf_add_byte(out, (uint8_t)hex[c & 15]);
        }
    }
}

static void add_target(struct buf *out, struct str path, const struct parts *p)
{
    if (!str_starts(path, "/")) {
        buf_add_byte(out, '/');
    }
    add_encoded(out, path, "\"<>\\^`{|}");
    if (p->has_query) {
        buf_add_byte(out, '?');
        add_encoded(out, p->query, "\"<>");
    }
}

static bool is_default_port(const struct url *u)
{
    return u->port == (u->https ? 443 : 80);
}

/* The host itself, where nothing is to be added. */
static const char *authority_of(struct region *r, const struct url *u)
{
    const char *open = u->literal.family == 6 ? "[" : "";
    const char *close = u->literal.family == 6 ? "]" : "";
    if (is_default_port(u)) {
        return open[0] ? region_printf(r, "[%s]", u->host) : u->host;
    }
    return region_printf(r, "%s%s%s:%u", open, u->host, close, u->port);
}

/* What is left to make: authority, text and, inside of it, the target of `path`
 * and the query of `p`. */
static enum err finish(const struct builder *b, struct str path,
                       const struct parts *p, struct url *u)
{
    struct buf out;
    char port[8];
    u->authority = authority_of(b->r, u);
    if (!u->authority) {
        return ERR_NOMEM;
    }
    buf_init(&out, URL_MAX);
    buf_add_c(&out, u->https ? "https://" : "http://");
    buf_add_c(&out, u->authority);
    /* A default port that was written is kept in the text: with an explicit
     * port only that port is measured. */
    if (is_default_port(u) && u->explicit_port) {
        snprintf(port, sizeof(port), ":%u", u->port);
        buf_add_c(&out, port);
    }
    size_t at = out.len;
    add_target(&out, path, p);
    enum err e = out.failed;
    if (e == ERR_OK) {
        u->text = region_strndup(b->r, (const char *)out.p, out.len);
        e = u->text ? ERR_OK : ERR_NOMEM;
    }
    buf_fini(&out);
    if (e == ERR_LIMIT) {
        return diag_set(b->d, ERR_PARSE, "URL is longer than %d bytes",
                        URL_MAX);
    }
    u->target = u->text ? u->text + at : NULL;
    return e;
}

static enum err check_input(const struct builder *b, struct str text)
{
    if (text.len > URL_MAX) {
        return diag_set(b->d, ERR_PARSE, "URL is longer than %d bytes",
                        URL_MAX);
    }
    return check_bytes(b, text);
}

static enum err scheme_of(const struct builder *b, const struct parts *p,
                          struct url *u)
{
    if (str_ieq_c(p->scheme, "https")) {
        u->https = true;
    } else if (!str_ieq_c(p->scheme, "http")) {
        return fail(b, p->scheme.p, "unsupported scheme");
    }
    u->port = u->https ? 443 : 80;
    return ERR_OK;
}

enum err url_parse(struct region *r, struct str text, struct url *out,
                   struct diag *d)
{
    struct builder b = {.r = r, .d = d, .origin = text.p};
    struct url u = {0};
    text = str_trim(text);
    if (text.len == 0) {
        return diag_set(d, ERR_PARSE, "column 1: empty URL");
    }
    enum err e = check_input(&b, text);
    if (e) {
        return e;
    }
    struct parts p = split(text);
    if (!p.has_scheme) {
        return fail(&b, text.p, "not a URL: http:// or https:// is missing");
    }
    e = scheme_of(&b, &p, &u);
    if (e) {
        return e;
    }
    const char *after = p.scheme.p + p.scheme.len + 1;
    if (!p.has_authority) {
        return fail(&b, after, "// is missing after the scheme");
    }
    e = parse_authority(&b, p.authority, false, &u);
    if (e == ERR_NOTFOUND) {
        return fail(&b, after + 2, "empty host");
    }
    if (!e) {
        e = finish(&b, p.path, &p, &u);
    }
    if (!e) {
        *out = u;
    }
    return e;
}

/* RFC 3986 5.2.4; the result is never longer than the input. */
static struct str remove_dots(struct region *r, struct str path)
{
    size_t n = 0;
    if (path.len == 0) {
        path = STR("");
    }
    char *out = region_strndup(r, path.p, path.len);
    if (!out) {
        return (struct str){NULL, 0};
    }
    for (size_t i = 0; i < path.len;) {
        size_t end = i + 1; /* a segment with the slash before it */
        while (end < path.len && path.p[end] != '/') {
            end++;
        }
        struct str seg = str_sub(path, i + 1, end - i - 1);
        bool last = end == path.len;
        if (str_eq_c(seg, ".") || str_eq_c(seg, "..")) {
            if (seg.len == 2) {
                while (n > 0 && out[--n] != '/') {
                    ;
                }
            }
            if (last) {
                out[n++] = '/';
            }
        } else {
            memmove(out + n, path.p + i, end - i);
            n += end - i;
        }
        i = end;
    }
    out[n] = '\0';
    return (struct str){out, n};
}

/* RFC 3986 5.2.3: the base's path up to its last slash, then the reference. */
static struct str merge(struct region *r, struct str base, struct str ref)
{
    size_t dir = base.len;
    while (dir > 0 && base.p[dir - 1] != '/') {
        dir--;
    }
    return str_c(
        region_printf(r, "%.*s" STR_FMT, (int)dir, base.p, STR_ARG(ref)));
}

static void same_authority(const struct url *base, struct url *u)
{
    u->host = base->host;
    u->literal = base->literal;
    u->port = base->port;
    u->explicit_port = base->explicit_port;
}

/* Finishes *u with the target that the reference leads to. */
static enum err resolve_target(const struct builder *b, const struct url *base,
                               const struct parts *p, struct url *u)
{
    struct parts of_base = split(str_c(base->target));
    struct parts q = *p;
    struct str path = p->path;
    if (!p->has_authority && path.len == 0) {
        path = of_base.path;
        if (!p->has_query) {
            q.has_query = of_base.has_query;
            q.query = of_base.query;
        }
        return finish(b, path, &q, u);
    }
    if (path.len == 0) {
        path = STR("/");
    } else if (path.p[0] != '/') {
        path = merge(b->r, of_base.path, path);
        if (path.len == 0) {
            return ERR_NOMEM;
        }
    }
    path = remove_dots(b->r, path);
    if (!path.p) {
        return ERR_NOMEM;
    }
    return finish(b, path, &q, u);
}

enum err url_resolve(struct region *r, const struct url *base, struct str ref,
                     struct url *out, struct diag *d)
{
    struct url u = {.https = base->https, .port = base->https ? 443 : 80};
    if (ref.len > URL_MAX) {
        return diag_set(d, ERR_PARSE, "URL is longer than %d bytes", URL_MAX);
    }
    ref = url_reference_read(r, base->https, ref);
    if (!ref.p) {
        return ERR_NOMEM;
    }
    struct builder b = {.r = r, .d = d, .origin = ref.p, .as_browsers = true};
    enum err e = ERR_OK;
    struct parts p = split(ref);
    if (p.has_scheme) {
        u.https = false;
        e = scheme_of(&b, &p, &u);
        if (e) {
            return e;
        }
    }
    if (p.has_authority || p.has_scheme) {
        p.has_authority = true;
        e = parse_authority(&b, p.authority, true, &u);
        if (e) {
            return e;
        }
    } else {
        same_authority(base, &u);
    }
    e = resolve_target(&b, base, &p, &u);
    if (!e) {
        *out = u;
    }
    return e;
}
