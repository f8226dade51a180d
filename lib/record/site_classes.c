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
    int root; /* the root row of the name or of www below it, or none */
    int lowest, riskiest;
};

struct class_host {
    struct class_row *rows;
    size_t n, cap;
    int root; /* SITE_UNLISTED: there is no such row */
    int lowest;
    struct class_domain *domain;
};

struct site_classes {
    struct region *region;
    struct map *hosts, *domains;
    size_t rows;
};

struct site_classes *site_classes_new(void)
{
    struct site_classes *c = calloc(1, sizeof(*c));

    if (!c) {
        return NULL;
    }
    c->region = region_new(REGION_MAX);
    c->hosts = map_new(SITE_CLASSES_MAX_ROWS);
    c->domains = map_new(SITE_CLASSES_MAX_ROWS);
    if (!c->region || !c->hosts || !c->domains) {
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
    map_free(c->hosts);
    map_free(c->domains);
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
    char *text = region_strdup(r, url->target);
    size_t n;

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

static struct class_domain *domain_for(struct site_classes *c, const char *host)
{
    struct str name = str_c(host_registrable(host));
    struct class_domain *d = map_get(c->domains, name);

    if (d) {
        return d;
    }
    d = region_alloc(c->region, sizeof(*d));
    if (!d || map_put(c->domains, name, d) != ERR_OK) {
        return NULL;
    }
    *d = (struct class_domain){SITE_UNLISTED, SITE_CLASSES, SITE_UNLISTED};
    return d;
}

static struct class_host *host_for(struct site_classes *c, const char *host)
{
    struct class_host *h = map_get(c->hosts, str_c(host));

    if (h) {
        return h;
    }
    h = region_alloc(c->region, sizeof(*h));
    if (!h) {
        return NULL;
    }
    *h = (struct class_host){.root = SITE_UNLISTED, .lowest = SITE_CLASSES};
    h->domain = domain_for(c, host);
    return h->domain && map_put(c->hosts, str_c(host), h) == ERR_OK ? h : NULL;
}

static int riskier(int a, int b)
{
    return a > b ? a : b;
}

static bool is_front(const char *host)
{
    const char *domain = host_registrable(host);

    return host == domain ||
           (domain == host + 4 && strncmp(host, "www.", 4) == 0);
}

static void sum_up(struct class_host *h, const char *host, bool root, int risk)
{
    struct class_domain *d = h->domain;

    h->lowest = risk < h->lowest ? risk : h->lowest;
    d->lowest = risk < d->lowest ? risk : d->lowest;
    d->riskiest = riskier(d->riskiest, risk);
    if (root) {
        h->root = riskier(h->root, risk);
    }
    if (root && is_front(host)) {
        d->root = riskier(d->root, risk);
    }
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
    struct class_host *h = host_for(c, host);
    if (!target || !h) {
        return ERR_NOMEM;
    }
    enum err e = region_grow(c->region, (void **)&h->rows, &h->cap, h->n,
                             sizeof(*h->rows), SITE_CLASSES_MAX_ROWS);
    if (e == ERR_OK) {
        h->rows[h->n++] = (struct class_row){target, risk};
        c->rows++;
        sum_up(h, host, strcmp(target, "/") == 0, risk);
    }
    return e;
}

/* ---- asking -------------------------------------------------------------- */

static int own_row(const struct class_host *h, const char *target)
{
    int risk = SITE_UNLISTED;

    for (size_t i = 0; i < h->n; i++) {
        if (strcmp(h->rows[i].target, target) == 0) {
            risk = riskier(risk, h->rows[i].risk);
        }
    }
    return risk;
}

static int riskiest_prefix(const struct class_host *h, const char *target)
{
    int risk = SITE_UNLISTED;

    for (size_t i = 0; i < h->n; i++) {
        const char *t = h->rows[i].target;
        if (strncmp(t, target, strlen(t)) == 0) {
            risk = riskier(risk, h->rows[i].risk);
        }
    }
    return risk;
}

static int of_host(const struct class_host *h, const char *target, bool https)
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
    const struct class_host *h = map_get(c->hosts, str_c(host));
    const struct class_domain *d =
        map_get(c->domains, str_c(host_registrable(host)));
    int risk = SITE_UNLISTED;

    if (h) {
        struct region *r = region_new((size_t)4 * URL_MAX + 65536);
        const char *target = same_form(r, url);

        risk = !target    ? SITE_CLASSES - 1
               : row_only ? own_row(h, target)
                          : of_host(h, target, url->https);
        region_free(r);
    }
    if (risk == SITE_UNLISTED && d && !row_only) {
        risk = of_domain(d, url->https);
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
