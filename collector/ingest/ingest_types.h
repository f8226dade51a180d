// SPDX-License-Identifier: Apache-2.0
/* What goes into ingest and comes out of it. */
#ifndef PARALLAX_COLLECTOR_INGEST_INGEST_TYPES_H
#define PARALLAX_COLLECTOR_INGEST_INGEST_TYPES_H

#include "base/compress.h"
#include "collector/ingest/accept.h"
#include "collector/ingest/late_queue.h"

struct ingest_config {
    struct store *store;     /* borrowed, open for writing */
    struct late_queue *late; /* gets records that want a control; or NULL */
    struct acceptor acceptor;
    unsigned workers;
    size_t max_jobs;
    size_t max_record; /* bytes of an unpacked upload */
    int64_t deadline_us;
};

enum ingest_form {
    INGEST_REPORT, /* {"format","content":{record},"x_probe"} */
    INGEST_SUBMIT, /* {"format","content":"record as text",...}: a report id is
                      made and written into the record */
};

enum ingest_outcome {
    INGEST_STORED,
    INGEST_REFUSED, /* the client's fault: `refusal` */
    INGEST_BUSY,    /* try again later; nothing is kept */
};

struct ingest_result {
    enum ingest_outcome outcome;
    const char *uid;       /* INGEST_STORED */
    const char *report_id; /* INGEST_STORED: the one that the record has */
    const struct refusal *refusal;
};

typedef void (*ingest_done_fn)(void *arg, const struct ingest_result *res);

/* What it points to is borrowed until done() returns, but for `source` and
 * `report_id`, which are copied. */
struct ingest_upload {
    enum ingest_form form;
    struct str body;
    enum compress_kind coding; /* of the body; no gzip */
    const char *source;        /* address of the sender or NULL */
    bool relayed;              /* or of a proxy before him */
    struct report_id path;
    bool has_path;
    const char *report_id;
    ingest_done_fn done;
    void *arg;
};

#endif
