// SPDX-License-Identifier: Apache-2.0
/* What all endpoints share: where records go, what probes are told, whom we
 * believe about addresses. Filled before the HTTP server starts and not changed
 * after, so that its threads may read it.
 */
#ifndef PARALLAX_COLLECTOR_API_SERVICE_H
#define PARALLAX_COLLECTOR_API_SERVICE_H

#include "base/diag.h"
#include "collector/api/site_lists.h"
#include "collector/http/http.h"
#include "collector/ingest/ingest.h"
#include "wire/ip.h"

#define SERVICE_MAX_HELPERS 32
#define SERVICE_MAX_PROXIES 32

/* A control that probes are told of ("test helper" in OONI's words). */
struct service_helper {
    const char *address; /* URL */
    bool cloudfront;     /* reached through that network, by its front name */
};

/* All pointers are borrowed. */
struct service {
    struct ingest *ingest;
    const struct geo *geo;          /* may be NULL */
    const struct site_lists *lists; /* may be NULL: no lists */
    struct service_helper helpers[SERVICE_MAX_HELPERS];
    size_t n_helpers;
    struct ip proxies[SERVICE_MAX_PROXIES]; /* whose X-Forwarded-For we take */
    size_t n_proxies;
};

/* "URL" or "cloudfront:URL"; the address is copied into `r`. ERR_INVAL: not a
 * URL; ERR_LIMIT: too many. */
MUST_USE enum err service_add_helper(struct service *s, struct region *r,
                                     const char *text, struct diag *d);
/* An address, textual. ERR_INVAL: not one; ERR_LIMIT: too many. */
MUST_USE enum err service_add_proxy(struct service *s, const char *text,
                                    struct diag *d);
/* Address the request came from: the socket's, or what a trusted proxy says;
 * NULL if it cannot be told. Lives as long as the request. */
const char *service_source(const struct service *s, const struct http_req *req);
/* The same if nobody else can stand between: NULL where a further proxy or a
 * cache took part, and for an address that is not public. Only for the answer
 * to whoever asks; it is neither kept nor logged. */
const char *service_client(const struct service *s, const struct http_req *req);
/* Hands the request's body to ingest as `up` says, whose `body` and `source`
 * are filled here. The request is answered by up->done, or as busy at once. */
void service_submit(struct service *s, struct http_req *req,
                    struct ingest_upload *up);

#endif
