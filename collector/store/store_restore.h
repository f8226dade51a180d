// SPDX-License-Identifier: Apache-2.0
/* A data directory made from what store_backup.c wrote.
 */
#ifndef PARALLAX_COLLECTOR_STORE_STORE_RESTORE_H
#define PARALLAX_COLLECTOR_STORE_STORE_RESTORE_H

#include "collector/store/store.h"

/* `dir` must be missing or an empty directory, and appears whole, on the disk,
 * or not at all. Each file must be what the backup's list says; the index is
 * brought up to date if it is of an older version, and tags that are too old at
 * `now_s` are not taken over: their days are handed to `settle`, as by
 * store_expire. ERR_NOTFOUND: `from` is no backup, or lacks a
 * file; ERR_PARSE: a file of it has changed; ERR_EXISTS: `dir` is in use. */
MUST_USE enum err store_restore(const char *from, const char *dir,
                                int64_t now_s, store_settle_fn settle,
                                struct diag *d);

#endif
