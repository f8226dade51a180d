// SPDX-License-Identifier: Apache-2.0
/* The keys of signed lists, for every command that reads installed lists. */
#ifndef PARALLAX_PROBE_CMD_LIST_KEYS_H
#define PARALLAX_PROBE_CMD_LIST_KEYS_H

#include "base/region.h"
#include "cli/opt.h"
#include "record/minisign_keys.h"

/* Those of the setting lists.key, else of the package, in `r`; NULL: none is
 * known. */
const struct minisign_keys *list_keys(struct region *r,
                                      const struct opt_set *opts);

#endif
