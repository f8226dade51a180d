// SPDX-License-Identifier: Apache-2.0
/* From what the engine saw to bytes that can be kept, sent and read: the
 * record with its verdict, and the two bodies of its upload. No I/O.
 */
#ifndef PARALLAX_PROBE_DELIVER_SUBMISSION_H
#define PARALLAX_PROBE_DELIVER_SUBMISSION_H

#include "record/record.h"
#include "verdict/verdict.h"

#define SUBMISSION_MAX_RECORD (24u << 20)

/* What a person is told about one site. */
struct site_result {
    enum xstate state;
    enum method method; /* METHOD_NONE unless blocked */
    char rule[48];      /* of the first reason, or "" */
    char note[200];     /* the first reason in plain words, or "" */
    int64_t runtime_us;
    bool want_again;     /* a second measurement would settle it */
    bool uncompared;     /* because no control was asked (verdict_data.h) */
    bool stay_away;      /* but what it would visit tells our address */
    char want_url[2048]; /* of what, if not of the site itself; else "" */
    char want_compare[IP_TEXT_MAX]; /* with and without its name here; or "" */
    char want_page[IP_TEXT_MAX];    /* its page in cleartext here; or "" */
    char notice_at[IP_TEXT_MAX];    /* suspected of a notice server; or "" */
    bool notice_seen;      /* a page came from there that has nothing of it */
    bool notice_ill;       /* or an error, or an edge's refusal */
    double want_if_faster; /* see verdict.h */
};

/* Writes the record of `m`, judged, to `record`. A fault of this machine,
 * also one that happens here, gives state `internal` and never anything else;
 * only if not even that can be written is the error returned. */
MUST_USE enum err submission_record(const struct measurement *m,
                                    const struct record_env *env,
                                    const struct fingerprints *fps,
                                    struct buf *record,
                                    struct site_result *out);
/* What `record` is until it is measured again: the same with an empty x_retest,
 * under which a finding that may be chance is none. *o comes with what the
 * record says so far and gets what it says then. */
MUST_USE enum err submission_await(struct str record,
                                   const struct fingerprints *fps,
                                   struct buf *out, struct site_result *o);

enum again_kind {
    AGAIN_SITE,    /* the whole */
    AGAIN_COMPARE, /* with and without its name */
    AGAIN_UNNAMED, /* its address, once, without any name */
    AGAIN_PAGE     /* one page in cleartext from one address */
};

/* A further measurement of the same site. */
struct again {
    const struct measurement *m;
    int64_t after_us; /* from the start of the first one to its own */
    enum again_kind kind;
    bool silent; /* meanwhile nothing at all was heard on this line for long */
    bool residual;       /* another site was cut off where it got stuck */
    bool after_residual; /* so was the one before, and this one was not */
};

/* Adds one to the record and judges all. */
MUST_USE enum err submission_again(struct str record, const struct again *a,
                                   const struct record_env *env,
                                   const struct fingerprints *fps,
                                   struct buf *out, struct site_result *o);
/* The body that opens the report this record belongs to. Equal bytes mean the
 * same report. */
MUST_USE enum err submission_open_body(const struct record_env *env,
                                       struct buf *out);
/* The body that carries the record, compressed against dictionary_text(). */
MUST_USE enum err submission_pack(struct str record, const char *x_probe,
                                  struct buf *out);
/* The same body for a collector without the dictionary: zstd alone. ERR_PARSE:
 * damaged; ERR_NOTFOUND: it was made against another one. */
MUST_USE enum err submission_repack(struct str body, struct buf *out);
/* The record in such a body of either kind, appended to `record`. */
MUST_USE enum err submission_unpack(struct str body, struct buf *record);

#endif
