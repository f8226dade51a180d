// SPDX-License-Identifier: Apache-2.0
#include "verdict/family_part.h"
#include "verdict/attempts.h"
#include "verdict/families.h"
#include "verdict/judge_redirect.h"
#include <string.h>

/* It stands for an IPv4 address of the same answer (DNS64). */
static bool is_translation(const struct judging *j, const struct vquery *q,
                           const struct ip *ip)
{
    for (size_t i = 0; i < q->n_addrs; i++) {
        if (ip_embeds(ip, &j->o->addrs[q->addrs[i]].ip)) {
            return true;
        }
    }
    return false;
}

bool family_part_take(struct judging *j, const struct vquery *q, int family,
                      struct vquery *part)
{
    uint32_t *own = region_calloc(j->r, q->n_addrs, sizeof(*own));
    if (!own) {
        j->nomem = true;
        return false;
    }
    *part = *q;
    part->addrs = own;
    part->n_addrs = 0;
    for (size_t i = 0; i < q->n_addrs; i++) {
        const struct ip *ip = &j->o->addrs[q->addrs[i]].ip;
        if (ip->family == family && !is_translation(j, q, ip)) {
            own[part->n_addrs++] = q->addrs[i];
        }
    }
    return part->n_addrs > 0 && part->n_addrs < q->n_addrs;
}

/* What filters at home and names of the house's own lead to: nothing, this
 * device, the house, or whatever answers there. Of IPv6, all but the range that
 * only forgers use. */
static bool is_homely(const struct judging *j, uint32_t addr)
{
    static const uint8_t forgers[4] = {0x20, 0x01};
    const struct ip *ip = &j->o->addrs[addr].ip;
    for (size_t i = 0; i < j->o->n_ends; i++) {
        if (j->o->ends[i].addr == addr && outcome_ok(j->o->ends[i].tcp)) {
            return true;
        }
    }
    return ip->family == 6 ? memcmp(ip->b, forgers, sizeof(forgers)) != 0
                           : ip->b[0] == 0 || judge_redirect_near(ip);
}

bool family_part_homely(const struct judging *j, const struct vquery *q)
{
    for (size_t i = 0; i < q->n_addrs; i++) {
        if (is_homely(j, q->addrs[i])) {
            return true;
        }
    }
    return false;
}

bool family_part_tried(const struct judging *j, const struct vquery *part)
{
    for (size_t i = 0; i < j->o->n_ends; i++) {
        const struct vendpoint *end = &j->o->ends[i];
        bool six = j->o->addrs[end->addr].ip.family == 6;
        bool answered = outcome_ok(end->tcp) || attempts_refused(end->tcp);
        bool silent = !families_no_route(end) && families_ipv4_shown(j->o);
        for (size_t k = 0; k < part->n_addrs; k++) {
            if (part->addrs[k] == end->addr && (answered || (silent && !six))) {
                return true;
            }
        }
    }
    return false;
}
