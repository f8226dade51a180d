// SPDX-License-Identifier: Apache-2.0
/* From the bytes of an upload to a row that can be stored. */
#ifndef PARALLAX_COLLECTOR_INGEST_INGEST_READ_H
#define PARALLAX_COLLECTOR_INGEST_INGEST_READ_H

#include "collector/ingest/ingest_inside.h"

/* Unpacks it into j->body. ERR_LIMIT: it is large, which was not known before;
 * ERR_PARSE and `why`: it is refused. */
MUST_USE enum err ingest_read_unpack(const struct ingest *in,
                                     struct ingest_job *j, struct refusal *why);
/* What was unpacked, as a row in j->put; its memory is j->region, which is
 * there. ERR_PARSE and `why`: it is refused. */
MUST_USE enum err ingest_read_record(const struct ingest *in,
                                     struct ingest_job *j, struct refusal *why);

#endif
