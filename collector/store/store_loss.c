// SPDX-License-Identifier: Apache-2.0
/* Places of rows held against lengths of files. */
#include "collector/store/store_loss.h"

#include "base/log.h"
#include "base/look.h"
#include "collector/store/store_note.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMIT_NOTES 64 /* in memory before they are written */
#define SAMPLE_NAMED 3  /* of those that are not whole */
/* A frame ends with a sum, of which so many bytes may be zero. */
#define ZEROS_OF_FRAME 16

/* ---- is something missing? --------------------------------------------------
 */

struct held {
    uint64_t *len;      /* of each file, by number; 0: missing */
    uint32_t last;      /* that the index knows of */
    uint64_t rows, out; /* all, and those that stand in no file */
};

static enum err one_place(void *arg, const char *uid,
                          const struct segments_pos *pos)
{
    struct held *h = arg;
    (void)uid;
    h->rows++;
    h->out +=
        pos->segment > h->last || pos->offset + pos->len > h->len[pos->segment];
    return ERR_OK;
}

/* An older copy of the file may have as many bytes, and zeros where records
 * have come since. */
static enum err leave_zeros(struct segments *segments, uint32_t n,
                            uint64_t *len)
{
    uint64_t end = 0;
    enum err e = segments_filled(segments, n, 0, &end);
    if (e == ERR_OK && end + ZEROS_OF_FRAME < *len) {
        *len = end + ZEROS_OF_FRAME;
    }
    return e;
}

/* Fills the lengths. *doubt: a file is shorter than it must be, for a new one
 * is begun only when the one before is full. */
static enum err measure(struct held *h, struct segments *segments, uint64_t end,
                        bool *doubt, uint32_t *missing)
{
    for (uint32_t n = 1; n <= h->last; n++) {
        enum err e = segments_len(segments, n, &h->len[n]);
        if (e == ERR_OK && n == h->last) {
            e = leave_zeros(segments, n, &h->len[n]);
        }
        if (e != ERR_OK && e != ERR_NOTFOUND) {
            return e;
        }
        *missing += e == ERR_NOTFOUND;
        *doubt = *doubt ||
                 h->len[n] < (n < h->last ? (uint64_t)SEGMENTS_FILE_MAX : end);
    }
    return ERR_OK;
}

static enum err say(const struct held *h, const char *path, uint32_t missing,
                    struct diag *d)
{
    char files[64] = "a file is cut off";
    if (missing == h->last) {
        snprintf(files, sizeof(files), "missing, empty or not mounted");
    } else if (missing > 0) {
        snprintf(files, sizeof(files),
                 "%" PRIu32 " of %" PRIu32 " files are missing", missing,
                 h->last);
    }
    return diag_set(d, ERR_IO,
                    "%.120s: %s: %" PRIu64 " of the %" PRIu64
                    " records that the index knows of are not there. Put them "
                    "back; only `index rebuild` goes on without them",
                    path, files, h->out, h->rows);
}

enum err store_loss_check(const struct store_index *ix,
                          struct segments *segments, struct diag *d)
{
    struct held h = {0};
    uint64_t end = 0;
    bool doubt = false;
    uint32_t missing = 0;
    enum err e = ix->end(ix->self, &h.last, &end);
    if (e != ERR_OK || h.last == 0) {
        return e;
    }
    h.len = calloc((size_t)h.last + 1, sizeof(*h.len));
    if (!h.len) {
        return ERR_NOMEM;
    }
    e = measure(&h, segments, end, &doubt, &missing);
    if (e == ERR_OK && doubt) {
        e = ix->places(ix->self, one_place, &h);
    }
    free(h.len);
    return e == ERR_OK && h.out > 0
               ? say(&h, segments_path(segments), missing, d)
               : e;
}

struct looking {
    struct segments *segments;
    unsigned bad;
};

static enum err look_into(void *arg, const char *uid,
                          const struct segments_pos *pos)
{
    struct looking *l = arg;
    enum err e = segments_read(l->segments, pos, NULL, NULL);
    if (e == ERR_OK || e == ERR_NOMEM) {
        return e;
    }
    if (l->bad++ < SAMPLE_NAMED) {
        log_error("store",
                  "segment %" PRIu32 ": %s at %" PRIu64
                  " is not whole: verify-store names all that is not",
                  pos->segment, uid, pos->offset);
    }
    return ERR_OK;
}

enum err store_loss_sample(const struct store_index *ix,
                           struct segments *segments, unsigned *bad)
{
    struct looking l = {.segments = segments};
    enum err e = ix->sample(ix->self, look_into, &l);
    *bad = l.bad;
    return e;
}

static enum err of_records(void *arg, const char *name)
{
    (void)arg;
    return str_ends(str_c(name), ".tags") || str_ends(str_c(name), ".counts")
               ? ERR_EXISTS
               : ERR_OK;
}

enum err store_loss_all(const char *sidecar, struct diag *d)
{
    enum err e = look_each(sidecar, of_records, NULL, NULL);
    if (e == ERR_EXISTS) {
        return diag_set(d, ERR_IO,
                        "%.200s: knows of records, and there are neither index "
                        "nor segments. Put them back; only `index rebuild` "
                        "begins anew",
                        sidecar);
    }
    return e == ERR_NOTFOUND ? ERR_OK : e;
}

/* ---- what is lost is noted --------------------------------------------------
 */

struct noting {
    struct segments *segments;
    uint32_t known; /* newest file that the old index read */
    bool foreign;   /* others' records may stand where its own did */
    struct buf uids;
    size_t n_uids, n_notes; /* that wait */
    uint64_t n;
};

static enum err commit(struct noting *g)
{
    bool fsync_failed = false;
    g->n_notes = 0;
    return segments_commit(g->segments, &fsync_failed);
}

static enum err write_note(struct noting *g)
{
    enum err e = store_note_lost(g->segments, buf_str(&g->uids));
    buf_clear(&g->uids);
    g->n_uids = 0;
    return e == ERR_OK && ++g->n_notes == COMMIT_NOTES ? commit(g) : e;
}

/* A row of the old index without one in the new. A damaged index may have its
 * uid wrong: what stands at its place whole is not lost. */
static enum err one_gone(void *arg, const char *uid,
                         const struct segments_pos *pos)
{
    struct noting *g = arg;
    if (pos->segment > 0 && !g->foreign &&
        segments_read(g->segments, pos, NULL, NULL) == ERR_OK) {
        return ERR_OK;
    }
    if (strlen(uid) >= UID_MAX || strchr(uid, ',')) {
        return ERR_OK;
    }
    if (g->n++ == 0) {
        segments_leave(g->segments, g->known);
    }
    buf_add_c(&g->uids, g->n_uids > 0 ? "," : "");
    buf_add_c(&g->uids, uid);
    g->n_uids++;
    if (g->uids.failed) {
        return g->uids.failed;
    }
    return g->n_uids == STORE_NOTE_UIDS ? write_note(g) : ERR_OK;
}

enum err store_loss_note(const struct store_index *ix, const char *old,
                         uint32_t known, bool foreign,
                         struct segments *segments, uint64_t *n)
{
    struct noting g = {
        .segments = segments, .known = known, .foreign = foreign};
    *n = 0;
    buf_init(&g.uids, (size_t)STORE_NOTE_UIDS * (UID_MAX + 1));
    enum err e = ix->places_gone(ix->self, old, one_gone, &g);
    if (e == ERR_PARSE || e == ERR_INTERNAL) {
        log_warn("store", "%s: what it knew cannot be read to the end", old);
        e = ERR_OK;
    }
    if (e == ERR_OK && g.n_uids > 0) {
        e = write_note(&g);
    }
    if (e == ERR_OK && g.n_notes > 0) {
        e = commit(&g);
    }
    if (e != ERR_OK) {
        segments_abort(segments);
    }
    buf_fini(&g.uids);
    *n = g.n;
    return e;
}
