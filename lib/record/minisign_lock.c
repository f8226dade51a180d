// SPDX-License-Identifier: Apache-2.0
/* Locked is the id, the key and a checksum of them. */
#include "record/minisign_lock.h"

#include <string.h>

#define SCRYPT     "Sc"
#define NONE       "\0\0"
#define LOCKED_LEN (MINISIGN_LOCK_LEN - MINISIGN_LOCK_AT)
/* What minisign itself spends, and no more of a stranger's file. */
#define OPS_MAX (UINT64_C(1) << 25)
#define MEM_MAX (UINT64_C(1) << 30)

static uint64_t number(const uint8_t *p)
{
    uint64_t n = 0;
    for (size_t i = 8; i-- > 0;) {
        n = n << 8 | p[i];
    }
    return n;
}

static void put_number(uint8_t *p, uint64_t n)
{
    for (size_t i = 0; i < 8; i++) {
        p[i] = (uint8_t)(n >> 8 * i);
    }
}

/* Over the algorithm, the id and the key. */
static void checksum(const uint8_t bytes[MINISIGN_LOCK_LEN],
                     uint8_t out[BLAKE2B_SHORT_LEN])
{
    uint8_t text[2 + MINISIGN_ID_LEN + CRYPTO_SECRET_LEN];
    memcpy(text, bytes, 2);
    memcpy(text + 2, bytes + MINISIGN_LOCK_AT, sizeof(text) - 2);
    crypto_blake2b_short((struct str){(const char *)text, sizeof(text)}, out);
    crypto_forget(text, sizeof(text));
}

/* Locks what is open, and opens what is locked. */
static enum err mix(uint8_t bytes[MINISIGN_LOCK_LEN], struct str password)
{
    uint8_t stream[LOCKED_LEN];
    enum err e = crypto_scrypt(password, bytes + MINISIGN_LOCK_SALT_AT,
                               number(bytes + MINISIGN_LOCK_OPS_AT),
                               number(bytes + MINISIGN_LOCK_MEM_AT), stream,
                               sizeof(stream));
    for (size_t i = 0; e == ERR_OK && i < sizeof(stream); i++) {
        bytes[MINISIGN_LOCK_AT + i] ^= stream[i];
    }
    crypto_forget(stream, sizeof(stream));
    return e;
}

enum err minisign_lock_is(const uint8_t bytes[MINISIGN_LOCK_LEN], bool *locked,
                          struct diag *d)
{
    *locked = memcmp(bytes + MINISIGN_LOCK_KDF_AT, NONE, 2) != 0;
    if (!*locked) {
        return ERR_OK;
    }
    if (memcmp(bytes + MINISIGN_LOCK_KDF_AT, SCRYPT, 2) != 0) {
        return diag_set(d, ERR_PARSE,
                        "it is under a password of a kind that is not known");
    }
    return number(bytes + MINISIGN_LOCK_OPS_AT) <= OPS_MAX &&
                   number(bytes + MINISIGN_LOCK_MEM_AT) <= MEM_MAX
               ? ERR_OK
               : diag_set(d, ERR_PARSE,
                          "its password costs more than minisign's own do");
}

enum err minisign_lock_open(uint8_t bytes[MINISIGN_LOCK_LEN],
                            struct str password, struct diag *d)
{
    uint8_t check[BLAKE2B_SHORT_LEN];
    enum err e = mix(bytes, password);
    if (e != ERR_OK) {
        return diag_set(d, e,
                        "there is no memory for its password, which takes "
                        "%u MiB",
                        (unsigned)(number(bytes + MINISIGN_LOCK_MEM_AT) >> 20));
    }
    checksum(bytes, check);
    return memcmp(check, bytes + MINISIGN_LOCK_CHECK_AT, sizeof(check)) == 0
               ? ERR_OK
               : diag_set(d, ERR_ACCESS, "the password is another");
}

enum err minisign_lock_close(uint8_t bytes[MINISIGN_LOCK_LEN],
                             struct str password,
                             const struct minisign_lock_cost *cost)
{
    memcpy(bytes + MINISIGN_LOCK_KDF_AT, SCRYPT, 2);
    crypto_random(bytes + MINISIGN_LOCK_SALT_AT, CRYPTO_SALT_LEN);
    put_number(bytes + MINISIGN_LOCK_OPS_AT, cost->ops);
    put_number(bytes + MINISIGN_LOCK_MEM_AT, cost->mem);
    checksum(bytes, bytes + MINISIGN_LOCK_CHECK_AT);
    return mix(bytes, password);
}
