// SPDX-License-Identifier: Apache-2.0
/* The secret of a probe and the pseudonyms made of it. */
#include "probe/volunteer/identity.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/fs.h"
#include "base/hex.h"
#include "probe/volunteer/paths.h"

#include <stdio.h>
#include <string.h>

enum err identity_secret(uint8_t secret[IDENTITY_SECRET_LEN], struct diag *d)
{
    char path[PATHS_MAX];
    struct buf text;
    enum err e = paths_make_state(d);
    if (e == ERR_OK) {
        e = paths_state("device-secret", path, d);
    }
    if (e != ERR_OK) {
        return e;
    }
    buf_init(&text, IDENTITY_SECRET_LEN + 1);
    e = fs_read(path, IDENTITY_SECRET_LEN + 1, &text, d);
    if (e == ERR_NOTFOUND) {
        uint8_t fresh[IDENTITY_SECRET_LEN];
        crypto_random(fresh, sizeof(fresh));
        e = fs_write_atomic(
            path, (struct str){(const char *)fresh, sizeof(fresh)}, 0600, d);
        if (e == ERR_OK) {
            memcpy(secret, fresh, sizeof(fresh));
        }
    } else if (e == ERR_LIMIT ||
               (e == ERR_OK && text.len != IDENTITY_SECRET_LEN)) {
        e = diag_set(d, ERR_PARSE, "%.200s is damaged: it must hold %d bytes",
                     path, IDENTITY_SECRET_LEN);
    } else if (e == ERR_OK) {
        memcpy(secret, text.p, IDENTITY_SECRET_LEN);
    }
    buf_fini(&text);
    return e;
}

enum err identity_probe(const uint8_t secret[IDENTITY_SECRET_LEN],
                        const char *cc, uint32_t asn, int64_t unix_s,
                        char out[IDENTITY_TEXT])
{
    char when[20];
    char what[64];
    uint8_t mac[SHA256_LEN];
    enum err e = clock_format(unix_s, when);
    if (e != ERR_OK) {
        return e;
    }
    snprintf(what, sizeof(what), "%.2s|%u|%.7s", cc, asn, when);
    crypto_hmac((struct str){(const char *)secret, IDENTITY_SECRET_LEN},
                str_c(what), mac);
    hex_encode(mac, 16, out);
    return ERR_OK;
}
