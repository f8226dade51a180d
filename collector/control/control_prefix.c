// SPDX-License-Identifier: Apache-2.0
#include "collector/control/control_prefix.h"

#include <string.h>

static const size_t bytes_v4[] = {4, 3, 2};
static const size_t bytes_v6[] = {8, 7, 6, 4};

size_t control_prefix_levels(const struct ip *ip)
{
    return ip->family == 6   ? sizeof(bytes_v6) / sizeof(bytes_v6[0])
           : ip->family == 4 ? sizeof(bytes_v4) / sizeof(bytes_v4[0])
                             : 1;
}

struct str control_prefix(const struct ip *ip, size_t level,
                          uint8_t out[CONTROL_PREFIX_MAX])
{
    size_t n = ip->family == 6   ? bytes_v6[level]
               : ip->family == 4 ? bytes_v4[level]
                                 : 0;
    out[0] = (uint8_t)(ip->family << 4 | n);
    memcpy(out + 1, ip->b, n);
    return (struct str){(const char *)out, n + 1};
}

/* From the largest prefixes, depth 0, to the client. All that has fewer levels
 * is one client from there on. */
static bool same(const struct ip *a, const struct ip *b, size_t depth)
{
    uint8_t x[CONTROL_PREFIX_MAX], y[CONTROL_PREFIX_MAX];
    size_t n = control_prefix_levels(a), m = control_prefix_levels(b);
    struct str p = control_prefix(a, depth < n ? n - 1 - depth : 0, x);
    struct str q = control_prefix(b, depth < m ? m - 1 - depth : 0, y);
    return p.len == q.len && memcmp(p.p, q.p, p.len) == 0;
}

static size_t count(const struct ip *held, size_t n, const struct ip *of,
                    size_t depth)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        k += same(&held[i], of, depth);
    }
    return k;
}

size_t control_prefix_yields(const struct ip *held, size_t n,
                             const struct ip *next)
{
    size_t out = n;
    for (size_t depth = 0; depth < CONTROL_PREFIX_LEVELS; depth++) {
        size_t most = 0, at = n;
        for (size_t i = 0; i < n; i++) {
            bool inside = depth == 0 || same(&held[i], &held[out], depth - 1);
            size_t k = inside ? count(held, n, &held[i], depth) : 0;
            if (inside && k >= most) { /* the oldest stands behind */
                most = k;
                at = i;
            }
        }
        if (at == n) {
            return n;
        }
        bool own = same(&held[at], next, depth);
        bool along = out == n || same(&held[out], next, depth - 1);
        size_t mine = count(held, n, next, depth);
        if (along &&
            (own ? depth + 1 == CONTROL_PREFIX_LEVELS : mine + 1 >= most)) {
            return n;
        }
        out = at;
    }
    return out;
}
