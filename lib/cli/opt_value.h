// SPDX-License-Identifier: Apache-2.0
/* From the text of a value to the value, checked against its row. */
#ifndef PARALLAX_CLI_OPT_VALUE_H
#define PARALLAX_CLI_OPT_VALUE_H

#include "base/diag.h"
#include "cli/opt_set.h"

/* Sets `e` from `text`, which stood at `where` ("--parallel", a file and line,
 * a variable). A nearer source replaces a list as a whole. ERR_INVAL: it is
 * not what the row wants, `d` says what that is. */
MUST_USE enum err opt_value_set(struct opt_set *s, struct opt_entry *e,
                                const char *text, enum opt_source source,
                                const char *where, struct diag *d);

/* Gives every entry its default. ERR_INTERNAL: one is out of its own range. */
MUST_USE enum err opt_value_defaults(struct opt_set *s, struct diag *d);

#endif
