// SPDX-License-Identifier: Apache-2.0
/* How fast this line is at least, as told by the pages that came over it. */
#ifndef PARALLAX_ENGINE_LINE_RATE_H
#define PARALLAX_ENGINE_LINE_RATE_H

#include "net/fetch.h"

/* Zeroed: nothing came yet. */
struct line_rate {
    double best; /* bytes a second */
    size_t n;    /* pages from which a rate could be told */
};

/* Takes note of a page, unless it failed or has less than 16 KiB. */
void line_rate_note(struct line_rate *r, const struct fetch_result *res);
/* Bytes a second of the fastest page so far, from the request to its end; 0
 * before there were three. */
double line_rate_get(const struct line_rate *r);

#endif
