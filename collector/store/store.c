// SPDX-License-Identifier: Apache-2.0
/* A batch becomes durable in this order: tags into the day's sidecar, rows
 * into an open transaction of the index, frames into the segment with one
 * fsync, commit of the index. A crash before the fsync leaves nothing that was
 * acknowledged; a crash after it leaves frames that the next writer reads into
 * the index.
 */
#include "collector/store/sidecar.h"
#include "collector/store/store_index.h"

#include "base/fs.h"
#include "base/json_out.h"
#include "base/log.h"
#include "verdict/verdict.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define META_MAX      (200u << 10)
#define CATCHUP_BATCH 5000
#define UID_ATTEMPTS  3

struct store {
    pthread_mutex_t lock; /* recursive: a scan's callback may get records */
    int lock_fd;
    bool write;
    enum err broken; /* why nothing more is stored */
    struct segments *segments;
    struct store_index *index;
    struct sidecar *sidecar;
    struct buf meta;
    unsigned pending; /* rows of the catching up not committed yet */
};

/* ---- facts about a record, as they stand in its frame ----------------------
 */

static enum err meta_write(struct buf *out, const struct store_row *row)
{
    char hash[2 * SHA256_LEN + 1];
    hex_encode(row->hash, SHA256_LEN, hash);
    struct jw w;
    jw_init(&w, out);
    jw_obj(&w);
    jw_kc(&w, "uid", row->uid);
    jw_kc(&w, "hash", hash);
    jw_ki(&w, "start", row->start_s);
    jw_ki(&w, "receipt", row->receipt_s);
    jw_kc(&w, "cc", row->cc);
    jw_ki(&w, "asn", row->asn);
    jw_kc(&w, "network", row->network_name);
    jw_kc(&w, "input", row->input);
    jw_kc(&w, "domain", row->domain);
    jw_kc(&w, "category", row->category);
    jw_kc(&w, "report_id", row->report_id);
    jw_kc(&w, "foreign_uid", row->foreign_uid);
    jw_kc(&w, "software", row->software);
    jw_kc(&w, "blocking", row->blocking);
    jw_kc(&w, "state", xstate_name((enum xstate)row->state));
    jw_kc(&w, "method", row->method);
    jw_key(&w, "confidence");
    jw_num(&w, row->confidence);
    jw_kc(&w, "reasons", row->reasons);
    jw_kb(&w, "inferred", row->inferred_location);
    jw_kb(&w, "verified", row->control_verified);
    jw_obj_end(&w);
    return out->failed;
}

static const char *text(const struct json *obj, const char *key)
{
    const char *s = json_cstr(json_get(obj, key));
    return s ? s : "";
}

static int state_of(const char *name)
{
    for (int i = 0; i < 5; i++) {
        if (strcmp(xstate_name((enum xstate)i), name) == 0) {
            return i;
        }
    }
    return X_INCONCLUSIVE;
}

static enum err meta_read(const struct json *m, struct store_row *row)
{
    *row = (struct store_row){0};
    int64_t asn = 0;
    if (hex_decode(json_str(json_get(m, "hash")), row->hash, SHA256_LEN) !=
            ERR_OK ||
        !json_i64(json_get(m, "start"), &row->start_s) ||
        !json_i64(json_get(m, "receipt"), &row->receipt_s) ||
        !json_i64(json_get(m, "asn"), &asn) || asn < 0 || asn > UINT32_MAX ||
        str_copy(row->uid, sizeof(row->uid), text(m, "uid")) == 0) {
        return ERR_PARSE;
    }
    str_copy(row->cc, sizeof(row->cc), text(m, "cc"));
    row->asn = (uint32_t)asn;
    row->network_name = text(m, "network");
    row->input = text(m, "input");
    row->domain = text(m, "domain");
    row->category = text(m, "category");
    row->report_id = text(m, "report_id");
    row->foreign_uid = text(m, "foreign_uid");
    row->software = text(m, "software");
    row->blocking = text(m, "blocking");
    row->state = state_of(text(m, "state"));
    row->method = text(m, "method");
    row->reasons = text(m, "reasons");
    /* what is absent stays 0 or false */
    (void)json_num(json_get(m, "confidence"), &row->confidence);
    (void)json_bool(json_get(m, "inferred"), &row->inferred_location);
    (void)json_bool(json_get(m, "verified"), &row->control_verified);
    return ERR_OK;
}

/* ---- bringing the index up to date ------------------------------------------
 */

static enum err catch_up_commit(struct store *s)
{
    s->pending = 0;
    enum err e = index_commit(s->index);
    return e == ERR_OK ? index_begin(s->index) : e;
}

static enum err catch_up_one(void *arg, const struct segments_pos *pos,
                             struct str meta, struct str record)
{
    struct store *s = arg;
    struct json_doc *doc = NULL;
    struct diag d;
    enum err e = json_parse(meta, &json_default_limits, &doc, &d);
    struct store_row row;
    if (e == ERR_OK) {
        e = meta_read(json_root(doc), &row);
    }
    if (e == ERR_PARSE) {
        log_warn("store", "segment %u: unreadable facts at %llu passed over",
                 pos->segment, (unsigned long long)pos->offset);
        e = ERR_OK;
    } else if (e == ERR_OK) {
        e = index_add(s->index, &row, pos, record.len);
        e = e == ERR_EXISTS ? ERR_OK : e;
        if (e == ERR_OK && ++s->pending >= CATCHUP_BATCH) {
            e = catch_up_commit(s);
        }
    }
    json_doc_free(doc);
    return e;
}

static enum err catch_up(struct store *s, uint32_t segment, uint64_t offset)
{
    enum err e = index_begin(s->index);
    if (e != ERR_OK) {
        return e;
    }
    e = segments_scan(s->segments, segment, offset, catch_up_one, s);
    if (e == ERR_OK) {
        segments_end(s->segments, &segment, &offset);
        e = index_set_end(s->index, segment, offset);
    }
    if (e == ERR_OK) {
        e = index_commit(s->index);
    }
    if (e != ERR_OK) {
        index_rollback(s->index);
    }
    return e;
}

static enum err index_remove(const char *path)
{
    static const char *const suffix[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        char name[PATH_MAX + 8];
        snprintf(name, sizeof(name), "%s%s", path, suffix[i]);
        if (unlink(name) != 0 && access(name, F_OK) == 0) {
            return ERR_ACCESS;
        }
    }
    return ERR_OK;
}

/* Opens the index for writing; one that is damaged, or knows of more than the
 * segments hold, is made again. */
static enum err index_ready(struct store *s, const char *path, struct diag *d)
{
    uint32_t segment = 0, last = 0;
    uint64_t offset = 0, len = 0;
    enum err e = index_open(path, true, &s->index, d);
    if (e == ERR_OK) {
        e = index_end(s->index, &segment, &offset);
    }
    segments_end(s->segments, &last, &len);
    bool ahead = segment > last || (segment == last && offset > len);
    if (e == ERR_PARSE || (e == ERR_OK && ahead)) {
        log_warn("store", "%s does not fit the segments: made again", path);
        index_close(s->index);
        s->index = NULL;
        segment = 0;
        offset = 0;
        e = index_remove(path);
        if (e == ERR_OK) {
            e = index_open(path, true, &s->index, d);
        }
    }
    if (e == ERR_OK) {
        e = catch_up(s, segment, offset);
        if (e != ERR_OK) {
            diag_set(d, e, "%s: %s", path, err_str(e));
        }
    }
    return e;
}

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
    if (e == ERR_BUSY) {
        return diag_set(d, e, "%s: in use by process %d", dir, holder);
    }
    if (e != ERR_OK) {
        return diag_set(d, e, "%s: cannot lock: %s", dir, err_str(e));
    }
    return ERR_OK;
}

static enum err open_parts(struct store *s, const char *dir, struct diag *d)
{
    char seg[PATH_MAX], side[PATH_MAX], idx[PATH_MAX];
    if (fs_join(seg, sizeof(seg), dir, "segments") != ERR_OK ||
        fs_join(side, sizeof(side), dir, "sidecar") != ERR_OK ||
        fs_join(idx, sizeof(idx), dir, "index.sqlite") != ERR_OK) {
        return diag_set(d, ERR_LIMIT, "%s: path too long", dir);
    }
    enum err e = ERR_OK;
    if (s->write) {
        e = fs_mkdirs(dir, 0700, d);
        if (e == ERR_OK) {
            e = take_lock(s, dir, d);
        }
    } else if (access(idx, F_OK) != 0) {
        return diag_set(d, ERR_NOTFOUND, "%s: no measurements are kept here",
                        dir);
    }
    if (e == ERR_OK) {
        e = segments_open(seg, s->write, &s->segments, d);
    }
    if (e == ERR_OK) {
        e = sidecar_open(side, s->write, &s->sidecar, d);
    }
    if (e == ERR_OK) {
        e = s->write ? index_ready(s, idx, d)
                     : index_open(idx, false, &s->index, d);
    }
    return e;
}

enum err store_open(const char *dir, enum store_mode mode, struct store **out,
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
    s->lock_fd = -1;
    s->write = mode == STORE_WRITE;
    buf_init(&s->meta, META_MAX);
    enum err e = open_parts(s, dir, d);
    if (e != ERR_OK) {
        store_close(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

void store_close(struct store *s)
{
    if (!s) {
        return;
    }
    index_close(s->index);
    sidecar_close(s->sidecar);
    segments_close(s->segments);
    buf_fini(&s->meta);
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

static enum err break_store(struct store *s, enum err why)
{
    __atomic_store_n(&s->broken, why, __ATOMIC_RELEASE);
    return why;
}

/* ---- writing ----------------------------------------------------------------
 */

/* An equal uid of other content takes the next digits of the hash. */
static enum err choose_uid(struct store *s, struct store_row *row)
{
    for (unsigned attempt = 0; attempt < UID_ATTEMPTS; attempt++) {
        bool taken = false;
        enum err e = uid_text(row->hash, row->start_s, row->receipt_s, row->cc,
                              attempt, row->uid);
        if (e == ERR_OK) {
            e = index_has_uid(s->index, row->uid, &taken);
        }
        if (e != ERR_OK || !taken) {
            return e;
        }
    }
    return ERR_EXISTS;
}

static enum err put_one(struct store *s, struct store_put *p)
{
    enum err e = index_find_hash(s->index, p->row.hash, p->row.uid);
    if (e == ERR_OK) {
        p->duplicate = true;
        return p->uncounted ? ERR_OK : index_count(s->index, "duplicates", 1);
    }
    p->duplicate = false;
    if (e == ERR_NOTFOUND) {
        e = choose_uid(s, &p->row);
    }
    struct segments_pos pos;
    if (e == ERR_OK) {
        buf_clear(&s->meta);
        e = meta_write(&s->meta, &p->row);
    }
    if (e == ERR_OK) {
        e = segments_add(s->segments, buf_str(&s->meta), p->record, &pos);
    }
    return e == ERR_OK ? index_add(s->index, &p->row, &pos, p->record.len) : e;
}

static enum err put_tags(struct store *s, struct store_put *batch, size_t n)
{
    const struct store_put **fresh = calloc(n, sizeof(*fresh));
    if (!fresh) {
        return ERR_NOMEM;
    }
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        if (!batch[i].duplicate) {
            fresh[k++] = &batch[i];
        }
    }
    enum err e = sidecar_add(s->sidecar, fresh, k);
    free(fresh);
    return e;
}

static enum err put_commit(struct store *s)
{
    bool fsync_failed = false;
    enum err e = segments_commit(s->segments, &fsync_failed);
    if (e != ERR_OK) {
        index_rollback(s->index);
        return fsync_failed ? break_store(s, e) : e;
    }
    uint32_t segment = 0;
    uint64_t offset = 0;
    segments_end(s->segments, &segment, &offset);
    e = index_set_end(s->index, segment, offset);
    if (e == ERR_OK) {
        e = index_commit(s->index);
    }
    if (e != ERR_OK) {
        index_rollback(s->index);
        if (segments_uncommit(s->segments) != ERR_OK) {
            return break_store(s, e);
        }
    }
    return e;
}

static enum err put_all(struct store *s, struct store_put *batch, size_t n)
{
    enum err e = index_begin(s->index);
    if (e != ERR_OK) {
        return e;
    }
    for (size_t i = 0; i < n && e == ERR_OK; i++) {
        e = put_one(s, &batch[i]);
    }
    if (e == ERR_OK) {
        e = put_tags(s, batch, n);
    }
    if (e != ERR_OK) {
        segments_abort(s->segments);
        index_rollback(s->index);
        return e;
    }
    return put_commit(s);
}

enum err store_put(struct store *s, struct store_put *batch, size_t n,
                   struct diag *d)
{
    if (!s->write || n == 0) {
        return ERR_INVAL;
    }
    pthread_mutex_lock(&s->lock);
    enum err e = store_broken(s) ? s->broken : put_all(s, batch, n);
    pthread_mutex_unlock(&s->lock);
    if (e != ERR_OK) {
        diag_set(d, e, "cannot store %zu records: %s%s", n, err_str(e),
                 store_broken(s) ? ", nothing more until the next start" : "");
    }
    return e;
}

/* One small transaction; counters need no fsync. */
static enum err count_in(struct store *s, const uint8_t *once,
                         const char *reason, uint64_t n)
{
    char name[64];
    snprintf(name, sizeof(name), "rejected.%.40s", reason);
    enum err e = index_begin(s->index);
    if (e != ERR_OK) {
        return e;
    }
    e = once ? index_once(s->index, once) : ERR_OK;
    if (e == ERR_OK) {
        e = index_count(s->index, name, n);
    }
    if (e == ERR_OK) {
        e = index_commit(s->index);
    }
    if (e != ERR_OK) {
        index_rollback(s->index);
    }
    return e;
}

enum err store_count_rejected(struct store *s, const char *reason, uint64_t n)
{
    pthread_mutex_lock(&s->lock);
    enum err e = count_in(s, NULL, reason, n);
    pthread_mutex_unlock(&s->lock);
    return e;
}

enum err store_reject_once(struct store *s, const uint8_t hash[SHA256_LEN],
                           const char *reason)
{
    pthread_mutex_lock(&s->lock);
    enum err e = count_in(s, hash, reason, 1);
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

enum err store_expire(struct store *s, int64_t now_s)
{
    pthread_mutex_lock(&s->lock);
    enum err e = s->write ? sidecar_expire(s->sidecar, now_s) : ERR_INVAL;
    pthread_mutex_unlock(&s->lock);
    return e;
}

/* ---- reading ----------------------------------------------------------------
 */

enum err store_get(struct store *s, const char *uid, struct buf *out)
{
    struct segments_pos pos;
    pthread_mutex_lock(&s->lock);
    enum err e = index_find(s->index, uid, &pos);
    if (e == ERR_OK) {
        e = segments_read(s->segments, &pos, NULL, out);
    }
    pthread_mutex_unlock(&s->lock);
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
    enum err e = index_scan(s->index, f, scan_row, &a);
    pthread_mutex_unlock(&s->lock);
    return e != ERR_OK ? e : a.e;
}

enum err store_stats(struct store *s, struct store_stats *out)
{
    struct store_stats stats = {0};
    pthread_mutex_lock(&s->lock);
    enum err e = index_stats(s->index, &stats);
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
    free(stats->rejected);
    stats->by_country = NULL;
    stats->rejected = NULL;
    stats->n_countries = stats->n_rejected = 0;
}
