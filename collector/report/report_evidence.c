// SPDX-License-Identifier: Apache-2.0
/* The rules for strength, confidence and other causes. Whoever changes one
 * raises REPORT_RULES and mends the table in report_html_method.c.
 */
#include "collector/report/report_evidence.h"
#include "base/clock.h"

#include "verdict/rules.h"

/* A block page or a forged address that is on the list of known ones, and that
 * two people saw. */
static bool has_known_fingerprint(const struct aggregate_finding *f)
{
    for (size_t i = 0; i < f->n_reasons; i++) {
        enum rule rule = rules_by_name(f->reasons[i].name);
        bool known =
            rule == RULE_HTTP_FINGERPRINT || rule == RULE_DNS_FINGERPRINT;
        if (known && f->reasons[i].founded) {
            return true;
        }
    }
    return false;
}

/* Blocked in at least four of five tests since it was first seen, as far as
 * somebody vouches for those that reached it: anybody can send any number of
 * the others. */
static bool is_consistent(const struct aggregate_finding *f)
{
    return f->blocked * 5 >= (f->blocked + f->ok_vouched) * 4;
}

/* People are held against people: of those that reached it since, one for two
 * who saw it blocked is not enough. */
static bool is_contested(const struct aggregate_finding *f)
{
    return 2 * f->ok_observers > f->observers;
}

/* Not if somebody else reached it: it would need only one who lies. */
static bool is_intermittent(const struct aggregate_finding *f)
{
    return f->ok_vouched > 0 || (f->both > 0 && 2 * f->both >= f->observers);
}

/* The control's answer carried a signature that was checked each time, or as
 * often as is asked of a finding: one record without must not undo the others.
 */
static bool is_control_verified(const struct aggregate_finding *f)
{
    return f->control_verified == f->blocked ||
           (f->verified_observers >= 2 && f->verified_rounds >= 3);
}

/* How many agree on it. */
static enum report_strength strength_of(const struct aggregate_finding *f)
{
    const struct aggregate_site *site = f->cell->site;
    if (site->placed_networks >= 2 && site->blocked_observers >= 2) {
        return STRENGTH_NETWORKS;
    }
    return f->observers >= 2 ? STRENGTH_OBSERVERS : STRENGTH_ONE;
}

/* That interference took place: the published table, in which each level asks
 * for more of the evidence. */
static enum report_confidence confidence_of(const struct aggregate_finding *f)
{
    const struct aggregate_site *site = f->cell->site;
    int64_t span_s = f->last_s - f->first_s;
    bool control = is_control_verified(f);
    if (f->observers < 2 || f->rounds < 3 || !is_consistent(f)) {
        return CONF_LOW;
    }
    if (is_contested(f)) {
        return CONF_CONTESTED;
    }
    if (control && has_known_fingerprint(f) && span_s >= HOUR_S) {
        return CONF_CONFIRMED;
    }
    if (control && site->blocked_observers >= 3 && site->placed_networks >= 2 &&
        site->methods >= 2 && (span_s >= 24 * HOUR_S || f->rounds >= 6)) {
        return CONF_HIGH;
    }
    return CONF_MODERATE;
}

/* Reached from some other network of the country, by two people on one day. */
static bool is_reached_elsewhere(const struct aggregate_finding *f)
{
    const struct aggregate_cell *cell = f->cell;
    return cell->site->reached_networks > (cell->ok.ever ? 1 : 0);
}

/* What else the method itself could mean. */
static struct report_alternative
cause_of_method(const struct aggregate_finding *f, enum method m)
{
    if (m == METHOD_DNS) { /* answers were compared before the verdict */
        return (struct report_alternative){CAUSE_OTHER_ADDRESS, true};
    }
    if (m == METHOD_HTTP) {
        return (struct report_alternative){CAUSE_OTHER_PAGE, f->observers >= 2};
    }
    return (struct report_alternative){CAUSE_NETWORK_REFUSED,
                                       f->cell->site->placed_networks >= 2};
}

/* What speaks against each explanation other than interference. */
static void weigh(const struct aggregate_finding *f, enum method m,
                  struct report_alternative out[REPORT_ALTERNATIVES])
{
    bool repeated = f->rounds >= 2 && f->last_s - f->first_s >= HOUR_S;
    out[0] =
        (struct report_alternative){CAUSE_SITE_DOWN, is_control_verified(f)};
    out[1] = (struct report_alternative){CAUSE_EQUIPMENT, f->observers >= 2};
    out[2] = (struct report_alternative){CAUSE_PASSING_FAULT, repeated};
    out[3] = (struct report_alternative){CAUSE_COUNTRY_TURNED_AWAY,
                                         is_reached_elsewhere(f)};
    out[4] = cause_of_method(f, m);
}

void report_evidence_rate(struct report_finding *rf)
{
    rf->strength = strength_of(rf->f);
    rf->intermittent = is_intermittent(rf->f);
    rf->contested = is_contested(rf->f);
    rf->confidence = confidence_of(rf->f);
    weigh(rf->f, rf->method, rf->alternatives);
}
