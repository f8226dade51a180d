// SPDX-License-Identifier: Apache-2.0
/* Has a crowd swept four times a second, on a loop or by a thread of its own.
 */
#ifndef PARALLAX_COLLECTOR_HTTP_HTTP_SWEEP_H
#define PARALLAX_COLLECTOR_HTTP_HTTP_SWEEP_H

#include "base/loop.h"
#include "collector/http/http_crowd.h"

struct http_sweep;

/* `loop` NULL: a thread. Caller ends *out before the crowd. */
MUST_USE enum err http_sweep_start(struct http_crowd *crowd, struct loop *loop,
                                   struct http_sweep **out);
void http_sweep_end(struct http_sweep *s);

#endif
