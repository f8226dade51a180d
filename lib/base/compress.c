// SPDX-License-Identifier: Apache-2.0
/* zstd over bytes in memory, with a dictionary or without one. */
#include "base/compress.h"

#include "base/crypto.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

/* What a peer may make us allocate for the window of one frame: 8 MiB, which
 * RFC 8878 asks every decoder to support. */
#define PEER_WINDOW_LOG 23
#define CHUNK           65536

/* A skippable zstd frame of 32 bytes: a decoder without dictionaries passes
 * over it, and then fails at the frame behind it. */
#define DCZ_MAGIC     "\x5e\x2a\x4d\x18\x20\0\0\0"
#define DCZ_MAGIC_LEN 8

enum compress_kind compress_detect(struct str head)
{
    if (str_starts(head, "\x1f\x8b")) {
        return COMPRESS_GZIP;
    }
    return str_starts(head, "\x28\xb5\x2f\xfd") ? COMPRESS_ZSTD : COMPRESS_NONE;
}

bool compress_is_dcz(struct str head)
{
    return head.len >= DCZ_HEADER_LEN &&
           memcmp(head.p, DCZ_MAGIC, DCZ_MAGIC_LEN) == 0;
}

struct compress_packer {
    ZSTD_CCtx *c;
};

struct compress_packer *compress_packer_new(void)
{
    struct compress_packer *p = calloc(1, sizeof(*p));
    if (p) {
        p->c = ZSTD_createCCtx();
    }
    if (p && !p->c) {
        free(p);
        return NULL;
    }
    return p;
}

void compress_packer_free(struct compress_packer *p)
{
    if (p) {
        ZSTD_freeCCtx(p->c);
        free(p);
    }
}

/* Above this length zstd would take tables for 2^21 places, which is 12 MB for
 * a while; with those that it has for less, the result is hardly longer. */
#define LARGE     (256u << 10)
#define LARGE_LOG 17

static enum err pack_by(ZSTD_CCtx *c, struct str in, int level, struct str dict,
                        struct buf *out)
{
    size_t bound = ZSTD_compressBound(in.len);
    void *to = malloc(bound);
    enum err e = ERR_NOMEM;

    if (c && to) {
        size_t n;

        ZSTD_CCtx_reset(c, ZSTD_reset_session_and_parameters);
        ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, level);
        ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
        ZSTD_CCtx_refPrefix(c, dict.p, dict.len); /* none if it is empty */
        if (in.len > LARGE) {
            ZSTD_CCtx_setParameter(c, ZSTD_c_hashLog, LARGE_LOG);
            ZSTD_CCtx_setParameter(c, ZSTD_c_chainLog, LARGE_LOG);
        }
        n = ZSTD_compress2(c, to, bound, in.p ? in.p : "", in.len);
        e = ZSTD_isError(n) ? ERR_NOMEM : buf_add(out, to, n);
    }
    free(to);
    return e;
}

static enum err pack(struct str in, int level, struct str dict, struct buf *out)
{
    ZSTD_CCtx *c = ZSTD_createCCtx();
    enum err e = pack_by(c, in, level, dict, out);

    ZSTD_freeCCtx(c);
    return e;
}

enum err compress_packer_pack(struct compress_packer *p, struct str in,
                              int level, struct buf *out)
{
    return p ? pack_by(p->c, in, level, (struct str){NULL, 0}, out)
             : compress_pack(in, level, out);
}

enum err compress_pack(struct str in, int level, struct buf *out)
{
    return pack(in, level, (struct str){NULL, 0}, out);
}

enum err compress_pack_dcz(struct str in, int level, struct str dict,
                           struct buf *out)
{
    uint8_t hash[SHA256_LEN];
    size_t start = out->len;
    crypto_sha256(dict, hash);
    buf_add(out, DCZ_MAGIC, DCZ_MAGIC_LEN);
    enum err e = buf_add(out, hash, sizeof(hash));
    e = e ? e : pack(in, level, dict, out);
    if (e) {
        out->len = start;
    }
    return e;
}

enum err compress_skip(size_t len, struct buf *out)
{
    static const uint8_t zeros[1024];
    if (len < COMPRESS_SKIP_MIN || len > UINT32_MAX) {
        return ERR_INVAL;
    }
    len -= COMPRESS_SKIP_MIN;
    uint8_t head[COMPRESS_SKIP_MIN] = {0x50, 0x2a, 0x4d, 0x18};
    for (int i = 0; i < 4; i++) {
        head[4 + i] = (uint8_t)(len >> (8 * i));
    }
    buf_add(out, head, sizeof(head));
    while (len && !out->failed) {
        size_t n = len < sizeof(zeros) ? len : sizeof(zeros);
        buf_add(out, zeros, n);
        len -= n;
    }
    return out->failed;
}

/* Frames one after the other; each piece of output is checked against the
 * maximum before the next is made. */
static enum err unpack_frames(ZSTD_DCtx *c, struct str in, char *chunk,
                              struct buf *out)
{
    ZSTD_inBuffer from = {in.p, in.len, 0};
    size_t left = 1;

    while (left != 0 || from.pos < from.size) {
        ZSTD_outBuffer to = {chunk, CHUNK, 0};
        enum err e;

        left = ZSTD_decompressStream(c, &to, &from);
        if (ZSTD_isError(left)) {
            ZSTD_ErrorCode why = ZSTD_getErrorCode(left);
            return why == ZSTD_error_memory_allocation ? ERR_NOMEM
                   : why == ZSTD_error_frameParameter_windowTooLarge
                       ? ERR_INVAL
                       : ERR_PARSE;
        }
        e = buf_add(out, chunk, to.pos);
        if (e) {
            return e;
        }
        if (left != 0 && from.pos == from.size && to.pos < to.size) {
            return ERR_PARSE; /* ends within a frame */
        }
    }
    return ERR_OK;
}

static enum err unpack(struct str in, struct str dict, struct buf *out)
{
    unsigned long long size = ZSTD_CONTENTSIZE_UNKNOWN;
    size_t start = out->len;
    ZSTD_DCtx *c;
    char *chunk;
    enum err e = ERR_NOMEM;

    if (out->failed) {
        return out->failed;
    }
    if (in.len == 0) {
        return ERR_PARSE;
    }
    size = ZSTD_getFrameContentSize(in.p, in.len);
    if (size == ZSTD_CONTENTSIZE_ERROR) {
        return ERR_PARSE;
    }
    if (size != ZSTD_CONTENTSIZE_UNKNOWN && size > out->max - out->len) {
        return ERR_LIMIT;
    }
    c = ZSTD_createDCtx();
    chunk = malloc(CHUNK);
    if (c && chunk) {
        ZSTD_DCtx_setParameter(c, ZSTD_d_windowLogMax, PEER_WINDOW_LOG);
        ZSTD_DCtx_refPrefix(c, dict.p, dict.len);
        e = unpack_frames(c, in, chunk, out);
    }
    if (e) {
        out->failed = ERR_OK;
        out->len = start;
        if (out->p) {
            out->p[start] = 0;
        }
    }
    free(chunk);
    ZSTD_freeDCtx(c);
    return e;
}

enum err compress_unpack(struct str in, struct buf *out)
{
    return unpack(in, (struct str){NULL, 0}, out);
}

enum err compress_unpack_dcz(struct str in, struct str dict, struct buf *out)
{
    uint8_t hash[SHA256_LEN];
    if (!compress_is_dcz(in)) {
        return ERR_PARSE;
    }
    crypto_sha256(dict, hash);
    if (memcmp(in.p + DCZ_MAGIC_LEN, hash, sizeof(hash)) != 0) {
        return ERR_NOTFOUND;
    }
    return unpack(str_sub(in, DCZ_HEADER_LEN, in.len), dict, out);
}
