// SPDX-License-Identifier: Apache-2.0
/* A submission in a box that only the collector opens: it waits on disks and
 * travels so, and who sends it need not be able to read it.
 *
 *     0  which key: the first 8 bytes of the SHA-256 of the public one
 *     8  a sealed box (crypto_box_close) of, in network byte order:
 *        length of `open`, length of `body` (32 bits each), open, body, zeros
 *
 * `open` is what would open a report, `body` the compressed submission (OONI's
 * protocol). Lengths are rounded up to 1 KiB, longer ones to an eighth.
 */
#ifndef PARALLAX_RECORD_SEALED_H
#define PARALLAX_RECORD_SEALED_H

#include "base/buf.h"
#include "base/crypto.h"
#include "base/diag.h"

#define SEALED_MAX_PLAIN (32u << 20)
#define SEALED_MORE      (8 + CRYPTO_BOX_LEN)
/* The longest box there can be. */
#define SEALED_MAX    (SEALED_MAX_PLAIN / 8 * 9 + 2048 + SEALED_MORE)
#define SEALED_ID_LEN 8
#define SEALED_KEYS   2  /* the one that is used, and one that was or will be */
#define SEALED_TEXT   65 /* of a key: hexadecimal, and a zero */

/* Both halves of the keys of a collector; the first one is told to probes. */
struct sealed_keys {
    uint8_t pub[SEALED_KEYS][CRYPTO_BOX_KEY_LEN];
    uint8_t secret[SEALED_KEYS][CRYPTO_BOX_KEY_LEN];
    unsigned n;
};

/* A public key in 64 hexadecimal digits. ERR_PARSE: it is none. */
MUST_USE enum err sealed_key(struct str text, uint8_t pub[CRYPTO_BOX_KEY_LEN]);

/* The file of secret keys: one in hexadecimal a line, the newest first, one or
 * two of them. ERR_PARSE: it is none. The caller wipes *out (crypto_forget). */
MUST_USE enum err sealed_read_keys(struct str text, struct sealed_keys *out);
MUST_USE enum err sealed_write_keys(const struct sealed_keys *keys,
                                    struct buf *out);

/* Appends the box. ERR_LIMIT: longer than SEALED_MAX_PLAIN. */
MUST_USE enum err sealed_close(const uint8_t pub[CRYPTO_BOX_KEY_LEN],
                               struct str open, struct str body,
                               struct buf *out);

/* The length that `len` bytes are rounded up to. */
size_t sealed_round(size_t len);

/* Puts what was in the box into `plain`, of which *open and *body are parts.
 * ERR_NOTFOUND: it is closed with another key; ERR_PARSE: damaged. */
MUST_USE enum err sealed_open(const struct sealed_keys *keys, struct str box,
                              struct buf *plain, struct str *open,
                              struct str *body);

/* The second half of that, for what came out of a box elsewhere. */
MUST_USE enum err sealed_split(struct str plain, struct str *open,
                               struct str *body);

#endif
