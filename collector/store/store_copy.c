// SPDX-License-Identifier: Apache-2.0
/* What is copied appears whole or not at all. */
#include "collector/store/store_copy.h"

#include "base/fs.h"
#include "base/look.h"

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

enum err store_copy_file(const char *from, const char *to, uint64_t max,
                         uint8_t sum[SHA256_LEN], uint64_t *bytes,
                         struct diag *d)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0) {
        return failed(d, from, err_from_errno(errno));
    }
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out < 0) {
        enum err e = err_from_errno(errno);
        close(in);
        return failed(d, to, e);
    }
    enum err e = pump(in, out, max, sum, bytes);
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
    int in = open(path, O_RDONLY | O_CLOEXEC);
    if (in < 0) {
        return failed(d, path, err_from_errno(errno));
    }
    enum err e = pump(in, -1, UINT64_MAX, sum, &bytes);
    close(in);
    return e == ERR_OK ? e : failed(d, path, e);
}

static enum err any_name(void *arg, const char *name)
{
    (void)arg;
    (void)name;
    return ERR_EXISTS;
}

enum err store_copy_begin(const char *target, char *made, size_t size,
                          struct diag *d)
{
    size_t n = strlen(target);
    while (n > 1 && target[n - 1] == '/') {
        n--;
    }
    if ((size_t)snprintf(made, size, "%.*s.partial", (int)n, target) >= size) {
        return failed(d, target, ERR_LIMIT);
    }
    enum err e = look_each(target, any_name, NULL, d);
    if (e == ERR_EXISTS) {
        return diag_set(d, e, "%.300s: is not empty", target);
    }
    if (e != ERR_OK && e != ERR_NOTFOUND) {
        return e;
    }
    if (mkdir(made, 0700) == 0) {
        return ERR_OK;
    }
    e = err_from_errno(errno);
    return e == ERR_EXISTS
               ? diag_set(d, e,
                          "%.300s: is there already: another one is going on, "
                          "or was cut off and can be removed",
                          made)
               : failed(d, made, e);
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

enum err store_copy_end(const char *target, const char *made, struct diag *d)
{
    char parent[PATH_MAX];
    struct look seen;
    enum err e =
        look_at(target, &seen, NULL) == ERR_OK ? give(made, target, 0) : ERR_OK;
    if (e == ERR_OK && rename(made, target) != 0) {
        if (errno == EBUSY) {
            return diag_set(d, ERR_BUSY,
                            "%.300s: is a disk of its own: name a directory "
                            "on it",
                            target);
        }
        e = err_from_errno(errno);
    }
    if (e == ERR_OK) {
        str_copy(parent, sizeof(parent), made);
        char *slash = strrchr(parent, '/');
        if (slash) {
            slash[slash == parent] = '\0';
        }
        e = fs_fsync_dir(slash ? parent : ".");
    }
    return e == ERR_OK ? e : failed(d, target, e);
}
