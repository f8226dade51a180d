// SPDX-License-Identifier: Apache-2.0
/* What a probe asks before it measures: where am I, which sites, which helpers,
 * which report for each test. Handler for route.c.
 */
#ifndef PARALLAX_COLLECTOR_API_API_CHECKIN_H
#define PARALLAX_COLLECTOR_API_API_CHECKIN_H

#include "collector/api/service.h"

/* POST /api/v1/check-in */
void api_checkin(struct service *s, struct http_req *req);

/* Is it a test of OONI's clients that a check-in can leave out? */
bool api_checkin_has_test(const char *name);

#endif
