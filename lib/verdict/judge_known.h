// SPDX-License-Identifier: Apache-2.0
/* Judges by what is known already: the fingerprints of block pages, in the
 * headers of a cleartext hop or in a cleartext page.
 */
#ifndef PARALLAX_VERDICT_JUDGE_KNOWN_H
#define PARALLAX_VERDICT_JUDGE_KNOWN_H

#include "verdict/judging.h"

/* Some cleartext hop has the headers of a known block page. Decides if true. */
bool judge_known_hop(struct judging *j);
/* The same, or the body of `page`, the last one of the visit, is known; false
 * where it is what everybody gets. Decides if true. */
bool judge_known_page(struct judging *j, const struct vendpoint *page);

#endif
