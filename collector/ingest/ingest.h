// SPDX-License-Identifier: Apache-2.0
/* From an uploaded body to a durable record. HTTP threads hand jobs over; a
 * pool of workers unpacks, parses, hashes and judges; one writer thread
 * commits batches and only then lets the answers go.
 *
 *   ingest_submit -> [queue] -> workers -> [queue] -> writer -> done()
 *
 * Large uploads have a queue of their own and at most one worker (turns.h), so
 * that small ones do not wait behind them. What unpacks to so much more than it
 * is that no record does is refused while it is unpacked.
 *
 * Both queues are bounded and have a deadline: what waits too long is answered
 * 503. done() is called exactly once per job, from one of these threads.
 */
#ifndef PARALLAX_COLLECTOR_INGEST_INGEST_H
#define PARALLAX_COLLECTOR_INGEST_INGEST_H

#include "collector/ingest/ingest_types.h"

struct ingest;

/* Starts the threads. Caller stops and frees *out. */
MUST_USE enum err ingest_start(const struct ingest_config *cfg,
                               struct ingest **out);
/* ERR_BUSY: full, draining or broken; done() is not called then. */
MUST_USE enum err ingest_submit(struct ingest *in,
                                const struct ingest_upload *up);
/* Counts an upload refused before it got here. */
void ingest_count_refused(struct ingest *in, enum refusal_reason reason);
/* Nothing can be stored any more: the disk failed. */
bool ingest_broken(const struct ingest *in);
/* Finishes all that was submitted, then ends the threads; from then on submit
 * answers ERR_BUSY. */
void ingest_stop(struct ingest *in);
void ingest_free(struct ingest *in); /* stopped before */

#endif
