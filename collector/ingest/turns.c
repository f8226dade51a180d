// SPDX-License-Identifier: Apache-2.0
#include "collector/ingest/turns.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "wire/ip.h"

#include <string.h>

#define BYTES_MAX ((size_t)1 << 32)
#define TOOK_MAX  (60 * US_PER_S)

void turns_init(struct turns *t)
{
    *t = (struct turns){.salt = {0}};
    crypto_random(t->salt, sizeof(t->salt));
}

static unsigned number(const struct turns *t, const struct ip *ip, size_t bytes)
{
    char text[sizeof(t->salt) + 8] = {0};
    uint8_t hash[SHA256_LEN];
    memcpy(text, t->salt, sizeof(t->salt));
    if (ip->family != 0) {
        text[sizeof(t->salt)] = (char)ip->family;
        text[sizeof(t->salt) + 1] = (char)bytes;
        memcpy(text + sizeof(t->salt) + 2, ip->b, bytes);
    }
    crypto_sha256((struct str){text, sizeof(text)}, hash);
    return ((unsigned)hash[0] << 8 | hash[1]) % TURNS_SENDERS;
}

unsigned turns_sender(const struct turns *t, const char *source)
{
    struct ip ip = {.family = 0};
    if (!source || !ip_parse(str_c(source), &ip)) {
        ip.family = 0;
    }
    return number(t, &ip, ip.family == 6 ? 4 : 2) * TURNS_SENDERS +
           number(t, &ip, ip.family == 6 ? 6 : 3);
}

static int64_t left(int64_t until_us, int64_t now_us)
{
    return until_us > now_us ? until_us - now_us : 0;
}

int64_t turns_had(const struct turns *t, unsigned sender, int64_t now_us)
{
    return left(t->until_us[sender % TURNS_SENDERS], now_us);
}

void turns_add(struct turns *t, unsigned sender, size_t bytes, int64_t now_us)
{
    int64_t n = (int64_t)(bytes < BYTES_MAX ? bytes : BYTES_MAX);
    int64_t more_us = n * US_PER_S / TURNS_BYTES_PER_S;
    int64_t *near = &t->until_us[sender % TURNS_SENDERS];
    int64_t *wide = &t->wide_us[sender / TURNS_SENDERS % TURNS_SENDERS];
    *near = now_us + left(*near, now_us) + more_us;
    *wide = now_us + left(*wide, now_us) + more_us;
}

bool turns_less(const struct turns *t, unsigned a, unsigned b, int64_t now_us)
{
    unsigned wide_a = a / TURNS_SENDERS % TURNS_SENDERS;
    unsigned wide_b = b / TURNS_SENDERS % TURNS_SENDERS;
    if (wide_a != wide_b) {
        return left(t->wide_us[wide_a], now_us) <
               left(t->wide_us[wide_b], now_us);
    }
    return turns_had(t, a, now_us) < turns_had(t, b, now_us);
}

size_t turns_cost(size_t bytes, int64_t took_us)
{
    int64_t us = took_us < 0 ? 0 : took_us < TOOK_MAX ? took_us : TOOK_MAX;
    size_t worth = (size_t)(us * TURNS_WORK_PER_S / US_PER_S);
    return worth > bytes ? worth : bytes;
}
