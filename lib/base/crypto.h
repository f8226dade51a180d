// SPDX-License-Identifier: Apache-2.0
/* libsodium behind one header: hashes, MACs, signatures, random bytes, and the
 * text encodings of bytes.
 */
#ifndef PARALLAX_BASE_CRYPTO_H
#define PARALLAX_BASE_CRYPTO_H

#include "base/buf.h"

#define SHA256_LEN        32
#define CRYPTO_SIG_LEN    64
#define CRYPTO_PUB_LEN    32
#define CRYPTO_SECRET_LEN 64
#define CRYPTO_KEY_LEN    32

/* Must be called once before anything else; ERR_INTERNAL if no randomness. */
MUST_USE enum err crypto_setup(void);
void crypto_sha256(struct str data, uint8_t out[SHA256_LEN]);

struct sha256 { /* incremental */
    uint64_t opaque[16];
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, struct str data);
void sha256_end(struct sha256 *s, uint8_t out[SHA256_LEN]);
/* HMAC-SHA256 (RFC 2104). */
void crypto_hmac(struct str key, struct str data, uint8_t out[SHA256_LEN]);
void crypto_random(void *p, size_t len);
uint32_t crypto_random_below(uint32_t bound);
/* Ed25519 (RFC 8032). */
void crypto_keypair(uint8_t pub[CRYPTO_PUB_LEN],
                    uint8_t secret[CRYPTO_SECRET_LEN]);
void crypto_sign_msg(struct str data, const uint8_t secret[CRYPTO_SECRET_LEN],
                     uint8_t sig[CRYPTO_SIG_LEN]);
bool crypto_verify(struct str data, const uint8_t sig[CRYPTO_SIG_LEN],
                   const uint8_t pub[CRYPTO_PUB_LEN]);
/* Lower-case hex; out has 2*len+1 bytes. */
void hex_encode(const uint8_t *p, size_t len, char *out);
MUST_USE enum err hex_decode(struct str s, uint8_t *out, size_t len);
/* Standard base64 with padding (RFC 4648 4). */
enum err base64_add(struct buf *out, struct str bytes);
MUST_USE enum err base64_decode(struct str s, struct buf *out);

#endif
