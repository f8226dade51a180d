// SPDX-License-Identifier: Apache-2.0
/* Answers in place of libmicrohttpd what it refuses by itself, before a handler
 * hears of the request: no Host, a Content-Length that is no number. 0.9.75
 * writes the head of such an answer twice, and what stands in front of us would
 * take the rest of it for the answer to the next request.
 *
 * That it refuses one is only heard from its log, which does not say which; it
 * is the connection of this thread whose head is whole and not handed on yet.
 */
#ifndef PARALLAX_COLLECTOR_HTTP_HTTP_REFUSAL_H
#define PARALLAX_COLLECTOR_HTTP_HTTP_REFUSAL_H

#include "base/err.h"

#include <stdarg.h>
#include <stdbool.h>

struct MHD_Connection;
struct http_refusal; /* all connections of a server */
struct http_refusal_line;

/* Caller frees *out when all have left. */
MUST_USE enum err http_refusal_new(struct http_refusal **out);
void http_refusal_free(struct http_refusal *r);
/* A connection, on the thread that serves it; NULL without memory. */
struct http_refusal_line *
http_refusal_enter(struct http_refusal *r, struct MHD_Connection *mhd, int fd);
void http_refusal_leave(struct http_refusal *r, struct http_refusal_line *l);
/* Was its request handed on to a handler? */
void http_refusal_handed(struct http_refusal *r, struct http_refusal_line *l,
                         bool handed);
/* What libmicrohttpd logs, on the thread where it happens. If it is such a
 * refusal it is answered, and nothing more can be sent there. */
void http_refusal_heard(struct http_refusal *r, const char *fmt, va_list ap);

#endif
