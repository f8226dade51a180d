// SPDX-License-Identifier: Apache-2.0
/* Comparison of the page the probe got with the page the control got. */
#ifndef PARALLAX_VERDICT_PAGEDIFF_H
#define PARALLAX_VERDICT_PAGEDIFF_H

#include "verdict/read/observe.h"
#include "verdict/verdict.h"

/* Of two lengths, the shorter by the longer: above this, the pages may be one.
 */
#define HTTPDIFF_SAME 0.7

struct httpdiff {
    enum opt_bool body, status, headers, title;
    double proportion; /* 0 when it could not be computed */
    bool different;    /* the compatible reading: unknown counts as different */
    /* Our own reading, which ignores what any server sends. */
    size_t own_headers; /* names common to both that are peculiar */
    bool same_server;   /* the Server headers say the same */
    bool same;
    struct str title_text; /* of the probe's page */
};

/* `end` has a final response. */
void httpdiff_compute(const struct observations *o, const struct vendpoint *end,
                      struct httpdiff *out);
/* Text of the first title element with 1 to 512 characters, else empty. */
struct str httpdiff_title(struct str body);
/* Every word of 5 bytes or more of either title stands in the other one too, in
 * whatever case. `mine` comes from httpdiff_title; `control` may be longer. */
bool httpdiff_titles_match(struct str mine, struct str control);

#endif
