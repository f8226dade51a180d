// SPDX-License-Identifier: Apache-2.0
/* Country and network of addresses, for a client that has no database of its
 * own. Handler for route.c.
 */
#ifndef PARALLAX_COLLECTOR_API_API_GEOLOOKUP_H
#define PARALLAX_COLLECTOR_API_API_GEOLOOKUP_H

#include "collector/api/service.h"

/* POST /api/v1/geolookup: {"addresses":[...]}, 64 at most; of one that is
 * unknown the country is ZZ and the rest null. Nothing of it is kept. */
void api_geolookup(struct service *s, struct http_req *req);

#endif
