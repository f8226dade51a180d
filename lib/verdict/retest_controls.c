// SPDX-License-Identifier: Apache-2.0
#include "verdict/retest_controls.h"

static bool has_page(const struct vcontrol *c)
{
    return outcome_ok(c->http) && c->status / 100 == 2;
}

static bool is_refused(const struct vcontrol *c)
{
    return outcome_ok(c->http) && (c->status == 403 || c->status == 451);
}

/* No page was forged, nor a packet from another distance, and nothing depended
 * on a name in the handshake. */
static bool may_be_servers(const struct verdict *v)
{
    bool cut = false;
    for (size_t i = 0; i < v->n_reasons; i++) {
        switch (rules_of(v->reasons[i].note)) {
        case RULE_PACKET_DISTANCE:
            return false;
        case RULE_IP_TIMEOUT:
        case RULE_IP_REFUSED:
        case RULE_IP_REJECTED:
        case RULE_HTTP_RESET:
        case RULE_HTTP_EOF:
        case RULE_HTTP_TIMEOUT:
        case RULE_HTTP_CUT:
            cut = true;
            break;
        default:
            break;
        }
    }
    return cut;
}

bool retest_controls_differ(const struct verdict *v, const struct vcontrol *one,
                            const struct vcontrol *other)
{
    return may_be_servers(v) && ((has_page(one) && is_refused(other)) ||
                                 (has_page(other) && is_refused(one)));
}
