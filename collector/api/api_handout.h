// SPDX-License-Identifier: Apache-2.0
/* What tests are given to measure: sites, targets, configurations. Where there
 * is nothing to hand out, the answer is empty and no error, so that a client
 * runs its test to the end. Handlers for route.c.
 */
#ifndef PARALLAX_COLLECTOR_API_API_HANDOUT_H
#define PARALLAX_COLLECTOR_API_API_HANDOUT_H

#include "collector/api/service.h"

/* GET /api/v1/test-list/urls: sites, by `probe_cc`, `category_codes`, `limit`.
 */
void api_handout_urls(struct service *s, struct http_req *req);
/* GET /api/v1/test-list/tor-targets */
void api_handout_tor_targets(struct service *s, struct http_req *req);
/* GET /api/v1/test-list/psiphon-config */
void api_handout_psiphon_config(struct service *s, struct http_req *req);
/* GET /api/v2/ooniprobe/vpn-config/{provider}: 404 for a provider that OONI's
 * client has no test of, and of which no file says anything. */
void api_handout_vpn_config(struct service *s, struct http_req *req);

#endif
