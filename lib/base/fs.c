// SPDX-License-Identifier: Apache-2.0
/* Files read, written whole, locked and removed. */
#include "base/fs.h"

#include "base/look.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define READ_CHUNK 65536
/* Deeper trees than this are not ours. */
#define TREE_DEPTH_MAX 64

static enum err failed(struct diag *d, const char *path, const char *what,
                       int errnum)
{
    return diag_set(d, err_from_errno(errnum), "%.200s: %s: %s", path, what,
                    strerror(errnum));
}

static void sleep_ms(long ms)
{
    struct timespec t = {.tv_sec = 0, .tv_nsec = ms * 1000000};

    nanosleep(&t, NULL);
}

static enum err read_fd(int fd, const char *path, size_t max, struct buf *out,
                        struct diag *d)
{
    char *chunk = malloc(READ_CHUNK);
    size_t start = out->len;
    enum err e = ERR_OK;

    if (!chunk) {
        return diag_set(d, ERR_NOMEM, "%.200s: out of memory", path);
    }
    for (;;) {
        ssize_t n = read(fd, chunk, READ_CHUNK);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            e = failed(d, path, "cannot be read", errno);
            break;
        }
        if (n == 0) {
            break;
        }
        if ((size_t)n > max - (out->len - start)) {
            e = diag_set(d, ERR_LIMIT, "%.200s: larger than %zu bytes", path,
                         max);
            break;
        }
        e = buf_add(out, chunk, (size_t)n);
        if (e) {
            diag_set(d, e, "%.200s: %s", path, err_str(e));
            out->failed = ERR_OK;
            break;
        }
    }
    if (e && out->p) {
        out->len = start;
        out->p[start] = 0;
    }
    free(chunk);
    return e;
}

enum err fs_read(const char *path, size_t max, struct buf *out, struct diag *d)
{
    enum err e;
    int fd;

    if (out->failed) {
        return diag_set(d, out->failed, "%.200s: %s", path,
                        err_str(out->failed));
    }
    if (strcmp(path, "-") == 0) {
        return read_fd(STDIN_FILENO, "standard input", max, out, d);
    }
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return failed(d, path, "cannot be opened", errno);
    }
    e = read_fd(fd, path, max, out, d);
    close(fd);
    return e;
}

enum err fs_write_all(int fd, const void *p, size_t len)
{
    const char *at = p;

    while (len > 0) {
        ssize_t n = write(fd, at, len);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return err_from_errno(errno);
        }
        at += n;
        len -= (size_t)n;
    }
    return ERR_OK;
}

enum err fs_fsync_dir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum err e = ERR_OK;

    if (fd < 0) {
        return err_from_errno(errno);
    }
    if (fsync(fd) != 0) {
        e = err_from_errno(errno);
    }
    close(fd);
    return e;
}

/* The directory that holds `path`, in a new string. */
static char *parent_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash) {
        return strdup(".");
    }
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

/* A file beside `path` that did not exist before; its name is in *temp. */
static int open_beside(const char *path, int mode, char **temp)
{
    size_t size = strlen(path) + 48;
    char *name = malloc(size);
    int fd = -1;

    if (!name) {
        errno = ENOMEM;
        return -1;
    }
    /* a file left behind by a crash may have the first names */
    for (unsigned i = 0; i < 100 && fd < 0; i++) {
        snprintf(name, size, "%s.tmp-%ld-%u", path, (long)getpid(), i);
        fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                  (mode_t)mode);
        if (fd < 0 && errno != EEXIST) {
            break;
        }
    }
    if (fd < 0) {
        int keep = errno;

        free(name);
        errno = keep;
        return -1;
    }
    *temp = name;
    return fd;
}

static enum err write_and_close(int fd, struct str data)
{
    enum err e = fs_write_all(fd, data.p, data.len);

    if (!e && fsync(fd) != 0) {
        e = err_from_errno(errno);
    }
    if (close(fd) != 0 && !e) {
        e = err_from_errno(errno);
    }
    return e;
}

enum err fs_write_atomic(const char *path, struct str data, int mode,
                         struct diag *d)
{
    char *temp = NULL, *dir = parent_of(path);
    enum err e;
    int fd;

    if (!dir) {
        return diag_set(d, ERR_NOMEM, "%.200s: out of memory", path);
    }
    fd = open_beside(path, mode, &temp);
    if (fd < 0) {
        e = failed(d, path, "cannot be written", errno);
        goto out;
    }
    e = write_and_close(fd, data);
    if (e) {
        diag_set(d, e, "%.200s: cannot be written: %s", path, err_str(e));
        unlink(temp);
        goto out;
    }
    if (rename(temp, path) != 0) {
        e = failed(d, path, "cannot be replaced", errno);
        unlink(temp);
        goto out;
    }
    e = fs_fsync_dir(dir);
    if (e) {
        diag_set(d, e, "%.200s: %s", dir, err_str(e));
    }
out:
    free(temp);
    free(dir);
    return e;
}

/* A directory that was made is on the disk when its name is. A parent that we
 * may write in but not read cannot be synced, and is no reason to fail. */
static enum err sync_parent(const char *path)
{
    char *dir = parent_of(path);
    enum err e = dir ? fs_fsync_dir(dir) : ERR_NOMEM;

    free(dir);
    return e == ERR_ACCESS ? ERR_OK : e;
}

static enum err make_one(const char *path, int mode, struct diag *d)
{
    struct look seen;

    if (mkdir(path, (mode_t)mode) == 0) {
        enum err e = sync_parent(path);
        return e ? diag_set(d, e, "%.200s: %s", path, err_str(e)) : ERR_OK;
    }
    if (errno == EEXIST) {
        return ERR_OK;
    }
    int errnum = errno;

    /* a parent that we may not write in may exist all the same */
    if (look_at(path, &seen, NULL) != ERR_OK || seen.kind != LOOK_DIR) {
        return failed(d, path, "cannot be made", errnum);
    }
    return ERR_OK;
}

enum err fs_mkdirs(const char *path, int mode, struct diag *d)
{
    char *copy = strdup(path);
    struct look seen;
    enum err e = ERR_OK;

    if (!copy) {
        return diag_set(d, ERR_NOMEM, "%.200s: out of memory", path);
    }
    for (char *p = copy; *p && !e; p++) {
        bool end = p[1] == 0;

        if (p[0] == '/' && p > copy) {
            *p = 0;
        } else if (!end) {
            continue;
        }
        e = make_one(copy, mode, d);
        if (!end) {
            *p = '/';
        }
    }
    if (!e) {
        e = look_at(path, &seen, d);
    }
    if (!e && seen.kind != LOOK_DIR) {
        e = diag_set(d, ERR_EXISTS, "%.200s: is not a directory", path);
    }
    free(copy);
    return e;
}

enum err fs_join(char *out, size_t size, const char *dir, const char *name)
{
    size_t n = strlen(dir);
    const char *sep = n > 0 && dir[n - 1] == '/' ? "" : "/";

    if (n + strlen(sep) + strlen(name) + 1 > size) {
        return ERR_LIMIT;
    }
    snprintf(out, size, "%s%s%s", dir, sep, name);
    return ERR_OK;
}

/* The pid in a lock file; 0 when its owner has not written it yet. */
static int read_pid(int fd)
{
    char text[24];
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    int64_t pid;

    if (n <= 0) {
        return 0;
    }
    if (str_to_i64(str_trim((struct str){text, (size_t)n}), 1, INT32_MAX,
                   &pid)) {
        return 0;
    }
    return (int)pid;
}

static enum err write_pid(int fd)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

    if (ftruncate(fd, 0) != 0) {
        return err_from_errno(errno);
    }
    enum err e = fs_write_all(fd, text, (size_t)n);
    /* a full disk keeps nobody from the lock: only the pid is not told */
    return e == ERR_NOSPC ? ERR_OK : e;
}

enum err fs_lock(const char *path, int *fd, int *holder)
{
    int f = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    enum err e;

    if (f < 0) {
        return err_from_errno(errno);
    }
    while (flock(f, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR) {
            continue;
        }
        e = errno == EWOULDBLOCK ? ERR_BUSY : err_from_errno(errno);
        if (e == ERR_BUSY && holder) {
            int pid = read_pid(f);

            for (int i = 0; pid == 0 && i < 10; i++) {
                sleep_ms(5);
                pid = read_pid(f);
            }
            *holder = pid;
        }
        close(f);
        return e;
    }
    e = write_pid(f);
    if (e) {
        close(f);
        return e;
    }
    *fd = f;
    return ERR_OK;
}

enum err fs_lock_dir(const char *dir, int *fd)
{
    int f = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc;

    *fd = -1;
    if (f < 0) {
        return err_from_errno(errno);
    }
    do {
        rc = flock(f, LOCK_EX | LOCK_NB);
    } while (rc != 0 && errno == EINTR);
    if (rc != 0) {
        enum err e = errno == EWOULDBLOCK ? ERR_BUSY : ERR_OK;
        close(f);
        return e;
    }
    *fd = f;
    return ERR_OK;
}

/* Removes what is in the directory `fd` (taken). */
static int remove_inside(int fd, unsigned depth)
{
    DIR *dir = depth < TREE_DEPTH_MAX ? fdopendir(fd) : NULL;
    struct dirent *ent;
    int errnum = 0;

    if (!dir) {
        errnum = depth < TREE_DEPTH_MAX ? errno : ELOOP;
        close(fd);
        return errnum;
    }
    while (!errnum && (errno = 0, ent = readdir(dir))) {
        if (strcmp(ent->d_name, ".") == 0 || strcmp(ent->d_name, "..") == 0) {
            continue;
        }
        if (unlinkat(fd, ent->d_name, 0) == 0) {
            continue;
        }
        if (errno != EISDIR && errno != EPERM) {
            errnum = errno;
            break;
        }
        int sub = openat(fd, ent->d_name,
                         O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        errnum = sub < 0 ? errno : remove_inside(sub, depth + 1);
        if (!errnum && unlinkat(fd, ent->d_name, AT_REMOVEDIR) != 0) {
            errnum = errno;
        }
    }
    if (!errnum && errno) {
        errnum = errno;
    }
    closedir(dir);
    return errnum;
}

/* Zeros over the first bytes of a file. */
static enum err zero(int fd, uint64_t bytes)
{
    static const char zeros[4096];
    enum err e = ERR_OK;
    for (uint64_t at = 0; at < bytes && e == ERR_OK;) {
        uint64_t left = bytes - at;
        size_t n = left < sizeof(zeros) ? (size_t)left : sizeof(zeros);
        e = fs_write_all(fd, zeros, n);
        at += n;
    }
    return e == ERR_OK && fsync(fd) != 0 ? err_from_errno(errno) : e;
}

/* Opens a file in order to overwrite it; -1: there is nothing that should be.
 * Other names of a file may be someone else's. */
static int open_old(const char *path, uint64_t *bytes)
{
    struct look seen;
    int fd = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && look_fd(fd, &seen) == ERR_OK && seen.kind == LOOK_FILE &&
        seen.links == 1) {
        *bytes = seen.bytes;
        return fd;
    }
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

static enum err zero_old(int fd, uint64_t bytes, const char *path,
                         struct diag *d)
{
    enum err e = fd >= 0 ? zero(fd, bytes) : ERR_OK;
    if (fd >= 0) {
        close(fd);
    }
    return e == ERR_OK ? e
                       : diag_set(d, e, "%.200s: not overwritten: %s", path,
                                  err_str(e));
}

enum err fs_write_over(const char *path, struct str data, int mode,
                       struct diag *d)
{
    uint64_t bytes = 0;
    int old = open_old(path, &bytes);
    enum err e = fs_write_atomic(path, data, mode, d);
    if (e != ERR_OK) {
        if (old >= 0) {
            close(old);
        }
        return e;
    }
    return zero_old(old, bytes, path, d);
}

enum err fs_shred(const char *path, struct diag *d)
{
    uint64_t bytes = 0;
    int fd = open_old(path, &bytes);
    enum err e = zero_old(fd, bytes, path, d);
    if (unlink(path) != 0) {
        return failed(d, path, "cannot be removed", errno);
    }
    return e;
}

enum err fs_remove_tree(const char *path, struct diag *d)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int errnum;

    if (fd < 0) {
        return failed(d, path, "cannot be removed", errno);
    }
    errnum = remove_inside(fd, 0);
    if (!errnum && rmdir(path) != 0) {
        errnum = errno;
    }
    return errnum ? failed(d, path, "cannot be removed", errnum) : ERR_OK;
}

enum err fs_owner_of(const char *path, const char *other)
{
    struct look was;
    struct diag d;
    if (geteuid() != 0 || look_at(other, &was, &d) != ERR_OK || was.uid == 0) {
        return ERR_OK;
    }
    return lchown(path, was.uid, (gid_t)-1) == 0 ? ERR_OK : ERR_ACCESS;
}

unsigned fs_descriptors(unsigned want)
{
    struct rlimit lim, more;

    if (getrlimit(RLIMIT_NOFILE, &lim) != 0) {
        return 1024;
    }
    more = (struct rlimit){want < lim.rlim_max ? want : lim.rlim_max,
                           lim.rlim_max};
    if (lim.rlim_cur < more.rlim_cur && setrlimit(RLIMIT_NOFILE, &more) == 0) {
        lim = more;
    }
    return lim.rlim_cur > INT_MAX ? INT_MAX : (unsigned)lim.rlim_cur;
}
