// SPDX-License-Identifier: Apache-2.0
/* The control as a process of its own: started, watched and started again for
 * `serve` (by control_keeper.h). It is this program run anew (fork, exec), so
 * that it shares no memory, descriptor or data directory with what keeps the
 * records. It tells its address and public key through a pipe.
 */
#ifndef PARALLAX_COLLECTOR_CONTROL_CONTROL_CHILD_H
#define PARALLAX_COLLECTOR_CONTROL_CONTROL_CHILD_H

#include "base/crypto.h"
#include "base/loop.h"

#include <stdbool.h>

struct control_child;

struct control_child_config {
    const char *listen;      /* ADDR:PORT; port 0 is picked once and kept */
    const char *log_level;   /* passed on */
    const char *config_file; /* passed on, or NULL */
    /* each time a control is ready */
    void (*on_ready)(void *arg, const char *url,
                     const uint8_t key[CRYPTO_PUB_LEN]);
    /* it ended before it was ever ready: it is not started again; because of
     * its `settings` or of something else, as it has said itself */
    void (*on_failed)(void *arg, bool settings);
    void *arg;
};

/* Starts the process; on_ready or on_failed is called from the loop. *cfg is
 * copied, the texts passed on are borrowed. Caller stops *out. To be called
 * while there is one thread, and before the sandbox. */
MUST_USE enum err control_child_start(struct loop *l,
                                      const struct control_child_config *cfg,
                                      struct control_child **out);
/* Ends the process and waits for it. */
void control_child_stop(struct control_child *c);

#endif
