// SPDX-License-Identifier: Apache-2.0
/* Site lists that were taken in, in the folder `lists` of the state directory:
 * signed ones as updates, each with the version below which none is taken any
 * more, and a volunteer's own. Each file appears whole or not at all, so that
 * what was good stays in force until something better is there (docs/lists.md).
 */
#ifndef PARALLAX_PROBE_RUN_LIST_STORE_H
#define PARALLAX_PROBE_RUN_LIST_STORE_H

#include "record/signed_list.h"

#include <stdbool.h>

#define LIST_STORE_MAX_BYTES (64u << 20) /* of one list */

/* How many rows of a list are measured, and how many are no good. */
struct list_rows {
    size_t good, bad;
};

/* Reads a list, tells each bad row on standard error if `tell`. ERR_PARSE: the
 * list is refused whole, or has no good row; `d` says why. */
MUST_USE enum err list_store_rows(const char *file, struct str text, bool tell,
                                  struct list_rows *out, struct diag *d);

/* Takes a signed list in, and says which it is. Errors, with a sentence in `d`;
 * nothing has changed then: ERR_ACCESS not signed by one of `keys`, or changed
 * since; ERR_PARSE cut off, or a list that cannot be used; ERR_CLOCK it has
 * expired by `now_s` (seconds since 1970; 0: the clock is not trusted, so
 * nothing has); ERR_EXISTS older than what was taken in before. */
MUST_USE enum err list_store_update(const struct minisign_keys *keys,
                                    struct str list, struct str signature,
                                    int64_t now_s, struct signed_list *out,
                                    struct diag *d);

/* Takes in a list of the volunteer's own, byte for byte, under this name. */
MUST_USE enum err list_store_import(const char *name, struct str list,
                                    struct diag *d);

#endif
