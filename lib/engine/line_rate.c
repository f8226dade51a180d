// SPDX-License-Identifier: Apache-2.0
/* The fastest page so far. */
#include "engine/line_rate.h"

#include "base/clock.h"

#define BYTES_MIN 16384 /* less is over before it gets fast */
#define PAGES_MIN 3

void line_rate_note(struct line_rate *r, const struct fetch_result *res)
{
    int64_t took = res->http.t - res->http.t0;

    if (res->http.failure || res->received < BYTES_MIN || took <= 0) {
        return;
    }
    double rate = (double)res->received * US_PER_S / (double)took;
    r->n++;
    if (rate > r->best) {
        r->best = rate;
    }
}

double line_rate_get(const struct line_rate *r)
{
    return r->n < PAGES_MIN ? 0 : r->best;
}
