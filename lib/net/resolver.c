// SPDX-License-Identifier: Apache-2.0
/* An exchange is one question (A or AAAA) to one server over one socket:
 *
 *   waiting for a socket and a channel -> asked -> answered | wrong id | 4 s |
 * error
 *                             \-> then listening until 500 ms after the lookup
 */
#include "net/resolver.h"
#include "net/resolver_int.h"
#include "record/failure.h"

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

#define LOOKUP_US       (4 * US_PER_S)
#define DATAGRAM_MAX    65535
#define EXTRA_MAX       16 /* further answers kept per exchange */
#define EXTRA_BYTES_MAX ((size_t)64 * 1024)
#define READ_AT_ONCE    64 /* datagrams */
#define EXCHANGES_MAX   10
#define CHANNELS_MAX    128 /* 9 MB */
#define CHANNELS_IDLE   16

/* One of c-ares': it has 74 KB of tables, and making it reads a key from the
 * kernel, so some are kept for the next question. */
struct channel {
    struct channel *next; /* idle */
    ares_channel ares;
    struct exchange *x; /* whom it works for */
};

struct exchange {
    struct lookup *lookup;
    struct exchange *next;
    struct budget_wait wait, channel_wait;
    bool has_socket, has_channel; /* counted in the budgets */
    uint16_t type;
    size_t server; /* index */
    bool tcp;
    uint16_t id;
    struct channel *channel;
    int fd;
    struct loop_io *io;
    struct loop_timer *timer;
    int64_t limit_us;
    bool asked;    /* the question left */
    bool answered; /* c-ares or we are done with the question */
    bool reported; /* on_exchange was called */
    int errnum;    /* of the socket */
    size_t n_extra, extra_bytes;
    const void
        *last; /* c-ares' copy of the last answer, while it looks at it */
    int last_len;
    int64_t read_tick; /* round of the loop in which n_read were read */
    int n_read;
    int64_t t_read;
    struct dns_exchange x;
};

static void channel_free(struct channel *c)
{
    if (c->ares) {
        ares_destroy(c->ares);
    }
    free(c);
}

/* Ends what the channel does for `x`; its socket comes back by on_close. */
static void channel_give(struct exchange *x)
{
    struct resolver *r = x->lookup->r;
    struct channel *c = x->channel;

    if (x->has_channel) {
        budget_give(&r->channels, 1);
    }
    x->has_channel = false;
    if (!c) {
        return;
    }
    x->channel = NULL;
    if (x->tcp || r->n_idle >= CHANNELS_IDLE) {
        channel_free(c);
        return;
    }
    ares_cancel(c->ares);
    c->x = NULL;
    c->next = r->idle;
    r->idle = c;
    r->n_idle++;
}

enum err resolver_new(struct loop *l, const struct resolver_config *cfg,
                      struct resolver **out)
{
    struct resolver *r = calloc(1, sizeof(*r));

    if (!r) {
        return ERR_NOMEM;
    }
    enum err e = budget_init(&r->channels, l, CHANNELS_MAX);
    if (e == ERR_OK && ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
        budget_fini(&r->channels);
        e = ERR_NOMEM;
    }
    if (e != ERR_OK) {
        free(r);
        return e;
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
    if (!r) {
        return;
    }
    while (r->idle) {
        struct channel *c = r->idle;

        r->idle = c->next;
        channel_free(c);
    }
    ares_library_cleanup();
    budget_fini(&r->channels);
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
    budget_leave(&x->lookup->r->channels, &x->channel_wait);
    channel_give(x);
    loop_io_free(x->io);
    x->io = NULL;
    if (x->fd >= 0) {
        close(x->fd);
    }
    x->fd = -1;
    loop_timer_stop(x->timer);
    if (x->has_socket) {
        budget_give(sockets, 1);
    }
    x->has_socket = false;
}

/* Who waits for a socket must not wait for one that its own lookup keeps open:
 * many lookups at the limit would then wait for ever. Late answers are given up
 * for that. */
static void exchange_make_room(struct lookup *l)
{
    bool waiting = false;

    for (struct exchange *x = l->exchanges; x; x = x->next) {
        waiting = waiting || x->wait.queued;
    }
    for (struct exchange *x = l->exchanges; x; x = x->next) {
        if (waiting && x->reported) {
            exchange_close(x);
        }
    }
}

void exchange_free_all(struct lookup *l)
{
    while (l->exchanges) {
        struct exchange *x = l->exchanges;

        l->exchanges = x->next;
        exchange_close(x);
        loop_timer_free(x->timer);
        free(x);
    }
}

bool exchange_any_socket(const struct lookup *l)
{
    for (const struct exchange *x = l->exchanges; x; x = x->next) {
        if (x->fd >= 0) {
            return true;
        }
    }
    return false;
}

/* ---- results ---------------------------------------------------------------
 */

/* Room for one more answer, however many are sent? */
static bool extra_fits(const struct exchange *x, size_t bytes)
{
    return x->n_extra < EXTRA_MAX && x->extra_bytes + bytes <= EXTRA_BYTES_MAX;
}

/* `p` is copied. */
static void give_extra(struct exchange *x, const void *p, size_t n,
                       const char *failure, int64_t t)
{
    struct lookup *l = x->lookup;
    struct dns_exchange extra = {
        .engine = x->tcp ? "tcp" : "udp",
        .server = l->server_text[x->server],
        .type = x->type,
        .t0 = x->x.t0,
        .t = t,
        .extra = true,
        .local_port = x->x.local_port,
    };

    if (!l->q.on_exchange || !extra_fits(x, n)) {
        return;
    }
    x->n_extra++;
    x->extra_bytes += n;
    extra.raw = region_str(l->q.region, (struct str){p, n});
    if (extra.raw.len != n) {
        return;
    }
    if (dnsreply_decode(l->q.region, &extra) != ERR_OK) {
        return;
    }
    if (failure) {
        extra.failure = failure;
    }
    l->q.on_exchange(l->q.arg, &extra);
}

/* From the loop only, never from inside c-ares. */
static void exchange_finish(struct exchange *x)
{
    struct lookup *l = x->lookup;

    x->answered = true;
    x->reported = true;
    loop_timer_stop(x->timer);
    channel_give(x);
    if (x->fd < 0 || l->internal != ERR_OK) {
        exchange_close(x); /* nothing is kept open */
    }
    exchange_make_room(l);

    lookup_enter(l);
    if (l->q.on_exchange) {
        l->q.on_exchange(l->q.arg, &x->x);
    }
    if (!lookup_leave(l)) {
        return;
    }

    lookup_exchange_done(l, &x->x, x->server, x->tcp);
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *abuf,
                      int alen)
{
    struct exchange *x = arg;
    struct lookup *l = x->lookup;

    (void)timeouts;
    if (x->answered) {
        return;
    }
    x->answered = true;
    x->x.t = x->t_read ? x->t_read : clock_mono_us();
    /* c-ares cuts what is longer than 512 bytes, which servers do send */
    if (!x->tcp && abuf && abuf == x->last) {
        alen = x->last_len;
    }
    if (abuf && alen > 0) {
        x->x.raw = region_str(l->q.region,
                              (struct str){(const char *)abuf, (size_t)alen});
        if (x->x.raw.len == 0 ||
            dnsreply_decode(l->q.region, &x->x) != ERR_OK) {
            l->internal = ERR_NOMEM;
        }
        return;
    }
    if (status == ARES_ENOMEM) {
        l->internal = ERR_NOMEM;
    }
    if (failure_internal(x->errnum) != ERR_OK) {
        l->internal = failure_internal(x->errnum);
    }
    if (x->errnum) {
        x->x.failure = failure_text(failure_from_errno(x->errnum));
    } else if (status == ARES_ETIMEOUT) {
        x->x.failure = failure_text(FAILURE_TIMEOUT);
    } else {
        x->x.failure = failure_text(x->tcp ? FAILURE_EOF : FAILURE_MISBEHAVING);
    }
}

static void on_exchange_timer(void *arg)
{
    struct exchange *x = arg;

    if (!x->answered) {
        x->answered = true;
        x->x.t = clock_mono_us();
        x->x.failure = failure_text(FAILURE_TIMEOUT);
    }
    if (!x->reported) {
        exchange_finish(x);
    }
}

/* ---- sockets, called by c-ares ------------------------------------------- */

static ares_socket_t on_socket(int family, int type, int protocol, void *arg)
{
    struct exchange *x = arg;
    int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);

    if (fd < 0) {
        x->errnum = errno;
    }
    return fd;
}

static int on_connect(ares_socket_t fd, const struct sockaddr *sa,
                      ares_socklen_t len, void *arg)
{
    struct exchange *x = arg;
    struct sockaddr_in6 scoped;
    uint32_t scope = x->lookup->servers[x->server].scope;

    if (scope != 0 && sa->sa_family == AF_INET6 && len >= sizeof(scoped)) {
        memcpy(&scoped, sa, sizeof(scoped));
        scoped.sin6_scope_id = scope;
        sa = (const struct sockaddr *)&scoped;
        len = sizeof(scoped);
    }
    int rc = connect(fd, sa, len);

    if (rc != 0 && errno != EINPROGRESS) {
        x->errnum = errno;
    }
    return rc;
}

static void note_local_port(struct exchange *x, int fd)
{
    union {
        struct sockaddr sa;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } u = {.in6 = {0}};

    socklen_t len = sizeof(u);

    if (getsockname(fd, &u.sa, &len) != 0) {
        return;
    }
    x->x.local_port =
        ntohs(u.sa.sa_family == AF_INET6 ? u.in6.sin6_port : u.in.sin_port);
}

static ares_ssize_t on_send(ares_socket_t fd, const struct iovec *iov, int n,
                            void *arg)
{
    struct exchange *x = arg;
    struct msghdr msg = {.msg_iov = (struct iovec *)(uintptr_t)iov,
                         .msg_iovlen = (size_t)n};
    ssize_t sent = sendmsg(fd, &msg, MSG_NOSIGNAL);

    if (sent < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK) {
            x->errnum = errno;
        }
        return sent;
    }
    x->asked = true;
    *x->lookup->r->cfg.up += (uint64_t)sent;
    if (x->x.local_port == 0) {
        note_local_port(x, fd);
    }
    return sent;
}

/* c-ares reads on for as long as something comes: one flooding server would
 * stop all others. */
static bool too_many_now(struct exchange *x)
{
    int64_t tick = loop_now_us(x->lookup->r->loop);

    if (x->read_tick != tick) {
        x->n_read = 0;
    }
    x->read_tick = tick;
    return x->n_read++ >= READ_AT_ONCE;
}

static ares_ssize_t on_receive(ares_socket_t fd, void *p, size_t size,
                               int flags, struct sockaddr *sa,
                               ares_socklen_t *len, void *arg)
{
    struct exchange *x = arg;
    struct lookup *l = x->lookup;

    if (!x->tcp && too_many_now(x)) {
        errno = EWOULDBLOCK;
        return -1;
    }
    ssize_t n = recvfrom(fd, p, size, flags, sa, len);
    int64_t t = clock_mono_us();
    uint16_t id = 0;

    if (n < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK) {
            x->errnum = errno;
        }
        return n;
    }
    *l->r->cfg.down += (uint64_t)n;
    if (x->tcp) {
        x->t_read = t;
        return n;
    }
    if (n >= 2) {
        id = (uint16_t)(((uint8_t *)p)[0] << 8 | ((uint8_t *)p)[1]);
    }
    bool right_id = n >= 2 && id == x->id;
    if (right_id && !x->answered) {
        x->t_read = t;
        x->last = p;
        x->last_len = (int)n;
        return n;
    }
    if (!x->answered && l->q.via == LOOKUP_UDP) {
        /* ends the query, as it does for the records we compare with; the
         * true answer is then one that came later */
        x->answered = true;
        x->x.t = t;
        x->x.raw = region_str(l->q.region, (struct str){p, (size_t)n});
        if (dnsreply_decode(l->q.region, &x->x) != ERR_OK) {
            l->internal = ERR_NOMEM;
        }
        x->x.failure = failure_text(FAILURE_WRONG_ID);
        x->x.truncated = false;
        x->x.n_answers = 0;
    } else {
        give_extra(x, p, (size_t)n,
                   right_id ? NULL : failure_text(FAILURE_WRONG_ID), t);
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

    for (int i = 0; i < READ_AT_ONCE; i++) {
        ssize_t n = recv(x->fd, p, sizeof(p), MSG_DONTWAIT);
        int64_t t = clock_mono_us();
        bool none = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);

        if (none) {
            return;
        }
        if (n < 0 || !extra_fits(x, (size_t)n)) {
            loop_io_free(x->io); /* it has said enough */
            x->io = NULL;
            return;
        }
        *l->r->cfg.down += (uint64_t)n;
        uint16_t id = n >= 2 ? (uint16_t)((unsigned)p[0] << 8 | p[1]) : 0;
        give_extra(
            x, p, (size_t)n,
            n >= 2 && id == x->id ? NULL : failure_text(FAILURE_WRONG_ID), t);
    }
}

static void on_ready(void *arg, int fd, unsigned what)
{
    struct exchange *x = arg;

    if (x->channel) {
        ares_process_fd(x->channel->ares,
                        what & LOOP_READ ? fd : ARES_SOCKET_BAD,
                        what & LOOP_WRITE ? fd : ARES_SOCKET_BAD);
        if (x->answered && !x->reported) {
            exchange_finish(x);
        }
        return;
    }
    struct lookup *l = x->lookup;
    lookup_enter(l);
    read_late(x);
    /* gone or not, nothing of it is used below */
    (void)lookup_leave(l);
}

/* c-ares says what it waits for; nothing more to wait for leaves the watch as
 * it is, for late answers. */
static void on_sock_state(void *arg, ares_socket_t fd, int readable,
                          int writable)
{
    const struct channel *c = arg;
    struct exchange *x = c->x;
    unsigned what = (readable ? LOOP_READ : 0u) | (writable ? LOOP_WRITE : 0u);
    enum err e = ERR_OK;

    if (what == 0) {
        return;
    }
    if (x->io) {
        e = loop_io_set(x->io, what);
    } else {
        e = loop_io_new(x->lookup->r->loop, fd, what, on_ready, x, &x->io);
    }
    if (e != ERR_OK) {
        x->lookup->internal = e;
    }
}

/* ---- asking -------------------------------------------------------------- */

static enum err channel_new(bool tcp, struct channel **out)
{
    struct channel *c = calloc(1, sizeof(*c));
    char nothing[] = "/dev/null", lookups[] = "b";
    struct ares_options o = {
        .flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH |
                 ARES_FLAG_NOALIASES | ARES_FLAG_IGNTC,
        .timeout = 60000, /* ours is shorter */
        .tries = 1,
        .lookups = lookups,
        .sock_state_cb = on_sock_state,
        .sock_state_cb_data = c,
        .resolvconf_path = nothing,
    };
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
               ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB | ARES_OPT_DOMAINS |
               ARES_OPT_RESOLVCONF;

    if (!c) {
        return ERR_NOMEM;
    }
    if (tcp) {
        o.flags |= ARES_FLAG_USEVC;
    }
    if (ares_init_options(&c->ares, &o, mask) != ARES_SUCCESS) {
        free(c);
        return ERR_NOMEM;
    }
    *out = c;
    return ERR_OK;
}

static enum err channel_take(struct exchange *x)
{
    struct lookup *l = x->lookup;
    struct resolver *r = l->r;
    char endpoint[56];

    if (!x->tcp && r->idle) {
        x->channel = r->idle;
        r->idle = r->idle->next;
        r->n_idle--;
    } else {
        enum err e = channel_new(x->tcp, &x->channel);
        if (e != ERR_OK) {
            return e;
        }
    }
    x->channel->x = x;
    ares_set_socket_functions(x->channel->ares, &socket_functions, x);
    ip_endpoint(&l->servers[x->server].ip, l->port, endpoint);
    return ares_set_servers_ports_csv(x->channel->ares, endpoint) ==
                   ARES_SUCCESS
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

    x->has_channel = true;
    buf_init(&msg, 1024);
    crypto_random(&x->id, sizeof(x->id));
    x->x.t0 = clock_mono_us();
    if (l->t0 == 0) {
        l->t0 = x->x.t0;
    }
    e = dnsmsg_query(&msg, x->id, l->q.host, x->type, &opts);
    if (e == ERR_INVAL) {
        /* a name that cannot be asked for does not exist */
        x->answered = true;
        x->x.t = x->x.t0;
        x->x.failure = failure_text(FAILURE_NXDOMAIN);
        e = ERR_OK;
    } else if (e == ERR_OK) {
        e = channel_take(x);
        if (e == ERR_OK) {
            ares_send(x->channel->ares, msg.p, (int)msg.len, on_answer, x);
        }
    }
    buf_fini(&msg);
    if (e != ERR_OK) {
        l->internal = e;
        x->answered = true;
        x->x.t = x->x.t0;
        x->x.failure = failure_text(FAILURE_MISBEHAVING);
    }
    /* never finish inside the caller's call */
    e = loop_timer_in(x->timer, x->answered ? 0 : x->limit_us);
    if (e != ERR_OK) {
        l->internal = e;
    }
}

/* Has a socket; needs a channel, too. */
static void exchange_wait(void *arg)
{
    struct exchange *x = arg;

    x->has_socket = true;
    if (budget_take(&x->lookup->r->channels, &x->channel_wait, 1, exchange_go,
                    x)) {
        exchange_go(x);
    }
}

enum err exchange_new(struct lookup *l, uint16_t type, size_t server, bool tcp)
{
    if (l->n_exchanges >= EXCHANGES_MAX) {
        return ERR_LIMIT;
    }
    struct exchange *x = calloc(1, sizeof(*x));
    if (!x) {
        return ERR_NOMEM;
    }
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
    if (budget_take(l->r->cfg.sockets, &x->wait, 1, exchange_wait, x)) {
        exchange_wait(x);
    } else {
        exchange_make_room(l);
    }
    return ERR_OK;
}

const char *resolver_version(void)
{
    return ares_version(NULL);
}
