// SPDX-License-Identifier: Apache-2.0
/* What a control is asked: the body of the request, in the form of OONI's test
 * helpers.
 */
#ifndef PARALLAX_ENGINE_WEB_CONTROL_REQUEST_H
#define PARALLAX_ENGINE_WEB_CONTROL_REQUEST_H

#include "engine/addr_list.h"
#include "engine/measure.h"

/* About `url`, which was found at `addrs`; addresses that are the volunteer's
 * own are left out. `*out` is in the measurement's region. ERR_NOMEM,
 * ERR_LIMIT. */
MUST_USE enum err control_request(const struct measure *ms,
                                  const struct url *url,
                                  const struct addr_list *addrs,
                                  struct str *out);

#endif
