// SPDX-License-Identifier: Apache-2.0
/* Endpoints that the control connects to and leaves: TCP, and TLS on port 443.
 * Whether an address may be connected to at all is decided before. */
#ifndef PARALLAX_ENGINE_CONTROL_ENDPOINTS_H
#define PARALLAX_ENGINE_CONTROL_ENDPOINTS_H

#include "engine/measure.h"

struct endpoints {
    struct measure *ms;
    struct task *task; /* held by each connection under way */
    struct endpoint *first;
    size_t n;
    bool over; /* time is: nothing is tried again */
};

/* None yet. */
void endpoints_init(struct endpoints *e, struct measure *ms, struct task *task);
/* Connects once there is a socket. What comes after 128 is left out; a failure
 * of this machine is said in the record. */
void endpoints_connect(struct endpoints *e, const struct ip *ip, uint16_t port);
/* Asks for `page` once more, when there is a socket, and looks no further than
 * whether an answer begins: what is cut off before, or stays silent for 6 s, is
 * noted beside what counts (`retried`). Borrows what `page` points to for as
 * long as the record lives; limits, callbacks and region are set here. */
void endpoints_try(struct endpoints *e, const struct fetch_request *page);
/* Adds what a connection came to, to the record. */
void endpoints_record(struct measure *ms, const struct fetch_result *res,
                      int64_t id);
/* Was a first connection cut off, or refused in a way that makes browsers ask
 * once more? Then this is noted beside what counts (`retried`), and the caller
 * tries the same again, once: some servers do that to every new visitor. */
bool endpoints_cut_first(struct measure *ms, const struct fetch_result *res,
                         int64_t id);
/* Ends those under way as timed out. Those that wait for a socket, or had to
 * and so began late, are given up without a word: that is no statement of the
 * site's. */
void endpoints_expire(struct endpoints *e);
void endpoints_cancel(struct endpoints *e);

#endif
