// SPDX-License-Identifier: Apache-2.0
#include "probe/cmd/list_keys.h"

#include "probe/run/list_key.h"

const struct minisign_keys *list_keys(struct region *r,
                                      const struct opt_set *opts)
{
    struct minisign_keys *keys = region_calloc(r, 1, sizeof(*keys));
    enum err e = keys ? list_key_load(opt_str(opts, "lists.key"), keys, NULL)
                      : ERR_NOMEM;
    return e == ERR_OK ? keys : NULL;
}
