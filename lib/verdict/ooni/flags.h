// SPDX-License-Identifier: Apache-2.0
/* The flags of Web Connectivity 0.5's extended analysis, over all lookups and
 * endpoints. Bits only accumulate.
 */
#ifndef PARALLAX_VERDICT_OONI_FLAGS_H
#define PARALLAX_VERDICT_OONI_FLAGS_H

#include "verdict/read/observations.h"
#include "verdict/verdict_data.h"

/* Sets x_dns_flags, x_blocking_flags and x_null_null_flags of *v. */
void flags_verdict(const struct observations *o, struct verdict *v);

#endif
