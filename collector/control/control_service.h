// SPDX-License-Identifier: Apache-2.0
/* The control as a service on one loop: takes test-helper requests, has the
 * engine measure, answers and signs. Keeps nothing.
 */
#ifndef PARALLAX_COLLECTOR_CONTROL_CONTROL_SERVICE_H
#define PARALLAX_COLLECTOR_CONTROL_CONTROL_SERVICE_H

#include "base/crypto.h"
#include "collector/http/http.h"
#include "engine/engine.h"

#define CONTROL_MAX_JOBS  50 /* in flight; one more is answered 503 */
#define CONTROL_OPEN_JOBS 25 /* up to here for everyone */

struct control;

struct control_config {
    struct loop *loop;
    struct engine *engine; /* borrowed */
    const struct geo *geo; /* may be NULL */
    const char *resolver;  /* DoH URL or "ip:port" */
    uint8_t pub[CRYPTO_PUB_LEN];
    uint8_t secret[CRYPTO_SECRET_LEN];
};

MUST_USE enum err control_new(const struct control_config *cfg,
                              struct control **out);
/* Ends what is in flight, answered 503. */
void control_free(struct control *c);
/* An http_handler_fn; `arg` is the control. */
void control_handle(void *arg, struct http_req *req);
unsigned control_in_flight(const struct control *c);

#endif
