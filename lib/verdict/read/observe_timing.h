// SPDX-License-Identifier: Apache-2.0
/* How long each exchange with a resolver took: one datagram there, one answer
 * back, as far as the record tells them apart.
 */
#ifndef PARALLAX_VERDICT_READ_OBSERVE_TIMING_H
#define PARALLAX_VERDICT_READ_OBSERVE_TIMING_H

#include "base/diag.h"
#include "verdict/read/observations.h"

/* Fills the exchanges of `o`, and marks lookups that the hosts file of this
 * machine answered; the lookups are known. `tk` is test_keys. ERR_PARSE: `d`
 * names the key. */
MUST_USE enum err observe_timing(struct observations *o, const struct json *tk,
                                 struct diag *d);

#endif
