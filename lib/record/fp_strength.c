// SPDX-License-Identifier: Apache-2.0
#include "record/fp_strength.h"
#include "base/ascii.h"
#include "record/fp_innocent.h"
#include "record/fp_innocent_pages.h"
#include "record/fp_telling.h"
#include "record/fp_worth.h"
#include "wire/host.h"
#include "wire/ip.h"
#include <stdio.h>
#include <string.h>

/* Letters, digits and bytes of other scripts that a pattern needs: in half a
 * megabyte of script or base64 any four stand somewhere by chance, any six
 * hardly ever. A header's value is short. */
#define BODY_MIN   6
#define HEADER_MIN 4
#define WHAT_MAX   64
/* An expression that needs more than any pattern may have says "anything" that
 * often, and our pages are too short to show it. */
#define SHORTEST_MAX 4096

struct net {
    const char *what;
    struct ip ip;
    unsigned bits;
};

struct fp_strength {
    struct str *pages;   /* in lower case, as far as letters are ASCII */
    struct str *words;   /* the same, whatever the script */
    struct str *headers; /* likewise */
    struct net *nets;
    size_t n_nets, cap_nets;
};

static struct str lower(struct region *r, struct str text)
{
    struct str s = region_str(r, text);
    char *p = (char *)(uintptr_t)s.p;
    for (size_t i = 0; i < s.len; i++) {
        p[i] = ascii_lower(p[i]);
    }
    return s;
}

static enum err lower_all(struct region *r,
                          struct str (*lower_one)(struct region *, struct str),
                          const struct fp_innocent *list, size_t n,
                          struct str **out)
{
    struct str *all = region_calloc(r, n, sizeof(*all));
    if (!all) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        all[i] = lower_one(r, str_c(list[i].text));
        if (!all[i].p) {
            return ERR_NOMEM;
        }
    }
    *out = all;
    return ERR_OK;
}

static enum err add_net(struct region *r, struct fp_strength *s,
                        const char *what, struct str text)
{
    struct net net = {.what = what};
    size_t slash = str_find_char(text, '/');
    int64_t bits = -1;
    if (slash != SIZE_MAX) {
        if (str_to_i64(str_sub(text, slash + 1, text.len), 0, 128, &bits)) {
            return ERR_INTERNAL;
        }
        text.len = slash;
    }
    if (!ip_parse(text, &net.ip)) {
        return ERR_INTERNAL;
    }
    net.bits = bits >= 0 ? (unsigned)bits : net.ip.family == 4 ? 32 : 128;
    enum err e = region_grow(r, (void **)&s->nets, &s->cap_nets, s->n_nets,
                             sizeof(*s->nets), 4096);
    if (!e) {
        s->nets[s->n_nets++] = net;
    }
    return e;
}

static enum err read_nets(struct region *r, struct fp_strength *s)
{
    enum err e = ERR_OK;
    for (size_t i = 0; i < fp_innocent_nets_count; i++) {
        struct str rest = str_c(fp_innocent_nets[i].text), one;
        while (!e && str_next(&rest, ' ', &one)) {
            e = add_net(r, s, fp_innocent_nets[i].what, one);
        }
    }
    return e;
}

enum err fp_strength_new(struct region *r, struct fp_strength **out)
{
    struct fp_strength *s = region_alloc(r, sizeof(*s));
    if (!s) {
        return ERR_NOMEM;
    }
    enum err e = lower_all(r, lower, fp_innocent_pages, fp_innocent_pages_count,
                           &s->pages);
    if (!e) {
        e = lower_all(r, fp_telling_lower, fp_innocent_pages,
                      fp_innocent_pages_count, &s->words);
    }
    if (!e) {
        e = lower_all(r, lower, fp_innocent_headers, fp_innocent_headers_count,
                      &s->headers);
    }
    if (!e) {
        e = read_nets(r, s);
    }
    if (!e) {
        *out = s;
    }
    return e;
}

/* ---- texts --------------------------------------------------------------- */

static size_t substance(struct str pattern)
{
    size_t n = 0;
    for (size_t i = 0; i < pattern.len; i++) {
        n += ascii_isalnum(pattern.p[i]) || (unsigned char)pattern.p[i] >= 0x80;
    }
    return n;
}

static enum err too_short(struct diag *d, size_t has, size_t needs)
{
    return diag_set(d, ERR_PARSE,
                    "too weak: %zu letters or digits, and %zu are needed", has,
                    needs);
}

/* `text` and `pattern` in lower case: pages differ in that, and what they say
 * does not. The start of a page is tried anywhere, as pages may start so. */
static bool matches(const struct fingerprint *fp, struct str pattern,
                    struct str text)
{
    switch (fp->how) {
    case FP_FULL:
        return fp->where == FP_BODY ? str_find(text, pattern) != SIZE_MAX
                                    : str_eq(text, pattern);
    case FP_PREFIX:
        return fp->where == FP_BODY
                   ? str_find(text, pattern) != SIZE_MAX
                   : str_eq(str_sub(text, 0, pattern.len), pattern);
    case FP_CONTAINS:
        return str_find(text, pattern) != SIZE_MAX;
    case FP_REGEXP:
        break;
    }
    return false;
}

static enum err found_in(struct diag *d, const char *what)
{
    return diag_set(d, ERR_PARSE, "too weak: matches %s as well", what);
}

static enum err try_regexp(const struct fp_regexp *x, struct str text,
                           const char *what, struct diag *d)
{
    bool found = false;
    enum err e = fp_regexp_match(x, text, &found);
    if (e == ERR_LIMIT) {
        return diag_set(d, ERR_PARSE,
                        "regular expression that takes too long on %s", what);
    }
    return !e && found ? found_in(d, what) : e;
}

static enum err check_header(const struct fp_strength *s,
                             const struct fingerprint *fp, struct str pattern,
                             const struct fp_regexp *regexp, struct diag *d)
{
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < fp_innocent_headers_count; i++) {
        struct str rest =
            regexp ? str_c(fp_innocent_headers[i].text) : s->headers[i];
        struct str value;
        char what[WHAT_MAX];
        if (strcmp(fp_innocent_headers[i].what, fp->header) != 0) {
            continue;
        }
        while (!e && str_next(&rest, '\n', &value)) {
            snprintf(what, sizeof(what), "\"" STR_FMT "\"", STR_ARG(value));
            if (regexp) {
                e = try_regexp(regexp, value, what, d);
            } else if (matches(fp, pattern, value)) {
                e = found_in(d, what);
            }
        }
    }
    return e;
}

static enum err check_body(const struct fp_strength *s,
                           const struct fingerprint *fp, struct str pattern,
                           const struct fp_regexp *regexp, struct diag *d)
{
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < fp_innocent_pages_count; i++) {
        const struct fp_innocent *page = &fp_innocent_pages[i];
        if (regexp) {
            e = try_regexp(regexp, str_c(page->text), page->what, d);
            e = e ? e : try_regexp(regexp, s->pages[i], page->what, d);
        } else if (matches(fp, pattern, s->pages[i])) {
            e = found_in(d, page->what);
        }
    }
    return e;
}

static enum err check_telling(struct region *r, const struct fp_strength *s,
                              const struct fingerprint *fp, struct diag *d)
{
    struct str text = fp_telling_lower(r, fp->pattern);
    if (!text.p) {
        return ERR_NOMEM;
    }
    if (fp->how == FP_REGEXP) {
        text = fp_telling_strip(text);
    }
    return fp_telling_check(text, s->words, fp_innocent_pages_count, d);
}

static enum err check_text(const struct fp_strength *s,
                           const struct fingerprint *fp,
                           const struct fp_regexp *regexp, struct diag *d)
{
    struct region *r = region_new(8 * fp->pattern.len + 256);
    bool body = fp->where == FP_BODY;
    struct str pattern = lower(r, fp->pattern);
    size_t has = regexp ? fp_regexp_shortest(regexp) : substance(fp->pattern);
    size_t needs = body ? BODY_MIN : HEADER_MIN;
    enum err e = pattern.p ? ERR_OK : ERR_NOMEM;
    if (!e && has < needs) {
        e = too_short(d, has, needs);
    }
    if (!e && has > SHORTEST_MAX) {
        e = diag_set(d, ERR_PARSE,
                     "too weak: needs %zu characters, which can only be any",
                     has);
    }
    if (!e) {
        e = body ? check_body(s, fp, pattern, regexp, d)
                 : check_header(s, fp, pattern, regexp, d);
    }
    if (!e && body && fp->how != FP_FULL) {
        e = check_telling(r, s, fp, d);
    }
    region_free(r);
    return e;
}

/* ---- answers ------------------------------------------------------------- */

static bool is_in(const struct ip *ip, const struct net *net)
{
    unsigned whole = net->bits / 8, rest = net->bits % 8;
    uint8_t mask = (uint8_t)(0xff00 >> rest);
    return ip->family == net->ip.family &&
           memcmp(ip->b, net->ip.b, whole) == 0 &&
           (rest == 0 || ((ip->b[whole] ^ net->ip.b[whole]) & mask) == 0);
}

/* Of the letters that names have, and not what only looks like an address: a
 * range of them, one with a number above 255 or a zero in front. */
static bool is_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    return name[strspn(name, allowed)] == '\0' &&
           name[strspn(name, "0123456789.")] != '\0';
}

static enum err check_name(struct str pattern, struct diag *d)
{
    char name[HOST_MAX + 1];
    size_t n = 0;
    if (pattern.len > 0 && pattern.p[pattern.len - 1] == '.') {
        pattern.len--;
    }
    for (; n < pattern.len && n < HOST_MAX; n++) {
        name[n] = ascii_lower(pattern.p[n]);
    }
    name[n] = '\0';
    if (!is_name(name)) {
        return diag_set(d, ERR_PARSE,
                        "a DNS pattern must be a full address or name");
    }
    if (!strchr(name, '.') || host_is_public_suffix(name)) {
        return diag_set(d, ERR_PARSE,
                        "too weak: a whole zone, not a name of one site");
    }
    for (size_t i = 0; i < fp_innocent_zones_count; i++) {
        struct str rest = str_c(fp_innocent_zones[i].text), one;
        while (str_next(&rest, ' ', &one)) {
            char zone[HOST_MAX + 1];
            snprintf(zone, sizeof(zone), STR_FMT, STR_ARG(one));
            if (host_domain_match(name, zone)) {
                return diag_set(d, ERR_PARSE, "too weak: a name of %s",
                                fp_innocent_zones[i].what);
            }
        }
    }
    return ERR_OK;
}

static enum err check_answer(const struct fp_strength *s, struct str pattern,
                             struct diag *d)
{
    struct ip ip;
    if (!ip_parse(pattern, &ip)) {
        return check_name(pattern, d);
    }
    for (size_t i = 0; i < s->n_nets; i++) {
        if (is_in(&ip, &s->nets[i])) {
            return diag_set(d, ERR_PARSE, "too weak: an address of %s",
                            s->nets[i].what);
        }
    }
    return ERR_OK;
}

enum err fp_strength_check(const struct fp_strength *s,
                           const struct fingerprint *fp,
                           const struct fp_regexp *regexp, struct diag *d)
{
    if (!fp_worth_decides(fp)) {
        return ERR_OK;
    }
    return fp->where == FP_DNS ? check_answer(s, fp->pattern, d)
                               : check_text(s, fp, regexp, d);
}
