// SPDX-License-Identifier: Apache-2.0
// The world's process: starts every server of the lab in the world's
// namespaces and stops them in order.
#ifndef LAB_SERVERS_H
#define LAB_SERVERS_H

#include "conf.h"

// Runs in a process of its own. Over `sync`: writes 'n' when the namespaces
// are there, waits for a byte (attached), writes 'r' when everything serves,
// waits for a byte or the end (stop), stops the collector in order, ends.
// `collector`: the program, NULL: none.
_Noreturn void lab_world(const struct lab_conf *c, const char *dir,
                         const char *collector, int sync);

#endif
