// SPDX-License-Identifier: Apache-2.0
/* The HTTP interface of `serve`: finds the endpoint of a request. Called by the
 * HTTP server's threads.
 */
#ifndef PARALLAX_COLLECTOR_API_ROUTE_H
#define PARALLAX_COLLECTOR_API_ROUTE_H

#include "collector/http/http.h"

/* An http_handler_fn; `arg` is the struct service. */
void route_handle(void *arg, struct http_req *req);
/* The same for the listener of those who run the collector, which strangers do
 * not reach: stored records as they are. */
void route_admin_handle(void *arg, struct http_req *req);

#endif
