// SPDX-License-Identifier: Apache-2.0
/* Into the store, in batches, and only then the answers. */
#ifndef PARALLAX_COLLECTOR_INGEST_INGEST_WRITE_H
#define PARALLAX_COLLECTOR_INGEST_INGEST_WRITE_H

#include "collector/ingest/ingest_inside.h"

/* Has what a worker has read stored and answered, which it then no longer has:
 * by the writer, with what others bring meanwhile; or at once, if it is the
 * only one here. */
void ingest_write(struct ingest *in, struct ingest_job *j);
/* The writer's thread; `in`: a struct ingest. Ends when that stops and the
 * workers have ended. Returns NULL. */
void *ingest_write_main(void *in);

#endif
