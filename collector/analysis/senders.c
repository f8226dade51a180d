// SPDX-License-Identifier: Apache-2.0
/* A table of one day's senders; it begins anew with each day. */
#include "collector/analysis/senders.h"

#include "base/calendar.h"
#include "base/map.h"
#include "base/region.h"
#include "collector/store/store_claim.h"

#include <stdlib.h>

#define SENDERS_MAX  200000 /* of one day; more are known to be nowhere */
#define SENDER_BYTES ((size_t)16 << 20)

struct sender {
    uint32_t asn;
    unsigned taken;
};

struct senders {
    unsigned takes;
    int64_t day;
    struct region *r;
    struct map *by_tag;
};

static void drop_day(struct senders *s)
{
    map_free(s->by_tag);
    region_free(s->r);
    s->by_tag = NULL;
    s->r = NULL;
}

struct senders *senders_new(unsigned takes)
{
    struct senders *s = calloc(1, sizeof(*s));
    if (s) {
        s->takes = takes;
    }
    return s;
}

void senders_free(struct senders *s)
{
    if (s) {
        drop_day(s);
    }
    free(s);
}

static bool tells(const struct store_row *row)
{
    return row->source_tag[0] != '\0' && row->place != PLACE_DISAGREES;
}

/* NULL: not known, also for lack of memory: then it is not said that he was
 * there. */
static struct sender *find(struct senders *s, const struct store_row *row)
{
    struct str key = str_c(row->source_tag);
    int64_t day = calendar_day(row->start_s);
    if (!s->by_tag || day != s->day) {
        drop_day(s);
        s->day = day;
        s->by_tag = map_new(SENDERS_MAX);
        s->r = region_new(SENDER_BYTES);
    }
    struct sender *known = s->by_tag ? map_get(s->by_tag, key) : NULL;
    if (known || !s->by_tag) {
        return known;
    }
    struct sender *made = region_alloc(s->r, sizeof(*made));
    if (made) {
        made->asn = row->asn;
        made = map_put(s->by_tag, key, made) == ERR_OK ? made : NULL;
    }
    return made;
}

bool senders_stand(struct senders *s, const struct store_row *row)
{
    if (store_claim_vouched(row)) {
        return true;
    }
    const struct sender *who = tells(row) ? find(s, row) : NULL;
    return who && who->asn == row->asn;
}

bool senders_spend(struct senders *s, const struct store_row *row)
{
    struct sender *who = tells(row) ? find(s, row) : NULL;
    if (!who || who->taken >= s->takes) {
        return false;
    }
    who->taken++;
    return true;
}
