// SPDX-License-Identifier: Apache-2.0
/* OONI's collector protocol: a report is opened, measurements are sent under
 * its id, it is closed. Nothing is kept of a report itself: what has to be
 * known of it stands in its id. Handlers for route.c.
 */
#ifndef PARALLAX_COLLECTOR_API_API_REPORT_H
#define PARALLAX_COLLECTOR_API_API_REPORT_H

#include "collector/api/service.h"

/* POST /report: answers a new id. */
void api_report_open(struct service *s, struct http_req *req);
/* POST /report/{id}: one measurement; answered when it is durable. */
void api_report_update(struct service *s, struct http_req *req);
/* POST /report/{id}/close: nothing is left to do. */
void api_report_close(struct service *s, struct http_req *req);

#endif
