// SPDX-License-Identifier: Apache-2.0
/* lookup: one host by one way; made of exchanges.
 * exchange: one question (A or AAAA) to one server over one socket:
 *
 *   waiting for a socket -> asked -> answered | wrong id | 4 s | error
 *                             \-> then listening until 500 ms after the lookup
 *
 * A truncated answer starts an exchange over TCP; on the system's way a server
 * that fails makes way for the next.
 */
#include "engine/resolver.h"
#include "engine/failure.h"
#include "engine/netinfo.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "wire/dnsmsg.h"
#include <ares.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define LOOKUP_US     (4 * US_PER_S)
#define LINGER_US     (500 * US_PER_MS)
#define DATAGRAM_MAX  65535
#define EXTRA_MAX     16 /* further answers kept per exchange */
#define EXCHANGES_MAX 10

struct resolver {
    struct loop *loop;
    struct resolver_config cfg;
    struct netinfo_file resolv_conf, hosts;
};

struct exchange {
    struct lookup *lookup;
    struct exchange *next;
    struct budget_wait wait;
    bool has_socket; /* counted in the budget */
    uint16_t type;
    size_t server; /* index */
    bool tcp;
    uint16_t id;
    ares_channel channel;
    int fd;
    struct loop_io *io;
    struct loop_timer *timer;
    int64_t limit_us;
    bool asked;    /* the question left */
    bool answered; /* c-ares or we are done with the question */
    bool reported; /* on_exchange was called */
    int errnum;    /* of the socket */
    size_t n_extra;
    int64_t t_read;
    struct dns_exchange x;
};

struct lookup {
    struct resolver *r;
    struct lookup_request q;
    struct exchange *exchanges;
    size_t n_exchanges;
    struct netinfo_server servers[NETINFO_SERVERS_MAX];
    uint16_t port;
    size_t n_servers;
    const char *server_text[NETINFO_SERVERS_MAX];
    unsigned open; /* exchanges without a result */
    struct dns_merge merge;
    const char *failure[2];   /* of A, AAAA */
    struct loop_timer *timer; /* end of listening; or hosts file answers */
    int64_t t0, t_end;
    enum err internal;
    bool done, dead;
    unsigned busy;
};

enum err resolver_new(struct loop *l, const struct resolver_config *cfg,
                      struct resolver **out)
{
    struct resolver *r = calloc(1, sizeof *r);

    if (!r)
        return ERR_NOMEM;
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
        free(r);
        return ERR_NOMEM;
    }
    r->loop = l;
    r->cfg = *cfg;
    netinfo_file_init(&r->resolv_conf,
                      cfg->resolv_conf ? cfg->resolv_conf : "/etc/resolv.conf");
    netinfo_file_init(&r->hosts, cfg->hosts ? cfg->hosts : "/etc/hosts");
    *out = r;
    return ERR_OK;
}

void resolver_free(struct resolver *r)
{
    if (!r)
        return;
    ares_library_cleanup();
    netinfo_file_fini(&r->resolv_conf);
    netinfo_file_fini(&r->hosts);
    free(r);
}

/* ---- freeing ------------------------------------------------------------ */

/* The channel first: it gives its socket back through on_close. */
static void exchange_close(struct exchange *x)
{
    struct budget *sockets = x->lookup->r->cfg.sockets;

    x->answered = true;
    budget_leave(sockets, &x->wait);
    if (x->channel)
        ares_destroy(x->channel);
    x->channel = NULL;
    loop_io_free(x->io);
    x->io = NULL;
    if (x->fd >= 0)
        close(x->fd);
    x->fd = -1;
    loop_timer_stop(x->timer);
    if (x->has_socket)
        budget_give(sockets, 1);
    x->has_socket = false;
}

static void lookup_free(struct lookup *l)
{
    while (l->exchanges) {
        struct exchange *x = l->exchanges;

        l->exchanges = x->next;
        exchange_close(x);
        loop_timer_free(x->timer);
        free(x);
    }
    loop_timer_free(l->timer);
    free(l);
}

void lookup_cancel(struct lookup *l)
{
    if (!l)
        return;
    l->dead = true;
    if (l->busy == 0)
        lookup_free(l);
}

static void enter(struct lookup *l)
{
    l->busy++;
}

/* False: the lookup was cancelled meanwhile and is gone. */
static bool leave(struct lookup *l)
{
    if (--l->busy == 0 && l->dead) {
        lookup_free(l);
        return false;
    }
    return !l->dead;
}

/* ---- results ------------------------------------------------------------ */

static void lookup_close(struct lookup *l)
{
    enter(l);
    if (l->q.on_closed && !l->dead)
        l->q.on_closed(l->q.arg);
    l->dead = true;
    (void)leave(l);
}

static void on_linger_end(void *arg)
{
    lookup_close(arg);
}

static bool any_socket(const struct lookup *l)
{
    for (const struct exchange *x = l->exchanges; x; x = x->next) {
        if (x->fd >= 0)
            return true;
    }
    return false;
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
        if (!res.failure)
            res.failure = FAILURE_NO_ANSWER;
    }
    l->done = true;
    enter(l);
    l->q.on_done(l->q.arg, &res);
    if (!leave(l))
        return;
    if (l->q.linger && any_socket(l)) {
        loop_timer_free(l->timer);
        l->timer = NULL;
        if (loop_timer_new(l->r->loop, on_linger_end, l, &l->timer) == ERR_OK &&
            loop_timer_in(l->timer, LINGER_US) == ERR_OK)
            return;
    }
    lookup_close(l);
}

/* ---- exchanges ---------------------------------------------------------- */

static enum err exchange_new(struct lookup *l, uint16_t type, size_t server,
                             bool tcp);

static void give_extra(struct exchange *x, struct str raw, const char *failure,
                       int64_t t)
{
    struct lookup *l = x->lookup;
    struct dns_exchange extra = {
        .engine = x->tcp ? "tcp" : "udp",
        .server = l->server_text[x->server],
        .type = x->type,
        .t0 = x->x.t0,
        .t = t,
        .raw = raw,
        .extra = true,
        .local_port = x->x.local_port,
    };

    if (!l->q.on_exchange || x->n_extra >= EXTRA_MAX)
        return;
    x->n_extra++;
    if (dnsreply_decode(l->q.region, &extra) != ERR_OK)
        return;
    if (failure)
        extra.failure = failure;
    l->q.on_exchange(l->q.arg, &extra);
}

static bool is_servers_fault(const char *failure)
{
    return failure && strcmp(failure, FAILURE_NXDOMAIN) != 0 &&
           strcmp(failure, FAILURE_NO_ANSWER) != 0;
}

/* Starts what an exchange calls for next; false if its result stands. */
static bool goes_on(struct exchange *x)
{
    struct lookup *l = x->lookup;

    if (x->x.truncated && !x->tcp)
        return exchange_new(l, x->type, x->server, true) == ERR_OK;
    if (l->q.via == LOOKUP_SYSTEM && is_servers_fault(x->x.failure) &&
        x->server + 1 < l->n_servers)
        return exchange_new(l, x->type, x->server + 1, false) == ERR_OK;
    return false;
}

/* From the loop only, never from inside c-ares. */
static void exchange_finish(struct exchange *x)
{
    struct lookup *l = x->lookup;

    x->answered = true;
    x->reported = true;
    loop_timer_stop(x->timer);
    if (x->channel) {
        ares_channel channel = x->channel;
        x->channel = NULL;
        ares_destroy(channel);
    }
    if (x->fd < 0 || l->internal != ERR_OK)
        exchange_close(x); /* nothing is kept open */

    enter(l);
    if (l->q.on_exchange)
        l->q.on_exchange(l->q.arg, &x->x);
    if (!leave(l))
        return;

    if (x->x.t > l->t_end)
        l->t_end = x->x.t;
    if (!goes_on(x)) {
        dns_merge_add(&l->merge, &x->x);
        l->failure[x->type == DNS_A ? 0 : 1] = x->x.failure;
    }
    if (--l->open == 0)
        lookup_done(l);
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *abuf,
                      int alen)
{
    struct exchange *x = arg;
    struct lookup *l = x->lookup;

    (void)timeouts;
    if (x->answered)
        return;
    x->answered = true;
    x->x.t = x->t_read ? x->t_read : clock_mono_us();
    if (abuf && alen > 0) {
        x->x.raw = region_str(l->q.region,
                              (struct str){(const char *)abuf, (size_t)alen});
        if (x->x.raw.len == 0 || dnsreply_decode(l->q.region, &x->x) != ERR_OK)
            l->internal = ERR_NOMEM;
        return;
    }
    if (status == ARES_ENOMEM)
        l->internal = ERR_NOMEM;
    if (failure_internal(x->errnum) != ERR_OK)
        l->internal = failure_internal(x->errnum);
    if (x->errnum)
        x->x.failure = failure_from_errno(x->errnum);
    else if (status == ARES_ETIMEOUT)
        x->x.failure = FAILURE_TIMEOUT;
    else
        x->x.failure = x->tcp ? FAILURE_EOF : FAILURE_MISBEHAVING;
}

static void on_exchange_timer(void *arg)
{
    struct exchange *x = arg;

    if (!x->answered) {
        x->answered = true;
        x->x.t = clock_mono_us();
        x->x.failure = FAILURE_TIMEOUT;
    }
    if (!x->reported)
        exchange_finish(x);
}

/* ---- sockets, called by c-ares ------------------------------------------- */

static ares_socket_t on_socket(int family, int type, int protocol, void *arg)
{
    struct exchange *x = arg;
    int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);

    if (fd < 0)
        x->errnum = errno;
    return fd;
}

static int on_connect(ares_socket_t fd, const struct sockaddr *sa,
                      ares_socklen_t len, void *arg)
{
    struct exchange *x = arg;
    struct sockaddr_in6 scoped;
    uint32_t scope = x->lookup->servers[x->server].scope;

    if (scope != 0 && sa->sa_family == AF_INET6 && len >= sizeof scoped) {
        memcpy(&scoped, sa, sizeof scoped);
        scoped.sin6_scope_id = scope;
        sa = (const struct sockaddr *)&scoped;
        len = sizeof scoped;
    }
    int rc = connect(fd, sa, len);

    if (rc != 0 && errno != EINPROGRESS)
        x->errnum = errno;
    return rc;
}

static void note_local_port(struct exchange *x, int fd)
{
    union {
        struct sockaddr sa;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } u;

    socklen_t len = sizeof u;

    if (getsockname(fd, &u.sa, &len) != 0)
        return;
    x->x.local_port =
        ntohs(u.sa.sa_family == AF_INET6 ? u.in6.sin6_port : u.in.sin_port);
}

static ares_ssize_t on_send(ares_socket_t fd, const struct iovec *iov, int n,
                            void *arg)
{
    struct exchange *x = arg;
    ssize_t sent = writev(fd, iov, n);

    if (sent < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            x->errnum = errno;
        return sent;
    }
    x->asked = true;
    *x->lookup->r->cfg.up += (uint64_t)sent;
    if (x->x.local_port == 0)
        note_local_port(x, fd);
    return sent;
}

static ares_ssize_t on_receive(ares_socket_t fd, void *p, size_t size,
                               int flags, struct sockaddr *sa,
                               ares_socklen_t *len, void *arg)
{
    struct exchange *x = arg;
    struct lookup *l = x->lookup;
    ssize_t n = recvfrom(fd, p, size, flags, sa, len);
    int64_t t = clock_mono_us();
    uint16_t id = 0;

    if (n < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            x->errnum = errno;
        return n;
    }
    *l->r->cfg.down += (uint64_t)n;
    if (x->tcp) {
        x->t_read = t;
        return n;
    }
    if (n >= 2)
        id = (uint16_t)(((uint8_t *)p)[0] << 8 | ((uint8_t *)p)[1]);
    bool right_id = n >= 2 && id == x->id;
    if (right_id && !x->answered) {
        x->t_read = t;
        return n;
    }
    struct str raw = region_str(l->q.region, (struct str){p, (size_t)n});
    if (!x->answered && l->q.via == LOOKUP_UDP) {
        /* ends the query, as it does for the records we compare with; the
         * true answer is then one that came later */
        x->answered = true;
        x->x.t = t;
        x->x.raw = raw;
        if (dnsreply_decode(l->q.region, &x->x) != ERR_OK)
            l->internal = ERR_NOMEM;
        x->x.failure = FAILURE_WRONG_ID;
        x->x.truncated = false;
        x->x.n_answers = 0;
    } else {
        give_extra(x, raw, right_id ? NULL : FAILURE_WRONG_ID, t);
    }
    return n;
}

/* A socket that was used stays open for answers that are still on their way. */
static int on_close(ares_socket_t fd, void *arg)
{
    struct exchange *x = arg;

    if (x->lookup->q.linger && !x->tcp && x->asked && x->fd < 0 &&
        !x->lookup->dead) {
        x->fd = fd;
        return 0;
    }
    loop_io_free(x->io);
    x->io = NULL;
    return close(fd);
}

static const struct ares_socket_functions socket_functions = {
    .asocket = on_socket,
    .aclose = on_close,
    .aconnect = on_connect,
    .arecvfrom = on_receive,
    .asendv = on_send,
};

static void read_late(struct exchange *x)
{
    uint8_t p[DATAGRAM_MAX];
    struct lookup *l = x->lookup;

    for (;;) {
        ssize_t n = recv(x->fd, p, sizeof p, MSG_DONTWAIT);
        int64_t t = clock_mono_us();

        if (n < 0) {
            if (errno != EAGAIN && errno != EWOULDBLOCK) {
                loop_io_free(x->io);
                x->io = NULL;
            }
            return;
        }
        *l->r->cfg.down += (uint64_t)n;
        uint16_t id = n >= 2 ? (uint16_t)((unsigned)p[0] << 8 | p[1]) : 0;
        struct str raw =
            region_str(l->q.region, (struct str){(const char *)p, (size_t)n});
        give_extra(x, raw, n >= 2 && id == x->id ? NULL : FAILURE_WRONG_ID, t);
    }
}

static void on_ready(void *arg, int fd, unsigned what)
{
    struct exchange *x = arg;

    if (x->channel) {
        ares_process_fd(x->channel, what & LOOP_READ ? fd : ARES_SOCKET_BAD,
                        what & LOOP_WRITE ? fd : ARES_SOCKET_BAD);
        if (x->answered && !x->reported)
            exchange_finish(x);
        return;
    }
    struct lookup *l = x->lookup;
    enter(l);
    read_late(x);
    (void)leave(l);
}

/* c-ares says what it waits for; nothing more to wait for leaves the watch as
 * it is, for late answers. */
static void on_sock_state(void *arg, ares_socket_t fd, int readable,
                          int writable)
{
    struct exchange *x = arg;
    unsigned what = (readable ? LOOP_READ : 0u) | (writable ? LOOP_WRITE : 0u);
    enum err e = ERR_OK;

    if (what == 0)
        return;
    if (x->io)
        e = loop_io_set(x->io, what);
    else
        e = loop_io_new(x->lookup->r->loop, fd, what, on_ready, x, &x->io);
    if (e != ERR_OK)
        x->lookup->internal = e;
}

/* ---- asking -------------------------------------------------------------- */

static enum err make_channel(struct exchange *x)
{
    const struct lookup *l = x->lookup;
    char endpoint[56], nothing[] = "/dev/null", lookups[] = "b";
    struct ares_options o = {
        .flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH |
                 ARES_FLAG_NOALIASES | ARES_FLAG_IGNTC,
        .timeout = 60000, /* ours is shorter */
        .tries = 1,
        .lookups = lookups,
        .sock_state_cb = on_sock_state,
        .sock_state_cb_data = x,
        .resolvconf_path = nothing,
    };
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
               ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB | ARES_OPT_DOMAINS |
               ARES_OPT_RESOLVCONF;

    if (x->tcp)
        o.flags |= ARES_FLAG_USEVC;
    if (ares_init_options(&x->channel, &o, mask) != ARES_SUCCESS)
        return ERR_NOMEM;
    ares_set_socket_functions(x->channel, &socket_functions, x);
    ip_endpoint(&l->servers[x->server].ip, l->port, endpoint);
    return ares_set_servers_ports_csv(x->channel, endpoint) == ARES_SUCCESS
               ? ERR_OK
               : ERR_NOMEM;
}

static void exchange_go(void *arg)
{
    struct exchange *x = arg;
    struct lookup *l = x->lookup;
    struct dns_query_opts opts = {0};
    struct buf msg;
    enum err e;

    x->has_socket = true;
    buf_init(&msg, 1024);
    crypto_random(&x->id, sizeof x->id);
    x->x.t0 = clock_mono_us();
    if (l->t0 == 0)
        l->t0 = x->x.t0;
    e = dnsmsg_query(&msg, x->id, l->q.host, x->type, &opts);
    if (e == ERR_INVAL) {
        /* a name that cannot be asked for does not exist */
        x->answered = true;
        x->x.t = x->x.t0;
        x->x.failure = FAILURE_NXDOMAIN;
        e = ERR_OK;
    } else if (e == ERR_OK) {
        e = make_channel(x);
        if (e == ERR_OK)
            ares_send(x->channel, msg.p, (int)msg.len, on_answer, x);
    }
    buf_fini(&msg);
    if (e != ERR_OK) {
        l->internal = e;
        x->answered = true;
        x->x.t = x->x.t0;
        x->x.failure = FAILURE_MISBEHAVING;
    }
    /* never finish inside the caller's call */
    e = loop_timer_in(x->timer, x->answered ? 0 : x->limit_us);
    if (e != ERR_OK)
        l->internal = e;
}

static enum err exchange_new(struct lookup *l, uint16_t type, size_t server,
                             bool tcp)
{
    if (l->n_exchanges >= EXCHANGES_MAX)
        return ERR_LIMIT;
    struct exchange *x = calloc(1, sizeof *x);
    if (!x)
        return ERR_NOMEM;
    x->lookup = l;
    x->fd = -1;
    x->type = type;
    x->server = server;
    x->tcp = tcp;
    /* several servers share the time of one lookup */
    x->limit_us = tcp ? LOOKUP_US : LOOKUP_US / (int64_t)l->n_servers;
    x->x.engine = tcp ? "tcp" : "udp";
    x->x.server = l->server_text[server];
    x->x.type = type;
    enum err e = loop_timer_new(l->r->loop, on_exchange_timer, x, &x->timer);
    if (e != ERR_OK) {
        free(x);
        return e;
    }
    x->next = l->exchanges;
    l->exchanges = x;
    l->n_exchanges++;
    l->open++;
    if (budget_take(l->r->cfg.sockets, &x->wait, 1, exchange_go, x))
        exchange_go(x);
    return ERR_OK;
}

/* ---- beginning ------------------------------------------------------------
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
    if (e != ERR_OK || n == 0)
        return e;
    e = loop_timer_new(l->r->loop, on_hosts_answer, l, &l->timer);
    if (e != ERR_OK)
        return e;
    for (size_t i = 0; i < n; i++) {
        if (!l->q.only_a || found[i].family == 4)
            l->merge.addrs[l->merge.n_addrs++] = found[i];
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
        if (e != ERR_OK)
            return e;
    } else {
        l->n_servers = 1;
        if (!ip_endpoint_parse(str_c(l->q.server), &l->servers[0].ip, &l->port))
            return ERR_INVAL;
    }
    for (size_t i = 0; i < l->n_servers; i++) {
        char text[56];
        ip_endpoint(&l->servers[i].ip, l->port, text);
        l->server_text[i] = region_strdup(l->q.region, text);
        if (!l->server_text[i])
            return ERR_NOMEM;
    }
    return ERR_OK;
}

enum err resolver_lookup(struct resolver *r, const struct lookup_request *q,
                         struct lookup **out)
{
    struct lookup *l = calloc(1, sizeof *l);

    if (!l)
        return ERR_NOMEM;
    l->r = r;
    l->q = *q;
    bool known = false;
    enum err e = choose_servers(l);
    if (e == ERR_OK && q->via == LOOKUP_SYSTEM)
        e = ask_hosts(l, &known);
    if (e == ERR_OK && !known) {
        e = exchange_new(l, DNS_A, 0, false);
        if (e == ERR_OK && !q->only_a)
            e = exchange_new(l, DNS_AAAA, 0, false);
    }
    if (e != ERR_OK) {
        lookup_free(l);
        return e;
    }
    *out = l;
    return ERR_OK;
}
