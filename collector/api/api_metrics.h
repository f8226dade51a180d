// SPDX-License-Identifier: Apache-2.0
/* Numbers for a monitor, on the listener of those who run the collector
 * (route_admin_handle). Handler for route.c.
 */
#ifndef PARALLAX_COLLECTOR_API_API_METRICS_H
#define PARALLAX_COLLECTOR_API_API_METRICS_H

#include "collector/api/service.h"

/* GET /metrics: counts as Prometheus reads them (text format 0.0.4); 500 if the
 * store cannot be read. */
void api_metrics(struct service *s, struct http_req *req);

#endif
