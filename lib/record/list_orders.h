// SPDX-License-Identifier: Apache-2.0
/* What a list that is believed says besides its sites, in comments before its
 * header, so that other readers of lists pass over it (docs/lists.md):
 *
 *   #! pause country IR
 *   #! pause test web_connectivity
 *   #! key RWQ...   (lists may be signed with this key, too)
 *
 * Whether a list is believed is for the caller; this reads text.
 */
#ifndef PARALLAX_RECORD_LIST_ORDERS_H
#define PARALLAX_RECORD_LIST_ORDERS_H

#include "base/diag.h"
#include "base/str.h"
#include "record/minisign_keys.h"

#define LIST_ORDERS_PREFIX "#! "

struct list_orders {
    bool everywhere;                          /* the test is paused */
    unsigned char countries[26 * 26 / 8 + 1]; /* a bit for each two letters */
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

/* Whoever signs a list is told of an order that nobody would follow.
 * ERR_PARSE: `d` names its line. */
MUST_USE enum err list_orders_check(struct str list, struct diag *d);

#endif
