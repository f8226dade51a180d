// SPDX-License-Identifier: Apache-2.0
/* Segments on the disk: files that only grow, and are read from their start
 * when the index has to be made again. */
#include "collector/store/segments.h"

#include "collector/store/segment_frame.h"

#include "base/fs.h"
#include "base/log.h"
#include "base/look.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH_MAX ((size_t)256 << 20)
#define SCAN_STEP ((size_t)4 << 20)

struct segments {
    char dir[PATH_MAX];
    bool write;
    uint32_t last; /* newest file, 0 if none */
    int fd;        /* newest file, writing only */
    uint64_t len;  /* its committed length */
    uint64_t undo; /* length before the last commit */
    struct buf batch;
    int read_fd; /* cached for segments_read */
    uint32_t read_segment;
};

/* ---- files ----------------------------------------------------------------
 */

static enum err file_path(const struct segments *s, uint32_t n, char *out,
                          size_t size)
{
    char name[32];
    snprintf(name, sizeof(name), "%08u.seg", n);
    return fs_join(out, size, s->dir, name);
}

static enum err take_name(void *arg, const char *name)
{
    struct segments *s = arg;
    int64_t n = 0;
    struct str number = str_sub(str_c(name), 0, 8);
    if (strcmp(name + number.len, ".seg") == 0 &&
        str_to_i64(number, 1, 99999999, &n) == ERR_OK && n > s->last) {
        s->last = (uint32_t)n;
    }
    return ERR_OK;
}

/* Finds the last segment, also if one before it is lost: what stands in later
 * ones shall not be lost with it. */
static enum err find_last(struct segments *s, struct diag *d)
{
    enum err e = look_each(s->dir, take_name, s, d);
    return e == ERR_NOTFOUND ? ERR_OK : e;
}

static enum err open_last(struct segments *s, bool make)
{
    char path[PATH_MAX];
    enum err e = file_path(s, s->last, path, sizeof(path));
    if (e != ERR_OK) {
        return e;
    }
    int fd =
        open(path, O_RDWR | O_CLOEXEC | (make ? O_CREAT | O_EXCL : 0), 0600);
    if (fd < 0) {
        return err_from_errno(errno);
    }
    struct look seen;
    e = look_fd(fd, &seen);
    if (e == ERR_OK && make) {
        e = fs_fsync_dir(s->dir);
    }
    if (e != ERR_OK) {
        close(fd);
        if (make) { /* else it would be in the way of the next attempt */
            unlink(path);
        }
        return e;
    }
    if (s->fd >= 0) {
        close(s->fd);
    }
    s->fd = fd;
    s->len = s->undo = seen.bytes;
    return ERR_OK;
}

enum err segments_open(const char *dir, bool write, struct segments **out,
                       struct diag *d)
{
    struct segments *s = calloc(1, sizeof(*s));
    if (!s) {
        return ERR_NOMEM;
    }
    s->fd = s->read_fd = -1;
    s->write = write;
    buf_init(&s->batch, BATCH_MAX);
    enum err e = ERR_OK;
    if (str_copy(s->dir, sizeof(s->dir), dir) >= sizeof(s->dir)) {
        e = diag_set(d, ERR_LIMIT, "%s: path too long", dir);
    }
    if (e == ERR_OK && write) {
        e = fs_mkdirs(dir, 0700, d);
    }
    if (e == ERR_OK) {
        e = find_last(s, d);
    }
    if (e == ERR_OK && write && s->last > 0) {
        e = open_last(s, false);
        if (e != ERR_OK) {
            diag_set(d, e, "%s: newest segment: %s", dir, err_str(e));
        }
    }
    if (e != ERR_OK) {
        segments_close(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

void segments_close(struct segments *s)
{
    if (!s) {
        return;
    }
    if (s->fd >= 0) {
        close(s->fd);
    }
    if (s->read_fd >= 0) {
        close(s->read_fd);
    }
    buf_fini(&s->batch);
    free(s);
}

/* ---- writing --------------------------------------------------------------
 */

enum err segments_add(struct segments *s, struct str meta, struct str record,
                      struct segments_pos *pos)
{
    if (s->last == 0 ||
        (s->batch.len == 0 && s->len >= (uint64_t)SEGMENTS_FILE_MAX)) {
        s->last++;
        enum err e = open_last(s, true);
        if (e != ERR_OK) {
            s->last--;
            return e;
        }
    }
    size_t at = s->batch.len;
    enum err e = segment_frame_write(&s->batch, meta, record);
    if (e != ERR_OK) {
        return e;
    }
    *pos = (struct segments_pos){.segment = s->last,
                                 .offset = s->len + at,
                                 .len = (uint32_t)(s->batch.len - at)};
    return ERR_OK;
}

void segments_abort(struct segments *s)
{
    buf_clear(&s->batch);
}

static enum err cut(struct segments *s, uint64_t len)
{
    if (ftruncate(s->fd, (off_t)len) != 0) {
        return err_from_errno(errno);
    }
    s->len = s->undo = len;
    return ERR_OK;
}

enum err segments_commit(struct segments *s, bool *fsync_failed)
{
    *fsync_failed = false;
    if (s->batch.len == 0) {
        return ERR_OK;
    }
    enum err e = ERR_OK;
    if (lseek(s->fd, (off_t)s->len, SEEK_SET) < 0) {
        e = err_from_errno(errno);
    }
    if (e == ERR_OK) {
        e = fs_write_all(s->fd, s->batch.p, s->batch.len);
    }
    size_t added = s->batch.len;
    buf_clear(&s->batch);
    if (e != ERR_OK) {
        /* If not even the cut works, the next writer cuts the torn tail. */
        if (cut(s, s->len) != ERR_OK) {
            *fsync_failed = true;
        }
        return e;
    }
    if (fdatasync(s->fd) != 0) {
        *fsync_failed = true;
        return err_from_errno(errno);
    }
    s->undo = s->len;
    s->len += added;
    return ERR_OK;
}

enum err segments_uncommit(struct segments *s)
{
    enum err e = cut(s, s->undo);
    return e == ERR_OK && fdatasync(s->fd) != 0 ? ERR_IO : e;
}

void segments_end(const struct segments *s, uint32_t *segment, uint64_t *offset)
{
    *segment = s->last;
    *offset = s->len;
}

/* ---- reading --------------------------------------------------------------
 */

static enum err open_read(struct segments *s, uint32_t n)
{
    if (s->read_fd >= 0 && s->read_segment == n) {
        return ERR_OK;
    }
    char path[PATH_MAX];
    enum err e = file_path(s, n, path, sizeof(path));
    if (e != ERR_OK) {
        return e;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return err_from_errno(errno);
    }
    if (s->read_fd >= 0) {
        close(s->read_fd);
    }
    s->read_fd = fd;
    s->read_segment = n;
    return ERR_OK;
}

/* Appends up to `want` bytes from `offset`; fewer only at the end. */
static enum err read_at(int fd, uint64_t offset, size_t want, struct buf *out)
{
    uint8_t chunk[65536];
    while (want > 0) {
        size_t n = want < sizeof(chunk) ? want : sizeof(chunk);
        ssize_t got = pread(fd, chunk, n, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return err_from_errno(errno);
        }
        if (got == 0) {
            return ERR_OK;
        }
        if (buf_add(out, chunk, (size_t)got) != ERR_OK) {
            return out->failed;
        }
        offset += (uint64_t)got;
        want -= (size_t)got;
    }
    return ERR_OK;
}

enum err segments_read(struct segments *s, const struct segments_pos *pos,
                       struct buf *meta, struct buf *record)
{
    enum err e = open_read(s, pos->segment);
    if (e != ERR_OK) {
        return e;
    }
    struct buf in;
    buf_init(&in, (size_t)pos->len + 1);
    e = read_at(s->read_fd, pos->offset, pos->len, &in);
    size_t len = 0;
    if (e == ERR_OK) {
        e = segment_frame_parse(buf_str(&in), meta, record, &len);
    }
    buf_fini(&in);
    return e;
}

/* ---- scanning -------------------------------------------------------------
 */

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
    enum err e = read_at(sc->s->read_fd, sc->offset + have, want, &sc->in);
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

static enum err scan_file(struct scan *sc)
{
    enum err e = open_read(sc->s, sc->segment);
    if (e == ERR_NOTFOUND) {
        log_warn("store", "segment %u: the file is missing", sc->segment);
        return ERR_OK;
    }
    while (e == ERR_OK) {
        bool found = false;
        e = scan_fill(sc, SEGMENT_HEADER_LEN);
        if (e != ERR_OK || sc->in.len == sc->pos) {
            break;
        }
        e = scan_frame(sc, &found);
        if (e == ERR_OK && !found) {
            scan_resync(sc);
        }
    }
    if (e != ERR_OK || !sc->bad) {
        return e;
    }
    if (sc->segment == sc->s->last && sc->s->write) {
        log_warn("store", "segment %u: torn tail of %llu bytes cut off",
                 sc->segment, (unsigned long long)(sc->offset - sc->bad_from));
        return cut(sc->s, sc->bad_from);
    }
    log_warn("store", "segment %u: damaged from %llu to its end", sc->segment,
             (unsigned long long)sc->bad_from);
    return ERR_OK;
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
    buf_init(&sc.in, BATCH_MAX);
    buf_init(&sc.meta, SEGMENT_META_MAX + 1);
    buf_init(&sc.record, SEGMENT_RECORD_MAX + 1);
    for (uint32_t n = segment; e == ERR_OK && n <= s->last; n++) {
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
