// SPDX-License-Identifier: Apache-2.0
#include "collector/analysis/pair.h"

#include "base/calendar.h"
#include "collector/analysis/observers.h"
#include "collector/store/store_claim.h"

static void turn_to(struct pair *p, const struct store_row *row)
{
    int64_t day = calendar_day(row->start_s);
    if (day != p->day || p->tag == 0) {
        p->day = day;
        p->tag = 0;
        p->today = false;
    }
}

bool pair_add(struct pair *p, const struct store_row *row)
{
    turn_to(p, row);
    uint64_t probe = observers_hash(row->x_probe);
    uint64_t tag = observers_hash(row->source_tag) | 1;
    bool tells = row->source_tag[0] != '\0' && row->place != PLACE_DISAGREES;
    if (tells && p->tag == 0) {
        p->probe = probe;
        p->tag = tag;
    } else if (tells && p->probe != probe && p->tag != tag) {
        p->today = true;
    }
    p->today = p->today || store_claim_vouched(row);
    p->ever = p->ever || p->today;
    return p->today;
}

void pair_know(struct pair *p, const struct store_row *row)
{
    turn_to(p, row);
    p->tag = 1; /* somebody */
    p->today = p->ever = true;
}
