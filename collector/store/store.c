// SPDX-License-Identifier: Apache-2.0
/* A batch becomes durable in this order: tags into the day's sidecar, rows
 * into an open transaction of the index, frames into the segment with one
 * fsync, commit of the index. A crash before the fsync leaves nothing that was
 * acknowledged; a crash after it leaves frames that the next writer reads into
 * the index.
 */
#include "collector/store/store.h"

#include "collector/store/sidecar.h"
#include "collector/store/store_claim.h"
#include "collector/store/store_copy.h"
#include "collector/store/store_loss.h"
#include "collector/store/store_record.h"
#include "collector/store/store_reindex.h"
#include "collector/store/store_sqlite.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/look.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define META_MAX        (200u << 10)
#define LOST_FEW        1000
#define LATE_RECORD_MAX ((size_t)64 << 20)
#define RETRY_US        (2 * US_PER_S)

struct store {
    pthread_mutex_t lock; /* recursive: a scan's callback may get records */
    int lock_fd;
    int dir_fd;          /* the directory, locked too; -1: it cannot be */
    char path[PATH_MAX]; /* of the index */
    bool write;
    bool late;            /* it may wait for room before it has an index */
    int64_t tried_us;     /* when it last tried to make it, monotonic */
    enum store_again how; /* the index is made again */
    enum err broken;      /* why nothing more is stored */
    enum err refused;     /* why the last batch was not */
    const char *what;     /* could not be written then; set before `refused` */
    int64_t clock_s;      /* newest time that was believed; 0: not asked */
    int64_t claim_s;      /* when the newest record in time began */
    unsigned bad;         /* of some that were read when it was opened */
    uint64_t lost;        /* known to be, when it was opened or last written */
    struct segments *segments;
    struct store_index index;
    struct sidecar *sidecar;
    struct buf meta;
};

/* ---- opening ----------------------------------------------------------------
 */

static enum err take_lock(struct store *s, const char *dir, struct diag *d)
{
    char path[PATH_MAX];
    int holder = 0;
    enum err e = fs_join(path, sizeof(path), dir, "lock");
    if (e == ERR_OK) {
        e = fs_lock(path, &s->lock_fd, &holder);
    }
    if (e == ERR_OK) {
        e = fs_owner_of(path, dir);
    }
    if (e == ERR_BUSY) {
        return diag_set(d, e, "%s: in use by process %d", dir, holder);
    }
    if (e == ERR_OK) {
        e = fs_lock_dir(dir, &s->dir_fd);
    }
    if (e == ERR_BUSY) {
        return diag_set(d, e,
                        "%s: in use by another process; its file \"lock\" was "
                        "removed meanwhile",
                        dir);
    }
    if (e != ERR_OK) {
        return diag_set(d, e, "%s: cannot lock: %s", dir, err_str(e));
    }
    return ERR_OK;
}

static void close_index(struct store *s)
{
    if (s->index.self) {
        s->index.close(s->index.self);
        s->index.self = NULL;
    }
}

static enum err open_as(const char *dir, enum store_mode mode,
                        enum store_again how, struct store **out,
                        struct diag *d);

/* What a list says of its files is to stay true. */
static bool is_backup(const char *dir)
{
    char path[PATH_MAX];
    struct look seen;
    return fs_join(path, sizeof(path), dir, STORE_COPY_LIST) == ERR_OK &&
           look_at(path, &seen, NULL) == ERR_OK;
}

/* Opens the index for reading. One that is missing beside segments, empty, of
 * an older version, or damaged, is first made again, as the next writer would
 * do it; of a backup it is made aside.
 */
static enum err open_index(struct store *s, const char *dir, const char *path,
                           struct diag *d)
{
    struct diag why = {{0}};
    struct look seen;
    bool missing = look_at(path, &seen, NULL) == ERR_NOTFOUND;
    enum err e = missing ? diag_set(d, ERR_PARSE, "%s: is missing", path)
                         : store_sqlite_open(path, false, &s->index, d);
    if (e != ERR_PARSE && e != ERR_NOTFOUND) {
        return e;
    }
    if (is_backup(dir)) {
        return store_reindex_aside(path, s->segments, &s->index, d);
    }
    struct store *writer = NULL;
    enum err mended =
        open_as(dir, STORE_WRITE, STORE_AGAIN_STRICT, &writer, &why);
    if (mended != ERR_OK) {
        char text[sizeof(d->text)];
        str_copy(text, sizeof(text), d->text);
        return diag_set(d, mended, "%s; it cannot be made again now: %s", text,
                        why.text[0] ? why.text : err_str(mended));
    }
    store_close(writer);
    return store_sqlite_open(path, false, &s->index, d);
}

static enum err any_name(void *arg, const char *name)
{
    (void)arg;
    (void)name;
    return ERR_EXISTS;
}

/* A directory that was made for us, and is empty yet, becomes ours alone: who
 * sent what is nobody else's to read. One that has something in it, whoever
 * gave it its mode knows why. */
static enum err make_own(const char *dir, struct diag *d)
{
    struct look seen;
    enum err e = fs_mkdirs(dir, 0700, d);
    if (e == ERR_OK) {
        e = look_at(dir, &seen, d);
    }
    if (e == ERR_OK && (seen.mode & 077) != 0 &&
        look_each(dir, any_name, NULL, d) == ERR_OK && chmod(dir, 0700) != 0) {
        log_warn("store", "%s: others may read it", dir);
    }
    return e;
}

/* Is a directory without records a new one? */
static enum err check_new(const struct store *s, const char *index,
                          const char *sidecar, struct diag *d)
{
    struct look seen;
    uint32_t last = 0;
    uint64_t len = 0;
    segments_end(s->segments, &last, &len);
    return last == 0 && look_at(index, &seen, NULL) == ERR_NOTFOUND
               ? store_loss_all(sidecar, d)
               : ERR_OK;
}

static enum err open_parts(struct store *s, const char *dir, struct diag *d)
{
    char seg[PATH_MAX], side[PATH_MAX];
    const char *idx = s->path;
    uint32_t last = 0;
    uint64_t len = 0;
    if (fs_join(seg, sizeof(seg), dir, "segments") != ERR_OK ||
        fs_join(side, sizeof(side), dir, "sidecar") != ERR_OK ||
        fs_join(s->path, sizeof(s->path), dir, "index.sqlite") != ERR_OK) {
        return diag_set(d, ERR_LIMIT, "%s: path too long", dir);
    }
    struct look seen;
    enum err e = ERR_OK;
    if (dir[0] == '\0') {
        return diag_set(d, ERR_INVAL, "the data directory has no name");
    }
    if (s->write) {
        e = make_own(dir, d);
        if (e == ERR_OK) {
            e = take_lock(s, dir, d);
        }
    }
    if (e == ERR_OK) {
        e = segments_open(seg, s->write, &s->segments, d);
    }
    if (e == ERR_OK && !s->write) {
        segments_end(s->segments, &last, &len);
        e = look_at(idx, &seen, d);
        if (e == ERR_NOTFOUND && last == 0) {
            return diag_set(d, e, "%s: no measurements are kept here", dir);
        }
        e = e == ERR_NOTFOUND ? ERR_OK : e;
    }
    if (e == ERR_OK && s->write && s->how == STORE_AGAIN_STRICT) {
        e = check_new(s, idx, side, d);
    }
    if (e == ERR_OK) {
        e = sidecar_open(side, s->write, &s->sidecar, d);
    }
    if (e == ERR_OK) {
        e = s->write ? store_reindex(idx, s->segments, s->how, &s->index, d)
                     : open_index(s, dir, idx, d);
    }
    if (e == ERR_NOSPC && s->late) {
        log_error("store", "%s: nothing is stored until there is room",
                  d->text);
        close_index(s);
        e = ERR_OK;
    }
    return e;
}

/* Is there as much room as the old index takes? */
static bool has_room(const struct store *s)
{
    struct look old = {0};
    struct statvfs at;
    return look_at(s->path, &old, NULL) != ERR_OK ||
           statvfs(s->path, &at) != 0 ||
           (uint64_t)at.f_bavail * at.f_frsize >= old.bytes;
}

/* The index, if the store was opened without one. */
static enum err get_ready(struct store *s)
{
    struct diag d = {{0}};
    int64_t now_us = clock_mono_us();
    if (s->index.self) {
        return ERR_OK;
    }
    if (!has_room(s) || now_us < s->tried_us + RETRY_US) {
        return ERR_NOSPC;
    }
    s->tried_us = now_us;
    enum err e =
        store_reindex(s->path, s->segments, STORE_AGAIN_STRICT, &s->index, &d);
    if (e != ERR_OK) {
        log_error("store", "%s", d.text[0] ? d.text : err_str(e));
        close_index(s);
    }
    return e;
}

static enum err count_one(void *arg, const char *uid)
{
    (void)uid;
    ++*(uint64_t *)arg;
    return ERR_OK;
}

static enum err count_lost(struct store *s)
{
    uint64_t n = 0;
    enum err e =
        s->index.self ? s->index.lost(s->index.self, count_one, &n) : ERR_OK;
    if (e == ERR_OK) {
        __atomic_store_n(&s->lost, n, __ATOMIC_RELEASE);
    }
    return e;
}

/* One who is to write looks whether what is there is whole: all of it would
 * take hours. */
static enum err look_at_some(struct store *s)
{
    enum err e = s->write && s->index.self && s->how == STORE_AGAIN_STRICT
                     ? store_loss_sample(&s->index, s->segments, &s->bad)
                     : ERR_OK;
    return e == ERR_NOMEM ? e : ERR_OK; /* it is not what opening is for */
}

static enum err open_as(const char *dir, enum store_mode mode,
                        enum store_again how, struct store **out,
                        struct diag *d)
{
    struct store *s = calloc(1, sizeof(*s));
    if (!s) {
        return ERR_NOMEM;
    }
    pthread_mutexattr_t attr;
    if (pthread_mutexattr_init(&attr) != 0 ||
        pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE) != 0 ||
        pthread_mutex_init(&s->lock, &attr) != 0) {
        free(s);
        return ERR_NOMEM;
    }
    pthread_mutexattr_destroy(&attr);
    s->lock_fd = s->dir_fd = -1;
    s->write = mode != STORE_READ;
    s->late = mode == STORE_SERVE;
    s->tried_us = -RETRY_US;
    s->how = how;
    buf_init(&s->meta, META_MAX);
    enum err e = open_parts(s, dir, d);
    if (e == ERR_OK) {
        e = count_lost(s);
    }
    if (e == ERR_OK) {
        e = look_at_some(s);
    }
    if (e != ERR_OK) {
        store_close(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

enum err store_open(const char *dir, enum store_mode mode, struct store **out,
                    struct diag *d)
{
    return open_as(dir, mode, STORE_AGAIN_STRICT, out, d);
}

enum err store_rebuild(const char *dir, bool foreign, struct store **out,
                       struct diag *d)
{
    return open_as(dir, STORE_WRITE,
                   foreign ? STORE_AGAIN_FOREIGN : STORE_AGAIN_ANEW, out, d);
}

void store_close(struct store *s)
{
    if (!s) {
        return;
    }
    close_index(s);
    sidecar_close(s->sidecar);
    segments_close(s->segments);
    buf_fini(&s->meta);
    if (s->dir_fd >= 0) {
        close(s->dir_fd);
    }
    if (s->lock_fd >= 0) {
        close(s->lock_fd);
    }
    pthread_mutex_destroy(&s->lock);
    free(s);
}

bool store_broken(const struct store *s)
{
    return __atomic_load_n(&s->broken, __ATOMIC_ACQUIRE) != ERR_OK;
}

bool store_stands(struct store *s)
{
    if (pthread_mutex_trylock(&s->lock) != 0) {
        return true;
    }
    bool stands = segments_stand(s->segments);
    pthread_mutex_unlock(&s->lock);
    return stands;
}

enum err store_refuses(const struct store *s, const char **what)
{
    enum err e = __atomic_load_n(&s->refused, __ATOMIC_ACQUIRE);
    *what = e == ERR_OK ? NULL : __atomic_load_n(&s->what, __ATOMIC_ACQUIRE);
    return e;
}

unsigned store_bad(const struct store *s)
{
    return s->bad;
}

uint64_t store_lost(const struct store *s)
{
    return __atomic_load_n(&s->lost, __ATOMIC_ACQUIRE);
}

static enum err break_store(struct store *s, enum err why)
{
    __atomic_store_n(&s->broken, why, __ATOMIC_RELEASE);
    return why;
}

/* ---- writing ----------------------------------------------------------------
 */

static enum err put_tags(struct store *s, struct store_put *batch, size_t n)
{
    const struct store_row **fresh = calloc(n, sizeof(*fresh));
    if (!fresh) {
        return ERR_NOMEM;
    }
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        if (!batch[i].duplicate || batch[i].another) {
            fresh[k++] = &batch[i].row;
        }
    }
    enum err e = sidecar_add(s->sidecar, fresh, k);
    free(fresh);
    return e;
}

/* What is written next; if it fails, that is what could not be. */
static void writes(struct store *s, const char *what)
{
    __atomic_store_n(&s->what, what, __ATOMIC_RELEASE);
}

static enum err put_commit(struct store *s)
{
    bool fsync_failed = false;
    writes(s, "segments");
    enum err e = segments_commit(s->segments, &fsync_failed);
    if (e != ERR_OK) {
        s->index.rollback(s->index.self);
        return fsync_failed ? break_store(s, e) : e;
    }
    uint32_t segment = 0;
    uint64_t offset = 0;
    segments_end(s->segments, &segment, &offset);
    writes(s, "index");
    e = s->index.set_end(s->index.self, segment, offset);
    if (e == ERR_OK) {
        e = s->index.commit(s->index.self);
    }
    if (e != ERR_OK) {
        s->index.rollback(s->index.self);
        if (segments_uncommit(s->segments) != ERR_OK) {
            return break_store(s, e);
        }
    }
    return e;
}

/* What the clocks of those who send say. */
static void note_claims(struct store *s, const struct store_put *batch,
                        size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct store_row *row = &batch[i].row;
        bool newer = row->timing == TIMING_IN_TIME &&
                     !store_claim_vouched(row) && row->claimed_s > s->claim_s;
        s->claim_s = newer ? row->claimed_s : s->claim_s;
    }
}

static enum err put_all(struct store *s, struct store_put *batch, size_t n)
{
    enum err e = s->index.begin(s->index.self);
    if (e != ERR_OK) {
        return e;
    }
    for (size_t i = 0; i < n && e == ERR_OK; i++) {
        e = store_record_put(&s->index, s->segments, &s->meta, &batch[i]);
    }
    if (e == ERR_OK) {
        writes(s, "sidecar");
        e = put_tags(s, batch, n);
    }
    if (e != ERR_OK) {
        segments_abort(s->segments);
        s->index.rollback(s->index.self);
        return e;
    }
    e = put_commit(s);
    if (e == ERR_OK) {
        note_claims(s, batch, n);
    }
    /* what was lost may have come again; many are counted at the next start */
    uint64_t lost = store_lost(s);
    if (e == ERR_OK && lost > 0 && lost <= LOST_FEW &&
        count_lost(s) != ERR_OK) {
        log_warn("store", "what is lost could not be counted");
    }
    return e;
}

enum err store_put(struct store *s, struct store_put *batch, size_t n,
                   struct diag *d)
{
    if (!s->write || n == 0) {
        return ERR_INVAL;
    }
    pthread_mutex_lock(&s->lock);
    writes(s, store_broken(s) ? "segments" : "index");
    enum err e = store_broken(s) ? s->broken : get_ready(s);
    e = e == ERR_OK ? put_all(s, batch, n) : e;
    /* these are about a record, not about the store */
    if (e != ERR_LIMIT && e != ERR_EXISTS && e != ERR_INVAL) {
        __atomic_store_n(&s->refused, e, __ATOMIC_RELEASE);
    }
    if (e != ERR_OK) {
        diag_set(d, e, "cannot store %zu record%s: %s, writing the %s%s", n,
                 n == 1 ? "" : "s", err_str(e), s->what,
                 store_broken(s) ? ", nothing more until the next start" : "");
    }
    pthread_mutex_unlock(&s->lock);
    return e;
}

static enum err late_all(struct store *s, const struct store_row *row,
                         struct str record)
{
    enum err e = s->index.begin(s->index.self);
    if (e != ERR_OK) {
        return e;
    }
    buf_clear(&s->meta);
    e = store_record_late(&s->index, s->segments, &s->meta, row, record);
    if (e != ERR_OK) {
        segments_abort(s->segments);
        s->index.rollback(s->index.self);
        return e;
    }
    return put_commit(s);
}

enum err store_late(struct store *s, const struct store_row *row,
                    struct diag *d)
{
    struct buf record;
    if (!s->write) {
        return ERR_INVAL;
    }
    buf_init(&record, LATE_RECORD_MAX);
    pthread_mutex_lock(&s->lock);
    enum err e = store_broken(s) ? s->broken : get_ready(s);
    if (e == ERR_OK) {
        e = store_get(s, row->uid, &record);
    }
    if (e == ERR_OK) {
        e = late_all(s, row, buf_str(&record));
    }
    pthread_mutex_unlock(&s->lock);
    buf_fini(&record);
    return e == ERR_OK ? e
                       : diag_set(d, e, "%s: what a control said of it: %s",
                                  row->uid, err_str(e));
}

/* One small transaction; counters need no fsync. */
static enum err count_in(struct store *s, const uint8_t *once,
                         const char *reason, uint64_t n)
{
    char name[64];
    snprintf(name, sizeof(name), STORE_INDEX_REJECTED "%.40s", reason);
    enum err e = s->index.begin(s->index.self);
    if (e != ERR_OK) {
        return e;
    }
    e = once ? s->index.once(s->index.self, once) : ERR_OK;
    if (e == ERR_OK) {
        e = s->index.count(s->index.self, name, n);
    }
    if (e == ERR_OK) {
        e = s->index.commit(s->index.self);
    }
    if (e != ERR_OK) {
        s->index.rollback(s->index.self);
    }
    return e;
}

enum err store_count_rejected(struct store *s, const char *reason, uint64_t n)
{
    pthread_mutex_lock(&s->lock);
    enum err e = get_ready(s);
    e = e == ERR_OK ? count_in(s, NULL, reason, n) : e;
    pthread_mutex_unlock(&s->lock);
    return e;
}

enum err store_reject_once(struct store *s, const uint8_t hash[SHA256_LEN],
                           const char *reason)
{
    pthread_mutex_lock(&s->lock);
    enum err e = get_ready(s);
    e = e == ERR_OK ? count_in(s, hash, reason, 1) : e;
    pthread_mutex_unlock(&s->lock);
    return e == ERR_EXISTS ? ERR_OK : e;
}

enum err store_day_key(struct store *s, int64_t when_s,
                       uint8_t key[CRYPTO_KEY_LEN])
{
    pthread_mutex_lock(&s->lock);
    enum err e = s->write ? sidecar_key(s->sidecar, when_s, key) : ERR_INVAL;
    pthread_mutex_unlock(&s->lock);
    return e;
}

enum err store_settle(struct store *s, int64_t day, struct str counts)
{
    pthread_mutex_lock(&s->lock);
    enum err e = s->write ? sidecar_settle(s->sidecar, day, counts) : ERR_INVAL;
    pthread_mutex_unlock(&s->lock);
    return e;
}

enum err store_settled(struct store *s, int64_t day, struct buf *out)
{
    pthread_mutex_lock(&s->lock);
    enum err e = sidecar_settled(s->sidecar, day, out);
    pthread_mutex_unlock(&s->lock);
    return e;
}

/* Whoever counts may take his time: nobody waits for him. */
static enum err settle_all(struct store *s, int64_t now_s,
                           store_settle_fn settle, void *arg)
{
    int64_t days[SIDECAR_DUE_MAX];
    size_t n = 0;
    pthread_mutex_lock(&s->lock);
    enum err e = sidecar_due(s->sidecar, now_s, days, &n);
    pthread_mutex_unlock(&s->lock);
    for (size_t i = 0; i < n && e == ERR_OK; i++) {
        e = settle(arg, s, days[i]);
    }
    return e;
}

enum err store_expire(struct store *s, int64_t now_s, store_settle_fn settle,
                      void *arg)
{
    if (!s->write) {
        return ERR_INVAL;
    }
    enum err e = settle ? settle_all(s, now_s, settle, arg) : ERR_OK;
    if (e == ERR_OK) {
        pthread_mutex_lock(&s->lock);
        e = sidecar_expire(s->sidecar, now_s);
        pthread_mutex_unlock(&s->lock);
    }
    return e;
}

enum err store_clock(struct store *s, int64_t now_s,
                     enum store_clock_says *says, int64_t *believed_s)
{
    struct store_clock c;
    *believed_s = now_s;
    *says = STORE_CLOCK_GOOD;
    pthread_mutex_lock(&s->lock);
    enum err e = s->write ? sidecar_clock(s->sidecar, now_s, &c) : ERR_INVAL;
    if (e == ERR_OK) {
        *says = store_clock_tell(&c, now_s, s->claim_s);
        *believed_s = now_s < c.last_s ? now_s : c.last_s;
        __atomic_store_n(&s->clock_s, c.last_s, __ATOMIC_RELEASE);
        e = sidecar_clock_keep(s->sidecar, &c);
    }
    pthread_mutex_unlock(&s->lock);
    return e;
}

enum store_clock_says store_clock_now(const struct store *s, int64_t now_s)
{
    struct store_clock c = {.last_s =
                                __atomic_load_n(&s->clock_s, __ATOMIC_ACQUIRE)};
    return store_clock_of(&c, now_s);
}

int64_t store_receipt(const struct store *s, int64_t now_s)
{
    return store_clock_now(s, now_s) == STORE_CLOCK_BACK
               ? __atomic_load_n(&s->clock_s, __ATOMIC_ACQUIRE)
               : now_s;
}

/* ---- reading ----------------------------------------------------------------
 */

static enum err is_uid(void *arg, const char *uid)
{
    return strcmp(arg, uid) == 0 ? ERR_EXISTS : ERR_OK;
}

enum err store_get(struct store *s, const char *uid, struct buf *out)
{
    struct segments_pos pos;
    char asked[UID_MAX];
    str_copy(asked, sizeof(asked), uid);
    pthread_mutex_lock(&s->lock);
    enum err e = get_ready(s);
    if (e == ERR_OK) {
        e = s->index.find(s->index.self, uid, &pos);
    }
    if (e == ERR_OK) {
        e = segments_read(s->segments, &pos, NULL, out);
        e = e == ERR_NOTFOUND ? ERR_IO : e; /* its file is gone */
    } else if (e == ERR_NOTFOUND && store_lost(s) > 0) {
        e = s->index.lost(s->index.self, is_uid, asked);
        e = e == ERR_EXISTS ? ERR_IO : e == ERR_OK ? ERR_NOTFOUND : e;
    }
    pthread_mutex_unlock(&s->lock);
    return e;
}

enum err store_late_of(struct store *s, const char *uid, struct buf *out)
{
    struct segments_pos pos;
    struct json_doc *doc = NULL;
    struct diag d;
    struct buf facts;
    buf_init(&facts, META_MAX);
    pthread_mutex_lock(&s->lock);
    enum err e = get_ready(s);
    if (e == ERR_OK) {
        e = s->index.find(s->index.self, uid, &pos);
    }
    if (e == ERR_OK) {
        e = segments_read(s->segments, &pos, &facts, NULL);
    }
    pthread_mutex_unlock(&s->lock);
    if (e == ERR_OK) {
        e = json_parse(buf_str(&facts), NULL, &doc, &d);
    }
    struct str late = json_str(json_get(json_root(doc), "late_control"));
    if (e == ERR_OK) {
        e = late.len > 0 ? buf_add_str(out, late) : ERR_NOTFOUND;
    }
    json_doc_free(doc);
    buf_fini(&facts);
    return e;
}

struct scan_arg {
    struct store *s;
    store_row_fn fn;
    void *arg;
    enum err e;
};

static bool scan_row(void *arg, const struct store_row *found)
{
    struct scan_arg *a = arg;
    struct store_row row = *found;
    a->e = sidecar_fill(a->s->sidecar, &row);
    return a->e == ERR_OK && a->fn(a->arg, &row);
}

enum err store_scan(struct store *s, const struct store_filter *f,
                    store_row_fn fn, void *arg)
{
    struct scan_arg a = {.s = s, .fn = fn, .arg = arg};
    pthread_mutex_lock(&s->lock);
    enum err e = get_ready(s);
    e = e == ERR_OK ? s->index.scan(s->index.self, f, scan_row, &a) : e;
    pthread_mutex_unlock(&s->lock);
    return e != ERR_OK ? e : a.e;
}

enum err store_stats(struct store *s, struct store_stats *out)
{
    struct store_stats stats = {0};
    pthread_mutex_lock(&s->lock);
    enum err e = get_ready(s);
    e = e == ERR_OK ? s->index.stats(s->index.self, &stats) : e;
    pthread_mutex_unlock(&s->lock);
    if (e != ERR_OK) {
        store_stats_fini(&stats);
        return e;
    }
    *out = stats;
    return ERR_OK;
}

void store_stats_fini(struct store_stats *stats)
{
    free(stats->by_country);
    free(stats->by_test);
    free(stats->rejected);
    stats->by_country = NULL;
    stats->by_test = NULL;
    stats->rejected = NULL;
    stats->n_countries = stats->n_tests = stats->n_rejected = 0;
}
