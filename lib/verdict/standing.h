// SPDX-License-Identifier: Apache-2.0
/* What is known about one address for one name. */
#ifndef PARALLAX_VERDICT_STANDING_H
#define PARALLAX_VERDICT_STANDING_H

#include "verdict/judging.h"

enum standing {
    STAND_GOOD,    /* a trusted certificate for the name was seen there */
    STAND_CONTROL, /* the control resolved the name to it */
    STAND_NETWORK, /* in a network that the control's addresses are in */
    STAND_UNKNOWN,
    STAND_DEAD,     /* nothing answers there as this site */
    STAND_BAD_CERT, /* a certificate for something else */
    STAND_FORGED,   /* bogon, or known as a forged answer */
};

/* What the control found at an address that it did not get itself. */
enum elsewhere {
    ELSE_SITE,     /* something of the site, or nothing that denies it */
    ELSE_UNTESTED, /* it did not look: it skips bogons, for example */
    ELSE_CLOSED,   /* nobody answers; one network may be let in all the same */
    ELSE_OTHER     /* somebody else answers */
};

/* How address number `addr` stands for `host`. */
enum standing standing_of(const struct judging *j, uint32_t addr,
                          struct str host);
/* No public site can have it; nor what NAT64 makes of such a one (RFC 6052,
 * 3.1), which OONI's list does not hold. What it makes of another one is none,
 * even if its prefix is. */
bool standing_is_bogon(const struct observations *o, const struct vaddr *a);
/* We ourselves saw a trusted certificate for the name at some address. */
bool standing_verified(const struct judging *j, struct str host);
/* The site has a certificate that the control trusts. */
bool standing_site_has_tls(const struct judging *j);
/* What the control found at address number `addr`. */
enum elsewhere standing_elsewhere(const struct judging *j, uint32_t addr);
/* It found nothing of the site there. */
bool standing_rejected(const struct judging *j, uint32_t addr);
/* The site is there, as far as anybody knows. */
bool standing_is_usable(const struct judging *j, uint32_t addr,
                        struct str host);
/* It lies in a network that the control's addresses are in. */
bool standing_is_kin(const struct judging *j, uint32_t addr, struct str host);

#endif
