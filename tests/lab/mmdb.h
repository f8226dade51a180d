// SPDX-License-Identifier: Apache-2.0
// Writes a MaxMind DB (format 2.0) of the lab's networks, so that a probe
// finds in it what a real one would: country.iso_code,
// autonomous_system_number, autonomous_system_organization.
#ifndef LAB_MMDB_H
#define LAB_MMDB_H

#include "conf.h"

// Networks: the `asn` of world lines, the resolvers, the volunteers' /24 and
// one AS (64512 and up) for every /24 of site-list hosts. A longer prefix
// beats a shorter one.
void lab_mmdb_write(const struct lab_conf *c, const char *path);

#endif
