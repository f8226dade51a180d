// SPDX-License-Identifier: Apache-2.0
/* What innocent servers send, to try fingerprints on (fp_strength.c): pages of
 * well-known programs and providers, ordinary words and markup, headers, and
 * the addresses and names of services that half of the Web is behind.
 */
#ifndef PARALLAX_RECORD_FP_INNOCENT_H
#define PARALLAX_RECORD_FP_INNOCENT_H

#include "base/str.h"

struct fp_innocent {
    const char *what; /* "a hoster's page"; of headers: the name, lower case */
    const char *text;
};

/* Headers, the values of one name with a line feed between them. */
extern const struct fp_innocent fp_innocent_headers[];
extern const size_t fp_innocent_headers_count; /* how many there are */
/* Networks and single addresses, with a space between them. */
extern const struct fp_innocent fp_innocent_nets[];
extern const size_t fp_innocent_nets_count; /* how many there are */
/* Names under which are the sites of many, with a space between them. */
extern const struct fp_innocent fp_innocent_zones[];
extern const size_t fp_innocent_zones_count; /* how many there are */

#endif
