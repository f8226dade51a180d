// SPDX-License-Identifier: Apache-2.0
#include "probe/run/order.h"

#include <stdlib.h>
#include <string.h>

void order_key(struct str secret, uint8_t key[SHA256_LEN])
{
    crypto_hmac(secret, STR("order"), key);
}

uint64_t order_place(const uint8_t key[SHA256_LEN], struct str text)
{
    uint8_t mac[SHA256_LEN];
    uint64_t place = 0;
    crypto_hmac((struct str){(const char *)key, SHA256_LEN}, text, mac);
    for (size_t i = 0; i < sizeof(place); i++) {
        place = place << 8 | mac[i];
    }
    return place;
}

static int by_place(const void *a, const void *b)
{
    const struct order_row *x = a;
    const struct order_row *y = b;
    if (x->place != y->place) {
        return x->place < y->place ? -1 : 1;
    }
    return strcmp(x->site->url.text, y->site->url.text);
}

enum err order_make(struct order *o, const uint8_t key[SHA256_LEN],
                    const struct site *const *sites, size_t n)
{
    struct order made = {.rows = calloc(n ? n : 1, sizeof(*made.rows)), .n = n};
    if (!made.rows) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        made.rows[i] = (struct order_row){
            .place = order_place(key, str_c(sites[i]->url.text)),
            .site = sites[i]};
    }
    while (made.chosen < n && sites[made.chosen]->chosen) {
        made.chosen++;
    }
    if (n > made.chosen) {
        qsort(made.rows + made.chosen, n - made.chosen, sizeof(*made.rows),
              by_place);
    }
    *o = made;
    return ERR_OK;
}

enum err order_keep(struct order *o, const struct site *const *sites, size_t n)
{
    struct order made = {
        .rows = calloc(n ? n : 1, sizeof(*made.rows)), .n = n, .chosen = n};
    if (!made.rows) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        made.rows[i].site = sites[i];
    }
    *o = made;
    return ERR_OK;
}

void order_free(struct order *o)
{
    free(o->rows);
    *o = (struct order){.n = 0};
}

enum err order_begin_behind(struct order *o, uint64_t place)
{
    struct order_row *rest = o->rows + o->chosen;
    size_t n = o->n - o->chosen;
    size_t first = 0;
    while (first < n && rest[first].place <= place) {
        first++;
    }
    if (first == 0 || first == n) {
        return ERR_OK;
    }
    struct order_row *turned = calloc(o->n, sizeof(*turned));
    if (!turned) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < o->n; i++) {
        turned[i] =
            i < o->chosen ? o->rows[i] : rest[(first + i - o->chosen) % n];
    }
    free(o->rows);
    o->rows = turned;
    return ERR_OK;
}

/* Sites end nearly in the order in which they began: few are looked at. */
void order_done(struct order *o, const struct site *site)
{
    for (size_t i = o->open; i < o->n; i++) {
        if (o->rows[i].site == site) {
            o->rows[i].done = true;
            break;
        }
    }
    while (o->open < o->n && o->rows[o->open].done) {
        o->open++;
    }
}

bool order_reached(const struct order *o, uint64_t *place)
{
    if (o->open <= o->chosen) {
        return false;
    }
    *place = o->rows[o->open - 1].place;
    return true;
}
