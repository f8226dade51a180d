// SPDX-License-Identifier: Apache-2.0
/* The prefix by which this line's translator writes IPv4 addresses (NAT64, RFC
 * 6052). It is known from the resolver's answer for ipv4only.arpa (RFC 7050),
 * which no site can influence.
 */
#ifndef PARALLAX_ENGINE_NAT64_H
#define PARALLAX_ENGINE_NAT64_H

#include "wire/ip.h"

#define NAT64_NAME "ipv4only.arpa"

/* Zeroed: nothing is known. */
struct nat64 {
    bool known; /* there was an answer, or none is to be had */
    struct ip prefix;
    unsigned bits; /* 0: there is none */
};

/* An answer holds what a translator makes: one of its IPv6 addresses stands for
 * one of its IPv4 ones. */
bool nat64_shows(const struct ip *addrs, size_t n);
/* What the resolver said of NAT64_NAME; n may be 0. */
void nat64_learn(struct nat64 *t, const struct ip *addrs, size_t n);
/* The IPv4 address that `ip` stands for on this line, else `ip` itself. */
struct ip nat64_meant(const struct nat64 *t, const struct ip *ip);
/* How this line reaches the IPv4 address. False: not by a translator; it has
 * none, or a way of its own for IPv4 (whose routes are looked at). */
bool nat64_write(const struct nat64 *t, const struct ip *v4, struct ip *out);

#endif
