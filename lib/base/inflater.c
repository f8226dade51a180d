// SPDX-License-Identifier: Apache-2.0
/* Plain, gzip and zstd files read as one. */
#include "base/inflater.h"

#include "base/compress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/* What a local file may make us allocate for the window of one frame. */
#define FILE_WINDOW_LOG 27
#define CHUNK           65536

struct inflater {
    int fd;
    enum compress_kind kind;
    bool input_end; /* the file has been read to its end */
    bool in_frame;  /* within a gzip member or zstd frame */
    bool pending;   /* the last call filled its output: more may be inside */
    bool damaged;   /* behind what was handed out */
    size_t pos, len;
    z_stream gz;
    bool gz_ready;
    ZSTD_DCtx *zstd;
    unsigned char in[CHUNK];
};

/* Reads on until at least `want` bytes wait, or the file ends. */
static enum err fill(struct inflater *i, size_t want)
{
    if (i->len - i->pos >= want) {
        return ERR_OK;
    }
    memmove(i->in, i->in + i->pos, i->len - i->pos);
    i->len -= i->pos;
    i->pos = 0;
    while (i->len < want && !i->input_end) {
        ssize_t n = read(i->fd, i->in + i->len, CHUNK - i->len);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return err_from_errno(errno);
        }
        i->input_end = n == 0;
        i->len += (size_t)n;
    }
    return ERR_OK;
}

static enum err setup(struct inflater *i)
{
    enum err e = fill(i, 4);

    if (e) {
        return e;
    }
    i->kind = compress_detect((struct str){(const char *)i->in, i->len});
    if (i->kind == COMPRESS_GZIP) {
        i->gz_ready = inflateInit2(&i->gz, 15 + 16) == Z_OK;
        return i->gz_ready ? ERR_OK : ERR_NOMEM;
    }
    if (i->kind == COMPRESS_ZSTD) {
        i->zstd = ZSTD_createDCtx();
        if (!i->zstd) {
            return ERR_NOMEM;
        }
        ZSTD_DCtx_setParameter(i->zstd, ZSTD_d_windowLogMax, FILE_WINDOW_LOG);
    }
    return ERR_OK;
}

enum err inflater_open(int fd, struct inflater **out)
{
    struct inflater *i = calloc(1, sizeof(*i));
    enum err e = ERR_NOMEM;

    if (!i) {
        close(fd);
        return e;
    }
    i->fd = fd;
    e = setup(i);
    if (e) {
        inflater_close(i);
        return e;
    }
    *out = i;
    return ERR_OK;
}

void inflater_close(struct inflater *i)
{
    if (!i) {
        return;
    }
    if (i->gz_ready) {
        inflateEnd(&i->gz);
    }
    ZSTD_freeDCtx(i->zstd);
    close(i->fd);
    free(i);
}

static enum err read_plain(struct inflater *i, void *p, size_t size,
                           size_t *got)
{
    size_t n = i->len - i->pos;

    *got = n < size ? n : size;
    memcpy(p, i->in + i->pos, *got);
    i->pos += *got;
    return ERR_OK;
}

/* Between members: another one begins, or zero padding runs to the end (tapes
 * and tar leave it), or there is damage. */
static enum err next_member(struct inflater *i, bool *end)
{
    for (;;) {
        enum err e = fill(i, 2);

        if (e) {
            return e;
        }
        *end = i->len == i->pos;
        if (*end) {
            return ERR_OK;
        }
        if (i->in[i->pos] != 0) {
            break;
        }
        i->pos++;
    }
    if (i->len - i->pos < 2 || i->in[i->pos] != 0x1f ||
        i->in[i->pos + 1] != 0x8b || inflateReset(&i->gz) != Z_OK) {
        return ERR_PARSE;
    }
    i->in_frame = true;
    return ERR_OK;
}

static enum err read_gzip(struct inflater *i, void *p, size_t size, size_t *got)
{
    bool end = false;
    int rc;

    if (!i->in_frame) {
        enum err e = next_member(i, &end);

        if (e || end) {
            return e;
        }
    }
    i->gz.next_in = i->in + i->pos;
    i->gz.avail_in = (uInt)(i->len - i->pos);
    i->gz.next_out = p;
    i->gz.avail_out = (uInt)size;
    rc = inflate(&i->gz, Z_NO_FLUSH);
    i->pos = i->len - i->gz.avail_in;
    *got = size - i->gz.avail_out;
    i->in_frame = rc != Z_STREAM_END;
    if (rc == Z_MEM_ERROR) {
        return ERR_NOMEM;
    }
    if (rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR) {
        return ERR_OK;
    }
    i->damaged = true;
    return *got > 0 ? ERR_OK : ERR_PARSE;
}

/* What the library writes in a call that fails is lost, for it does not say how
 * much that was. So what is unpacked is taken by calls that get no packed bytes
 * and cannot fail, and packed bytes go into calls with no room, which unpack
 * one block: what comes before damage is given whole, whatever `size` is. */
static enum err read_zstd(struct inflater *i, void *p, size_t size, size_t *got)
{
    ZSTD_inBuffer from = {i->in, i->len, i->pos}, none = {NULL, 0, 0};
    ZSTD_outBuffer to = {p, size, 0}, no_room = {p, 0, 0};
    size_t left = 0;

    if (i->pos == i->len && !i->in_frame) {
        return ERR_OK;
    }
    if (i->in_frame) {
        left = ZSTD_decompressStream(i->zstd, &to, &none);
    }
    if (to.pos == 0) {
        left = ZSTD_decompressStream(i->zstd, &no_room, &from);
    }
    if (ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation) {
        return ERR_NOMEM;
    }
    if (ZSTD_isError(left)) {
        i->damaged = true;
        return ERR_PARSE;
    }
    i->pos = from.pos;
    i->in_frame = left != 0;
    *got = to.pos;
    return ERR_OK;
}

enum err inflater_read(struct inflater *i, void *p, size_t size, size_t *got)
{
    size_t n = 0;

    if (size > INT32_MAX) {
        size = INT32_MAX;
    }
    if (i->damaged) {
        return ERR_PARSE;
    }
    while (n == 0 && size > 0) {
        enum err e = i->pending ? ERR_OK : fill(i, 1);
        size_t before = i->pos;

        if (e) {
            return e;
        }
        if (i->kind == COMPRESS_NONE) {
            e = read_plain(i, p, size, &n);
        } else if (i->kind == COMPRESS_GZIP) {
            e = read_gzip(i, p, size, &n);
        } else {
            e = read_zstd(i, p, size, &n);
        }
        if (e) {
            return e;
        }
        i->pending = n == size;
        if (n == 0 && i->pos == before && i->input_end) {
            if (i->in_frame) {
                return ERR_PARSE; /* cut off */
            }
            break;
        }
    }
    *got = n;
    return ERR_OK;
}
