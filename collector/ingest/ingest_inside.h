// SPDX-License-Identifier: Apache-2.0
/* What the threads of ingest share. */
#ifndef PARALLAX_COLLECTOR_INGEST_INGEST_INSIDE_H
#define PARALLAX_COLLECTOR_INGEST_INGEST_INSIDE_H

#include "base/log_rare.h"
#include "collector/ingest/ingest_types.h"
#include "collector/ingest/turns.h"

#include <pthread.h>

#define INGEST_WORKERS_MAX 16
#define INGEST_SOURCE_MAX  64
/* Of records that wait for the writer; workers wait beyond this. */
#define INGEST_READY_BYTES ((size_t)64 << 20)
/* Unpacked: beyond this an upload is large. */
#define INGEST_LARGE ((size_t)256 << 10)

struct ingest_job {
    struct ingest_job *next;
    struct ingest_upload up;
    char source[INGEST_SOURCE_MAX];
    char report_id[REPORT_ID_MAX];
    int64_t receipt_us;  /* wall */
    int64_t deadline_us; /* monotonic */
    struct region *region;
    bool large;
    unsigned sender; /* turns.h */
    struct str body; /* unpacked */
    struct buf unpacked;
    struct buf decoded; /* record text of INGEST_SUBMIT */
    struct store_put put;
};

struct ingest_queue {
    struct ingest_job *first, **last;
};

struct ingest {
    struct ingest_config cfg;
    pthread_mutex_t lock;
    pthread_cond_t work_ready, write_ready;
    struct ingest_queue work, write;
    struct ingest_queue large; /* as `work`; one at a time */
    bool large_busy;
    unsigned passed; /* small ones that went before one that is large */
    bool alone;      /* there is one worker */
    struct turns turns;
    size_t ready_bytes; /* of records waiting for the writer or with it */
    size_t jobs;        /* submitted and not done */
    size_t parsing;     /* in a worker's hands */
    bool writing;       /* somebody stores some */
    bool stopping;      /* no new jobs */
    uint64_t refused[REFUSAL_COUNT]; /* not yet counted in the store */
    pthread_t worker[INGEST_WORKERS_MAX];
    unsigned n_workers;
    pthread_t writer;
    bool has_writer;
    struct log_rare no_key, not_stored, not_read, not_counted; /* said of */
};

#endif
