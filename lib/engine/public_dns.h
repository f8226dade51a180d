// SPDX-License-Identifier: Apache-2.0
/* Which public resolvers are asked, and when one is asked over HTTPS. */
#ifndef PARALLAX_ENGINE_PUBLIC_DNS_H
#define PARALLAX_ENGINE_PUBLIC_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct public_dns {
    const char *const *doh; /* URLs */
    size_t n_doh;
    const char *const *udp; /* "ip:port" */
    size_t n_udp;
    int64_t doh_due;   /* monotonic clock; when DoH is asked next */
    const char *heard; /* of `udp`: the last that answered; NULL: none did */
};

/* The lists are borrowed; NULL: those built in. */
void public_dns_init(struct public_dns *d, const char *const *doh, size_t n_doh,
                     const char *const *udp, size_t n_udp);
/* One of those asked by UDP, drawn anew each time; NULL if there is none. */
const char *public_dns_udp(const struct public_dns *d);
/* That one answered, about whatever name. Any other text is ignored, none is
 * kept. */
void public_dns_answered(struct public_dns *d, const char *udp);
/* The one that answered last, whose silence means something; one drawn if none
 * did yet. */
const char *public_dns_udp_heard(const struct public_dns *d);
/* The URL of the DoH server to ask now, drawn anew each time; NULL if there is
 * none, or if one was asked less than 20 to 40 seconds ago and `at_once` is
 * false. */
const char *public_dns_doh(struct public_dns *d, bool at_once);

#endif
