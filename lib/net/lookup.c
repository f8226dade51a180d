// SPDX-License-Identifier: Apache-2.0
/* A lookup asks for A and AAAA of one host at the same time and ends when both
 * have a result; then it may listen on for a while. A truncated answer is asked
 * again over TCP; on the system's way a server that fails makes way for the
 * next.
 */
#include "net/resolver_int.h"
#include "record/failure.h"

#include "base/clock.h"
#include "wire/dnsmsg.h"
#include <stdlib.h>
#include <string.h>

#define LINGER_US (500 * US_PER_MS)

static void lookup_free(struct lookup *l)
{
    exchange_free_all(l);
    loop_timer_free(l->timer);
    free(l);
}

void lookup_cancel(struct lookup *l)
{
    if (!l) {
        return;
    }
    l->dead = true;
    if (l->busy == 0) {
        lookup_free(l);
    }
}

void lookup_enter(struct lookup *l)
{
    l->busy++;
}

bool lookup_leave(struct lookup *l)
{
    if (--l->busy == 0 && l->dead) {
        lookup_free(l);
        return false;
    }
    return !l->dead;
}

/* ---- the end --------------------------------------------------------------
 */

static void lookup_close(struct lookup *l)
{
    lookup_enter(l);
    if (l->q.on_closed && !l->dead) {
        l->q.on_closed(l->q.arg);
    }
    l->dead = true;
    /* gone or not, nothing of it is used below */
    (void)lookup_leave(l);
}

static void on_linger_end(void *arg)
{
    lookup_close(arg);
}

static void lookup_done(struct lookup *l)
{
    struct lookup_result res = {
        .t0 = l->t0,
        .t = l->t_end,
        .internal = l->internal,
        .addrs = l->merge.addrs,
        .n_addrs = l->merge.n_addrs,
        .cname = l->merge.cname,
    };

    if (l->merge.n_addrs == 0) {
        res.failure = l->failure[0] ? l->failure[0] : l->failure[1];
        if (!res.failure) {
            res.failure = failure_text(FAILURE_NO_ANSWER);
        }
    }
    l->done = true;
    lookup_enter(l);
    l->q.on_done(l->q.arg, &res);
    if (!lookup_leave(l)) {
        return;
    }
    if (l->q.linger && exchange_any_socket(l)) {
        loop_timer_free(l->timer);
        l->timer = NULL;
        if (loop_timer_new(l->r->loop, on_linger_end, l, &l->timer) == ERR_OK &&
            loop_timer_in(l->timer, LINGER_US) == ERR_OK) {
            return;
        }
    }
    lookup_close(l);
}

static bool is_servers_fault(const char *failure)
{
    if (!failure) {
        return false;
    }
    enum failure f = failure_of(str_c(failure));
    return f != FAILURE_NXDOMAIN && f != FAILURE_NO_ANSWER;
}

/* Starts what a result calls for next; false if it stands. */
static bool goes_on(struct lookup *l, const struct dns_exchange *x,
                    size_t server, bool tcp)
{
    enum err e = ERR_LIMIT;

    if (x->truncated && !tcp) {
        e = exchange_new(l, x->type, server, true);
    } else if (l->q.via == LOOKUP_SYSTEM && is_servers_fault(x->failure) &&
               server + 1 < l->n_servers) {
        e = exchange_new(l, x->type, server + 1, false);
    }
    if (e != ERR_OK && e != ERR_LIMIT) {
        l->internal = e;
    }
    return e == ERR_OK;
}

void lookup_exchange_done(struct lookup *l, const struct dns_exchange *x,
                          size_t server, bool tcp)
{
    if (x->t > l->t_end) {
        l->t_end = x->t;
    }
    if (!goes_on(l, x, server, tcp)) {
        dns_merge_add(&l->merge, x);
        l->failure[x->type == DNS_A ? 0 : 1] = x->failure;
    }
    if (--l->open == 0) {
        lookup_done(l);
    }
}

/* ---- the beginning --------------------------------------------------------
 */

static void on_hosts_answer(void *arg)
{
    struct lookup *l = arg;

    l->t_end = clock_mono_us();
    lookup_done(l);
}

/* *known: the hosts file has the name, and then nothing is asked. */
static enum err ask_hosts(struct lookup *l, bool *known)
{
    struct ip found[NETINFO_HOSTS_MAX];
    size_t n = 0;
    enum err e = netinfo_hosts(&l->r->hosts, l->q.host, found, &n);

    *known = n > 0;
    if (e != ERR_OK || n == 0) {
        return e;
    }
    e = loop_timer_new(l->r->loop, on_hosts_answer, l, &l->timer);
    if (e != ERR_OK) {
        return e;
    }
    for (size_t i = 0; i < n; i++) {
        if (!l->q.only_a || found[i].family == 4) {
            l->merge.addrs[l->merge.n_addrs++] = found[i];
        }
    }
    l->t0 = clock_mono_us();
    return loop_timer_in(l->timer, 0);
}

static enum err choose_servers(struct lookup *l)
{
    l->port = 53;
    if (l->q.via == LOOKUP_SYSTEM) {
        enum err e =
            netinfo_servers(&l->r->resolv_conf, l->servers, &l->n_servers);
        if (e != ERR_OK) {
            return e;
        }
    } else {
        l->n_servers = 1;
        if (!ip_endpoint_parse(str_c(l->q.server), &l->servers[0].ip,
                               &l->port)) {
            return ERR_INVAL;
        }
    }
    for (size_t i = 0; i < l->n_servers; i++) {
        char text[56];
        ip_endpoint(&l->servers[i].ip, l->port, text);
        l->server_text[i] = region_strdup(l->q.region, text);
        if (!l->server_text[i]) {
            return ERR_NOMEM;
        }
    }
    return ERR_OK;
}

enum err resolver_lookup(struct resolver *r, const struct lookup_request *q,
                         struct lookup **out)
{
    struct lookup *l = calloc(1, sizeof(*l));

    if (!l) {
        return ERR_NOMEM;
    }
    l->r = r;
    l->q = *q;
    bool known = false;
    enum err e = choose_servers(l);
    if (e == ERR_OK && q->via == LOOKUP_SYSTEM) {
        e = ask_hosts(l, &known);
    }
    if (e == ERR_OK && !known) {
        e = exchange_new(l, DNS_A, 0, false);
        if (e == ERR_OK && !q->only_a) {
            e = exchange_new(l, DNS_AAAA, 0, false);
        }
    }
    if (e != ERR_OK) {
        lookup_free(l);
        return e;
    }
    *out = l;
    return ERR_OK;
}
