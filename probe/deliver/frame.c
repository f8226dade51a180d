// SPDX-License-Identifier: Apache-2.0
/* A submission and what opens its report, as bytes, sealed or not. */
#include "probe/deliver/frame.h"

#include "base/crypto.h"
#include "base/cur.h"

#include <string.h>

#define FRAME_MAGIC  "PXSPOOL1"
#define STATE_OFFSET 9

static void checksum(struct str header, struct str content,
                     uint8_t out[SHA256_LEN])
{
    struct sha256 h;
    crypto_sha256_init(&h);
    crypto_sha256_add(&h, str_sub(header, 0, STATE_OFFSET));
    crypto_sha256_add(&h,
                      str_sub(header, STATE_OFFSET + 1, 28 - STATE_OFFSET - 1));
    crypto_sha256_add(&h, content);
    crypto_sha256_end(&h, out);
}

bool frame_state_known(int state)
{
    return state >= FRAME_WAITING && state <= FRAME_REFUSED;
}

enum err frame_encode(const struct frame *f, struct buf *out)
{
    uint8_t sum[SHA256_LEN];
    struct buf content;
    struct buf header;
    if (f->open.len > FRAME_MAX || f->body.len > FRAME_MAX ||
        f->open.len + f->body.len > FRAME_MAX - FRAME_HEAD_LEN) {
        return ERR_LIMIT;
    }
    buf_init(&content, FRAME_MAX);
    buf_init(&header, FRAME_HEAD_LEN);
    buf_add_str(&content, f->open);
    buf_add_str(&content, f->body);
    buf_add_c(&header, FRAME_MAGIC);
    buf_add_byte(&header, (uint8_t)f->kind);
    buf_add_byte(&header, (uint8_t)f->state);
    buf_add_u16(&header, 0);
    buf_add_u32(&header, (uint32_t)((uint64_t)f->created_s >> 32));
    buf_add_u32(&header, (uint32_t)((uint64_t)f->created_s & 0xffffffffu));
    buf_add_u32(&header, (uint32_t)f->open.len);
    buf_add_u32(&header, (uint32_t)f->body.len);
    enum err e = header.failed ? header.failed : content.failed;
    if (e == ERR_OK) {
        checksum(buf_str(&header), buf_str(&content), sum);
        buf_add_str(out, buf_str(&header));
        buf_add(out, sum, sizeof(sum));
        e = buf_add_str(out, buf_str(&content));
    }
    buf_fini(&content);
    buf_fini(&header);
    return e;
}

enum err frame_decode(struct str bytes, struct frame *out, struct diag *d)
{
    struct cur c = cur_of(bytes.p, bytes.len);
    struct str magic = cur_bytes(&c, sizeof(FRAME_MAGIC) - 1);
    uint8_t kind = cur_u8(&c);
    uint8_t state = cur_u8(&c);
    uint16_t zero = cur_u16(&c);
    uint64_t created = cur_u64(&c);
    uint32_t open_len = cur_u32(&c);
    uint32_t body_len = cur_u32(&c);
    struct str sum = cur_bytes(&c, SHA256_LEN);
    uint8_t want[SHA256_LEN];
    if (c.bad) {
        return diag_set(d, ERR_PARSE, "shorter than its header");
    }
    if (!str_eq_c(magic, FRAME_MAGIC)) {
        return diag_set(d, ERR_PARSE, "not a frame of this version");
    }
    if (kind != FRAME_SUBMISSION || !frame_state_known(state) || zero != 0 ||
        created > INT64_MAX) {
        return diag_set(d, ERR_PARSE, "its header makes no sense");
    }
    if ((uint64_t)open_len + body_len != cur_left(&c)) {
        return diag_set(d, ERR_PARSE, "%zu bytes where its header says %llu",
                        cur_left(&c), (unsigned long long)open_len + body_len);
    }
    checksum(bytes, str_sub(bytes, FRAME_HEAD_LEN, bytes.len), want);
    if (memcmp(sum.p, want, sizeof(want)) != 0) {
        return diag_set(d, ERR_PARSE, "its checksum does not fit");
    }
    out->kind = FRAME_SUBMISSION;
    out->state = (enum frame_state)state;
    out->created_s = (int64_t)created;
    out->open = cur_bytes(&c, open_len);
    out->body = cur_bytes(&c, body_len);
    return ERR_OK;
}

enum err frame_seal(const struct seal *seal, const struct frame *f,
                    struct buf *out)
{
    struct buf bytes;
    buf_init(&bytes, FRAME_MAX);
    enum err e = frame_encode(f, &bytes);
    if (e == ERR_OK) {
        e = seal_close(seal, buf_str(&bytes), out);
    }
    buf_fini(&bytes);
    return e;
}

enum err frame_unseal(const struct seal *seal, struct str sealed,
                      struct buf *bytes, struct frame *out, struct diag *d)
{
    buf_clear(bytes);
    enum err e = seal_open(seal, sealed, bytes);
    if (e == ERR_OK) {
        return frame_decode(buf_str(bytes), out, d);
    }
    return diag_set(d, e, "%s",
                    e == ERR_PARSE      ? "it was altered since it was sealed"
                    : e == ERR_NOTFOUND ? "its key is gone"
                                        : err_str(e));
}
