// SPDX-License-Identifier: Apache-2.0
/* What the control answered in the last minute, for those who ask the same
 * about a target that must not be asked again so soon. Not thread safe.
 */
#ifndef PARALLAX_COLLECTOR_CONTROL_CONTROL_RECENT_H
#define PARALLAX_COLLECTOR_CONTROL_CONTROL_RECENT_H

#include "collector/control/control_request.h"

struct control_recent;

/* Caller frees *out. */
MUST_USE enum err control_recent_new(struct control_recent **out);
void control_recent_free(struct control_recent *r);
/* Keeps a copy; without memory, or if it is long, it is not kept. */
void control_recent_put(struct control_recent *r,
                        const struct control_request *q, struct str answer,
                        int64_t now_us);
/* The answer to the same URL, addresses and headers, whatever the nonce, of the
 * last minute; p NULL if there is none. Valid until the next call. */
struct str control_recent_get(const struct control_recent *r,
                              const struct control_request *q, int64_t now_us);

#endif
