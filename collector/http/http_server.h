// SPDX-License-Identifier: Apache-2.0
/* A bounded HTTP/1.1 server for plain HTTP on loopback, behind nginx. Used by
 * `serve` (own threads) and `control` (on the loop, no threads). What a handler
 * is given is in http.h.
 */
#ifndef PARALLAX_COLLECTOR_HTTP_HTTP_SERVER_H
#define PARALLAX_COLLECTOR_HTTP_HTTP_SERVER_H

#include "base/diag.h"
#include "collector/http/http_config.h"

struct http_server;

/* Listens and takes requests. ERR_INVAL: `listen` cannot be read; ERR_BUSY: the
 * address is in use. Caller stops *out. */
MUST_USE enum err http_server_start(const struct http_config *cfg,
                                    struct http_server **out, struct diag *d);
/* "http://ADDR:PORT" */
const char *http_server_url(const struct http_server *s);
/* Takes no new requests: they are answered 503 until the server stops, those
 * already being read or answered end as ever. */
void http_server_quiesce(struct http_server *s);
/* Requests being read or answered. */
unsigned http_server_busy(const struct http_server *s);
/* Every deferred request must have been answered. */
void http_server_stop(struct http_server *s);

#endif
