// SPDX-License-Identifier: Apache-2.0
/* Stored records as their bytes, for those who run the collector: on the
 * listener of its own (route_admin_handle), never on the public one. Handlers
 * for route.c.
 */
#ifndef PARALLAX_COLLECTOR_API_API_RAW_H
#define PARALLAX_COLLECTOR_API_API_RAW_H

#include "collector/api/service.h"

/* GET /api/v1/raw_measurement?measurement_uid=UID: the record, byte for byte as
 * it was stored; 404 if there is none. */
void api_raw(struct service *s, struct http_req *req);
/* GET /api/v1/measurement/{uid}: the same. */
void api_raw_by_path(struct service *s, struct http_req *req);

#endif
