// SPDX-License-Identifier: Apache-2.0
/* A lookup asks for A and AAAA of one host at the same time and ends when both
 * have a result; then it may listen on for a while. A truncated answer is asked
 * again over TCP; on the system's way a server that fails makes way for the
 * next. Where it is wanted, what all of them left unanswered is asked of them
 * once more (RFC 1035, 4.2.1): a lost packet is no silence.
 */
#include "net/lookup.h"
#include "net/resolver_int.h"
#include "record/failure.h"

#include "base/clock.h"
#include "wire/dnsmsg.h"
#include <stdlib.h>
#include <string.h>

#define LOOKUP_US (4 * US_PER_S)
#define ROUNDS    2 /* of what is repeated */
#define LINGER_US (500 * US_PER_MS)

struct lookup {
    struct resolver *r;
    struct lookup_request q;
    struct exchange_set exchanges;
    struct exchange_server servers[NETINFO_SERVERS_MAX];
    size_t n_servers;
    size_t asked[2]; /* by UDP, for A and AAAA */
    unsigned open;   /* questions without a result */
    struct dnsreply_merge merge;
    const char *failure[2];   /* of A, AAAA */
    struct loop_timer *timer; /* end of listening; or hosts file answers */
    int64_t t_end;
    bool hosts_file; /* it has the name */
};

static void on_freed(void *arg)
{
    struct lookup *l = arg;

    loop_timer_free(l->timer);
    free(l);
}

void lookup_cancel(struct lookup *l)
{
    if (l) {
        exchange_set_free(&l->exchanges);
    }
}

/* ---- the end ------------------------------------------------------------- */

static void lookup_close(struct lookup *l)
{
    exchange_set_enter(&l->exchanges);
    if (l->q.on_closed) {
        l->q.on_closed(l->q.arg);
    }
    exchange_set_free(&l->exchanges);
    /* gone or not, nothing of it is used below */
    (void)exchange_set_leave(&l->exchanges);
}

static void on_linger_end(void *arg)
{
    lookup_close(arg);
}

static void lookup_done(struct lookup *l)
{
    struct lookup_result res = {
        .t0 = l->exchanges.t0,
        .t = l->t_end,
        .internal = l->exchanges.internal,
        .addrs = l->merge.addrs,
        .n_addrs = l->merge.n_addrs,
        .cname = l->merge.cname,
        .hosts_file = l->hosts_file,
    };

    if (l->merge.n_addrs == 0) {
        res.failure = l->failure[0] ? l->failure[0] : l->failure[1];
        if (!res.failure) {
            res.failure = failure_text(FAILURE_NO_ANSWER);
        }
    }
    exchange_set_enter(&l->exchanges);
    l->q.on_done(l->q.arg, &res);
    if (!exchange_set_leave(&l->exchanges)) {
        return;
    }
    if (l->q.linger && exchange_set_listens(&l->exchanges)) {
        struct loop *loop = l->r->means.loop;

        loop_timer_free(l->timer);
        l->timer = NULL;
        if (loop_timer_new(loop, on_linger_end, l, &l->timer) == ERR_OK &&
            loop_timer_in(l->timer, LINGER_US) == ERR_OK) {
            return;
        }
    }
    lookup_close(l);
}

/* ---- questions ----------------------------------------------------------- */

static enum err ask(struct lookup *l, uint16_t type, size_t server, bool tcp)
{
    /* several servers share the time of one lookup */
    int64_t round = l->q.repeat_us > 0 ? l->q.repeat_us : LOOKUP_US;
    int64_t limit = tcp ? LOOKUP_US : round / (int64_t)l->n_servers;
    enum err e =
        exchange_ask(&l->exchanges, type, &l->servers[server], tcp, limit);

    if (e == ERR_OK) {
        l->open++;
        l->asked[type == DNS_AAAA] += !tcp;
    }
    return e;
}

/* Nobody answered, and they have not been asked again. */
static bool is_to_be_repeated(const struct lookup *l,
                              const struct dns_exchange *x)
{
    return l->q.repeat_us > 0 && x->failure &&
           failure_of(str_c(x->failure)) == FAILURE_TIMEOUT &&
           l->asked[x->type == DNS_AAAA] < ROUNDS * l->n_servers;
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
        e = ask(l, x->type, server, true);
    } else if (l->q.via == LOOKUP_SYSTEM && is_servers_fault(x->failure) &&
               server + 1 < l->n_servers) {
        e = ask(l, x->type, server + 1, false);
    } else if (is_to_be_repeated(l, x) && !tcp) {
        e = ask(l, x->type, 0, false);
    }
    if (e != ERR_OK && e != ERR_LIMIT) {
        l->exchanges.internal = e;
    }
    return e == ERR_OK;
}

static void on_result(void *arg, const struct dns_exchange *x,
                      const struct exchange_server *server, bool tcp)
{
    struct lookup *l = arg;

    exchange_set_enter(&l->exchanges);
    if (l->q.on_exchange) {
        l->q.on_exchange(l->q.arg, x);
    }
    if (!exchange_set_leave(&l->exchanges)) {
        return;
    }
    if (x->t > l->t_end) {
        l->t_end = x->t;
    }
    if (!goes_on(l, x, (size_t)(server - l->servers), tcp)) {
        dnsreply_merge(&l->merge, x);
        l->failure[x->type == DNS_A ? 0 : 1] = x->failure;
    }
    if (--l->open == 0) {
        lookup_done(l);
    }
}

static void on_extra(void *arg, const struct dns_exchange *x)
{
    struct lookup *l = arg;

    l->q.on_exchange(l->q.arg, x);
}

/* ---- the beginning ------------------------------------------------------- */

static void on_hosts_answer(void *arg)
{
    struct lookup *l = arg;

    l->t_end = clock_mono_us();
    l->hosts_file = true;
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
    e = loop_timer_new(l->r->means.loop, on_hosts_answer, l, &l->timer);
    if (e != ERR_OK) {
        return e;
    }
    for (size_t i = 0; i < n; i++) {
        if (!l->q.only_a || found[i].family == 4) {
            l->merge.addrs[l->merge.n_addrs++] = found[i];
        }
    }
    l->exchanges.t0 = clock_mono_us();
    return loop_timer_in(l->timer, 0);
}

static enum err choose_servers(struct lookup *l)
{
    struct netinfo_server found[NETINFO_SERVERS_MAX] = {0};
    uint16_t port = 53;

    if (l->q.via == LOOKUP_SYSTEM) {
        enum err e = netinfo_servers(&l->r->resolv_conf, found, &l->n_servers);
        if (e != ERR_OK) {
            return e;
        }
    } else {
        l->n_servers = 1;
        if (!ip_endpoint_parse(str_c(l->q.server), &found[0].ip, &port)) {
            return ERR_INVAL;
        }
    }
    for (size_t i = 0; i < l->n_servers; i++) {
        char text[56];
        ip_endpoint(&found[i].ip, port, text);
        l->servers[i] = (struct exchange_server){
            .at = found[i],
            .port = port,
            .text = region_strdup(l->q.region, text),
        };
        if (!l->servers[i].text) {
            return ERR_NOMEM;
        }
    }
    return ERR_OK;
}

static struct lookup *lookup_new(struct resolver *r,
                                 const struct lookup_request *q)
{
    struct lookup *l = calloc(1, sizeof(*l));

    if (!l) {
        return NULL;
    }
    l->r = r;
    l->q = *q;
    l->exchanges = (struct exchange_set){
        .means = &r->means,
        .host = q->host,
        .region = q->region,
        .unchecked = q->unchecked,
        .linger = q->linger,
        .wrong_id_counts = q->via == LOOKUP_UDP,
        .on_extra = q->on_exchange ? on_extra : NULL,
        .on_result = on_result,
        .on_freed = on_freed,
        .arg = l,
    };
    return l;
}

enum err lookup_start(struct resolver *r, const struct lookup_request *q,
                      struct lookup **out)
{
    struct lookup *l = lookup_new(r, q);
    bool known = false;

    if (!l) {
        return ERR_NOMEM;
    }
    enum err e = choose_servers(l);
    if (e == ERR_OK && q->via == LOOKUP_SYSTEM) {
        e = ask_hosts(l, &known);
    }
    if (e == ERR_OK && !known) {
        e = ask(l, q->only_https ? DNS_HTTPS : DNS_A, 0, false);
        if (e == ERR_OK && !q->only_a && !q->only_https) {
            e = ask(l, DNS_AAAA, 0, false);
        }
    }
    if (e != ERR_OK) {
        lookup_cancel(l);
        return e;
    }
    *out = l;
    return ERR_OK;
}
