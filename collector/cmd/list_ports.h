// SPDX-License-Identifier: Apache-2.0
/* The ports that signed site lists name, which a control asks besides the usual
 * ones. */
#ifndef PARALLAX_COLLECTOR_CMD_LIST_PORTS_H
#define PARALLAX_COLLECTOR_CMD_LIST_PORTS_H

#include "base/diag.h"

#include <stdint.h>

/* Adds the ports of the URLs in `file`, which FILE.minisig signs with the
 * public key in the file `key` and which has not expired by `now_s` (seconds
 * since 1970), to the *n of `max` there are, each once. Nothing is added on an
 * error, which `d` tells in a sentence: ERR_ACCESS not signed, ERR_CLOCK
 * expired, ERR_PARSE no list, ERR_LIMIT more ports than there is room for. */
MUST_USE enum err list_ports_add(const char *file, const char *key,
                                 int64_t now_s, uint16_t *ports, size_t *n,
                                 size_t max, struct diag *d);

#endif
