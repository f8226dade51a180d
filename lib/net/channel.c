// SPDX-License-Identifier: Apache-2.0
/* c-ares: channels, and the calls it makes on their sockets. */
#include "net/channel.h"
#include "net/memory.h"

#include <ares.h>
#include <stdlib.h>

#define CHANNELS_MAX  128 /* 9 MB */
#define CHANNELS_IDLE 16
#define TIMEOUT_MS    60000 /* whoever asks has a shorter limit */

struct channel {
    struct channel *next; /* idle */
    ares_channel ares;
    bool tcp;
    const struct channel_events *on;
    void *arg;
};

enum err channel_pool_init(struct channel_pool *pool, struct loop *l)
{
    *pool = (struct channel_pool){0};
    enum err e = budget_init(&pool->room, l, CHANNELS_MAX);

    if (e == ERR_OK &&
        ares_library_init_mem(ARES_LIB_INIT_ALL, memory_malloc, free,
                              memory_realloc) != ARES_SUCCESS) {
        budget_fini(&pool->room);
        e = ERR_NOMEM;
    }
    return e;
}

static void channel_free(struct channel *c)
{
    if (c->ares) {
        ares_destroy(c->ares);
    }
    free(c);
}

void channel_pool_fini(struct channel_pool *pool)
{
    while (pool->idle) {
        struct channel *c = pool->idle;

        pool->idle = c->next;
        channel_free(c);
    }
    ares_library_cleanup();
    budget_fini(&pool->room);
}

/* ---- what c-ares calls --------------------------------------------------- */

static ares_socket_t on_socket(int family, int type, int protocol, void *arg)
{
    const struct channel *c = arg;

    return c->on->open(c->arg, family, type, protocol);
}

static int on_connect(ares_socket_t fd, const struct sockaddr *sa,
                      ares_socklen_t len, void *arg)
{
    const struct channel *c = arg;

    return c->on->connect(c->arg, fd, sa, len);
}

static ares_ssize_t on_send(ares_socket_t fd, const struct iovec *iov, int n,
                            void *arg)
{
    const struct channel *c = arg;

    return c->on->send(c->arg, fd, iov, n);
}

static ares_ssize_t on_receive(ares_socket_t fd, void *p, size_t size,
                               int flags, struct sockaddr *sa,
                               ares_socklen_t *len, void *arg)
{
    const struct channel *c = arg;

    return c->on->receive(c->arg, fd, p, size, flags, sa, len);
}

static int on_close(ares_socket_t fd, void *arg)
{
    const struct channel *c = arg;

    return c->on->close(c->arg, fd);
}

static const struct ares_socket_functions socket_functions = {
    .asocket = on_socket,
    .aclose = on_close,
    .aconnect = on_connect,
    .arecvfrom = on_receive,
    .asendv = on_send,
};

/* Nothing more to wait for leaves the watch as it is, for late answers. */
static void on_sock_state(void *arg, ares_socket_t fd, int readable,
                          int writable)
{
    const struct channel *c = arg;

    if (readable || writable) {
        c->on->waits(c->arg, fd, readable, writable);
    }
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *abuf,
                      int alen)
{
    const struct channel *c = arg;

    (void)timeouts;
    if (abuf && alen > 0) {
        c->on->answer(c->arg, CHANNEL_ANSWER, abuf, (size_t)alen);
        return;
    }
    c->on->answer(c->arg,
                  status == ARES_ENOMEM     ? CHANNEL_NOMEM
                  : status == ARES_ETIMEOUT ? CHANNEL_TIMEOUT
                                            : CHANNEL_FAILED,
                  NULL, 0);
}

/* ---- channels ------------------------------------------------------------ */

static enum err channel_new(bool tcp, struct channel **out)
{
    struct channel *c = calloc(1, sizeof(*c));
    char nothing[] = "/dev/null", lookups[] = "b";
    struct ares_options o = {
        .flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH |
                 ARES_FLAG_NOALIASES | ARES_FLAG_IGNTC,
        .timeout = TIMEOUT_MS,
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
    c->tcp = tcp;
    ares_set_socket_functions(c->ares, &socket_functions, c);
    *out = c;
    return ERR_OK;
}

enum err channel_take(struct channel_pool *pool, bool tcp,
                      const struct ip *server, uint16_t port,
                      const struct channel_events *on, void *arg,
                      struct channel **out)
{
    struct channel *c = pool->idle;
    char endpoint[56];

    if (!tcp && c) {
        pool->idle = c->next;
        pool->n_idle--;
    } else {
        enum err e = channel_new(tcp, &c);
        if (e != ERR_OK) {
            return e;
        }
    }
    c->on = on;
    c->arg = arg;
    ip_endpoint(server, port, endpoint);
    if (ares_set_servers_ports_csv(c->ares, endpoint) != ARES_SUCCESS) {
        channel_give(pool, c);
        return ERR_NOMEM;
    }
    *out = c;
    return ERR_OK;
}

void channel_give(struct channel_pool *pool, struct channel *c)
{
    if (!c) {
        return;
    }
    if (c->tcp || pool->n_idle >= CHANNELS_IDLE) {
        channel_free(c);
        return;
    }
    ares_cancel(c->ares);
    c->on = NULL;
    c->arg = NULL;
    c->next = pool->idle;
    pool->idle = c;
    pool->n_idle++;
}

void channel_send(struct channel *c, const void *msg, size_t len)
{
    ares_send(c->ares, msg, (int)len, on_answer, c);
}

void channel_process(struct channel *c, int fd, bool readable, bool writable)
{
    ares_process_fd(c->ares, readable ? fd : ARES_SOCKET_BAD,
                    writable ? fd : ARES_SOCKET_BAD);
}

const char *channel_version(void)
{
    return ares_version(NULL);
}
