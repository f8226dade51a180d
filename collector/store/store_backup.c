// SPDX-License-Identifier: Apache-2.0
/* The index is copied first. All it knows of was on the disk before it was
 * committed, so what is copied after it holds at least that; segments are cut
 * at the end that it names, behind which a writer may be writing. */
#include "collector/store/store_backup.h"

#include "base/fs.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/look.h"
#include "collector/store/store.h"
#include "collector/store/store_copy.h"
#include "collector/store/store_loss.h"
#include "collector/store/store_origin.h"
#include "collector/store/store_sqlite.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INDEX     "index.sqlite"
#define LIST_MAX  ((size_t)64 << 20)
#define DEPTH_MAX 16

struct backup {
    const char *dir;
    struct store_copy copy;
    struct buf list;
    struct store_backed_up *out;
    struct diag *d;
};

/* A folder on the way. */
struct walk {
    struct backup *b;
    const char *below; /* path from the data directory; "" for itself */
    unsigned depth;
};

static enum err listed(struct backup *b, const char *name,
                       const uint8_t sum[SHA256_LEN], uint64_t bytes)
{
    char hex[2 * SHA256_LEN + 1];
    hex_encode(sum, SHA256_LEN, hex);
    b->out->files++;
    b->out->bytes += bytes;
    return buf_printf(&b->list, "%s  %s\n", hex, name);
}

static enum err copy_one(struct backup *b, const char *name, uint64_t max,
                         uint64_t *bytes)
{
    char from[PATH_MAX], to[PATH_MAX];
    uint8_t sum[SHA256_LEN];
    enum err e = fs_join(from, sizeof(from), b->dir, name);
    if (e == ERR_OK) {
        e = fs_join(to, sizeof(to), b->copy.made, name);
    }
    if (e == ERR_OK) {
        e = store_copy_file(from, to, max, sum, bytes, b->d);
    }
    return e == ERR_OK ? listed(b, name, sum, *bytes) : e;
}

static enum err make_folder(struct backup *b, const char *name)
{
    char path[PATH_MAX];
    enum err e = fs_join(path, sizeof(path), b->copy.made, name);
    return e == ERR_OK ? fs_mkdirs(path, 0700, b->d) : e;
}

/* A copy of what is left would be taken for a whole one. */
static enum err check_whole(const struct backup *b,
                            const struct store_index *ix)
{
    char path[PATH_MAX];
    struct segments *segments = NULL;
    enum err e = fs_join(path, sizeof(path), b->dir, "segments");
    if (e == ERR_OK) {
        e = segments_open(path, false, &segments, b->d);
    }
    if (e == ERR_OK) {
        e = store_origin_check(ix, segments, b->d);
    }
    if (e == ERR_OK) {
        e = store_loss_check(ix, segments, b->d);
    }
    segments_close(segments);
    return e;
}

static enum err copy_index(struct backup *b, uint32_t *segment,
                           uint64_t *offset)
{
    char from[PATH_MAX], to[PATH_MAX];
    uint8_t sum[SHA256_LEN];
    struct store_index ix = {0};
    struct store_stats stats = {0};
    struct look seen = {0};
    enum err e = fs_join(from, sizeof(from), b->dir, INDEX);
    if (e == ERR_OK) {
        e = fs_join(to, sizeof(to), b->copy.made, INDEX);
    }
    if (e == ERR_OK) {
        e = store_sqlite_copy(from, to, b->d);
    }
    if (e == ERR_OK) {
        e = store_sqlite_open(to, false, &ix, b->d);
    }
    if (e == ERR_OK) {
        e = ix.end(ix.self, segment, offset);
        e = e == ERR_OK ? ix.stats(ix.self, &stats) : e;
        b->out->measurements = stats.measurements;
        store_stats_fini(&stats);
        e = e == ERR_OK ? check_whole(b, &ix) : e;
        ix.close(ix.self);
    }
    if (e == ERR_OK) {
        e = look_at(to, &seen, b->d);
    }
    if (e == ERR_OK) {
        e = store_copy_sum(to, sum, b->d);
    }
    return e == ERR_OK ? listed(b, INDEX, sum, seen.bytes) : e;
}

static enum err copy_segments(struct backup *b, uint32_t last, uint64_t end)
{
    enum err e = make_folder(b, "segments");
    for (uint32_t n = 1; e == ERR_OK && n <= last; n++) {
        char name[40];
        uint64_t bytes = 0;
        snprintf(name, sizeof(name), "segments/%08u.seg", n);
        e = copy_one(b, name, n == last ? end : UINT64_MAX, &bytes);
        if (e == ERR_NOTFOUND && n < last) {
            log_warn("store", "%s is missing: the copy has no more", name);
            e = ERR_OK;
        }
        if (e == ERR_OK && n == last && bytes < end) {
            e = diag_set(b->d, ERR_IO, "%s: ends before what the index knows",
                         name);
        }
    }
    return e;
}

/* Or was copied already. */
static bool left_out(const char *below, const char *name)
{
    return store_copy_left_out(below, name) ||
           (below[0] == '\0' &&
            (strcmp(name, "segments") == 0 || strcmp(name, INDEX) == 0));
}

static enum err copy_folder(struct backup *b, const char *below,
                            unsigned depth);

static enum err copy_name(void *arg, const char *name)
{
    const struct walk *w = arg;
    char below[PATH_MAX], path[PATH_MAX];
    struct look seen;
    uint64_t bytes = 0;
    if (left_out(w->below, name)) {
        return ERR_OK;
    }
    enum err e = w->below[0] ? fs_join(below, sizeof(below), w->below, name)
                 : str_copy(below, sizeof(below), name) < sizeof(below)
                     ? ERR_OK
                     : ERR_LIMIT;
    if (e == ERR_OK && strchr(name, '\n')) {
        e = diag_set(w->b->d, ERR_INVAL,
                     "a name with a line feed is not one of ours: %s", below);
    }
    if (e == ERR_OK) {
        e = fs_join(path, sizeof(path), w->b->dir, below);
    }
    if (e == ERR_OK) {
        e = look_at(path, &seen, w->b->d);
    }
    if (e == ERR_OK && seen.kind == LOOK_FILE) {
        e = copy_one(w->b, below, UINT64_MAX, &bytes);
    } else if (e == ERR_OK && seen.kind == LOOK_DIR) {
        e = copy_folder(w->b, below, w->depth + 1);
    }
    return e == ERR_NOTFOUND ? ERR_OK : e; /* expired, or renamed since */
}

static enum err copy_folder(struct backup *b, const char *below, unsigned depth)
{
    struct walk w = {b, below, depth};
    char from[PATH_MAX], to[PATH_MAX];
    enum err e = depth < DEPTH_MAX ? fs_join(from, sizeof(from), b->dir, below)
                                   : ERR_LIMIT;
    if (e == ERR_OK) {
        e = fs_join(to, sizeof(to), b->copy.made, below);
    }
    if (e == ERR_OK) {
        e = make_folder(b, below);
    }
    if (e == ERR_OK) {
        e = look_each(from, copy_name, &w, b->d);
    }
    return e == ERR_OK ? fs_fsync_dir(to) : e;
}

static enum err copy_all(struct backup *b)
{
    uint32_t segment = 0;
    uint64_t offset = 0;
    char path[PATH_MAX];
    enum err e = copy_index(b, &segment, &offset);
    if (e == ERR_OK) {
        e = copy_segments(b, segment, offset);
    }
    if (e == ERR_OK) {
        e = fs_join(path, sizeof(path), b->copy.made, "segments");
        e = e == ERR_OK ? fs_fsync_dir(path) : e;
    }
    if (e == ERR_OK) {
        e = copy_folder(b, "", 0);
    }
    if (e == ERR_OK) {
        e = fs_join(path, sizeof(path), b->copy.made, STORE_COPY_LIST);
    }
    return e == ERR_OK ? fs_write_atomic(path, buf_str(&b->list), 0600, b->d)
                       : e;
}

/* A copy inside of what is copied would have no end. */
static enum err check_outside(const char *dir, const char *made, struct diag *d)
{
    char *a = realpath(dir, NULL), *b = realpath(made, NULL);
    size_t n = a ? strlen(a) : 0;
    enum err e = a && b ? ERR_OK : ERR_NOTFOUND;
    if (e == ERR_OK && strncmp(a, b, n) == 0 && b[n] == '/') {
        e = diag_set(d, ERR_INVAL, "%s: is inside of what is copied", made);
    }
    free(a);
    free(b);
    return e;
}

enum err store_backup(const char *dir, const char *to,
                      struct store_backed_up *out, struct diag *d)
{
    struct store *store = NULL;
    *out = (struct store_backed_up){0};
    /* brings an index of an older version up to date */
    enum err e = store_open(dir, STORE_READ, &store, d);
    store_close(store);
    struct backup *b = e == ERR_OK ? calloc(1, sizeof(*b)) : NULL;
    if (!b) {
        return e == ERR_OK ? ERR_NOMEM : e;
    }
    b->dir = dir;
    b->out = out;
    b->d = d;
    buf_init(&b->list, LIST_MAX);
    e = store_copy_begin(to, &b->copy, d);
    if (e == ERR_OK) {
        e = check_outside(dir, b->copy.made, d);
        e = e == ERR_OK ? copy_all(b) : e;
        e = e == ERR_OK ? store_copy_end(to, &b->copy, d) : e;
        e = e == ERR_OK ? e : store_copy_drop(&b->copy, e, d);
    }
    buf_fini(&b->list);
    free(b);
    return e;
}
