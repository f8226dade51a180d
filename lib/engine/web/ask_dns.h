// SPDX-License-Identifier: Apache-2.0
/* Looks up one host as a browser does, by the system's servers. Others are
 * asked, UDP to a public resolver and, for the site itself, DoH when that is
 * due, where something looks wrong: no address, one that no site can have, two
 * answers to one query, no answer in time, no connection in time, or what the
 * caller finds (ask_dns_more); and always where the plan says so. Never two of
 * them at the same moment. Everything asked and answered goes into the record.
 */
#ifndef PARALLAX_ENGINE_WEB_ASK_DNS_H
#define PARALLAX_ENGINE_WEB_ASK_DNS_H

#include "engine/addr_list.h"
#include "engine/measure.h"

struct ask_dns;

struct ask_dns_request {
    struct measure *ms;
    struct task *task; /* held while something is asked */
    const char *host;  /* lives as long as the record */
    uint16_t port;     /* that is connected to */
    int depth;         /* of redirects */
    /* The ways that were taken have ended; `found` may be empty and is the
     * receiver's. Called once, perhaps before ask_dns_start returns. */
    void (*on_done)(void *arg, const struct addr_list *found);
    /* Others were asked after that: what they gave, which may be known already
     * and stays ours. */
    void (*on_more)(void *arg, const struct addr_list *more);
    void *arg;
};

/* NULL when out of memory, which the record then says; on_done is not called.
 * Late answers are still listened for after on_done. */
struct ask_dns *ask_dns_start(const struct ask_dns_request *q);
/* Something is wrong with the site: the other resolvers are asked, too, unless
 * they have been. on_more follows, also from within this call; not where the
 * task is over. */
void ask_dns_more(struct ask_dns *a);
/* The site was reached: that it took its time is no reason to ask others. */
void ask_dns_settle(struct ask_dns *a);
/* No callback afterwards. NULL allowed. */
void ask_dns_cancel(struct ask_dns *a);
/* Puts into the record what the system's resolver did with other names, when
 * the measurement ends. */
void ask_dns_tell_others(struct measure *ms);

#endif
