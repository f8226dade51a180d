// SPDX-License-Identifier: Apache-2.0
/* When records of runs by schedule go: not in a run, but some time after it, by
 * chance, all that wait together; after a failure later each time. Kept in the
 * file `mailing` of the state directory: one moment, and how often it failed.
 * Chance and the clock are the caller's.
 */
#ifndef PARALLAX_PROBE_DELIVER_MAILING_H
#define PARALLAX_PROBE_DELIVER_MAILING_H

#include "base/diag.h"

#include <stdbool.h>
#include <stdint.h>

#define MAILING_FILE "mailing"
/* Between a run and sending lies so much at least, and up to so much more. */
#define MAILING_AFTER_S  INT64_C(1200)
#define MAILING_SPREAD_S INT64_C(10800)

struct mailing {
    int64_t at; /* seconds since 1970; 0: nothing is to be sent */
    unsigned fails;
};

/* A run is over at `now`, or what was due cannot be sent now: some time later.
 * One that is far enough ahead already stays, so that several runs go
 * together. */
void mailing_after(struct mailing *m, int64_t now, uint32_t chance);

/* Is it time? A clock that was put back by more than there can be between does
 * not hold it up. */
bool mailing_due(const struct mailing *m, int64_t now);

/* What was due was tried at `now`: `all` of it went, or it failed. */
void mailing_done(struct mailing *m, int64_t now, bool all, uint32_t chance);

/* A file that is missing or no good is one by which nothing is to be sent. */
void mailing_load(struct mailing *out);
MUST_USE enum err mailing_store(const struct mailing *m, struct diag *d);

#endif
