// SPDX-License-Identifier: Apache-2.0
/* One upload on its way from thread to thread, and the queues in between. */
#ifndef PARALLAX_COLLECTOR_INGEST_INGEST_JOB_H
#define PARALLAX_COLLECTOR_INGEST_INGEST_JOB_H

#include "collector/ingest/ingest_inside.h"

/* An empty one. */
void ingest_job_init(struct ingest_queue *q);
/* The queue does not own them. */
void ingest_job_add(struct ingest_queue *q, struct ingest_job *j);
/* The one that came first; NULL: none. */
struct ingest_job *ingest_job_take(struct ingest_queue *q);
/* Frees one that was never submitted, or is done. */
void ingest_job_free(struct ingest_job *j);
/* Has it waited for too long? */
bool ingest_job_late(const struct ingest_job *j);
/* Answers it and frees it. The lock is not held. */
void ingest_job_done(struct ingest *in, struct ingest_job *j,
                     const struct ingest_result *res);
/* The same: it is refused, which is counted. */
void ingest_job_refused(struct ingest *in, struct ingest_job *j,
                        const struct refusal *why);
/* The same: try again later. */
void ingest_job_busy(struct ingest *in, struct ingest_job *j);

#endif
