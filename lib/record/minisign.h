// SPDX-License-Identifier: Apache-2.0
/* Signatures and keys in the file format of minisign 0.11
 * (https://jedisct1.github.io/minisign/): Ed25519 over a text or over its
 * BLAKE2b hash, and a comment that is signed together with it. Reads and writes
 * bytes; where they lie, and which key is believed, is for the caller.
 */
#ifndef PARALLAX_RECORD_MINISIGN_H
#define PARALLAX_RECORD_MINISIGN_H

#include "record/minisign_lock.h"

#define MINISIGN_MAX_COMMENT 1024 /* bytes of a comment */
#define MINISIGN_MAX_BYTES   4096 /* of a file of a key or a signature */

struct minisign_public {
    uint8_t id[MINISIGN_ID_LEN]; /* random, finds the key of a signature */
    uint8_t key[CRYPTO_PUB_LEN];
};

struct minisign_secret {
    uint8_t id[MINISIGN_ID_LEN];
    uint8_t key[CRYPTO_SECRET_LEN];
};

struct minisign_signature {
    uint8_t id[MINISIGN_ID_LEN];
    bool hashed; /* over the hash of the text, not the text */
    uint8_t sig[CRYPTO_SIG_LEN];
    uint8_t with_comment[CRYPTO_SIG_LEN]; /* over `sig` and the comment */
    struct str comment; /* the trusted one; borrows. UTF-8 or not, without
                           control characters but tabs */
};

/* Reads a file of each kind; a public key may also be its base64 text alone.
 * ERR_PARSE: it is none; `d` (may be NULL) says why in a few words. ERR_ACCESS:
 * the secret key is under another password, or none was given (`password.p`
 * NULL) and it is under one. ERR_NOMEM. */
MUST_USE enum err minisign_read_public(struct str file,
                                       struct minisign_public *out,
                                       struct diag *d);
MUST_USE enum err minisign_read_secret(struct str file, struct str password,
                                       struct minisign_secret *out,
                                       struct diag *d);
MUST_USE enum err minisign_read_signature(struct str file,
                                          struct minisign_signature *out,
                                          struct diag *d);

/* Is it of this text, and its comment with it, by the owner of this key?
 * ERR_ACCESS: no, `d` (may be NULL) says which of them is wrong. */
MUST_USE enum err minisign_verify(const struct minisign_public *key,
                                  struct str text,
                                  const struct minisign_signature *s,
                                  struct diag *d);

/* A new pair, and the public half of one. Who holds a secret key wipes it with
 * crypto_forget. */
void minisign_new(struct minisign_secret *out);
void minisign_public_of(const struct minisign_secret *secret,
                        struct minisign_public *out);

/* Appends a public key as one line of base64, without an end. */
enum err minisign_public_text(const struct minisign_public *key,
                              struct buf *out);

/* Appends a file of each kind; without a password (`password.p` NULL) the
 * secret key's is for its owner's eyes alone. Errors are those of `out`, and
 * ERR_NOMEM if `cost` (used with a password only) asks for more than there is.
 */
enum err minisign_write_public(const struct minisign_public *key,
                               struct buf *out);
enum err minisign_write_secret(const struct minisign_secret *key,
                               struct str password,
                               const struct minisign_lock_cost *cost,
                               struct buf *out);

/* Appends the file of a signature of `text` with this trusted comment.
 * ERR_INVAL: the comment is too long, or has control characters. */
MUST_USE enum err minisign_sign(const struct minisign_secret *key,
                                struct str text, struct str comment,
                                struct buf *out);

#endif
