// SPDX-License-Identifier: Apache-2.0
/* The secret of a probe and the pseudonyms made of it. */
#include "probe/volunteer/identity.h"

#include "base/calendar.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/fs.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/look.h"
#include "probe/volunteer/paths.h"

#include <stdio.h>
#include <string.h>

#define SECRET_NAME "device-secret"
#define MONTH_LEN   7 /* YYYY-MM */
#define FILE_LEN    (IDENTITY_SECRET_LEN + MONTH_LEN)

struct kept {
    uint8_t secret[IDENTITY_SECRET_LEN];
    int64_t month; /* since the year 0; -1: not known yet */
};

static enum err read_kept(const char *path, struct kept *out, struct diag *d)
{
    struct buf text;
    struct kept k = {.month = -1};
    buf_init(&text, FILE_LEN + 1);
    enum err e = fs_read(path, FILE_LEN + 1, &text, d);
    if (e == ERR_OK && text.len == FILE_LEN) {
        k.month = calendar_month(
            str_sub(buf_str(&text), IDENTITY_SECRET_LEN, MONTH_LEN));
    }
    if (e == ERR_LIMIT ||
        (e == ERR_OK && text.len != IDENTITY_SECRET_LEN && k.month < 0)) {
        e = diag_set(d, ERR_PARSE,
                     "%.200s is damaged: it must hold %d bytes and a month",
                     path, IDENTITY_SECRET_LEN);
    }
    if (e == ERR_OK) {
        memcpy(k.secret, text.p, IDENTITY_SECRET_LEN);
        *out = k;
    }
    if (text.p) {
        crypto_forget(text.p, text.len);
    }
    buf_fini(&text);
    return e;
}

static enum err write_kept(const char *path, const struct kept *k,
                           struct diag *d)
{
    char bytes[FILE_LEN + 1];
    size_t len = IDENTITY_SECRET_LEN;
    memcpy(bytes, k->secret, IDENTITY_SECRET_LEN);
    if (k->month >= 0) {
        snprintf(bytes + len, MONTH_LEN + 1, "%04d-%02d",
                 (int)(k->month / 12 % 10000), (int)(k->month % 12) + 1);
        len = FILE_LEN;
    }
    enum err e = fs_write_over(path, (struct str){bytes, len}, 0600, d);
    crypto_forget(bytes, sizeof(bytes));
    return e;
}

enum err identity_secret(uint8_t secret[IDENTITY_SECRET_LEN], struct diag *d)
{
    char path[PATHS_MAX];
    struct kept k = {.month = -1};
    enum err e = paths_make_state(d);
    if (e == ERR_OK) {
        e = paths_state(SECRET_NAME, path, d);
    }
    if (e != ERR_OK) {
        return e;
    }
    e = read_kept(path, &k, d);
    if (e == ERR_NOTFOUND) {
        crypto_random(k.secret, sizeof(k.secret));
        e = write_kept(path, &k, d);
    }
    if (e == ERR_OK) {
        memcpy(secret, k.secret, sizeof(k.secret));
    }
    crypto_forget(&k, sizeof(k));
    return e;
}

/* A secret that does not know its month is for this one: within a month the
 * pseudonym stays. */
static bool turn(struct kept *k, int64_t month)
{
    int64_t ahead = k->month < 0 ? 0 : month - k->month;
    if ((k->month >= 0 && ahead <= 0) || ahead > IDENTITY_MONTHS_MAX) {
        return false;
    }
    for (int64_t i = 0; i < ahead; i++) {
        uint8_t next[SHA256_LEN];
        crypto_hmac((struct str){(const char *)k->secret, IDENTITY_SECRET_LEN},
                    STR("month"), next);
        memcpy(k->secret, next, IDENTITY_SECRET_LEN);
        crypto_forget(next, sizeof(next));
    }
    k->month = month;
    return true;
}

/* Written, even if the bytes before could not be overwritten: then only that
 * is said, and the secret is the new one all the same. */
static enum err write_turned(const char *path, const struct kept *k,
                             struct diag *d)
{
    struct kept now = {.month = -1};
    enum err e = write_kept(path, k, d);
    if (e != ERR_OK && read_kept(path, &now, NULL) == ERR_OK &&
        now.month == k->month) {
        log_warn("identity", "%s", d->text);
        e = ERR_OK;
    }
    crypto_forget(&now, sizeof(now));
    return e;
}

/* Half-written ones that a killed process left: each is the secret of some
 * month. */
static enum err shred_half(void *arg, const char *name)
{
    char path[PATHS_MAX];
    struct diag d = {""};
    if (str_starts(str_c(name), SECRET_NAME ".tmp-") &&
        fs_join(path, sizeof(path), arg, name) == ERR_OK &&
        fs_shred(path, &d) != ERR_OK) {
        log_warn("identity", "%s", d.text);
    }
    return ERR_OK;
}

static void forget_half(void)
{
    char dir[PATHS_MAX];
    struct diag d = {""};
    if (paths_state(NULL, dir, &d) != ERR_OK ||
        look_each(dir, shred_half, dir, &d) != ERR_OK) {
        log_warn("identity", "%s", d.text);
    }
}

enum err identity_turn(int64_t unix_s, uint8_t secret[IDENTITY_SECRET_LEN],
                       struct diag *d)
{
    char path[PATHS_MAX], when[20];
    struct kept k = {.month = -1};
    enum err e = paths_state(SECRET_NAME, path, d);
    if (e == ERR_OK) {
        e = clock_format(unix_s, when);
    }
    if (e == ERR_OK) {
        e = read_kept(path, &k, d);
    }
    if (e == ERR_OK && turn(&k, calendar_month(str_c(when)))) {
        e = write_turned(path, &k, d);
    }
    if (e == ERR_OK) {
        memcpy(secret, k.secret, sizeof(k.secret));
        forget_half();
    }
    crypto_forget(&k, sizeof(k));
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
