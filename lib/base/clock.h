// SPDX-License-Identifier: Apache-2.0
/* Time, in int64_t microseconds because time_t has 32 bits on armhf.
 * Replay tests replace this file at link time with a virtual clock.
 */
#ifndef PARALLAX_BASE_CLOCK_H
#define PARALLAX_BASE_CLOCK_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

#define US_PER_S  INT64_C(1000000)
#define HOUR_S    INT64_C(3600)  /* seconds */
#define DAY_S     INT64_C(86400) /* seconds */
#define US_PER_MS INT64_C(1000)

/* Microseconds since some moment; never goes back (CLOCK_MONOTONIC). */
int64_t clock_mono_us(void);

/* Microseconds since 1970, UTC, as this machine believes; but not before what
 * clock_hold said. */
int64_t clock_wall_us(void);
/* The same, whatever was said. */
int64_t clock_machine_us(void);
/* From now on it is at least so many microseconds since 1970, and goes on from
 * there: a machine may have lost its clock, which nobody but root can set. 0:
 * its clock is believed again. Of the whole process; not while threads run. */
void clock_hold(int64_t least_us);

/* Does the kernel say that something (NTP) keeps that clock right? */
bool clock_is_kept(void);

/* "YYYY-MM-DD HH:MM:SS" (UTC, 20 bytes with NUL) from seconds since 1970;
 * years 0000 to 9999, otherwise ERR_INVAL. No libc time zone code is used. */
MUST_USE enum err clock_format(int64_t unix_s, char out[20]);
/* Parses "YYYY-MM-DD", "YYYY-MM-DD HH:MM:SS" or "YYYY-MM-DDTHH:MM:SSZ". */
MUST_USE enum err clock_parse(const char *text, int64_t *unix_s);

#endif
