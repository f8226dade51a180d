// SPDX-License-Identifier: Apache-2.0
#include "probe/plan/times.h"

#include <stdio.h>
#include <stdlib.h>

/* How often there are 1, 2, ... runs of 2140: 4^n / n!, the weights of a
 * Poisson distribution with mean 4, without the days that have none or more
 * than six. */
static const uint32_t weights[TIMES_MAX] = {180, 360, 480, 480, 384, 256};
#define WEIGHTS 2140

/* Four bytes of the key's stream. */
static uint32_t number(const uint8_t key[SHA256_LEN], unsigned i)
{
    uint8_t mac[SHA256_LEN];
    char text[24];
    snprintf(text, sizeof(text), "time %u", i);
    crypto_hmac((struct str){(const char *)key, SHA256_LEN}, str_c(text), mac);
    return (uint32_t)mac[0] << 24 | (uint32_t)mac[1] << 16 |
           (uint32_t)mac[2] << 8 | mac[3];
}

/* From 0 to bound - 1, each as likely as another, nearly. */
static uint32_t below(uint32_t random, uint32_t bound)
{
    return (uint32_t)((uint64_t)random * bound >> 32);
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Given how many come, the moments of a Poisson process are as if each had been
 * drawn by itself. */
void times_of(const uint8_t key[SHA256_LEN], const struct hours *h,
              struct times *out)
{
    uint32_t left = below(number(key, 0), WEIGHTS);
    unsigned n = 1;
    while (n < TIMES_MAX && left >= weights[n - 1]) {
        left -= weights[n - 1];
        n++;
    }
    *out = (struct times){.n = n};
    for (unsigned i = 0; i < n; i++) {
        out->at[i] = below(number(key, i + 1), h->len_s);
    }
    qsort(out->at, n, sizeof(out->at[0]), ascending);
}

void times_next_key(const uint8_t key[SHA256_LEN], int64_t day,
                    uint8_t out[SHA256_LEN])
{
    uint8_t next[SHA256_LEN];
    char text[32];
    snprintf(text, sizeof(text), "day %lld", (long long)day);
    crypto_hmac((struct str){(const char *)key, SHA256_LEN}, str_c(text), next);
    for (size_t i = 0; i < SHA256_LEN; i++) {
        out[i] = next[i];
    }
    crypto_forget(next, sizeof(next));
}

unsigned times_due(const struct times *t, unsigned gone, uint32_t now_s)
{
    for (unsigned i = t->n; i > gone; i--) {
        if (t->at[i - 1] <= now_s) {
            return i - 1;
        }
    }
    return TIMES_MAX;
}
