// SPDX-License-Identifier: Apache-2.0
/* Is this collector well? For those who watch it. Handler for route.c.
 */
#ifndef PARALLAX_COLLECTOR_API_API_HEALTH_H
#define PARALLAX_COLLECTOR_API_API_HEALTH_H

#include "collector/api/service.h"

/* GET /health: 200, or 503 when nothing can be stored any more. */
void api_health(struct service *s, struct http_req *req);

#endif
