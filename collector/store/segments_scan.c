// SPDX-License-Identifier: Apache-2.0
/* Segments read from end to end, with what is damaged in them stepped over. */
#include "collector/store/segments_scan.h"

#include "collector/store/segment_frame.h"
#include "collector/store/segments_int.h"

#include "base/json.h"
#include "base/log.h"

#include <string.h>

#define BUFFER_MAX ((size_t)256 << 20)
#define SCAN_STEP  ((size_t)4 << 20)

struct scan {
    struct segments *s;
    uint32_t segment;
    uint64_t offset; /* in the file, of what comes next */
    struct buf in;
    size_t pos; /* how much of it is behind us */
    struct buf meta, record;
    bool eof;
    uint64_t bad_from; /* where damage began */
    bool bad;
    segments_fn fn;
    void *arg;
};

static struct str scan_view(const struct scan *sc)
{
    return str_sub(buf_str(&sc->in), sc->pos, SIZE_MAX);
}

static enum err scan_fill(struct scan *sc, size_t need)
{
    size_t have = sc->in.len - sc->pos;
    if (sc->eof || have >= need) {
        return ERR_OK;
    }
    buf_drop(&sc->in, sc->pos);
    sc->pos = 0;
    size_t want = need - have > SCAN_STEP ? need - have : SCAN_STEP;
    enum err e =
        segments_read_at(sc->s->read_fd, sc->offset + have, want, &sc->in);
    if (e == ERR_OK) {
        sc->eof = sc->in.len - have < want;
    }
    return e;
}

static void scan_drop(struct scan *sc, size_t n)
{
    sc->pos += n;
    sc->offset += n;
}

/* One frame at the front of the buffer; *found tells whether it was whole. */
static enum err scan_frame(struct scan *sc, bool *found)
{
    *found = false;
    size_t len = segment_frame_len(scan_view(sc));
    if (len == 0) {
        return ERR_OK;
    }
    enum err e = scan_fill(sc, len);
    if (e != ERR_OK) {
        return e;
    }
    buf_clear(&sc->meta);
    buf_clear(&sc->record);
    e = segment_frame_parse(scan_view(sc), &sc->meta, &sc->record, &len);
    if (e != ERR_OK) {
        return e == ERR_PARSE ? ERR_OK : e;
    }
    if (sc->bad) {
        log_warn("store", "segment %u: %llu damaged bytes at %llu passed over",
                 sc->segment, (unsigned long long)(sc->offset - sc->bad_from),
                 (unsigned long long)sc->bad_from);
        sc->bad = false;
    }
    struct segments_pos pos = {sc->segment, sc->offset, (uint32_t)len};
    e = sc->fn(sc->arg, &pos, buf_str(&sc->meta), buf_str(&sc->record));
    if (e == ERR_OK) {
        scan_drop(sc, len);
        *found = true;
    }
    return e;
}

/* Moves to the next place where a frame may begin. */
static void scan_resync(struct scan *sc)
{
    if (!sc->bad) {
        sc->bad = true;
        sc->bad_from = sc->offset;
    }
    struct str view = scan_view(sc);
    struct str rest = str_sub(view, 1, SIZE_MAX);
    size_t at = str_find(rest, STR(SEGMENT_FRAME_MAGIC));
    /* the buffer may end in the middle of one */
    size_t keep = sizeof(SEGMENT_FRAME_MAGIC) - 2;
    if (at != SIZE_MAX) {
        scan_drop(sc, at + 1);
    } else if (sc->eof || view.len <= keep) {
        scan_drop(sc, view.len);
    } else {
        scan_drop(sc, view.len - keep);
    }
}

/* An index knew of more in this file: what is damaged in it is no write that
 * was cut off before anybody was told of it. */
static bool was_known(const struct scan *sc)
{
    return sc->segment < sc->s->known_segment ||
           (sc->segment == sc->s->known_segment &&
            sc->bad_from < sc->s->known_offset);
}

/* All that follows are zeros that a writer kept ready. */
static enum err at_zeros(struct scan *sc, bool *yes)
{
    uint64_t end = 0;
    enum err e = segments_filled(sc->s, sc->segment, sc->offset, &end);
    *yes = e == ERR_OK && end == sc->offset;
    return e;
}

/* The file ends with zeros from here. */
static enum err end_with_zeros(struct scan *sc)
{
    struct segments *s = sc->s;
    if (sc->segment == s->known_segment && sc->offset < s->known_offset) {
        log_warn("store", "segment %u: damaged from %llu to its end",
                 sc->segment, (unsigned long long)sc->offset);
        return ERR_OK;
    }
    return sc->segment == s->last && s->write ? segments_cut(s, sc->offset)
                                              : ERR_OK;
}

static enum err scan_file(struct scan *sc)
{
    enum err e = ERR_OK;
    while (e == ERR_OK) {
        bool found = false;
        e = scan_fill(sc, SEGMENT_HEADER_LEN);
        if (e != ERR_OK || sc->in.len == sc->pos) {
            break;
        }
        e = scan_frame(sc, &found);
        bool zeros = false;
        if (e == ERR_OK && !found && !sc->bad) {
            e = at_zeros(sc, &zeros);
        }
        if (zeros) {
            return end_with_zeros(sc);
        }
        if (e == ERR_OK && !found) {
            scan_resync(sc);
        }
    }
    if (e != ERR_OK || !sc->bad) {
        return e;
    }
    bool ours = sc->segment == sc->s->last && sc->s->write && !was_known(sc);
    if (ours && sc->bad_from == 0) {
        /* a first batch that was cut off, or all that is left of a file */
        log_warn("store",
                 "segment %u: no whole record in its %llu bytes: put aside as "
                 "%08u.seg.torn",
                 sc->segment, (unsigned long long)sc->offset, sc->segment);
        return segments_put_aside(sc->s);
    }
    if (ours) {
        log_warn("store", "segment %u: torn tail of %llu bytes cut off",
                 sc->segment, (unsigned long long)(sc->offset - sc->bad_from));
        return segments_cut(sc->s, sc->bad_from);
    }
    log_warn("store", "segment %u: damaged from %llu to its end", sc->segment,
             (unsigned long long)sc->bad_from);
    return ERR_OK;
}

/* Opens file *n, or the next one that is there, and says what is not. *n is
 * behind the last then. */
static enum err open_next(struct segments *s, uint32_t *n)
{
    uint32_t from = *n;
    enum err e = segments_open_read(s, from);
    if (e != ERR_NOTFOUND) {
        return e;
    }
    e = segments_next(s, from, n);
    if (e == ERR_OK && *n > from + 1) {
        log_warn("store", "segments %u to %u: the files are missing", from,
                 *n - 1);
    } else if (e == ERR_OK) {
        log_warn("store", "segment %u: the file is missing", from);
    }
    return e == ERR_OK && *n <= s->last ? segments_open_read(s, *n) : e;
}

enum err segments_scan(struct segments *s, uint32_t segment, uint64_t offset,
                       segments_fn fn, void *arg)
{
    enum err e = ERR_OK;
    if (segment == 0) {
        segment = 1;
        offset = 0;
    }
    struct scan sc = {.s = s, .fn = fn, .arg = arg};
    buf_init(&sc.in, BUFFER_MAX);
    buf_init(&sc.meta, SEGMENT_META_MAX + 1);
    buf_init(&sc.record, SEGMENT_RECORD_MAX + 1);
    for (uint32_t n = segment; e == ERR_OK && n <= s->last; n++) {
        e = open_next(s, &n);
        if (e != ERR_OK || n > s->last) {
            break;
        }
        sc.segment = n;
        sc.offset = n == segment ? offset : 0;
        sc.eof = sc.bad = false;
        sc.pos = 0;
        buf_clear(&sc.in);
        e = scan_file(&sc);
    }
    buf_fini(&sc.in);
    buf_fini(&sc.meta);
    buf_fini(&sc.record);
    return e;
}

/* ---- single frames
 * ----------------------------------------------------------------
 */

static enum err read_mark(struct str facts, char mark[SEGMENTS_MARK_MAX])
{
    struct json_doc *doc = NULL;
    struct diag d;
    enum err e = json_parse(facts, &json_default_limits, &doc, &d);
    if (e == ERR_OK) {
        struct str id = json_str(json_get(json_root(doc), "store"));
        if (id.len == SEGMENTS_MARK_MAX - 1) {
            memcpy(mark, id.p, id.len);
            mark[id.len] = '\0';
        }
        json_doc_free(doc);
    }
    return e;
}

enum err segments_scan_facts(struct segments *s, uint32_t n, uint64_t offset,
                             struct buf *meta)
{
    struct buf head;
    struct segments_pos pos = {n, offset, 0};
    enum err e = segments_open_read(s, n);
    if (e != ERR_OK) {
        return e;
    }
    buf_init(&head, SEGMENT_HEADER_LEN);
    e = segments_read_at(s->read_fd, offset, SEGMENT_HEADER_LEN, &head);
    pos.len = e == ERR_OK ? (uint32_t)segment_frame_len(buf_str(&head)) : 0;
    buf_fini(&head);
    if (e == ERR_OK && pos.len == 0) {
        e = ERR_PARSE;
    }
    return e == ERR_OK ? segments_read(s, &pos, meta, NULL) : e;
}

enum err segments_scan_mark(struct segments *s, uint32_t n,
                            char mark[SEGMENTS_MARK_MAX])
{
    struct buf meta;
    mark[0] = '\0';
    buf_init(&meta, SEGMENT_META_MAX + 1);
    enum err e = segments_scan_facts(s, n, 0, &meta);
    if (e == ERR_OK) {
        e = read_mark(buf_str(&meta), mark);
    }
    buf_fini(&meta);
    return e == ERR_PARSE ? ERR_OK : e;
}
