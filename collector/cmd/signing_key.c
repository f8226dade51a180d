// SPDX-License-Identifier: Apache-2.0
/* Where the key is, who may read it, and how it is made. */
#include "collector/cmd/signing_key.h"

#include "base/fs.h"
#include "base/look.h"
#include "collector/cmd/password.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define KEY_NAME    "list-signing.key"
#define FOR_OTHERS  077
#define MODE_OF_KEY 0600

static enum err path_of(const struct opt_set *opts, char out[PATH_MAX],
                        struct diag *d)
{
    const char *named = opt_str(opts, "key");
    enum err e = ERR_OK;
    if (!named) {
        e = fs_join(out, PATH_MAX, opt_str(opts, "data"), KEY_NAME);
    } else if (str_copy(out, PATH_MAX, named) >= PATH_MAX) {
        e = ERR_LIMIT;
    }
    return e == ERR_OK ? e : diag_set(d, e, "the path of the key is too long");
}

/* Asks for the password, if it is under one. */
static enum err open_key(const char *path, struct str file,
                         struct minisign_secret *out, struct diag *d)
{
    char prompt[PATH_MAX + 32], password[PASSWORD_MAX] = "";
    enum err e = minisign_read_secret(file, (struct str){NULL, 0}, out, d);
    if (e != ERR_ACCESS) {
        return e;
    }
    snprintf(prompt, sizeof(prompt), "Password of %s: ", path);
    e = password_ask(prompt, password, d);
    if (e == ERR_OK) {
        e = minisign_read_secret(file, str_c(password), out, d);
    }
    crypto_forget(password, sizeof(password));
    return e;
}

static enum err read_key(const char *path, struct minisign_secret *out,
                         struct diag *d)
{
    struct diag why = {""};
    struct buf text;
    buf_init(&text, MINISIGN_MAX_BYTES);
    enum err e = fs_read(path, MINISIGN_MAX_BYTES, &text, d);
    if (e == ERR_OK) {
        e = open_key(path, buf_str(&text), out, &why);
        if (e == ERR_PARSE) {
            diag_set(d, e, "%.180s is no secret key: %.120s", path, why.text);
        } else if (e != ERR_OK) {
            diag_set(d, e, "%.180s: %.120s", path, why.text);
        }
    }
    if (text.p) {
        crypto_forget(text.p, text.len);
    }
    buf_fini(&text);
    return e;
}

static enum err make_key(const struct opt_set *opts, const char *path,
                         struct minisign_secret *out, struct diag *d)
{
    struct minisign_secret fresh;
    struct str password = {NULL, 0};
    char asked[PASSWORD_MAX] = "";
    struct buf text;
    enum err e = opt_str(opts, "key")
                     ? ERR_OK
                     : fs_mkdirs(opt_str(opts, "data"), 0700, d);
    buf_init(&text, MINISIGN_MAX_BYTES);
    minisign_new(&fresh);
    if (e == ERR_OK && opt_flag(opts, "password")) {
        e = password_ask_new(asked, d);
        password = str_c(asked);
    }
    if (e == ERR_OK) {
        e = minisign_write_secret(&fresh, password, &MINISIGN_LOCK_COST, &text);
    }
    if (e == ERR_OK) {
        e = fs_write_atomic(path, buf_str(&text), MODE_OF_KEY, d);
    }
    if (e == ERR_OK) {
        *out = fresh;
    }
    if (text.p) {
        crypto_forget(text.p, text.len);
    }
    crypto_forget(&fresh, sizeof(fresh));
    crypto_forget(asked, sizeof(asked));
    buf_fini(&text);
    return e;
}

enum err signing_key_load(const struct opt_set *opts, bool make,
                          struct minisign_secret *out, bool *made,
                          struct diag *d)
{
    char path[PATH_MAX];
    struct look seen;
    *made = false;
    enum err e = path_of(opts, path, d);
    if (e != ERR_OK) {
        return e;
    }
    e = look_at(path, &seen, d);
    if (e == ERR_NOTFOUND && make) {
        e = make_key(opts, path, out, d);
        *made = e == ERR_OK;
        return e;
    }
    if (e == ERR_NOTFOUND) {
        return diag_set(d, e,
                        "there is no key %.200s; `parallax-collector keys` "
                        "makes one",
                        path);
    }
    if (e == ERR_OK && (seen.mode & FOR_OTHERS)) {
        return diag_set(d, ERR_ACCESS,
                        "others may read or change %.180s; if nobody did, "
                        "`chmod 600` it",
                        path);
    }
    return e == ERR_OK ? read_key(path, out, d) : e;
}
