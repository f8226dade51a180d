// SPDX-License-Identifier: Apache-2.0
/* When in a day the runs begin. As for whatever comes by chance (a Poisson
 * process), their number varies and each moment of the hours is as likely as
 * another, so that nobody who watches the line knows a time to wait for. A
 * day's times follow from its key. No I/O, no clock.
 */
#ifndef PARALLAX_PROBE_PLAN_TIMES_H
#define PARALLAX_PROBE_PLAN_TIMES_H

#include "base/crypto.h"
#include "probe/plan/hours.h"

#define TIMES_MAX 6 /* runs of a day */

struct times {
    unsigned n;             /* 1 to TIMES_MAX; about four */
    uint32_t at[TIMES_MAX]; /* seconds since the day began, ascending */
};

/* The times of the day that `key` is for. */
void times_of(const uint8_t key[SHA256_LEN], const struct hours *h,
              struct times *out);

/* The key of another day. From it nobody can tell that of the day before. */
void times_next_key(const uint8_t key[SHA256_LEN], int64_t day,
                    uint8_t out[SHA256_LEN]);

/* Which of the times has come by `now_s` (seconds since the day began) and is
 * not among the first `gone`, which are over: the last one, since those before
 * it were missed, and what was missed is not made up for. TIMES_MAX: none. */
unsigned times_due(const struct times *t, unsigned gone, uint32_t now_s);

#endif
