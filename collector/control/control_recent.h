// SPDX-License-Identifier: Apache-2.0
/* What the control answered in the last minute, for those who ask for the same
 * page of a target that must not be asked again so soon. Not thread safe.
 */
#ifndef PARALLAX_COLLECTOR_CONTROL_CONTROL_RECENT_H
#define PARALLAX_COLLECTOR_CONTROL_CONTROL_RECENT_H

#include "collector/control/control_request.h"

struct control_recent;

/* Caller frees *out. */
MUST_USE enum err control_recent_new(struct control_recent **out);
void control_recent_free(struct control_recent *r);
/* Keeps a copy of the answer to `client`; without memory, or if it is long, it
 * is not kept. One client's push out its own when they are a quarter. */
void control_recent_put(struct control_recent *r, const struct ip *client,
                        const struct control_request *q, struct str answer,
                        int64_t now_us);
/* The answer of the last minute to the same URL and headers, whatever the
 * addresses and the nonce; else one to other headers, if its page is good: who
 * asks as a machine that a site refuses does not have the refusal told to
 * others. p NULL if there is none. Valid until the next call. */
struct str control_recent_get(const struct control_recent *r,
                              const struct control_request *q, int64_t now_us);

#endif
