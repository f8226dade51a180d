// SPDX-License-Identifier: Apache-2.0
/* What there is: files and directories looked at, nothing opened or changed.
 * The one place that asks for times and sizes of files, because stat() of a
 * 32-bit machine fails for what is dated after 2038 (so statx is asked), and
 * the one that reads directories, because readdir() says nothing of its errors.
 */
#ifndef PARALLAX_BASE_LOOK_H
#define PARALLAX_BASE_LOOK_H

#include "base/diag.h"

#include <stdbool.h>
#include <stdint.h>

enum look_kind {
    LOOK_FILE,
    LOOK_DIR,
    LOOK_LINK,
    LOOK_OTHER
};

struct look {
    enum look_kind kind;
    uint64_t bytes;
    uint64_t inode;
    int64_t mtime_ns; /* since 1970 */
    uint32_t uid;     /* its owner */
    uint32_t mode;    /* permission bits */
    uint32_t links;   /* names that it has */
};

/* What a path stands for: look_at follows a link at its end, look_link shows
 * the link itself. ERR_NOTFOUND if there is nothing. */
MUST_USE enum err look_at(const char *path, struct look *out, struct diag *d);
MUST_USE enum err look_link(const char *path, struct look *out, struct diag *d);

/* What an open descriptor stands for. */
MUST_USE enum err look_fd(int fd, struct look *out);

/* Gets a name in a directory; an error ends the reading. */
typedef enum err (*look_fn)(void *arg, const char *name);

/* Hands every name in a directory to `fn`, in no order, without `.` and `..`.
 * The error is that of `fn`, or of reading, also in the middle: what was handed
 * over by then is not all there is. */
MUST_USE enum err look_each(const char *dir, look_fn fn, void *arg,
                            struct diag *d);

#endif
