// SPDX-License-Identifier: Apache-2.0
/* How many people measured something, at least: the count that makes a finding
 * more than one person's word. Per UTC day it is the smaller of the number of
 * pseudonyms (x_probe) and the number of places (source tags) that were seen,
 * so that neither many devices at one place nor one device carried about makes
 * a crowd; the largest day counts. All whose place is not that of the address
 * they came from, or came from no address that says something (Tor, proxies, by
 * hand), are one together; that one is never the second of two, for whoever has
 * a line has Tor, too. A record that was sent from several places is the word
 * of one who sent it, whichever makes the number the largest. Identities are
 * kept as hashes, for the day being counted only, but for pseudonyms that are
 * to be known again.
 */
#ifndef PARALLAX_COLLECTOR_ANALYSIS_OBSERVERS_H
#define PARALLAX_COLLECTOR_ANALYSIS_OBSERVERS_H

#include "base/region.h"
#include "collector/store/store.h"

#define OBSERVERS_MAX 255 /* told apart on one day; more are not counted */

struct observers;

/* What a pseudonym or a tag is known by while it is counted. */
uint64_t observers_hash(const char *s);
/* Counts the sender of `row`. `*o` is NULL before the first row; what is
 * counted lives in `r`. Rows come in order of start time. `*new_round`: this
 * sender had sent no row of this hour before. ERR_NOMEM. */
MUST_USE enum err observers_add(struct region *r, struct observers **o,
                                const struct store_row *row, bool *new_round);
/* Makes `*copy`, in `r`, count on from what `o` has counted; both NULL is fine.
 * ERR_NOMEM. */
MUST_USE enum err observers_copy(struct region *r, const struct observers *o,
                                 struct observers **copy);
/* Remembers the pseudonym of `row`, which was added to `o`, for as long as `o`
 * lives; at most OBSERVERS_MAX. ERR_NOMEM. */
MUST_USE enum err observers_remember(struct region *r, struct observers *o,
                                     const struct store_row *row);
/* Was the pseudonym of `row` remembered? Nobody but its owner can use one.
 * False for `o` NULL, and for who gives none. */
bool observers_remembers(const struct observers *o,
                         const struct store_row *row);
/* The day being counted was counted before, while its tags were there: then it
 * is `n` people's, but of no more than it has rows. After observers_add. */
void observers_settle(struct observers *o, unsigned n);
/* The number of the day being counted; 0 for NULL. */
unsigned observers_today(const struct observers *o);
/* Ends the counting and returns the number, at most OBSERVERS_MAX + 1; 0 for
 * NULL. */
unsigned observers_end(struct observers *o);

#endif
