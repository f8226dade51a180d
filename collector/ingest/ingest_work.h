// SPDX-License-Identifier: Apache-2.0
/* Workers: which upload is next, and where it goes from there. */
#ifndef PARALLAX_COLLECTOR_INGEST_INGEST_WORK_H
#define PARALLAX_COLLECTOR_INGEST_INGEST_WORK_H

/* One worker's thread; `in`: a struct ingest. Ends when that stops and there is
 * nothing left to do. Returns NULL. */
void *ingest_work_main(void *in);

#endif
