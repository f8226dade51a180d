// SPDX-License-Identifier: Apache-2.0
/* Where sites of a run were cut off, and what that explains of others. */
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

struct residual {
    int64_t window_us;
    struct cut *list;
    size_t n, cap;
    bool lost; /* a cut could not be kept, for want of memory */
};

struct residual *residual_new(int64_t window_us)
{
    struct residual *r = calloc(1, sizeof(*r));
    if (r) {
        r->window_us = window_us;
    }
    return r;
}

void residual_free(struct residual *r)
{
    if (r) {
        free(r->list);
        free(r);
    }
}

/* ---- what a measurement shows -------------------------------------------- */

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

/* The same of a transfer of a comparison, which has its own list. */
static bool is_cut(const struct obs_compare *o)
{
    return o->connected && o->failure &&
           failure_is_cut(failure_of(str_c(o->failure)));
}

/* ---- cuts ---------------------------------------------------------------- */

static bool make_room(struct residual *r)
{
    if (r->n < r->cap) {
        return true;
    }
    size_t cap = r->cap ? 2 * r->cap : 16;
    struct cut *more =
        cap <= MAX_CUTS ? realloc(r->list, cap * sizeof(*more)) : NULL;
    if (!more) {
        r->lost = true;
        return false;
    }
    r->list = more;
    r->cap = cap;
    return true;
}

/* Drops the cuts that are so old that they explain nothing any more. */
static void forget(struct residual *r, int64_t now)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) {
        if (r->list[i].at + 4 * r->window_us > now) {
            r->list[n++] = r->list[i];
        }
    }
    r->n = n;
}

void residual_note(struct residual *r, const char *host,
                   const struct measurement *m, int64_t began, bool forged)
{
    forget(r, began);
    for (size_t i = 0; i < m->n_tcp; i++) {
        const struct obs_tcp *tcp = &m->tcp[i];
        int64_t t = 0;
        if (!tcp->failure && (forged || cut_after(m, tcp, &t)) &&
            make_room(r)) {
            r->list[r->n++] = (struct cut){host, tcp->ip, began + tcp->t,
                                           began + tcp->t + r->window_us};
        }
    }
    for (size_t i = 0; i < m->n_compare; i++) {
        const struct obs_compare *o = &m->compare[i];
        int64_t at = began + o->connected;
        if (o->named && is_cut(o) && make_room(r)) {
            r->list[r->n++] = (struct cut){host, o->ip, at, at + r->window_us};
        }
    }
}

size_t residual_stuck(const struct measurement *m, int64_t began,
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
    for (size_t i = 0; i < m->n_compare && n < RESIDUAL_STUCK; i++) {
        const struct obs_compare *o = &m->compare[i];
        enum failure f = failure_of(str_c(o->failure));
        if (f == FAILURE_REFUSED || failure_is_cut(f)) {
            out[n++] = (struct stuck){.ip = o->ip,
                                      .port = o->port,
                                      .t0 = began + o->t0,
                                      .t = began + o->t};
        }
    }
    return n;
}

void residual_open(struct residual *r, const struct ip *ip, int64_t now)
{
    for (size_t i = 0; i < r->n; i++) {
        if (ip_eq(&r->list[i].ip, ip) && r->list[i].until > now) {
            r->list[i].until = now;
        }
    }
}

static bool is_at(const struct cut *cut, const char *host,
                  const struct stuck *s)
{
    return strcmp(cut->host, host) != 0 && ip_eq(&cut->ip, &s->ip);
}

bool residual_explain(const struct residual *r, const char *host,
                      const struct stuck *list, size_t n)
{
    if (r->lost && n > 0) {
        return true;
    }
    for (size_t i = 0; i < r->n; i++) {
        for (size_t k = 0; k < n; k++) {
            if (is_at(&r->list[i], host, &list[k]) &&
                r->list[i].at <= list[k].t && list[k].t0 < r->list[i].until) {
                return true;
            }
        }
    }
    return false;
}

int64_t residual_until(const struct residual *r, const char *host,
                       const struct stuck *list, size_t n, int64_t now,
                       size_t *where)
{
    int64_t until = 0;
    for (size_t i = 0; i < r->n; i++) {
        for (size_t k = 0; k < n; k++) {
            if (is_at(&r->list[i], host, &list[k]) && r->list[i].until > now &&
                r->list[i].until > until) {
                until = r->list[i].until;
                *where = k;
            }
        }
    }
    return until;
}
