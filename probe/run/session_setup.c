// SPDX-License-Identifier: Apache-2.0
/* Everything a run needs, made and taken down. */
#include "probe/run/session_setup.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/resident.h"
#include "net/tls.h"
#include "probe/run/clock_good.h"
#include "probe/run/session_order.h"
#include "probe/run/session_retest.h"
#include "probe/run/session_room.h"
#include "probe/volunteer/confine.h"
#include "probe/volunteer/ownaddr.h"
#include "probe/volunteer/ownname.h"
#include "probe/volunteer/paths.h"

#define REGION_MAX      (16u << 20)
#define MEASUREMENT_MAX (32u << 20)
#define DESCRIPTORS     8192 /* wanted */

/* ---- limits ------------------------------------------------------------- */

static unsigned socket_cap(unsigned parallel)
{
    unsigned want = parallel * 32 + 64;
    unsigned have = fs_descriptors(DESCRIPTORS);
    unsigned room = have > 128 ? have - 64 : have / 2;
    return want < room ? want : room;
}

static size_t body_cap(unsigned parallel)
{
    size_t want = (size_t)parallel << 20;
    size_t least = 4u << 20;
    size_t most = 64u << 20;
    return want < least ? least : want > most ? most : want;
}

/* ---- making and taking down --------------------------------------------- */

static enum err start_engine(struct session *s, struct diag *d)
{
    struct engine_config cfg = {
        .limits = {.jobs = s->cfg->parallel,
                   .sockets = socket_cap(s->cfg->parallel),
                   .body_memory = body_cap(s->cfg->parallel),
                   .region_bytes = MEASUREMENT_MAX},
        .capture = true,
    };
    if (s->cfg->asn_db) {
        enum err e = geo_open(s->cfg->asn_db, &s->geo, d);
        if (e != ERR_OK) {
            return e;
        }
    }
    cfg.geo = s->geo;
    enum err e = loop_new(&s->loop);
    if (e == ERR_OK) {
        e = engine_new(s->loop, &cfg, &s->engine);
    }
    if (e == ERR_OK) {
        e = fingerprints_builtin(&s->fps);
    }
    return e == ERR_OK
               ? e
               : diag_set(d, e, "cannot start measuring: %s", err_str(e));
}

static enum err start_network(struct session *s, struct diag *d)
{
    bool online = false;
    enum err e = ownaddr_find(&s->scrub, &online);
    if (e != ERR_OK) {
        return diag_set(d, e, "cannot read this machine's addresses: %s",
                        err_str(e));
    }
    ownname_find(&s->scrub);
    if (!online) {
        return diag_set(d, ERR_NET,
                        "no network: this machine has no address but its own "
                        "loopback; nothing was measured");
    }
    if (!s->cfg->collector || s->cfg->defer) {
        return ERR_OK;
    }
    return backend_new(s->loop, s->engine, &s->cfg->ways, &s->backend, d);
}

/* What only orders the sites of a run that keeps nothing may be any number. */
static enum err start_identity(struct session *s, struct diag *d)
{
    if (!s->cfg->set.p) {
        crypto_random(s->secret, sizeof(s->secret));
        return ERR_OK;
    }
    enum err e = identity_secret(s->secret, d);
    if (e != ERR_OK && !s->cfg->upload) {
        log_warn("session", "%s", d->text);
        crypto_random(s->secret, sizeof(s->secret));
        e = ERR_OK;
    }
    return e;
}

/* The key of what is kept on the disk. */
static void load_key(struct session *s)
{
    struct diag why = {""};
    seal_load(&s->seal, &why);
    s->result->forgets = !s->seal.lasting && !s->cfg->seal_key;
    if (s->cfg->upload && s->result->forgets) {
        progress_say(s->progress,
                     "the key of records that wait is in this process only "
                     "(%s): what is not sent when it ends is lost",
                     why.text);
    }
}

static enum err start_spool(struct session *s, struct diag *d)
{
    char dir[PATHS_MAX];
    enum err e = paths_state(PATHS_SPOOL, dir, d);
    if (e == ERR_OK) {
        e = spool_open(dir, s->cfg->spool_max_bytes, &s->seal, &s->spool, d);
    }
    if (e != ERR_OK) {
        return e;
    }
    spool_hold(s->spool, s->cfg->spool_burst_us);
    spool_box(s->spool, s->cfg->seal_key, s->cfg->seal_may_fail);
    e = session_room_take(s, d);
    s->no_room = e != ERR_OK && session_room_can_send(s);
    if (s->no_room) {
        progress_say(s->progress,
                     "no room for more records: what waits is sent first");
    }
    return s->no_room ? ERR_OK : e;
}

/* Moves what a run that was cut short had parked into the spool. */
static enum err take_over(struct session *s, struct diag *d)
{
    char dir[PATHS_MAX];
    struct retest_left left = {.taken = 0};
    enum err e = paths_state(PATHS_SPOOL, dir, d);
    if (e == ERR_OK) {
        e = retest_queue_recover(dir, &s->seal, s->spool, &left, d);
    }
    if (e == ERR_OK && left.taken > 0) {
        progress_say(s->progress,
                     "%zu records of a run that was cut short go as they are",
                     left.taken);
    }
    size_t lost = spool_lost(s->spool) + left.lost;
    if (e == ERR_OK && lost > 0) {
        progress_say(s->progress, SPOOL_LOST_TEXT, lost);
    }
    return e;
}

/* Everything that needs more is open by now. */
static void give_up(struct session *s)
{
    resident_trim();
    struct sandbox_state st;
    confine_run(&st);
    sandbox_words(&st, s->sandbox);
    log_info("run", "sandbox: %s", s->sandbox);
}

enum err session_setup(struct session *s)
{
    struct diag d = {""};
    s->region = region_new(REGION_MAX);
    buf_init(&s->open, 65536);
    s->cuts = residual_new(s->cfg->residual_us);
    clock_good_hold();
    s->start_s = clock_wall_us() / US_PER_S;
    s->start_mono = clock_mono_us();
    enum err e = s->region && s->cuts ? tls_store_check(&d) : ERR_NOMEM;
    if (e == ERR_OK) {
        e = start_engine(s, &d);
    }
    if (e == ERR_OK) {
        e = start_network(s, &d);
    }
    if (e == ERR_OK) {
        e = start_identity(s, &d);
    }
    if (e == ERR_OK) {
        e = session_order_make(s);
    }
    load_key(s);
    if (e == ERR_OK && s->cfg->upload) {
        e = start_spool(s, &d);
    }
    if (e == ERR_OK && s->cfg->upload) {
        e = take_over(s, &d);
    }
    if (e == ERR_OK && s->cfg->out) {
        e = outfile_open(s->cfg->out, &s->out, &d);
    }
    if (e != ERR_OK) {
        progress_say(s->progress, "%s", d.text[0] ? d.text : err_str(e));
        return e;
    }
    give_up(s);
    return ERR_OK;
}

void session_setup_undo(struct session *s)
{
    struct diag d = {""};
    /* first who calls back, then who is called */
    if (s->engine) {
        engine_free(s->engine);
    }
    if (s->backend) {
        backend_stop(s->backend);
    }
    while (s->retests) {
        struct retest *next = s->retests->next;
        session_retest_free(s->retests);
        s->retests = next;
    }
    residual_free(s->cuts);
    retest_queue_close(s->parked);
    upload_free(s->upload);
    backend_free(s->backend);
    spool_close(s->spool);
    seal_fini(&s->seal);
    if (outfile_close(s->out, &d) != ERR_OK && !s->result->out_failed) {
        progress_say(s->progress, "%s", d.text);
        s->result->out_failed = true;
    }
    loop_timer_free(s->tick);
    loop_timer_free(s->limit);
    loop_timer_free(s->grace);
    loop_timer_free(s->checkin_limit);
    loop_timer_free(s->again);
    loop_signal_free(s->on_int);
    loop_signal_free(s->on_term);
    if (s->fps) {
        fingerprints_free(s->fps);
    }
    geo_close(s->geo);
    if (s->loop) {
        loop_free(s->loop);
    }
    buf_fini(&s->open);
    scrub_fini(&s->scrub);
    region_free(s->region);
}
