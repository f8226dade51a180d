// SPDX-License-Identifier: Apache-2.0
/* Where a response leads to, if anywhere. */
#ifndef PARALLAX_NET_REDIRECT_H
#define PARALLAX_NET_REDIRECT_H

#include "record/measurement.h"
#include "wire/url.h"

#define REDIRECTS_MAX 10

struct redirect {
    bool follow;
    bool leads;          /* `to` is set, though perhaps it is not followed */
    struct url to;       /* if leads */
    const char *failure; /* the response asks for something that is not done */
};

/* Status 301, 302, 303, 307 and 308 with a Location. `left` counts down over
 * all depths of a measurement. `allow_special`: see engine_config. */
MUST_USE enum err redirect_of(struct region *r, const struct url *from,
                              const struct obs_http *http, int *left,
                              bool allow_special, struct redirect *out);

#endif
