// SPDX-License-Identifier: Apache-2.0
/* Asks our own control about records that came without one because their probes
 * leave it to us (`control.defer`), once they are stored and acknowledged. The
 * uploader chooses what the control visits: so it is asked in his name
 * (X-Forwarded-For), within the limits that he has as who asks it himself
 * (control_shares.h). A few questions at a time; a control that is busy is
 * asked again a few times, then the record stays as it is.
 *
 *   ingest, stored -> late_queue -> request -> control -> verdict -> store_late
 *
 * The answer stands beside the record, with the time at which it was asked.
 */
#ifndef PARALLAX_COLLECTOR_INGEST_LATE_ASK_H
#define PARALLAX_COLLECTOR_INGEST_LATE_ASK_H

#include "base/loop.h"
#include "collector/ingest/acceptor.h"
#include "collector/ingest/late_queue.h"
#include "collector/store/store.h"

struct late_ask;

struct late_ask_config {
    struct loop *loop;
    struct store *store;                     /* open for writing */
    const struct fingerprints *fingerprints; /* may be NULL */
    struct late_queue *queue;
    const char *control; /* "http://ADDR:PORT" of a control on this machine */
};

/* All of *cfg is borrowed. Caller stops *out, before the loop. */
MUST_USE enum err late_ask_start(const struct late_ask_config *cfg,
                                 struct late_ask **out);
/* What waits is forgotten; NULL is allowed. */
void late_ask_stop(struct late_ask *a);

#endif
