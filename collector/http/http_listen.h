// SPDX-License-Identifier: Apache-2.0
/* A listening socket from "ADDR:PORT" ("[::1]:8080"; port 0 picks one). */
#ifndef PARALLAX_COLLECTOR_HTTP_HTTP_LISTEN_H
#define PARALLAX_COLLECTOR_HTTP_HTTP_LISTEN_H

#include "base/diag.h"

#define HTTP_URL_MAX 64

/* `url` becomes "http://ADDR:PORT" as bound. ERR_INVAL: not ADDR:PORT;
 * ERR_BUSY: in use. */
MUST_USE enum err http_listen(const char *where, int *fd,
                              char url[HTTP_URL_MAX], struct diag *d);

#endif
