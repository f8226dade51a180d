// SPDX-License-Identifier: Apache-2.0
/* What a comparison of one page, fetched in turns with and without the site's
 * name in the handshake (x_compare of a further measurement), says about a page
 * that came too slowly or not to its end. Internal to lib/verdict.
 */
#ifndef PARALLAX_VERDICT_SPEED_H
#define PARALLAX_VERDICT_SPEED_H

#include "verdict/own.h"

enum speed {
    SPEED_UNKNOWN, /* too few, or the other side says nothing */
    SPEED_SAME,    /* slow, or cut off, without the name too */
    SPEED_SLOW,    /* with the name at most a third of without, every time */
    SPEED_STALLS   /* with the name it never ends, without it always does */
};

/* Reads `list` (x_compare of the i-th entry of x_retest). `control` is what the
 * control got: without its page nothing can be said. Ids of what was used go to
 * `ids`. ERR_PARSE: `d` names the key. */
MUST_USE enum err speed_compare(const struct json *list, size_t i,
                                const struct vcontrol *control, enum speed *out,
                                struct ids *ids, struct diag *d);

#endif
