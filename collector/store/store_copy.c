// SPDX-License-Identifier: Apache-2.0
/* What is copied appears whole or not at all. */
#include "collector/store/store_copy.h"

#include "base/fs.h"
#include "base/look.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP ((size_t)1 << 20)

static enum err failed(struct diag *d, const char *path, enum err e)
{
    return diag_set(d, e, "%.300s: %s", path, err_str(e));
}

/* Reads up to `max` bytes, hashes them, and writes them unless `out` is -1. */
static enum err pump(int in, int out, uint64_t max, uint8_t sum[SHA256_LEN],
                     uint64_t *bytes)
{
    struct sha256 hash;
    enum err e = ERR_OK;
    uint8_t *step = malloc(STEP);
    if (!step) {
        return ERR_NOMEM;
    }
    crypto_sha256_init(&hash);
    *bytes = 0;
    while (e == ERR_OK && *bytes < max) {
        size_t want = max - *bytes < STEP ? (size_t)(max - *bytes) : STEP;
        ssize_t n = read(in, step, want);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            e = n < 0 ? err_from_errno(errno) : ERR_OK;
            break;
        }
        crypto_sha256_add(&hash, (struct str){(const char *)step, (size_t)n});
        e = out >= 0 ? fs_write_all(out, step, (size_t)n) : ERR_OK;
        *bytes += (uint64_t)n;
    }
    crypto_sha256_end(&hash, sum);
    free(step);
    return e;
}

bool store_copy_left_out(const char *below, const char *name)
{
    if (strcmp(below, "sidecar") == 0) {
        return !str_ends(str_c(name), ".tags") &&
               !str_ends(str_c(name), ".counts");
    }
    return below[0] == '\0' &&
           (strcmp(name, "lock") == 0 || strcmp(name, STORE_COPY_LIST) == 0 ||
            str_starts(str_c(name), "index.sqlite-") ||
            str_starts(str_c(name), "index.sqlite."));
}

/* Neither a link, behind which another's file may stand, nor a pipe, for whose
 * other end we would wait for ever. */
static enum err open_file(const char *path, int *fd, struct diag *d)
{
    struct look seen;
    int in = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (in < 0) {
        return errno == ELOOP ? diag_set(d, ERR_INVAL,
                                         "%.250s: is a link, not a file", path)
                              : failed(d, path, err_from_errno(errno));
    }
    enum err e = look_fd(in, &seen);
    if (e == ERR_OK && seen.kind != LOOK_FILE) {
        e = diag_set(d, ERR_INVAL, "%.250s: is not a file", path);
    } else if (e != ERR_OK) {
        e = failed(d, path, e);
    }
    if (e != ERR_OK) {
        close(in);
        return e;
    }
    *fd = in;
    return ERR_OK;
}

enum err store_copy_file(const char *from, const char *to, uint64_t max,
                         uint8_t sum[SHA256_LEN], uint64_t *bytes,
                         struct diag *d)
{
    int in = -1;
    enum err e = open_file(from, &in, d);
    if (e != ERR_OK) {
        return e;
    }
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out < 0) {
        e = err_from_errno(errno);
        close(in);
        return failed(d, to, e);
    }
    e = pump(in, out, max, sum, bytes);
    if (e == ERR_OK && fsync(out) != 0) {
        e = err_from_errno(errno);
    }
    close(in);
    if (close(out) != 0 && e == ERR_OK) {
        e = err_from_errno(errno);
    }
    if (e != ERR_OK) {
        unlink(to);
        return failed(d, to, e);
    }
    return ERR_OK;
}

enum err store_copy_sum(const char *path, uint8_t sum[SHA256_LEN],
                        struct diag *d)
{
    uint64_t bytes = 0;
    int in = -1;
    enum err e = open_file(path, &in, d);
    if (e != ERR_OK) {
        return e;
    }
    e = pump(in, -1, UINT64_MAX, sum, &bytes);
    close(in);
    return e == ERR_OK ? e : failed(d, path, e);
}

static enum err any_name(void *arg, const char *name)
{
    (void)arg;
    (void)name;
    return ERR_EXISTS;
}

/* Something is there already: it may go if one of us began it, and nobody holds
 * its mark any more, or if nothing is in it. */
static enum err clear_left(const struct store_copy *c, bool marked,
                           struct diag *d)
{
    if (!marked && look_each(c->made, any_name, NULL, d) != ERR_OK) {
        return diag_set(d, ERR_EXISTS,
                        "%.250s: is in the way: it is no copy that was begun "
                        "here",
                        c->made);
    }
    enum err e = fs_remove_tree(c->made, d);
    if (e == ERR_OK && mkdir(c->made, 0700) != 0) {
        e = err_from_errno(errno);
    }
    return e == ERR_OK ? e : failed(d, c->made, e);
}

/* The mark is taken before the directory is made, and goes after it. */
static enum err make_marked(struct store_copy *c, struct diag *d)
{
    struct look seen;
    int holder = 0;
    bool marked = look_link(c->mark, &seen, NULL) == ERR_OK;
    enum err e = fs_lock(c->mark, &c->lock, &holder);
    if (e == ERR_BUSY) {
        return diag_set(d, e, "%.250s: is being made by process %d", c->made,
                        holder);
    }
    if (e != ERR_OK) {
        return failed(d, c->mark, e);
    }
    if (mkdir(c->made, 0700) != 0) {
        e = err_from_errno(errno);
        e = e == ERR_EXISTS ? clear_left(c, marked, d) : failed(d, c->made, e);
    }
    if (e != ERR_OK) {
        unlink(c->mark);
        close(c->lock);
    }
    return e;
}

enum err store_copy_begin(const char *target, struct store_copy *c,
                          struct diag *d)
{
    size_t n = strlen(target);
    *c = (struct store_copy){.lock = -1};
    while (n > 1 && target[n - 1] == '/') {
        n--;
    }
    if ((size_t)snprintf(c->made, sizeof(c->made), "%.*s.partial", (int)n,
                         target) >= sizeof(c->made) ||
        (size_t)snprintf(c->mark, sizeof(c->mark), "%.*s.partial.lock", (int)n,
                         target) >= sizeof(c->mark)) {
        return failed(d, target, ERR_LIMIT);
    }
    enum err e = look_each(target, any_name, NULL, d);
    if (e == ERR_EXISTS) {
        return diag_set(d, e, "%.300s: is not empty", target);
    }
    return e == ERR_OK || e == ERR_NOTFOUND ? make_marked(c, d) : e;
}

enum err store_copy_drop(struct store_copy *c, enum err e, struct diag *d)
{
    if (fs_remove_tree(c->made, NULL) == ERR_OK) {
        unlink(c->mark);
    } else {
        diag_set(d, e, "%.250s; %.60s is left", d->text, c->made);
    }
    close(c->lock);
    return e;
}

struct owner {
    const char *dir, *other;
    unsigned depth;
};

static enum err give_one(void *arg, const char *name);

/* Everything below `dir`, and itself, to the owner of `other`. */
static enum err give(const char *dir, const char *other, unsigned depth)
{
    struct owner o = {dir, other, depth};
    struct look seen;
    enum err e = look_link(dir, &seen, NULL);
    if (e == ERR_OK && seen.kind == LOOK_DIR && depth < 16) {
        e = look_each(dir, give_one, &o, NULL);
    }
    return e == ERR_OK ? fs_owner_of(dir, other) : e;
}

static enum err give_one(void *arg, const char *name)
{
    const struct owner *o = arg;
    char path[PATH_MAX];
    enum err e = fs_join(path, sizeof(path), o->dir, name);
    return e == ERR_OK ? give(path, o->other, o->depth + 1) : e;
}

/* What became of the names beside each other is on the disk. */
static enum err sync_beside(const char *made)
{
    char parent[PATH_MAX];
    str_copy(parent, sizeof(parent), made);
    char *slash = strrchr(parent, '/');
    if (slash) {
        slash[slash == parent] = '\0';
    }
    return fs_fsync_dir(slash ? parent : ".");
}

enum err store_copy_end(const char *target, struct store_copy *c,
                        struct diag *d)
{
    struct look seen;
    enum err e = look_at(target, &seen, NULL) == ERR_OK
                     ? give(c->made, target, 0)
                     : ERR_OK;
    if (e == ERR_OK && rename(c->made, target) != 0) {
        if (errno == EBUSY) {
            return diag_set(d, ERR_BUSY,
                            "%.250s: is a disk of its own: name a directory "
                            "on it",
                            target);
        }
        e = err_from_errno(errno);
    }
    if (e == ERR_OK) {
        unlink(c->mark);
        e = sync_beside(c->made);
    }
    if (e == ERR_OK) {
        close(c->lock);
    }
    return e == ERR_OK ? e : failed(d, target, e);
}
