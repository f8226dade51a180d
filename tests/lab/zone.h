// SPDX-License-Identifier: Apache-2.0
// The resolvers of the lab: unbound processes that recurse over one root
// zone holding every name of the world. The ISP's, the public ones' and the
// control's copy differ by the `dns` lines.
#ifndef LAB_ZONE_H
#define LAB_ZONE_H

#include "conf.h"

// The address the control asks when it sees another zone than the public
// one (a `dns control` line).
#define LAB_CONTROL_RESOLVER "198.51.100.53"

// Writes DIR/dns/{isp,public,control}.{zone,conf}.
void lab_zone_write(const struct lab_conf *c, const char *dir);
bool lab_zone_has_control(const struct lab_conf *c);

#endif
