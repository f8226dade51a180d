// SPDX-License-Identifier: Apache-2.0
/* What other measurements of the same run tell (x_run): counts that are laid
 * beside the addresses, lookups and endpoints that they are about. */
#ifndef PARALLAX_VERDICT_READ_OBSERVE_RUN_H
#define PARALLAX_VERDICT_READ_OBSERVE_RUN_H

#include "verdict/read/observations.h"

/* Reads test_keys.x_run, once lookups and endpoints are read. What the record
 * does not speak of elsewhere is left out. ERR_PARSE. */
MUST_USE enum err observe_run(struct observations *o, const struct json *tk,
                              struct diag *d);

#endif
