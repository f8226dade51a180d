// SPDX-License-Identifier: Apache-2.0
/* Where a probe finds the servers that its tests need ("test helpers"), in the
 * three forms that OONI's clients ask in. Every kind is named; of some we have
 * none. Handlers for route.c.
 */
#ifndef PARALLAX_COLLECTOR_API_API_HELPERS_H
#define PARALLAX_COLLECTOR_API_API_HELPERS_H

#include "base/json_out.h"
#include "collector/api/service.h"

/* Writes the object of lists, one for each kind, as they are for who asks. */
void api_helpers_write(const struct service *s, const struct http_req *req,
                       struct jw *w);
/* GET /api/v1/test-helpers: that object. */
void api_helpers(struct service *s, struct http_req *req);
/* GET /api/v1/collectors: where measurements are sent: here. */
void api_helpers_collectors(struct service *s, struct http_req *req);
/* POST /bouncer/net-tests: collector and helpers for each test asked about. */
void api_helpers_bouncer(struct service *s, struct http_req *req);

#endif
