// SPDX-License-Identifier: Apache-2.0
/* The settings of the ways to the collector, for every command that reaches
 * it. */
#ifndef PARALLAX_PROBE_CMD_WAYS_OF_H
#define PARALLAX_PROBE_CMD_WAYS_OF_H

#include "cli/opt.h"
#include "probe/deliver/ways.h"
#include "record/list_orders.h"

/* Rows of their tables. */
#define WAYS_OF_PROXY_OPTS                                                     \
    {.key = "collector.proxy",                                                 \
     .kind = OPT_LIST,                                                         \
     .arg = "URL",                                                             \
     .help = "proxies to the collector: socks5://HOST:PORT (Tor), or "         \
             "http://HOST:PORT"},                                              \
    {                                                                          \
        .key = "collector.ways", .kind = OPT_STR, .def = WAYS_ORDER,           \
        .arg = "A,B", .help = "the ways to the collector that are tried"       \
    }
#define WAYS_OF_OPTS                                                           \
    {.key = "collector.further",                                               \
     .kind = OPT_LIST,                                                         \
     .arg = "URL",                                                             \
     .help = "further addresses of the collector, if it is not reached"},      \
        WAYS_OF_PROXY_OPTS

/* Those of the settings, and the further addresses that `orders` (NULL: none
 * are known) name for this collector, in `r`. Checked as ways_make does:
 * ERR_INVAL has a sentence. `collector` NULL: there is none, and *out is
 * empty. */
MUST_USE enum err ways_of(struct region *r, const struct opt_set *opts,
                          const char *collector,
                          const struct list_orders *orders,
                          struct ways_config *out, struct diag *d);

#endif
