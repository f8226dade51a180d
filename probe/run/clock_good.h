// SPDX-License-Identifier: Apache-2.0
/* What time it is at least, on a machine whose clock may have lost it. The file
 * `clock` of the state directory keeps the month in which the clock was last
 * known right (not the day: who takes the disk learns no more of when this
 * program ran), and the day after that of the last record, which no later
 * record may be dated before. It is written when one of these changes, at most
 * once a day, or every ten minutes of a run whose clock is held. Whether a list
 * has expired goes by the month.
 */
#ifndef PARALLAX_PROBE_RUN_CLOCK_GOOD_H
#define PARALLAX_PROBE_RUN_CLOCK_GOOD_H

#include <stdbool.h>
#include <stdint.h>

/* 2026-01-01: no clock that shows less is right. */
#define CLOCK_GOOD_LEAST_S INT64_C(1767225600)

/* As records say it (docs/record.md). Static texts. */
struct clock_good {
    bool right;         /* somebody vouches for it now */
    const char *trust;  /* who: ntp, https, none */
    const char *source; /* by what it was last known right: ntp, collector,
                           file, none */
    const char *age;    /* how long ago, at most: now, month, longer; unknown */
};

/* The clock as it is now. `server_s`: seconds since 1970 by a verified peer's,
 * 0 if none has said. */
struct clock_good clock_good_look(int64_t server_s);

/* Seconds since 1970: the clock, if something keeps it (NTP); else the
 * beginning of the month that is kept; 0 if nothing is known. */
int64_t clock_good_now(void);

/* Keeps the month of a time that is right: the clock, when something keeps it
 * or a verified peer's clock agreed. It may be an earlier one than before: then
 * that was wrong, and so is a day after it. */
void clock_good_set(int64_t now_s);

/* It is at least this late: whoever is believed made something then. Nothing
 * is kept of what lies ahead of a clock that is kept. */
void clock_good_at_least(int64_t made_s);

/* Where nothing keeps the clock and it shows less than the month or the day
 * that are kept, this process goes on from there (clock_hold). */
void clock_good_hold(void);

/* A record is dated so, by whatever clock: but of one that shows a time before
 * this program was made, or more than a year after what is kept, nothing is
 * kept, so that one wrong start does not date all records after it. */
void clock_good_dated(int64_t start_s);

#endif
