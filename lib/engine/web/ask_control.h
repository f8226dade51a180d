// SPDX-License-Identifier: Apache-2.0
/* The control exchange: test helpers are asked one after the other, the next
 * 15 s after the last or at once when it failed, 30 s in all. The first answer
 * goes into the record as it came.
 */
#ifndef PARALLAX_ENGINE_WEB_ASK_CONTROL_H
#define PARALLAX_ENGINE_WEB_ASK_CONTROL_H

#include "engine/addr_list.h"
#include "engine/measure.h"

struct ask_control;
struct json;

struct ask_control_request {
    struct measure *ms;
    struct task *task;     /* held until there is an answer or none will come */
    const struct url *url; /* of the site */
    const struct addr_list *addrs; /* where the probe found it */
    /* The control answered: where it found the site, perhaps nowhere, and the
     * whole of it. At most once. */
    void (*on_addrs)(void *arg, const struct addr_list *found,
                     const struct json *answer);
    void *arg;
};

/* NULL if nobody is asked: no helper is known, or this machine failed; the
 * record then says so. `*q` is copied; `q->addrs` is read before this
 * returns. */
struct ask_control *ask_control_start(const struct ask_control_request *q);
/* No callback afterwards. NULL allowed. */
void ask_control_cancel(struct ask_control *c);

#endif
