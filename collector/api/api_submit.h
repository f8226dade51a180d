// SPDX-License-Identifier: Apache-2.0
/* OONI's newer way of sending one measurement, without a report. Handler for
 * route.c.
 */
#ifndef PARALLAX_COLLECTOR_API_API_SUBMIT_H
#define PARALLAX_COLLECTOR_API_API_SUBMIT_H

#include "collector/api/service.h"

/* POST /api/v1/submit_measurement: answered when it is durable. */
void api_submit(struct service *s, struct http_req *req);

#endif
