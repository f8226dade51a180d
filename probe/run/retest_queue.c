// SPDX-License-Identifier: Apache-2.0
/* Frames of sites that are measured again, on the disk. */
#include "probe/run/retest_queue.h"

#include "base/crypto.h"
#include "base/cur.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/look.h"
#include "probe/volunteer/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define MAGIC        "PXPARK03"
#define SEALED_MAGIC "PXPARK02"
#define OPEN_MAGIC   "PXPARK01"
#define MAGIC_LEN    8u
#define HEAD_LEN     17u
#define OLD_HEAD_LEN 5u
#define STATE_AT     4u
#define SUM_AT       9u
#define REPLACED_MAX (16u << 20) /* bytes of their list */
#define PREFIX       "parked-"
#define TRIES        8

struct retest_queue {
    char path[PATHS_MAX];
    const struct seal *seal;
    int fd;
    uint64_t end;
    size_t waiting;
};

static enum err fail(const char *path, int errnum, struct diag *d)
{
    return diag_set(d, err_from_errno(errnum), "%.200s: %s", path,
                    strerror(errnum));
}

/* ---- one run's file ------------------------------------------------------ */

static enum err read_at(int fd, void *p, size_t len, uint64_t at)
{
    size_t got = 0;
    while (got < len) {
        ssize_t n = pread(fd, (char *)p + got, len - got, (off_t)(at + got));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return err_from_errno(errno);
        }
        if (n == 0) {
            return ERR_PARSE;
        }
        got += (size_t)n;
    }
    return ERR_OK;
}

static enum err write_at(int fd, struct str data, uint64_t at)
{
    size_t put = 0;
    while (put < data.len) {
        ssize_t n = pwrite(fd, data.p + put, data.len - put, (off_t)(at + put));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 ? err_from_errno(errno) : ERR_IO;
        }
        put += (size_t)n;
    }
    return ERR_OK;
}

/* Makes a file and locks it. Another process that looks for files of dead runs
 * may get the lock of a new file first and remove it: then there is another
 * try. */
static enum err make(struct retest_queue *q, const char *dir, struct diag *d)
{
    for (int i = 0; i < TRIES; i++) {
        char name[48];
        struct look seen;
        snprintf(name, sizeof(name), PREFIX "%ld-%08x", (long)getpid(),
                 crypto_random_below(UINT32_MAX));
        enum err e = fs_join(q->path, sizeof(q->path), dir, name);
        if (e != ERR_OK) {
            return diag_set(d, e, "%.200s: too long", dir);
        }
        q->fd = open(q->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (q->fd < 0) {
            return fail(q->path, errno, d);
        }
        if (flock(q->fd, LOCK_EX) == 0 && look_fd(q->fd, &seen) == ERR_OK &&
            seen.links > 0) {
            return ERR_OK;
        }
        close(q->fd);
        q->fd = -1;
    }
    return diag_set(d, ERR_BUSY, "%.200s: cannot be locked", q->path);
}

enum err retest_queue_open(const char *dir, bool keep, const struct seal *seal,
                           struct retest_queue **out, struct diag *d)
{
    struct retest_queue *q = calloc(1, sizeof(*q));
    if (!q) {
        return diag_set(d, ERR_NOMEM, "out of memory");
    }
    q->fd = -1;
    q->seal = seal;
    enum err e = fs_mkdirs(dir, 0700, d);
    if (e == ERR_OK) {
        e = make(q, dir, d);
    }
    if (e == ERR_OK && !keep && unlink(q->path) != 0) {
        e = fail(q->path, errno, d);
    }
    if (e == ERR_OK) {
        e = write_at(q->fd, str_c(MAGIC), 0);
        e = e == ERR_OK ? e : diag_set(d, e, "%.200s: %s", q->path, err_str(e));
        q->end = MAGIC_LEN;
    }
    if (e != ERR_OK) {
        retest_queue_close(q);
        return e;
    }
    *out = q;
    return ERR_OK;
}

void retest_queue_close(struct retest_queue *q)
{
    if (!q) {
        return;
    }
    if (q->fd >= 0) {
        if (q->waiting == 0) {
            unlink(q->path);
        }
        close(q->fd);
    }
    free(q);
}

enum err retest_queue_put(struct retest_queue *q, const struct frame *f,
                          uint64_t replaces, uint64_t *at, struct diag *d)
{
    struct buf bytes, frame;
    buf_init(&frame, FRAME_MAX_SEALED);
    buf_init(&bytes, FRAME_MAX_SEALED + HEAD_LEN);
    enum err e = frame_seal(q->seal, f, &frame);
    if (e == ERR_OK && q->end + HEAD_LEN + frame.len > RETEST_QUEUE_MAX_BYTES) {
        e = ERR_LIMIT;
    }
    if (e == ERR_OK) {
        buf_add_u32(&bytes, (uint32_t)frame.len);
        buf_add_byte(&bytes, 1);
        buf_add_u32(&bytes, (uint32_t)replaces);
        buf_add_u32(&bytes, 0);
        buf_add_u32(&bytes, 0);
        e = buf_add_str(&bytes, buf_str(&frame));
    }
    if (e == ERR_OK) {
        e = write_at(q->fd, buf_str(&bytes), q->end);
    }
    if (e == ERR_OK) {
        /* not synced: after a power cut its key is gone, too */
        *at = q->end;
        q->end += bytes.len;
        q->waiting += !replaces;
    } else {
        e = diag_set(d, e, "%.200s: %s", q->path, err_str(e));
        if (ftruncate(q->fd, (off_t)q->end) != 0) {
            q->end = RETEST_QUEUE_MAX_BYTES; /* nothing more goes in */
        }
    }
    buf_fini(&frame);
    buf_fini(&bytes);
    return e;
}

/* What stands before a frame. */
struct head {
    size_t len;
    bool waits;
    uint32_t replaces;
    uint64_t successor;
};

static enum err read_head(int fd, uint64_t at, size_t head_len,
                          struct head *out)
{
    uint8_t bytes[HEAD_LEN] = {0};
    enum err e = read_at(fd, bytes, head_len, at);
    struct cur c = cur_of(bytes, sizeof(bytes));
    out->len = cur_u32(&c);
    uint8_t state = cur_u8(&c);
    out->waits = state == 1;
    out->replaces = cur_u32(&c);
    out->successor = cur_u64(&c);
    bool sane = out->len > 0 && out->len <= FRAME_MAX_SEALED && state <= 1;
    return e == ERR_OK && !sane ? ERR_PARSE : e;
}

static enum err read_frame(int fd, uint64_t at, size_t len, struct buf *bytes)
{
    enum err e = ERR_OK;
    buf_clear(bytes);
    for (size_t done = 0; done < len && e == ERR_OK;) {
        char part[16384];
        size_t n = len - done < sizeof(part) ? len - done : sizeof(part);
        e = read_at(fd, part, n, at + done);
        if (e == ERR_OK) {
            e = buf_add(bytes, part, n);
        }
        done += n;
    }
    return e;
}

enum err retest_queue_get(struct retest_queue *q, uint64_t at,
                          struct buf *bytes, struct frame *out, struct diag *d)
{
    struct buf sealed;
    struct head head;
    buf_init(&sealed, FRAME_MAX_SEALED);
    enum err e = read_head(q->fd, at, HEAD_LEN, &head);
    if (e == ERR_OK) {
        e = read_frame(q->fd, at + HEAD_LEN, head.len, &sealed);
    }
    if (e != ERR_OK) {
        e = diag_set(d, e, "%.200s: %s", q->path, err_str(e));
    } else {
        e = frame_unseal(q->seal, buf_str(&sealed), bytes, out, d);
    }
    buf_fini(&sealed);
    return e;
}

enum err retest_queue_drop(struct retest_queue *q, uint64_t at)
{
    enum err e = write_at(q->fd, STR("\0"), at + STATE_AT);
    q->waiting -= e == ERR_OK;
    return e;
}

enum err retest_queue_succeed(struct retest_queue *q, uint64_t at,
                              uint64_t successor)
{
    struct buf bytes;
    buf_init(&bytes, sizeof(successor));
    buf_add_u32(&bytes, (uint32_t)(successor >> 32));
    enum err e = buf_add_u32(&bytes, (uint32_t)(successor & UINT32_MAX));
    if (e == ERR_OK) {
        e = write_at(q->fd, buf_str(&bytes), at + SUM_AT);
    }
    buf_fini(&bytes);
    return e;
}

/* ---- what dead runs left ------------------------------------------------- */

/* A file that is gone through. */
struct scan {
    int fd;
    const struct seal *seal;
    bool open;       /* its frames are not sealed */
    size_t head_len; /* of its version */
    struct buf replaced, bytes, opened;
    size_t *lost;
};

/* ERR_PARSE: nothing was in it yet. */
static enum err read_magic(struct scan *s)
{
    char magic[MAGIC_LEN];
    enum err e = read_at(s->fd, magic, sizeof(magic), 0);
    if (e != ERR_OK) {
        return e;
    }
    struct str is = {magic, sizeof(magic)};
    s->open = str_eq_c(is, OPEN_MAGIC);
    s->head_len = str_eq_c(is, MAGIC) ? HEAD_LEN : OLD_HEAD_LEN;
    return s->open || s->head_len == HEAD_LEN || str_eq_c(is, SEALED_MAGIC)
               ? ERR_OK
               : ERR_PARSE;
}

/* Notes which frames have a later one that is whole in their place. */
static enum err find_replaced(struct scan *s)
{
    struct head head;
    uint64_t at = MAGIC_LEN;
    enum err e = ERR_OK;
    while (e == ERR_OK) {
        e = read_head(s->fd, at, s->head_len, &head);
        if (e == ERR_OK && head.replaces) {
            e = read_frame(s->fd, at + s->head_len, head.len, &s->bytes);
        }
        if (e == ERR_OK && head.replaces) {
            e = buf_add(&s->replaced, &head.replaces, sizeof(head.replaces));
        }
        at += s->head_len + head.len;
    }
    return e == ERR_PARSE ? ERR_OK : e;
}

static bool is_replaced(const struct scan *s, uint64_t at)
{
    for (size_t i = 0; i + 4 <= s->replaced.len; i += 4) {
        uint32_t one;
        memcpy(&one, s->replaced.p + i, sizeof(one));
        if (one == at) {
            return true;
        }
    }
    return false;
}

static enum err hand_over(struct scan *s, const struct head *head,
                          retest_queue_fn fn, void *arg)
{
    struct frame f;
    struct diag ignored = {""};
    enum err e = s->open ? frame_decode(buf_str(&s->bytes), &f, &ignored)
                         : frame_unseal(s->seal, buf_str(&s->bytes), &s->opened,
                                        &f, &ignored);
    *s->lost += e == ERR_NOTFOUND;
    if (e == ERR_OK) {
        f.priority = FRAME_ODD;
        return fn(arg, &f, head->successor);
    }
    return e == ERR_PARSE || e == ERR_NOTFOUND ? ERR_OK : e;
}

static enum err hand_over_all(struct scan *s, retest_queue_fn fn, void *arg)
{
    struct head head;
    uint64_t at = MAGIC_LEN;
    enum err e = ERR_OK;
    while (e == ERR_OK) {
        e = read_head(s->fd, at, s->head_len, &head);
        if (e == ERR_OK) {
            e = read_frame(s->fd, at + s->head_len, head.len, &s->bytes);
        }
        if (e == ERR_OK && head.waits && !is_replaced(s, at)) {
            e = hand_over(s, &head, fn, arg);
        }
        at += s->head_len + head.len;
    }
    return e;
}

enum err retest_queue_scan(int fd, const struct seal *seal, retest_queue_fn fn,
                           void *arg, size_t *lost)
{
    struct scan s = {.fd = fd, .seal = seal, .lost = lost};
    *lost = 0;
    buf_init(&s.replaced, REPLACED_MAX);
    buf_init(&s.bytes, FRAME_MAX_SEALED);
    buf_init(&s.opened, FRAME_MAX);
    enum err e = read_magic(&s);
    if (e == ERR_OK) {
        e = find_replaced(&s);
    }
    if (e == ERR_OK) {
        e = hand_over_all(&s, fn, arg);
    }
    buf_fini(&s.replaced);
    buf_fini(&s.bytes);
    buf_fini(&s.opened);
    return e == ERR_PARSE ? ERR_OK : e; /* the end, or where a kill cut it */
}

struct taker {
    const char *dir;
    const struct seal *seal;
    struct spool *spool;
    struct retest_left *out;
    struct diag *d;
};

/* One of which the record that took its place is in the spool has been kept
 * already, and would go out as another one. */
static enum err take(void *arg, const struct frame *f, uint64_t successor)
{
    struct taker *t = arg;
    if (successor && spool_has(t->spool, successor)) {
        return ERR_OK;
    }
    enum err e = spool_add(t->spool, f, t->d);
    t->out->taken += e == ERR_OK;
    return e;
}

/* One file that cannot be taken stays for the next time, and stops nothing. */
static enum err finish_file(const char *path, const char *name, enum err e)
{
    struct diag d = {""};
    if (e == ERR_NOMEM) {
        return e;
    }
    if (e != ERR_OK) {
        log_warn("retest", "%s is passed over: %s", name, err_str(e));
    } else if (fs_shred(path, &d) != ERR_OK) {
        log_warn("retest", "%s", d.text);
    }
    return ERR_OK;
}

/* The file of a run that ended; that of one that has not is locked. */
static enum err take_file(void *arg, const char *name)
{
    struct taker *t = arg;
    char path[PATHS_MAX];
    size_t lost = 0;
    enum err e = ERR_OK;
    if (!str_starts(str_c(name), PREFIX) ||
        fs_join(path, sizeof(path), t->dir, name) != ERR_OK) {
        return ERR_OK;
    }
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        if (errno != ENOENT) {
            log_warn("retest", "%s is passed over: %s", name, strerror(errno));
        }
        return ERR_OK;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        e = retest_queue_scan(fd, t->seal, take, t, &lost);
        t->out->lost += lost;
        e = finish_file(path, name, e);
    }
    close(fd);
    return e;
}

enum err retest_queue_recover(const char *dir, const struct seal *seal,
                              struct spool *s, struct retest_left *out,
                              struct diag *d)
{
    struct taker t = {dir, seal, s, out, d};
    *out = (struct retest_left){.taken = 0};
    enum err e = look_each(dir, take_file, &t, d);
    return e == ERR_NOTFOUND ? ERR_OK : e;
}
