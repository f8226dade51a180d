// SPDX-License-Identifier: Apache-2.0
/* What a disk holds, by LD_PRELOAD: POWERCUT_LOG=FILE gets, at each fsync or
 * fdatasync, what has become durable by it: the bytes of a file, or the names
 * in a directory, each by the number of its inode. Nothing else is durable.
 * tests/tools/after_cut.c makes a directory from it as it would be after a
 * power cut. It stands below SQLite as well as below our own files, because
 * both call libc. POWERCUT_AT=N: the process is killed at the N-th of them,
 * before it did anything.
 *
 * The file is opened before main, because a sandbox lets nobody open it later.
 * Use a tmpfs: it does not use the number of an inode again.
 */
#include "tests/faults/powercut.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int log_fd = -1;
static long cut_at;
static atomic_long syncs;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("POWERCUT_LOG"), *at = getenv("POWERCUT_AT");
    cut_at = at ? strtol(at, NULL, 10) : 0;
    if (path) {
        log_fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    }
}

/* One write, so that what other threads log does not come between; one that
 * was cut off by the end of the process is seen by its length. */
static int put(uint32_t kind, uint64_t inode, const void *p, size_t len)
{
    struct powercut_entry head = {POWERCUT_MAGIC, kind, inode, len};
    struct iovec v[2] = {{&head, sizeof(head)}, {(void *)p, len}};
    return writev(log_fd, v, 2) == (ssize_t)(sizeof(head) + len) ? 0 : -1;
}

static int put_file(int fd, const struct stat *st)
{
    size_t size = (size_t)st->st_size, got = 0;
    char *all = malloc(size + 1);
    ssize_t n = 0;
    while (all && got < size &&
           (n = pread(fd, all + got, size - got, (off_t)got)) > 0) {
        got += (size_t)n;
    }
    int rc = all && n >= 0 ? put(POWERCUT_FILE, st->st_ino, all, got) : -1;
    free(all);
    return rc;
}

/* Lines of inode and name. */
static int put_dir(int fd, const struct stat *st)
{
    int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = again >= 0 ? fdopendir(again) : NULL;
    struct dirent *ent;
    char *all = NULL;
    size_t len = 0;
    FILE *f = dir ? open_memstream(&all, &len) : NULL;
    if (!f) {
        return -1;
    }
    while ((ent = readdir(dir))) {
        if (strcmp(ent->d_name, ".") != 0 && strcmp(ent->d_name, "..") != 0) {
            fprintf(f, "%llu %s\n", (unsigned long long)ent->d_ino,
                    ent->d_name);
        }
    }
    closedir(dir);
    fclose(f);
    int rc = put(POWERCUT_DIR, st->st_ino, all, len);
    free(all);
    return rc;
}

static int becomes_durable(int fd)
{
    struct stat st;
    int rc = 0;
    if (log_fd < 0) {
        return 0;
    }
    if (atomic_fetch_add(&syncs, 1) + 1 == cut_at) {
        raise(SIGKILL);
    }
    if (fstat(fd, &st) != 0) {
        return -1;
    }
    if (S_ISREG(st.st_mode)) {
        rc = put_file(fd, &st);
    } else if (S_ISDIR(st.st_mode)) {
        rc = put_dir(fd, &st);
    }
    if (rc != 0) {
        static const char words[] = "powercut: cannot log\n";
        /* the test sees it by what is missing then */
        (void)!write(STDERR_FILENO, words, sizeof(words) - 1);
    }
    return rc;
}

int fsync(int fd)
{
    return becomes_durable(fd);
}

int fdatasync(int fd)
{
    return becomes_durable(fd);
}

/* What is only written must be read here. */
static int open_any(const char *name, const char *path, int flags, mode_t mode)
{
    int (*real)(const char *, int, ...);
    *(void **)&real = dlsym(RTLD_NEXT, name);
    int wide =
        (flags & O_ACCMODE) == O_WRONLY ? (flags & ~O_ACCMODE) | O_RDWR : flags;
    int fd = real(path, wide, mode);
    return fd < 0 && wide != flags ? real(path, flags, mode) : fd;
}

static mode_t mode_of(int flags, va_list args)
{
    return (flags & O_CREAT) != 0 ? (mode_t)va_arg(args, unsigned) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return open_any("open", path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return open_any("open64", path, flags, mode);
}
