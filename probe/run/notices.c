// SPDX-License-Identifier: Apache-2.0
#include "probe/run/notices.h"

bool notices_asked(const struct notices *n, const struct ip *ip)
{
    for (size_t i = 0; i < n->n; i++) {
        if (ip_eq(&n->asked[i], ip)) {
            return true;
        }
    }
    return n->n == NOTICES_MAX;
}

void notices_note(struct notices *n, const struct ip *ip)
{
    if (!notices_asked(n, ip)) {
        n->asked[n->n++] = *ip;
    }
}
