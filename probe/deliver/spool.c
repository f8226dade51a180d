// SPDX-License-Identifier: Apache-2.0
/* What waits, and who may send it. */
#include "probe/deliver/spool.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/look.h"
#include "probe/deliver/spool_dir.h"
#include "probe/deliver/spool_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOCK_NAME    "lock"
#define RESERVE_NAME "reserve"

/* ---- opened and closed --------------------------------------------------- */

static enum err take_lock(struct spool *s, struct diag *d)
{
    char lock[PATHS_MAX];
    enum err e = spool_list_path(s, LOCK_NAME, lock);
    if (e == ERR_OK) {
        e = fs_lock(lock, &s->lock_fd, &s->holder);
    }
    if (e != ERR_OK) {
        s->lock_fd = -1;
    }
    return e == ERR_OK || e == ERR_BUSY
               ? e
               : diag_set(d, e, "%.200s: cannot be locked: %s", lock,
                          err_str(e));
}

static struct spool *make(const char *dir, uint64_t max_bytes,
                          const struct seal *seal)
{
    struct spool *s = calloc(1, sizeof(*s));
    if (s) {
        s->lock_fd = -1;
        s->max_bytes = max_bytes;
        s->seal = seal;
        s->own[0] = s->own[1] = SPOOL_IN_MEMORY;
        s->synced_at = clock_mono_us();
        buf_init(&s->held, SPOOL_WRITE_HELD + FRAME_MAX_SEALED);
        str_copy(s->dir, sizeof(s->dir), dir);
    }
    return s;
}

enum err spool_open(const char *dir, uint64_t max_bytes,
                    const struct seal *seal, struct spool **out, struct diag *d)
{
    struct spool *s = make(dir, max_bytes, seal);
    if (!s) {
        return diag_set(d, ERR_NOMEM, "out of memory");
    }
    enum err e =
        strlen(dir) < sizeof(s->dir) ? fs_mkdirs(dir, 0700, d) : ERR_LIMIT;
    if (e == ERR_OK) {
        e = take_lock(s, d);
        e = e == ERR_BUSY ? ERR_OK : e;
    }
    if (e == ERR_OK) {
        e = spool_dir_list(s, d);
    }
    if (e != ERR_OK) {
        spool_close(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

enum err spool_look(const char *dir, const struct seal *seal,
                    struct spool **out, struct diag *d)
{
    struct look seen;
    struct spool *s = make(dir, UINT64_MAX, seal);
    if (!s) {
        return diag_set(d, ERR_NOMEM, "out of memory");
    }
    s->looks = true;
    enum err e = look_at(dir, &seen, d);
    if (e == ERR_OK) {
        e = spool_dir_list(s, d);
    }
    if (e != ERR_OK) {
        spool_close(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

enum err spool_retake(struct spool *s, struct diag *d)
{
    if (s->lock_fd >= 0) {
        return ERR_OK;
    }
    enum err e = spool_write_sync(s, d);
    if (e == ERR_OK) {
        e = take_lock(s, d);
    }
    if (e == ERR_OK) {
        spool_write_end(s);
        e = spool_dir_list(s, d);
    }
    return e;
}

void spool_close(struct spool *s)
{
    struct diag d = {""};
    if (!s) {
        return;
    }
    if (spool_write_sync(s, &d) != ERR_OK) {
        log_warn("spool", "not everything could be written: %s", d.text);
    }
    spool_write_end(s);
    spool_write_use_reserve(s);
    if (s->lock_fd >= 0) {
        close(s->lock_fd);
    }
    for (size_t i = 0; i < s->n; i++) {
        spool_list_forget_plain(s, i);
    }
    buf_fini(&s->held);
    free(s->entries);
    free(s->logs);
    free(s);
}

bool spool_may_send(const struct spool *s, int *pid)
{
    if (pid) {
        *pid = s->holder;
    }
    return s->lock_fd >= 0;
}

enum err spool_reserve(struct spool *s, size_t bytes, struct diag *d)
{
    char path[PATHS_MAX];
    if (s->lock_fd < 0) {
        return ERR_OK; /* the other process has its own */
    }
    enum err e = spool_list_path(s, RESERVE_NAME, path);
    if (e != ERR_OK) {
        return e;
    }
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return diag_set(d, err_from_errno(errno), "%.200s: %s", path,
                        strerror(errno));
    }
    s->reserved = true;
    int errnum = posix_fallocate(fd, 0, (off_t)bytes);
    close(fd);
    if (errnum == 0) {
        s->disk_full = false;
        return ERR_OK;
    }
    spool_write_use_reserve(s);
    return diag_set(d, err_from_errno(errnum),
                    "no room for %zu KiB in %.180s: %s", bytes >> 10, s->dir,
                    strerror(errnum));
}

/* ---- kept ---------------------------------------------------------------- */

void spool_box(struct spool *s, const uint8_t pub[CRYPTO_BOX_KEY_LEN],
               bool copies)
{
    s->box_key = pub;
    s->copies = copies;
}

void spool_hold(struct spool *s, int64_t burst_us)
{
    s->burst_us = burst_us;
}

enum err spool_add_after(struct spool *s, const struct frame *f,
                         spool_known_fn fn, void *arg, struct diag *d)
{
    return spool_write_add(s, f, fn, arg, d);
}

enum err spool_add(struct spool *s, const struct frame *f, struct diag *d)
{
    return spool_add_after(s, f, NULL, NULL, d);
}

bool spool_has(const struct spool *s, uint64_t known_by)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->entries[i].sum == known_by) {
            return true;
        }
    }
    return false;
}

enum err spool_tick(struct spool *s, int64_t now_us, struct diag *d)
{
    int64_t every = s->burst_us ? s->burst_us : SPOOL_SYNC_US;
    bool due = now_us - s->synced_at >= every;
    return due && (s->unsynced || s->held.len) ? spool_write_sync(s, d)
                                               : ERR_OK;
}

enum err spool_sync(struct spool *s, struct diag *d)
{
    return spool_write_sync(s, d);
}

size_t spool_expire(struct spool *s, unsigned now, unsigned days)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n && s->lock_fd >= 0;) {
        const struct spool_entry *entry = &s->entries[i];
        bool over = entry->state != FRAME_PASSED && entry->day + days < now;
        if (over && spool_write_remove(s, i) == ERR_OK) {
            n++;
        } else {
            i++;
        }
    }
    return n;
}

bool spool_tight(const struct spool *s)
{
    bool full = s->bytes >= s->max_bytes;
    for (size_t i = 0; i < s->n && full && s->lock_fd >= 0; i++) {
        full = s->entries[i].priority != FRAME_INNOCENT ||
               s->entries[i].state == FRAME_PASSED;
    }
    return full || s->disk_full || s->n >= SPOOL_LIST_FRAMES - 1000;
}

/* ---- looked at ----------------------------------------------------------- */

uint64_t spool_bytes(const struct spool *s)
{
    return s->bytes;
}

size_t spool_count(const struct spool *s, enum frame_state state)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        n += s->entries[i].state == state;
    }
    return n;
}

size_t spool_len(const struct spool *s)
{
    return s->n;
}

struct spool_item spool_item(const struct spool *s, size_t i)
{
    const struct spool_entry *entry = &s->entries[i];
    return (struct spool_item){.id = entry->id,
                               .state = (enum frame_state)entry->state,
                               .priority = (enum frame_priority)entry->priority,
                               .boxed = entry->boxed,
                               .open = !entry->boxed || entry->plain,
                               .day = entry->day,
                               .bytes = entry->len};
}

/* Index of an id, or SIZE_MAX. */
static size_t find(const struct spool *s, uint64_t id)
{
    size_t from = 0, to = s->n;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (s->entries[mid].id < id) {
            from = mid + 1;
        } else {
            to = mid;
        }
    }
    return from < s->n && s->entries[from].id == id ? from : SIZE_MAX;
}

void spool_name(const struct spool *s, uint64_t id, char out[SPOOL_NAME_MAX])
{
    size_t i = find(s, id);
    const struct spool_entry *entry = i == SIZE_MAX ? NULL : &s->entries[i];
    if (!entry || entry->log == SPOOL_IN_MEMORY) {
        snprintf(out, SPOOL_NAME_MAX, "a record that is not written yet");
    } else {
        snprintf(out, SPOOL_NAME_MAX, "%.40s+%llx", s->logs[entry->log].name,
                 (unsigned long long)entry->at);
    }
}

/* ---- read ---------------------------------------------------------------- */

/* The content of a frame, appended. */
static enum err read_content(const struct spool *s,
                             const struct spool_entry *entry, struct buf *out)
{
    char path[PATHS_MAX];
    struct spool_head h;
    struct str content = STR("");
    if (entry->log == SPOOL_IN_MEMORY) {
        struct str frame = str_sub(buf_str(&s->held), entry->at, entry->len);
        return spool_file_whole(frame, &h, &content) ? buf_add_str(out, content)
                                                     : ERR_PARSE;
    }
    const struct spool_log *l = &s->logs[entry->log];
    if (l->fd >= 0) {
        return spool_file_read(l->fd, entry->at, out);
    }
    enum err e = spool_list_path(s, l->name, path);
    if (e != ERR_OK) {
        return e;
    }
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return err_from_errno(errno);
    }
    e = spool_file_read(fd, entry->at, out);
    close(fd);
    return e;
}

/* What cannot be read now is listed no more, or passed over. */
static void give_up(struct spool *s, size_t i, enum err why,
                    const struct diag *d)
{
    char name[SPOOL_NAME_MAX];
    spool_name(s, s->entries[i].id, name);
    if (why == ERR_PARSE) {
        log_warn("spool", "%s is damaged (%s) and is passed over", name,
                 d->text);
        s->damaged++;
        if (spool_list_forget(s, i) != ERR_OK) {
            log_warn("spool", "and its file cannot be removed");
        }
        return;
    }
    log_warn("spool", "%s is passed over: %s", name, d->text);
    s->entries[i].state = FRAME_PASSED;
}

/* The same, unless it went well or may be tried again. */
static enum err given_up(struct spool *s, size_t i, enum err e,
                         const struct diag *why, struct diag *d)
{
    if (e == ERR_OK || e == ERR_NOMEM || e == ERR_FDLIMIT) {
        return e;
    }
    give_up(s, i, e, why);
    return diag_set(d, e, "%.200s", why->text);
}

enum err spool_load(struct spool *s, uint64_t id, struct buf *bytes,
                    struct frame *out, struct diag *d)
{
    struct buf content;
    struct diag why = {""};
    size_t i = find(s, id);
    if (i == SIZE_MAX) {
        return diag_set(d, ERR_NOTFOUND, "it is gone");
    }
    buf_init(&content, FRAME_MAX_SEALED);
    enum err e = ERR_OK;
    const struct spool_entry *entry = &s->entries[i];
    if (entry->plain) {
        buf_clear(bytes);
        e = buf_add(bytes, entry->plain, entry->plain_len);
        e = e ? e : frame_decode(buf_str(bytes), out, &why);
    } else if (entry->boxed) {
        e = ERR_ACCESS;
    } else {
        e = read_content(s, entry, &content);
    }
    if (e == ERR_ACCESS && entry->boxed) {
        buf_fini(&content);
        return diag_set(d, e,
                        "it is sealed for the collector, which alone can "
                        "open it");
    }
    if (e == ERR_OK && !entry->boxed) {
        e = frame_unseal(s->seal, buf_str(&content), bytes, out, &why);
    } else if (e != ERR_OK) {
        e = diag_set(&why, e, "%s",
                     e == ERR_PARSE ? "its checksum does not fit" : err_str(e));
    }
    buf_fini(&content);
    if (e == ERR_OK) {
        out->priority = (enum frame_priority)s->entries[i].priority;
    }
    return given_up(s, i, e, &why, d);
}

enum err spool_load_box(struct spool *s, uint64_t id, struct buf *box,
                        struct diag *d)
{
    struct diag why = {""};
    size_t i = find(s, id);
    if (i == SIZE_MAX || !s->entries[i].boxed) {
        return diag_set(d, ERR_NOTFOUND, "it is gone");
    }
    buf_clear(box);
    enum err e = read_content(s, &s->entries[i], box);
    if (e != ERR_OK) {
        diag_set(&why, e, "%s",
                 e == ERR_PARSE ? "its checksum does not fit" : err_str(e));
    }
    return given_up(s, i, e, &why, d);
}

enum err spool_done(struct spool *s, uint64_t id)
{
    size_t i = find(s, id);
    return i == SIZE_MAX ? ERR_NOTFOUND : spool_write_remove(s, i);
}

enum err spool_mark(struct spool *s, uint64_t id, enum frame_state state)
{
    size_t i = find(s, id);
    return i == SIZE_MAX ? ERR_NOTFOUND : spool_write_state(s, i, state);
}

void spool_pass(struct spool *s, uint64_t id)
{
    size_t i = find(s, id);
    if (i != SIZE_MAX) {
        s->entries[i].state = FRAME_PASSED;
    }
}

size_t spool_lost(const struct spool *s)
{
    return s->lost;
}

size_t spool_damaged(const struct spool *s)
{
    return s->damaged;
}

size_t spool_dropped(const struct spool *s)
{
    return s->dropped;
}
