// SPDX-License-Identifier: Apache-2.0
/* Rows of one host are spaced. A server may take only so many new connections
 * of one visitor in a minute: a list with many rows on one host would make it
 * shut the volunteer out, which looks like interference. The first rows of a
 * host begin at once, later ones one after the other, as often as our controls
 * ask one site for all of us (collector/control/control_shares.h). No I/O, no
 * clock: times are the caller's, in microseconds.
 */
#ifndef PARALLAX_PROBE_RUN_SPACING_H
#define PARALLAX_PROBE_RUN_SPACING_H

#include "base/clock.h"
#include "probe/run/order.h"

#define SPACING_AT_ONCE 5
#define SPACING_US      (6 * US_PER_S)

#define SPACING_ADDRS 4096 /* that are known in a run; others are not */

struct spacing_addr {
    struct ip ip;
    uint32_t host;
};

struct spacing {
    uint32_t *host;   /* of each row of the order: a number */
    int64_t *free_at; /* of each host: when all of it has been made up for */
    struct spacing_addr *addrs; /* where hosts were met in this run */
    size_t n_addrs, cap_addrs;
};

/* For the rows of `o`, in their order; spacing_free frees. ERR_NOMEM. */
MUST_USE enum err spacing_make(struct spacing *s, const struct order *o);
/* Zeroed is allowed. */
void spacing_free(struct spacing *s);
/* The moment at which row `i` may begin, 0 if it may now. */
int64_t spacing_until(const struct spacing *s, size_t i, int64_t now);
/* No row of this host begins before `until`. */
void spacing_put_off(struct spacing *s, const struct order *o, const char *host,
                     int64_t until);
/* This host was met at that address. What finds no room is left out. */
void spacing_met(struct spacing *s, const struct order *o, const char *host,
                 const struct ip *ip);
/* Nor does any of the hosts that were met at that address. */
void spacing_put_off_at(struct spacing *s, const struct ip *ip, int64_t until);
/* Row `i` begins. */
void spacing_begin(struct spacing *s, size_t i, int64_t now);

#endif
