// SPDX-License-Identifier: Apache-2.0
/* From a measurement that ended to a record that is kept, or parked until its
 * site has been measured again. */
#include "probe/run/session_record.h"

#include "base/clock.h"
#include "base/log.h"
#include "probe/run/session_doubt.h"
#include "probe/run/session_keep.h"
#include "probe/run/session_order.h"
#include "record/failure.h"

#include <stdlib.h>
#include <string.h>

#define FASTER 3 /* times */

/* Where it got stuck. Behind a lookup that was lied to that is a false address,
 * which says nothing about the site's own. */
static size_t stuck_of(const struct retest *r, const struct measurement *m,
                       int64_t began, struct stuck out[RESIDUAL_STUCK])
{
    return r->lied_to ? 0 : residual_stuck(m, began, out);
}

/* The site is to be measured again, and `record` waits on the disk; NULL if it
 * cannot be. */
static struct retest *park_new(struct session *s, const struct site *site,
                               struct str record, const struct site_result *o,
                               int64_t began)
{
    struct retest *r = calloc(1, sizeof(*r));
    if (!r) {
        return NULL;
    }
    r->site = site;
    r->url = &site->url;
    r->o = *o;
    r->first = r->last = began;
    if (session_retest_aim(s, r, o) != ERR_OK ||
        session_retest_park(s, record, 0, &r->at) != ERR_OK) {
        session_retest_free(r);
        return NULL;
    }
    return r;
}

/* The first measurement of a site may be chance: false if the record must go
 * as it is, which then says so. */
static bool park_first(struct session *s, const struct measurement *m,
                       const struct site *site, int64_t began,
                       struct buf *record, struct site_result *o)
{
    struct buf waiting;
    struct retest *r = NULL;
    /* what is undecided and asks for no comparison is a matter of the lookup,
     * where a control was asked */
    bool lookup =
        o->state == X_INCONCLUSIVE && !o->want_compare[0] && !o->uncompared;
    bool lied_to = o->method == METHOD_DNS || o->notice_at[0] || lookup;
    buf_init(&waiting, SUBMISSION_MAX_RECORD);
    enum err e = submission_await(buf_str(record), s->fps, &waiting, o);
    if (e == ERR_OK && !s->stopping && !o->stay_away) {
        r = park_new(s, site, buf_str(&waiting), o, began);
    }
    if (r) {
        r->lied_to = lied_to;
        r->n_stuck = stuck_of(r, m, began, r->stuck);
        session_retest_add(s, r);
        progress_again(s->progress, site->input);
    } else if (e == ERR_OK) {
        struct buf other = *record;
        *record = waiting;
        waiting = other;
    } else {
        progress_say(s->progress, "%s: %s",
                     progress_name(s->progress, site->input), err_str(e));
        *o = (struct site_result){.state = X_INTERNAL};
    }
    buf_fini(&waiting);
    return r;
}

/* ---- one measurement ----------------------------------------------------- */

/* What came from a notice server is known to all who were led there. */
static void tell_notice(struct session *s, const struct site *site,
                        const struct site_result *o)
{
    struct ip ip;
    if (!(o->notice_seen || o->notice_ill) ||
        !ip_parse(str_c(o->notice_at), &ip)) {
        return;
    }
    notices_note(&s->notices, &ip);
    if (o->notice_seen) {
        engine_note_notice(s->engine, site->url.host, &ip);
    } else {
        engine_note_ill(s->engine, site->url.host, &ip);
    }
}

static bool is_forged(const struct site_result *o)
{
    return o->state == X_BLOCKED && o->method == METHOD_HTTP;
}

/* A page that came slowly is measured again only if something else came several
 * times faster over this line. */
static bool is_worth_it(const struct session *s, const struct site_result *o)
{
    double rate = engine_line_rate(s->engine);
    return o->want_again && (rate <= 0 || rate >= FASTER * o->want_if_faster);
}

static void measured_first(struct session *s, struct measurement *m,
                           const struct site *site, int64_t began)
{
    struct site_result o = {.state = X_INTERNAL, .runtime_us = m->runtime_us};
    struct buf record;
    buf_init(&record, SUBMISSION_MAX_RECORD);
    enum err e = submission_record(m, &s->env, s->fps, &record, &o);
    if (e == ERR_OK) {
        residual_note(s->cuts, site->url.host, m, began, is_forged(&o));
        tell_notice(s, site, &o);
    }
    session_order_ended(s, site, m, o.state != X_OK);
    if (e != ERR_OK) {
        session_keep_lost(s, site, e);
    } else if (!is_worth_it(s, &o) ||
               !park_first(s, m, site, began, &record, &o)) {
        session_keep(s, site, buf_str(&record), &o, 0);
    }
    buf_fini(&record);
}

/* Parks the record once more, with this measurement in it; false if it is
 * finished, because nothing more is to be measured. */
static bool park_on(struct session *s, struct retest *r, struct str record,
                    const struct site_result *o)
{
    uint64_t at = 0;
    if (!is_worth_it(s, o) || s->stopping || o->stay_away ||
        session_retest_aim(s, r, o) != ERR_OK ||
        session_retest_park(s, record, r->at, &at) != ERR_OK) {
        return false;
    }
    r->at = at;
    r->o = *o;
    if (r->page) {
        session_retest_add_at(s, r, clock_mono_us()); /* nothing to wait for */
    } else if (r->own) {
        session_retest_add_at(s, r, clock_mono_us() + s->cfg->residual_us);
    } else {
        session_retest_add(s, r);
    }
    return true;
}

/* A comparison in which nobody got through without a name, either. */
static bool is_shut_anyway(const struct measurement *m)
{
    bool shut = false;
    for (size_t i = 0; i < m->n_compare; i++) {
        const struct obs_compare *o = &m->compare[i];
        bool cut = o->connected && !o->secured && o->failure &&
                   failure_is_cut(failure_of(str_c(o->failure)));
        if (!cut) {
            return false;
        }
        shut = shut || (!o->named && !o->other);
    }
    return shut;
}

/* The record with one more entry of x_retest, judged, in `after`. */
static enum err add_again(struct session *s, const struct retest *r,
                          const struct again *a, struct buf *after,
                          struct site_result *o)
{
    struct buf before;
    buf_init(&before, SUBMISSION_MAX_RECORD);
    enum err e = session_retest_unpark(s, r->at, &before);
    if (e == ERR_OK) {
        e = submission_again(buf_str(&before), a, &s->env, s->fps, after, o);
    }
    if (e != ERR_OK) {
        log_warn("session", "%s: not measured again: %s", r->site->input,
                 err_str(e));
    }
    buf_fini(&before);
    return e;
}

static void measured_again(struct session *s, struct measurement *m,
                           struct retest *r, int64_t began, bool silence)
{
    struct stuck stuck[RESIDUAL_STUCK];
    const char *host = r->site->url.host;
    size_t n = stuck_of(r, m, began, stuck);
    struct again a = {.m = m,
                      .after_us = began - r->first,
                      .silent = silence,
                      .kind = r->page      ? AGAIN_PAGE
                              : r->compare ? AGAIN_COMPARE
                                           : AGAIN_SITE,
                      .residual = residual_explain(s->cuts, host, stuck, n)};
    a.after_residual =
        !a.residual && residual_explain(s->cuts, host, r->stuck, r->n_stuck);
    struct site_result o = r->o;
    struct buf after;
    r->last = began;
    buf_init(&after, SUBMISSION_MAX_RECORD);
    enum err e = add_again(s, r, &a, &after, &o);
    if (e == ERR_OK) {
        residual_note(s->cuts, host, m, began, is_forged(&o));
        tell_notice(s, r->site, &o);
        memcpy(r->stuck, stuck, sizeof(stuck));
        r->n_stuck = n;
        r->shut_since = r->shut;
        r->shut = false;
        r->own = r->compare && !a.residual && is_shut_anyway(m);
    }
    session_order_ended(s, r->site, m, o.state != X_OK);
    if (e != ERR_OK) {
        session_retest_let_go(s, r);
    } else if (!park_on(s, r, buf_str(&after), &o)) {
        session_keep(s, r->site, buf_str(&after), &o, r->at);
        session_retest_free(r);
    }
    buf_fini(&after);
}

/* Whether somebody answers at the address, whatever is said. A page without any
 * header does not count: it comes from a censor. */
static bool is_open(const struct measurement *m)
{
    const struct obs_compare *o = m->n_compare ? &m->compare[0] : NULL;
    return o &&
           (o->secured || (o->status && o->n_headers) ||
            (o->connected && o->failure && failure_is_unknown(o->failure)));
}

void session_record_knock(struct session *s, struct measurement *m,
                          struct retest *r, int64_t began)
{
    struct again a = {
        .m = m, .after_us = began - r->first, .kind = AGAIN_UNNAMED};
    struct site_result o = r->o;
    struct buf after;
    uint64_t at = 0;
    buf_init(&after, SUBMISSION_MAX_RECORD);
    r->knock = NULL;
    r->shut = !is_open(m);
    r->shut_since = r->shut_since && r->shut;
    if (!r->shut) {
        residual_open(s->cuts, &r->knock_ip, began);
    }
    enum err e = add_again(s, r, &a, &after, &o);
    if (e == ERR_OK) {
        e = session_retest_park(s, buf_str(&after), r->at, &at);
    }
    if (e == ERR_OK) {
        r->at = at;
        r->o = o;
    }
    buf_fini(&after);
    if (r->shut && s->cfg->schedule) {
        session_retest_add(s, r);
    } else {
        session_retest_add_at(s, r, clock_mono_us());
    }
}

void session_record_held(struct session *s)
{
    struct held *h;
    while ((h = session_doubt_take(s))) {
        measured_first(s, h->m, h->site, h->began);
        region_free(h->m->region);
        free(h);
    }
}

bool session_record(struct session *s, struct measurement *m,
                    const struct site *site, struct retest *again,
                    int64_t began, bool silence)
{
    if (again) {
        measured_again(s, m, again, began, silence);
        return false;
    }
    bool held = session_doubt_hold(s, m, site, began, s->silent);
    session_record_held(s);
    if (!held) {
        measured_first(s, m, site, began);
    }
    return held;
}
