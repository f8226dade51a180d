// SPDX-License-Identifier: Apache-2.0
/* What a list that is believed says besides its sites, in comments before its
 * header, so that other readers of lists pass over it (docs/lists.md):
 *
 *   #! pause country IR
 *   #! pause test web_connectivity
 *   #! key RWQ...   (lists may be signed with this key, too)
 *   #! seal https://collector.example 64-hexadecimal-digits
 *   #! address https://collector.example https://further.example/path
 *
 * Whether a list is believed is for the caller; this reads text.
 */
#ifndef PARALLAX_RECORD_LIST_ORDERS_H
#define PARALLAX_RECORD_LIST_ORDERS_H

#include "base/diag.h"
#include "base/str.h"
#include "record/minisign_keys.h"

#define LIST_ORDERS_PREFIX "#! "

#define LIST_ORDERS_SEALS     4 /* further ones are passed over */
#define LIST_ORDERS_ADDRESSES 4 /* the same */
#define LIST_ORDERS_URL_MAX   256
#define LIST_ORDERS_KEY_LEN   64

/* For which key records are sealed that go to a collector. */
struct list_orders_seal {
    char url[LIST_ORDERS_URL_MAX];
    char key[LIST_ORDERS_KEY_LEN + 1];
};

/* Where a collector is, too, for whoever does not reach it. */
struct list_orders_address {
    char url[LIST_ORDERS_URL_MAX];
    char further[LIST_ORDERS_URL_MAX];
};

struct list_orders {
    bool everywhere;                          /* the test is paused */
    unsigned char countries[26 * 26 / 8 + 1]; /* a bit for each two letters */
    struct list_orders_seal seals[LIST_ORDERS_SEALS];
    size_t n_seals;
    struct list_orders_address addresses[LIST_ORDERS_ADDRESSES];
    size_t n_addresses;
};

/* Adds what `list` orders about `test` to *out. Orders that are not known, of
 * a later version perhaps, are passed over. */
void list_orders_add(struct str list, const char *test,
                     struct list_orders *out);

/* Is the test paused in this country? "ZZ": it is not known which; then only
 * what is paused everywhere is. */
bool list_orders_paused(const struct list_orders *o, const char *cc);

/* Adds the keys that it names. ERR_LIMIT: more than fit. */
MUST_USE enum err list_orders_keys(struct str list, struct minisign_keys *out);

/* The key, in hexadecimal, that a list orders for the collector with this URL,
 * or NULL. */
const char *list_orders_seal_key(const struct list_orders *o, const char *url);

/* The i-th further address, from 0, that lists order for the collector with
 * this URL; NULL: there is none. */
const char *list_orders_address(const struct list_orders *o, const char *url,
                                size_t i);

/* Whoever signs a list is told of an order that nobody would follow.
 * ERR_PARSE: `d` names its line. */
MUST_USE enum err list_orders_check(struct str list, struct diag *d);

#endif
