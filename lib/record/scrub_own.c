// SPDX-License-Identifier: Apache-2.0
#include "record/scrub_own.h"

#include <string.h>

void scrub_own_eui64(const uint8_t mac[6], uint8_t out[8])
{
    memcpy(out, mac, 3);
    out[0] ^= 2;
    out[3] = 0xff;
    out[4] = 0xfe;
    memcpy(out + 5, mac + 3, 3);
}

bool scrub_own_is(const struct scrub *s, const struct ip *ip)
{
    struct ip a = ip_essence(ip);
    uint8_t eui[8];

    if (ip->family == 0) {
        return false;
    }
    for (size_t i = 0; i < s->n_own; i++) {
        struct ip own = ip_essence(&s->own[i]);

        if (ip_eq(&own, &a) || ip_eq(&s->own[i], ip)) {
            return true;
        }
    }
    for (size_t i = 0; i < s->n_macs && ip->family == 6; i++) {
        scrub_own_eui64(s->mac[i], eui);
        if (memcmp(ip->b + 8, eui, 8) == 0) {
            return true;
        }
    }
    return false;
}

bool scrub_own_is_net(const struct scrub *s, const struct ip *net,
                      unsigned bits)
{
    static const uint8_t zero[16] = {0};
    size_t n = bits / 8, size = net->family == 4 ? 4 : 16;

    if (net->family == 0 || n > size ||
        memcmp(net->b + n, zero, size - n) != 0) {
        return false;
    }
    for (size_t i = 0; i < s->n_own; i++) {
        struct ip own = ip_essence(&s->own[i]);

        if (own.family == net->family && memcmp(own.b, net->b, n) == 0) {
            return true;
        }
    }
    return false;
}

bool scrub_own_knows(const struct scrub *s, const struct ip *ip)
{
    struct ip a = ip_essence(ip);

    return a.family == 4 ? s->known4 : s->known6;
}

/* Sites see an IPv4 address also where this device has none (NAT64); an IPv6
 * one only if it has one. */
bool scrub_own_knows_all(const struct scrub *s)
{
    bool six = false;

    for (size_t i = 0; i < s->n_own; i++) {
        six = six || (s->own[i].family == 6 && !ip_is_never(&s->own[i]));
    }
    return s->known4 && (s->known6 || !six);
}

/* Verdicts need addresses that are not global; but what stands in examples, and
 * what providers give to lines that share an address, may be a volunteer's. */
static bool is_somebodys(const struct ip *ip)
{
    static const uint8_t examples4[][3] = {
        {192, 0, 2}, {198, 51, 100}, {203, 0, 113}};

    if (!ip_is_special(ip)) {
        return true;
    }
    if (ip->family == 6) {
        return memcmp(ip->b, "\x20\x01\x0d\xb8", 4) == 0;
    }
    for (size_t i = 0; i < 3; i++) {
        if (memcmp(ip->b, examples4[i], 3) == 0) {
            return true;
        }
    }
    return ip->b[0] == 100 && (ip->b[1] & 0xc0) == 64;
}

bool scrub_own_may_be(const struct scrub *s, const struct ip *ip)
{
    struct ip a = ip_essence(ip);

    if (scrub_own_knows(s, ip)) {
        return false;
    }
    for (size_t i = 0; i < s->n_asked; i++) {
        if (ip_eq(&s->asked[i], &a)) {
            return false;
        }
    }
    return is_somebodys(&a);
}
