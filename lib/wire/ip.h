// SPDX-License-Identifier: Apache-2.0
/* IP addresses as values, and the classes of addresses that matter here. */
#ifndef PARALLAX_WIRE_IP_H
#define PARALLAX_WIRE_IP_H

#include "base/str.h"

#define IP_TEXT_MAX 46 /* INET6_ADDRSTRLEN */

struct ip {
    uint8_t family; /* 4, 6; 0 = none */
    uint8_t b[16];  /* network order; IPv4 uses the first 4 */
};

/* Strict textual forms (inet_pton); no brackets, no zone. */
bool ip_parse(struct str text, struct ip *out);

/* The shortest usual text (inet_ntop); "" if there is no address. */
void ip_format(const struct ip *ip, char out[IP_TEXT_MAX]);

/* The same family and the same bytes? */
bool ip_eq(const struct ip *a, const struct ip *b);

/* OONI's bogon list (reference: netxlite), IPv4 and IPv6. */
bool ip_is_bogon(const struct ip *ip);

/* 127/8, ::1, or 127/8 mapped into IPv6. */
bool ip_is_loopback(const struct ip *ip);

/* Loopback, link-local, multicast, unspecified: never connected to. */
bool ip_is_never(const struct ip *ip);

/* Not reachable on the public Internet (IANA special-purpose registries,
 * RFC 6890): what a control must refuse. Also IPv4-mapped, NAT64 (64:ff9b::/96)
 * 6to4 and Teredo images of such addresses. */
bool ip_is_special(const struct ip *ip);

/* 64:ff9b::/96, which stands for IPv4 (RFC 6052): *v4, unless NULL, becomes the
 * address that is meant. */
bool ip_is_nat64(const struct ip *ip, struct ip *v4);

/* ::ffff:0:0/96, which is IPv4 written as IPv6: never an address on the wire.
 */
bool ip_is_mapped(const struct ip *ip);

/* The IPv4 address inside an IPv6 one (mapped, compatible, NAT64, 6to4), or the
 * address itself: one line is one address, however it is written. */
struct ip ip_essence(const struct ip *ip);

/* Would a translator with a prefix of 32, 40, 48, 56, 64 or 96 bits write the
 * IPv4 address `v4` as `ip` (RFC 6052, 2.2)? None has a prefix in 2001::/32
 * (Teredo), where forged answers have the same look. */
bool ip_embeds(const struct ip *ip, const struct ip *v4);

/* Behind a prefix of how many bits? 0: it would not. */
unsigned ip_prefix_bits(const struct ip *ip, const struct ip *v4);

/* What a translator with that prefix makes of `v4`; `bits` as above, not 0. */
void ip_translate(const struct ip *prefix, unsigned bits, const struct ip *v4,
                  struct ip *out);

/* The other way round: *v4 becomes what `ip` stands for. False, and *v4 is left
 * alone, if it is not behind that prefix. */
bool ip_untranslate(const struct ip *prefix, unsigned bits, const struct ip *ip,
                    struct ip *v4);

/* "ip:port" or "[ip]:port"; out of at least 56 bytes. */
void ip_endpoint(const struct ip *ip, uint16_t port, char out[56]);

/* Parses "1.2.3.4:53" or "[::1]:53". */
bool ip_endpoint_parse(struct str text, struct ip *ip, uint16_t *port);

#endif
