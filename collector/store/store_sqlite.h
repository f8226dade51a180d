// SPDX-License-Identifier: Apache-2.0
/* The index in a SQLite file. Readers in other processes see the last commit
 * and never wait for a writer. Used by store.c only.
 */
#ifndef PARALLAX_COLLECTOR_STORE_STORE_SQLITE_H
#define PARALLAX_COLLECTOR_STORE_STORE_SQLITE_H

#include "base/diag.h"
#include "collector/store/store_index.h"

/* `write` makes the file when it is missing. ERR_PARSE: the file is damaged,
 * or of an older version; ERR_ACCESS: of a later one; `d` names it. The caller
 * calls out->close. */
MUST_USE enum err store_sqlite_open(const char *path, bool write,
                                    struct store_index *out, struct diag *d);
/* The index in a file of whatever version, with `close`, `end`, `places`,
 * `origins` and nothing else: what was known may be asked for, and may be
 * unreadable. */
MUST_USE enum err store_sqlite_peek(const char *path, struct store_index *out,
                                    struct diag *d);
/* Removes the file and what SQLite keeps beside it; it must not be open. */
MUST_USE enum err store_sqlite_remove(const char *path);
/* Puts the whole index at `made` in the place of the one at `path`; neither may
 * be open here. Readers elsewhere keep the old one until they open anew. */
MUST_USE enum err store_sqlite_replace(const char *path, const char *made,
                                       struct diag *d);
/* Looks through the whole file. ERR_PARSE: it is damaged, `d` says how, or
 * *older: of an earlier version of this program. ERR_NOTFOUND: it is missing.
 */
MUST_USE enum err store_sqlite_check(const char *path, bool *older,
                                     struct diag *d);
/* Writes the index at `path`, as its last commit left it, into a new file `to`,
 * which is on the disk when this returns. A writer goes on meanwhile. */
MUST_USE enum err store_sqlite_copy(const char *path, const char *to,
                                    struct diag *d);

#endif
