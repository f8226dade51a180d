// SPDX-License-Identifier: Apache-2.0
/* Numbers, dates and periods as people say them, in English. Forms that
 * programs read as well are base/calendar.h.
 */
#ifndef PARALLAX_WORDS_PHRASE_H
#define PARALLAX_WORDS_PHRASE_H

#include "base/buf.h"

/* Appends "12,345". */
void phrase_count(struct buf *b, uint64_t n);
/* Appends the UTC day of a time, "24 November 2026"; nothing for a year
 * outside 0000 to 9999. */
void phrase_date(struct buf *b, int64_t unix_s);
/* Appends the UTC days from a time to another: "on 3 May 2026" or "from 3 May
 * to 9 June 2026"; both years if they differ. */
void phrase_period(struct buf *b, int64_t first_s, int64_t last_s);

#endif
