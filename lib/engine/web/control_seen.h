// SPDX-License-Identifier: Apache-2.0
/* What a control said of a site, as far as it tells whether other resolvers are
 * to be asked. The verdict is another matter (lib/verdict).
 */
#ifndef PARALLAX_ENGINE_WEB_CONTROL_SEEN_H
#define PARALLAX_ENGINE_WEB_CONTROL_SEEN_H

#include "base/json.h"
#include "engine/addr_list.h"
#include "record/measurement.h"

/* Zeroed: no control has answered. */
struct control_seen {
    bool known;
    bool addrs_agree;    /* an address, its network or its certificate */
    int64_t status;      /* 0: no page */
    int64_t body_length; /* decoded bytes */
    bool no_page;        /* and it says why */
};

/* Reads an answer, whatever is in it; `ours` is where the site was found here.
 */
void control_seen_read(struct control_seen *s, const struct json *answer,
                       const struct addr_list *ours);
/* The page is of the kind that the control got: its status, and no more than
 * three tenths longer or shorter. */
bool control_seen_alike(const struct control_seen *s,
                        const struct obs_http *page);

#endif
