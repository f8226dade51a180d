// SPDX-License-Identifier: Apache-2.0
/* What strangers can bring about is said once a minute, not once for each of
 * them: else they could fill a disk with our own lines.
 */
#ifndef PARALLAX_BASE_LOG_RARE_H
#define PARALLAX_BASE_LOG_RARE_H

#include "base/log.h"

#include <stdatomic.h>
#include <stdint.h>

/* Of one kind of line. Zeroed: nothing was said yet. */
struct log_rare {
    _Atomic int64_t next_us; /* when the next may be said; 0: now */
    _Atomic uint64_t held;   /* how many were not, since the last one */
};

/* A line like log_at, if none of this kind was said in the minute before
 * `now_us` (monotonic); it ends with how many were held back since. Any number
 * of threads. */
void log_rare_say(struct log_rare *r, int64_t now_us, enum log_level level,
                  const char *module, const char *fmt, ...) PRINTF_LIKE(5, 6);

#endif
