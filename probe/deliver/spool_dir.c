// SPDX-License-Identifier: Apache-2.0
/* Which frames are there. */
#include "probe/deliver/spool_dir.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/look.h"
#include "probe/deliver/spool_old.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define SERIAL_LEN   8u /* hex digits that begin a name */
#define HALF_OLD_S   HOUR_S
#define RESERVE_NAME "reserve"

/* ---- names --------------------------------------------------------------- */

/* What a process that died left: its reserve, and half-written files. Only the
 * lock's holder may judge them; and of the latter only old ones, since another
 * process may be writing just now. */
static void sweep(const struct spool *s, const char *path, const char *name)
{
    struct look seen;
    if (s->lock_fd < 0 || look_link(path, &seen, NULL) != ERR_OK ||
        seen.kind != LOOK_FILE) {
        return;
    }
    int64_t age_s = (clock_wall_us() - seen.mtime_ns / 1000) / US_PER_S;
    bool half = strstr(name, SPOOL_OLD_SUFFIX ".tmp-") && age_s > HALF_OLD_S;
    if (half || spool_old_bad(path, name)) {
        spool_old_shred(path);
    } else if (!strcmp(name, RESERVE_NAME)) {
        unlink(path);
    }
}

static enum err list_one(void *arg, const char *name)
{
    struct spool *s = arg;
    char path[PATHS_MAX];
    uint32_t ignored;
    struct look seen = {.kind = LOOK_FILE};
    struct spool_log log = {.fd = -1};
    bool old = str_ends(str_c(name), SPOOL_OLD_SUFFIX);
    if (spool_list_path(s, name, path) != ERR_OK) {
        return ERR_OK; /* no name of ours is so long */
    }
    if ((!old && !str_ends(str_c(name), SPOOL_LIST_SUFFIX)) ||
        strlen(name) >= sizeof(log.name)) {
        sweep(s, path, name);
        return ERR_OK;
    }
    if (look_link(path, &seen, NULL) == ERR_OK && seen.kind != LOOK_FILE) {
        return ERR_OK; /* not ours */
    }
    log.old = old;
    str_copy(log.name, sizeof(log.name), name);
    return spool_list_file(s, &log, &ignored);
}

static int by_name(const void *a, const void *b)
{
    const struct spool_log *x = a;
    const struct spool_log *y = b;
    return strcmp(x->name, y->name);
}

/* The number in a name, or -1 for another kind of name. */
static int64_t serial_in(const char *name)
{
    char *end;
    unsigned long serial = strtoul(name, &end, 16);
    return end == name + SERIAL_LEN && *end == '-' ? (int64_t)serial : -1;
}

/* ---- files --------------------------------------------------------------- */

struct reading {
    struct spool *s;
    uint32_t log;
    int fd;
};

static enum err take(void *arg, const struct spool_head *h, uint64_t at,
                     struct str begin)
{
    const struct reading *r = arg;
    if (h->state == FRAME_DONE) {
        return ERR_OK;
    }
    if (!h->boxed && !seal_has_key(r->s->seal, begin)) {
        r->s->lost += r->s->looks;
        if (r->s->lock_fd >= 0) { /* else whoever holds it counts */
            r->s->lost++;
            if (spool_file_mark(r->fd, at, FRAME_DONE) != ERR_OK) {
                log_debug("spool", "it is counted again the next time");
            }
        }
        return ERR_OK;
    }
    return spool_list_frame(r->s, r->log, at, h);
}

/* A file that cannot be read is listed as one frame that is passed over: it is
 * not there no more than it is damaged. */
static enum err pass_file(struct spool *s, uint32_t log, enum err why)
{
    const struct spool_head h = {.state = FRAME_PASSED,
                                 .priority = FRAME_BLOCKED};
    if (why == ERR_NOMEM || why == ERR_FDLIMIT) {
        return why;
    }
    log_warn("spool", "%s cannot be read and is passed over: %s",
             s->logs[log].name, err_str(why));
    return spool_list_frame(s, log, 0, &h);
}

/* What a newer version of this program left, before an older one was installed
 * again, stays as it is: that version sends it. */
static enum err pass_newer(struct spool *s, uint32_t log)
{
    const struct spool_head h = {.state = FRAME_PASSED,
                                 .priority = FRAME_BLOCKED};
    log_warn("spool",
             "%s is of a newer version of Parallax and stays as it is until "
             "that is installed again",
             s->logs[log].name);
    return spool_list_frame(s, log, 0, &h);
}

static void set_aside(struct spool *s, struct spool_log *l, const char *path)
{
    char bad[PATHS_MAX];
    if (snprintf(bad, sizeof(bad), "%s.bad", path) < (int)sizeof(bad) &&
        rename(path, bad) == 0) {
        log_warn("spool",
                 "%s is damaged (not a file of this version) and was set "
                 "aside as %s.bad",
                 l->name, l->name);
        l->name[0] = '\0';
    } else {
        log_warn("spool", "%s is damaged and could not be set aside", l->name);
    }
    s->damaged++;
}

/* What a scan found besides frames; only for who holds the lock. */
static enum err mend(struct spool *s, uint32_t log, int fd, const char *path,
                     const struct spool_scan *found)
{
    struct spool_log *l = &s->logs[log];
    if (found->foreign) {
        set_aside(s, l, path);
        return ERR_OK;
    }
    if (found->damaged) {
        log_warn("spool", "%s is damaged in %zu places, which are passed over",
                 l->name, found->damaged);
        s->damaged += found->damaged;
    }
    if (found->end < found->size) {
        log_info("spool", "%s: an unfinished end of %llu bytes is cut off",
                 l->name, (unsigned long long)(found->size - found->end));
        if (ftruncate(fd, (off_t)found->end) != 0) {
            log_warn("spool", "%s: %s", l->name, strerror(errno));
        }
    }
    if (spool_list_clear(s, log) != ERR_OK) {
        log_warn("spool", "%s cannot be removed: %s", l->name, strerror(errno));
    }
    return ERR_OK;
}

/* The file of a process that still writes to it is left for later. */
static enum err read_log(struct spool *s, uint32_t log)
{
    char path[PATHS_MAX];
    struct spool_scan found;
    bool ours = s->lock_fd >= 0;
    enum err e = spool_list_path(s, s->logs[log].name, path);
    if (e != ERR_OK) {
        return e;
    }
    int fd = open(path, (ours ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && ours && errno == EROFS) {
        fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    }
    if (fd < 0) {
        return errno == ENOENT ? ERR_OK
                               : pass_file(s, log, err_from_errno(errno));
    }
    if (ours && flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        s->logs[log].name[0] = '\0';
        close(fd);
        return ERR_OK;
    }
    struct reading r = {s, log, fd};
    e = spool_file_scan(fd, take, &r, &found);
    if (e == ERR_OK && found.newer) {
        e = pass_newer(s, log);
    } else if (e == ERR_OK && ours) {
        e = mend(s, log, fd, path, &found);
    } else if (e != ERR_OK && e != ERR_LIMIT) {
        e = pass_file(s, log, e);
    }
    close(fd);
    return e;
}

enum err spool_dir_list(struct spool *s, struct diag *d)
{
    const struct spool_head untaken = {.state = FRAME_WAITING,
                                       .priority = FRAME_ODD};
    struct diag why = {""};
    for (size_t i = 0; i < s->n; i++) {
        spool_list_forget_plain(s, i);
    }
    s->n = s->n_logs = 0;
    s->bytes = 0;
    enum err e = look_each(s->dir, list_one, s, &why);
    if (s->n_logs > 1) {
        qsort(s->logs, s->n_logs, sizeof(*s->logs), by_name);
    }
    for (uint32_t i = 0; i < s->n_logs && e == ERR_OK; i++) {
        int64_t serial = serial_in(s->logs[i].name);
        if (serial >= s->serial) {
            s->serial = (uint32_t)serial + 1;
        }
        if (!s->logs[i].old) {
            e = read_log(s, i);
        } else if (s->looks) {
            e = spool_list_frame(s, i, 0, &untaken);
        }
    }
    if (e != ERR_OK) {
        return diag_set(d, e, "the records that wait cannot be listed: %.200s",
                        why.text[0] ? why.text : err_str(e));
    }
    return s->lock_fd >= 0 ? spool_old_take(s, d) : ERR_OK;
}
