// SPDX-License-Identifier: Apache-2.0
/* Segments on the disk: files that only grow, and are read from their start
 * when the index has to be made again. */
#include "collector/store/segments_int.h"

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
#define CHUNK     ((size_t)65536)
/* Zeros that are kept ready, once a file is no small one any more; behind
 * larger batches they would be used up at once. */
#define ZEROS_MAX   ((size_t)1 << 20)
#define ZEROS_FROM  ((uint64_t)64 << 10)
#define ZEROS_BATCH (ZEROS_MAX / 4)

/* ---- files ----------------------------------------------------------------
 */

static enum err file_path(const struct segments *s, uint32_t n, char *out,
                          size_t size)
{
    char name[32];
    snprintf(name, sizeof(name), "%08u.seg", n);
    return fs_join(out, size, s->dir, name);
}

/* The number in a segment's name; 0: it is none. */
static uint32_t number_of(const char *name)
{
    int64_t n = 0;
    struct str number = str_sub(str_c(name), 0, 8);
    return strcmp(name + number.len, ".seg") == 0 &&
                   str_to_i64(number, 1, 99999999, &n) == ERR_OK
               ? (uint32_t)n
               : 0;
}

struct finding {
    struct segments *s;
    struct diag *d;
};

/* What is no file could be read without end, or never be opened. */
static enum err take_name(void *arg, const char *name)
{
    const struct finding *f = arg;
    char path[PATH_MAX];
    struct look seen;
    uint32_t n = number_of(name);
    if (n == 0) {
        return ERR_OK;
    }
    enum err e = file_path(f->s, n, path, sizeof(path));
    if (e == ERR_OK) {
        e = look_at(path, &seen, f->d);
    }
    if (e == ERR_OK && seen.kind != LOOK_FILE) {
        e = diag_set(f->d, ERR_INVAL, "%s: is not a file", path);
    }
    if (e == ERR_OK && n > f->s->last) {
        f->s->last = n;
    }
    return e;
}

/* Finds the last segment, also if one before it is lost: what stands in later
 * ones shall not be lost with it. */
static enum err find_last(struct segments *s, struct diag *d)
{
    struct finding f = {s, d};
    struct look seen;
    if (look_at(s->dir, &seen, d) == ERR_NOTFOUND) {
        return ERR_OK;
    }
    return look_each(s->dir, take_name, &f, d);
}

struct next {
    uint32_t after, n;
};

static enum err take_next(void *arg, const char *name)
{
    struct next *x = arg;
    uint32_t n = number_of(name);
    x->n = n > x->after && n < x->n ? n : x->n;
    return ERR_OK;
}

enum err segments_next(const struct segments *s, uint32_t after, uint32_t *n)
{
    struct next x = {after, s->last + 1};
    enum err e = look_each(s->dir, take_next, &x, NULL);
    *n = x.n;
    return e;
}

/* Nobody needs them any more. If they cannot be cut off they do no harm. */
static void drop_zeros(struct segments *s)
{
    struct look seen;
    if (s->write && s->fd >= 0 && s->size > s->len &&
        /* what somebody else has cut off is not to look whole again */
        look_fd(s->fd, &seen) == ERR_OK && seen.bytes > s->len &&
        ftruncate(s->fd, (off_t)s->len) == 0) {
        s->size = s->len;
    }
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
        drop_zeros(s);
        close(s->fd);
    }
    s->fd = fd;
    s->len = s->undo = s->size = seen.bytes;
    s->lean = false;
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
    s->packer = write ? compress_packer_new() : NULL;
    buf_init(&s->batch, BATCH_MAX);
    enum err e = ERR_OK;
    if (str_copy(s->dir, sizeof(s->dir), dir) >= sizeof(s->dir)) {
        e = diag_set(d, ERR_LIMIT, "%s: path too long", dir);
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

enum err segments_make(struct segments *s, struct diag *d)
{
    return fs_mkdirs(s->dir, 0700, d);
}

void segments_close(struct segments *s)
{
    if (!s) {
        return;
    }
    if (s->fd >= 0) {
        drop_zeros(s);
        close(s->fd);
    }
    if (s->read_fd >= 0) {
        close(s->read_fd);
    }
    buf_fini(&s->batch);
    compress_packer_free(s->packer);
    free(s);
}

/* ---- writing --------------------------------------------------------------
 */

/* Has the newest file its name still, in the place where the next start looks
 * for it, and as many bytes as were written? (It may have more: then they are
 * overwritten.) */
bool segments_stand(const struct segments *s)
{
    char path[PATH_MAX];
    struct look open_one, named;
    return s->fd < 0 || (file_path(s, s->last, path, sizeof(path)) == ERR_OK &&
                         look_fd(s->fd, &open_one) == ERR_OK &&
                         open_one.links > 0 && open_one.bytes >= s->size &&
                         look_at(path, &named, NULL) == ERR_OK &&
                         named.inode == open_one.inode);
}

static enum err begin_file(struct segments *s)
{
    uint32_t was = s->last;
    /* where nothing was kept yet, nothing is lost with the folder */
    enum err e = was == 0 ? fs_mkdirs(s->dir, 0700, NULL) : ERR_OK;
    if (e != ERR_OK) {
        return e;
    }
    s->last = was + 1 > s->least ? was + 1 : s->least;
    e = open_last(s, true);
    if (e != ERR_OK) {
        s->last = was;
    }
    return e;
}

void segments_mark(struct segments *s, const char *mark)
{
    str_copy(s->mark, sizeof(s->mark), mark);
}

/* `meta` is an object with members; the mark is one more. */
static enum err add_marked(struct segments *s, struct str meta,
                           struct str record)
{
    struct buf marked;
    buf_init(&marked, SEGMENT_META_MAX);
    struct str open = str_sub(meta, 0, meta.len > 0 ? meta.len - 1 : 0);
    buf_add(&marked, open.p, open.len);
    enum err e = buf_printf(&marked, ",\"store\":\"%s\"}", s->mark);
    if (e == ERR_OK) {
        e = segment_frame_write(s->packer, &s->batch, buf_str(&marked), record);
    }
    buf_fini(&marked);
    return e;
}

enum err segments_add(struct segments *s, struct str meta, struct str record,
                      struct segments_pos *pos)
{
    bool full = s->len >= (uint64_t)SEGMENTS_FILE_MAX || s->last < s->least;
    enum err e = ERR_OK;
    if (s->last == 0 || (s->batch.len == 0 && full)) {
        e = begin_file(s);
    }
    size_t at = s->batch.len;
    if (e == ERR_OK) {
        e = s->len + at == 0 && s->mark[0] != '\0'
                ? add_marked(s, meta, record)
                : segment_frame_write(s->packer, &s->batch, meta, record);
    }
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

enum err segments_cut(struct segments *s, uint64_t len)
{
    if (ftruncate(s->fd, (off_t)len) != 0) {
        return err_from_errno(errno);
    }
    s->len = s->undo = s->size = len;
    return ERR_OK;
}

enum err segments_put_aside(struct segments *s)
{
    char path[PATH_MAX], aside[PATH_MAX + 8];
    uint32_t n = s->last;
    uint64_t before = 0;
    enum err e = file_path(s, n, path, sizeof(path));
    if (e == ERR_OK && n > 1) {
        e = segments_len(s, n - 1, &before);
        e = e == ERR_NOTFOUND ? ERR_OK : e;
    }
    if (e != ERR_OK) {
        return e;
    }
    snprintf(aside, sizeof(aside), "%s.torn", path);
    if (rename(path, aside) != 0) {
        return err_from_errno(errno);
    }
    close(s->fd);
    s->fd = -1;
    s->last = n - 1;
    s->least = n > s->least ? n : s->least;
    s->len = s->undo = s->size = before;
    return fs_fsync_dir(s->dir);
}

/* Keeps zeros ready behind `end`, which was written last. Without room for them
 * it goes on as well. */
static enum err keep_zeros(struct segments *s, uint64_t end, size_t added)
{
    static uint8_t zeros[CHUNK]; /* never written to */
    size_t want =
        end <= s->size || end < ZEROS_FROM || s->lean || added > ZEROS_BATCH
            ? 0
            : ZEROS_MAX;
    for (size_t at = 0; at < want && !s->lean; at += CHUNK) {
        s->lean = fs_write_all(s->fd, zeros, CHUNK) != ERR_OK;
    }
    if (s->lean && want > 0 && ftruncate(s->fd, (off_t)end) != 0) {
        return err_from_errno(errno);
    }
    end += s->lean ? 0 : want;
    s->size = end > s->size ? end : s->size;
    return ERR_OK;
}

static enum err write_batch(struct segments *s)
{
    size_t added = s->batch.len;
    enum err e = ERR_OK;
    if (lseek(s->fd, (off_t)s->len, SEEK_SET) < 0) {
        e = err_from_errno(errno);
    }
    if (e == ERR_OK) {
        e = fs_write_all(s->fd, s->batch.p, added);
    }
    return e == ERR_OK ? keep_zeros(s, s->len + added, added) : e;
}

static enum err say_gone(const struct segments *s, bool written)
{
    log_error("store",
              "%s: the file of segment %u is gone or cut off: removed, written "
              "over, or another disk stands in its place%s",
              s->dir, s->last,
              written ? "; what was written last stays in it" : "");
    return ERR_IO;
}

enum err segments_commit(struct segments *s, bool *fsync_failed)
{
    *fsync_failed = false;
    size_t added = s->batch.len;
    if (added == 0) {
        return ERR_OK;
    }
    if (!segments_stand(s)) { /* nothing is written behind a hole */
        *fsync_failed = true;
        buf_clear(&s->batch);
        return say_gone(s, false);
    }
    enum err e = write_batch(s);
    buf_clear(&s->batch);
    if (e != ERR_OK) {
        /* If not even the cut works, the next writer cuts the torn tail. */
        if (segments_cut(s, s->len) != ERR_OK) {
            *fsync_failed = true;
        }
        return e;
    }
    if (fdatasync(s->fd) != 0) {
        *fsync_failed = true;
        return err_from_errno(errno);
    }
    if (!segments_stand(s)) {
        *fsync_failed = true;
        /* nobody is told of what was written */
        return say_gone(s, segments_cut(s, s->len) != ERR_OK);
    }
    s->undo = s->len;
    s->len += added;
    return ERR_OK;
}

enum err segments_uncommit(struct segments *s)
{
    s->lean = true; /* the index may lack the room that they take */
    enum err e = segments_cut(s, s->undo);
    return e == ERR_OK && fdatasync(s->fd) != 0 ? ERR_IO : e;
}

void segments_end(const struct segments *s, uint32_t *segment, uint64_t *offset)
{
    *segment = s->last;
    *offset = s->len;
}

const char *segments_path(const struct segments *s)
{
    return s->dir;
}

enum err segments_len(const struct segments *s, uint32_t n, uint64_t *len)
{
    char path[PATH_MAX];
    struct look seen;
    enum err e = file_path(s, n, path, sizeof(path));
    if (e == ERR_OK) {
        e = look_at(path, &seen, NULL);
    }
    if (e == ERR_OK) {
        *len = seen.bytes;
    }
    return e;
}

void segments_keep(struct segments *s, uint32_t segment, uint64_t offset)
{
    s->known_segment = segment;
    s->known_offset = offset;
}

void segments_leave(struct segments *s, uint32_t segment)
{
    uint32_t last = segment > s->last ? segment : s->last;
    s->least = last + 1;
}

/* ---- reading --------------------------------------------------------------
 */

enum err segments_open_read(struct segments *s, uint32_t n)
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
enum err segments_read_at(int fd, uint64_t offset, size_t want, struct buf *out)
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

/* How many bytes there are up to the last that is not zero. */
static size_t up_to_zeros(struct str s)
{
    while (s.len > 0 && s.p[s.len - 1] == 0) {
        s.len--;
    }
    return s.len;
}

enum err segments_filled(struct segments *s, uint32_t n, uint64_t from,
                         uint64_t *end)
{
    struct look seen = {0};
    struct buf chunk;
    enum err e = segments_open_read(s, n);
    e = e == ERR_OK ? look_fd(s->read_fd, &seen) : e;
    buf_init(&chunk, CHUNK + 1);
    uint64_t at = seen.bytes;
    *end = from;
    while (e == ERR_OK && at > from && *end == from) {
        size_t len = at - from < CHUNK ? (size_t)(at - from) : CHUNK;
        at -= len;
        buf_clear(&chunk);
        e = segments_read_at(s->read_fd, at, len, &chunk);
        size_t filled = up_to_zeros(buf_str(&chunk));
        *end = filled > 0 ? at + filled : from;
    }
    buf_fini(&chunk);
    return e;
}

enum err segments_read(struct segments *s, const struct segments_pos *pos,
                       struct buf *meta, struct buf *record)
{
    enum err e = segments_open_read(s, pos->segment);
    if (e != ERR_OK) {
        return e;
    }
    struct buf in;
    buf_init(&in, (size_t)pos->len + 1);
    e = segments_read_at(s->read_fd, pos->offset, pos->len, &in);
    size_t len = 0;
    if (e == ERR_OK) {
        e = segment_frame_parse(buf_str(&in), meta, record, &len);
    }
    buf_fini(&in);
    return e;
}
