// SPDX-License-Identifier: Apache-2.0
/* A file of several keys is read two lines at a time. */
#include "record/minisign_keys.h"

#include "base/fs.h"

#include <string.h>

bool minisign_keys_has(const struct minisign_keys *keys,
                       const struct minisign_public *key)
{
    for (size_t i = 0; i < keys->n; i++) {
        if (memcmp(&keys->k[i], key, sizeof(*key)) == 0) {
            return true;
        }
    }
    return false;
}

enum err minisign_keys_add(struct minisign_keys *keys,
                           const struct minisign_public *key)
{
    if (minisign_keys_has(keys, key)) {
        return ERR_OK;
    }
    if (keys->n == MINISIGN_KEYS_MAX) {
        return ERR_LIMIT;
    }
    keys->k[keys->n++] = *key;
    return ERR_OK;
}

/* The first key's lines of a file, a comment and base64 or base64 alone. */
static struct str next_key(struct str *rest)
{
    struct str line, all = *rest;
    bool comment = str_starts(all, "untrusted comment:");
    for (int i = comment ? 2 : 1; i > 0 && str_next(rest, '\n', &line); i--) {
    }
    size_t len = all.len - rest->len;
    *rest = str_trim(*rest);
    return str_sub(all, 0, len);
}

enum err minisign_keys_read(struct str file, struct minisign_keys *out,
                            struct diag *d)
{
    struct minisign_keys keys = *out;
    struct minisign_public key;
    struct str rest = file;
    enum err e = ERR_OK;
    if (file.len > MINISIGN_MAX_BYTES) {
        return diag_set(d, ERR_PARSE, "larger than %d bytes",
                        MINISIGN_MAX_BYTES);
    }
    do {
        e = minisign_read_public(next_key(&rest), &key, d);
        if (e == ERR_OK && minisign_keys_add(&keys, &key) != ERR_OK) {
            e = diag_set(d, ERR_PARSE, "more than %d keys", MINISIGN_KEYS_MAX);
        }
    } while (e == ERR_OK && rest.len);
    if (e == ERR_OK) {
        *out = keys;
    }
    return e;
}

enum err minisign_keys_load(const char *path, struct minisign_keys *out,
                            struct diag *d)
{
    struct diag why = {""};
    struct buf text;
    buf_init(&text, MINISIGN_MAX_BYTES);
    enum err e = fs_read(path, MINISIGN_MAX_BYTES, &text, d);
    if (e == ERR_OK) {
        e = minisign_keys_read(buf_str(&text), out, &why);
        if (e == ERR_PARSE) {
            diag_set(d, e, "%.180s is no public key: %.120s", path, why.text);
        }
    }
    buf_fini(&text);
    return e;
}

enum err minisign_keys_verify(const struct minisign_keys *keys, struct str text,
                              const struct minisign_signature *s,
                              struct minisign_public *by, struct diag *d)
{
    enum err e =
        diag_set(d, ERR_ACCESS, "it is signed with a key that is not believed");
    for (size_t i = 0; i < keys->n; i++) {
        if (memcmp(keys->k[i].id, s->id, MINISIGN_ID_LEN) != 0) {
            continue;
        }
        e = minisign_verify(&keys->k[i], text, s, d);
        if (e == ERR_OK && by) {
            *by = keys->k[i];
        }
        if (e == ERR_OK) {
            break;
        }
    }
    return e;
}
