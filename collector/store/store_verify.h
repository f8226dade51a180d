// SPDX-License-Identifier: Apache-2.0
/* A data directory looked through from end to end: is each frame of the
 * segments whole, does the index know it, and has each row of the index its
 * frame? Nothing is changed, and a writer may go on meanwhile: what it adds
 * after the beginning is not looked at.
 */
#ifndef PARALLAX_COLLECTOR_STORE_STORE_VERIFY_H
#define PARALLAX_COLLECTOR_STORE_STORE_VERIFY_H

#include "base/diag.h"

#include <stdbool.h>
#include <stdint.h>

struct store_verified {
    uint64_t frames;   /* whole ones that the index had read */
    uint64_t replaced; /* of them: another frame stands for the record now */
    uint64_t waiting;  /* whole ones that the next writer reads into it */
    uint64_t torn;     /* bytes behind them: a write that was cut off before it
                          was acknowledged */
    uint64_t lost; /* acknowledged once, and known to be gone (store_loss.h) */
    uint64_t back; /* whole ones of records that the index knows as lost: a
                      rebuild takes them in */
    uint64_t damage; /* how often `fn` was called */
    bool older; /* the index is of an earlier version: whoever opens the store
                   next makes it again, and all frames wait for that */
};

/* Is told one piece of damage in words, without a full stop. */
typedef void (*store_verify_fn)(void *arg, const char *words);

/* Looks through `dir`. Damage is no error: *out counts it. ERR_NOTFOUND: no
 * measurements are kept there; others: it could not be looked at to the end. */
MUST_USE enum err store_verify(const char *dir, store_verify_fn fn, void *arg,
                               struct store_verified *out, struct diag *d);

#endif
