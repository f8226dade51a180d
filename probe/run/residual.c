// SPDX-License-Identifier: Apache-2.0
#include "probe/run/residual.h"

#include "record/failure.h"

#include <stdlib.h>
#include <string.h>

#define MAX_CUTS 16384

struct cut {
    const char *host;
    struct ip ip;
    int64_t at, until;
};

struct cuts {
    int64_t window_us;
    struct cut *list;
    size_t n, cap;
    bool lost; /* one had no place */
};

struct cuts *cuts_new(int64_t window_us)
{
    struct cuts *c = calloc(1, sizeof(*c));
    if (c) {
        c->window_us = window_us;
    }
    return c;
}

void cuts_free(struct cuts *c)
{
    if (c) {
        free(c->list);
        free(c);
    }
}

/* ---- what a measurement shows ---------------------------------------------
 */

/* Was a connection that was made cut afterwards, and when? A page in cleartext
 * without any header counts too: no server sends such, a censor does. */
static bool cut_after(const struct measurement *m, const struct obs_tcp *tcp,
                      int64_t *t)
{
    for (size_t i = 0; i < m->n_tls; i++) {
        if (m->tls[i].id == tcp->id && m->tls[i].failure) {
            *t = m->tls[i].t;
            return failure_is_cut(failure_of(str_c(m->tls[i].failure)));
        }
    }
    for (size_t i = 0; i < m->n_http; i++) {
        const struct obs_http *http = &m->http[i];
        if (http->id == tcp->id) {
            *t = http->t;
            bool forged = !http->failure && !http->alpn && http->status &&
                          http->n_headers == 0;
            return forged || failure_is_cut(failure_of(str_c(http->failure)));
        }
    }
    return false;
}

/* ---- cuts ------------------------------------------------------------------
 */

static bool make_room(struct cuts *c)
{
    if (c->n < c->cap) {
        return true;
    }
    size_t cap = c->cap ? 2 * c->cap : 16;
    struct cut *more =
        cap <= MAX_CUTS ? realloc(c->list, cap * sizeof(*more)) : NULL;
    if (!more) {
        c->lost = true;
        return false;
    }
    c->list = more;
    c->cap = cap;
    return true;
}

/* What is over explains nothing that is still to come. */
static void forget(struct cuts *c, int64_t now)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++) {
        if (c->list[i].at + 4 * c->window_us > now) {
            c->list[n++] = c->list[i];
        }
    }
    c->n = n;
}

void cuts_note(struct cuts *c, const char *host, const struct measurement *m,
               int64_t began, bool forged)
{
    forget(c, began);
    for (size_t i = 0; i < m->n_tcp; i++) {
        const struct obs_tcp *tcp = &m->tcp[i];
        int64_t t = 0;
        if (!tcp->failure && (forged || cut_after(m, tcp, &t)) &&
            make_room(c)) {
            c->list[c->n++] = (struct cut){host, tcp->ip, began + tcp->t,
                                           began + tcp->t + c->window_us};
        }
    }
}

size_t cuts_stuck(const struct measurement *m, int64_t began,
                  struct stuck out[RESIDUAL_STUCK])
{
    size_t n = 0;
    for (size_t i = 0; i < m->n_tcp && n < RESIDUAL_STUCK; i++) {
        const struct obs_tcp *tcp = &m->tcp[i];
        int64_t t = 0;
        enum failure f = failure_of(str_c(tcp->failure));
        if (f == FAILURE_REFUSED || failure_is_cut(f) ||
            (f == FAILURE_NONE && cut_after(m, tcp, &t))) {
            out[n++] = (struct stuck){.ip = tcp->ip,
                                      .port = tcp->port,
                                      .t0 = began + tcp->t0,
                                      .t = began + (tcp->failure ? tcp->t : t)};
        }
    }
    return n;
}

void cuts_open(struct cuts *c, const struct ip *ip, int64_t now)
{
    for (size_t i = 0; i < c->n; i++) {
        if (ip_eq(&c->list[i].ip, ip) && c->list[i].until > now) {
            c->list[i].until = now;
        }
    }
}

static bool is_at(const struct cut *cut, const char *host,
                  const struct stuck *s)
{
    return strcmp(cut->host, host) != 0 && ip_eq(&cut->ip, &s->ip);
}

bool cuts_explain(const struct cuts *c, const char *host,
                  const struct stuck *list, size_t n)
{
    if (c->lost && n > 0) {
        return true;
    }
    for (size_t i = 0; i < c->n; i++) {
        for (size_t k = 0; k < n; k++) {
            if (is_at(&c->list[i], host, &list[k]) &&
                c->list[i].at <= list[k].t && list[k].t0 < c->list[i].until) {
                return true;
            }
        }
    }
    return false;
}

int64_t cuts_until(const struct cuts *c, const char *host,
                   const struct stuck *list, size_t n, int64_t now,
                   size_t *where)
{
    int64_t until = 0;
    for (size_t i = 0; i < c->n; i++) {
        for (size_t k = 0; k < n; k++) {
            if (is_at(&c->list[i], host, &list[k]) && c->list[i].until > now &&
                c->list[i].until > until) {
                until = c->list[i].until;
                *where = k;
            }
        }
    }
    return until;
}
