// SPDX-License-Identifier: Apache-2.0
/* The connections of one step of a visit, and how they ended here and for the
 * control.
 */
#ifndef PARALLAX_VERDICT_ATTEMPTS_H
#define PARALLAX_VERDICT_ATTEMPTS_H

#include "verdict/judging.h"

/* The endpoints of one step, those that failed for a reason of our own line
 * left out. */
struct attempts {
    const struct vendpoint *ends[OBS_MAX_ENDPOINTS];
    size_t n;
    bool left_out;
};

/* How they ended, at one layer. */
struct sums {
    size_t n, ok, cut, cert, no_route, refused;
    size_t alerted;         /* refused by an alert, instead of a certificate */
    size_t rejected;        /* by a router, of IPv4 addresses */
    size_t local;           /* by this device, or what stands beside it */
    size_t ctl_ok, ctl_bad; /* of those that failed for us */
    size_t ctl_cert;        /* of these: shown a certificate that is not in
                               order */
    struct ids ids;         /* of those that failed */
    struct outcome first;   /* failure; of handshakes only */
};

/* Those after `depth` redirects that were to fetch a page (1), or were not (0).
 * NULL: no memory, which `j` is told. */
struct attempts *attempts_of(struct judging *j, int depth, int fetch_body);
/* Counts their connects ... */
struct sums attempts_tcp(const struct judging *j, const struct attempts *g);
/* ... and their handshakes. */
struct sums attempts_tls(const struct attempts *g);
/* A router on the way, not our own host, said that there is no way to an IPv4
 * address. */
bool attempts_rejected(const struct observations *o,
                       const struct vendpoint *end);
/* A firewall of this device, or of the router at home, refused the connect, or
 * kept it from leaving. */
bool attempts_local(const struct vendpoint *end);
/* The connect was answered with a refusal. */
bool attempts_refused(struct outcome out);

#endif
