// SPDX-License-Identifier: Apache-2.0
/* Names signed answers, and asks the index whose they are. */
#include "collector/store/store_signatures.h"

#include "base/buf.h"
#include "base/hex.h"

#include <string.h>

#define TEXT_MAX (STORE_SIGNATURES_MAX * (2 * STORE_SIGNATURE_LEN + 1))

/* What names the answer that `said` carries. False: it carries none that could
 * be true. */
static bool name_of(const struct json *said, uint8_t id[SHA256_LEN])
{
    const struct json *sig = json_get(said, "x_control_signature");
    struct str nonce = json_str(json_get(sig, "nonce"));
    uint8_t key[CRYPTO_PUB_LEN], minute[8];
    int64_t when = 0;
    if (!json_is_obj(json_get(said, "control")) ||
        !json_i64(json_get(sig, "minute"), &when) ||
        hex_decode(json_str(json_get(sig, "key")), key, sizeof(key)) !=
            ERR_OK) {
        return false;
    }
    for (size_t i = 0; i < sizeof(minute); i++) {
        minute[i] = (uint8_t)((uint64_t)when >> (8 * i));
    }
    struct sha256 s;
    crypto_sha256_init(&s);
    crypto_sha256_add(&s, (struct str){(const char *)key, sizeof(key)});
    crypto_sha256_add(&s, (struct str){(const char *)minute, sizeof(minute)});
    crypto_sha256_add(&s, nonce);
    crypto_sha256_end(&s, id);
    return true;
}

static void add(struct buf *b, const struct json *said)
{
    uint8_t id[SHA256_LEN];
    char hex[2 * STORE_SIGNATURE_LEN + 1];
    if (!name_of(said, id)) {
        return;
    }
    hex_encode(id, STORE_SIGNATURE_LEN, hex);
    if (b->len > 0) {
        buf_add_byte(b, ',');
    }
    buf_add_c(b, hex);
}

/* `keys`: the test_keys of a measurement. */
static void add_both(struct buf *b, const struct json *keys)
{
    add(b, keys);
    add(b, json_get(keys, "x_other_control"));
}

enum err store_signatures(struct region *r, const struct json *rec,
                          const char **out)
{
    const struct json *keys = json_get(rec, "test_keys");
    const struct json *retest = json_get(keys, "x_retest");
    struct buf b;
    buf_init(&b, TEXT_MAX);
    add_both(&b, keys);
    for (const struct json *n = json_first(retest); n; n = json_next(n)) {
        add_both(&b, json_get(n, "test_keys"));
    }
    struct str text = buf_str(&b);
    enum err e = b.failed;
    *out = "";
    if (e == ERR_OK && text.len > 0) {
        *out = region_strndup(r, text.p, text.len);
        e = *out ? ERR_OK : ERR_NOMEM;
    }
    buf_fini(&b);
    return e;
}

enum err store_signatures_claim(const struct store_index *ix,
                                struct store_row *row)
{
    struct str rest = str_c(row->signatures), one;
    uint8_t id[STORE_SIGNATURE_LEN], owner[SHA256_LEN];
    while (row->control_verified && str_next(&rest, ',', &one)) {
        if (hex_decode(one, id, sizeof(id)) != ERR_OK) {
            continue;
        }
        enum err e = ix->signature_owner(ix->self, id, owner);
        if (e != ERR_OK && e != ERR_NOTFOUND) {
            return e;
        }
        row->control_verified =
            e == ERR_NOTFOUND || memcmp(owner, row->hash, SHA256_LEN) == 0;
    }
    rest = str_c(row->signatures);
    while (row->control_verified && str_next(&rest, ',', &one)) {
        if (hex_decode(one, id, sizeof(id)) != ERR_OK) {
            continue;
        }
        enum err e = ix->signature_take(ix->self, id, row->hash);
        if (e != ERR_OK && e != ERR_EXISTS) {
            return e;
        }
    }
    return ERR_OK;
}
