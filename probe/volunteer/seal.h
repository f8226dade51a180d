// SPDX-License-Identifier: Apache-2.0
/* What is written about measurements is sealed: nobody reads it from the disk.
 * The key is a file in memory (a tmpfs, see paths_runtime), 0600 in a directory
 * of ours: it outlives a process that is killed, and is gone when the machine
 * is switched off, and with it all that was sealed and not sent. Where there is
 * no such place, the key ends with the process.
 *
 *      0  which key: 8 bytes made of it
 *      8  nonce, ciphertext and tag (crypto_seal) of: a length (32 bits), so
 *         many bytes, and zeros that hide how many
 *
 * Lengths are rounded up to 1 KiB, longer ones to an eighth.
 */
#ifndef PARALLAX_PROBE_VOLUNTEER_SEAL_H
#define PARALLAX_PROBE_VOLUNTEER_SEAL_H

#include "base/buf.h"
#include "base/crypto.h"
#include "base/diag.h"

#define SEAL_ID_LEN 8
#define SEAL_KEYS   3
/* Bytes that sealing may add to `len`. */
#define SEAL_MORE(len) ((len) / 8 + 2048)

struct seal {
    uint8_t keys[SEAL_KEYS][CRYPTO_KEY_LEN]; /* the first one seals */
    unsigned n;                              /* all of them open */
    bool lasting; /* the next process of this user finds the key */
};

/* Finds the key in the first directory that may hold one, or makes it there;
 * those that lie in others open too. Always gives one; where it will not last,
 * `why` says why. */
void seal_load(struct seal *out, struct diag *why);

/* The same for who only looks: finds keys and makes none; out->n may be 0. */
void seal_find(struct seal *out);

/* Forgets the keys, here; what is in memory files stays. */
void seal_fini(struct seal *s);

/* Appends the sealed form of `plain` to `out`; errors are those of `out`. */
MUST_USE enum err seal_close(const struct seal *s, struct str plain,
                             struct buf *out);

/* Appends what was sealed. ERR_NOTFOUND: with a key that is gone; ERR_PARSE:
 * damaged. */
MUST_USE enum err seal_open(const struct seal *s, struct str sealed,
                            struct buf *out);

/* Is the key of this sealed form, of which only the beginning is needed, here?
 */
bool seal_has_key(const struct seal *s, struct str sealed);

/* Counts the files of the key in one directory of paths_runtime; with `remove`
 * they go, and so does the directory, if it is ours. */
MUST_USE enum err seal_wipe(const char *dir, bool remove, unsigned *n,
                            struct diag *d);

#endif
