// SPDX-License-Identifier: Apache-2.0
/* From what the engine saw to bytes that can be kept, sent and read: the
 * record with its verdict, and the two bodies of its upload. No I/O.
 */
#ifndef PARALLAX_PROBE_SUBMISSION_H
#define PARALLAX_PROBE_SUBMISSION_H

#include "record/record_out.h"
#include "verdict/verdict.h"

#define SUBMISSION_MAX_RECORD (24u << 20)

/* What a person is told about one site. */
struct outcome {
    enum xstate state;
    char method[16]; /* "" unless blocked */
    char rule[48];   /* of the first reason, or "" */
    char note[200];  /* the first reason in plain words, or "" */
    int64_t runtime_us;
};

/* Writes the record of `m`, judged, to `record`. A fault of this machine,
 * also one that happens here, gives state `internal` and never anything else;
 * only if not even that can be written is the error returned. */
MUST_USE enum err submission_record(const struct measurement *m,
                                    const struct record_env *env,
                                    const struct fingerprints *fps,
                                    struct buf *record, struct outcome *out);
/* The body that opens the report this record belongs to. Equal bytes mean the
 * same report. */
MUST_USE enum err submission_open_body(const struct record_env *env,
                                       struct buf *out);
/* The compressed body that carries the record. */
MUST_USE enum err submission_pack(struct str record, const char *x_probe,
                                  struct buf *out);

#endif
