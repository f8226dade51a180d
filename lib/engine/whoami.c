// SPDX-License-Identifier: Apache-2.0
/* A short memory of what resolvers are seen as. */
#include "engine/whoami.h"

#include "base/clock.h"
#include "base/str.h"
#include <string.h>

#define HOLDS_US (45 * US_PER_S)
#define ASK_US   (4 * US_PER_S) /* as long as a lookup may take */

static struct whoami_kept *find(struct whoami *w, const char *resolver)
{
    for (size_t i = 0; i < WHOAMI_KEPT; i++) {
        struct whoami_kept *k = &w->kept[i];

        if (k->used && strcmp(k->resolver, resolver) == 0) {
            return k;
        }
    }
    return NULL;
}

struct ip whoami_get(struct whoami *w, const char *resolver)
{
    const struct whoami_kept *k = find(w, resolver);

    if (!k || k->until < clock_mono_us()) {
        return (struct ip){0};
    }
    return k->ip;
}

static struct whoami_kept *keep(struct whoami *w, const char *resolver)
{
    struct whoami_kept *k = find(w, resolver);

    if (!k) {
        k = &w->kept[w->next];
        w->next = (w->next + 1) % WHOAMI_KEPT;
        *k = (struct whoami_kept){.used = true};
        str_copy(k->resolver, sizeof(k->resolver), resolver);
    }
    return k;
}

bool whoami_claim(struct whoami *w, const char *resolver)
{
    struct whoami_kept *k = keep(w, resolver);
    int64_t now = clock_mono_us();

    if (now < k->asked_until) {
        return false;
    }
    k->asked_until = now + ASK_US;
    return true;
}

void whoami_put(struct whoami *w, const char *resolver, const struct ip *ip)
{
    struct whoami_kept *k = keep(w, resolver);

    k->ip = *ip;
    k->asked_until = 0;
    k->until = clock_mono_us() + HOLDS_US;
}
