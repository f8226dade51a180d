// SPDX-License-Identifier: Apache-2.0
/* What is the volunteer's own. */
#ifndef PARALLAX_RECORD_SCRUB_OWN_H
#define PARALLAX_RECORD_SCRUB_OWN_H

#include "wire/ip.h"

#define SCRUB_MAX_OWN   16
#define SCRUB_MAX_MACS  8
#define SCRUB_MAX_NAMES 16
#define SCRUB_NAME_MAX  64
#define SCRUB_MAX_ASKED 4

struct scrub_words; /* see scrub_words.h */

/* A plain value; may be copied as long as the first one lives. */
struct scrub {
    struct ip own[SCRUB_MAX_OWN]; /* public and interface addresses */
    size_t n_own;
    bool known4;                    /* the public IPv4 address is among them */
    bool known6;                    /* the public IPv6 address is */
    uint8_t mac[SCRUB_MAX_MACS][6]; /* hardware addresses */
    size_t n_macs;
    char name[SCRUB_MAX_NAMES][SCRUB_NAME_MAX]; /* of the machine, its user, its
                                                   router: uncommon words */
    size_t n_names;

    /* for scrub_asked_for */
    struct ip asked[SCRUB_MAX_ASKED];
    size_t n_asked;
    uint32_t names_asked; /* bit i: name[i] */

    /* for scrub_prepare */
    bool prepared;
    struct scrub_words *words; /* NULL: none, or not yet prepared */
    uint8_t octets[32]; /* bit i: an own IPv4 address begins or ends with i */
};

/* Do we know our own public address of the family of `ip`; of each family by
 * which a site may see us? */
bool scrub_own_knows(const struct scrub *s, const struct ip *ip);
bool scrub_own_knows_all(const struct scrub *s);
/* Is it one of our own, in whatever form of IPv6, or made of a hardware address
 * of ours? Then a field that holds only an address must not be written. */
bool scrub_own_is(const struct scrub *s, const struct ip *ip);
/* The network of an own address, host bits zero: of /24, or /48, /56, /64
 * (`bits`). */
bool scrub_own_is_net(const struct scrub *s, const struct ip *net,
                      unsigned bits);
/* May it be ours, while the public address of its family is unknown? What is
 * not global is not; nor is what was asked for. */
bool scrub_own_may_be(const struct scrub *s, const struct ip *ip);
/* The last half of an IPv6 address made of a hardware address (RFC 4291,
 * modified EUI-64). */
void scrub_own_eui64(const uint8_t mac[6], uint8_t out[8]);

#endif
