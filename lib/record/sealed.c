// SPDX-License-Identifier: Apache-2.0
/* Boxes closed and opened. */
#include "record/sealed.h"

#include "base/cur.h"
#include "base/hex.h"

#include <string.h>

enum err sealed_key(struct str text, uint8_t pub[CRYPTO_BOX_KEY_LEN])
{
    return text.len == SEALED_TEXT - 1 &&
                   hex_decode(text, pub, CRYPTO_BOX_KEY_LEN) == ERR_OK
               ? ERR_OK
               : ERR_PARSE;
}

enum err sealed_read_keys(struct str text, struct sealed_keys *out)
{
    struct str rest = text, line;
    memset(out, 0, sizeof(*out));
    while (str_next(&rest, '\n', &line)) {
        line = str_trim(line);
        if (!line.len) {
            continue;
        }
        if (out->n == SEALED_KEYS ||
            sealed_key(line, out->secret[out->n]) != ERR_OK) {
            crypto_forget(out, sizeof(*out));
            return ERR_PARSE;
        }
        crypto_box_public(out->secret[out->n], out->pub[out->n]);
        out->n++;
    }
    return out->n ? ERR_OK : ERR_PARSE;
}

enum err sealed_write_keys(const struct sealed_keys *keys, struct buf *out)
{
    for (unsigned i = 0; i < keys->n; i++) {
        char text[SEALED_TEXT];
        hex_encode(keys->secret[i], CRYPTO_BOX_KEY_LEN, text);
        buf_add_c(out, text);
        buf_add_byte(out, '\n');
        crypto_forget(text, sizeof(text));
    }
    return out->failed;
}

static void id_of(const uint8_t pub[CRYPTO_BOX_KEY_LEN],
                  uint8_t id[SEALED_ID_LEN])
{
    uint8_t sum[SHA256_LEN];
    crypto_sha256((struct str){(const char *)pub, CRYPTO_BOX_KEY_LEN}, sum);
    memcpy(id, sum, SEALED_ID_LEN);
}

size_t sealed_round(size_t len)
{
    size_t step = 1024;
    while (step * 16 <= len) {
        step *= 2;
    }
    return (len + step - 1) / step * step;
}

enum err sealed_close(const uint8_t pub[CRYPTO_BOX_KEY_LEN], struct str open,
                      struct str body, struct buf *out)
{
    static const uint8_t zeros[1024];
    uint8_t id[SEALED_ID_LEN];
    struct buf inner;
    if (open.len > SEALED_MAX_PLAIN || body.len > SEALED_MAX_PLAIN ||
        open.len + body.len + 8 > SEALED_MAX_PLAIN) {
        return ERR_LIMIT;
    }
    buf_init(&inner, SEALED_MAX);
    buf_add_u32(&inner, (uint32_t)open.len);
    buf_add_u32(&inner, (uint32_t)body.len);
    buf_add_str(&inner, open);
    buf_add_str(&inner, body);
    size_t want = sealed_round(inner.len);
    while (!inner.failed && inner.len < want) {
        size_t left = want - inner.len;
        buf_add(&inner, zeros, left < sizeof(zeros) ? left : sizeof(zeros));
    }
    enum err e = inner.failed;
    if (e == ERR_OK) {
        id_of(pub, id);
        e = buf_add(out, id, sizeof(id));
    }
    if (e == ERR_OK) {
        e = crypto_box_close(buf_str(&inner), pub, out);
    }
    if (inner.p) {
        crypto_forget(inner.p, inner.len);
    }
    buf_fini(&inner);
    return e;
}

enum err sealed_split(struct str plain, struct str *open, struct str *body)
{
    struct cur c = cur_of(plain.p, plain.len);
    uint32_t open_len = cur_u32(&c);
    uint32_t body_len = cur_u32(&c);
    *open = cur_bytes(&c, open_len);
    *body = cur_bytes(&c, body_len);
    return c.bad ? ERR_PARSE : ERR_OK;
}

enum err sealed_open(const struct sealed_keys *keys, struct str box,
                     struct buf *plain, struct str *open, struct str *body)
{
    if (box.len <= SEALED_MORE || box.len > SEALED_MAX) {
        return ERR_PARSE;
    }
    for (unsigned i = 0; i < keys->n; i++) {
        uint8_t id[SEALED_ID_LEN];
        id_of(keys->pub[i], id);
        if (memcmp(id, box.p, sizeof(id)) != 0) {
            continue;
        }
        buf_clear(plain);
        enum err e =
            crypto_box_open_sealed(str_sub(box, SEALED_ID_LEN, box.len),
                                   keys->pub[i], keys->secret[i], plain);
        return e == ERR_OK ? sealed_split(buf_str(plain), open, body) : e;
    }
    return ERR_NOTFOUND;
}
