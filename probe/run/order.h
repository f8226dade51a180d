// SPDX-License-Identifier: Apache-2.0
/* The order of a run's sites, and how far it has come. The order follows from
 * the device's secret, so that no two volunteers visit a list in the same
 * order, and nobody who knows the list knows what comes next. Each site has a
 * place in it, whatever else is in the list: a later run begins behind the
 * last place of the one before. No I/O.
 */
#ifndef PARALLAX_PROBE_RUN_ORDER_H
#define PARALLAX_PROBE_RUN_ORDER_H

#include "base/crypto.h"
#include "record/sitelist.h"

struct order_row {
    uint64_t place; /* HMAC-SHA256(key, URL), its first 8 bytes */
    const struct site *site;
    bool begun, done;
};

struct order {
    struct order_row *rows; /* in the order of the run */
    size_t n;
    size_t chosen; /* the first ones, which the caller named one by one */
    size_t open;   /* the first row that is not done; n: there is none */
};

/* The key of all places, made of the secret, which changes with it. */
void order_key(struct str secret, uint8_t key[SHA256_LEN]);
/* A number for a text, made with the key. */
uint64_t order_place(const uint8_t key[SHA256_LEN], struct str text);

/* Puts `sites` (borrowed) in order; order_free frees. Those that were chosen
 * one by one come first, as they were named: that order is nobody's list, and
 * whoever named them expects it. ERR_NOMEM. */
MUST_USE enum err order_make(struct order *o, const uint8_t key[SHA256_LEN],
                             const struct site *const *sites, size_t n);
/* Leaves them in the order in which they come. ERR_NOMEM. */
MUST_USE enum err order_keep(struct order *o, const struct site *const *sites,
                             size_t n);
/* NULL rows are allowed. */
void order_free(struct order *o);
/* What follows the chosen sites begins behind `place`, and comes to what is
 * before it at the end. Only before any site is done. */
MUST_USE enum err order_begin_behind(struct order *o, uint64_t place);
/* A site of the order is done. */
void order_done(struct order *o, const struct site *site);
/* *place is that of the last site before which, from the beginning of the run,
 * all are done; false if there is none, or only chosen ones. */
bool order_reached(const struct order *o, uint64_t *place);

#endif
