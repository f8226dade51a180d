// SPDX-License-Identifier: Apache-2.0
/* A submission that comes in a box (record/sealed.h). Handler for route.c.
 */
#ifndef PARALLAX_COLLECTOR_API_API_SEALED_H
#define PARALLAX_COLLECTOR_API_API_SEALED_H

#include "collector/api/service.h"

/* POST /api/v1/parallax/sealed: answered as POST /report/{id} is, when it is
 * durable. 404: nothing is opened here; 409: closed with a key that is not
 * here. */
void api_sealed(struct service *s, struct http_req *req);

#endif
