// SPDX-License-Identifier: Apache-2.0
#include "probe/run/outage.h"

#include "record/failure.h"
#include "wire/host.h"

#include <string.h>

/* ---- one row ------------------------------------------------------------- */

static void led_to(struct outage_sign *s, enum outage_way way, struct str to)
{
    s->led[way] = true;
    crypto_sha256(to, s->to[way]);
}

static void look_at_lookup(const struct obs_query *q, struct outage_sign *s)
{
    enum failure f = failure_of(str_c(q->failure));
    const struct ip *first = NULL;
    bool one = true;
    if (q->list != QUERY_MAIN || !q->tags.classic || q->tags.depth > 0) {
        return;
    }
    s->denied = s->denied || f == FAILURE_NXDOMAIN || f == FAILURE_NO_ANSWER ||
                f == FAILURE_DNS_REFUSED;
    for (size_t i = 0; i < q->n_answers; i++) {
        const struct ip *ip = &q->answers[i].ip;
        if (ip->family == 0) {
            continue;
        }
        one = one && (!first || ip_eq(first, ip));
        first = first ? first : ip;
    }
    if (first && one && ip_is_bogon(first)) {
        led_to(s, OUTAGE_ADDRESS,
               (struct str){(const char *)first, sizeof(*first)});
    }
}

static struct str header(const struct obs_http *h, const char *name)
{
    for (size_t i = 0; i < h->n_headers; i++) {
        if (str_ieq_c(str_c(h->headers[i].name), name)) {
            return h->headers[i].value;
        }
    }
    return (struct str){NULL, 0};
}

/* The host of an absolute URL; empty if there is none. */
static struct str host_of(struct str url)
{
    size_t at = str_find(url, STR("://"));
    if (at == SIZE_MAX) {
        return (struct str){NULL, 0};
    }
    struct str rest = str_sub(url, at + 3, url.len);
    size_t end = 0;
    while (end < rest.len && !strchr("/?#:", rest.p[end])) {
        end++;
    }
    return str_sub(rest, 0, end);
}

static void look_at_page(const struct obs_http *h, const char *host,
                         struct outage_sign *s)
{
    if (h->tags.depth > 0 || h->alpn || !h->status) {
        return;
    }
    struct str to = host_of(header(h, "Location"));
    const char *own = host_registrable(host);
    if (h->status / 100 == 3 && to.len > 0 && !str_ends(to, own)) {
        struct ip ip;
        led_to(s, OUTAGE_REDIRECT, to);
        s->near = ip_parse(to, &ip) && ip_is_special(&ip);
    } else if (h->status / 100 != 3 && h->body.len > 0) {
        led_to(s, OUTAGE_PAGE, h->body);
    }
}

void outage_look(const struct measurement *m, const struct site *site,
                 struct outage_sign *out)
{
    struct outage_sign s = {.host = site->url.host,
                            .everyday = site->risk == 0,
                            .unsorted = !site->category[0],
                            .proven =
                                m->control.len > 0 && !m->control_failure};
    for (size_t i = 0; i < m->n_queries; i++) {
        look_at_lookup(&m->queries[i], &s);
    }
    for (size_t i = 0; i < m->n_tcp; i++) {
        s.reached = s.reached || !m->tcp[i].failure;
    }
    for (size_t i = 0; i < m->n_tls; i++) {
        const struct obs_tls *t = &m->tls[i];
        bool refused =
            t->failure && failure_is_certificate(failure_of(str_c(t->failure)));
        s.proven = s.proven || !t->failure;
        if (refused && t->n_certs > 0) {
            led_to(&s, OUTAGE_CERTIFICATE, t->certs[0]);
        }
    }
    for (size_t i = 0; i < m->n_http; i++) {
        look_at_page(&m->http[i], s.host, &s);
    }
    *out = s;
}

/* ---- all of them --------------------------------------------------------- */

static bool is_led(const struct outage_sign *s)
{
    for (int w = 0; w < OUTAGE_WAYS; w++) {
        if (s->led[w]) {
            return true;
        }
    }
    return false;
}

bool outage_excludes(const struct outage_sign *s)
{
    return s->proven || (s->reached && !is_led(s));
}

/* Led to one place where they are led at all. */
static bool agree(const struct outage_sign *a, const struct outage_sign *b)
{
    for (int w = 0; w < OUTAGE_WAYS; w++) {
        if (a->led[w] && b->led[w] &&
            memcmp(a->to[w], b->to[w], SHA256_LEN) != 0) {
            return false;
        }
    }
    return true;
}

/* Rows of one domain are one witness. */
static bool is_new(const struct outage_sign *const *rows, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (!strcmp(host_registrable(rows[i]->host),
                    host_registrable(rows[k]->host))) {
            return false;
        }
    }
    return true;
}

/* What witnesses have in common. */
struct tally {
    size_t witnesses, everyday, unsorted, led, far;
    bool denied; /* some name does not exist, and its row is no witness */
};

static void count(struct tally *t, const struct outage_sign *s)
{
    t->witnesses++;
    t->everyday += s->everyday;
    t->unsorted += s->unsorted;
    t->led += is_led(s);
    t->far += is_led(s) && !s->near;
}

static bool is_enough(const struct tally *t)
{
    bool known = t->everyday >= OUTAGE_EVERYDAY && t->witnesses >= OUTAGE_ROWS;
    /* behind a login page name servers work, and lists have dead names */
    bool name_server = t->denied && (t->led == 0 || t->far > 0);
    bool unknown = t->everyday + t->unsorted >= OUTAGE_UNSORTED && t->far == 0;
    /* one that is led away is compared with none */
    bool alone = t->led == 1 && t->witnesses == OUTAGE_ROWS;
    return (known || unknown) && !alone && !name_server;
}

enum outage outage_judge(const struct outage_sign *const *rows, size_t n,
                         bool unheard)
{
    struct tally t = {.witnesses = 0};
    for (size_t i = 0; i < n; i++) {
        if (outage_excludes(rows[i])) {
            return OUTAGE_NONE;
        }
        for (size_t k = 0; k < i; k++) {
            if (!agree(rows[i], rows[k])) {
                return OUTAGE_NONE;
            }
        }
        t.denied = t.denied || rows[i]->denied;
        if (is_new(rows, i) && !rows[i]->denied) {
            count(&t, rows[i]);
        }
    }
    if (unheard && n > 0 && !t.denied) {
        return OUTAGE_LINE;
    }
    if (!is_enough(&t)) {
        return OUTAGE_NONE;
    }
    return t.led > 0 ? OUTAGE_PORTAL : OUTAGE_LINE;
}
