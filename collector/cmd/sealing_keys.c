// SPDX-License-Identifier: Apache-2.0
/* Sealing keys made and shown. */
#include "collector/cmd/sealing_keys.h"

#include "base/fs.h"
#include "base/hex.h"
#include "cli/shell.h"
#include "record/sealed.h"

#include <stdio.h>
#include <string.h>

#define FILE_MAX_BYTES 1024
#define MODE_OF_KEY    0600

static enum err load(const char *file, struct sealed_keys *out, struct diag *d)
{
    struct buf text;
    buf_init(&text, FILE_MAX_BYTES);
    enum err e = fs_read(file, FILE_MAX_BYTES, &text, d);
    if (e == ERR_OK && sealed_read_keys(buf_str(&text), out) != ERR_OK) {
        e = diag_set(d, ERR_PARSE, "%.180s: no file of sealing keys", file);
    }
    if (text.p) {
        crypto_forget(text.p, text.len);
    }
    buf_fini(&text);
    return e;
}

static enum err add_key(const char *file, struct sealed_keys *keys,
                        struct diag *d)
{
    struct sealed_keys fresh = {.n = 1};
    struct buf text;
    crypto_box_pair(fresh.pub[0], fresh.secret[0]);
    if (keys->n) {
        memcpy(fresh.pub[1], keys->pub[0], CRYPTO_BOX_KEY_LEN);
        memcpy(fresh.secret[1], keys->secret[0], CRYPTO_BOX_KEY_LEN);
        fresh.n = SEALED_KEYS;
    }
    buf_init(&text, FILE_MAX_BYTES);
    enum err e = sealed_write_keys(&fresh, &text);
    if (e == ERR_OK) {
        e = fs_write_atomic(file, buf_str(&text), MODE_OF_KEY, d);
    }
    if (e == ERR_OK) {
        *keys = fresh;
    }
    if (text.p) {
        crypto_forget(text.p, text.len);
    }
    crypto_forget(&fresh, sizeof(fresh));
    buf_fini(&text);
    return e;
}

int sealing_keys_show(const char *file, bool rotate)
{
    struct sealed_keys keys = {.n = 0};
    struct diag d = {""};
    enum err e = load(file, &keys, &d);
    bool none = e == ERR_NOTFOUND;
    if (none || (e == ERR_OK && rotate)) {
        e = add_key(file, &keys, &d);
    }
    for (unsigned i = 0; e == ERR_OK && i < keys.n; i++) {
        char text[SEALED_TEXT];
        hex_encode(keys.pub[i], CRYPTO_BOX_KEY_LEN, text);
        printf("%s\n", text);
    }
    crypto_forget(&keys, sizeof(keys));
    if (e != ERR_OK) {
        fprintf(stderr, "parallax-collector keys: %s\n",
                d.text[0] ? d.text : err_str(e));
        return EXIT_FAILED;
    }
    if (none || rotate) {
        fprintf(stderr, "A new key was made. Probes seal for it once they are "
                        "given the first of the\npublic keys above "
                        "(collector.seal_key).\n");
    }
    return EXIT_DONE;
}
