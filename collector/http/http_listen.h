// SPDX-License-Identifier: Apache-2.0
/* A listening socket from "ADDR:PORT" ("[::1]:8080"; port 0 picks one), or from
 * "unix:PATH". */
#ifndef PARALLAX_COLLECTOR_HTTP_HTTP_LISTEN_H
#define PARALLAX_COLLECTOR_HTTP_HTTP_LISTEN_H

#include "base/diag.h"

#define HTTP_URL_MAX 64

#define HTTP_LISTEN_UNIX "unix:"

/* `url` becomes "http://ADDR:PORT" as bound, or "unix". ERR_INVAL: neither
 * form; ERR_BUSY: in use. A socket file that nobody listens on any more is
 * replaced; whoever stops listening removes it. */
MUST_USE enum err http_listen(const char *where, int *fd,
                              char url[HTTP_URL_MAX], struct diag *d);

#endif
