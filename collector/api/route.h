// SPDX-License-Identifier: Apache-2.0
/* The HTTP interface of `serve`: OONI's collector and probe services. Called
 * by the HTTP server's threads; everything here is immutable after start but
 * for what ingest does behind its own lock.
 */
#ifndef PARALLAX_COLLECTOR_API_ROUTE_H
#define PARALLAX_COLLECTOR_API_ROUTE_H

#include "collector/api/site_lists.h"
#include "collector/http/http.h"
#include "collector/ingest/ingest.h"
#include "wire/ip.h"

#define ROUTE_MAX_HELPERS 32
#define ROUTE_MAX_PROXIES 32

struct route_helper {
    const char *address;
    const char *type; /* "https", "cloudfront" */
};

struct service {
    struct ingest *ingest;
    const struct geo *geo;     /* may be NULL */
    const struct sites *sites; /* may be NULL: no lists */
    struct route_helper helpers[ROUTE_MAX_HELPERS];
    size_t n_helpers;
    struct ip proxies[ROUTE_MAX_PROXIES]; /* whose X-Forwarded-For we take */
    size_t n_proxies;
};

/* An http_handler_fn; `arg` is the service. */
void route_handle(void *arg, struct http_req *req);
/* "URL" or "TYPE:URL" (cloudfront:https://...); strings are borrowed. */
MUST_USE enum err route_add_helper(struct service *s, struct region *r,
                                   const char *text, struct diag *d);
MUST_USE enum err route_add_proxy(struct service *s, const char *text,
                                  struct diag *d);
/* Address the request came from: the socket's, or what a trusted proxy says;
 * NULL if it cannot be told. */
const char *route_source(const struct service *s, const struct http_req *req);

#endif
