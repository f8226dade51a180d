// SPDX-License-Identifier: Apache-2.0
/* URLs (RFC 3986) as far as measuring http and https needs them. Parsing is
 * strict about what would let a host be misread (control characters, spaces,
 * user info is kept apart), lenient about the path, which is percent-encoded
 * where a byte may not travel as it is.
 */
#ifndef PARALLAX_WIRE_URL_H
#define PARALLAX_WIRE_URL_H

#include "base/diag.h"
#include "base/region.h"
#include "wire/ip.h"

#define URL_MAX 8192

struct url {
    const char *text;      /* normalised: scheme://host[:port]/path[?query] with
                              the host as A-label, no fragment, no user info */
    const char *host;      /* lower case A-label, or address without brackets */
    const char *authority; /* host[:port] as for Host:, [v6] in brackets */
    const char *target;    /* path and query, starts with /; lies in `text` */
    uint16_t port;         /* effective */
    bool https;
    bool explicit_port; /* written in the URL (even if it is the default) */
    struct ip literal;  /* family != 0 if the host is an address */
};

/* Everything in *out lives in `r`. ERR_PARSE with column in `d`: scheme is
 * not http(s), empty host, bad port, bad A-label, too long. */
MUST_USE enum err url_parse(struct region *r, struct str text, struct url *out,
                            struct diag *d);
/* Resolves `ref` against `base` (RFC 3986 5.2) as browsers read it
 * (url_reference.h): %XX in a host is its byte. ERR_PARSE as above; a
 * reference whose host is empty gives ERR_NOTFOUND. */
MUST_USE enum err url_resolve(struct region *r, const struct url *base,
                              struct str ref, struct url *out, struct diag *d);

#endif
