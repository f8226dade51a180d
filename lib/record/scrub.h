// SPDX-License-Identifier: Apache-2.0
/* Taking what tells who the volunteer is out of what is written: addresses of
 * this machine and its public ones, hardware addresses, names. Each is replaced
 * by "[scrubbed]" in the forms that docs/safety.md lists. While the public
 * address of a family is unknown, whatever looks like a global one goes.
 *
 *   scrub         one text: looks in it as it is, and as it reads once escapes
 *                 are undone
 *   scrub_view    a text with its escapes undone
 *   scrub_addr    addresses that are read there and compared as values
 *   scrub_forms   the texts that an address, or a name, is written as
 *   scrub_words   those, and what they are encoded to, found at a position
 *   scrub_url     targets of redirects
 */
#ifndef PARALLAX_RECORD_SCRUB_H
#define PARALLAX_RECORD_SCRUB_H

#include "base/region.h"
#include "record/scrub_own.h"

#define SCRUBBED "[scrubbed]" /* what stands for what is ours */

/* Builds what is looked for, once, after all that is ours is known; scrub_text
 * does so for each text otherwise. ERR_NOMEM. scrub_fini frees it. */
MUST_USE enum err scrub_prepare(struct scrub *s);
void scrub_fini(struct scrub *s);

/* Returns `text` itself when nothing had to go, else a copy in `r`; {NULL,0}
 * only if out of memory (text not empty). */
struct str scrub_text(struct region *r, const struct scrub *s, struct str text);

/* What `url`, which the volunteer asked for, tells is no secret: addresses in
 * it go only if they are known to be ours, and names in it stay. */
void scrub_asked_for(struct scrub *s, struct str url);

#endif
