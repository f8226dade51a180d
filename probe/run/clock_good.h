// SPDX-License-Identifier: Apache-2.0
/* What time it is at least, on a machine whose clock may have lost it: the
 * month in which the clock was last known right is kept in `clock` of the state
 * directory (the month, not the day: who takes the disk learns no more of when
 * this program ran). Whether a list has expired goes by this.
 */
#ifndef PARALLAX_PROBE_RUN_CLOCK_GOOD_H
#define PARALLAX_PROBE_RUN_CLOCK_GOOD_H

#include <stdint.h>

/* Seconds since 1970: the clock, if something keeps it (NTP); else the
 * beginning of the month that is kept; 0 if nothing is known. */
int64_t clock_good_now(void);

/* Keeps the month of a time that is right: the clock, when something keeps it
 * or a verified peer's clock agreed. It may be an earlier one than before: then
 * that was wrong. */
void clock_good_set(int64_t now_s);

/* It is at least this late: whoever is believed made something then. Nothing
 * is kept of what lies ahead of a clock that is kept. */
void clock_good_at_least(int64_t made_s);

#endif
