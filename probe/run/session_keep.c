// SPDX-License-Identifier: Apache-2.0
/* Finished records, kept on the disk and shown. */
#include "probe/run/session_keep.h"

#include "base/clock.h"
#include "base/log.h"
#include "probe/run/clock_good.h"
#include "probe/run/session_order.h"

enum err session_keep_frame(struct session *s, struct str record,
                            struct buf *packed, struct frame *f)
{
    enum err e = submission_pack(record, s->x_probe, packed);
    *f = (struct frame){.kind = FRAME_SUBMISSION,
                        .state = FRAME_WAITING,
                        .created_s = clock_wall_us() / US_PER_S,
                        .open = buf_str(&s->open),
                        .body = buf_str(packed)};
    return e;
}

/* Which parked record the one that is being kept takes the place of. */
struct takes_over {
    struct session *s;
    uint64_t parked;
};

static enum err on_spool(void *arg, uint64_t known_by)
{
    const struct takes_over *t = arg;
    return retest_queue_succeed(t->s->parked, t->parked, known_by);
}

static bool into_spool(struct session *s, struct str record,
                       enum frame_priority priority, uint64_t parked)
{
    struct frame f;
    struct takes_over t = {s, parked};
    struct diag d = {""};
    struct buf packed;
    buf_init(&packed, FRAME_MAX);
    enum err e = session_keep_frame(s, record, &packed, &f);
    if (e == ERR_OK) {
        f.priority = priority;
        e = spool_add_after(s->spool, &f, parked ? on_spool : NULL, &t, &d);
    }
    buf_fini(&packed);
    if (e != ERR_OK) {
        if (!s->result->keep_failed) {
            progress_say(s->progress, "a record cannot be kept: %s",
                         d.text[0] ? d.text : err_str(e));
        }
        s->result->keep_failed = true;
        session_state_stop_measuring(s, "records cannot be kept");
        return false;
    }
    if (spool_tight(s->spool) && !s->stopping) {
        progress_say(s->progress,
                     "no room for more records: what is in flight is kept, "
                     "no new site is started");
        session_state_stop_measuring(s, "there is no room for more records");
    }
    if (s->upload) {
        upload_kick(s->upload);
    }
    return true;
}

static bool into_file(struct session *s, struct str record)
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
        session_state_stop_measuring(s, "records can be written nowhere");
        if (loop_timer_in(s->grace, 0) != ERR_OK) {
            log_debug("session", "what is in flight goes on");
        }
    }
    return false;
}

static enum frame_priority priority_of(const struct site_result *o)
{
    return o->state == X_OK        ? FRAME_INNOCENT
           : o->state == X_BLOCKED ? FRAME_BLOCKED
                                   : FRAME_ODD;
}

/* However the clock may have been set meanwhile. */
static int64_t now_of(const struct session *s)
{
    return s->start_s + (clock_mono_us() - s->start_mono) / US_PER_S;
}

void session_keep(struct session *s, const struct site *site, struct str record,
                  const struct site_result *o, uint64_t parked)
{
    bool wanted = s->out || s->spool;
    if (wanted) {
        clock_good_dated(now_of(s)); /* else nothing tells of this day */
    }
    bool written = s->out && into_file(s, record);
    bool kept = s->spool && into_spool(s, record, priority_of(o), parked);
    if (wanted && !written && !kept) {
        s->result->lost++;
    }
    if (parked && (kept || !s->spool) &&
        retest_queue_drop(s->parked, parked) != ERR_OK) {
        log_warn("session", "a parked record stays, too");
    }
    if (s->cfg->on_record) {
        s->cfg->on_record(s->cfg->on_record_arg, record);
    }
    session_order_done(s, site);
    session_state_count_traffic(s);
    progress_site(s->progress, site->input, o);
}

void session_keep_lost(struct session *s, const struct site *site, enum err e)
{
    struct site_result o = {.state = X_INTERNAL};
    progress_say(s->progress, "%s: its record cannot be written: %s",
                 progress_name(s->progress, site->input), err_str(e));
    s->result->lost++;
    session_order_done(s, site);
    progress_site(s->progress, site->input, &o);
}

void session_keep_due(struct session *s)
{
    struct diag d = {""};
    if (s->spool && !s->result->keep_failed &&
        spool_tick(s->spool, clock_mono_us(), &d) != ERR_OK) {
        progress_say(s->progress, "records cannot be kept: %s", d.text);
        s->result->keep_failed = true;
        session_state_stop_measuring(s, "records cannot be kept");
    }
}

void session_keep_all(struct session *s)
{
    struct diag d = {""};
    size_t dropped = s->spool ? spool_dropped(s->spool) : 0;
    if (dropped > 0) {
        progress_say(s->progress,
                     "%zu records of sites that work went to make room for "
                     "others (spool.max_bytes)",
                     dropped);
    }
    enum err e = s->spool ? spool_sync(s->spool, &d) : ERR_OK;
    if (e != ERR_OK) {
        progress_say(s->progress,
                     "records that wait may not be on the disk: %s", d.text);
        s->result->failed = s->result->failed ? s->result->failed : e;
    }
}
