// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge_given.h"
#include "verdict/judge_connect.h"
#include "verdict/judge_handshake.h"
#include "verdict/rules.h"

/* Of the attempts at the site's own name and port, those at addresses that the
 * system's resolver gave. */
static void keep_given(const struct observations *o, struct attempts *g)
{
    size_t n = 0;
    for (size_t i = 0; i < g->n; i++) {
        const struct vaddr *a = &o->addrs[g->ends[i]->addr];
        if (a->classic && !a->own && g->ends[i]->port == o->url.port) {
            g->ends[n++] = g->ends[i];
        }
    }
    g->n = n;
}

static void decide(struct judging *j, const struct attempts *g,
                   const struct sums *tcp, const struct sums *tls)
{
    const struct sums *s = tls->n > 0 ? tls : tcp;
    j->n_reasons = j->n_alternatives = 0;
    j->v->want_compare = NULL;
    j->at = 0;
    if (s->ctl_ok < s->n) {
        /* a cache that is ill, or dead, is so for the control as well */
        judging_alternative(j, NOTE_ADDRESS_DEAD, &s->ids);
        judging_alternative(j, NOTE_OLD_ADDRESS, &s->ids);
        judging_conclude(j, X_INCONCLUSIVE, NOTE_DIFFERS_AND_FAILS, &s->ids);
    } else if (tls->n > 0) {
        judge_handshake(j, g, tls, 0);
    } else {
        judge_connect(j, tcp, 0);
    }
}

/* Of the attempts at the site's own name and port, those by one family. */
static void keep_family(const struct observations *o, struct attempts *g,
                        int family)
{
    size_t n = 0;
    for (size_t i = 0; i < g->n; i++) {
        const struct vaddr *a = &o->addrs[g->ends[i]->addr];
        if (a->ip.family == family && !a->own && (a->classic || a->control) &&
            g->ends[i]->port == o->url.port) {
            g->ends[n++] = g->ends[i];
        }
    }
    g->n = n;
}

/* Who looks for names in IPv4 alone leaves the page to those that have IPv6. */
static void judge_given_ipv4(struct judging *j)
{
    struct attempts *four = attempts_of(j, 0, 1), *six = attempts_of(j, 0, 1);
    if (!four || !six || j->o->addrs[j->page->addr].ip.family != 6) {
        return;
    }
    keep_family(j->o, four, 4);
    keep_family(j->o, six, 6);
    struct sums cut = attempts_tls(four), well = attempts_tls(six);
    if (cut.n == 0 || cut.n < four->n || cut.cut < cut.n ||
        cut.ctl_ok < cut.n || well.ok == 0) {
        return;
    }
    j->n_reasons = j->n_alternatives = 0;
    j->v->want_compare = NULL;
    j->at = 0;
    judge_handshake(j, four, &cut, 0);
    if (j->v->state == X_BLOCKED) {
        judging_reason(j, NOTE_TLS_ONLY_IPV4, &cut.ids);
    }
}

void judge_given(struct judging *j)
{
    const struct observations *o = j->o;
    if (j->v->state != X_OK || !j->page || !o->url.text ||
        !judging_control_page(j)) {
        return;
    }
    struct attempts *g = attempts_of(j, 0, 1);
    if (!g) {
        return;
    }
    keep_given(o, g);
    struct sums tcp = attempts_tcp(j, g), tls = attempts_tls(g);
    bool unconnected = tcp.ok == 0;
    bool cut = tls.n > 0 && tls.ok == 0 && tls.cut == tls.n;
    if (g->n > 0 && (unconnected || cut)) {
        decide(j, g, &tcp, &tls);
    } else {
        judge_given_ipv4(j);
    }
}

/* Those at addresses of the site that the system's resolver did not give. */
static void keep_beside(const struct observations *o, struct attempts *g)
{
    size_t n = 0;
    for (size_t i = 0; i < g->n; i++) {
        const struct vaddr *a = &o->addrs[g->ends[i]->addr];
        if (a->control && !a->classic && g->ends[i]->port == o->url.port) {
            g->ends[n++] = g->ends[i];
        }
    }
    g->n = n;
}

void judge_given_beside(struct judging *j)
{
    const struct observations *o = j->o;
    if (j->v->state != X_INCONCLUSIVE || !j->v->notice.suspect ||
        !o->url.text || !judging_control_page(j)) {
        return;
    }
    struct attempts *g = attempts_of(j, 0, 1);
    if (!g) {
        return;
    }
    keep_beside(o, g);
    struct sums tcp = attempts_tcp(j, g), tls = attempts_tls(g);
    bool unconnected = tcp.ok == 0 && tcp.ctl_ok == tcp.n;
    bool cut =
        tls.n > 0 && tls.ok == 0 && tls.cut == tls.n && tls.ctl_ok == tls.n;
    if (g->n > 0 && (unconnected || cut)) {
        decide(j, g, &tcp, &tls);
    }
}
