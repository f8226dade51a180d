// SPDX-License-Identifier: Apache-2.0
/* Judges a name for which the system's resolver gave no address: denied,
 * refused, left unanswered, or not found out.
 */
#ifndef PARALLAX_VERDICT_JUDGE_DENIED_H
#define PARALLAX_VERDICT_JUDGE_DENIED_H

#include "verdict/name_evidence.h"

/* Decides about the failed lookup `system`, or notes that the resolver was
 * silent and leaves the rest to later steps. */
void judge_denied(struct judging *j, const struct vquery *system,
                  const struct name_evidence *ev);

#endif
