// SPDX-License-Identifier: Apache-2.0
#include "collector/control/control_recent.h"

#include "base/clock.h"
#include "base/crypto.h"

#include <stdlib.h>
#include <string.h>

#define PLACES     128
#define ANSWER_MAX ((size_t)64 << 10)
#define LIFE       (60 * US_PER_S)

struct answer {
    uint8_t key[SHA256_LEN];
    int64_t at_us;
    char *p;
    size_t len;
};

struct control_recent {
    struct answer answers[PLACES];
    size_t next; /* the oldest */
};

enum err control_recent_new(struct control_recent **out)
{
    *out = calloc(1, sizeof(**out));
    return *out ? ERR_OK : ERR_NOMEM;
}

void control_recent_free(struct control_recent *r)
{
    if (!r) {
        return;
    }
    for (size_t i = 0; i < PLACES; i++) {
        free(r->answers[i].p);
    }
    free(r);
}

static void add(struct sha256 *h, const void *p, size_t len)
{
    uint32_t n = (uint32_t)len;
    crypto_sha256_add(h, (struct str){(const char *)&n, sizeof(n)});
    crypto_sha256_add(h, (struct str){p, len});
}

/* Each piece with its length before it, so that no two requests are one. */
static void key_of(const struct control_request *q, uint8_t key[SHA256_LEN])
{
    struct sha256 h;
    crypto_sha256_init(&h);
    add(&h, q->url.text, strlen(q->url.text));
    for (size_t i = 0; i < q->n_addrs; i++) {
        char text[IP_TEXT_MAX];
        ip_format(&q->addrs[i], text);
        add(&h, text, strlen(text));
    }
    for (size_t i = 0; i < q->n_headers; i++) {
        add(&h, q->headers[i].name, strlen(q->headers[i].name));
        add(&h, q->headers[i].value.p, q->headers[i].value.len);
    }
    crypto_sha256_end(&h, key);
}

void control_recent_put(struct control_recent *r,
                        const struct control_request *q, struct str answer,
                        int64_t now_us)
{
    char *p =
        answer.len > 0 && answer.len <= ANSWER_MAX ? malloc(answer.len) : NULL;
    if (!p) {
        return;
    }
    memcpy(p, answer.p, answer.len);
    struct answer *a = &r->answers[r->next];
    r->next = (r->next + 1) % PLACES;
    free(a->p);
    *a = (struct answer){.at_us = now_us, .p = p, .len = answer.len};
    key_of(q, a->key);
}

struct str control_recent_get(const struct control_recent *r,
                              const struct control_request *q, int64_t now_us)
{
    uint8_t key[SHA256_LEN];
    key_of(q, key);
    for (size_t i = 0; i < PLACES; i++) { /* the newest first */
        const struct answer *a =
            &r->answers[(r->next + PLACES - 1 - i) % PLACES];
        if (a->p && now_us - a->at_us < LIFE &&
            memcmp(a->key, key, sizeof(key)) == 0) {
            return (struct str){a->p, a->len};
        }
    }
    return (struct str){NULL, 0};
}
