// SPDX-License-Identifier: Apache-2.0
/* What may be written of where a redirect leads. Its addresses go as from any
 * text (scrub.h). While our own address is unknown, what is asked of a host
 * that no list has may hold it in any form: values become their lengths,
 * "?client=[12]&page=[4]". What shares the registrable domain of the site that
 * is measured counts as listed.
 */
#ifndef PARALLAX_RECORD_SCRUB_URL_H
#define PARALLAX_RECORD_SCRUB_URL_H

#include "record/scrub.h"

/* `target` as it may be written: a URL, or a reference (RFC 3986 4.1) in an
 * answer of `base_host`. `site` is the host that is measured; `listed`: some
 * list has the target's. Returns `target` itself if nothing had to go, else a
 * copy in `r`; {NULL,0} without memory. */
struct str scrub_url(struct region *r, const struct scrub *s, const char *site,
                     const char *base_host, bool listed, struct str target);

/* Does `target` tell nothing of ours, so that it may be visited a second time
 * and be named to a control? False without memory. */
bool scrub_url_is_clean(const struct scrub *s, const char *site, bool listed,
                        struct str target);

/* Was this text changed by scrubbing ("[scrubbed]" in it, however escaped)?
 * Then it must never be sent. */
bool scrub_url_was_changed(struct str text);

#endif
