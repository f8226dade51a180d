// SPDX-License-Identifier: Apache-2.0
/* How the addresses of an answer stand, each counted once. */
#ifndef PARALLAX_VERDICT_TALLY_H
#define PARALLAX_VERDICT_TALLY_H

#include "verdict/judging.h"

struct tally {
    size_t usable, forged, bad_cert, dead, strange, same, unlike, other;
    size_t kin;                        /* in a network of the site's */
    size_t closed, rejected, untested; /* for the control */
};

/* Of the addresses that `q` gave. `redirects`: a redirect may be the site's
 * own, too. */
struct tally tally_of(const struct judging *j, const struct vquery *q,
                      bool redirects);
/* None of them, of which there are some, can be a public site's. */
bool tally_all_bogons(const struct judging *j, const struct vquery *q);
/* The control got one of them, too. */
bool tally_any_of_control(const struct judging *j, const struct vquery *q);

#endif
