// SPDX-License-Identifier: Apache-2.0
/* libsodium and libcrypto behind one header: hashes, MACs, signatures and
 * random bytes. */
#ifndef PARALLAX_BASE_CRYPTO_H
#define PARALLAX_BASE_CRYPTO_H

#include "base/buf.h"

#define SHA256_LEN        32
#define BLAKE2B_LEN       64
#define BLAKE2B_SHORT_LEN 32
#define CRYPTO_SIG_LEN    64
#define CRYPTO_PUB_LEN    32
#define CRYPTO_SECRET_LEN 64
#define CRYPTO_KEY_LEN    32
#define CRYPTO_SALT_LEN   32
#define CRYPTO_SIP_LEN    16
#define CRYPTO_SEAL_LEN   40 /* what a seal adds: nonce and tag */

/* Must be called once before anything else; ERR_INTERNAL if no randomness. */
MUST_USE enum err crypto_setup(void);

/* SHA-256 (FIPS 180-4) of `data`. */
void crypto_sha256(struct str data, uint8_t out[SHA256_LEN]);

/* SHA-256 of the name of who issued a certificate (RFC 5280, 4.1.2.4), both in
 * DER. False: `der` is none, or there is no memory. */
bool crypto_issuer_sha256(struct str der, uint8_t out[SHA256_LEN]);

/* SHA-256 of data that comes in pieces; nothing to free. */
struct sha256 {
    uint64_t opaque[16];
};

/* Begins one, takes the next piece in, and gives the hash of them all. */
void crypto_sha256_init(struct sha256 *s);
void crypto_sha256_add(struct sha256 *s, struct str data);
void crypto_sha256_end(struct sha256 *s, uint8_t out[SHA256_LEN]);

/* BLAKE2b with 64 bytes, and with 32 (RFC 7693). */
void crypto_blake2b(struct str data, uint8_t out[BLAKE2B_LEN]);
void crypto_blake2b_short(struct str data, uint8_t out[BLAKE2B_SHORT_LEN]);

/* Bytes made of a password by scrypt (RFC 7914), at a cost as libsodium counts
 * it: operations, and bytes of memory. ERR_NOMEM. */
MUST_USE enum err crypto_scrypt(struct str password,
                                const uint8_t salt[CRYPTO_SALT_LEN],
                                uint64_t ops, uint64_t mem, void *out,
                                size_t len);

/* HMAC-SHA256 (RFC 2104). */
void crypto_hmac(struct str key, struct str data, uint8_t out[SHA256_LEN]);

/* SipHash-2-4 (Aumasson, Bernstein 2012): a number for a text, which nobody
 * without the key can tell from a random one. Many times as fast as an HMAC. */
uint64_t crypto_siphash(const uint8_t key[CRYPTO_SIP_LEN], struct str data);

/* Random bytes, and a random number below `bound`, each as likely as another.
 */
void crypto_random(void *p, size_t len);
uint32_t crypto_random_below(uint32_t bound);

/* Ed25519 (RFC 8032): makes a pair of keys, signs `data`, and says whether
 * `sig` is of `data` by the owner of `pub`. */
void crypto_keypair(uint8_t pub[CRYPTO_PUB_LEN],
                    uint8_t secret[CRYPTO_SECRET_LEN]);
void crypto_sign_msg(struct str data, const uint8_t secret[CRYPTO_SECRET_LEN],
                     uint8_t sig[CRYPTO_SIG_LEN]);
bool crypto_verify(struct str data, const uint8_t sig[CRYPTO_SIG_LEN],
                   const uint8_t pub[CRYPTO_PUB_LEN]);

/* XChaCha20-Poly1305 with a random nonce (draft-irtf-cfrg-xchacha-03): appends
 * nonce, ciphertext and tag of `plain` to `out`. `about` is not in it, but must
 * be the same when it is opened. Errors are those of `out`. */
MUST_USE enum err crypto_seal(struct str plain, struct str about,
                              const uint8_t key[CRYPTO_KEY_LEN],
                              struct buf *out);

/* Appends what was sealed with this key; ERR_PARSE: not sealed with it, or
 * altered since. */
MUST_USE enum err crypto_unseal(struct str sealed, struct str about,
                                const uint8_t key[CRYPTO_KEY_LEN],
                                struct buf *out);

/* A box that only the owner of the secret key opens, and nobody can tell who
 * closed it: X25519 and XSalsa20-Poly1305 (libsodium's sealed box). */
#define CRYPTO_BOX_KEY_LEN 32
#define CRYPTO_BOX_LEN     48 /* what it adds */

/* Makes a pair of keys; crypto_box_public gives the public one of a secret one.
 */
void crypto_box_pair(uint8_t pub[CRYPTO_BOX_KEY_LEN],
                     uint8_t secret[CRYPTO_BOX_KEY_LEN]);
void crypto_box_public(const uint8_t secret[CRYPTO_BOX_KEY_LEN],
                       uint8_t pub[CRYPTO_BOX_KEY_LEN]);

/* Appends the box, or what is in one. ERR_PARSE: not closed for this key, or
 * altered since; ERR_INVAL: not a public key. Else the errors of `out`. */
MUST_USE enum err crypto_box_close(struct str plain,
                                   const uint8_t pub[CRYPTO_BOX_KEY_LEN],
                                   struct buf *out);
MUST_USE enum err
crypto_box_open_sealed(struct str box, const uint8_t pub[CRYPTO_BOX_KEY_LEN],
                       const uint8_t secret[CRYPTO_BOX_KEY_LEN],
                       struct buf *out);

/* Zeros that the compiler does not leave out. */
void crypto_forget(void *p, size_t len);

#endif
