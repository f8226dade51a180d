// SPDX-License-Identifier: Apache-2.0
/* The hours of the day in which a volunteer's machine may measure by itself,
 * and days counted from their beginning: at 22-6 the day begins at ten in the
 * evening, so that no night is two days. No I/O, no clock.
 */
#ifndef PARALLAX_PROBE_PLAN_HOURS_H
#define PARALLAX_PROBE_PLAN_HOURS_H

#include "base/diag.h"
#include "base/str.h"

struct hours {
    uint32_t from_s; /* seconds after midnight of the local clock */
    uint32_t len_s;  /* how long; a whole day at most */
};

/* A moment as a day (whole days since 1970, by the local clock and the hours)
 * and the seconds that have passed of it. */
struct hours_moment {
    int64_t day;
    uint32_t s;
};

/* "8-23", "22-6", "0-24" or "8:30-22:15". ERR_PARSE, with a sentence. */
MUST_USE enum err hours_parse(struct str text, struct hours *out,
                              struct diag *d);

/* `unix_s` is UTC; `offset_s` what the local clock is ahead of it. */
struct hours_moment hours_at(const struct hours *h, int64_t unix_s,
                             int64_t offset_s);

/* The other way round: seconds since 1970, UTC. */
int64_t hours_unix(const struct hours *h, struct hours_moment m,
                   int64_t offset_s);

#endif
