// SPDX-License-Identifier: Apache-2.0
/* Judges an answer that is false for one family of addresses and true for the
 * other. A browser on the line may get the page all the same.
 */
#ifndef PARALLAX_VERDICT_JUDGE_FAMILY_H
#define PARALLAX_VERDICT_JUDGE_FAMILY_H

#include "verdict/name_evidence.h"

/* `q` is the system's lookup, which gave addresses of the site, and perhaps
 * others. Decides only if it is certain. */
void judge_family(struct judging *j, const struct vquery *q,
                  const struct name_evidence *ev);
/* All is decided: a site that works is not `ok` if its addresses of one family
 * were false, and nobody can tell who wants it so. */
void judge_family_finish(struct judging *j);

#endif
