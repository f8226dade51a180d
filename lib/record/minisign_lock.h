// SPDX-License-Identifier: Apache-2.0
/* The password of a secret key: the key's bytes are mixed with bytes that
 * scrypt makes of it, as minisign 0.11 does. Only minisign.c calls this.
 */
#ifndef PARALLAX_RECORD_MINISIGN_LOCK_H
#define PARALLAX_RECORD_MINISIGN_LOCK_H

#include "base/crypto.h"
#include "base/diag.h"

#define MINISIGN_ID_LEN 8

/* How a secret key's bytes are laid out; numbers are little-endian. */
#define MINISIGN_LOCK_KDF_AT  2 /* two bytes: zeros, or which lock it is */
#define MINISIGN_LOCK_SALT_AT 6
#define MINISIGN_LOCK_OPS_AT  (MINISIGN_LOCK_SALT_AT + CRYPTO_SALT_LEN)
#define MINISIGN_LOCK_MEM_AT  (MINISIGN_LOCK_OPS_AT + 8)
#define MINISIGN_LOCK_AT      (MINISIGN_LOCK_MEM_AT + 8) /* from here locked */
#define MINISIGN_LOCK_CHECK_AT                                                 \
    (MINISIGN_LOCK_AT + MINISIGN_ID_LEN + CRYPTO_SECRET_LEN)
#define MINISIGN_LOCK_LEN (MINISIGN_LOCK_CHECK_AT + BLAKE2B_SHORT_LEN)

/* What a password costs, as libsodium counts it: operations, bytes of memory.
 */
struct minisign_lock_cost {
    uint64_t ops, mem;
};

/* scrypt with N = 2^17, r = 8, p = 1: 128 MiB, a third of a second. */
#define MINISIGN_LOCK_COST                                                     \
    ((struct minisign_lock_cost){UINT64_C(1) << 22, 128 << 20})

/* Is a password needed? ERR_PARSE: it is locked in a way that is not known, or
 * at a greater cost than minisign's own, which is 1 GiB; `d` (may be NULL) says
 * so. */
MUST_USE enum err minisign_lock_is(const uint8_t bytes[MINISIGN_LOCK_LEN],
                                   bool *locked, struct diag *d);

/* Opens in place what is locked. ERR_ACCESS: it is another password. ERR_NOMEM.
 * Bytes are of no use after an error. */
MUST_USE enum err minisign_lock_open(uint8_t bytes[MINISIGN_LOCK_LEN],
                                     struct str password, struct diag *d);

/* Locks in place, with a salt by chance. ERR_NOMEM. */
MUST_USE enum err minisign_lock_close(uint8_t bytes[MINISIGN_LOCK_LEN],
                                      struct str password,
                                      const struct minisign_lock_cost *cost);

#endif
