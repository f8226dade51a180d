// SPDX-License-Identifier: Apache-2.0
/* Where an answer leads a browser by itself, whether or not anything was
 * fetched from there: a Location or Refresh header, a refresh in the page (RFC
 * 7231, 7.1.2; HTML, 4.2.5.3), also in <noscript>, a frame, a script that sets
 * the location. Comments are left out. Read as written, and no further than
 * LEADS_BODY bytes of the page and LEADS_MAX of them.
 */
#ifndef PARALLAX_VERDICT_READ_LEADS_H
#define PARALLAX_VERDICT_READ_LEADS_H

#include "verdict/read/vhttp.h"

#define LEADS_BODY ((size_t)64 * 1024)
#define LEADS_MAX  32

struct leads {
    const struct vhttp *resp;
    int header; /* of those that lead: the next one to be looked at */
    struct str rest;
    size_t n;
};

/* Begins to look through an answer, which has to stay. */
void leads_start(struct leads *l, const struct vhttp *resp);
/* The next reference, absolute or relative and never empty; false at the end.
 */
bool leads_next(struct leads *l, struct str *ref);

#endif
