// SPDX-License-Identifier: Apache-2.0
/* Finished records, kept on the disk and shown. */
#include "probe/run/session_keep.h"

#include "base/clock.h"
#include "base/log.h"
#include "probe/run/session_order.h"

enum err session_keep_frame(struct session *s, struct str record,
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

static bool into_spool(struct session *s, struct str record)
{
    struct spool_frame f;
    char name[SPOOL_NAME_MAX];
    struct diag d = {""};
    struct buf packed;
    buf_init(&packed, SPOOL_MAX_FRAME);
    enum err e = session_keep_frame(s, record, &packed, &f);
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
        session_state_stop_measuring(s, "records cannot be kept");
        return false;
    }
    if (spool_tight(s->spool) && !s->stopping) {
        progress_say(s->progress,
                     "no room for more records: what is in flight is kept, "
                     "no new site is started");
        session_state_stop_measuring(s, "there is no room for more records");
    }
    upload_kick(s->upload);
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

void session_keep(struct session *s, const struct site *site, struct str record,
                  const struct site_result *o)
{
    bool written = s->out && into_file(s, record);
    bool kept = s->spool && into_spool(s, record);
    bool wanted = s->out || s->spool;
    if (wanted && !written && !kept) {
        s->result->lost++;
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
                 site->input, err_str(e));
    s->result->lost++;
    session_order_done(s, site);
    progress_site(s->progress, site->input, &o);
}
