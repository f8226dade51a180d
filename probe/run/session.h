// SPDX-License-Identifier: Apache-2.0
/* One run: check in, measure every target with bounded parallelism, judge,
 * write, keep, send. One loop, no threads.
 *
 *   check in -> open a report -> measure ----------> drain the spool -> end
 *   (or learn that it fails)     | ^  | each record:      ^
 *                                v |  +-> file, spool -> upload
 *                              pump()
 *
 * A record whose finding may be chance is parked (retest_queue.h) and its site
 * measured again after a pause, with the helpers in another order; both
 * measurements then make one record. When the run ends before that, the record
 * goes as it is, and says that it was measured once.
 *
 * A site that got stuck at an address where another one had just been cut off
 * waits until that is over (residual.h).
 *
 * A collector that cannot be reached stops nothing: measuring goes on with the
 * helpers of the last check-in, or without a control, and records wait on the
 * disk.
 */
#ifndef PARALLAX_PROBE_RUN_SESSION_H
#define PARALLAX_PROBE_RUN_SESSION_H

#include "probe/run/progress.h"
#include "probe/run/session_config.h"

/* Runs to the end and says on standard error, through `p`, what a person
 * should know. *p has its counts filled. */
void session_run(const struct session_config *cfg, struct progress *p,
                 struct session_result *out);

#endif
