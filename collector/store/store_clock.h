// SPDX-License-Identifier: Apache-2.0
/* Is the machine's clock to be believed? One that is wrong for a second must
 * not close days for ever, nor date what comes so that it counts nowhere. A
 * time is believed when it follows closely on the last that was, or when the
 * clock has told that it does for a day, or when what probes send is of the
 * same time. */
#ifndef PARALLAX_COLLECTOR_STORE_STORE_CLOCK_H
#define PARALLAX_COLLECTOR_STORE_STORE_CLOCK_H

#include "base/str.h"

#include <stdint.h>

enum store_clock_says {
    STORE_CLOCK_GOOD,
    STORE_CLOCK_AHEAD,
    STORE_CLOCK_BACK
};

/* Seconds since 1970; 0: none. */
struct store_clock {
    int64_t last_s;  /* the newest that was believed */
    int64_t other_s; /* since when the clock tells another time */
};

#define STORE_CLOCK_TEXT_MAX 64

/* How `now_s` stands to the last that was believed. */
enum store_clock_says store_clock_of(const struct store_clock *c,
                                     int64_t now_s);
/* The same, and it is taken in. `claim_s`: when the newest record began that
 * came since, by the clock of who sent it; 0: none came. */
enum store_clock_says store_clock_tell(struct store_clock *c, int64_t now_s,
                                       int64_t claim_s);
/* What is kept of it, a line; `out` has STORE_CLOCK_TEXT_MAX bytes. */
void store_clock_write(const struct store_clock *c, char *out);
/* What makes no sense is none. */
void store_clock_read(struct str text, struct store_clock *c);

#endif
