// SPDX-License-Identifier: Apache-2.0
/* The public resolvers built in, and the draw among them. */
#include "engine/public_dns.h"

#include "base/clock.h"
#include "base/crypto.h"

#include <string.h>

#define DOH_MIN_S    20
#define DOH_SPREAD_S 20

static const char *const default_doh[] = {
    "https://mozilla.cloudflare-dns.com/dns-query",
    "https://dns.nextdns.io/dns-query",
    "https://dns.google/dns-query",
    "https://dns.quad9.net/dns-query",
};

static const char *const default_udp[] = {
    "8.8.8.8:53", "8.8.4.4:53", "9.9.9.9:53",        "149.112.112.112:53",
    "1.1.1.1:53", "1.0.0.1:53", "208.67.222.222:53", "208.67.220.220:53",
};

void public_dns_init(struct public_dns *d, const char *const *doh, size_t n_doh,
                     const char *const *udp, size_t n_udp)
{
    *d = (struct public_dns){
        .doh = doh, .n_doh = n_doh, .udp = udp, .n_udp = n_udp};
    if (!doh) {
        d->doh = default_doh;
        d->n_doh = sizeof(default_doh) / sizeof(default_doh[0]);
    }
    if (!udp) {
        d->udp = default_udp;
        d->n_udp = sizeof(default_udp) / sizeof(default_udp[0]);
    }
}

static const char *draw(const char *const *list, size_t n)
{
    return list[crypto_random_below((uint32_t)n)];
}

const char *public_dns_udp(const struct public_dns *d)
{
    return d->n_udp > 0 ? draw(d->udp, d->n_udp) : NULL;
}

void public_dns_answered(struct public_dns *d, const char *udp)
{
    /* the caller may free its text */
    for (size_t i = 0; i < d->n_udp; i++) {
        if (strcmp(d->udp[i], udp) == 0) {
            d->heard = d->udp[i];
        }
    }
}

const char *public_dns_udp_heard(const struct public_dns *d)
{
    return d->heard ? d->heard : public_dns_udp(d);
}

const char *public_dns_doh(struct public_dns *d, bool at_once)
{
    int64_t now = clock_mono_us();

    if (d->n_doh == 0 || (now < d->doh_due && !at_once)) {
        return NULL;
    }
    d->doh_due =
        now + (DOH_MIN_S + crypto_random_below(DOH_SPREAD_S)) * US_PER_S;
    return draw(d->doh, d->n_doh);
}
