// SPDX-License-Identifier: Apache-2.0
/* The segments are read once, in order: what lies between two frames is
 * damage. Each frame asks the index for its uid. That no row is without a frame
 * is seen by counting; the rows are gone through only if the counts differ. */
#include "collector/store/store_verify.h"

#include "base/fs.h"
#include "base/look.h"
#include "base/map.h"
#include "base/region.h"
#include "collector/store/segment_frame.h"
#include "collector/store/segments_scan.h"
#include "collector/store/store.h"
#include "collector/store/store_meta.h"
#include "collector/store/store_note.h"
#include "collector/store/store_origin.h"
#include "collector/store/store_sqlite.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOST_MAX   1000000u
#define LOST_BYTES ((size_t)256 << 20)

struct place {
    uint32_t segment;
    uint64_t offset;
};

struct verify {
    char seg_dir[PATH_MAX];
    struct segments *segments;
    struct store_index index;
    struct place end;  /* how far the index had read them at the beginning */
    struct place next; /* where the next frame has to begin */
    uint64_t rows;     /* of the index at the beginning */
    uint64_t standing; /* frames that a row stands for */
    struct map *lost;  /* uids that the index knows as lost: of their flags */
    struct region *region;
    struct store_verified *out;
    store_verify_fn fn;
    void *arg;
    struct diag *d;
};

static void damaged(struct verify *v, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void damaged(struct verify *v, const char *fmt, ...)
{
    char words[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(words, sizeof(words), fmt, args);
    va_end(args);
    v->out->damage++;
    v->fn(v->arg, words);
}

static bool before(struct place a, struct place b)
{
    return a.segment < b.segment ||
           (a.segment == b.segment && a.offset < b.offset);
}

/* Bytes of a segment that hold no whole frame. What the index had not read when
 * we began may be a write that goes on, or was cut off before its answer. */
static void gap(struct verify *v, struct place from, uint64_t to)
{
    if (to <= from.offset) {
        return;
    }
    if (before(from, v->end)) {
        damaged(v,
                "segment %u: no whole record in %" PRIu64 " bytes at %" PRIu64,
                from.segment, to - from.offset, from.offset);
    } else {
        v->out->torn += to - from.offset;
    }
}

/* What is left of the segments before `to`, after the last frame. */
static enum err pass_to(struct verify *v, struct place to)
{
    while (v->next.segment < to.segment) {
        uint64_t end = 0;
        enum err e =
            segments_filled(v->segments, v->next.segment, v->next.offset, &end);
        if (e == ERR_OK) {
            gap(v, v->next, end);
        } else if (e == ERR_NOTFOUND) {
            damaged(v, "segment %u: the file is missing", v->next.segment);
        } else {
            return e;
        }
        v->next = (struct place){v->next.segment + 1, 0};
    }
    gap(v, v->next, to.offset);
    v->next = to;
    return ERR_OK;
}

/* The uid that the facts of a frame give, "" for a note; ERR_PARSE: none. */
static enum err uid_of(struct str meta, char uid[UID_MAX])
{
    struct json_doc *doc = NULL;
    struct store_row row = {.uid = ""};
    struct diag d;
    enum err e = json_parse(meta, &json_default_limits, &doc, &d);
    if (e == ERR_OK && !store_note_is(json_root(doc))) {
        e = store_meta_read(json_root(doc), &row);
    }
    if (e == ERR_OK) {
        str_copy(uid, UID_MAX, row.uid);
    }
    json_doc_free(doc);
    return e;
}

static enum err look_up(struct verify *v, const struct segments_pos *pos,
                        const char *uid)
{
    struct segments_pos known;
    enum err e = v->index.find(v->index.self, uid, &known);
    if (e == ERR_NOTFOUND) {
        bool *back = map_get(v->lost, str_c(uid));
        if (back) {
            v->out->back += !*back;
            *back = true;
        } else {
            damaged(v, "%s: not in the index", uid);
        }
        return ERR_OK;
    }
    if (e != ERR_OK) {
        return e;
    }
    bool other = known.segment != pos->segment || known.offset != pos->offset;
    struct place stands = {known.segment, known.offset};
    v->out->replaced += other;
    /* its row may have gone over to a frame that was written since */
    v->standing += !other || !before(stands, v->end);
    return ERR_OK;
}

static enum err one_frame(void *arg, const struct segments_pos *pos,
                          struct str meta, struct str record)
{
    struct verify *v = arg;
    struct place at = {pos->segment, pos->offset};
    char uid[UID_MAX];
    (void)record; /* that it is whole is why we are called */
    enum err e = pass_to(v, at);
    v->next.offset += pos->len;
    if (e != ERR_OK) {
        return e;
    }
    e = uid_of(meta, uid);
    if (e == ERR_OK && uid[0] == '\0') {
        return ERR_OK;
    }
    if (!before(at, v->end)) {
        v->out->waiting++;
        return e == ERR_PARSE ? ERR_OK : e;
    }
    v->out->frames++;
    if (e == ERR_OK) {
        e = look_up(v, pos, uid);
    } else if (e == ERR_PARSE) {
        damaged(v, "segment %u: unreadable facts at %" PRIu64, at.segment,
                at.offset);
        e = ERR_OK;
    }
    return e;
}

static bool one_row(void *arg, const struct store_row *row)
{
    struct verify *v = arg;
    struct segments_pos pos;
    char uid[UID_MAX];
    struct buf meta;
    buf_init(&meta, SEGMENT_META_MAX + 1);
    enum err e = v->index.find(v->index.self, row->uid, &pos);
    if (e == ERR_OK) {
        e = segments_read(v->segments, &pos, &meta, NULL);
    }
    if (e == ERR_OK) {
        e = uid_of(buf_str(&meta), uid);
    }
    if (e == ERR_OK && strcmp(uid, row->uid) != 0) {
        e = ERR_PARSE;
    }
    buf_fini(&meta);
    if (e != ERR_OK) {
        damaged(v, "%s: in the index, but its record is lost: %s", row->uid,
                e == ERR_PARSE ? "damaged, or another one stands there"
                               : err_str(e));
    }
    return true;
}

static enum err one_lost(void *arg, const char *uid)
{
    struct verify *v = arg;
    const bool *back = map_get(v->lost, str_c(uid));
    if (back && *back) {
        return ERR_OK;
    }
    v->out->lost++;
    damaged(v,
            "%s: lost: it was acknowledged, and the segments have it no more",
            uid);
    return ERR_OK;
}

/* Damage without end would be told of a disk that is only the wrong one. */
static enum err whose(struct verify *v)
{
    struct diag d = {{0}};
    enum err e =
        v->index.self ? store_origin_check(&v->index, v->segments, &d) : ERR_OK;
    if (e == ERR_IO && d.text[0] != '\0') {
        damaged(v, "%s", d.text);
        return ERR_OK;
    }
    return e == ERR_NOMEM ? e : ERR_OK; /* the rest is told elsewhere */
}

static enum err note_lost(void *arg, const char *uid)
{
    struct verify *v = arg;
    const char *name = region_strdup(v->region, uid);
    bool *back = region_calloc(v->region, 1, sizeof(*back));
    return name && back ? map_put(v->lost, str_c(name), back) : ERR_NOMEM;
}

static enum err know_lost(struct verify *v)
{
    v->region = region_new(LOST_BYTES);
    v->lost = map_new(LOST_MAX);
    if (!v->region || !v->lost) {
        return ERR_NOMEM;
    }
    enum err e =
        v->index.self ? v->index.lost(v->index.self, note_lost, v) : ERR_OK;
    return e == ERR_LIMIT ? ERR_OK : e; /* so many are told one by one */
}

static enum err look_through(struct verify *v)
{
    enum err e = know_lost(v);
    e = e == ERR_OK ? whose(v) : e;
    e = e != ERR_OK ? e : segments_scan(v->segments, 1, 0, one_frame, v);
    struct place last = {0, 0};
    if (e == ERR_OK) {
        segments_end(v->segments, &last.segment, &last.offset);
        e = before(v->next, v->end) ? pass_to(v, v->end) : ERR_OK;
    }
    /* bytes after all that the index knows, and after the last whole frame */
    if (e == ERR_OK && v->next.segment <= last.segment) {
        e = pass_to(v, (struct place){last.segment + 1, 0});
    }
    if (e == ERR_OK && v->standing < v->rows) {
        const struct store_filter all = {0};
        damaged(v,
                "index: %" PRIu64 " measurements, of which %" PRIu64
                " have their record",
                v->rows, v->standing);
        e = v->index.scan(v->index.self, &all, one_row, v);
    }
    if (e == ERR_OK && v->index.self) {
        e = v->index.lost(v->index.self, one_lost, v);
    }
    return e;
}

static enum err begin(struct verify *v, const char *index)
{
    struct store_stats stats = {0};
    enum err e = store_sqlite_check(index, &v->out->older, v->d);
    if (e == ERR_OK) {
        e = store_sqlite_open(index, false, &v->index, v->d);
    }
    /* rows first: those that come meanwhile are no loss */
    if (e == ERR_OK) {
        e = v->index.stats(v->index.self, &stats);
        v->rows = stats.measurements;
        store_stats_fini(&stats);
    }
    return e == ERR_OK
               ? v->index.end(v->index.self, &v->end.segment, &v->end.offset)
               : e;
}

/* Without an index the frames wait for one. A directory that has no segments
 * either is none of ours. */
static enum err no_index(struct verify *v, enum err e)
{
    uint32_t last = 0;
    uint64_t len = 0;
    segments_end(v->segments, &last, &len);
    if (e == ERR_NOTFOUND && last == 0) {
        return diag_set(v->d, e, "%.300s: no measurements are kept here",
                        v->seg_dir);
    }
    if (e != ERR_PARSE && e != ERR_NOTFOUND) {
        return e;
    }
    if (!v->out->older) {
        damaged(v, "%s; `index rebuild` makes it again", v->d->text);
    }
    v->rows = 0;
    v->end = (struct place){0, 0};
    return ERR_OK;
}

enum err store_verify(const char *dir, store_verify_fn fn, void *arg,
                      struct store_verified *out, struct diag *d)
{
    char index[PATH_MAX];
    *out = (struct store_verified){0};
    struct verify *v = calloc(1, sizeof(*v));
    if (!v) {
        return ERR_NOMEM;
    }
    v->next.segment = 1;
    v->out = out;
    v->fn = fn;
    v->arg = arg;
    v->d = d;
    enum err e = fs_join(v->seg_dir, sizeof(v->seg_dir), dir, "segments");
    if (e == ERR_OK) {
        e = fs_join(index, sizeof(index), dir, "index.sqlite");
    }
    if (e == ERR_OK) {
        e = segments_open(v->seg_dir, false, &v->segments, d);
    }
    if (e == ERR_OK) {
        e = begin(v, index);
        e = no_index(v, e);
    }
    e = e == ERR_OK ? look_through(v) : e;
    if (v->index.self) {
        v->index.close(v->index.self);
    }
    segments_close(v->segments);
    map_free(v->lost);
    region_free(v->region);
    free(v);
    return e;
}
