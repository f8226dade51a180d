// SPDX-License-Identifier: Apache-2.0
/* Known block pages and forged DNS answers: OONI's CSV as it is, and our own
 * short set (compiled in, each with its source). Immutable after loading;
 * shared between threads.
 */
#ifndef PARALLAX_RECORD_FINGERPRINT_H
#define PARALLAX_RECORD_FINGERPRINT_H

#include "base/buf.h"
#include "base/region.h"
#include "wire/ip.h"

enum fp_where {
    FP_DNS,
    FP_BODY,
    FP_HEADER
};

enum fp_how {
    FP_FULL,
    FP_PREFIX,
    FP_CONTAINS,
    FP_REGEXP
};

struct fingerprint {
    const char *name;
    const char *scope; /* nat isp prod inst vbw fp injb prov ... */
    enum fp_where where;
    const char *header; /* lower-case name for FP_HEADER */
    enum fp_how how;
    struct str pattern;
    const char *countries; /* "IR,RU" or "" */
    int confidence;        /* confidence_no_fp 0..10 */
};

struct fingerprints;

/* The built-in set only. */
MUST_USE enum err fingerprints_builtin(struct fingerprints **out);
void fingerprints_free(struct fingerprints *f);
/* Adds OONI's CSV (http or dns told apart by its rows). A bad row is told to
 * `bad` as "file:line: reason" and skipped; the good ones are appended to
 * `kept` in the same form, header included. Both may be NULL. ERR_LIMIT when
 * there are too many in all: `f` then is good for nothing but being freed. */
MUST_USE enum err fingerprints_add_csv(struct fingerprints *f, const char *file,
                                       struct str text, struct buf *kept,
                                       void (*bad)(void *, const char *msg),
                                       void *arg);
size_t fingerprints_count(const struct fingerprints *f);
/* i in [0, fingerprints_count): in the order in which they were added. */
const struct fingerprint *fingerprints_get(const struct fingerprints *f,
                                           size_t i);
/* First match that is not of scope "fp"; *false_positive gets one that is.
 * Either may be NULL. */
const struct fingerprint *
fingerprints_match_body(const struct fingerprints *f, struct str body,
                        const struct fingerprint **false_positive);
const struct fingerprint *
fingerprints_match_header(const struct fingerprints *f, struct str name,
                          struct str value);
const struct fingerprint *fingerprints_match_dns(const struct fingerprints *f,
                                                 struct str address_or_name);

#endif
