// SPDX-License-Identifier: Apache-2.0
/* SQLite's handle, its statements, and its errors in our words. */
#include "collector/store/sqlite_db.h"

#include "base/log.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#define BUSY_MS 10000

/* What the system said when SQLite could not read, write or open. */
static enum err system_error(struct sqlite_db *ix)
{
    enum err e = err_from_errno(ix->db ? sqlite3_system_errno(ix->db) : 0);
    return e == ERR_NOTFOUND || e == ERR_EXISTS ? ERR_IO : e;
}

/* SQLite does not tell a file without the right from a disk without it. */
static bool disk_is_read_only(struct sqlite_db *ix)
{
    const char *path = ix->db ? sqlite3_db_filename(ix->db, "main") : NULL;
    return path && access(path, W_OK) != 0 && errno == EROFS;
}

enum err sqlite_db_error(struct sqlite_db *ix, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return ERR_OK;
    case SQLITE_FULL:
        return ERR_NOSPC;
    case SQLITE_NOMEM:
        return ERR_NOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_BUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ERR_PARSE;
    case SQLITE_READONLY:
        return disk_is_read_only(ix) ? ERR_READONLY : ERR_ACCESS;
    case SQLITE_PERM:
        return ERR_ACCESS;
    case SQLITE_TOOBIG:
        return ERR_LIMIT;
    case SQLITE_CANTOPEN:
        return disk_is_read_only(ix) ? ERR_READONLY : system_error(ix);
    case SQLITE_IOERR:
        return system_error(ix);
    default:
        return ERR_INTERNAL;
    }
}

enum err sqlite_db_open(const char *name, int flags, struct sqlite_db **out,
                        struct diag *d)
{
    struct sqlite_db *ix = calloc(1, sizeof(*ix));
    if (!ix) {
        return ERR_NOMEM;
    }
    enum err e =
        sqlite_db_error(ix, sqlite3_open_v2(name, &ix->db, flags, NULL));
    if (e != ERR_OK) {
        bool known =
            e == ERR_NOSPC || e == ERR_READONLY || e == ERR_FDLIMIT || !ix->db;
        diag_set(d, e, "%s", known ? err_str(e) : sqlite3_errmsg(ix->db));
        sqlite_db_close(ix);
        return e;
    }
    sqlite3_busy_timeout(ix->db, BUSY_MS);
    *out = ix;
    return ERR_OK;
}

void sqlite_db_close(struct sqlite_db *ix)
{
    for (size_t i = 0; i < QUERIES; i++) {
        sqlite3_finalize(ix->query[i]);
    }
    sqlite3_close(ix->db);
    free(ix);
}

enum err sqlite_db_exec(struct sqlite_db *ix, const char *sql)
{
    return sqlite_db_error(ix, sqlite3_exec(ix->db, sql, NULL, NULL, NULL));
}

enum err sqlite_db_get(struct sqlite_db *ix, enum sqlite_query q,
                       sqlite3_stmt **out)
{
    if (!ix->query[q]) {
        int rc =
            sqlite3_prepare_v3(ix->db, sqlite_query_text(q), -1,
                               SQLITE_PREPARE_PERSISTENT, &ix->query[q], NULL);
        if (rc != SQLITE_OK) {
            log_error("store", "index: %s", sqlite3_errmsg(ix->db));
            return sqlite_db_error(ix, rc);
        }
    }
    *out = ix->query[q];
    return ERR_OK;
}

void sqlite_db_done(sqlite3_stmt *st)
{
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
}

enum err sqlite_db_run(struct sqlite_db *ix, sqlite3_stmt *st)
{
    int rc = sqlite3_step(st);
    enum err e = sqlite_db_error(ix, rc);
    if ((rc & 0xff) == SQLITE_CONSTRAINT) {
        e = ERR_EXISTS;
    } else if (e == ERR_INTERNAL) {
        log_error("store", "index: %s", sqlite3_errmsg(ix->db));
    }
    sqlite_db_done(st);
    return e;
}

enum err sqlite_db_run_query(struct sqlite_db *ix, enum sqlite_query q)
{
    sqlite3_stmt *st = NULL;
    enum err e = sqlite_db_get(ix, q, &st);
    return e == ERR_OK ? sqlite_db_run(ix, st) : e;
}

enum err sqlite_db_attach(struct sqlite_db *ix, const char *path)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(ix->db, "ATTACH ?1 AS old", -1, &st, NULL);
    if (rc == SQLITE_OK) {
        sqlite_db_bind(st, 1, path);
        rc = sqlite3_step(st);
    }
    sqlite3_finalize(st);
    return sqlite_db_error(ix, rc);
}

enum err sqlite_db_detach(struct sqlite_db *ix)
{
    return sqlite_db_exec(ix, "DETACH old");
}

void sqlite_db_bind(sqlite3_stmt *st, int i, const char *text)
{
    sqlite3_bind_text(st, i, text ? text : "", -1, SQLITE_STATIC);
}

const char *sqlite_db_text(sqlite3_stmt *st, int i)
{
    const char *s = (const char *)sqlite3_column_text(st, i);
    return s ? s : "";
}
