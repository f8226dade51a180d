// SPDX-License-Identifier: Apache-2.0
/* `parallax lists show` and `verify`. Each returns an exit status. */
#ifndef PARALLAX_PROBE_CMD_LISTS_SHOW_H
#define PARALLAX_PROBE_CMD_LISTS_SHOW_H

#include "base/region.h"

#include <stdbool.h>

/* Every installed list, as a table or as JSON. */
int lists_show(struct region *r, bool json);

/* Checks every installed list that is in force; `key` as list_key_load takes
 * it. */
int lists_show_verify(struct region *r, const char *key);

/* Checks FILE with FILE.minisig, and takes nothing in. */
int lists_show_verify_file(const char *key, const char *file);

#endif
