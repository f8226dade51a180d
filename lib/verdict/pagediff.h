// SPDX-License-Identifier: Apache-2.0
/* Comparison of the page the probe got with the page the control got. */
#ifndef PARALLAX_VERDICT_PAGEDIFF_H
#define PARALLAX_VERDICT_PAGEDIFF_H

#include "verdict/read/observations.h"
#include "verdict/verdict_data.h"

/* Of two lengths, the shorter by the longer: above this, the pages may be one.
 */
#define PAGEDIFF_SAME 0.7

struct pagediff {
    enum opt_bool body, status, headers, title;
    double proportion; /* 0 when it could not be computed */
    bool different;    /* the compatible reading: unknown counts as different */
    /* Our own reading, which ignores what any server sends. */
    size_t peculiar_headers; /* of this site: names that both pages have */
    bool same_server;        /* the Server headers say the same */
    bool same;
    struct str title_text; /* of the probe's page */
};

/* `end` has a final response. */
void pagediff_compute(const struct observations *o, const struct vendpoint *end,
                      struct pagediff *out);

#endif
