// SPDX-License-Identifier: Apache-2.0
/* Exchanges: their sockets, their answers, and when they are over. */
#include "net/exchange.h"
#include "net/memory.h"
#include "record/failure.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "wire/dnsmsg.h"
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DATAGRAM_MAX    65535
#define EXTRA_MAX       16 /* further answers kept per exchange */
#define EXTRA_BYTES_MAX ((size_t)64 * 1024)
#define READ_AT_ONCE    64 /* datagrams */
#define EXCHANGES_MAX   16 /* of one lookup */

struct exchange {
    struct exchange_set *set;
    struct exchange *next;
    struct budget_wait wait, channel_wait;
    bool has_socket, has_channel; /* counted in the budgets */
    uint16_t type;
    const struct exchange_server *server;
    bool tcp;
    uint16_t id;
    struct channel *channel;
    int fd; /* kept open by us; -1: the channel's, if any */
    struct loop_io *io;
    struct loop_timer *timer;
    int64_t limit_us;
    bool asked;    /* the question left */
    bool answered; /* the channel or we are done with the question */
    bool reported; /* on_result was called */
    int errnum;    /* of the socket */
    size_t n_extra, extra_bytes;
    const void *last; /* where the channel has the last answer from, while it
                         looks at it */
    size_t last_len;
    int64_t read_tick; /* round of the loop in which n_read were read */
    int n_read;
    int64_t t_read;
    unsigned long memory; /* memory_failures() when it began */
    struct dns_exchange x;
};

/* ---- freeing ------------------------------------------------------------- */

/* Ends what the channel does; its socket comes back by on_close. */
static void drop_channel(struct exchange *x)
{
    struct channel_pool *pool = &x->set->means->channels;
    struct channel *c = x->channel;

    if (x->has_channel) {
        budget_give(&pool->room, 1);
    }
    x->has_channel = false;
    x->channel = NULL;
    channel_give(pool, c);
}

/* The channel first: it gives its socket back. */
static void exchange_close(struct exchange *x)
{
    struct exchange_means *means = x->set->means;

    x->answered = true;
    budget_leave(means->sockets, &x->wait);
    budget_leave(&means->channels.room, &x->channel_wait);
    drop_channel(x);
    loop_io_free(x->io);
    x->io = NULL;
    if (x->fd >= 0) {
        close(x->fd);
    }
    x->fd = -1;
    loop_timer_stop(x->timer);
    if (x->has_socket) {
        budget_give(means->sockets, 1);
    }
    x->has_socket = false;
}

/* Who waits for a socket must not wait for one that its own lookup keeps open:
 * many lookups at the limit would then wait for ever. Late answers are given up
 * for that. */
static void make_room(struct exchange_set *set)
{
    bool waiting = false;

    for (struct exchange *x = set->first; x; x = x->next) {
        waiting = waiting || x->wait.queued;
    }
    for (struct exchange *x = set->first; x; x = x->next) {
        if (waiting && x->reported) {
            exchange_close(x);
        }
    }
}

static void free_all(struct exchange_set *set)
{
    while (set->first) {
        struct exchange *x = set->first;

        set->first = x->next;
        exchange_close(x);
        loop_timer_free(x->timer);
        free(x);
    }
    set->on_freed(set->arg);
}

void exchange_set_free(struct exchange_set *set)
{
    set->dead = true;
    if (set->busy == 0) {
        free_all(set);
    }
}

void exchange_set_enter(struct exchange_set *set)
{
    set->busy++;
}

bool exchange_set_leave(struct exchange_set *set)
{
    if (--set->busy == 0 && set->dead) {
        free_all(set);
        return false;
    }
    return !set->dead;
}

bool exchange_set_listens(const struct exchange_set *set)
{
    for (const struct exchange *x = set->first; x; x = x->next) {
        if (x->fd >= 0) {
            return true;
        }
    }
    return false;
}

/* ---- results ------------------------------------------------------------- */

/* Room for one more answer, however many are sent? */
static bool extra_fits(const struct exchange *x, size_t bytes)
{
    return x->n_extra < EXTRA_MAX && x->extra_bytes + bytes <= EXTRA_BYTES_MAX;
}

/* `p` is copied. */
static void give_extra(struct exchange *x, const void *p, size_t n,
                       const char *failure, int64_t t)
{
    struct exchange_set *set = x->set;
    struct dns_exchange extra = {
        .engine = x->x.engine,
        .server = x->x.server,
        .type = x->type,
        .t0 = x->x.t0,
        .t = t,
        .extra = true,
        .local_port = x->x.local_port,
    };

    if (!set->on_extra || set->dead || !extra_fits(x, n)) {
        return;
    }
    x->n_extra++;
    x->extra_bytes += n;
    extra.raw = region_str(set->region, (struct str){p, n});
    if (extra.raw.len != n) {
        return;
    }
    if (dnsreply_decode(set->region, &extra) != ERR_OK) {
        return;
    }
    if (failure) {
        extra.failure = failure;
    }
    set->on_extra(set->arg, &extra);
}

/* From the loop only, never from inside the channel. */
static void exchange_finish(struct exchange *x)
{
    struct exchange_set *set = x->set;

    x->answered = true;
    x->reported = true;
    loop_timer_stop(x->timer);
    if (x->x.failure && memory_failures() != x->memory &&
        set->internal == ERR_OK) {
        set->internal = ERR_NOMEM; /* an answer may have been dropped for it */
    }
    drop_channel(x);
    if (x->fd < 0 || set->internal != ERR_OK) {
        exchange_close(x); /* nothing is kept open */
    }
    make_room(set);
    set->on_result(set->arg, &x->x, x->server, x->tcp);
}

static void on_answer(void *arg, enum channel_status status, const void *p,
                      size_t n)
{
    struct exchange *x = arg;
    struct exchange_set *set = x->set;

    if (x->answered) {
        return;
    }
    x->answered = true;
    x->x.t = x->t_read ? x->t_read : clock_mono_us();
    if (status == CHANNEL_ANSWER) {
        /* what is longer than 512 bytes is cut, but servers do send it */
        if (!x->tcp && p == x->last) {
            n = x->last_len;
        }
        x->x.raw = region_str(set->region, (struct str){p, n});
        if (x->x.raw.len == 0 ||
            dnsreply_decode(set->region, &x->x) != ERR_OK) {
            set->internal = ERR_NOMEM;
        }
        return;
    }
    if (status == CHANNEL_NOMEM) {
        set->internal = ERR_NOMEM;
    }
    if (failure_internal(x->errnum) != ERR_OK) {
        set->internal = failure_internal(x->errnum);
    }
    if (x->errnum) {
        x->x.failure = failure_text(failure_from_errno(x->errnum));
    } else if (status == CHANNEL_TIMEOUT) {
        x->x.failure = failure_text(FAILURE_TIMEOUT);
    } else {
        x->x.failure = failure_text(x->tcp ? FAILURE_EOF : FAILURE_MISBEHAVING);
    }
}

static void on_limit(void *arg)
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

/* ---- sockets, called by the channel -------------------------------------- */

static int on_open(void *arg, int family, int type, int protocol)
{
    struct exchange *x = arg;
    int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);

    if (fd < 0) {
        x->errnum = errno;
    }
    return fd;
}

static int on_connect(void *arg, int fd, const struct sockaddr *sa,
                      socklen_t len)
{
    struct exchange *x = arg;
    struct sockaddr_in6 scoped;
    uint32_t scope = x->server->at.scope;

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

static ssize_t on_send(void *arg, int fd, const struct iovec *iov, int n)
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
    *x->set->means->up += (uint64_t)sent;
    if (x->x.local_port == 0) {
        note_local_port(x, fd);
    }
    return sent;
}

/* A channel reads on for as long as something comes: one flooding server would
 * stop all others. */
static bool too_many_now(struct exchange *x)
{
    int64_t tick = loop_now_us(x->set->means->loop);

    if (x->read_tick != tick) {
        x->n_read = 0;
    }
    x->read_tick = tick;
    return x->n_read++ >= READ_AT_ONCE;
}

/* True if the first two bytes are the question's id. */
static bool has_our_id(const struct exchange *x, const uint8_t *p, size_t n)
{
    return n >= 2 && (uint16_t)((unsigned)p[0] << 8 | p[1]) == x->id;
}

/* A datagram with another id ends the question. */
static void end_with_wrong_id(struct exchange *x, const void *p, size_t n,
                              int64_t t)
{
    struct exchange_set *set = x->set;

    x->answered = true;
    x->x.t = t;
    x->x.raw = region_str(set->region, (struct str){p, n});
    if (dnsreply_decode(set->region, &x->x) != ERR_OK) {
        set->internal = ERR_NOMEM;
    }
    x->x.failure = failure_text(FAILURE_WRONG_ID);
    x->x.truncated = false;
    x->x.n_answers = 0;
}

static ssize_t on_receive(void *arg, int fd, void *p, size_t size, int flags,
                          struct sockaddr *sa, socklen_t *len)
{
    struct exchange *x = arg;

    if (!x->tcp && too_many_now(x)) {
        errno = EWOULDBLOCK;
        return -1;
    }
    ssize_t n = recvfrom(fd, p, size, flags, sa, len);
    int64_t t = clock_mono_us();

    if (n < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK) {
            x->errnum = errno;
        }
        return n;
    }
    *x->set->means->down += (uint64_t)n;
    if (x->tcp) {
        x->t_read = t;
        return n;
    }
    bool ours = has_our_id(x, p, (size_t)n);
    if (ours && !x->answered) {
        x->t_read = t;
        x->last = p;
        x->last_len = (size_t)n;
    } else if (!x->answered && x->set->wrong_id_counts) {
        end_with_wrong_id(x, p, (size_t)n, t);
    } else {
        give_extra(x, p, (size_t)n,
                   ours ? NULL : failure_text(FAILURE_WRONG_ID), t);
    }
    return n;
}

/* A socket that was used stays open for answers that are still on their way. */
static int on_close(void *arg, int fd)
{
    struct exchange *x = arg;

    if (x->set->linger && !x->tcp && x->asked && x->fd < 0 && !x->set->dead) {
        x->fd = fd;
        return 0;
    }
    loop_io_free(x->io);
    x->io = NULL;
    return close(fd);
}

static void read_late(struct exchange *x)
{
    uint8_t p[DATAGRAM_MAX];

    for (int i = 0; i < READ_AT_ONCE && !x->set->dead; i++) {
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
        *x->set->means->down += (uint64_t)n;
        give_extra(x, p, (size_t)n,
                   has_our_id(x, p, (size_t)n) ? NULL
                                               : failure_text(FAILURE_WRONG_ID),
                   t);
    }
}

static void on_ready(void *arg, int fd, unsigned what)
{
    struct exchange *x = arg;
    struct exchange_set *set = x->set;

    exchange_set_enter(set);
    if (x->channel) {
        channel_process(x->channel, fd, what & LOOP_READ, what & LOOP_WRITE);
    } else {
        read_late(x);
    }
    if (exchange_set_leave(set) && x->answered && !x->reported) {
        exchange_finish(x);
    }
}

static void on_waits(void *arg, int fd, bool to_read, bool to_write)
{
    struct exchange *x = arg;
    unsigned what = (to_read ? LOOP_READ : 0u) | (to_write ? LOOP_WRITE : 0u);
    enum err e = ERR_OK;

    if (x->io) {
        e = loop_io_set(x->io, what);
    } else {
        e = loop_io_new(x->set->means->loop, fd, what, on_ready, x, &x->io);
    }
    if (e != ERR_OK) {
        x->set->internal = e;
    }
}

/* ---- asking -------------------------------------------------------------- */

static enum err send_question(struct exchange *x)
{
    static const struct channel_events on = {
        .open = on_open,
        .connect = on_connect,
        .send = on_send,
        .receive = on_receive,
        .close = on_close,
        .waits = on_waits,
        .answer = on_answer,
    };
    struct dns_query_opts opts = {.unchecked = x->set->unchecked};
    struct buf msg;

    buf_init(&msg, 1024);
    enum err e = dnsmsg_query(&msg, x->id, x->set->host, x->type, &opts);
    if (e == ERR_INVAL) {
        /* a name that cannot be asked for does not exist */
        x->answered = true;
        x->x.t = x->x.t0;
        x->x.failure = failure_text(FAILURE_NXDOMAIN);
        e = ERR_OK;
    } else if (e == ERR_OK) {
        e = channel_take(&x->set->means->channels, x->tcp, &x->server->at.ip,
                         x->server->port, &on, x, &x->channel);
        if (e == ERR_OK) {
            channel_send(x->channel, msg.p, msg.len);
        }
    }
    buf_fini(&msg);
    return e;
}

static void exchange_go(void *arg)
{
    struct exchange *x = arg;
    struct exchange_set *set = x->set;

    x->has_channel = true;
    crypto_random(&x->id, sizeof(x->id));
    x->x.t0 = clock_mono_us();
    if (set->t0 == 0) {
        set->t0 = x->x.t0;
    }
    enum err e = send_question(x);
    if (e != ERR_OK) {
        set->internal = e;
        x->answered = true;
        x->x.t = x->x.t0;
        x->x.failure = failure_text(FAILURE_MISBEHAVING);
    }
    /* never finish inside the caller's call */
    e = loop_timer_in(x->timer, x->answered ? 0 : x->limit_us);
    if (e != ERR_OK) {
        set->internal = e;
        e = loop_timer_in(x->timer, 0); /* which is never refused */
    }
}

/* Has a socket; needs a channel, too. */
static void exchange_wait(void *arg)
{
    struct exchange *x = arg;

    x->has_socket = true;
    if (budget_take(&x->set->means->channels.room, &x->channel_wait, 1,
                    exchange_go, x)) {
        exchange_go(x);
    }
}

enum err exchange_ask(struct exchange_set *set, uint16_t type,
                      const struct exchange_server *server, bool tcp,
                      int64_t limit_us)
{
    if (set->n >= EXCHANGES_MAX) {
        return ERR_LIMIT;
    }
    struct exchange *x = calloc(1, sizeof(*x));
    if (!x) {
        return ERR_NOMEM;
    }
    x->set = set;
    x->fd = -1;
    x->type = type;
    x->server = server;
    x->tcp = tcp;
    x->limit_us = limit_us;
    x->memory = memory_failures();
    x->x.engine = tcp ? "tcp" : "udp";
    x->x.server = server->text;
    x->x.unchecked = set->unchecked;
    x->x.type = type;
    enum err e = loop_timer_new(set->means->loop, on_limit, x, &x->timer);
    if (e != ERR_OK) {
        free(x);
        return e;
    }
    x->next = set->first;
    set->first = x;
    set->n++;
    if (budget_take(set->means->sockets, &x->wait, 1, exchange_wait, x)) {
        exchange_wait(x);
    } else {
        make_room(set);
    }
    return ERR_OK;
}
