// SPDX-License-Identifier: Apache-2.0
/* What a probe asks before it measures: where am I, which sites, which
 * controls, which report. Handlers for route.c.
 */
#ifndef PARALLAX_COLLECTOR_API_API_CHECKIN_H
#define PARALLAX_COLLECTOR_API_API_CHECKIN_H

#include "collector/api/route.h"

void checkin_handle(struct service *s, struct http_req *req);
void checkin_test_helpers(struct service *s, struct http_req *req);
/* 422 with one entry under `detail` (in route.c). */
void answer_invalid_json(struct http_req *req, const char *msg);

#endif
