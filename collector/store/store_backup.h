// SPDX-License-Identifier: Apache-2.0
/* A copy of a data directory, made while a writer goes on. It holds what the
 * index had committed at one moment: the index itself, the segments up to the
 * place it knows, the tags of the records, and whatever else lies in the
 * directory (lists, fingerprints, public keys, handouts). The keys of the days
 * are left out, because with them tags can be turned back into addresses.
 */
#ifndef PARALLAX_COLLECTOR_STORE_STORE_BACKUP_H
#define PARALLAX_COLLECTOR_STORE_STORE_BACKUP_H

#include "base/diag.h"

#include <stdint.h>

struct store_backed_up {
    uint64_t measurements, files, bytes;
};

/* `to` must be missing or an empty directory, outside `dir`; it appears whole,
 * on the disk, or not at all. ERR_NOTFOUND: no measurements are kept in `dir`.
 * ERR_EXISTS, ERR_INVAL: `to` is no place for it. */
MUST_USE enum err store_backup(const char *dir, const char *to,
                               struct store_backed_up *out, struct diag *d);

#endif
