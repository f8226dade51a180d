// SPDX-License-Identifier: Apache-2.0
/* An order of ways, and which of them rest. */
#include "probe/deliver/ways.h"

#include "base/clock.h"

#include <string.h>

#define REST_US      (60 * US_PER_S)
#define REST_MOST_US (6 * 3600 * US_PER_S)

static const struct {
    const char *name;
    const char *words;
} kinds[WAY_KINDS] = {
    [WAY_DIRECT] = {"direct", "directly"},
    [WAY_FURTHER] = {"further", "by a further address"},
    [WAY_PROXY] = {"proxy", "by proxy"},
};

const char *ways_name(enum way_kind k)
{
    return kinds[k].name;
}

const char *ways_words(enum way_kind k)
{
    return kinds[k].words;
}

/* ---- making them --------------------------------------------------------- */

static bool is_local(const struct url *u)
{
    return (u->literal.family && ip_is_loopback(&u->literal)) ||
           !strcmp(u->host, "localhost");
}

static enum err parse_url(struct region *r, const char *text, struct url *out,
                          struct diag *d)
{
    struct diag why = {""};
    enum err e = url_parse(r, str_c(text), out, &why);
    if (e != ERR_OK) {
        return diag_set(d, ERR_INVAL, "the collector's URL is no good: %.200s",
                        why.text);
    }
    if (!out->https && !is_local(out)) {
        return diag_set(d, ERR_INVAL,
                        "the collector must be an https URL (http only to "
                        "this machine itself)");
    }
    if (strchr(out->target, '?')) {
        return diag_set(d, ERR_INVAL, "the collector's URL must end in a path");
    }
    return ERR_OK;
}

enum err ways_check_url(const char *url, struct diag *d)
{
    struct region *r = region_new(256u << 10);
    struct url parsed;
    enum err e = r ? parse_url(r, url, &parsed, d) : ERR_NOMEM;
    region_free(r);
    return e;
}

/* What is read of the settings, before the ways are put in order. */
struct reading {
    struct region *r;
    struct url urls[1 + WAYS_FURTHER]; /* the collector's own first */
    const char *bases[1 + WAYS_FURTHER];
    size_t n_urls;
    struct client_proxy *proxies;
    size_t n_proxies;
    struct ways *out;
};

static enum err read_url(struct reading *g, const char *text, struct diag *d)
{
    struct url *u = &g->urls[g->n_urls];
    enum err e = parse_url(g->r, text, u, d);
    if (e != ERR_OK) {
        return e;
    }
    size_t len = strlen(u->text);
    while (len && u->text[len - 1] == '/') {
        len--;
    }
    g->bases[g->n_urls] = region_strndup(g->r, u->text, len);
    return g->bases[g->n_urls++] ? ERR_OK : ERR_NOMEM;
}

static enum err read_all(struct reading *g, const struct ways_config *cfg,
                         struct diag *d)
{
    enum err e = read_url(g, cfg->collector, d);
    if (e == ERR_OK &&
        (cfg->n_further > WAYS_FURTHER || cfg->n_proxies > WAYS_PROXIES)) {
        e = diag_set(d, ERR_INVAL,
                     "at most %d further addresses of the collector, and %d "
                     "proxies",
                     WAYS_FURTHER, WAYS_PROXIES);
    }
    for (size_t i = 0; e == ERR_OK && i < cfg->n_further; i++) {
        e = read_url(g, cfg->further[i], d);
    }
    if (e == ERR_OK) {
        g->proxies = region_calloc(g->r, WAYS_PROXIES, sizeof(*g->proxies));
        e = g->proxies ? ERR_OK : ERR_NOMEM;
    }
    for (size_t i = 0; e == ERR_OK && i < cfg->n_proxies; i++) {
        e = client_proxy_parse(cfg->proxies[i], &g->proxies[g->n_proxies++], d);
    }
    return e;
}

static void add(struct reading *g, enum way_kind kind, size_t url,
                const struct client_proxy *proxy)
{
    /* nobody's proxy leads to this machine, or may see what is in the clear */
    bool possible = !proxy || (g->urls[url].https && !is_local(&g->urls[url]));
    if (possible && g->out->n < WAYS_MAX) {
        g->out->way[g->out->n++] = (struct way){.kind = kind,
                                                .url = g->urls[url],
                                                .base = g->bases[url],
                                                .proxy = proxy};
    }
}

static void add_kind(struct reading *g, enum way_kind kind)
{
    if (kind == WAY_DIRECT) {
        add(g, kind, 0, NULL);
        return;
    }
    for (size_t i = kind == WAY_FURTHER; i < g->n_urls; i++) {
        if (kind == WAY_FURTHER) {
            add(g, kind, i, NULL);
        }
        for (size_t k = 0; kind == WAY_PROXY && k < g->n_proxies; k++) {
            add(g, kind, i, &g->proxies[k]);
        }
    }
}

/* The number of the kind with this name, WAY_KINDS if there is none. */
static size_t kind_of(struct str name)
{
    size_t k = 0;
    while (k < WAY_KINDS && !str_eq_c(name, kinds[k].name)) {
        k++;
    }
    return k;
}

static enum err put_in_order(struct reading *g, const char *order,
                             struct diag *d)
{
    struct str rest = str_c(order), word;
    unsigned seen = 0;
    while (str_next(&rest, ',', &word)) {
        size_t k = kind_of(str_trim(word));
        if (k == WAY_KINDS || seen & (1u << k)) {
            return diag_set(d, ERR_INVAL,
                            "collector.ways: `direct`, `further` and `proxy`, "
                            "each once at most, by commas");
        }
        seen |= 1u << k;
        add_kind(g, (enum way_kind)k);
    }
    return g->out->n ? ERR_OK
                     : diag_set(d, ERR_INVAL,
                                "there is no way to the collector: "
                                "collector.ways names only some of which "
                                "there are none");
}

enum err ways_make(struct region *r, const struct ways_config *cfg,
                   struct ways *out, struct diag *d)
{
    struct reading g = {.r = r, .out = out};
    *out = (struct ways){.n = 0};
    enum err e = read_all(&g, cfg, d);
    return e ? e : put_in_order(&g, cfg->order ? cfg->order : WAYS_ORDER, d);
}

/* ---- which one ----------------------------------------------------------- */

size_t ways_next(const struct ways *w, uint32_t tried, int64_t now_us)
{
    size_t soonest = WAYS_NONE;
    for (size_t i = 0; i < w->n; i++) {
        if (tried & (UINT32_C(1) << i)) {
            continue;
        }
        if (w->way[i].rests_until <= now_us) {
            return i;
        }
        if (soonest == WAYS_NONE ||
            w->way[i].rests_until < w->way[soonest].rests_until) {
            soonest = i;
        }
    }
    return tried ? WAYS_NONE : soonest;
}

int64_t ways_pause(int64_t base_us, unsigned fails, int64_t most_us,
                   uint32_t chance)
{
    int64_t pause = base_us;
    for (unsigned i = 1; i < fails && pause < most_us; i++) {
        pause *= 2;
    }
    if (pause > most_us) {
        pause = most_us;
    }
    return pause / 2 + (pause >> 16) * (int64_t)(chance >> 16);
}

void ways_failed(struct ways *w, size_t i, int64_t now_us, uint32_t chance)
{
    struct way *way = &w->way[i];
    if (way->rests_until > now_us) {
        return; /* requests that went out together fail together */
    }
    if (way->fails < 1000) {
        way->fails++;
    }
    way->rests_until =
        now_us + ways_pause(REST_US, way->fails, REST_MOST_US, chance);
}

void ways_worked(struct ways *w, size_t i)
{
    w->way[i].fails = 0;
    w->way[i].rests_until = 0;
}

bool ways_status_is_between(int status)
{
    switch (status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
    case 403:
    case 407:
    case 451:
    case 502:
    case 504:
        return true;
    default:
        return false;
    }
}
