// SPDX-License-Identifier: Apache-2.0
/* One name for a site however its URL is spelled, so that nobody makes two of
 * one by capitals, dots or escapes. What was visited is kept beside it.
 */
#ifndef PARALLAX_WIRE_URL_SITE_H
#define PARALLAX_WIRE_URL_SITE_H

#include "base/region.h"

/* The URL `input` as RFC 3986 6.2.2 and 6.2.3 have it normal: scheme and host
 * in small letters, the host as A-label without a dot behind it, no user, no
 * default port, a path without dot segments, escapes in capitals and only where
 * they are needed, no empty query, no fragment. Queries that differ, and http
 * and https, stay different sites. What is no URL of http or https is given
 * back as it is. In `r`; NULL: no memory. The result is its own normal form. */
const char *url_site(struct region *r, const char *input);

#endif
