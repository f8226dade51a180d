// SPDX-License-Identifier: Apache-2.0
/* Whether our own control answers: asked by HTTP every few seconds, as a probe
 * would, because a process that is there may still answer nobody. What is found
 * goes into the service, for its health and for what probes are told.
 */
#ifndef PARALLAX_COLLECTOR_CMD_SERVE_WATCH_H
#define PARALLAX_COLLECTOR_CMD_SERVE_WATCH_H

#include "base/loop.h"
#include "collector/api/service.h"

struct serve_watch;

/* `url` is "http://ADDR:PORT", of a control that just was ready. It is asked so
 * often, and has as long for its answer. Caller stops *out before the loop.
 * ERR_INVAL: not such a URL. */
MUST_USE enum err serve_watch_start(struct loop *l, const char *url,
                                    int64_t every_us, struct service *s,
                                    struct serve_watch **out);
/* NULL is allowed. */
void serve_watch_stop(struct serve_watch *w);

#endif
