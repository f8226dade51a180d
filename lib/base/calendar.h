// SPDX-License-Identifier: Apache-2.0
/* Days and times in the forms that files, tables and pages share (ISO 8601,
 * UTC). Times are seconds since 1970; a day is a number too: whole days since
 * 1970. Years 0000 to 9999; other times are written as nothing. The clock
 * itself is clock.h; dates as people say them are words/phrase.h.
 */
#ifndef PARALLAX_BASE_CALENDAR_H
#define PARALLAX_BASE_CALENDAR_H

#include "base/buf.h"

/* The day on which a time lies, also before 1970. */
int64_t calendar_day(int64_t unix_s);
/* The month in which a date lies that begins `YYYY-MM`, counted from the year
 * 0; -1: it is none. */
int64_t calendar_month(struct str date);
/* Appends "2026-11-24". */
void calendar_add_day(struct buf *b, int64_t day);
/* Appends "2026-11-24 08:15". */
void calendar_add_minute(struct buf *b, int64_t unix_s);
/* "2026-11-24T08:15:00Z", or "". */
void calendar_iso(char out[24], int64_t unix_s);

#endif
