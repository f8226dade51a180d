// SPDX-License-Identifier: Apache-2.0
/* From a measurement that ended to a record that is kept, or parked until its
 * site has been measured again. */
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "probe/run/session_int.h"
#include "probe/volunteer/paths.h"
#include "record/failure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FASTER      3 /* times */
#define WANT_REGION ((size_t)256 << 10)

/* ---- keeping it ---------------------------------------------------------- */

/* The frame of a record; its body is in `packed`. */
static enum err frame_of(struct session *s, struct str record,
                         struct buf *packed, struct spool_frame *f)
{
    enum err e = submission_pack(record, s->x_probe, packed);
    *f = (struct spool_frame){.kind = SPOOL_SUBMISSION,
                              .state = SPOOL_WAITING,
                              .created_s = clock_wall_us() / US_PER_S,
                              .open = buf_str(&s->open),
                              .body = buf_str(packed)};
    return e;
}

static bool keep(struct session *s, struct str record)
{
    struct spool_frame f;
    char name[SPOOL_NAME_MAX];
    struct diag d = {""};
    struct buf packed;
    buf_init(&packed, SPOOL_MAX_FRAME);
    enum err e = frame_of(s, record, &packed, &f);
    if (e == ERR_OK) {
        e = spool_add(s->spool, &f, name, &d);
    }
    buf_fini(&packed);
    if (e != ERR_OK) {
        if (!s->result->keep_failed) {
            progress_say(s->progress, "a record cannot be kept: %s",
                         d.text[0] ? d.text : err_str(e));
        }
        s->result->keep_failed = true;
        session_stop_measuring(s, "records cannot be kept");
        return false;
    }
    if (spool_tight(s->spool) && !s->stopping) {
        progress_say(s->progress,
                     "no room for more records: what is in flight is kept, "
                     "no new site is started");
        session_stop_measuring(s, "there is no room for more records");
    }
    upload_kick(s->upload);
    return true;
}

static bool write_out(struct session *s, struct str record)
{
    struct diag d = {""};
    if (outfile_line(s->out, record, &d) == ERR_OK) {
        return true;
    }
    if (!s->result->out_failed) {
        progress_say(s->progress, "%s", d.text);
        s->result->out_failed = true;
    }
    if (!s->spool) {
        /* what is in flight would be lost as well: it ends now */
        session_stop_measuring(s, "records can be written nowhere");
        if (loop_timer_in(s->grace, 0) != ERR_OK) {
            log_debug("session", "what is in flight goes on");
        }
    }
    return false;
}

/* The resolver's address may be our own, when the router resolves by itself:
 * it is told only if ours is known and another. Its network is told always. */
static enum err name_resolver(struct session *s, struct measurement *m)
{
    struct geo_entry g;
    char text[IP_TEXT_MAX];
    if (m->whoami_system.family) {
        s->resolver = m->whoami_system;
    }
    if (s->resolver.family) {
        ip_format(&s->resolver, text);
        geo_lookup(s->geo, text, &g);
        snprintf(s->resolver_asn, sizeof(s->resolver_asn), "AS%u", g.asn);
        str_copy(s->resolver_org, sizeof(s->resolver_org), g.org);
        bool tell =
            s->scrub.public_known && !scrub_is_own(&s->scrub, &s->resolver);
        str_copy(s->resolver_ip, sizeof(s->resolver_ip),
                 tell ? text : "127.0.0.2");
    }
    m->client_resolver = region_strdup(m->region, s->resolver_ip);
    return m->client_resolver ? ERR_OK : ERR_NOMEM;
}

/* The site is done. */
static void emit(struct session *s, const struct site *site, struct str record,
                 const struct site_result *o)
{
    bool written = s->out && write_out(s, record);
    bool kept = s->spool && keep(s, record);
    bool wanted = s->out || s->spool;
    if (wanted && !written && !kept) {
        s->result->lost++;
    }
    if (s->cfg->on_record) {
        s->cfg->on_record(s->cfg->on_record_arg, record);
    }
    session_count_traffic(s);
    progress_site(s->progress, site->input, o);
}

static void lost(struct session *s, const struct site *site, enum err e)
{
    struct site_result o = {.state = X_INTERNAL};
    progress_say(s->progress, "%s: its record cannot be written: %s",
                 site->input, err_str(e));
    s->result->lost++;
    progress_site(s->progress, site->input, &o);
}

/* ---- parking it ---------------------------------------------------------- */

void session_doubt_free(struct doubt *d)
{
    if (d) {
        region_free(d->region);
        free(d);
    }
}

/* A redirect that was cut off is looked at by itself, so that a control looks
 * there as well. */
static enum err aim(struct doubt *d, const struct site_result *o)
{
    struct url *url = NULL;
    d->compare = o->want_compare[0] && ip_parse(str_c(o->want_compare), &d->ip);
    if (!o->want_url[0]) {
        return ERR_OK;
    }
    if (!d->region) {
        d->region = region_new(WANT_REGION);
    }
    url = d->region ? region_alloc(d->region, sizeof(*url)) : NULL;
    enum err e =
        url ? url_parse(d->region, str_c(o->want_url), url, NULL) : ERR_NOMEM;
    if (e == ERR_OK) {
        d->url = url;
    }
    return e;
}

void session_doubt(struct session *s, struct doubt *d)
{
    session_doubt_at(s, d, clock_mono_us() + s->cfg->retest_pause_us);
}

void session_doubt_at(struct session *s, struct doubt *d, int64_t due)
{
    struct doubt **at = &s->doubts;
    while (*at && (*at)->due <= due) {
        at = &(*at)->next;
    }
    d->due = due;
    d->next = *at;
    *at = d;
    s->progress->counts.parked++;
}

/* Most runs have nothing to park. What is never sent is not left for others. */
static enum err need_parked(struct session *s, struct diag *d)
{
    char dir[PATHS_MAX];
    if (s->parked) {
        return ERR_OK;
    }
    enum err e = paths_state(s->cfg->upload ? "spool" : NULL, dir, d);
    return e == ERR_OK ? retest_queue_open(dir, s->cfg->upload, &s->parked, d)
                       : e;
}

static enum err park(struct session *s, struct str record, uint64_t *at)
{
    struct spool_frame f;
    struct diag d = {""};
    struct buf packed;
    buf_init(&packed, SPOOL_MAX_FRAME);
    enum err e = need_parked(s, &d);
    if (e == ERR_OK) {
        e = frame_of(s, record, &packed, &f);
    }
    if (e == ERR_OK) {
        e = retest_queue_put(s->parked, &f, at, &d);
    }
    if (e != ERR_OK) {
        log_warn("session", "a record cannot be parked: %s",
                 d.text[0] ? d.text : err_str(e));
    }
    buf_fini(&packed);
    return e;
}

/* The record parked at `at`, appended to `record`. */
static enum err unpark(struct session *s, uint64_t at, struct buf *record)
{
    struct buf bytes;
    struct spool_frame f;
    struct diag d = {""};
    buf_init(&bytes, SPOOL_MAX_FRAME);
    enum err e = retest_queue_get(s->parked, at, &bytes, &f, &d);
    if (e == ERR_OK) {
        e = submission_unpack(f.body, record);
    }
    buf_fini(&bytes);
    return e;
}

static void drop(struct session *s, uint64_t at)
{
    if (retest_queue_drop(s->parked, at) != ERR_OK) {
        log_warn("session", "a parked record is kept twice");
    }
}

static void let_go(struct session *s, struct doubt *d)
{
    struct buf record;
    buf_init(&record, SUBMISSION_MAX_RECORD);
    enum err e = unpark(s, d->at, &record);
    if (e == ERR_OK) {
        emit(s, d->site, buf_str(&record), &d->o);
        drop(s, d->at);
    } else {
        lost(s, d->site, e);
    }
    buf_fini(&record);
    session_doubt_free(d);
}

void session_let_go(struct session *s)
{
    while (s->doubts) {
        struct doubt *d = s->doubts;
        s->doubts = d->next;
        s->progress->counts.parked--;
        let_go(s, d);
    }
}

/* Where a lie of the lookup led to says nothing of the site's own address. */
static size_t stuck_of(const struct doubt *d, const struct measurement *m,
                       int64_t began, struct stuck out[RESIDUAL_STUCK])
{
    return d->lied_to ? 0 : residual_stuck(m, began, out);
}

/* The first measurement of a site may be chance: false if the record must go
 * as it is, which then says so. */
static bool park_first(struct session *s, const struct measurement *m,
                       const struct site *site, int64_t began,
                       struct buf *record, struct site_result *o)
{
    struct buf waiting;
    struct doubt *d = NULL;
    uint64_t at = 0;
    bool lied_to = strcmp(o->method, "dns") == 0;
    buf_init(&waiting, SUBMISSION_MAX_RECORD);
    enum err e = submission_await(buf_str(record), s->fps, &waiting, o);
    if (e == ERR_OK && !s->stopping) {
        d = calloc(1, sizeof(*d));
        if (d && (aim(d, o) != ERR_OK ||
                  park(s, buf_str(&waiting), &at) != ERR_OK)) {
            session_doubt_free(d);
            d = NULL;
        }
    }
    if (d) {
        struct doubt aimed = *d;
        *d = (struct doubt){.site = site,
                            .region = aimed.region,
                            .url = aimed.url ? aimed.url : &site->url,
                            .compare = aimed.compare,
                            .ip = aimed.ip,
                            .at = at,
                            .o = *o,
                            .first = began};
        d->lied_to = lied_to;
        d->n_stuck = stuck_of(d, m, began, d->stuck);
        session_doubt(s, d);
        progress_again(s->progress, site->input);
    } else if (e == ERR_OK) {
        struct buf other = *record;
        *record = waiting;
        waiting = other;
    } else {
        progress_say(s->progress, "%s: %s", site->input, err_str(e));
        *o = (struct site_result){.state = X_INTERNAL};
    }
    buf_fini(&waiting);
    return d;
}

/* ---- one measurement ----------------------------------------------------- */

static bool is_forged(const struct site_result *o)
{
    return o->state == X_BLOCKED && strcmp(o->method, "http") == 0;
}

/* What came slowly is compared only if the line can do better. */
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
    enum err e = name_resolver(s, m);
    if (e == ERR_OK) {
        e = submission_record(m, &s->env, s->fps, &record, &o);
    }
    if (e == ERR_OK) {
        residual_note(s->cuts, site->url.host, m, began, is_forged(&o));
    }
    if (e != ERR_OK) {
        lost(s, site, e);
    } else if (!is_worth_it(s, &o) ||
               !park_first(s, m, site, began, &record, &o)) {
        emit(s, site, buf_str(&record), &o);
    }
    buf_fini(&record);
}

/* True: it goes on waiting, now with this measurement in it. */
static bool park_on(struct session *s, struct doubt *d, struct str record,
                    const struct site_result *o)
{
    uint64_t at = 0;
    if (!is_worth_it(s, o) || s->stopping || aim(d, o) != ERR_OK ||
        park(s, record, &at) != ERR_OK) {
        return false;
    }
    drop(s, d->at);
    d->at = at;
    d->o = *o;
    session_doubt(s, d);
    return true;
}

/* The record with one more entry of x_retest, judged, in `after`. */
static enum err add_again(struct session *s, struct measurement *m,
                          const struct doubt *d, const struct again *a,
                          struct buf *after, struct site_result *o)
{
    struct buf before;
    buf_init(&before, SUBMISSION_MAX_RECORD);
    enum err e = unpark(s, d->at, &before);
    if (e == ERR_OK) {
        e = name_resolver(s, m);
    }
    if (e == ERR_OK) {
        e = submission_again(buf_str(&before), a, &s->env, s->fps, after, o);
    }
    if (e != ERR_OK) {
        log_warn("session", "%s: not measured again: %s", d->site->input,
                 err_str(e));
    }
    buf_fini(&before);
    return e;
}

static void measured_again(struct session *s, struct measurement *m,
                           struct doubt *d, int64_t began, bool silence)
{
    struct stuck stuck[RESIDUAL_STUCK];
    const char *host = d->site->url.host;
    size_t n = stuck_of(d, m, began, stuck);
    struct again a = {.m = m,
                      .after_us = began - d->first,
                      .silent = silence,
                      .kind = d->compare ? AGAIN_COMPARE : AGAIN_SITE,
                      .residual = residual_explain(s->cuts, host, stuck, n)};
    a.after_residual =
        !a.residual && residual_explain(s->cuts, host, d->stuck, d->n_stuck);
    struct site_result o = d->o;
    struct buf after;
    buf_init(&after, SUBMISSION_MAX_RECORD);
    enum err e = add_again(s, m, d, &a, &after, &o);
    if (e == ERR_OK) {
        residual_note(s->cuts, host, m, began, is_forged(&o));
        memcpy(d->stuck, stuck, sizeof(stuck));
        d->n_stuck = n;
    }
    if (e != ERR_OK) {
        let_go(s, d);
    } else if (!park_on(s, d, buf_str(&after), &o)) {
        emit(s, d->site, buf_str(&after), &o);
        drop(s, d->at);
        session_doubt_free(d);
    }
    buf_fini(&after);
}

/* Somebody answered, whatever he said; a page without any header is forged. */
static bool is_open(const struct measurement *m)
{
    const struct obs_compare *o = m->n_compare ? &m->compare[0] : NULL;
    return o &&
           (o->secured || (o->status && o->n_headers) ||
            (o->connected && o->failure && failure_is_unknown(o->failure)));
}

void session_knocked(struct session *s, struct measurement *m, struct doubt *d,
                     int64_t began)
{
    struct again a = {
        .m = m, .after_us = began - d->first, .kind = AGAIN_UNNAMED};
    struct site_result o = d->o;
    struct buf after;
    uint64_t at = 0;
    buf_init(&after, SUBMISSION_MAX_RECORD);
    d->knock = NULL;
    d->shut = !is_open(m);
    if (!d->shut) {
        residual_open(s->cuts, &d->knock_ip, began);
    }
    enum err e = add_again(s, m, d, &a, &after, &o);
    if (e == ERR_OK) {
        e = park(s, buf_str(&after), &at);
    }
    if (e == ERR_OK) {
        drop(s, d->at);
        d->at = at;
        d->o = o;
    }
    buf_fini(&after);
    session_doubt_at(s, d, clock_mono_us());
}

void session_measured(struct session *s, struct measurement *m,
                      const struct site *site, struct doubt *again,
                      int64_t began, bool silence)
{
    if (!again) {
        measured_first(s, m, site, began);
    } else {
        measured_again(s, m, again, began, silence);
    }
}
