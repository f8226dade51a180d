// SPDX-License-Identifier: Apache-2.0
/* minisign's files, whose lines are comments and base64 in turn. */
#include "record/minisign.h"

#include "base/base64.h"
#include "record/minisign_lock.h"

#include <string.h>

#define UNTRUSTED "untrusted comment: "
#define TRUSTED   "trusted comment: "

#define ALGORITHM        "Ed" /* signs the text itself */
#define ALGORITHM_HASHED "ED" /* signs its hash */
#define CHECKSUM         "B2"

#define KEY_LEN (2 + MINISIGN_ID_LEN + CRYPTO_PUB_LEN)
#define SIG_LEN (2 + MINISIGN_ID_LEN + CRYPTO_SIG_LEN)

/* ---- lines ----------------------------------------------------------------
 */

/* The next line without its end, LF or CRLF. */
static bool next_line(struct str *rest, struct str *line)
{
    if (!str_next(rest, '\n', line)) {
        return false;
    }
    if (str_ends(*line, "\r")) {
        line->len--;
    }
    return true;
}

static bool is_comment(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return s.len <= MINISIGN_MAX_COMMENT;
}

/* A line that begins so; the comment behind it. */
static bool comment_line(struct str *rest, const char *prefix,
                         struct str *comment)
{
    struct str line;
    if (!next_line(rest, &line) || !str_starts(line, prefix)) {
        return false;
    }
    *comment = str_sub(line, strlen(prefix), line.len);
    return is_comment(*comment);
}

/* The bytes of a line of base64, which are exactly `len`. */
static enum err bytes_line(struct str *rest, uint8_t *out, size_t len,
                           struct diag *d)
{
    struct str line = {NULL, 0};
    struct buf bytes;
    buf_init(&bytes, len);
    enum err e =
        next_line(rest, &line) ? base64_decode(line, &bytes) : ERR_PARSE;
    if (e == ERR_OK && bytes.len == len) {
        memcpy(out, bytes.p, len);
    } else if (e != ERR_NOMEM) {
        e = diag_set(d, ERR_PARSE, "a line of base64 is missing or damaged");
    }
    if (bytes.p) {
        crypto_forget(bytes.p, bytes.len);
    }
    buf_fini(&bytes);
    return e;
}

static enum err check_end(struct str rest, struct diag *d)
{
    return str_trim(rest).len == 0
               ? ERR_OK
               : diag_set(d, ERR_PARSE, "something follows behind its end");
}

static enum err first_comment(struct str *rest, struct diag *d)
{
    struct str ignored;
    return comment_line(rest, UNTRUSTED, &ignored)
               ? ERR_OK
               : diag_set(d, ERR_PARSE,
                          "its first line is no `" UNTRUSTED
                          "...` as minisign writes it");
}

static enum err check_size(struct str file, struct diag *d)
{
    return file.len <= MINISIGN_MAX_BYTES
               ? ERR_OK
               : diag_set(d, ERR_PARSE, "larger than %d bytes",
                          MINISIGN_MAX_BYTES);
}

/* ---- reading --------------------------------------------------------------
 */

enum err minisign_read_public(struct str file, struct minisign_public *out,
                              struct diag *d)
{
    uint8_t bytes[KEY_LEN];
    struct str rest = file;
    enum err e = check_size(file, d);
    if (e == ERR_OK && str_starts(file, UNTRUSTED)) {
        e = first_comment(&rest, d);
    }
    if (e == ERR_OK) {
        e = bytes_line(&rest, bytes, sizeof(bytes), d);
    }
    if (e == ERR_OK) {
        e = check_end(rest, d);
    }
    if (e == ERR_OK && memcmp(bytes, ALGORITHM, 2) != 0) {
        e = diag_set(d, ERR_PARSE, "a key of another kind than Ed25519");
    }
    if (e == ERR_OK) {
        memcpy(out->id, bytes + 2, MINISIGN_ID_LEN);
        memcpy(out->key, bytes + 2 + MINISIGN_ID_LEN, CRYPTO_PUB_LEN);
    }
    return e;
}

static enum err take_secret(uint8_t bytes[MINISIGN_LOCK_LEN],
                            struct str password, struct minisign_secret *out,
                            struct diag *d)
{
    if (memcmp(bytes, ALGORITHM, 2) != 0 ||
        memcmp(bytes + 4, CHECKSUM, 2) != 0) {
        return diag_set(d, ERR_PARSE, "a key of another kind than Ed25519");
    }
    bool locked = false;
    enum err e = minisign_lock_is(bytes, &locked, d);
    if (e == ERR_OK && locked) {
        e = password.p ? minisign_lock_open(bytes, password, d)
                       : diag_set(d, ERR_ACCESS, "it is under a password");
    }
    if (e != ERR_OK) {
        return e;
    }
    memcpy(out->id, bytes + MINISIGN_LOCK_AT, MINISIGN_ID_LEN);
    memcpy(out->key, bytes + MINISIGN_LOCK_AT + MINISIGN_ID_LEN,
           CRYPTO_SECRET_LEN);
    return ERR_OK;
}

enum err minisign_read_secret(struct str file, struct str password,
                              struct minisign_secret *out, struct diag *d)
{
    uint8_t bytes[MINISIGN_LOCK_LEN];
    struct str rest = file;
    enum err e = check_size(file, d);
    if (e == ERR_OK) {
        e = first_comment(&rest, d);
    }
    if (e == ERR_OK) {
        e = bytes_line(&rest, bytes, sizeof(bytes), d);
    }
    if (e == ERR_OK) {
        e = check_end(rest, d);
    }
    if (e == ERR_OK) {
        e = take_secret(bytes, password, out, d);
    }
    crypto_forget(bytes, sizeof(bytes));
    return e;
}

enum err minisign_read_signature(struct str file,
                                 struct minisign_signature *out, struct diag *d)
{
    struct minisign_signature s = {.hashed = false};
    uint8_t bytes[SIG_LEN];
    struct str rest = file;
    enum err e = check_size(file, d);
    if (e == ERR_OK) {
        e = first_comment(&rest, d);
    }
    if (e == ERR_OK) {
        e = bytes_line(&rest, bytes, sizeof(bytes), d);
    }
    if (e == ERR_OK && !comment_line(&rest, TRUSTED, &s.comment)) {
        e = diag_set(d, ERR_PARSE, "its third line is no `" TRUSTED "...`");
    }
    if (e == ERR_OK) {
        e = bytes_line(&rest, s.with_comment, CRYPTO_SIG_LEN, d);
    }
    if (e == ERR_OK) {
        e = check_end(rest, d);
    }
    if (e != ERR_OK) {
        return e;
    }
    s.hashed = memcmp(bytes, ALGORITHM_HASHED, 2) == 0;
    if (!s.hashed && memcmp(bytes, ALGORITHM, 2) != 0) {
        return diag_set(d, ERR_PARSE,
                        "a signature of another kind than "
                        "Ed25519");
    }
    memcpy(s.id, bytes + 2, MINISIGN_ID_LEN);
    memcpy(s.sig, bytes + 2 + MINISIGN_ID_LEN, CRYPTO_SIG_LEN);
    *out = s;
    return ERR_OK;
}

/* ---- signing and verifying ------------------------------------------------
 */

/* What the second signature is over: the first, and the comment. */
static struct str
sealed_comment(const uint8_t sig[CRYPTO_SIG_LEN], struct str comment,
               uint8_t out[CRYPTO_SIG_LEN + MINISIGN_MAX_COMMENT])
{
    memcpy(out, sig, CRYPTO_SIG_LEN);
    if (comment.len) {
        memcpy(out + CRYPTO_SIG_LEN, comment.p, comment.len);
    }
    return (struct str){(const char *)out, CRYPTO_SIG_LEN + comment.len};
}

enum err minisign_verify(const struct minisign_public *key, struct str text,
                         const struct minisign_signature *s, struct diag *d)
{
    uint8_t joined[CRYPTO_SIG_LEN + MINISIGN_MAX_COMMENT];
    uint8_t hash[BLAKE2B_LEN];
    struct str signed_text = text;
    if (memcmp(key->id, s->id, MINISIGN_ID_LEN) != 0) {
        return diag_set(d, ERR_ACCESS, "it is signed with another key");
    }
    if (s->hashed) {
        crypto_blake2b(text, hash);
        signed_text = (struct str){(const char *)hash, sizeof(hash)};
    }
    if (!crypto_verify(signed_text, s->sig, key->key)) {
        return diag_set(d, ERR_ACCESS,
                        "the signature is not of this text: one of them was "
                        "changed or cut off");
    }
    if (s->comment.len > MINISIGN_MAX_COMMENT ||
        !crypto_verify(sealed_comment(s->sig, s->comment, joined),
                       s->with_comment, key->key)) {
        return diag_set(d, ERR_ACCESS,
                        "the signature's trusted comment was changed");
    }
    return ERR_OK;
}

void minisign_new(struct minisign_secret *out)
{
    uint8_t pub[CRYPTO_PUB_LEN]; /* the secret key holds it, too */
    crypto_random(out->id, MINISIGN_ID_LEN);
    crypto_keypair(pub, out->key);
}

void minisign_public_of(const struct minisign_secret *secret,
                        struct minisign_public *out)
{
    memcpy(out->id, secret->id, MINISIGN_ID_LEN);
    memcpy(out->key, secret->key + CRYPTO_SECRET_LEN - CRYPTO_PUB_LEN,
           CRYPTO_PUB_LEN);
}

/* ---- writing --------------------------------------------------------------
 */

static enum err add_base64(struct buf *out, const void *p, size_t len)
{
    base64_add(out, (struct str){p, len});
    return buf_add_byte(out, '\n');
}

enum err minisign_public_text(const struct minisign_public *key,
                              struct buf *out)
{
    uint8_t bytes[KEY_LEN];
    memcpy(bytes, ALGORITHM, 2);
    memcpy(bytes + 2, key->id, MINISIGN_ID_LEN);
    memcpy(bytes + 2 + MINISIGN_ID_LEN, key->key, CRYPTO_PUB_LEN);
    return base64_add(out, (struct str){(const char *)bytes, sizeof(bytes)});
}

enum err minisign_write_public(const struct minisign_public *key,
                               struct buf *out)
{
    buf_add_c(out, UNTRUSTED "minisign public key ");
    for (size_t i = MINISIGN_ID_LEN; i-- > 0;) { /* as minisign shows it */
        buf_printf(out, "%02X", key->id[i]);
    }
    buf_add_byte(out, '\n');
    minisign_public_text(key, out);
    return buf_add_byte(out, '\n');
}

enum err minisign_write_secret(const struct minisign_secret *key,
                               struct str password,
                               const struct minisign_lock_cost *cost,
                               struct buf *out)
{
    uint8_t bytes[MINISIGN_LOCK_LEN] = {0};
    enum err e = ERR_OK;
    memcpy(bytes, ALGORITHM, 2);
    memcpy(bytes + 4, CHECKSUM, 2);
    memcpy(bytes + MINISIGN_LOCK_AT, key->id, MINISIGN_ID_LEN);
    memcpy(bytes + MINISIGN_LOCK_AT + MINISIGN_ID_LEN, key->key,
           CRYPTO_SECRET_LEN);
    if (password.p) {
        e = minisign_lock_close(bytes, password, cost);
    }
    if (e == ERR_OK) {
        buf_add_c(out, password.p ? UNTRUSTED "minisign encrypted secret key\n"
                                  : UNTRUSTED "minisign secret key without a "
                                              "password\n");
        e = add_base64(out, bytes, sizeof(bytes));
    }
    crypto_forget(bytes, sizeof(bytes));
    return e;
}

enum err minisign_sign(const struct minisign_secret *key, struct str text,
                       struct str comment, struct buf *out)
{
    uint8_t bytes[SIG_LEN], sig[CRYPTO_SIG_LEN], hash[BLAKE2B_LEN];
    uint8_t joined[CRYPTO_SIG_LEN + MINISIGN_MAX_COMMENT];
    if (!is_comment(comment)) {
        return ERR_INVAL;
    }
    crypto_blake2b(text, hash);
    crypto_sign_msg((struct str){(const char *)hash, sizeof(hash)}, key->key,
                    sig);
    memcpy(bytes, ALGORITHM_HASHED, 2);
    memcpy(bytes + 2, key->id, MINISIGN_ID_LEN);
    memcpy(bytes + 2 + MINISIGN_ID_LEN, sig, CRYPTO_SIG_LEN);
    buf_add_c(out, UNTRUSTED "signature by parallax-collector sign\n");
    add_base64(out, bytes, sizeof(bytes));
    buf_add_c(out, TRUSTED);
    buf_add_str(out, comment);
    buf_add_byte(out, '\n');
    crypto_sign_msg(sealed_comment(sig, comment, joined), key->key, sig);
    return add_base64(out, sig, sizeof(sig));
}
