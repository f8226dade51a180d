// SPDX-License-Identifier: Apache-2.0
#include "collector/ingest/turns.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "wire/ip.h"

#include <string.h>

#define BYTES_MAX ((size_t)1 << 32)

void turns_init(struct turns *t)
{
    *t = (struct turns){.salt = {0}};
    crypto_random(t->salt, sizeof(t->salt));
}

unsigned turns_sender(const struct turns *t, const char *source)
{
    char text[sizeof(t->salt) + 7] = {0};
    uint8_t hash[SHA256_LEN];
    struct ip ip = {.family = 0};
    memcpy(text, t->salt, sizeof(t->salt));
    if (source && ip_parse(str_c(source), &ip)) {
        text[sizeof(t->salt)] = (char)ip.family;
        memcpy(text + sizeof(t->salt) + 1, ip.b, ip.family == 6 ? 6 : 3);
    }
    crypto_sha256((struct str){text, sizeof(text)}, hash);
    return ((unsigned)hash[0] << 8 | hash[1]) % TURNS_SENDERS;
}

int64_t turns_had(const struct turns *t, unsigned sender, int64_t now_us)
{
    int64_t left = t->until_us[sender] - now_us;
    return left > 0 ? left : 0;
}

void turns_add(struct turns *t, unsigned sender, size_t bytes, int64_t now_us)
{
    int64_t n = (int64_t)(bytes < BYTES_MAX ? bytes : BYTES_MAX);
    t->until_us[sender] = now_us + turns_had(t, sender, now_us) +
                          n * US_PER_S / TURNS_BYTES_PER_S;
}
