// SPDX-License-Identifier: Apache-2.0
/* The control as a service on one loop: takes test-helper requests, has the
 * engine measure, answers and signs. Keeps nothing.
 */
#ifndef PARALLAX_COLLECTOR_CONTROL_CONTROL_SERVICE_H
#define PARALLAX_COLLECTOR_CONTROL_CONTROL_SERVICE_H

#include "base/crypto.h"
#include "collector/http/http.h"
#include "engine/engine.h"

/* Jobs in flight; one more is answered 503, as is who has its share already
 * (control_shares.h). */
#define CONTROL_SERVICE_MAX_JOBS  50
#define CONTROL_SERVICE_MAX_PORTS 32

struct control_service;

struct control_service_config {
    struct loop *loop;          /* borrowed */
    struct engine *engine;      /* borrowed */
    const struct geo *geo;      /* may be NULL */
    const char *resolver;       /* DoH URL or "ip:port" */
    unsigned target_per_minute; /* control_shares.h */
    /* besides 80, 443, 8080 and 8443; other URLs are not asked */
    uint16_t ports[CONTROL_SERVICE_MAX_PORTS];
    size_t n_ports;
    uint8_t pub[CRYPTO_PUB_LEN];
    uint8_t secret[CRYPTO_SECRET_LEN];
};

/* Caller frees *out, before the loop and the engine. */
MUST_USE enum err control_service_new(const struct control_service_config *cfg,
                                      struct control_service **out);
/* Ends what is in flight, answered 503. */
void control_service_free(struct control_service *c);
/* An http_handler_fn; `arg` is the struct control_service. */
void control_service_handle(void *arg, struct http_req *req);
/* Requests that are being measured. */
unsigned control_service_in_flight(const struct control_service *c);

#endif
