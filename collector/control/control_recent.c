// SPDX-License-Identifier: Apache-2.0
#include "collector/control/control_recent.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "collector/control/control_again.h"

#include <stdlib.h>
#include <string.h>

#define PLACES     512
#define OF_ONE     (PLACES / 4)
#define ANSWER_MAX ((size_t)64 << 10)
#define LIFE       (60 * US_PER_S)

struct answer {
    uint8_t url[SHA256_LEN], headers[SHA256_LEN];
    struct ip client; /* its prefix */
    bool good;        /* control_again_good */
    int64_t at_us;
    char *p;
    size_t len;
};

struct control_recent {
    struct answer answers[PLACES];
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

static void url_key(const struct control_request *q, uint8_t key[SHA256_LEN])
{
    crypto_sha256(str_c(q->url.text), key);
}

/* Each piece with its length before it, so that no two requests are one. */
static void header_key(const struct control_request *q, uint8_t key[SHA256_LEN])
{
    struct sha256 h;
    crypto_sha256_init(&h);
    for (size_t i = 0; i < q->n_headers; i++) {
        add(&h, q->headers[i].name, strlen(q->headers[i].name));
        add(&h, q->headers[i].value.p, q->headers[i].value.len);
    }
    crypto_sha256_end(&h, key);
}

static struct ip prefix_of(const struct ip *ip)
{
    struct ip out = *ip;
    if (out.family == 6) {
        memset(out.b + 8, 0, 8);
    }
    return out;
}

/* The oldest of all, or of the client's own if it has its part. */
static struct answer *place_for(struct control_recent *r,
                                const struct ip *prefix)
{
    struct answer *own = NULL, *any = &r->answers[0];
    size_t n = 0;
    for (size_t i = 0; i < PLACES; i++) {
        struct answer *a = &r->answers[i];
        if (!a->p) {
            any = any->p ? a : any;
            continue;
        }
        any = any->p && a->at_us < any->at_us ? a : any;
        if (ip_eq(&a->client, prefix)) {
            own = !own || a->at_us < own->at_us ? a : own;
            n++;
        }
    }
    return n >= OF_ONE ? own : any;
}

void control_recent_put(struct control_recent *r, const struct ip *client,
                        const struct control_request *q, struct str answer,
                        int64_t now_us)
{
    char *p =
        answer.len > 0 && answer.len <= ANSWER_MAX ? malloc(answer.len) : NULL;
    if (!p) {
        return;
    }
    memcpy(p, answer.p, answer.len);
    struct ip prefix = prefix_of(client);
    struct answer *a = place_for(r, &prefix);
    free(a->p);
    *a = (struct answer){.client = prefix,
                         .good = control_again_good(answer),
                         .at_us = now_us,
                         .p = p,
                         .len = answer.len};
    url_key(q, a->url);
    header_key(q, a->headers);
}

struct str control_recent_get(const struct control_recent *r,
                              const struct control_request *q, int64_t now_us)
{
    uint8_t url[SHA256_LEN], headers[SHA256_LEN];
    const struct answer *best = NULL;
    bool best_same = false;
    url_key(q, url);
    header_key(q, headers);
    for (size_t i = 0; i < PLACES; i++) {
        const struct answer *a = &r->answers[i];
        if (!a->p || now_us - a->at_us >= LIFE ||
            memcmp(a->url, url, sizeof(url)) != 0) {
            continue;
        }
        bool same = memcmp(a->headers, headers, sizeof(headers)) == 0;
        bool newer = !best || a->at_us >= best->at_us;
        if ((same && (!best_same || newer)) ||
            (!same && !best_same && a->good && newer)) {
            best = a;
            best_same = same;
        }
    }
    return best ? (struct str){best->p, best->len} : (struct str){NULL, 0};
}
