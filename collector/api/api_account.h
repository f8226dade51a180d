// SPDX-License-Identifier: Apache-2.0
/* OONI's clients register and log in before they ask for some lists. Nobody is
 * known by it here: names and tokens are drawn at random, are not kept, and any
 * is good. Handlers for route.c.
 */
#ifndef PARALLAX_COLLECTOR_API_API_ACCOUNT_H
#define PARALLAX_COLLECTOR_API_API_ACCOUNT_H

#include "collector/api/service.h"

/* POST /api/v1/register: {"client_id"}. */
void api_account_register(struct service *s, struct http_req *req);
/* POST /api/v1/login: {"token","expire"}; 401 without name and password. */
void api_account_login(struct service *s, struct http_req *req);
/* PUT /api/v1/update/{id}: {"status":"ok"}; nothing is read. */
void api_account_update(struct service *s, struct http_req *req);

#endif
