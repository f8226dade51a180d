// SPDX-License-Identifier: Apache-2.0
/* Host names: IDNA (libidn2) and the public suffix list (libpsl). */
#ifndef PARALLAX_WIRE_HOST_H
#define PARALLAX_WIRE_HOST_H

#include "base/diag.h"
#include "base/region.h"

#define HOST_MAX 253

/* Unicode or ASCII name to lower-case A-labels; IDNA2008 non-transitional with
 * UTS 46 mapping; underscore allowed in ASCII labels because such hosts exist.
 * A trailing dot is dropped. ERR_PARSE otherwise. */
MUST_USE enum err host_to_ascii(struct region *r, struct str name,
                                const char **out, struct diag *d);

/* Registrable domain (eTLD+1) of an A-label name, or the name itself. Points
 * into `name`. */
const char *host_registrable(const char *name);

/* Is the lower-case A-label name one under which names are registered, like
 * "com" or "co.uk"? */
bool host_is_public_suffix(const char *name);

/* Does the lower-case name end in a zone of the public suffix list? (That of a
 * file "jquery.js" does not.) */
bool host_has_known_suffix(const char *name);

/* May a host set a cookie for `domain` (RFC 6265 5.3 and the public suffix
 * list)? Both lower-case A-labels. */
bool host_cookie_domain_ok(const char *host, const char *domain);

/* Is `host` the domain, or a name below it (RFC 6265 5.1.3)? */
bool host_domain_match(const char *host, const char *domain);

#endif
