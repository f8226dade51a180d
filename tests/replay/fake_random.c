// SPDX-License-Identifier: Apache-2.0
/* Randomness (linked with --wrap): the machine's own, or the same value at
 * every draw, so that what is printed depends on no draw, nor on how many
 * others came before it. */
#include "replay.h"

#include "base/crypto.h"
#include <string.h>

#define EVERY_BYTE 0xa5
#define EVERY_WORD 0xa5a5a5a5u

static bool fixed;

void __real_crypto_random(void *p, size_t len);
uint32_t __real_crypto_random_below(uint32_t bound);
void __wrap_crypto_random(void *p, size_t len);
uint32_t __wrap_crypto_random_below(uint32_t bound);

void random_fix(void)
{
    fixed = true;
}

void __wrap_crypto_random(void *p, size_t len)
{
    if (fixed) {
        memset(p, EVERY_BYTE, len);
    } else {
        __real_crypto_random(p, len);
    }
}

uint32_t __wrap_crypto_random_below(uint32_t bound)
{
    return fixed ? EVERY_WORD % bound : __real_crypto_random_below(bound);
}
