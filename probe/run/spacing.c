// SPDX-License-Identifier: Apache-2.0
#include "probe/run/spacing.h"

#include <stdlib.h>
#include <string.h>

struct named {
    const char *host;
    size_t row;
};

static int by_host(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->host,
                  ((const struct named *)b)->host);
}

enum err spacing_make(struct spacing *s, const struct order *o)
{
    size_t n = o->n ? o->n : 1;
    uint32_t hosts = 0;
    struct named *all = calloc(n, sizeof(*all));
    *s = (struct spacing){.host = calloc(n, sizeof(*s->host)),
                          .free_at = calloc(n, sizeof(*s->free_at))};
    if (!all || !s->host || !s->free_at) {
        free(all);
        spacing_free(s);
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < o->n; i++) {
        all[i] = (struct named){o->rows[i].site->url.host, i};
    }
    qsort(all, o->n, sizeof(*all), by_host);
    for (size_t i = 0; i < o->n; i++) {
        hosts += i > 0 && by_host(&all[i - 1], &all[i]) != 0;
        s->host[all[i].row] = hosts;
    }
    free(all);
    return ERR_OK;
}

void spacing_free(struct spacing *s)
{
    free(s->host);
    free(s->free_at);
    free(s->addrs);
    *s = (struct spacing){.host = NULL};
}

/* Each row that begins puts the moment off by one space; how far it may lie
 * ahead is how many may begin at once. */
int64_t spacing_until(const struct spacing *s, size_t i, int64_t now)
{
    int64_t until = s->free_at[s->host[i]] - (SPACING_AT_ONCE - 1) * SPACING_US;
    return until > now ? until : 0;
}

static void put_off(struct spacing *s, uint32_t host, int64_t until)
{
    int64_t at = until + (SPACING_AT_ONCE - 1) * SPACING_US;
    if (s->free_at[host] < at) {
        s->free_at[host] = at;
    }
}

/* All rows of a host share a number; false: it has no row. */
static bool number_of(const struct spacing *s, const struct order *o,
                      const char *host, uint32_t *out)
{
    for (size_t i = 0; i < o->n; i++) {
        if (strcmp(o->rows[i].site->url.host, host) == 0) {
            *out = s->host[i];
            return true;
        }
    }
    return false;
}

void spacing_put_off(struct spacing *s, const struct order *o, const char *host,
                     int64_t until)
{
    uint32_t number;
    if (number_of(s, o, host, &number)) {
        put_off(s, number, until);
    }
}

static bool make_room(struct spacing *s)
{
    size_t cap = s->cap_addrs ? 2 * s->cap_addrs : 64;
    if (s->n_addrs < s->cap_addrs) {
        return true;
    }
    struct spacing_addr *more =
        cap <= SPACING_ADDRS ? realloc(s->addrs, cap * sizeof(*more)) : NULL;
    if (more) {
        s->addrs = more;
        s->cap_addrs = cap;
    }
    return more;
}

void spacing_met(struct spacing *s, const struct order *o, const char *host,
                 const struct ip *ip)
{
    uint32_t number;
    if (!number_of(s, o, host, &number)) {
        return;
    }
    for (size_t i = 0; i < s->n_addrs; i++) {
        if (s->addrs[i].host == number && ip_eq(&s->addrs[i].ip, ip)) {
            return;
        }
    }
    if (make_room(s)) {
        s->addrs[s->n_addrs++] = (struct spacing_addr){*ip, number};
    }
}

void spacing_put_off_at(struct spacing *s, const struct ip *ip, int64_t until)
{
    for (size_t i = 0; i < s->n_addrs; i++) {
        if (ip_eq(&s->addrs[i].ip, ip)) {
            put_off(s, s->addrs[i].host, until);
        }
    }
}

void spacing_begin(struct spacing *s, size_t i, int64_t now)
{
    int64_t *at = &s->free_at[s->host[i]];
    *at = (*at > now ? *at : now) + SPACING_US;
}
