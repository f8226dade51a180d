// SPDX-License-Identifier: Apache-2.0
/* One frame: facts and record, packed together, behind a header with their
 * lengths and a checksum. */
#include "collector/store/segment_frame.h"

#include "base/compress.h"
#include "base/crypto.h"
#include "base/cur.h"

#include <string.h>

#define SUM_LEN  16
#define PACK_LVL 3
/* What does not get smaller by packing gets a little larger. */
#define PACKED_MAX (SEGMENT_RECORD_MAX + SEGMENT_META_MAX + 65536)

struct header {
    uint32_t packed_len, meta_len, record_len;
    const uint8_t *sum;
};

static void frame_sum(const struct header *h, struct str packed,
                      uint8_t out[SHA256_LEN])
{
    uint8_t lens[12];
    const uint32_t v[3] = {h->packed_len, h->meta_len, h->record_len};
    for (size_t i = 0; i < 3; i++) {
        lens[4 * i] = (uint8_t)(v[i] >> 24);
        lens[4 * i + 1] = (uint8_t)(v[i] >> 16);
        lens[4 * i + 2] = (uint8_t)(v[i] >> 8);
        lens[4 * i + 3] = (uint8_t)v[i];
    }
    struct sha256 s;
    crypto_sha256_init(&s);
    crypto_sha256_add(&s, (struct str){(const char *)lens, sizeof(lens)});
    crypto_sha256_add(&s, packed);
    crypto_sha256_end(&s, out);
}

/* ERR_PARSE: no frame starts here. ERR_NOTFOUND: one may, but its bytes end
 * before it does. */
static enum err header_read(struct str in, struct header *h)
{
    if (in.len < SEGMENT_HEADER_LEN) {
        return ERR_NOTFOUND;
    }
    struct cur c = cur_of(in.p, in.len);
    struct str magic = cur_bytes(&c, sizeof(SEGMENT_FRAME_MAGIC) - 1);
    h->packed_len = cur_u32(&c);
    h->meta_len = cur_u32(&c);
    h->record_len = cur_u32(&c);
    h->sum = (const uint8_t *)in.p + c.pos;
    if (!str_eq_c(magic, SEGMENT_FRAME_MAGIC) ||
        h->meta_len > SEGMENT_META_MAX || h->record_len > SEGMENT_RECORD_MAX ||
        h->packed_len > PACKED_MAX) {
        return ERR_PARSE;
    }
    return in.len - SEGMENT_HEADER_LEN < h->packed_len ? ERR_NOTFOUND : ERR_OK;
}

static bool sum_ok(const struct header *h, struct str packed)
{
    uint8_t sum[SHA256_LEN];
    frame_sum(h, packed, sum);
    return memcmp(sum, h->sum, SUM_LEN) == 0;
}

size_t segment_frame_len(struct str in)
{
    struct header h;
    enum err e = header_read(in, &h);
    bool starts =
        e == ERR_OK || (e == ERR_NOTFOUND && in.len >= SEGMENT_HEADER_LEN);
    return starts ? (size_t)SEGMENT_HEADER_LEN + h.packed_len : 0;
}

enum err segment_frame_parse(struct str in, struct buf *meta,
                             struct buf *record, size_t *len)
{
    struct header h;
    enum err e = header_read(in, &h);
    if (e != ERR_OK) {
        return ERR_PARSE;
    }
    struct str packed = str_sub(in, SEGMENT_HEADER_LEN, h.packed_len);
    if (!sum_ok(&h, packed)) {
        return ERR_PARSE;
    }
    struct buf raw;
    buf_init(&raw, (size_t)h.meta_len + h.record_len + 1);
    e = compress_unpack(packed, &raw);
    if (e == ERR_OK && raw.len != (size_t)h.meta_len + h.record_len) {
        e = ERR_PARSE;
    }
    if (e == ERR_OK && meta) {
        e = buf_add(meta, raw.p, h.meta_len);
    }
    if (e == ERR_OK && record && h.record_len > 0) {
        e = buf_add(record, raw.p + h.meta_len, h.record_len);
    }
    if (e == ERR_OK) {
        *len = (size_t)SEGMENT_HEADER_LEN + h.packed_len;
    }
    buf_fini(&raw);
    return e == ERR_LIMIT || e == ERR_INVAL ? ERR_PARSE : e;
}

static void add_frame(struct buf *out, const struct header *h,
                      struct str packed)
{
    uint8_t sum[SHA256_LEN];
    frame_sum(h, packed, sum);
    buf_add_str(out, STR(SEGMENT_FRAME_MAGIC));
    buf_add_u32(out, h->packed_len);
    buf_add_u32(out, h->meta_len);
    buf_add_u32(out, h->record_len);
    buf_add(out, sum, SUM_LEN);
    buf_add_str(out, packed);
}

enum err segment_frame_write(struct compress_packer *packer, struct buf *out,
                             struct str meta, struct str record)
{
    if (meta.len > SEGMENT_META_MAX || record.len > SEGMENT_RECORD_MAX) {
        return ERR_LIMIT;
    }
    struct buf raw, packed;
    buf_init(&raw, meta.len + record.len + 1);
    buf_init(&packed, PACKED_MAX);
    buf_add_str(&raw, meta);
    buf_add_str(&raw, record);
    enum err e = raw.failed ? raw.failed
                            : compress_packer_pack(packer, buf_str(&raw),
                                                   PACK_LVL, &packed);
    if (e == ERR_OK) {
        struct header h = {.packed_len = (uint32_t)packed.len,
                           .meta_len = (uint32_t)meta.len,
                           .record_len = (uint32_t)record.len};
        add_frame(out, &h, buf_str(&packed));
        e = out->failed;
    }
    buf_fini(&raw);
    buf_fini(&packed);
    return e;
}
