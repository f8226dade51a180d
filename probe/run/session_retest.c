// SPDX-License-Identifier: Apache-2.0
/* The list of sites that are to be measured again, and their parked records. */
#include "probe/run/session_retest.h"

#include "base/clock.h"
#include "base/log.h"
#include "probe/run/session_keep.h"
#include "probe/volunteer/paths.h"
#include "record/scrub_url.h"

#include <stdlib.h>

#define URL_REGION ((size_t)256 << 10)
/* Sites of this class are dangerous to be seen with (R3, docs/safety.md). */
#define RISK_DANGEROUS 3
/* A measurement that is over so soon waited for nothing in vain. */
#define SOON_US (5 * US_PER_S)

/* ---- the list ------------------------------------------------------------ */

int64_t session_retest_due(int64_t last, int64_t now, int64_t pause)
{
    int64_t least = now + pause / 3, due = last + pause;
    if (now - last < SOON_US) {
        return now + pause;
    }
    return due > least ? due : least;
}

void session_retest_add(struct session *s, struct retest *r)
{
    /* What passes by itself has to be given time. A comparison need not be: its
     * halves, one with the name and one without, take turns. */
    int64_t now = clock_mono_us();
    int64_t apart = s->cfg->schedule ? s->cfg->schedule->apart_us : 0;
    int64_t due =
        r->compare ? now
                   : session_retest_due(r->last, now, s->cfg->retest_pause_us);
    session_retest_add_at(s, r, due > now + apart ? due : now + apart);
}

void session_retest_add_at(struct session *s, struct retest *r, int64_t due)
{
    struct retest **at = &s->retests;
    while (*at && (*at)->due <= due) {
        at = &(*at)->next;
    }
    r->due = due;
    r->next = *at;
    *at = r;
    s->progress->counts.parked++;
}

struct retest *session_retest_take(struct session *s)
{
    struct retest *r = s->retests;
    s->retests = r->next;
    s->progress->counts.parked--;
    return r;
}

enum err session_retest_aim(const struct session *s, struct retest *r,
                            const struct site_result *o)
{
    const struct site_consent consent =
        targets_consent(s->cfg->targets, r->site);
    struct url *url = NULL;
    r->compare = o->want_compare[0] && ip_parse(str_c(o->want_compare), &r->ip);
    r->page = o->want_page[0] && ip_parse(str_c(o->want_page), &r->ip);
    if (r->page && (ip_is_bogon(&r->ip) || ip_is_special(&r->ip))) {
        return ERR_ACCESS; /* no page is fetched from such an address */
    }
    if (!o->notice_at[0] || !ip_parse(str_c(o->notice_at), &r->notice)) {
        r->notice = (struct ip){.family = 0};
    }
    if (!o->want_url[0]) {
        return ERR_OK;
    }
    if (scrub_url_was_changed(str_c(o->want_url))) {
        return ERR_ACCESS; /* the verdict should not have asked for it */
    }
    if (!r->region) {
        r->region = region_new(URL_REGION);
    }
    url = r->region ? region_alloc(r->region, sizeof(*url)) : NULL;
    enum err e =
        url ? url_parse(r->region, str_c(o->want_url), url, NULL) : ERR_NOMEM;
    if (e == ERR_OK && !site_consent_allows(&consent, url)) {
        return ERR_ACCESS; /* as above: nobody went there */
    }
    if (e == ERR_OK) {
        r->url = url;
    }
    return e;
}

bool session_retest_may_ask(const struct session *s, const struct retest *r)
{
    return !notices_asked(&s->notices, &r->notice) &&
           (r->site->chosen || r->site->risk < RISK_DANGEROUS);
}

bool session_retest_lesser(const struct session *s, const struct retest *r)
{
    for (const struct retest *o = s->retests; o; o = o->next) {
        if (o != r && ip_eq(&o->notice, &r->notice) &&
            o->site->risk < r->site->risk) {
            return true;
        }
    }
    return false;
}

void session_retest_free(struct retest *r)
{
    if (r) {
        region_free(r->region);
        free(r);
    }
}

/* ---- parked records ------------------------------------------------------ */

/* Made for the first record only, since most runs park none. In a run that
 * sends nothing, no later run shall find it. */
static enum err need_queue(struct session *s, struct diag *d)
{
    char dir[PATHS_MAX];
    if (s->parked) {
        return ERR_OK;
    }
    enum err e = paths_state(s->cfg->upload ? PATHS_SPOOL : NULL, dir, d);
    return e == ERR_OK
               ? retest_queue_open(dir, s->cfg->upload, &s->seal, &s->parked, d)
               : e;
}

enum err session_retest_park(struct session *s, struct str record,
                             uint64_t replaces, uint64_t *at)
{
    struct frame f;
    struct diag d = {""};
    struct buf packed;
    buf_init(&packed, FRAME_MAX);
    enum err e = need_queue(s, &d);
    if (e == ERR_OK) {
        e = session_keep_frame(s, record, &packed, &f);
    }
    if (e == ERR_OK) {
        e = retest_queue_put(s->parked, &f, replaces, at, &d);
    }
    if (e != ERR_OK) {
        log_warn("session", "a record cannot be parked: %s",
                 d.text[0] ? d.text : err_str(e));
    }
    buf_fini(&packed);
    return e;
}

enum err session_retest_unpark(struct session *s, uint64_t at,
                               struct buf *record)
{
    struct buf bytes;
    struct frame f;
    struct diag d = {""};
    buf_init(&bytes, FRAME_MAX);
    enum err e = retest_queue_get(s->parked, at, &bytes, &f, &d);
    if (e == ERR_OK) {
        e = submission_unpack(f.body, record);
    }
    buf_fini(&bytes);
    return e;
}

/* ---- not measured again -------------------------------------------------- */

void session_retest_let_go(struct session *s, struct retest *r)
{
    struct buf record;
    buf_init(&record, SUBMISSION_MAX_RECORD);
    enum err e = session_retest_unpark(s, r->at, &record);
    if (e == ERR_OK) {
        session_keep(s, r->site, buf_str(&record), &r->o, r->at);
    } else {
        session_keep_lost(s, r->site, e);
    }
    buf_fini(&record);
    session_retest_free(r);
}

void session_retest_let_go_all(struct session *s)
{
    while (s->retests) {
        session_retest_let_go(s, session_retest_take(s));
    }
}
