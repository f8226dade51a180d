// SPDX-License-Identifier: Apache-2.0
/* Why an upload or a record is refused: the one list of reasons. Clients
 * are told the name of a reason, and the store counts by it, so a name is never
 * changed.
 */
#ifndef PARALLAX_COLLECTOR_INGEST_REFUSAL_H
#define PARALLAX_COLLECTOR_INGEST_REFUSAL_H

#include "base/diag.h"
#include "base/err.h"

#define REFUSAL_LIST(REASON)                                                   \
    /* whoever refused did not say why */                                      \
    REASON(UNREADABLE, "unreadable")                                           \
    /* what the record is wrapped in cannot be read */                         \
    REASON(FORMAT, "format")                                                   \
    /* compressed in a way that is not known here */                           \
    REASON(ENCODING, "encoding")                                               \
    REASON(TOO_LARGE, "too_large")                                             \
    /* the id of the report it was sent under */                               \
    REASON(REPORT_ID, "report_id")                                             \
    /* the record is not the JSON of an object */                              \
    REASON(JSON, "json")                                                       \
    /* country, network or name of the test are not written as they should */  \
    REASON(METADATA, "bad_metadata")                                           \
    REASON(ASN, "asn_invalid")                                                 \
    /* x_probe belongs beside a record */                                      \
    REASON(X_PROBE, "x_probe_inside")                                          \
    /* the record says otherwise than the id of its report */                  \
    REASON(INCONSISTENT, "inconsistent")                                       \
    REASON(START_TIME, "start_time")                                           \
    /* of web_connectivity: not there, or of a wrong type; null is taken */    \
    REASON(INPUT, "input")                                                     \
    REASON(TEST_KEYS, "test_keys")                                             \
    /* a number too large to be hashed */                                      \
    REASON(NUMBER, "number")

#define REFUSAL_ENUM(reason, name) REFUSAL_##reason,

enum refusal_reason {
    REFUSAL_NONE,
    REFUSAL_LIST(REFUSAL_ENUM) REFUSAL_COUNT /* how many */
};

struct refusal {
    enum refusal_reason reason;
    char key[160]; /* of the record, a path with dots, or "" */
    struct diag d; /* what is wrong, in words */
};

/* Fills *why; the message is printf's. ERR_PARSE, always, so that the caller
 * can return it. */
enum err refusal_set(struct refusal *why, enum refusal_reason reason,
                     const char *key, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* "too_large" and so on; static. "unreadable" for REFUSAL_NONE. */
const char *refusal_name(enum refusal_reason reason);

#endif
