// SPDX-License-Identifier: Apache-2.0
/* Looks up one host by several ways at once: the system's servers, UDP to a
 * public resolver, DoH when it is due. It also asks by which address these
 * resolvers are seen (whoami.h). Everything asked and answered goes into the
 * record.
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
    int depth;         /* of redirects */
    /* All ways have ended; `found` may be empty and is the receiver's. Called
     * once, perhaps before ask_dns_start returns. */
    void (*on_done)(void *arg, const struct addr_list *found);
    void *arg;
};

/* NULL when out of memory, which the record then says; on_done is not called.
 * Late answers are still listened for after on_done. */
struct ask_dns *ask_dns_start(const struct ask_dns_request *q);
/* No callback afterwards. NULL allowed. */
void ask_dns_cancel(struct ask_dns *a);
/* Puts into the record by which address the resolvers are seen, if another
 * measurement has found that out meanwhile. */
void ask_dns_fill_whoami(struct measure *ms);

#endif
