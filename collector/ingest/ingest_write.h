// SPDX-License-Identifier: Apache-2.0
/* The writer: batches into the store, and only then the answers. */
#ifndef PARALLAX_COLLECTOR_INGEST_INGEST_WRITE_H
#define PARALLAX_COLLECTOR_INGEST_INGEST_WRITE_H

/* The writer's thread; `in`: a struct ingest. Ends when that stops and the
 * workers have ended. Returns NULL. */
void *ingest_write_main(void *in);

#endif
