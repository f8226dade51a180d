// SPDX-License-Identifier: Apache-2.0
/* The request headers of one named browser, and the form of header names in
 * records.
 */
#ifndef PARALLAX_NET_HEADERS_H
#define PARALLAX_NET_HEADERS_H

#include "record/measurement.h"

#define HEADERS_MAX 16

/* Headers of a navigation to an http or https URL, in the browser's order,
 * without Host and Cookie. `given` replaces the values of headers of the same
 * name (any case). Values are borrowed. Returns the number written. */
size_t headers_for(bool https, const struct obs_header *given, size_t n_given,
                   struct obs_header out[HEADERS_MAX]);
/* Go's canonical form: `content-type` becomes `Content-Type`; names with bytes
 * that no header name may have stay as they are. NULL: no memory. */
const char *headers_canonical(struct region *r, struct str name);
/* First header of this name, any case; NULL if there is none. */
const struct obs_header *headers_find(const struct obs_header *h, size_t n,
                                      const char *name);

#endif
