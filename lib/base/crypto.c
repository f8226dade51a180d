// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.h"

#include <sodium.h>
#include <string.h>

_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(struct sha256),
               "struct sha256 holds libsodium's state");
_Static_assert(SHA256_LEN == crypto_hash_sha256_BYTES, "a size is libsodium's");
_Static_assert(SHA256_LEN == crypto_auth_hmacsha256_BYTES,
               "a size is libsodium's");
_Static_assert(CRYPTO_SIG_LEN == crypto_sign_BYTES, "a size is libsodium's");
_Static_assert(CRYPTO_PUB_LEN == crypto_sign_PUBLICKEYBYTES,
               "a size is libsodium's");
_Static_assert(CRYPTO_SECRET_LEN == crypto_sign_SECRETKEYBYTES,
               "a size is libsodium's");

static const unsigned char *bytes_of(struct str s)
{
    return (const unsigned char *)(s.p ? s.p : "");
}

enum err crypto_setup(void)
{
    return sodium_init() < 0 ? ERR_INTERNAL : ERR_OK;
}

void crypto_sha256(struct str data, uint8_t out[SHA256_LEN])
{
    crypto_hash_sha256(out, bytes_of(data), data.len);
}

void sha256_init(struct sha256 *s)
{
    crypto_hash_sha256_init((crypto_hash_sha256_state *)(void *)s);
}

void sha256_add(struct sha256 *s, struct str data)
{
    crypto_hash_sha256_update((crypto_hash_sha256_state *)(void *)s,
                              bytes_of(data), data.len);
}

void sha256_end(struct sha256 *s, uint8_t out[SHA256_LEN])
{
    crypto_hash_sha256_final((crypto_hash_sha256_state *)(void *)s, out);
}

void crypto_hmac(struct str key, struct str data, uint8_t out[SHA256_LEN])
{
    crypto_auth_hmacsha256_state st;

    crypto_auth_hmacsha256_init(&st, bytes_of(key), key.len);
    crypto_auth_hmacsha256_update(&st, bytes_of(data), data.len);
    crypto_auth_hmacsha256_final(&st, out);
    sodium_memzero(&st, sizeof(st));
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

void hex_encode(const uint8_t *p, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 15];
    }
    out[2 * len] = 0;
}

static int hex_digit(char c)
{
    if (ascii_isdigit(c)) {
        return c - '0';
    }
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum err hex_decode(struct str s, uint8_t *out, size_t len)
{
    if (s.len != 2 * len) {
        return ERR_PARSE;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (hex_digit(s.p[i]) < 0) {
            return ERR_PARSE;
        }
    }
    for (size_t i = 0; i < len; i++) {
        out[i] =
            (uint8_t)(hex_digit(s.p[2 * i]) * 16 + hex_digit(s.p[2 * i + 1]));
    }
    return ERR_OK;
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum err base64_add(struct buf *out, struct str bytes)
{
    const uint8_t *p = bytes_of(bytes);
    char chunk[1024];
    size_t n = 0;

    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t v = (uint32_t)p[i] << 16;

        v |= left > 1 ? (uint32_t)p[i + 1] << 8 : 0;
        v |= left > 2 ? p[i + 2] : 0;
        chunk[n++] = base64_digits[v >> 18];
        chunk[n++] = base64_digits[v >> 12 & 63];
        chunk[n++] = left > 1 ? base64_digits[v >> 6 & 63] : '=';
        chunk[n++] = left > 2 ? base64_digits[v & 63] : '=';
        if (n == sizeof(chunk)) {
            buf_add(out, chunk, n);
            n = 0;
        }
    }
    return buf_add(out, chunk, n);
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (ascii_isdigit(c)) {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four digits to at most three bytes; 0 when they are not base64. Only one
 * text stands for given bytes: unused bits must be zero. */
static size_t base64_group(const char *p, bool final, uint8_t out[3])
{
    size_t n = 3;
    uint32_t v = 0;

    if (final && p[3] == '=') {
        n = p[2] == '=' ? 1 : 2;
    }
    for (size_t i = 0; i < 4; i++) {
        int digit = i <= n ? base64_digit(p[i]) : 0;

        if (digit < 0) {
            return 0;
        }
        v = v << 6 | (uint32_t)digit;
    }
    out[0] = (uint8_t)(v >> 16);
    out[1] = (uint8_t)(v >> 8);
    out[2] = (uint8_t)v;
    return (n < 3 && out[2]) || (n < 2 && out[1]) ? 0 : n;
}

enum err base64_decode(struct str s, struct buf *out)
{
    size_t start = out->len;
    uint8_t chunk[768 + 3];
    size_t n = 0;
    enum err e = out->failed;

    if (s.len % 4) {
        return ERR_PARSE;
    }
    for (size_t i = 0; i < s.len && !e; i += 4) {
        size_t got = base64_group(s.p + i, i + 4 == s.len, chunk + n);

        if (!got) {
            e = ERR_PARSE;
            break;
        }
        n += got;
        if (n >= 768) {
            e = buf_add(out, chunk, n);
            n = 0;
        }
    }
    if (!e) {
        e = buf_add(out, chunk, n);
    }
    if (e && out->p) {
        out->len = start;
        out->p[start] = 0;
    }
    return e;
}
