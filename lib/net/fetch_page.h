// SPDX-License-Identifier: Apache-2.0
/* The HTTP of a transfer: the request, and the response as it comes in, within
 * limits. */
#ifndef PARALLAX_NET_FETCH_PAGE_H
#define PARALLAX_NET_FETCH_PAGE_H

#include "net/fetch_notes.h"

/* The options that are about the request and its response; false: no memory. */
bool fetch_page_set(struct fetch *t);
/* The page was granted: its request goes out now. */
void fetch_page_begin(struct fetch *t);
/* The end of the response: what was kept of it is in the result from here on.
 * `failure` NULL: it is all there, or enough of it. */
void fetch_page_end(struct fetch *t, const char *failure);
/* Did libcurl end it for a header line that is too long for it? It calls that a
 * lack of memory. */
bool fetch_page_line_too_long(const struct fetch *t);
/* Frees what is not in the result. */
void fetch_page_fini(struct fetch *t);

#endif
