// SPDX-License-Identifier: Apache-2.0
/* The table is made with its first row: indexes of this version that have none
 * were written before there were names. */
#include "collector/store/sqlite_origins.h"

#include "collector/store/sqlite_db.h"

#include <sqlite3.h>

#define MAKE                                                                   \
    "CREATE TABLE IF NOT EXISTS origin"                                        \
    " (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE)"

enum err sqlite_origins_add(void *self, const char *id)
{
    struct sqlite_db *ix = self;
    sqlite3_stmt *st = NULL;
    enum err e = sqlite_db_exec(ix, MAKE);
    if (e != ERR_OK) {
        return e;
    }
    int rc = sqlite3_prepare_v2(
        ix->db, "INSERT OR IGNORE INTO origin (id) VALUES (?1)", -1, &st, NULL);
    if (rc == SQLITE_OK) {
        sqlite_db_bind(st, 1, id);
        rc = sqlite3_step(st);
    }
    sqlite3_finalize(st);
    return sqlite_db_error(ix, rc);
}

enum err sqlite_origins_each(void *self, store_lost_fn fn, void *arg)
{
    struct sqlite_db *ix = self;
    sqlite3_stmt *st = NULL;
    enum err e = ERR_OK;
    if (sqlite3_prepare_v2(ix->db, "SELECT id FROM origin ORDER BY n", -1, &st,
                           NULL) != SQLITE_OK) {
        return ERR_OK; /* no such table: it has no names */
    }
    int rc = SQLITE_DONE;
    while (e == ERR_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        e = fn(arg, sqlite_db_text(st, 0));
    }
    sqlite3_finalize(st);
    return e != ERR_OK ? e : sqlite_db_error(ix, rc);
}
