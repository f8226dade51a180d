// SPDX-License-Identifier: Apache-2.0
/* The request headers of one named browser, and the form of header names in
 * records.
 */
#ifndef PARALLAX_NET_HEADERS_H
#define PARALLAX_NET_HEADERS_H

#include "record/measurement.h"

#define HEADERS_MAX 16

/* Headers of a navigation to an http or https URL, in the browser's order,
 * without Host and Cookie, for all versions of HTTP (headers_suits). `given`
 * replaces the values of headers of the same name (any case). Values are
 * borrowed. Returns the number written. */
size_t headers_for(bool https, const struct obs_header *given, size_t n_given,
                   struct obs_header out[HEADERS_MAX]);
/* Puts Cookie in its place among the `n` of headers_for; `h` has room for one
 * more, `cookie` is borrowed. Returns the new number. */
size_t headers_with_cookie(struct obs_header *h, size_t n, const char *cookie);
/* Whether the browser sends a header of this name, any case, in this version of
 * HTTP; true for names that are none of its own. */
bool headers_suits(const char *name, bool http2);
/* What the browser calls itself. */
const char *headers_user_agent(void);
/* Go's canonical form: `content-type` becomes `Content-Type`; names with bytes
 * that no header name may have stay as they are. NULL: no memory. */
const char *headers_canonical(struct region *r, struct str name);
/* First header of this name, any case; NULL if there is none. */
const struct obs_header *headers_find(const struct obs_header *h, size_t n,
                                      const char *name);

#endif
