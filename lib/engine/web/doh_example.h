// SPDX-License-Identifier: Apache-2.0
/* Does a server for DNS over HTTPS that left a site's name unanswered answer at
 * all? It is asked for a name that is blocked nowhere, the one by which Firefox
 * finds out whether such a server works. Nobody on the line can see what was
 * asked.
 */
#ifndef PARALLAX_ENGINE_WEB_DOH_EXAMPLE_H
#define PARALLAX_ENGINE_WEB_DOH_EXAMPLE_H

#include "engine/measure.h"

struct doh_example;

/* Asks `server`, which has `addrs` as text, and notes in the record, at its
 * lookup number `id`, whether an answer came. `task` is held meanwhile. NULL
 * when out of memory, which the record then says. Lives in ms->region. */
struct doh_example *doh_example_start(struct measure *ms, struct task *task,
                                      int64_t id, const char *server,
                                      const char *const *addrs, size_t n_addrs);
/* NULL allowed. */
void doh_example_cancel(struct doh_example *x);

#endif
