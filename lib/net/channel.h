// SPDX-License-Identifier: Apache-2.0
/* c-ares, behind one header: a channel sends one DNS question and hands its
 * answer back. The sockets are made, used and closed by whoever works with the
 * channel, so that no datagram is lost to c-ares' own reading of it.
 *
 * A channel has 74 KB of tables, and making one reads a key from the kernel.
 * Those for UDP are therefore kept and used again.
 */
#ifndef PARALLAX_NET_CHANNEL_H
#define PARALLAX_NET_CHANNEL_H

#include "net/budget.h"
#include "wire/ip.h"

#include <sys/socket.h>
#include <sys/uio.h>

struct channel;

/* The channels of one resolver. */
struct channel_pool {
    struct budget room; /* how many may be in use; the user takes and gives */
    struct channel *idle;
    size_t n_idle;
};

enum channel_status {
    CHANNEL_ANSWER,
    CHANNEL_TIMEOUT,
    CHANNEL_NOMEM,
    CHANNEL_FAILED
};

/* What a channel wants from its user. The calls on sockets return what the
 * system call of that name does, with errno. They come from inside
 * channel_send, channel_process and channel_give only. */
struct channel_events {
    int (*open)(void *arg, int family, int type, int protocol);
    int (*connect)(void *arg, int fd, const struct sockaddr *sa, socklen_t len);
    ssize_t (*send)(void *arg, int fd, const struct iovec *iov, int n);
    ssize_t (*receive)(void *arg, int fd, void *p, size_t size, int flags,
                       struct sockaddr *sa, socklen_t *len);
    /* The channel is done with the socket; it may be kept open. */
    int (*close)(void *arg, int fd);
    /* From now on it waits for this; never called with neither. */
    void (*waits)(void *arg, int fd, bool to_read, bool to_write);
    /* Once per question. `p` is the answer (CHANNEL_ANSWER) and may be the
     * pointer that `receive` was given; of an answer over UDP only the first
     * 512 bytes are counted in `n`. */
    void (*answer)(void *arg, enum channel_status status, const void *p,
                   size_t n);
};

/* ERR_NOMEM. */
MUST_USE enum err channel_pool_init(struct channel_pool *pool, struct loop *l);
/* Every channel must have been given back. */
void channel_pool_fini(struct channel_pool *pool);

/* A channel to one server, for one question; `on` and `arg` must live until it
 * is given back. ERR_NOMEM: then none has to be given back. */
MUST_USE enum err channel_take(struct channel_pool *pool, bool tcp,
                               const struct ip *server, uint16_t port,
                               const struct channel_events *on, void *arg,
                               struct channel **out);
/* Ends what it still does. NULL allowed. */
void channel_give(struct channel_pool *pool, struct channel *c);
/* Sends a whole DNS message. */
void channel_send(struct channel *c, const void *msg, size_t len);
/* Its socket can be read or written without waiting. */
void channel_process(struct channel *c, int fd, bool readable, bool writable);

/* Version of c-ares. */
const char *channel_version(void);

#endif
