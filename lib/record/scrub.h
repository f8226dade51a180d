// SPDX-License-Identifier: Apache-2.0
/* Removing the volunteer's own addresses from what is written. With a known
 * address these textual forms of it (IPv4 dotted or with any separator; IPv6
 * compressed, expanded, upper case; in-addr/ip6.arpa reversed; percent- and
 * HTML-escaped dots; one decimal or hex number; base64 of the text; its /24,
 * /48 or /64) is replaced by "[scrubbed]" in headers, bodies, TXT answers and
 * free text. While it is unknown, everything that looks like an address with
 * dots or colons is (contract). docs/safety.md tells what remains.
 */
#ifndef PARALLAX_RECORD_SCRUB_H
#define PARALLAX_RECORD_SCRUB_H

#include "base/region.h"
#include "wire/ip.h"

#define SCRUBBED "[scrubbed]" /* what stands for an address of our own */

#define SCRUB_MAX_OWN 8

struct scrub {
    struct ip own[SCRUB_MAX_OWN]; /* public and interface addresses */
    size_t n_own;
    bool known4;     /* the public IPv4 address is among them */
    bool known6;     /* the public IPv6 address is */
    struct ip asked; /* stands in the URL that was asked for, so it goes only if
                        it is one of our own; family 0: none */
};

/* Returns `text` itself when nothing had to go, else a copy in `r`; {NULL,0}
 * only if out of memory (text not empty). */
struct str scrub_text(struct region *r, const struct scrub *s, struct str text);
/* Do we know our own public address of the family of `ip`; of both? */
bool scrub_knows(const struct scrub *s, const struct ip *ip);
bool scrub_knows_all(const struct scrub *s);
/* Is it one of our own? Then a field that holds only an address must not be
 * written. */
bool scrub_is_own(const struct scrub *s, const struct ip *ip);

#endif
