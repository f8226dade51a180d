// SPDX-License-Identifier: Apache-2.0
/* The key in memory, and what is sealed with it. */
#include "probe/volunteer/seal.h"

#include "base/cur.h"
#include "base/fs.h"
#include "base/look.h"
#include "probe/volunteer/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define KEY_NAME "key"
#define ABOUT    STR("parallax sealed 1")
#define LEN_LEN  4u
/* As whom one sees users outside of the namespace that one is in, root too
 * (user_namespaces(7)). */
#define OVERFLOW_UID 65534u

/* ---- the file of the key ------------------------------------------------- */

/* Nothing that is written there reaches a disk, but by swapping. */
static bool in_memory(int fd)
{
    struct statfs fs;
    return fstatfs(fd, &fs) == 0 &&
           (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

/* A directory that is ours alone and in memory, opened; or -1, and why. */
static int open_place(const char *path, struct diag *why)
{
    struct look seen;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        diag_set(why, err_from_errno(errno), "%.200s: %s", path,
                 strerror(errno));
        return -1;
    }
    if (look_fd(fd, &seen) != ERR_OK) {
        diag_set(why, ERR_IO, "%.200s: cannot be looked at", path);
    } else if (!in_memory(fd)) {
        diag_set(why, ERR_INVAL, "%.200s is not in memory (no tmpfs)", path);
    } else if (seen.uid != geteuid() || (seen.mode & 077)) {
        diag_set(why, ERR_ACCESS, "%.200s is not this user's alone", path);
    } else {
        return fd;
    }
    close(fd);
    return -1;
}

static bool read_key(int place, uint8_t key[CRYPTO_KEY_LEN])
{
    uint8_t bytes[CRYPTO_KEY_LEN + 1];
    struct look seen;
    int fd = openat(place, KEY_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool good = look_fd(fd, &seen) == ERR_OK && seen.kind == LOOK_FILE &&
                seen.uid == geteuid() && !(seen.mode & 077) &&
                read(fd, bytes, sizeof(bytes)) == CRYPTO_KEY_LEN;
    close(fd);
    if (good) {
        memcpy(key, bytes, CRYPTO_KEY_LEN);
    }
    crypto_forget(bytes, sizeof(bytes));
    return good;
}

/* A new key gets its name only once it is whole, and only if no other process
 * was faster; then that one's is read. */
static bool make_key(int place, uint8_t key[CRYPTO_KEY_LEN], struct diag *why)
{
    char name[32];
    uint8_t fresh[CRYPTO_KEY_LEN];
    snprintf(name, sizeof(name), KEY_NAME ".%08x",
             crypto_random_below(UINT32_MAX));
    int fd = openat(place, name,
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        diag_set(why, err_from_errno(errno), "the key cannot be kept: %s",
                 strerror(errno));
        return false;
    }
    crypto_random(fresh, sizeof(fresh));
    enum err e = fs_write_all(fd, fresh, sizeof(fresh));
    close(fd);
    crypto_forget(fresh, sizeof(fresh));
    if (e == ERR_OK && linkat(place, name, place, KEY_NAME, 0) != 0 &&
        errno != EEXIST) {
        e = err_from_errno(errno);
    }
    unlinkat(place, name, 0);
    if (e == ERR_OK && read_key(place, key)) {
        return true;
    }
    diag_set(why, e, "the key cannot be kept: %s",
             e ? err_str(e) : "its file is damaged");
    return false;
}

/* Is the directory in which ours is to be made safe from others? */
static bool base_is_safe(const char *path, struct diag *why)
{
    char base[PATHS_MAX];
    struct look seen;
    str_copy(base, sizeof(base), path);
    char *slash = strrchr(base, '/');
    if (!slash || slash == base) {
        return false;
    }
    *slash = '\0';
    int fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || look_fd(fd, &seen) != ERR_OK) {
        diag_set(why, ERR_IO, "%.200s: cannot be looked at", base);
    } else if (!in_memory(fd)) {
        diag_set(why, ERR_INVAL, "%.200s is not in memory (no tmpfs)", base);
    } else if ((seen.uid != geteuid() || (seen.mode & 022)) &&
               ((seen.uid != 0 && seen.uid != OVERFLOW_UID) ||
                !(seen.mode & 01000))) {
        diag_set(why, ERR_ACCESS, "%.200s is not this user's alone", base);
    } else {
        close(fd);
        return true;
    }
    if (fd >= 0) {
        close(fd);
    }
    return false;
}

/* The key of one directory, which is made there unless another one has been
 * found: then only what lies there counts. */
static bool key_in(const char *path, bool make, uint8_t key[CRYPTO_KEY_LEN],
                   struct diag *why)
{
    if (make && !base_is_safe(path, why)) {
        return false;
    }
    if (make && mkdir(path, 0700) != 0 && errno != EEXIST) {
        diag_set(why, err_from_errno(errno), "%.200s: %s", path,
                 strerror(errno));
        return false;
    }
    int place = open_place(path, make ? why : NULL);
    if (place < 0) {
        return false;
    }
    bool found = read_key(place, key) || (make && make_key(place, key, why));
    close(place);
    return found;
}

void seal_load(struct seal *out, struct diag *why)
{
    char path[PATHS_MAX];
    *out = (struct seal){.n = 0};
    diag_set(why, ERR_NOTFOUND, "no directory in memory was found");
    for (unsigned i = 0; paths_runtime(i, path) && out->n < SEAL_KEYS; i++) {
        out->n += path[0] && key_in(path, !out->n, out->keys[out->n], why);
    }
    out->lasting = out->n > 0;
    if (!out->n) {
        crypto_random(out->keys[0], CRYPTO_KEY_LEN);
        out->n = 1;
    }
}

void seal_find(struct seal *out)
{
    char path[PATHS_MAX];
    *out = (struct seal){.n = 0};
    for (unsigned i = 0; paths_runtime(i, path) && out->n < SEAL_KEYS; i++) {
        out->n += path[0] && key_in(path, false, out->keys[out->n], NULL);
    }
    out->lasting = out->n > 0;
}

void seal_fini(struct seal *s)
{
    crypto_forget(s, sizeof(*s));
}

/* ---- sealing ------------------------------------------------------------- */

static void id_of(const uint8_t key[CRYPTO_KEY_LEN], uint8_t id[SEAL_ID_LEN])
{
    uint8_t mac[SHA256_LEN];
    crypto_hmac((struct str){(const char *)key, CRYPTO_KEY_LEN},
                STR("which key"), mac);
    memcpy(id, mac, SEAL_ID_LEN);
}

/* Rounded up so that the length tells little: to 1 KiB, and to an eighth of the
 * power of two that it has reached. */
static size_t padded(size_t len)
{
    size_t step = 1024;
    while (step * 16 <= len) {
        step *= 2;
    }
    return (len + step - 1) / step * step;
}

enum err seal_close(const struct seal *s, struct str plain, struct buf *out)
{
    static const uint8_t zeros[1024];
    uint8_t id[SEAL_ID_LEN];
    struct buf inner;
    buf_init(&inner, plain.len + SEAL_MORE(plain.len));
    buf_add_u32(&inner, (uint32_t)plain.len);
    buf_add_str(&inner, plain);
    size_t want = padded(inner.len);
    while (inner.failed == ERR_OK && inner.len < want) {
        size_t left = want - inner.len;
        buf_add(&inner, zeros, left < sizeof(zeros) ? left : sizeof(zeros));
    }
    enum err e = plain.len > UINT32_MAX ? ERR_LIMIT : inner.failed;
    if (e == ERR_OK) {
        id_of(s->keys[0], id);
        e = buf_add(out, id, sizeof(id));
    }
    if (e == ERR_OK) {
        e = crypto_seal(buf_str(&inner), ABOUT, s->keys[0], out);
    }
    if (inner.p) {
        crypto_forget(inner.p, inner.len);
    }
    buf_fini(&inner);
    return e;
}

/* What was padded: the length it had is taken for true only if it fits. */
static enum err unpad(struct str inner, struct buf *out)
{
    struct cur c = cur_of(inner.p, inner.len);
    uint32_t len = cur_u32(&c);
    struct str plain = cur_bytes(&c, len);
    return c.bad ? ERR_PARSE : buf_add_str(out, plain);
}

enum err seal_open(const struct seal *s, struct str sealed, struct buf *out)
{
    struct buf inner;
    struct str box = str_sub(sealed, SEAL_ID_LEN, sealed.len);
    enum err e = ERR_PARSE;
    buf_init(&inner, sealed.len);
    for (unsigned i = 0; i < s->n && e == ERR_PARSE; i++) {
        e = crypto_unseal(box, ABOUT, s->keys[i], &inner);
    }
    if (e == ERR_OK) {
        e = unpad(buf_str(&inner), out);
    } else if (e == ERR_PARSE && !seal_has_key(s, sealed)) {
        e = ERR_NOTFOUND;
    }
    buf_fini(&inner);
    return e;
}

bool seal_has_key(const struct seal *s, struct str sealed)
{
    uint8_t id[SEAL_ID_LEN];
    for (unsigned i = 0; i < s->n && sealed.len >= SEAL_ID_LEN; i++) {
        id_of(s->keys[i], id);
        if (memcmp(id, sealed.p, SEAL_ID_LEN) == 0) {
            return true;
        }
    }
    return sealed.len < SEAL_ID_LEN; /* too short to say: damaged, not lost */
}

/* ---- gone ---------------------------------------------------------------- */

struct wiper {
    const char *dir;
    bool remove;
    unsigned *n;
    struct diag *d;
};

static enum err wipe_one(void *arg, const char *name)
{
    const struct wiper *w = arg;
    char path[PATHS_MAX];
    if (!str_eq_c(str_c(name), KEY_NAME) &&
        !str_starts(str_c(name), KEY_NAME ".")) {
        return ERR_OK;
    }
    enum err e = fs_join(path, sizeof(path), w->dir, name);
    if (e == ERR_OK && w->remove) {
        e = fs_shred(path, w->d);
    }
    *w->n += e == ERR_OK;
    return e;
}

enum err seal_wipe(const char *dir, bool remove, unsigned *n, struct diag *d)
{
    struct wiper w = {dir, remove, n, d};
    *n = 0;
    int place = open_place(dir, NULL);
    if (place < 0) {
        return ERR_OK;
    }
    close(place);
    enum err e = look_each(dir, wipe_one, &w, d);
    if (e == ERR_OK && remove && rmdir(dir) != 0 && errno != ENOTEMPTY) {
        e = diag_set(d, err_from_errno(errno), "%.200s: %s", dir,
                     strerror(errno));
    }
    return e;
}
