// SPDX-License-Identifier: Apache-2.0
/* Rows of all lists by host and by registrable domain. */
#include "record/site_classes.h"

#include "base/hex.h"
#include "base/map.h"
#include "wire/host.h"

#include <stdlib.h>
#include <string.h>

#define REGION_MAX ((size_t)512 << 20)

struct class_row {
    const char *target; /* see same_form */
    int risk;
};

/* What the rows of one registrable domain say together. */
struct class_domain {
    int8_t root; /* the root row of the name or of www below it, or none */
    int8_t lowest, riskiest;
};

/* A host, or a registrable domain, or both. There are tens of thousands, most
 * of them with one row: these are 32 bytes each, and have no array. */
struct class_name {
    union {
        const char *target;     /* of the only row, if n is 1 */
        struct class_row *rows; /* else all of them */
    } of;
    struct class_name *domain; /* of a host that has rows */
    uint32_t n;
    int8_t risk; /* of the only row */
    int8_t root; /* SITE_UNLISTED: there is no such row */
    int8_t lowest;
    struct class_domain as_domain;
};

struct site_classes {
    struct region *region;
    struct map *names;
    size_t rows;
};

struct site_classes *site_classes_new(void)
{
    struct site_classes *c = calloc(1, sizeof(*c));

    if (!c) {
        return NULL;
    }
    c->region = region_new(REGION_MAX);
    c->names = map_new((size_t)2 * SITE_CLASSES_MAX_ROWS);
    if (!c->region || !c->names) {
        site_classes_free(c);
        return NULL;
    }
    return c;
}

void site_classes_free(struct site_classes *c)
{
    if (!c) {
        return;
    }
    map_free(c->names);
    region_free(c->region);
    free(c);
}

/* ---- one form for all ways to write a path ------------------------------- */

static bool unreserved(int c)
{
    return c > 0 && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXY"
                           "Z0123456789-._~",
                           c);
}

/* The byte of the escape at `p`, or -1. */
static int escaped(const char *p)
{
    int high = p[0] == '%' ? hex_digit(p[1]) : -1;
    int low = high >= 0 ? hex_digit(p[2]) : -1;

    return low >= 0 ? high * 16 + low : -1;
}

/* Escapes that need not be are taken back, the others get capitals. In place:
 * nothing becomes longer. */
static void plain_escapes(char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    char *to = text;

    for (const char *p = text; *p;) {
        int c = escaped(p);

        if (unreserved(c)) {
            *to++ = (char)c;
        } else if (c >= 0) {
            *to++ = '%';
            *to++ = digits[c >> 4];
            *to++ = digits[c & 15];
        } else {
            *to++ = *p;
        }
        p += c >= 0 ? 3 : 1;
    }
    *to = '\0';
}

/* Path and query of `url` in the form in which rows are compared; NULL when
 * there is no memory. */
static const char *same_form(struct region *r, const struct url *url)
{
    struct url resolved;
    size_t n;

    if (strcmp(url->target, "/") == 0) { /* as most are */
        return "/";
    }
    char *text = region_strdup(r, url->target);

    if (!text) {
        return NULL;
    }
    plain_escapes(text);
    /* a reference to itself: that takes out the dots */
    if (strstr(text, "/.") &&
        url_resolve(r, url, str_c(text), &resolved, NULL) == ERR_OK) {
        text = region_strdup(r, resolved.target);
        if (!text) {
            return NULL;
        }
    }
    n = strlen(text);
    if (n > 1 && text[n - 1] == '?') {
        text[--n] = '\0';
    }
    if (n > 1 && text[n - 1] == '/') {
        text[--n] = '\0';
    }
    return text;
}

/* ---- taking rows in ------------------------------------------------------ */

/* The name under which a host is kept. An IPv4 address as NAT64 writes it is
 * that address. */
static const char *name_of(const struct url *url, char text[IP_TEXT_MAX])
{
    struct ip v4;

    if (!ip_is_nat64(&url->literal, &v4)) {
        return url->host;
    }
    ip_format(&v4, text);
    return text;
}

static struct class_name *add_name(struct site_classes *c, const char *kept)
{
    struct class_name *n = kept ? region_alloc(c->region, sizeof(*n)) : NULL;

    if (!n || map_put_kept(c->names, str_c(kept), n) != ERR_OK) {
        return NULL;
    }
    *n = (struct class_name){
        .root = SITE_UNLISTED,
        .lowest = SITE_CLASSES,
        .as_domain = {SITE_UNLISTED, SITE_CLASSES, SITE_UNLISTED}};
    return n;
}

static struct class_name *name_for(struct site_classes *c, const char *name)
{
    struct class_name *n = map_get(c->names, str_c(name));

    return n ? n : add_name(c, region_strdup(c->region, name));
}

static struct class_name *host_for(struct site_classes *c, const char *host)
{
    struct class_name *h = name_for(c, host);

    if (h && !h->domain) {
        const char *domain = host_registrable(host);
        h->domain = domain == host ? h : name_for(c, domain);
    }
    return h && h->domain ? h : NULL;
}

static int riskier(int a, int b)
{
    return a > b ? a : b;
}

/* Is it the name of its registrable domain, or www below it? */
static bool is_front(const struct site_classes *c, const struct class_name *h,
                     const char *host)
{
    return h->domain == h || (strncmp(host, "www.", 4) == 0 &&
                              map_get(c->names, str_c(host + 4)) == h->domain);
}

static void sum_up(const struct site_classes *c, struct class_name *h,
                   const char *host, bool root, int risk)
{
    struct class_domain *d = &h->domain->as_domain;

    h->lowest = (int8_t)(risk < h->lowest ? risk : h->lowest);
    d->lowest = (int8_t)(risk < d->lowest ? risk : d->lowest);
    d->riskiest = (int8_t)riskier(d->riskiest, risk);
    if (root) {
        h->root = (int8_t)riskier(h->root, risk);
    }
    if (root && is_front(c, h, host)) {
        d->root = (int8_t)riskier(d->root, risk);
    }
}

/* One more row. From the second on they are in an array, of which the size is a
 * power of two. */
static enum err add_row(struct region *r, struct class_name *h,
                        const char *target, int risk)
{
    if (h->n == 0) {
        h->of.target = target;
        h->risk = (int8_t)risk;
        h->n = 1;
        return ERR_OK;
    }
    if ((h->n & (h->n - 1)) == 0) {
        struct class_row *rows =
            region_calloc(r, (size_t)2 * h->n, sizeof(*rows));
        if (!rows) {
            return ERR_NOMEM;
        }
        if (h->n == 1) {
            rows[0] = (struct class_row){h->of.target, h->risk};
        } else {
            memcpy(rows, h->of.rows, h->n * sizeof(*rows));
        }
        h->of.rows = rows;
    }
    h->of.rows[h->n++] = (struct class_row){target, risk};
    return ERR_OK;
}

enum err site_classes_add(struct site_classes *c, const struct url *url,
                          int risk)
{
    if (c->rows >= SITE_CLASSES_MAX_ROWS) {
        return ERR_LIMIT;
    }
    char text[IP_TEXT_MAX];
    const char *host = name_of(url, text);
    const char *target = same_form(c->region, url);
    struct class_name *h = host_for(c, host);
    if (!target || !h) {
        return ERR_NOMEM;
    }
    enum err e = add_row(c->region, h, target, risk);
    if (e == ERR_OK) {
        c->rows++;
        sum_up(c, h, host, strcmp(target, "/") == 0, risk);
    }
    return e;
}

/* ---- asking -------------------------------------------------------------- */

static struct class_row row_at(const struct class_name *h, size_t i)
{
    return h->n == 1 ? (struct class_row){h->of.target, h->risk}
                     : h->of.rows[i];
}

static int own_row(const struct class_name *h, const char *target)
{
    int risk = SITE_UNLISTED;

    for (size_t i = 0; i < h->n; i++) {
        const struct class_row row = row_at(h, i);
        if (strcmp(row.target, target) == 0) {
            risk = riskier(risk, row.risk);
        }
    }
    return risk;
}

static int riskiest_prefix(const struct class_name *h, const char *target)
{
    int risk = SITE_UNLISTED;

    for (size_t i = 0; i < h->n; i++) {
        const struct class_row row = row_at(h, i);
        if (strncmp(row.target, target, strlen(row.target)) == 0) {
            risk = riskier(risk, row.risk);
        }
    }
    return risk;
}

static int of_host(const struct class_name *h, const char *target, bool https)
{
    int risk = own_row(h, target);

    if (risk == SITE_UNLISTED) {
        risk = h->root;
    }
    if (risk == SITE_UNLISTED) {
        risk = https ? h->lowest : riskiest_prefix(h, target);
    }
    return risk;
}

static int of_domain(const struct class_domain *d, bool https)
{
    if (d->root != SITE_UNLISTED) {
        return d->root;
    }
    return https ? d->lowest : d->riskiest;
}

/* The riskiest class where there is no memory to find out. */
static int ask(const struct site_classes *c, const struct url *url,
               bool row_only)
{
    char text[IP_TEXT_MAX];
    const char *host = name_of(url, text);
    const struct class_name *h = map_get(c->names, str_c(host));
    int risk = SITE_UNLISTED;

    if (h && h->n) {
        bool is_root = strcmp(url->target, "/") == 0;
        struct region *r =
            is_root ? NULL : region_new((size_t)4 * URL_MAX + 65536);
        const char *target = same_form(r, url);

        risk = !target    ? SITE_CLASSES - 1
               : row_only ? own_row(h, target)
                          : of_host(h, target, url->https);
        region_free(r);
    }
    if (risk == SITE_UNLISTED && !row_only) {
        const struct class_name *d =
            map_get(c->names, str_c(host_registrable(host)));
        risk = d && d->as_domain.lowest < SITE_CLASSES
                   ? of_domain(&d->as_domain, url->https)
                   : SITE_UNLISTED;
    }
    return risk;
}

int site_classes_of(const struct site_classes *c, const struct url *url)
{
    return ask(c, url, false);
}

int site_classes_row(const struct site_classes *c, const struct url *url)
{
    return ask(c, url, true);
}
