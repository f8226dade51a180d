// SPDX-License-Identifier: Apache-2.0
/* Settings with which a collector would run, but not as its owner thinks. */
#ifndef PARALLAX_COLLECTOR_CMD_SERVE_CHECK_H
#define PARALLAX_COLLECTOR_CMD_SERVE_CHECK_H

#include "base/diag.h"
#include "base/region.h"
#include "cli/opt.h"

#include <stdbool.h>

/* Do people come through a proxy, and are the controls that they are told of
 * missing or reached from this machine only? It may be somebody's trial. */
bool serve_check_alone(const struct opt_set *set, struct region *r);

/* ERR_INVAL: it listens beyond loopback, and those controls are missing or can
 * be reached from this machine only. */
MUST_USE enum err serve_check_reach(const struct opt_set *set, struct region *r,
                                    struct diag *d);

/* ERR_INVAL: a URL that is none, a test that nobody has, or a listener for
 * those who run this where strangers reach it. */
MUST_USE enum err serve_check_values(const struct opt_set *set,
                                     struct region *r, struct diag *d);

/* A file of the data directory that only takes room, so that there is some for
 * the index to be opened in when the disk is full. serve_check_room makes it if
 * there is room; serve_check_free_room gives it up: false if there was none. */
void serve_check_room(const char *data);
bool serve_check_free_room(const char *data);

#endif
