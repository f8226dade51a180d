// SPDX-License-Identifier: Apache-2.0
/* Comparison of the page the probe got with the page the control got, as Web
 * Connectivity makes it, quirks included. Our own is likeness.h. */
#ifndef PARALLAX_VERDICT_PAGEDIFF_H
#define PARALLAX_VERDICT_PAGEDIFF_H

#include "verdict/read/observations.h"
#include "verdict/verdict_data.h"

/* Of two lengths, the shorter by the longer: above this, the pages may be one.
 */
#define PAGEDIFF_SAME 0.7

struct pagediff {
    enum opt_bool body, status, headers, title;
    double proportion;     /* 0 when it could not be computed */
    bool different;        /* unknown counts as different */
    struct str title_text; /* of the probe's page */
};

/* `end` has a final response. */
void pagediff_compute(const struct observations *o, const struct vendpoint *end,
                      struct pagediff *out);

#endif
