// SPDX-License-Identifier: Apache-2.0
/* In which order test helpers are asked. Whom the run could not reach before is
 * asked last: each would have to be waited for again, for every site.
 *
 * A further measurement begins with another helper than the first one did.
 */
#ifndef PARALLAX_ENGINE_WEB_CONTROL_ORDER_H
#define PARALLAX_ENGINE_WEB_CONTROL_ORDER_H

#include "engine/hash_list.h"
#include "engine/plan.h"

#define CONTROL_ORDER_MAX 8

/* The helpers of `p`, without `after` (or NULL), in the order to be asked;
 * those behind `after` come first. `silent`: the URLs of those that could not
 * be reached. Returns how many. */
size_t control_order(const struct plan *p, const struct control_helper *after,
                     const struct hash_list *silent,
                     const struct control_helper *out[CONTROL_ORDER_MAX]);

#endif
