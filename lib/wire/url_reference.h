// SPDX-License-Identifier: Apache-2.0
/* A reference (the target of a redirect) as browsers read it: the URL Standard
 * of WHATWG forgives what RFC 3986 has no reading for, and sites rely on that.
 */
#ifndef PARALLAX_WIRE_URL_REFERENCE_H
#define PARALLAX_WIRE_URL_REFERENCE_H

#include "base/err.h"
#include "base/region.h"

/* Rewrites `ref`, found at an http or https URL, to one that RFC 3986 reads in
 * the same way: without blanks and control bytes around it, tabs and line ends
 * within; a backslash before the query is a slash; how many slashes stand after
 * the scheme does not count, and with none, `https:x` at an https URL is
 * relative. The result lives in `r`; {NULL, 0} when out of memory. */
struct str url_reference_read(struct region *r, bool at_https, struct str ref);

/* Replaces %XX in a host by the byte; the result lives in `r`. ERR_PARSE: a `%`
 * without two hex digits after it, or a byte that is neither printable nor of a
 * letter above ASCII. */
MUST_USE enum err url_reference_host(struct region *r, struct str host,
                                     struct str *out);

#endif
