// SPDX-License-Identifier: Apache-2.0
/* The local clock, in whose hours a volunteer thinks. */
#ifndef PARALLAX_PROBE_PLAN_ZONE_H
#define PARALLAX_PROBE_PLAN_ZONE_H

#include <stdint.h>

/* By how many seconds the clocks of this place (TZ, else /etc/localtime) are
 * ahead of UTC at that moment; 0 where that cannot be told. */
int64_t zone_offset_s(int64_t unix_s);

#endif
