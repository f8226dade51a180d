// SPDX-License-Identifier: Apache-2.0
/* Two measurements that were both interfered with: was it the same? A server
 * that fails by chance fails now at one port and now at another.
 */
#ifndef PARALLAX_VERDICT_RETEST_MOVED_H
#define PARALLAX_VERDICT_RETEST_MOVED_H

#include "verdict/read/observations.h"
#include "verdict/verdict_data.h"

/* All that `v` accuses of the measurement `o` had failed there, and worked in
 * the measurement `again`, at the same address and port. */
bool retest_moved(const struct verdict *v, const struct observations *o,
                  const struct observations *again);

#endif
