// SPDX-License-Identifier: Apache-2.0
/* What segments.c and segments_scan.c share of the segments. */
#ifndef PARALLAX_COLLECTOR_STORE_SEGMENTS_INT_H
#define PARALLAX_COLLECTOR_STORE_SEGMENTS_INT_H

#include "collector/store/segments.h"

#include <limits.h>

struct segments {
    char dir[PATH_MAX];
    bool write;
    uint32_t last;          /* newest file, 0 if none */
    int fd;                 /* newest file, writing only */
    uint64_t len;           /* its committed length */
    uint64_t size;          /* with the zeros behind that */
    bool lean;              /* there was no room for zeros */
    uint64_t undo;          /* length before the last commit */
    uint32_t least;         /* a new file has at least this number */
    uint32_t known_segment; /* nothing before this place is cut */
    uint64_t known_offset;
    char mark[SEGMENTS_MARK_MAX]; /* of new files; "" none */
    struct buf batch;
    struct compress_packer *packer; /* NULL: each frame makes its own */
    int read_fd;                    /* cached for segments_read */
    uint32_t read_segment;
};

/* Cuts the newest file; open for writing only. */
MUST_USE enum err segments_cut(struct segments *s, uint64_t len);
/* Gives the newest file another name, in which nobody looks for records; the
 * next frame begins a new one in its place. Open for writing only. */
MUST_USE enum err segments_put_aside(struct segments *s);
/* Opens file `n` as s->read_fd; ERR_NOTFOUND: it is missing. */
MUST_USE enum err segments_open_read(struct segments *s, uint32_t n);
/* The number of the next file behind `after` that is there, or one more than
 * the last has. */
MUST_USE enum err segments_next(const struct segments *s, uint32_t after,
                                uint32_t *n);
/* Appends up to `want` bytes from `offset`; fewer only at the end. */
MUST_USE enum err segments_read_at(int fd, uint64_t offset, size_t want,
                                   struct buf *out);

#endif
