// SPDX-License-Identifier: Apache-2.0
/* Names of the error codes, and the nearest one to an errno. */
#include "base/err.h"

#include <errno.h>

const char *err_str(enum err e)
{
    switch (e) {
    case ERR_OK:
        return "ok";
    case ERR_NOMEM:
        return "out of memory";
    case ERR_FDLIMIT:
        return "out of descriptors";
    case ERR_IO:
        return "input or output failed";
    case ERR_NOSPC:
        return "no space left on the disk";
    case ERR_LIMIT:
        return "a limit was passed";
    case ERR_PARSE:
        return "malformed input";
    case ERR_INVAL:
        return "invalid argument";
    case ERR_NOTFOUND:
        return "not found";
    case ERR_EXISTS:
        return "exists already";
    case ERR_ACCESS:
        return "permission denied";
    case ERR_READONLY:
        return "the file system is read-only";
    case ERR_BUSY:
        return "busy";
    case ERR_CANCELED:
        return "cancelled";
    case ERR_NET:
        return "the peer failed";
    case ERR_CLOCK:
        return "the clock is unusable";
    case ERR_INTERNAL:
        return "internal error";
    }
    return "unknown error";
}

enum err err_from_errno(int errnum)
{
    switch (errnum) {
    case ENOMEM:
    case ENOBUFS:
        return ERR_NOMEM;
    case EMFILE:
    case ENFILE:
        return ERR_FDLIMIT;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return ERR_NOSPC;
    case ENOENT:
        return ERR_NOTFOUND;
    case EACCES:
    case EPERM:
        return ERR_ACCESS;
    case EROFS:
        return ERR_READONLY;
    case EEXIST:
        return ERR_EXISTS;
    default:
        return ERR_IO;
    }
}
