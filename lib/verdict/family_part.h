// SPDX-License-Identifier: Apache-2.0
/* The addresses of one family in an answer, and what is known of them alone.
 */
#ifndef PARALLAX_VERDICT_FAMILY_PART_H
#define PARALLAX_VERDICT_FAMILY_PART_H

#include "verdict/judging.h"

/* *part becomes `q` with its addresses of `family` (4 or 6) alone, without what
 * a translator made of others of the answer; they lie in the region. False if
 * there are none, or no others. Memory that lacks is noted in `j`. */
bool family_part_take(struct judging *j, const struct vquery *q, int family,
                      struct vquery *part);
/* Filters at home or names of the house's own may lead to one of them. */
bool family_part_homely(const struct judging *j, const struct vquery *q);
/* Somebody answered at one of them, or nobody did on a line that leads out by
 * IPv4. By IPv6 silence is everyday. */
bool family_part_tried(const struct judging *j, const struct vquery *part);

#endif
