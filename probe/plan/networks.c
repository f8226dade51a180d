// SPDX-License-Identifier: Apache-2.0
#include "probe/plan/networks.h"

#include "base/crypto.h"
#include "base/fs.h"
#include "base/hex.h"
#include "probe/volunteer/paths.h"

#include <string.h>

#define VERSION  1
#define TITLE    "parallax networks "
#define HASH_LEN 16
#define FILE_MAX 8192

struct agreed {
    uint8_t key[SHA256_LEN];
    uint8_t hash[NETWORKS_MAX][HASH_LEN]; /* in the order of agreeing */
    size_t n;
};

static bool parse_body(struct str rest, struct agreed *out)
{
    struct str line;
    if (!str_next(&rest, '\n', &line) ||
        hex_decode(line, out->key, sizeof(out->key)) != ERR_OK) {
        return false;
    }
    while (rest.len && str_next(&rest, '\n', &line)) {
        if (out->n == NETWORKS_MAX ||
            hex_decode(line, out->hash[out->n], HASH_LEN) != ERR_OK) {
            return false;
        }
        out->n++;
    }
    return true;
}

static enum err parse(struct str text, const char *path, struct agreed *out,
                      struct diag *d)
{
    struct str rest = text, title;
    int64_t version = 0;
    bool titled = str_next(&rest, '\n', &title) && str_starts(title, TITLE) &&
                  str_to_i64(str_sub(title, strlen(TITLE), title.len), 1, 10000,
                             &version) == ERR_OK;
    if (titled && version > VERSION) {
        return diag_set(d, ERR_EXISTS,
                        "%.200s is of a newer version of Parallax; install "
                        "that again, or remove the file",
                        path);
    }
    if (!titled || !str_ends(text, "\n") || !parse_body(rest, out)) {
        return diag_set(d, ERR_PARSE,
                        "%.200s is damaged: agree to this network again with "
                        "`parallax plan --agree`",
                        path);
    }
    return ERR_OK;
}

/* ERR_NOTFOUND: there is no file. */
static enum err load(struct agreed *out, struct diag *d)
{
    char path[PATHS_MAX];
    struct buf text;
    enum err e = paths_state(NETWORKS_FILE, path, d);
    if (e != ERR_OK) {
        return e;
    }
    buf_init(&text, FILE_MAX);
    e = fs_read(path, FILE_MAX, &text, d);
    if (e == ERR_OK) {
        e = parse(buf_str(&text), path, out, d);
    } else if (e == ERR_LIMIT) {
        e = diag_set(d, ERR_PARSE, "%.200s is damaged", path);
    }
    buf_fini(&text);
    return e;
}

static enum err store(const struct agreed *a, struct diag *d)
{
    char path[PATHS_MAX];
    char hex[2 * SHA256_LEN + 1];
    struct buf text;
    enum err e = paths_make_state(d);
    if (e == ERR_OK) {
        e = paths_state(NETWORKS_FILE, path, d);
    }
    if (e != ERR_OK) {
        return e;
    }
    buf_init(&text, FILE_MAX);
    hex_encode(a->key, sizeof(a->key), hex);
    buf_printf(&text, TITLE "%d\n%s\n", VERSION, hex);
    for (size_t i = 0; i < a->n; i++) {
        hex_encode(a->hash[i], HASH_LEN, hex);
        buf_printf(&text, "%s\n", hex);
    }
    e = text.failed == ERR_OK
            ? fs_write_atomic(path, buf_str(&text), 0600, d)
            : diag_set(d, text.failed, "%s", err_str(text.failed));
    buf_fini(&text);
    return e;
}

static bool has(const struct agreed *a, struct str id, uint8_t hash[SHA256_LEN])
{
    crypto_hmac((struct str){(const char *)a->key, sizeof(a->key)}, id, hash);
    for (size_t i = 0; i < a->n; i++) {
        if (memcmp(a->hash[i], hash, HASH_LEN) == 0) {
            return true;
        }
    }
    return false;
}

enum err networks_look(struct str id, enum network_state *out, struct diag *d)
{
    struct agreed a = {.n = 0};
    uint8_t hash[SHA256_LEN];
    enum err e = load(&a, d);
    if (e == ERR_OK) {
        *out = has(&a, id, hash) ? NETWORK_AGREED : NETWORK_NEW;
    } else if (e == ERR_NOTFOUND) {
        *out = NETWORK_FIRST;
        e = ERR_OK;
    }
    return e;
}

enum err networks_agree(struct str id, struct diag *d)
{
    struct agreed a = {.n = 0};
    uint8_t hash[SHA256_LEN];
    enum err e = load(&a, d);
    if (e == ERR_NOTFOUND || e == ERR_PARSE) {
        a.n = 0;
        crypto_random(a.key, sizeof(a.key));
    } else if (e != ERR_OK) {
        return e;
    }
    if (has(&a, id, hash)) {
        return ERR_OK;
    }
    if (a.n == NETWORKS_MAX) {
        a.n--;
        memmove(a.hash[0], a.hash[1], a.n * HASH_LEN);
    }
    memcpy(a.hash[a.n++], hash, HASH_LEN);
    return store(&a, d);
}
