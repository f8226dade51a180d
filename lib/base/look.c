// SPDX-License-Identifier: Apache-2.0
/* Files by statx, directories with their errors. */
#include "base/look.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

_Static_assert(sizeof(off_t) == 8, "files may be larger than 2 GB");

#define WANTED (STATX_BASIC_STATS)

static enum err failed(struct diag *d, const char *path, int errnum)
{
    return diag_set(d, err_from_errno(errnum), "%.200s: %s", path,
                    strerror(errnum));
}

static enum look_kind kind_of(unsigned mode)
{
    return S_ISREG(mode)   ? LOOK_FILE
           : S_ISDIR(mode) ? LOOK_DIR
           : S_ISLNK(mode) ? LOOK_LINK
                           : LOOK_OTHER;
}

/* 0 or an errno. */
static int look(int fd, const char *path, int flags, struct look *out)
{
    struct statx st;
    if (statx(fd, path, flags, WANTED, &st) != 0) {
        return errno;
    }
    *out = (struct look){
        .kind = kind_of(st.stx_mode),
        .bytes = st.stx_size,
        .inode = st.stx_ino,
        .mtime_ns = st.stx_mtime.tv_sec * 1000000000 + st.stx_mtime.tv_nsec,
        .uid = st.stx_uid,
        .mode = st.stx_mode & 07777,
        .links = st.stx_nlink,
    };
    return 0;
}

enum err look_at(const char *path, struct look *out, struct diag *d)
{
    int errnum = look(AT_FDCWD, path, 0, out);
    return errnum ? failed(d, path, errnum) : ERR_OK;
}

enum err look_link(const char *path, struct look *out, struct diag *d)
{
    int errnum = look(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, out);
    return errnum ? failed(d, path, errnum) : ERR_OK;
}

enum err look_fd(int fd, struct look *out)
{
    int errnum = look(fd, "", AT_EMPTY_PATH, out);
    return errnum ? err_from_errno(errnum) : ERR_OK;
}

enum err look_each(const char *dir, look_fn fn, void *arg, struct diag *d)
{
    DIR *open = opendir(dir);
    struct dirent *ent;
    enum err e = ERR_OK;
    if (!open) {
        return failed(d, dir, errno);
    }
    while (e == ERR_OK && (errno = 0, ent = readdir(open))) {
        if (strcmp(ent->d_name, ".") != 0 && strcmp(ent->d_name, "..") != 0) {
            e = fn(arg, ent->d_name);
        }
    }
    if (e == ERR_OK && errno != 0) {
        e = failed(d, dir, errno);
    }
    closedir(open);
    return e;
}
