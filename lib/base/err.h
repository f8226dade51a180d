// SPDX-License-Identifier: Apache-2.0
/* Error codes shared by every module.
 *
 * A function that can fail returns `enum err`; 0 is success and outputs are
 * untouched on failure.  A failure of the network is never an `enum err`: it
 * is an observation (a failure string in the record).  An `enum err` from the
 * measuring code means that this machine failed, and must end a measurement
 * as `internal`, never as a verdict of interference.
 */
#ifndef PARALLAX_BASE_ERR_H
#define PARALLAX_BASE_ERR_H

#include <stddef.h>

#define MUST_USE          __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

enum err {
    ERR_OK = 0,
    ERR_NOMEM,   /* allocation failed */
    ERR_FDLIMIT, /* out of descriptors */
    ERR_IO,      /* read, write or fsync of a file failed */
    ERR_NOSPC,   /* disk full or quota */
    ERR_LIMIT,   /* a stated maximum would be exceeded */
    ERR_PARSE,   /* input is malformed */
    ERR_INVAL,   /* caller's argument out of range */
    ERR_NOTFOUND,
    ERR_EXISTS,
    ERR_ACCESS,   /* permission */
    ERR_READONLY, /* the file system takes no writes */
    ERR_BUSY,     /* lock held, shed load, try later */
    ERR_CANCELED,
    ERR_NET, /* a peer of our own system (collector) did not do its part */
    ERR_CLOCK,
    ERR_INTERNAL, /* a bug: an invariant did not hold */
};

/* A short English name of a code; static storage. */
const char *err_str(enum err e);

/* Maps errno to the nearest code (ENOMEM, EMFILE/ENFILE, ENOSPC/EDQUOT,
 * ENOENT, EACCES/EPERM, EROFS, EEXIST; everything else ERR_IO). */
enum err err_from_errno(int errnum);

#endif
