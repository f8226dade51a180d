// SPDX-License-Identifier: Apache-2.0
/* The tables of the index in SQLite, printed from the list of columns, and
 * their version.
 */
#ifndef PARALLAX_COLLECTOR_STORE_SQLITE_SCHEMA_H
#define PARALLAX_COLLECTOR_STORE_SQLITE_SCHEMA_H

#include "collector/store/sqlite_db.h"

/* Of the tables, kept in the file as its user_version. An index of a lower one
 * is made again from the segments; one of a higher one belongs to a later
 * program. */
#define SCHEMA_VERSION 9

/* Makes the tables in a file that has none and marks it with the version.
 * ERR_PARSE: the file is of an older version, or its tables are not those of
 * this one; `d` says so. ERR_ACCESS: of a later version. */
MUST_USE enum err sqlite_schema_make(struct sqlite_db *ix, struct diag *d);
/* The same check for a file that is only read; ERR_NOTFOUND: nobody made
 * tables in it yet. */
MUST_USE enum err sqlite_schema_check(struct sqlite_db *ix, struct diag *d);
/* Was it made by an earlier version of this program? Then it is made again. */
bool sqlite_schema_is_older(struct sqlite_db *ix);
/* Looks through the whole file. ERR_PARSE: it is damaged; `d` says where. */
MUST_USE enum err sqlite_schema_whole(struct sqlite_db *ix, struct diag *d);

#endif
