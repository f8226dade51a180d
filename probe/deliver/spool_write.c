// SPDX-License-Identifier: Apache-2.0
/* Appending, marking, syncing. */
#include "probe/deliver/spool_write.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/look.h"
#include "record/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define TRIES        8
#define RESERVE_NAME "reserve"
/* A file of which much is done with lies around no longer than this. */
#define LOG_MIN (64u << 10)
#define LOG_MAX (1u << 20)

/* ---- files of ours ------------------------------------------------------- */

static enum err fail(const char *path, enum err e, struct diag *d)
{
    return diag_set(d, e, "%.200s: %s", path, err_str(e));
}

/* A new file, locked: until we end, nobody else reads or removes it. Another
 * process may have looked at it before it was locked; then there is another
 * try. */
static enum err make_log(struct spool *s, struct spool_log *out, struct diag *d)
{
    char path[PATHS_MAX];
    for (int i = 0; i < TRIES; i++) {
        struct look seen;
        snprintf(out->name, sizeof(out->name), "%08x-%08x" SPOOL_LIST_SUFFIX,
                 s->serial++, crypto_random_below(UINT32_MAX));
        enum err e = spool_list_path(s, out->name, path);
        if (e != ERR_OK) {
            return e;
        }
        int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0) {
            return fail(path, err_from_errno(errno), d);
        }
        if (flock(fd, LOCK_EX | LOCK_NB) == 0 && look_fd(fd, &seen) == ERR_OK &&
            seen.links > 0) {
            out->fd = fd;
            e = spool_file_write(fd, STR(SPOOL_FILE_MAGIC), 0);
            if (e == ERR_OK) {
                return ERR_OK;
            }
            unlink(path);
            close(fd);
            return fail(path, e, d);
        }
        close(fd);
    }
    return diag_set(d, ERR_BUSY, "%.200s: cannot be locked", s->dir);
}

/* Only what has frames that wait is worth it. */
static enum err sync_logs(struct spool *s, struct diag *d)
{
    bool wanted = false;
    for (unsigned i = 0; i < SPOOL_LIST_OWN; i++) {
        const struct spool_log *l =
            s->own[i] == SPOOL_IN_MEMORY ? NULL : &s->logs[s->own[i]];
        if (l && l->live) {
            wanted = true;
            if (fsync(l->fd) != 0) {
                return fail(l->name, err_from_errno(errno), d);
            }
        }
    }
    enum err e = ERR_OK;
    if (wanted && s->new_name) {
        e = fs_fsync_dir(s->dir);
        s->new_name = e != ERR_OK;
        e = e ? fail(s->dir, e, d) : e;
    }
    return e;
}

static void let_go(struct spool *s, unsigned class)
{
    uint32_t log = s->own[class];
    if (log == SPOOL_IN_MEMORY) {
        return;
    }
    close(s->logs[log].fd);
    s->logs[log].fd = -1;
    s->own[class] = SPOOL_IN_MEMORY;
    if (spool_list_clear(s, log) != ERR_OK) {
        log_warn("spool", "%s cannot be removed", s->logs[log].name);
    }
}

/* The file of ours for such frames. A long one is let go once it is synced. */
static enum err need_log(struct spool *s, unsigned class, uint32_t *log,
                         struct diag *d)
{
    uint64_t most = s->max_bytes / 16;
    most = most < LOG_MIN ? LOG_MIN : most > LOG_MAX ? LOG_MAX : most;
    if (s->own[class] != SPOOL_IN_MEMORY &&
        s->logs[s->own[class]].end >= most) {
        enum err e = sync_logs(s, d);
        if (e != ERR_OK) {
            return e;
        }
        let_go(s, class);
    }
    if (s->own[class] == SPOOL_IN_MEMORY) {
        struct spool_log fresh = {.end = SPOOL_FILE_START};
        enum err e = make_log(s, &fresh, d);
        if (e == ERR_OK) {
            e = spool_list_file(s, &fresh, &s->own[class]);
        }
        if (e != ERR_OK) {
            return e;
        }
        s->new_name = true;
    }
    *log = s->own[class];
    return ERR_OK;
}

void spool_write_end(struct spool *s)
{
    for (unsigned i = 0; i < SPOOL_LIST_OWN; i++) {
        let_go(s, i);
    }
}

/* ---- appending ----------------------------------------------------------- */

void spool_write_use_reserve(struct spool *s)
{
    char path[PATHS_MAX];
    if (s->reserved && spool_list_path(s, RESERVE_NAME, path) == ERR_OK) {
        unlink(path);
        s->reserved = false;
    }
}

/* Writes a frame behind the others; *log and *at say where it is. What a full
 * disk took of it is cut off again. */
static enum err try_append(struct spool *s, unsigned class, struct str frame,
                           uint32_t *log, uint64_t *at, struct diag *d)
{
    enum err e = need_log(s, class, log, d);
    if (e != ERR_OK) {
        return e;
    }
    struct spool_log *l = &s->logs[*log];
    e = spool_file_write(l->fd, frame, l->end);
    if (e != ERR_OK) {
        if (ftruncate(l->fd, (off_t)l->end) != 0) {
            log_debug("spool", "an unfinished end stays, and is overwritten");
        }
        return fail(l->name, e, d);
    }
    *at = l->end;
    l->end += frame.len;
    s->unsynced = true;
    return ERR_OK;
}

static enum err append(struct spool *s, unsigned class, struct str frame,
                       uint32_t *log, uint64_t *at, struct diag *d)
{
    enum err e = try_append(s, class, frame, log, at, d);
    if (e == ERR_NOSPC) {
        s->disk_full = true;
    }
    if (e == ERR_NOSPC && s->reserved) {
        spool_write_use_reserve(s);
        e = try_append(s, class, frame, log, at, d);
    }
    return e;
}

static unsigned class_of(unsigned priority)
{
    return priority != FRAME_INNOCENT;
}

static enum err put(struct spool *s, const struct spool_head *h,
                    struct str frame, struct diag *d)
{
    uint32_t log = SPOOL_IN_MEMORY;
    uint64_t at = s->held.len;
    enum err e = ERR_OK;
    if (s->burst_us) {
        e = buf_add_str(&s->held, frame);
    } else {
        e = append(s, class_of(h->priority), frame, &log, &at, d);
    }
    return e == ERR_OK ? spool_list_frame(s, log, at, h) : e;
}

static bool drop(struct spool *s)
{
    for (size_t i = 0; i < s->n && s->lock_fd >= 0; i++) {
        if (s->entries[i].priority == FRAME_INNOCENT &&
            s->entries[i].state != FRAME_PASSED) {
            bool gone = spool_write_remove(s, i) == ERR_OK;
            s->dropped += gone;
            return gone;
        }
    }
    return false;
}

static enum err keep(struct spool *s, const struct spool_head *h,
                     struct str frame, struct diag *d)
{
    while (s->bytes + frame.len > s->max_bytes && drop(s)) {
        log_debug("spool", "the oldest record of a site that works goes");
    }
    enum err e = ERR_OK;
    if (s->burst_us && s->held.len + frame.len > SPOOL_WRITE_HELD) {
        e = spool_write_sync(s, d);
    }
    return e == ERR_OK ? put(s, h, frame, d) : e;
}

static uint16_t today(void)
{
    int64_t day = clock_wall_us() / US_PER_S / DAY_S;
    return (uint16_t)(day < 0 ? 0 : day > UINT16_MAX ? UINT16_MAX : day);
}

/* For a collector that knows no boxes the latest frames are in memory as they
 * are. Those for which there is none can go in their boxes only. */
static void keep_plain(struct spool *s, const struct frame *f)
{
    struct buf plain;
    struct spool_entry *entry = &s->entries[s->n - 1];
    buf_init(&plain, SPOOL_WRITE_PLAIN);
    if (s->plain_bytes < SPOOL_WRITE_PLAIN &&
        frame_encode(f, &plain) == ERR_OK) {
        size_t len = 0;
        entry->plain = buf_take(&plain, &len);
        entry->plain_len = (uint32_t)len;
        s->plain_bytes += len;
    }
    buf_fini(&plain);
}

enum err spool_write_add(struct spool *s, const struct frame *f,
                         spool_known_fn fn, void *arg, struct diag *d)
{
    struct buf content, frame;
    struct spool_head h = {.priority = f->priority,
                           .state = f->state,
                           .day = today(),
                           .boxed = s->box_key};
    buf_init(&content, FRAME_MAX_SEALED);
    buf_init(&frame, FRAME_MAX_SEALED + SPOOL_FILE_MORE);
    enum err e = s->box_key
                     ? sealed_close(s->box_key, f->open, f->body, &content)
                     : frame_seal(s->seal, f, &content);
    if (e == ERR_OK) {
        e = spool_file_encode(&h, buf_str(&content), &frame);
    }
    if (e == ERR_OK && fn) {
        e = fn(arg, h.sum);
    }
    if (e == ERR_OK) {
        e = keep(s, &h, buf_str(&frame), d);
    }
    if (e == ERR_OK && h.boxed && s->copies) {
        keep_plain(s, f);
    }
    buf_fini(&frame);
    buf_fini(&content);
    return e;
}

/* ---- writing what is held ------------------------------------------------ */

static enum err write_held(struct spool *s, struct diag *d)
{
    enum err e = ERR_OK;
    for (size_t i = 0; i < s->n && e == ERR_OK; i++) {
        if (s->entries[i].log != SPOOL_IN_MEMORY) {
            continue;
        }
        uint32_t log;
        uint64_t at;
        struct str frame =
            str_sub(buf_str(&s->held), s->entries[i].at, s->entries[i].len);
        e = append(s, class_of(s->entries[i].priority), frame, &log, &at, d);
        if (e == ERR_OK) {
            s->entries[i].log = log;
            s->entries[i].at = at;
            s->logs[log].live++;
        }
    }
    if (e == ERR_OK) {
        buf_fini(&s->held);
        buf_init(&s->held, SPOOL_WRITE_HELD + FRAME_MAX_SEALED);
    }
    return e;
}

enum err spool_write_sync(struct spool *s, struct diag *d)
{
    bool burst = s->held.len > 0;
    enum err e = burst ? write_held(s, d) : ERR_OK;
    s->synced_at = clock_mono_us();
    if (e == ERR_OK && s->unsynced) {
        e = sync_logs(s, d);
        s->unsynced = e != ERR_OK;
    }
    return e;
}

/* ---- changing ------------------------------------------------------------ */

static enum err mark_on_disk(struct spool *s, const struct spool_entry *at,
                             enum frame_state state)
{
    char path[PATHS_MAX];
    const struct spool_log *l = &s->logs[at->log];
    if (l->fd >= 0) {
        return spool_file_mark(l->fd, at->at, state);
    }
    enum err e = spool_list_path(s, l->name, path);
    if (e != ERR_OK) {
        return e;
    }
    int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return err_from_errno(errno);
    }
    e = spool_file_mark(fd, at->at, state);
    close(fd);
    return e;
}

enum err spool_write_state(struct spool *s, size_t i, enum frame_state state)
{
    enum err e = ERR_OK;
    struct spool_entry *entry = &s->entries[i];
    if (entry->state == FRAME_PASSED) {
        return ERR_NOTFOUND;
    }
    if (entry->log == SPOOL_IN_MEMORY) {
        char byte = (char)state;
        memcpy(s->held.p + entry->at + SPOOL_FILE_HEAD - 3, &byte, 1);
    } else {
        e = mark_on_disk(s, entry, state);
    }
    if (e == ERR_OK) {
        entry->state = (uint8_t)state;
    }
    return e;
}

/* The last frame of a file need not be marked: the file goes, or begins anew if
 * it is ours. */
enum err spool_write_remove(struct spool *s, size_t i)
{
    const struct spool_entry *entry = &s->entries[i];
    struct spool_log *l =
        entry->log == SPOOL_IN_MEMORY ? NULL : &s->logs[entry->log];
    bool last = l && l->live == 1;
    if (l && !last) {
        enum err e = mark_on_disk(s, entry, FRAME_DONE);
        if (e != ERR_OK) {
            return e;
        }
    } else if (l && l->fd >= 0) {
        if (ftruncate(l->fd, SPOOL_FILE_START) != 0) {
            return err_from_errno(errno);
        }
        l->end = SPOOL_FILE_START;
    }
    return spool_list_forget(s, i);
}
