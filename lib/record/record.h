// SPDX-License-Identifier: Apache-2.0
/* A measurement as the JSON record of OONI's envelope (data_format_version
 * 0.2.0, test_name web_connectivity, test_version 0.5.28), scrubbed. What
 * stands inside test_keys comes from keys.h and from the verdict.
 */
#ifndef PARALLAX_RECORD_RECORD_H
#define PARALLAX_RECORD_RECORD_H

#include "base/json_out.h"
#include "record/measurement.h"
#include "record/record_env.h"

/* The whole record: envelope, then test_keys made of `observations` (from
 * keys_write) and `derived` (members written by the verdict), both as
 * comma-separated members without braces. A failure of this machine (memory,
 * a limit of the writer) is returned and sticks in the writer's buffer. */
MUST_USE enum err record_write(struct jw *w, const struct measurement *m,
                               const struct record_env *env,
                               struct str observations, struct str derived);

#endif
