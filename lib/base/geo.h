// SPDX-License-Identifier: Apache-2.0
/* Network and country of an address from an MMDB file (libmaxminddb), keys
 * country.iso_code, autonomous_system_number, autonomous_system_organization.
 */
#ifndef PARALLAX_BASE_GEO_H
#define PARALLAX_BASE_GEO_H

#include "base/diag.h"
#include "base/str.h"

struct geo;

struct geo_entry {
    uint32_t asn;  /* 0 unknown */
    char org[128]; /* "" unknown */
    char cc[3];    /* "ZZ" unknown */
};

/* Opens the file at `path`; the caller closes *out with geo_close (NULL is
 * allowed). ERR_PARSE if it is no MMDB file; `d` names the file. */
MUST_USE enum err geo_open(const char *path, struct geo **out, struct diag *d);
void geo_close(struct geo *g);

/* `addr` is a textual IPv4 or IPv6 address. Unknown or g NULL: zeros. Never
 * fails. Thread safe. */
void geo_lookup(const struct geo *g, const char *addr, struct geo_entry *out);

#endif
