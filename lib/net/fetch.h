// SPDX-License-Identifier: Apache-2.0
/* One transfer for measuring: TCP connect to one address, TLS when the URL
 * asks for it, and a GET on that connection if the owner grants it. Everything
 * seen on the way is in the result, with times in microseconds since
 * `zero_us`. libcurl is behind this header and nowhere else in the engine.
 *
 *   TCP --10 s--> TLS --10 s--> ready? --no--> done (no failure)
 *                                  \--yes--> HTTP --10 s--> done
 */
#ifndef PARALLAX_NET_FETCH_H
#define PARALLAX_NET_FETCH_H

#include "net/fetch_types.h"
#include "net/fetcher.h"

struct fetch;

/* Borrows the strings of `req` until done. on_done is called from the loop,
 * after which the transfer is gone. */
MUST_USE enum err fetch_start(struct fetcher *f,
                              const struct fetch_request *req,
                              struct fetch **out);
/* Ends it now as if its time limit had passed; calls on_done. */
void fetch_expire(struct fetch *t);
/* No callback afterwards. Not from within on_ready. */
void fetch_cancel(struct fetch *t);

/* Names and versions of the library behind this and of those it uses. */
const char *fetch_version(void);

#endif
