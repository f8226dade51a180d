// SPDX-License-Identifier: Apache-2.0
/* The control exchange: test helpers are asked one after the other, the next
 * when the last one failed, or was told 15 s ago and has not answered. One that
 * is not even reached after 3 s is waited for while the next one is tried, and
 * whoever is reached first is told. 30 s in all; less once no helper had an
 * answer for several sites in a row. The first answer goes into the record as
 * it came. If none has one, but some were busy and said when to come again
 * (Retry-After), they are asked again then, for 60 s in all.
 * Where it has no page another one is asked the same, since a site that one
 * network cannot reach is not down.
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
    /* Another one than this is asked, which has answered already: with the same
     * request, and its answer goes beside the first. NULL: any. */
    const struct control_helper *after;
    /* The control answered: which, where it found the site, perhaps nowhere,
     * and the whole of it. At most once; never with `after`. */
    void (*on_addrs)(void *arg, const struct control_helper *who,
                     const struct addr_list *found, const struct json *answer);
    void *arg;
};

/* NULL if nobody is asked: no helper is known, or this machine failed; the
 * record then says so. `*q` is copied; `q->addrs` is read before this
 * returns. */
struct ask_control *ask_control_start(const struct ask_control_request *q);
/* No callback afterwards. NULL allowed. */
void ask_control_cancel(struct ask_control *c);

#endif
