// SPDX-License-Identifier: Apache-2.0
/* The observations of a measurement as members of test_keys. */
#ifndef PARALLAX_RECORD_KEYS_H
#define PARALLAX_RECORD_KEYS_H

#include "base/json_out.h"
#include "record/measurement.h"
#include "record/record_env.h"

/* The observation members of test_keys, without the enclosing braces and
 * without derived keys (for the verdict to read: wrap in braces). Everything
 * that leaves here is already scrubbed. The last member is control_failure,
 * which record_write relies on. Errors as record_write. */
MUST_USE enum err keys_write(struct jw *w, const struct measurement *m,
                             const struct record_env *env);

/* Member `helper`: the control that answered, or null. Errors as above. */
MUST_USE enum err keys_helper(struct jw *w, const struct measurement *m,
                              const struct record_env *env);

#endif
