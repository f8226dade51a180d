// SPDX-License-Identifier: Apache-2.0
/* Keeping keys, and checking what was signed with them. */
#include "collector/control/control_keys.h"

#include "base/fs.h"
#include "base/hex.h"
#include "collector/control/control_signed.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_MAX 512 /* the oldest makes room: each start has a new one */
#define FILE_MAX (4096 * 65) /* earlier versions kept so many */

struct control_keys {
    pthread_mutex_t lock;
    char path[PATH_MAX]; /* "" none */
    uint8_t (*keys)[CRYPTO_PUB_LEN];
    size_t n;
};

static bool known(const struct control_keys *k, const uint8_t *key)
{
    for (size_t i = 0; i < k->n; i++) {
        if (memcmp(k->keys[i], key, CRYPTO_PUB_LEN) == 0) {
            return true;
        }
    }
    return false;
}

static enum err remember(struct control_keys *k, const uint8_t *key)
{
    if (known(k, key)) {
        return ERR_EXISTS;
    }
    if (k->n == KEYS_MAX) {
        k->n--;
        memmove(k->keys, k->keys + 1, k->n * sizeof(*k->keys));
    }
    uint8_t(*grown)[CRYPTO_PUB_LEN] =
        reallocarray(k->keys, k->n + 1, sizeof(*grown));
    if (!grown) {
        return ERR_NOMEM;
    }
    k->keys = grown;
    memcpy(k->keys[k->n++], key, CRYPTO_PUB_LEN);
    return ERR_OK;
}

static enum err load(struct control_keys *k, struct diag *d)
{
    struct buf b;
    buf_init(&b, FILE_MAX);
    enum err e = fs_read(k->path, FILE_MAX, &b, d);
    struct str rest = buf_str(&b), line;
    for (unsigned n = 1; e == ERR_OK && str_next(&rest, '\n', &line); n++) {
        uint8_t key[CRYPTO_PUB_LEN];
        line = str_trim(line);
        if (line.len == 0) {
            continue;
        }
        if (hex_decode(line, key, sizeof(key)) != ERR_OK) {
            e = diag_set(d, ERR_PARSE, "%s:%u: not a key", k->path, n);
        } else {
            e = remember(k, key);
            e = e == ERR_EXISTS ? ERR_OK : e;
        }
    }
    buf_fini(&b);
    return e;
}

enum err control_keys_open(const char *dir, struct control_keys **out,
                           struct diag *d)
{
    struct control_keys *k = calloc(1, sizeof(*k));
    if (!k) {
        return ERR_NOMEM;
    }
    if (pthread_mutex_init(&k->lock, NULL) != 0) {
        free(k);
        return ERR_NOMEM;
    }
    enum err e = ERR_OK;
    if (dir) {
        e = fs_join(k->path, sizeof(k->path), dir, "control-keys");
    }
    if (e == ERR_OK && k->path[0]) {
        e = load(k, d);
        e = e == ERR_NOTFOUND ? ERR_OK : e; /* none yet */
    }
    if (e != ERR_OK) {
        control_keys_close(k);
        return e;
    }
    *out = k;
    return ERR_OK;
}

void control_keys_close(struct control_keys *k)
{
    if (!k) {
        return;
    }
    pthread_mutex_destroy(&k->lock);
    free(k->keys);
    free(k);
}

static enum err save_all(struct control_keys *k, struct diag *d)
{
    struct buf b;
    buf_init(&b, FILE_MAX);
    for (size_t i = 0; i < k->n; i++) {
        char hex[2 * CRYPTO_PUB_LEN + 1];
        hex_encode(k->keys[i], CRYPTO_PUB_LEN, hex);
        buf_add_c(&b, hex);
        buf_add_byte(&b, '\n');
    }
    enum err e =
        b.failed ? b.failed : fs_write_atomic(k->path, buf_str(&b), 0600, d);
    buf_fini(&b);
    return e;
}

enum err control_keys_add(struct control_keys *k,
                          const uint8_t key[CRYPTO_PUB_LEN], bool save,
                          struct diag *d)
{
    pthread_mutex_lock(&k->lock);
    enum err e = remember(k, key);
    if (e == ERR_OK && save && k->path[0]) {
        e = save_all(k, d);
    }
    pthread_mutex_unlock(&k->lock);
    return e == ERR_EXISTS ? ERR_OK : e;
}

static bool is_known(struct control_keys *k, const uint8_t *key)
{
    pthread_mutex_lock(&k->lock);
    bool yes = known(k, key);
    pthread_mutex_unlock(&k->lock);
    return yes;
}

/* `said` has an answer to `request`, and its signature. */
static bool verify_answer(struct control_keys *k, const struct json_doc *doc,
                          const struct json *request, const struct json *said)
{
    const struct json *answer = json_get(said, "control");
    const struct json *sig = json_get(said, "x_control_signature");
    struct str nonce = json_str(json_get(sig, "nonce"));
    int64_t v = 0, minute = 0;
    uint8_t signature[CRYPTO_SIG_LEN], key[CRYPTO_PUB_LEN];
    if (!json_is_obj(request) || !json_is_obj(answer) ||
        !json_i64(json_get(sig, "v"), &v) || v != 1 ||
        !json_i64(json_get(sig, "minute"), &minute) ||
        nonce.len != CONTROL_NONCE_LEN ||
        !str_eq(nonce, json_str(json_path(request, "x_parallax.nonce"))) ||
        hex_decode(json_str(json_get(sig, "signature")), signature,
                   sizeof(signature)) != ERR_OK ||
        hex_decode(json_str(json_get(sig, "key")), key, sizeof(key)) !=
            ERR_OK ||
        !is_known(k, key)) {
        return false;
    }
    struct buf text;
    buf_init(&text, CONTROL_SIGNED_MAX);
    bool ok = control_signed(json_span(doc, request), minute, nonce,
                             json_span(doc, answer), &text) == ERR_OK &&
              crypto_verify(buf_str(&text), signature, key);
    buf_fini(&text);
    return ok;
}

/* `keys`: the test_keys of a measurement. */
static bool verify_one(struct control_keys *k, const struct json_doc *doc,
                       const struct json *keys)
{
    const struct json *request = json_get(keys, "x_control_request");
    const struct json *other = json_get(keys, "x_other_control");
    return verify_answer(k, doc, request, keys) &&
           (json_is_null(json_get(other, "control")) ||
            verify_answer(k, doc, request, other));
}

bool control_keys_verify(struct control_keys *k, const struct json_doc *doc)
{
    const struct json *keys = json_get(json_root(doc), "test_keys");
    bool ok = verify_one(k, doc, keys);
    const struct json *retest = json_get(keys, "x_retest");
    for (const struct json *n = json_first(retest); n && ok; n = json_next(n)) {
        const struct json *again = json_get(n, "test_keys");
        ok = json_is_null(json_get(again, "control")) ||
             verify_one(k, doc, again);
    }
    return ok;
}
