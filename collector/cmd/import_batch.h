// SPDX-License-Identifier: Apache-2.0
/* Records of an import on their way from a file into the store: taken one after
 * the other, then judged, on all processors at a time, because that is what
 * takes long. For cmd_import.c alone. One thread; the batch owns what it took.
 */
#ifndef PARALLAX_COLLECTOR_CMD_IMPORT_BATCH_H
#define PARALLAX_COLLECTOR_CMD_IMPORT_BATCH_H

#include "base/region.h"
#include "base/stream.h"
#include "collector/ingest/accept.h"

#define IMPORT_BATCH_RECORDS 256
#define IMPORT_BATCH_BYTES   ((size_t)32 << 20)

/* What stood in one place of a file. */
struct import_record {
    char place[512]; /* "FILE:LINE: record N" */
    char *text;
    size_t len;
    struct region *region; /* of put.row */
    struct store_put put;
    enum err e;         /* ERR_PARSE: refused */
    struct refusal why; /* of that; a reason of none: no value stood there */
};

struct import_batch {
    struct import_record records[IMPORT_BATCH_RECORDS];
    size_t n;
    size_t bytes;
};

/* Copies an item into a batch that is not full. With `bad` it is none, and bad
 * says why. ERR_NOMEM; the batch is then as before. */
MUST_USE enum err import_batch_take(struct import_batch *b,
                                    const struct stream_item *it,
                                    const struct diag *bad);
bool import_batch_full(const struct import_batch *b);
/* Judges all of them: sets e, and put or why, of each. `vouched` is borrowed
 * until they are stored; NULL: nobody vouches for them. */
void import_batch_judge(struct import_batch *b, const struct acceptor *a,
                        const char *vouched);
void import_batch_clear(struct import_batch *b);

#endif
