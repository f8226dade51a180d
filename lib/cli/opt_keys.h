// SPDX-License-Identifier: Apache-2.0
/* The keys that a config file may have. Probe and collector read the same file
 * if none is named: each passes over what is the other's.
 */
#ifndef PARALLAX_CLI_OPT_KEYS_H
#define PARALLAX_CLI_OPT_KEYS_H

#include "base/str.h"

#include <stdbool.h>

/* Is it a key of any of our programs? */
bool opt_keys_has(struct str key);
/* The key that is spelled most like it, for "did you mean"; NULL: none is. */
const char *opt_keys_nearest(struct str key);

#endif
