// SPDX-License-Identifier: Apache-2.0
/* Frames of sites that are measured again, on the disk. */
#include "probe/run/retest_queue.h"

#include "base/crypto.h"
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

#define MAGIC     "PXPARK02"
#define OLD_MAGIC "PXPARK01"
#define MAGIC_LEN 8u
#define HEAD_LEN  5u
#define PREFIX    "parked-"
#define TRIES     8

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

enum err retest_queue_put(struct retest_queue *q, const struct spool_frame *f,
                          uint64_t *at, struct diag *d)
{
    struct buf bytes, frame;
    buf_init(&frame, SPOOL_MAX_SEALED);
    buf_init(&bytes, SPOOL_MAX_SEALED + HEAD_LEN);
    enum err e = spool_seal(q->seal, f, &frame);
    if (e == ERR_OK && q->end + HEAD_LEN + frame.len > RETEST_QUEUE_MAX_BYTES) {
        e = ERR_LIMIT;
    }
    if (e == ERR_OK) {
        buf_add_u32(&bytes, (uint32_t)frame.len);
        buf_add_byte(&bytes, 1);
        e = buf_add_str(&bytes, buf_str(&frame));
    }
    if (e == ERR_OK) {
        e = write_at(q->fd, buf_str(&bytes), q->end);
    }
    if (e == ERR_OK && fdatasync(q->fd) != 0) {
        e = err_from_errno(errno);
    }
    if (e == ERR_OK) {
        *at = q->end;
        q->end += bytes.len;
        q->waiting++;
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

/* A frame's bytes and whether it waits. */
static enum err read_frame(int fd, uint64_t at, struct buf *bytes, bool *waits)
{
    uint8_t head[HEAD_LEN];
    enum err e = read_at(fd, head, sizeof(head), at);
    if (e != ERR_OK) {
        return e;
    }
    size_t len = (size_t)head[0] << 24 | (size_t)head[1] << 16 |
                 (size_t)head[2] << 8 | head[3];
    if (len == 0 || len > SPOOL_MAX_SEALED || head[4] > 1) {
        return ERR_PARSE;
    }
    *waits = head[4] == 1;
    buf_clear(bytes);
    for (size_t done = 0; done < len && e == ERR_OK;) {
        char part[16384];
        size_t n = len - done < sizeof(part) ? len - done : sizeof(part);
        e = read_at(fd, part, n, at + HEAD_LEN + done);
        if (e == ERR_OK) {
            e = buf_add(bytes, part, n);
        }
        done += n;
    }
    return e;
}

enum err retest_queue_get(struct retest_queue *q, uint64_t at,
                          struct buf *bytes, struct spool_frame *out,
                          struct diag *d)
{
    struct buf sealed;
    bool waits = false;
    buf_init(&sealed, SPOOL_MAX_SEALED);
    enum err e = read_frame(q->fd, at, &sealed, &waits);
    if (e != ERR_OK) {
        e = diag_set(d, e, "%.200s: %s", q->path, err_str(e));
    } else {
        e = spool_unseal(q->seal, buf_str(&sealed), bytes, out, d);
    }
    buf_fini(&sealed);
    return e;
}

enum err retest_queue_drop(struct retest_queue *q, uint64_t at)
{
    enum err e = write_at(q->fd, STR("\0"), at + 4);
    q->waiting -= e == ERR_OK;
    return e;
}

/* ---- what dead runs left ------------------------------------------------- */

/* ERR_PARSE: nothing was in it yet. */
static enum err read_magic(int fd, bool *old)
{
    char magic[MAGIC_LEN];
    enum err e = read_at(fd, magic, sizeof(magic), 0);
    if (e != ERR_OK) {
        return e;
    }
    *old = memcmp(magic, OLD_MAGIC, sizeof(magic)) == 0;
    return *old || memcmp(magic, MAGIC, sizeof(magic)) == 0 ? ERR_OK
                                                            : ERR_PARSE;
}

enum err retest_queue_scan(int fd, const struct seal *seal, retest_queue_fn fn,
                           void *arg, size_t *lost)
{
    uint64_t at = MAGIC_LEN;
    struct buf bytes, opened;
    bool old = false;
    *lost = 0;
    buf_init(&bytes, SPOOL_MAX_SEALED);
    buf_init(&opened, SPOOL_MAX_FRAME);
    enum err e = read_magic(fd, &old);
    while (e == ERR_OK) {
        struct spool_frame f;
        struct diag ignored = {""};
        bool waits = false;
        e = read_frame(fd, at, &bytes, &waits);
        if (e == ERR_OK && waits) {
            enum err one = old ? spool_decode(buf_str(&bytes), &f, &ignored)
                               : spool_unseal(seal, buf_str(&bytes), &opened,
                                              &f, &ignored);
            *lost += one == ERR_NOTFOUND;
            e = one == ERR_OK                             ? fn(arg, &f)
                : one == ERR_PARSE || one == ERR_NOTFOUND ? ERR_OK
                                                          : one;
        }
        at += HEAD_LEN + bytes.len;
    }
    buf_fini(&bytes);
    buf_fini(&opened);
    return e == ERR_PARSE ? ERR_OK : e; /* the end, or where a kill cut it */
}

struct taker {
    const char *dir;
    const struct seal *seal;
    struct spool *spool;
    struct retest_left *out;
    struct diag *d;
};

static enum err take(void *arg, const struct spool_frame *f)
{
    struct taker *t = arg;
    char name[SPOOL_NAME_MAX];
    enum err e = spool_add(t->spool, f, name, t->d);
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
