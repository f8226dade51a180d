// SPDX-License-Identifier: Apache-2.0
/* What a probe asks the control: a site, and the addresses at which the probe
 * found it. Pure.
 */
#ifndef PARALLAX_COLLECTOR_CONTROL_CONTROL_REQUEST_H
#define PARALLAX_COLLECTOR_CONTROL_CONTROL_REQUEST_H

#include "base/diag.h"
#include "collector/control/control_signed.h"
#include "record/measurement.h"
#include "wire/url.h"

#define CONTROL_BODY_MAX  ((size_t)64 << 10)
#define CONTROL_ADDRS_MAX 64
#define CONTROL_TRIES_MAX 3

/* Strings and arrays live in the region given to the reader. */
struct control_request {
    struct url url;
    struct ip addrs[CONTROL_ADDRS_MAX]; /* the probe's, each once */
    size_t n_addrs;
    struct obs_header headers[3]; /* Accept, Accept-Language, User-Agent */
    size_t n_headers;
    unsigned tries; /* more of the same page; at most CONTROL_TRIES_MAX */
    char nonce[CONTROL_NONCE_LEN + 1]; /* "" none */
};

/* ERR_PARSE: `d` says why. Addresses past the maximum are left out. */
MUST_USE enum err control_request_parse(struct region *r, struct str body,
                                        struct control_request *out,
                                        struct diag *d);
/* May we connect for this? False if the host of the URL is an address that is
 * not on the public Internet. (The engine checks each address it looks up, and
 * each redirect, besides.) */
bool control_request_allowed(const struct control_request *q);

#endif
