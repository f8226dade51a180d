// SPDX-License-Identifier: Apache-2.0
/* What it says of a record that a fingerprint matches: by the row's scope, its
 * confidence, and the countries that it was seen in. Filters of transit leak
 * abroad, so what is known from one country accuses nobody in another.
 */
#ifndef PARALLAX_RECORD_FP_WORTH_H
#define PARALLAX_RECORD_FP_WORTH_H

#include "record/fingerprint.h"

/* The weakest first. */
enum fp_worth {
    FP_WORTH_NOTHING,     /* harmless, a vague word, or of confidence 0 */
    FP_WORTH_INSTITUTION, /* the filter of a school or an office */
    FP_WORTH_UNPLACED,    /* where the record or the row is from, is unknown */
    FP_WORTH_ELSEWHERE,   /* it was seen in other countries only */
    FP_WORTH_PROOF,       /* of interference */
};

/* In a record of the country `cc`, two letters; ZZ or anything else stands for
 * an unknown one. */
enum fp_worth fp_worth_of(const struct fingerprint *fp, struct str cc);
/* OONI's scope "fp": a page that is known as harmless. */
bool fp_worth_is_harmless(const struct fingerprint *fp);
/* It may decide a verdict somewhere, be it only to `inconclusive`. */
bool fp_worth_decides(const struct fingerprint *fp);
/* `a` says more than `b`; of those that say as much, the more confident row.
 * `b` may be NULL. */
bool fp_worth_more(const struct fingerprint *a, const struct fingerprint *b,
                   struct str cc);
/* How sure a verdict is that rests on `fp` alone, 0..1. */
double fp_worth_confidence(const struct fingerprint *fp);

#endif
