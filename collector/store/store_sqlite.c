// SPDX-License-Identifier: Apache-2.0
/* The index in SQLite as the store knows it. WAL mode: readers in other
 * processes see the last commit and never wait. synchronous=NORMAL is enough,
 * because what a power cut takes from the index is read again from the
 * segments.
 */
#include "collector/store/store_sqlite.h"

#include "base/log.h"
#include "base/look.h"
#include "collector/store/sqlite_counts.h"
#include "collector/store/sqlite_lost.h"
#include "collector/store/sqlite_origins.h"
#include "collector/store/sqlite_rows.h"
#include "collector/store/sqlite_schema.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void sqlite_close(void *self)
{
    sqlite_db_close(self);
}

static enum err open_as(const char *name, int flags, struct sqlite_db **out,
                        struct diag *d)
{
    struct sqlite_db *ix = NULL;
    enum err e = sqlite_db_open(name, flags, &ix, d);
    if (e != ERR_OK) {
        return e;
    }
    e = (flags & SQLITE_OPEN_READWRITE) != 0 ? sqlite_schema_make(ix, d)
                                             : sqlite_schema_check(ix, d);
    if (e != ERR_OK) {
        if (d->text[0] == '\0') {
            bool known =
                e == ERR_NOSPC || e == ERR_READONLY || e == ERR_FDLIMIT;
            diag_set(d, e, "%s",
                     e == ERR_NOTFOUND ? "is empty"
                     : known           ? err_str(e)
                                       : sqlite3_errmsg(ix->db));
        }
        sqlite_db_close(ix);
        return e;
    }
    *out = ix;
    return ERR_OK;
}

/* For a disk that takes no more writes, and for who may not write there: SQLite
 * cannot make the files that a reader shares with a writer, and has to be told
 * that there is no writer. One that lives, or was killed, has a log. */
static enum err open_frozen(const char *path, struct sqlite_db **out,
                            struct diag *d)
{
    char log[PATH_MAX + 8], uri[3 * PATH_MAX + 32] = "file:";
    size_t n = strlen(uri);
    struct look seen;
    snprintf(log, sizeof(log), "%s-wal", path);
    enum err e = look_at(log, &seen, d);
    if (e == ERR_OK && seen.bytes > 0) {
        return ERR_BUSY;
    }
    if (e != ERR_OK && e != ERR_NOTFOUND) {
        return e;
    }
    for (size_t i = 0; i < PATH_MAX && path[i]; i++) {
        n += (size_t)snprintf(uri + n, sizeof(uri) - n, "%%%02X",
                              (unsigned char)path[i]);
    }
    str_copy(uri + n, sizeof(uri) - n, "?immutable=1");
    return open_as(uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, out, d);
}

static enum err sqlite_begin(void *self)
{
    return sqlite_db_run_query(self, QUERY_BEGIN);
}

static enum err sqlite_commit(void *self)
{
    return sqlite_db_run_query(self, QUERY_COMMIT);
}

static void sqlite_rollback(void *self)
{
    struct sqlite_db *ix = self;
    /* SQLite may have rolled back by itself (disk full). */
    if (!sqlite3_get_autocommit(ix->db) &&
        sqlite_db_run_query(ix, QUERY_ROLLBACK) != ERR_OK) {
        log_error("store", "index: cannot roll back");
    }
}

static enum err open_any(const char *path, bool write, struct sqlite_db **out,
                         struct diag *d)
{
    struct diag why = {{0}}, frozen = {{0}};
    int flags = write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                      : SQLITE_OPEN_READONLY;
    enum err e = open_as(path, flags, out, &why);
    if (write || (e != ERR_NOSPC && e != ERR_READONLY && e != ERR_ACCESS)) {
        return e == ERR_OK ? e : diag_set(d, e, "%s: %s", path, why.text);
    }
    enum err still = open_frozen(path, out, &frozen);
    if (still == ERR_BUSY) {
        str_copy(why.text, sizeof(why.text),
                 "is written to, or its writer was killed: only who may write "
                 "to it can read it now");
    }
    return still == ERR_OK ? still : diag_set(d, e, "%s: %s", path, why.text);
}

enum err store_sqlite_open(const char *path, bool write,
                           struct store_index *out, struct diag *d)
{
    struct sqlite_db *ix = NULL;
    enum err e = open_any(path, write, &ix, d);
    if (e != ERR_OK) {
        return e;
    }
    *out = (struct store_index){
        .self = ix,
        .close = sqlite_close,
        .begin = sqlite_begin,
        .commit = sqlite_commit,
        .rollback = sqlite_rollback,
        .add = sqlite_rows_add,
        .replace = sqlite_rows_replace,
        .count = sqlite_counts_count,
        .once = sqlite_counts_once,
        .copy_counts = sqlite_counts_copy,
        .also = sqlite_rows_also,
        .lost_add = sqlite_lost_add,
        .origin_add = sqlite_origins_add,
        .origins = sqlite_origins_each,
        .set_end = sqlite_counts_set_end,
        .end = sqlite_counts_end,
        .find_claim = sqlite_rows_find_claim,
        .sender = sqlite_rows_sender,
        .signature_take = sqlite_rows_signature_take,
        .signature_owner = sqlite_rows_signature_owner,
        .has_uid = sqlite_rows_has_uid,
        .find = sqlite_rows_find,
        .places = sqlite_lost_places,
        .sample = sqlite_lost_sample,
        .places_gone = sqlite_lost_places_gone,
        .lost = sqlite_lost_each,
        .scan = sqlite_rows_scan,
        .stats = sqlite_counts_stats,
    };
    return ERR_OK;
}

enum err store_sqlite_peek(const char *path, struct store_index *out,
                           struct diag *d)
{
    struct sqlite_db *ix = NULL;
    enum err e = sqlite_db_open(path, SQLITE_OPEN_READONLY, &ix, d);
    if (e != ERR_OK) {
        return e;
    }
    *out = (struct store_index){
        .self = ix,
        .close = sqlite_close,
        .end = sqlite_counts_end,
        .places = sqlite_lost_places,
        .sample = sqlite_lost_sample,
        .origins = sqlite_origins_each,
    };
    return ERR_OK;
}

static enum err remove_file(const char *path, const char *suffix)
{
    char name[PATH_MAX + 16];
    snprintf(name, sizeof(name), "%s%s", path, suffix);
    return unlink(name) != 0 && access(name, F_OK) == 0 ? ERR_ACCESS : ERR_OK;
}

/* The files that SQLite keeps beside a database. */
static enum err remove_beside(const char *path)
{
    enum err e = remove_file(path, "-wal");
    return e == ERR_OK ? remove_file(path, "-shm") : e;
}

enum err store_sqlite_remove(const char *path)
{
    enum err e = remove_file(path, "");
    return e == ERR_OK ? remove_beside(path) : e;
}

/* What was left in the log when the file was closed, into its place: what
 * SQLite does by itself then, and does not say why it could not. */
static enum err write_back(const char *path, struct diag *d)
{
    struct sqlite_db *ix = NULL;
    enum err e = sqlite_db_open(path, SQLITE_OPEN_READWRITE, &ix, d);
    if (e != ERR_OK) {
        return e;
    }
    e = sqlite_db_exec(ix, "PRAGMA wal_checkpoint(TRUNCATE)");
    sqlite_db_close(ix);
    return e == ERR_OK ? e : diag_set(d, e, "%s: %s", path, err_str(e));
}

enum err store_sqlite_replace(const char *path, const char *made,
                              struct diag *d)
{
    char log[PATH_MAX + 16];
    struct look seen;
    snprintf(log, sizeof(log), "%s-wal", made);
    enum err e = look_at(log, &seen, d);
    if (e == ERR_OK && seen.bytes > 0) {
        e = write_back(made, d);
        e = e == ERR_OK ? look_at(log, &seen, d) : e;
    }
    if (e == ERR_OK && seen.bytes > 0) {
        return diag_set(d, ERR_IO, "%s: is not whole", made);
    }
    if (e != ERR_OK && e != ERR_NOTFOUND) {
        return e;
    }
    /* What stood beside the old file would be taken for the new one's. */
    e = remove_beside(path);
    if (e != ERR_OK || rename(made, path) != 0) {
        return diag_set(d, ERR_ACCESS, "%s: cannot be replaced", path);
    }
    return remove_beside(made);
}

static bool is_older(const char *path)
{
    struct sqlite_db *ix = NULL;
    struct diag d;
    if (sqlite_db_open(path, SQLITE_OPEN_READONLY, &ix, &d) != ERR_OK) {
        return false;
    }
    bool older = sqlite_schema_is_older(ix);
    sqlite_db_close(ix);
    return older;
}

enum err store_sqlite_check(const char *path, bool *older, struct diag *d)
{
    struct sqlite_db *ix = NULL;
    struct diag why = {{0}};
    struct look seen;
    *older = false;
    enum err e = look_at(path, &seen, d);
    if (e == ERR_OK) {
        e = open_any(path, false, &ix, d);
    }
    if (e != ERR_OK) {
        *older = e == ERR_PARSE && is_older(path);
        return e;
    }
    e = sqlite_schema_whole(ix, &why);
    sqlite_db_close(ix);
    return e == ERR_OK ? e
                       : diag_set(d, e, "%s: %s", path,
                                  why.text[0] ? why.text : err_str(e));
}

/* The statement reads as one transaction and waits for nobody. */
static enum err copy_into(struct sqlite_db *ix, const char *to)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(ix->db, "VACUUM INTO ?1", -1, &st, NULL);
    if (rc != SQLITE_OK) {
        return sqlite_db_error(ix, rc);
    }
    sqlite_db_bind(st, 1, to);
    enum err e = sqlite_db_error(ix, sqlite3_step(st));
    sqlite3_finalize(st);
    return e;
}

enum err store_sqlite_copy(const char *path, const char *to, struct diag *d)
{
    struct sqlite_db *ix = NULL;
    enum err e = open_any(path, false, &ix, d);
    if (e != ERR_OK) {
        return e;
    }
    e = copy_into(ix, to);
    sqlite_db_close(ix);
    int fd = e == ERR_OK ? open(to, O_RDONLY | O_CLOEXEC) : -1;
    if (e == ERR_OK && (fd < 0 || fsync(fd) != 0)) {
        e = err_from_errno(errno);
    }
    if (fd >= 0) {
        close(fd);
    }
    return e == ERR_OK ? e : diag_set(d, e, "%s: %s", to, err_str(e));
}
