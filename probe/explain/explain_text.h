// SPDX-License-Identifier: Apache-2.0
/* An explanation as text for a person. */
#ifndef PARALLAX_PROBE_EXPLAIN_EXPLAIN_TEXT_H
#define PARALLAX_PROBE_EXPLAIN_EXPLAIN_TEXT_H

#include "base/buf.h"
#include "probe/explain/explanation.h"

/* Appends at most 79 columns a line, safe for a terminal. */
MUST_USE enum err explain_text(const struct explanation *x, struct buf *out);

#endif
