// SPDX-License-Identifier: Apache-2.0
/* Two measurements were compared with two controls, in two countries mostly. */
#ifndef PARALLAX_VERDICT_RETEST_CONTROLS_H
#define PARALLAX_VERDICT_RETEST_CONTROLS_H

#include "verdict/read/observations.h"
#include "verdict/verdict_data.h"

/* One control got the site's page, and the other was turned away by status 403
 * or 451: the server refuses some countries or networks. `v` found at first
 * what a server may do to those whom it refuses: it leaves a connection or a
 * request in cleartext unanswered, or cuts it off. */
bool retest_controls_differ(const struct verdict *v, const struct vcontrol *one,
                            const struct vcontrol *other);

#endif
