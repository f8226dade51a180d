// SPDX-License-Identifier: Apache-2.0
/* The test-helper messages: a request read from hostile bytes, and an answer
 * made from a measurement. Pure.
 */
#ifndef PARALLAX_COLLECTOR_CONTROL_CONTROL_MESSAGE_H
#define PARALLAX_COLLECTOR_CONTROL_CONTROL_MESSAGE_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/geo.h"
#include "record/measurement.h"
#include "wire/url.h"

#define CONTROL_BODY_MAX  ((size_t)64 << 10)
#define CONTROL_ADDRS_MAX 64
#define CONTROL_NONCE_LEN 32
/* A body is counted so far and reported as no longer. */
#define CONTROL_COUNT_MAX (UINT64_C(16) << 20)

/* Strings and arrays live in the region given to the reader. */
struct control_request {
    struct url url;
    struct ip addrs[CONTROL_ADDRS_MAX]; /* the probe's, each once */
    size_t n_addrs;
    struct obs_header headers[3]; /* Accept, Accept-Language, User-Agent */
    size_t n_headers;
    char nonce[CONTROL_NONCE_LEN + 1]; /* "" none */
};

/* ERR_PARSE: `d` says why. Addresses past the maximum are left out. */
MUST_USE enum err control_request_parse(struct region *r, struct str body,
                                        struct control_request *out,
                                        struct diag *d);
/* May we connect for this? false: a literal address that is not on the public
 * Internet. (The engine looks at every address and hop besides.) */
bool control_request_allowed(const struct control_request *q);
/* Appends the answer. `m` NULL: nothing was tried (target not allowed). */
enum err control_answer_write(struct buf *out, const struct control_request *q,
                              const struct measurement *m,
                              const struct geo *geo);

#endif
