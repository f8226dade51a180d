// SPDX-License-Identifier: Apache-2.0
/* Reads a file as a stream of JSON values: JSON, JSON Lines or indented,
 * plain, gzip or zstd; also a tar archive of such files (OONI's daily
 * archives). One thread. Holds at most one value at a time. Used by every
 * command that takes records.
 */
#ifndef PARALLAX_BASE_STREAM_H
#define PARALLAX_BASE_STREAM_H

#include "base/buf.h"
#include "base/diag.h"

struct stream;

struct stream_item {
    struct str text; /* one JSON value; valid until the next call */
    const char *file;
    const char
        *member;     /* of an archive, or ""; '?' for what a terminal obeys */
    unsigned line;   /* where it begins, from 1 */
    uint64_t record; /* number in the file, from 1 */
};

/* "-" is standard input. ERR_INVAL: a directory. The caller closes *out with
 * stream_close. */
MUST_USE enum err stream_open(const char *path, struct stream **out,
                              struct diag *d);
void stream_close(struct stream *s);

/* ERR_NOTFOUND: the end. ERR_PARSE: what stands here is no value, `d` says
 * why and item says where; the next call goes on with the next line that
 * begins an object. ERR_IO: the file is damaged, cut off or cannot be read from
 * here on, `d` says where; all before it was handed out. Anything else ends the
 * file, too. */
MUST_USE enum err stream_next(struct stream *s, struct stream_item *item,
                              struct diag *d);

#endif
