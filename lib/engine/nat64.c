// SPDX-License-Identifier: Apache-2.0
#include "engine/nat64.h"
#include "net/netinfo.h"

bool nat64_shows(const struct ip *addrs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++) {
            if (ip_embeds(&addrs[i], &addrs[k])) {
                return true;
            }
        }
    }
    return false;
}

void nat64_learn(struct nat64 *t, const struct ip *addrs, size_t n)
{
    static const struct ip names[] = {{4, {192, 0, 0, 170}},
                                      {4, {192, 0, 0, 171}}};
    t->known = true;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < 2; k++) {
            unsigned bits = ip_prefix_bits(&addrs[i], &names[k]);
            if (bits > 0) {
                t->prefix = addrs[i];
                t->bits = bits;
                return;
            }
        }
    }
}

struct ip nat64_meant(const struct nat64 *t, const struct ip *ip)
{
    struct ip v4 = *ip;
    if (t->bits == 0 || ip->family != 6 ||
        !ip_untranslate(&t->prefix, t->bits, ip, &v4)) {
        return *ip;
    }
    return v4;
}

bool nat64_write(const struct nat64 *t, const struct ip *v4, struct ip *out)
{
    if (t->bits == 0 || v4->family != 4 || netinfo_leaves_by_default(v4)) {
        return false;
    }
    ip_translate(&t->prefix, t->bits, v4, out);
    return true;
}
