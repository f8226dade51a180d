// SPDX-License-Identifier: Apache-2.0
/* A verdict as JSON, the way records have it. */
#ifndef PARALLAX_VERDICT_VERDICT_WRITE_H
#define PARALLAX_VERDICT_VERDICT_WRITE_H

#include "base/json_out.h"
#include "verdict/verdict_data.h"

/* The 13 derived keys and control_failure, as members. */
void verdict_write_compatible(struct jw *w, const struct verdict *v);
/* The x_verdict object value. */
void verdict_write_x(struct jw *w, const struct verdict *v);

#endif
