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

#include "base/compress.h"
#include "collector/ingest/accept.h"

struct ingest;

struct ingest_config {
    struct store *store; /* borrowed, open for writing */
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
