// SPDX-License-Identifier: Apache-2.0
#include "probe/cmd/by_schedule.h"

#include "base/clock.h"
#include "probe/plan/network_id.h"
#include "probe/plan/zone.h"
#include "probe/run/clock_good.h"

#include <stdio.h>
#include <string.h>

enum err by_schedule_rules(const struct opt_set *opts, struct agenda_rules *out,
                           struct diag *d)
{
    struct diag why = {""};
    const char *where = opt_str(opts, "plan.networks");
    struct agenda_rules rules = {
        .day_bytes = (uint64_t)opt_int(opts, "plan.day_bytes"),
        .day_sites = (uint64_t)opt_int(opts, "plan.day_sites")};
    enum err e =
        hours_parse(str_c(opt_str(opts, "plan.hours")), &rules.hours, &why);
    if (e != ERR_OK) {
        return diag_set(d, e, "plan.hours: %s", why.text);
    }
    if (strcmp(where, "agreed") != 0 && strcmp(where, "any") != 0) {
        return diag_set(d, ERR_PARSE,
                        "plan.networks: `%.40s` is neither `agreed` nor `any`",
                        where);
    }
    *out = rules;
    return ERR_OK;
}

struct agenda_now by_schedule_now(void)
{
    int64_t now = clock_machine_us() / US_PER_S;
    return (struct agenda_now){.unix_s = now,
                               .offset_s = zone_offset_s(now),
                               .kept = clock_is_kept(),
                               .wrong = now < CLOCK_GOOD_LEAST_S ||
                                        now < clock_good_now()};
}

const struct draw_site *by_schedule_sites(struct region *r,
                                          const struct targets *t)
{
    struct draw_site *out =
        region_calloc(r, t->n_todo ? t->n_todo : 1, sizeof(*out));
    for (size_t i = 0; out && i < t->n_todo; i++) {
        const struct site *s = t->todo[i];
        out[i] =
            (struct draw_site){.site = s,
                               .risk = targets_risk(t, s),
                               .tier = draw_tier(targets_asked(t, s), 1, 0)};
    }
    return out;
}

/* ---- networks ------------------------------------------------------------ */

static enum err find_network(struct buf *id, struct diag *d)
{
    buf_init(id, NETWORK_ID_MAX);
    enum err e = network_id_find(id);
    if (e == ERR_NOTFOUND) {
        return diag_set(d, e, "this machine is in no network now");
    }
    return e == ERR_OK ? e : diag_set(d, e, "%s", err_str(e));
}

enum err by_schedule_where(const struct opt_set *opts,
                           enum by_schedule_network *out, struct diag *d)
{
    static const enum by_schedule_network is[] = {
        [NETWORK_AGREED] = BY_SCHEDULE_AGREED,
        [NETWORK_NEW] = BY_SCHEDULE_NEW,
        [NETWORK_FIRST] = BY_SCHEDULE_FIRST};
    struct buf id;
    enum network_state st = NETWORK_NEW;
    enum err e = find_network(&id, d);
    if (e == ERR_NOTFOUND) {
        *out = BY_SCHEDULE_OFFLINE;
        e = ERR_OK;
    } else if (e == ERR_OK && !strcmp(opt_str(opts, "plan.networks"), "any")) {
        *out = BY_SCHEDULE_AGREED;
    } else if (e == ERR_OK) {
        e = networks_look(buf_str(&id), &st, d);
        *out = is[st];
    }
    buf_fini(&id);
    return e;
}

enum err by_schedule_agree(struct diag *d)
{
    struct buf id;
    enum err e = find_network(&id, d);
    if (e == ERR_OK) {
        e = networks_agree(buf_str(&id), d);
    }
    buf_fini(&id);
    return e;
}

/* ---- words --------------------------------------------------------------- */

void by_schedule_when(int64_t unix_s, char out[32])
{
    struct agenda_now now = by_schedule_now();
    int64_t local = unix_s + zone_offset_s(unix_s);
    int64_t days = local / DAY_S - (now.unix_s + now.offset_s) / DAY_S;
    char text[20] = "";
    if (clock_format(local, text) != ERR_OK) {
        str_copy(out, 32, "some day");
    } else if (days == 0 || days == 1) {
        snprintf(out, 32, "%s%.5s", days ? "tomorrow " : "", text + 11);
    } else {
        snprintf(out, 32, "%.16s", text);
    }
}

const char *by_schedule_words(enum agenda_state st)
{
    switch (st) {
    case AGENDA_WAIT:
        return "nothing is due now";
    case AGENDA_BEHIND:
        return "this machine's clock shows a day that is over, so nothing is "
               "measured until it is right";
    case AGENDA_EMPTY:
        return "none of these sites is for this device, which measures a "
               "quarter of the sensitive ones";
    case AGENDA_USED_UP:
        return "what may be used in a day is used up";
    case AGENDA_DUE:
    case AGENDA_RESUME:
        break;
    }
    return "";
}
