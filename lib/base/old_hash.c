// SPDX-License-Identifier: Apache-2.0
#include "base/old_hash.h"

#include <string.h>

#define BLOCK 64

static uint32_t rotate(uint32_t v, unsigned n)
{
    return v << n | v >> (32 - n);
}

/* The text with a one bit, zeros and its length in bits behind it, as both
 * hashes want it; returns the number of blocks. */
static size_t pad(struct str text, bool big_endian,
                  uint8_t out[OLD_HASH_TEXT_MAX + 2 * BLOCK])
{
    size_t len = text.len < OLD_HASH_TEXT_MAX ? text.len : OLD_HASH_TEXT_MAX;
    size_t blocks = (len + 8) / BLOCK + 1;
    uint64_t bits = (uint64_t)len * 8;

    memset(out, 0, blocks * BLOCK);
    if (len > 0) {
        memcpy(out, text.p, len);
    }
    out[len] = 0x80;
    for (unsigned i = 0; i < 8; i++) {
        unsigned shift = 8 * (big_endian ? 7 - i : i);
        out[blocks * BLOCK - 8 + i] = (uint8_t)(bits >> shift);
    }
    return blocks;
}

static void store(uint32_t v, bool big_endian, uint8_t *out)
{
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(v >> 8 * (big_endian ? 3 - i : i));
    }
}

static uint32_t load(const uint8_t *p, bool big_endian)
{
    uint32_t v = 0;

    for (unsigned i = 0; i < 4; i++) {
        v |= (uint32_t)p[i] << 8 * (big_endian ? 3 - i : i);
    }
    return v;
}

/* ---- MD5 ------------------------------------------------------------------
 */

/* The sines of RFC 1321, 3.4. */
static const uint32_t sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a,
    0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be,
    0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340,
    0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8,
    0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c,
    0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa,
    0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92,
    0xffeff47d, 0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1,
    0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

static void md5_block(const uint8_t *p, uint32_t h[4])
{
    static const uint8_t turns[4][4] = {
        {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    uint32_t a = h[0], b = h[1], c = h[2], d = h[3];

    for (unsigned i = 0; i < 64; i++) {
        unsigned round = i / 16;
        uint32_t f = round == 0   ? (b & c) | (~b & d)
                     : round == 1 ? (d & b) | (~d & c)
                     : round == 2 ? b ^ c ^ d
                                  : c ^ (b | ~d);
        unsigned word = round == 0   ? i
                        : round == 1 ? (5 * i + 1) % 16
                        : round == 2 ? (3 * i + 5) % 16
                                     : 7 * i % 16;
        uint32_t next = a + f + sines[i] + load(p + (size_t)4 * word, false);
        a = d;
        d = c;
        c = b;
        b += rotate(next, turns[round][i % 4]);
    }
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += d;
}

void old_hash_md5(struct str text, uint8_t out[OLD_HASH_MD5_LEN])
{
    uint32_t h[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    uint8_t padded[OLD_HASH_TEXT_MAX + 2 * BLOCK];
    size_t blocks = pad(text, false, padded);

    for (size_t i = 0; i < blocks; i++) {
        md5_block(padded + i * BLOCK, h);
    }
    for (size_t i = 0; i < 4; i++) {
        store(h[i], false, out + 4 * i);
    }
}

/* ---- SHA-1 ----------------------------------------------------------------
 */

static void sha1_block(const uint8_t *p, uint32_t h[5])
{
    static const uint32_t k[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc,
                                  0xca62c1d6};
    uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];

    for (size_t i = 0; i < 80; i++) {
        w[i] = i < 16 ? load(p + 4 * i, true)
                      : rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    }
    for (size_t i = 0; i < 80; i++) {
        uint32_t f = i < 20              ? (b & c) | (~b & d)
                     : i >= 40 && i < 60 ? (b & c) | (b & d) | (c & d)
                                         : b ^ c ^ d;
        uint32_t next = rotate(a, 5) + f + e + k[i / 20] + w[i];
        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = next;
    }
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += d;
    h[4] += e;
}

void old_hash_sha1(struct str text, uint8_t out[OLD_HASH_SHA1_LEN])
{
    uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
                     0xc3d2e1f0};
    uint8_t padded[OLD_HASH_TEXT_MAX + 2 * BLOCK];
    size_t blocks = pad(text, true, padded);

    for (size_t i = 0; i < blocks; i++) {
        sha1_block(padded + i * BLOCK, h);
    }
    for (size_t i = 0; i < 5; i++) {
        store(h[i], true, out + 4 * i);
    }
}
