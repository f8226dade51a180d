// SPDX-License-Identifier: Apache-2.0
/* A server for one small exchange per connection, bounded in everything: how
 * many connections, how many from one address, how many bytes, how long. It
 * runs on the caller's loop and belongs to its thread. What is said is the
 * business of a function (tcp_echo.h, json_headers.h).
 */
#ifndef PARALLAX_COLLECTOR_HELPERS_SMALL_SERVER_H
#define PARALLAX_COLLECTOR_HELPERS_SMALL_SERVER_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/loop.h"

#define SMALL_SERVER_IN_MAX  ((size_t)16 << 10) /* bytes of a connection */
#define SMALL_SERVER_OUT_MAX ((size_t)128 << 10)
/* of one address, behind which there may be several clients with five each */
#define SMALL_SERVER_PER_SOURCE 64

struct small_server;

/* Takes what it can use from `in`, which has what came and was not taken yet,
 * and appends to `out` what is to be sent. True: nothing more is read, and the
 * connection ends when all is sent. */
typedef bool (*small_server_fn)(struct buf *in, struct buf *out);

struct small_server_config {
    const char *listen; /* ADDR:PORT, port 0 picks one */
    struct loop *loop;
    unsigned max_connections; /* at least 1 */
    int64_t lifetime_us;      /* of a connection */
    small_server_fn fn;
};

/* Listens. ERR_INVAL: `listen` cannot be read; ERR_BUSY: the address is in use.
 * Caller stops *out. */
MUST_USE enum err small_server_start(const struct small_server_config *cfg,
                                     struct small_server **out, struct diag *d);
/* "http://ADDR:PORT" as bound. */
const char *small_server_url(const struct small_server *s);
/* Closes all connections. NULL is allowed. */
void small_server_stop(struct small_server *s);

#endif
