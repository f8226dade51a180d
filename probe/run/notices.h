// SPDX-License-Identifier: Apache-2.0
/* Addresses that are suspected to be notice servers, and whose page was asked
 * for, or came of itself, in this run: none is asked a second time, whatever
 * names lead there. No I/O.
 */
#ifndef PARALLAX_PROBE_RUN_NOTICES_H
#define PARALLAX_PROBE_RUN_NOTICES_H

#include "wire/ip.h"

#define NOTICES_MAX 64 /* then no more are asked */

/* Zeroed: none yet. */
struct notices {
    struct ip asked[NOTICES_MAX];
    size_t n;
};

/* May the address be asked no more? */
bool notices_asked(const struct notices *n, const struct ip *ip);
/* It is asked now, or its page has come. */
void notices_note(struct notices *n, const struct ip *ip);

#endif
