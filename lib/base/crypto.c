// SPDX-License-Identifier: Apache-2.0
/* What libsodium and libcrypto do for us. */

/* libcrypto's SHA-256 uses the processor's own instructions: six times as fast
 * as libsodium's. These functions neither allocate nor fail, which EVP does;
 * OpenSSL 3 calls them deprecated and keeps them. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/crypto.h"

#include "base/ascii.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <string.h>

#define NONCE_LEN crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN   crypto_aead_xchacha20poly1305_ietf_ABYTES

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct sha256),
               "struct sha256 holds libcrypto's state");
_Static_assert(SHA256_LEN == SHA256_DIGEST_LENGTH, "a size is libcrypto's");
_Static_assert(SHA256_LEN == crypto_auth_hmacsha256_BYTES,
               "a size is libsodium's");
_Static_assert(BLAKE2B_LEN == crypto_generichash_BYTES_MAX,
               "a size is libsodium's");
_Static_assert(CRYPTO_SALT_LEN == crypto_pwhash_scryptsalsa208sha256_SALTBYTES,
               "a size is libsodium's");
_Static_assert(CRYPTO_SIG_LEN == crypto_sign_BYTES, "a size is libsodium's");
_Static_assert(CRYPTO_PUB_LEN == crypto_sign_PUBLICKEYBYTES,
               "a size is libsodium's");
_Static_assert(CRYPTO_SECRET_LEN == crypto_sign_SECRETKEYBYTES,
               "a size is libsodium's");
_Static_assert(CRYPTO_SIP_LEN == crypto_shorthash_KEYBYTES,
               "a size is libsodium's");
_Static_assert(CRYPTO_SEAL_LEN == NONCE_LEN + TAG_LEN, "a size is libsodium's");
_Static_assert(CRYPTO_BOX_LEN == crypto_box_SEALBYTES &&
                   CRYPTO_BOX_KEY_LEN == crypto_box_PUBLICKEYBYTES &&
                   CRYPTO_BOX_KEY_LEN == crypto_box_SECRETKEYBYTES,
               "sizes are libsodium's");
_Static_assert(CRYPTO_KEY_LEN == crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
               "a size is libsodium's");

static const unsigned char *bytes_of(struct str s)
{
    return (const unsigned char *)(s.p ? s.p : "");
}

enum err crypto_setup(void)
{
    return sodium_init() < 0 ? ERR_INTERNAL : ERR_OK;
}

/* Each of libcrypto's returns 1: of SHA-256 nothing can fail. */

void crypto_sha256(struct str data, uint8_t out[SHA256_LEN])
{
    struct sha256 s;
    crypto_sha256_init(&s);
    crypto_sha256_add(&s, data);
    crypto_sha256_end(&s, out);
}

bool crypto_issuer_sha256(struct str der, uint8_t out[SHA256_LEN])
{
    const uint8_t *p = (const uint8_t *)der.p;
    uint8_t *name = NULL;
    X509 *cert = der.len <= LONG_MAX ? d2i_X509(NULL, &p, (long)der.len) : NULL;
    int len = cert ? i2d_X509_NAME(X509_get_issuer_name(cert), &name) : -1;
    if (len > 0) {
        crypto_sha256((struct str){(const char *)name, (size_t)len}, out);
    }
    OPENSSL_free(name);
    X509_free(cert);
    ERR_clear_error(); /* others ask what went wrong last */
    return len > 0;
}

void crypto_sha256_init(struct sha256 *s)
{
    SHA256_Init((SHA256_CTX *)(void *)s);
}

void crypto_sha256_add(struct sha256 *s, struct str data)
{
    SHA256_Update((SHA256_CTX *)(void *)s, bytes_of(data), data.len);
}

void crypto_sha256_end(struct sha256 *s, uint8_t out[SHA256_LEN])
{
    SHA256_Final(out, (SHA256_CTX *)(void *)s);
}

void crypto_blake2b(struct str data, uint8_t out[BLAKE2B_LEN])
{
    crypto_generichash(out, BLAKE2B_LEN, bytes_of(data), data.len, NULL, 0);
}

void crypto_blake2b_short(struct str data, uint8_t out[BLAKE2B_SHORT_LEN])
{
    crypto_generichash(out, BLAKE2B_SHORT_LEN, bytes_of(data), data.len, NULL,
                       0);
}

enum err crypto_scrypt(struct str password, const uint8_t salt[CRYPTO_SALT_LEN],
                       uint64_t ops, uint64_t mem, void *out, size_t len)
{
    const char *text = password.len ? password.p : "";
    return crypto_pwhash_scryptsalsa208sha256(out, len, text, password.len,
                                              salt, ops, (size_t)mem) == 0
               ? ERR_OK
               : ERR_NOMEM;
}

void crypto_hmac(struct str key, struct str data, uint8_t out[SHA256_LEN])
{
    crypto_auth_hmacsha256_state st;

    crypto_auth_hmacsha256_init(&st, bytes_of(key), key.len);
    crypto_auth_hmacsha256_update(&st, bytes_of(data), data.len);
    crypto_auth_hmacsha256_final(&st, out);
    sodium_memzero(&st, sizeof(st));
}

uint64_t crypto_siphash(const uint8_t key[CRYPTO_SIP_LEN], struct str data)
{
    uint8_t hash[crypto_shorthash_BYTES];
    uint64_t out = 0;
    crypto_shorthash(hash, bytes_of(data), data.len, key);
    for (size_t i = sizeof(hash); i-- > 0;) {
        out = out << 8 | hash[i]; /* as in the paper: little-endian */
    }
    return out;
}

void crypto_random(void *p, size_t len)
{
    randombytes_buf(p, len);
}

uint32_t crypto_random_below(uint32_t bound)
{
    return randombytes_uniform(bound);
}

void crypto_keypair(uint8_t pub[CRYPTO_PUB_LEN],
                    uint8_t secret[CRYPTO_SECRET_LEN])
{
    crypto_sign_keypair(pub, secret);
}

void crypto_sign_msg(struct str data, const uint8_t secret[CRYPTO_SECRET_LEN],
                     uint8_t sig[CRYPTO_SIG_LEN])
{
    crypto_sign_detached(sig, NULL, bytes_of(data), data.len, secret);
}

bool crypto_verify(struct str data, const uint8_t sig[CRYPTO_SIG_LEN],
                   const uint8_t pub[CRYPTO_PUB_LEN])
{
    return crypto_sign_verify_detached(sig, bytes_of(data), data.len, pub) == 0;
}

enum err crypto_seal(struct str plain, struct str about,
                     const uint8_t key[CRYPTO_KEY_LEN], struct buf *out)
{
    uint8_t nonce[NONCE_LEN];
    size_t before = out->len;
    size_t len = plain.len + CRYPTO_SEAL_LEN;
    crypto_random(nonce, sizeof(nonce));
    buf_add(out, nonce, sizeof(nonce));
    buf_add_str(out, plain);
    buf_add(out, nonce, TAG_LEN); /* its place is kept */
    if (out->failed) {
        return out->failed;
    }
    uint8_t *at = out->p + before;
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        at + NONCE_LEN, NULL, at + NONCE_LEN, plain.len, bytes_of(about),
        about.len, NULL, nonce, key);
    return out->len - before == len ? ERR_OK : ERR_INTERNAL;
}

enum err crypto_unseal(struct str sealed, struct str about,
                       const uint8_t key[CRYPTO_KEY_LEN], struct buf *out)
{
    if (sealed.len < CRYPTO_SEAL_LEN) {
        return ERR_PARSE;
    }
    size_t before = out->len;
    struct str box = str_sub(sealed, NONCE_LEN, sealed.len);
    enum err e = buf_add_str(out, box);
    if (e != ERR_OK) {
        return e;
    }
    uint8_t *at = out->p + before;
    int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(
        at, NULL, NULL, at, box.len, bytes_of(about), about.len,
        bytes_of(sealed), key);
    out->len = bad ? before : out->len - TAG_LEN;
    out->p[out->len] = 0;
    return bad ? ERR_PARSE : ERR_OK;
}

void crypto_box_pair(uint8_t pub[CRYPTO_BOX_KEY_LEN],
                     uint8_t secret[CRYPTO_BOX_KEY_LEN])
{
    crypto_box_keypair(pub, secret);
}

void crypto_box_public(const uint8_t secret[CRYPTO_BOX_KEY_LEN],
                       uint8_t pub[CRYPTO_BOX_KEY_LEN])
{
    crypto_scalarmult_base(pub, secret);
}

/* Room for `len` bytes more, filled with what is not a secret; NULL: none. */
static uint8_t *room(struct buf *out, size_t len)
{
    static const uint8_t zeros[1024];
    size_t before = out->len;
    while (!out->failed && out->len - before < len) {
        size_t left = len - (out->len - before);
        buf_add(out, zeros, left < sizeof(zeros) ? left : sizeof(zeros));
    }
    return out->failed ? NULL : out->p + before;
}

enum err crypto_box_close(struct str plain,
                          const uint8_t pub[CRYPTO_BOX_KEY_LEN],
                          struct buf *out)
{
    uint8_t *at = room(out, plain.len + CRYPTO_BOX_LEN);
    if (!at) {
        return out->failed;
    }
    return crypto_box_seal(at, bytes_of(plain), plain.len, pub) == 0
               ? ERR_OK
               : ERR_INVAL;
}

enum err crypto_box_open_sealed(struct str box,
                                const uint8_t pub[CRYPTO_BOX_KEY_LEN],
                                const uint8_t secret[CRYPTO_BOX_KEY_LEN],
                                struct buf *out)
{
    size_t before = out->len;
    if (box.len <= CRYPTO_BOX_LEN) {
        return ERR_PARSE;
    }
    uint8_t *at = room(out, box.len - CRYPTO_BOX_LEN);
    if (!at) {
        return out->failed;
    }
    if (crypto_box_seal_open(at, bytes_of(box), box.len, pub, secret) == 0) {
        return ERR_OK;
    }
    out->len = before;
    return ERR_PARSE;
}

void crypto_forget(void *p, size_t len)
{
    sodium_memzero(p, len);
}
