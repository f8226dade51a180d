// SPDX-License-Identifier: Apache-2.0
/* Judges by what is known already: the fingerprints of block pages, in the
 * headers of an answer, in its page, or where it leads by itself, and of forged
 * answers.
 */
#ifndef PARALLAX_VERDICT_JUDGE_KNOWN_H
#define PARALLAX_VERDICT_JUDGE_KNOWN_H

#include "record/fp_worth.h"
#include "verdict/judging.h"

struct known_answer {
    const struct fingerprint *fp; /* NULL: nothing is known */
    enum fp_worth worth;          /* what it says here */
    bool alias;                   /* it is the alias that is known */
};

/* The answer at `end`, which the site's server need not have sent, is known;
 * false where it is surely the control's page. Decides if true. */
bool judge_known(struct judging *j, const struct vendpoint *end);
/* What says most here of an address or the alias in that answer. */
struct known_answer judge_known_answer(const struct judging *j,
                                       const struct vquery *q);
/* At the end: names what was known, decided nothing and may be why. */
void judge_known_finish(struct judging *j);

#endif
