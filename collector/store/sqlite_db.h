// SPDX-License-Identifier: Apache-2.0
/* An open SQLite file and its prepared statements: what the files that know
 * SQLite (sqlite_*.c, store_sqlite.c) stand on. One thread at a time.
 */
#ifndef PARALLAX_COLLECTOR_STORE_SQLITE_DB_H
#define PARALLAX_COLLECTOR_STORE_SQLITE_DB_H

#include "base/diag.h"
#include "collector/store/sqlite_query.h"

#include <stdbool.h>
#include <stdint.h>

struct sqlite3;
struct sqlite3_stmt;

struct sqlite_db {
    struct sqlite3 *db;
    struct sqlite3_stmt *query[QUERIES]; /* prepared when first used */
};

/* `name` and `flags` as for sqlite3_open_v2. Caller closes *out. */
MUST_USE enum err sqlite_db_open(const char *name, int flags,
                                 struct sqlite_db **out, struct diag *d);
void sqlite_db_close(struct sqlite_db *ix);
/* What a result of SQLite means to us. ERR_PARSE: the file is damaged;
 * ERR_INTERNAL: a wrong statement. */
MUST_USE enum err sqlite_db_error(struct sqlite_db *ix, int rc);
/* Runs statements that give no rows and have no parameters. */
MUST_USE enum err sqlite_db_exec(struct sqlite_db *ix, const char *sql);
/* A statement to bind and step; it goes back by sqlite_db_done. */
MUST_USE enum err sqlite_db_get(struct sqlite_db *ix, enum sqlite_query q,
                                struct sqlite3_stmt **out);
void sqlite_db_done(struct sqlite3_stmt *st);
/* Runs a bound statement that gives no rows, and gives it back. ERR_EXISTS:
 * something like it is there. */
MUST_USE enum err sqlite_db_run(struct sqlite_db *ix, struct sqlite3_stmt *st);
/* The same of one without parameters. */
MUST_USE enum err sqlite_db_run_query(struct sqlite_db *ix,
                                      enum sqlite_query q);
/* The database in the file `path` beside ours, as `old`, until it is detached;
 * outside a transaction, and with all its statements done. */
MUST_USE enum err sqlite_db_attach(struct sqlite_db *ix, const char *path);
MUST_USE enum err sqlite_db_detach(struct sqlite_db *ix);
/* Binds a text, NULL as "", that outlives the statement's use. */
void sqlite_db_bind(struct sqlite3_stmt *st, int i, const char *text);
/* A column of the present row; never NULL. */
const char *sqlite_db_text(struct sqlite3_stmt *st, int i);

#endif
