// SPDX-License-Identifier: Apache-2.0
// Name servers at fault, which the resolvers of the lab ask about the zones
// of `zone` lines: one that is silent, one that refuses, one that knows
// addresses and says "no such name" when it is asked for IPv6 ones.
#ifndef LAB_NAMESERVER_H
#define LAB_NAMESERVER_H

#include "conf.h"

#define LAB_NAMESERVER_PORT 5355

// The address of the server with that fault; NULL: the fault is none of a
// server's (LAB_ZONE_BOGUS).
const char *lab_nameserver_addr(enum lab_zone_kind kind);
// Serves until killed; one byte goes to `ready` when all sockets are there.
_Noreturn void lab_nameserver(const struct lab_conf *c, int ready);

#endif
