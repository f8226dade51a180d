// SPDX-License-Identifier: Apache-2.0
/* What people call something, where anybody may call it anything: the kind of a
 * site, the name of a network. People are counted, not records, and what
 * somebody vouches for comes first. */
#ifndef PARALLAX_COLLECTOR_ANALYSIS_SAID_H
#define PARALLAX_COLLECTOR_ANALYSIS_SAID_H

#include "collector/analysis/observers.h"

#define SAID_MAX                                                               \
    64 /* texts of one thing; one sender brings one of them a day */

struct said_text;

/* Empty: all zeros. */
struct said {
    struct said_text *first;
    unsigned n;
};

/* `row` says `text`, which may be NULL or empty: nothing. Lives in `r`.
 * ERR_NOMEM. */
MUST_USE enum err said_add(struct region *r, struct said *s, const char *text,
                           const struct store_row *row);
/* Ends the counting: what most people said, of those whom somebody vouches for
 * if there are any; the earlier of two. "" if nothing was said, and if one
 * person said it of what `people`, two or more, have seen; with `half`, if
 * fewer than half of them did: what most leave out, a few could choose. */
const char *said_end(struct said *s, unsigned people, bool half);

#endif
