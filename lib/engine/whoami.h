// SPDX-License-Identifier: Apache-2.0
/* As which address a resolver is seen by the servers it asks. Measurements of
 * one engine share what they learn: one of them asks, the others take the
 * answer when they end.
 */
#ifndef PARALLAX_ENGINE_WHOAMI_H
#define PARALLAX_ENGINE_WHOAMI_H

#include "wire/ip.h"

/* A name whose address is that of the resolver that asks for it. */
#define WHOAMI_NAME "whoami.v4.powerdns.org"

#define WHOAMI_KEPT 16

/* Zeroed: nothing is known. A resolver is "ip:port", or "" for the system's. */
struct whoami {
    struct whoami_kept {
        char resolver[56];
        bool used;
        struct ip ip;        /* family 0: no answer yet */
        int64_t until;       /* the answer holds */
        int64_t asked_until; /* somebody waits for an answer */
    } kept[WHOAMI_KEPT];

    size_t next; /* the place to be used again next */
};

/* What is known of a resolver; family 0: nothing, or too long ago. */
struct ip whoami_get(struct whoami *w, const char *resolver);
/* True: the caller is to ask now. False: somebody else is about to. */
bool whoami_claim(struct whoami *w, const char *resolver);
/* An answer came. */
void whoami_put(struct whoami *w, const char *resolver, const struct ip *ip);

#endif
