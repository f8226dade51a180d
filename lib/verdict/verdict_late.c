// SPDX-License-Identifier: Apache-2.0
#include "verdict/verdict_late.h"
#include "verdict/retest_say.h"
#include "verdict/rules.h"

/* What a server that is down, or is just coming back, does not make. */
static const enum rule no_outage[] = {
    RULE_DNS_BOGON,       RULE_DNS_FORGED_CERT,  RULE_DNS_FORGED_PAGE,
    RULE_DNS_NOTICE,      RULE_DNS_FINGERPRINT,  RULE_DNS_TWO_ANSWERS,
    RULE_TLS_RESET,       RULE_TLS_EOF,          RULE_TLS_INTERCEPTED,
    RULE_TLS_ALERT_NAMED, RULE_TLS_CUT_NAMED,    RULE_PACKET_DISTANCE,
    RULE_HTTP_RESET,      RULE_HTTP_FINGERPRINT, RULE_HTTP_FORGED,
    RULE_SLOW_NAMED,      RULE_STALLS_NAMED,
};

static bool may_be_outage(const struct verdict *v)
{
    for (size_t i = 0; i < sizeof(no_outage) / sizeof(*no_outage); i++) {
        if (retest_say_has(v, no_outage[i])) {
            return false;
        }
    }
    return true;
}

/* NOTE_COUNT: the answer is near enough for what `v` says. A clock that went
 * back in between makes the age negative. */
static enum note why_too_late(const struct verdict *v, int64_t age_s)
{
    if (v->state != X_BLOCKED) {
        return NOTE_COUNT;
    }
    if (age_s > VERDICT_LATE_OLD_S || age_s < -VERDICT_LATE_OLD_S) {
        return NOTE_CONTROL_OLD;
    }
    bool near = age_s <= VERDICT_LATE_NEAR_S && age_s >= -VERDICT_LATE_NEAR_S;
    return !near && may_be_outage(v) ? NOTE_CONTROL_BACK : NOTE_COUNT;
}

enum err verdict_late(struct region *r, const struct json *record,
                      const struct json *with, int64_t age_s,
                      const struct fingerprints *fps, struct verdict *out,
                      struct diag *d)
{
    struct verdict v, alone;
    enum err e = verdict_compute(r, with, fps, &v, d);
    if (e != ERR_OK) {
        return e;
    }
    enum note why = why_too_late(&v, age_s);
    if (why != NOTE_COUNT) {
        e = verdict_compute(r, record, fps, &alone, d);
        if (e == ERR_OK && alone.state == X_BLOCKED) {
            v = alone;
        } else if (e == ERR_OK) {
            e = retest_say_undecided(r, &v, why);
            v.blocking = alone.blocking;
            v.accessible = alone.accessible;
        }
    }
    if (e == ERR_OK) {
        *out = v;
    }
    return e;
}
