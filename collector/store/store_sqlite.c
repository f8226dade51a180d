// SPDX-License-Identifier: Apache-2.0
/* The only file that knows SQLite. WAL mode: readers in other processes see
 * the last commit and never wait. synchronous=NORMAL is enough, because what a
 * power cut takes from the index is read again from the segments.
 */
#include "collector/store/store_sqlite.h"

#include "base/log.h"
#include "base/look.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCHEMA_VERSION 2
#define SET_VERSION    "PRAGMA user_version=2" /* the same */
#define BUSY_MS        10000

/* ---- the columns of a record ------------------------------------------------
 * How one of each kind is declared, named and marked in a statement, bound to
 * it, and taken from a row of its result.
 */
#define DECLARE(kind, field, name, key) " " name " " SQL_##kind ","
#define NAME(kind, field, name, key)    ", " name
#define MARK(kind, field, name, key)    ", ?"
#define BIND(kind, field, name, key)    BIND_##kind(st, ++i, row->field);
#define TAKE(kind, field, name, key)    TAKE_##kind(st, ++i, row->field);

#define SQL_UID   "TEXT NOT NULL UNIQUE"
#define SQL_HASH  "BLOB NOT NULL UNIQUE"
#define SQL_TIME  "INTEGER NOT NULL"
#define SQL_CC    "TEXT NOT NULL"
#define SQL_ASN   "INTEGER NOT NULL"
#define SQL_TEXT  "TEXT NOT NULL"
#define SQL_STATE "INTEGER NOT NULL"
#define SQL_REAL  "REAL NOT NULL"
#define SQL_FLAG  "INTEGER NOT NULL"

#define BIND_UID   bind_text
#define BIND_HASH  bind_hash
#define BIND_TIME  sqlite3_bind_int64
#define BIND_CC    bind_text
#define BIND_ASN   sqlite3_bind_int64
#define BIND_TEXT  bind_text
#define BIND_STATE sqlite3_bind_int
#define BIND_REAL  sqlite3_bind_double
#define BIND_FLAG  sqlite3_bind_int

#define TAKE_UID(st, i, out)   str_copy(out, sizeof(out), column(st, i))
#define TAKE_HASH(st, i, out)  take_hash(st, i, out)
#define TAKE_TIME(st, i, out)  out = sqlite3_column_int64(st, i)
#define TAKE_CC(st, i, out)    str_copy(out, sizeof(out), column(st, i))
#define TAKE_ASN(st, i, out)   out = (uint32_t)sqlite3_column_int64(st, i)
#define TAKE_TEXT(st, i, out)  out = column(st, i)
#define TAKE_STATE(st, i, out) out = sqlite3_column_int(st, i)
#define TAKE_REAL(st, i, out)  out = sqlite3_column_double(st, i)
#define TAKE_FLAG(st, i, out)  out = sqlite3_column_int(st, i) != 0

#define DECLARATIONS STORE_COLUMNS(DECLARE)
#define NAMES        STORE_COLUMNS(NAME)
#define MARKS        STORE_COLUMNS(MARK)

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS record ("
    " id INTEGER PRIMARY KEY," DECLARATIONS
    " segment INTEGER NOT NULL, offset INTEGER NOT NULL,"
    " frame_len INTEGER NOT NULL, raw_len INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS record_start ON record(start_s, uid);"
    "CREATE INDEX IF NOT EXISTS record_cc ON record(cc, start_s, uid);"
    "CREATE INDEX IF NOT EXISTS record_domain ON record(domain, start_s, uid);"
    "CREATE INDEX IF NOT EXISTS record_foreign ON record(foreign_uid)"
    " WHERE foreign_uid <> '';"
    "CREATE TABLE IF NOT EXISTS counter ("
    " name TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS once (hash BLOB PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS place ("
    " one INTEGER PRIMARY KEY CHECK (one = 1),"
    " segment INTEGER NOT NULL, offset INTEGER NOT NULL);";

/* Version 1 had no other test than web_connectivity. */
static const char from_1[] =
    "BEGIN; ALTER TABLE record ADD COLUMN test_name TEXT NOT NULL"
    " DEFAULT '" STORE_JUDGED_TEST "';"
    "ALTER TABLE record ADD COLUMN recorded_blocking TEXT NOT NULL DEFAULT '';" SET_VERSION
    "; COMMIT";

/* A reader cannot change it, and sees it through a view of the same name. */
static const char read_1[] =
    "PRAGMA temp_store=MEMORY;"
    "CREATE TEMP VIEW record AS SELECT *, '" STORE_JUDGED_TEST
    "' AS test_name, '' AS recorded_blocking FROM main.record";

enum query {
    Q_BEGIN,
    Q_COMMIT,
    Q_ROLLBACK,
    Q_FIND_HASH,
    Q_HAS_UID,
    Q_ADD,
    Q_FIND_UID,
    Q_FIND_FOREIGN,
    Q_COUNT,
    Q_ONCE,
    Q_GET_END,
    Q_SET_END,
    Q_TOTALS,
    Q_STATES,
    Q_COUNTRIES,
    Q_TESTS,
    Q_COUNTERS,
    Q_SCAN, /* four: all, by cc, by domain, by both */
    Q_SCAN_CC,
    Q_SCAN_DOMAIN,
    Q_SCAN_BOTH,
    Q_N,
};

/* The columns follow the row's number, which nobody reads. */
#define SCAN_FROM                                                              \
    "SELECT id" NAMES " FROM record WHERE start_s >= ?1 AND start_s < ?2"
#define SCAN_ORDER " ORDER BY start_s, uid"

static const char *const query_text[Q_N] = {
    [Q_BEGIN] = "BEGIN IMMEDIATE",
    [Q_COMMIT] = "COMMIT",
    [Q_ROLLBACK] = "ROLLBACK",
    [Q_FIND_HASH] = "SELECT uid FROM record WHERE hash = ?1",
    [Q_HAS_UID] = "SELECT 1 FROM record WHERE uid = ?1",
    [Q_ADD] = "INSERT INTO record (segment, offset, frame_len, raw_len" NAMES
              ") VALUES (?, ?, ?, ?" MARKS ")",
    [Q_FIND_UID] =
        "SELECT segment, offset, frame_len FROM record WHERE uid = ?1",
    [Q_FIND_FOREIGN] =
        "SELECT segment, offset, frame_len FROM record"
        " WHERE foreign_uid = ?1 AND foreign_uid <> '' ORDER BY id LIMIT 1",
    [Q_COUNT] = "INSERT INTO counter VALUES (?1, ?2)"
                " ON CONFLICT (name) DO UPDATE SET n = n + excluded.n",
    [Q_ONCE] = "INSERT INTO once VALUES (?1)",
    [Q_GET_END] = "SELECT segment, offset FROM place",
    [Q_SET_END] = "INSERT OR REPLACE INTO place VALUES (1, ?1, ?2)",
    [Q_TOTALS] = "SELECT count(*), count(DISTINCT nullif(cc, 'ZZ')),"
                 " count(DISTINCT nullif(asn, 0)),"
                 " count(DISTINCT nullif(domain, '')),"
                 " coalesce(min(start_s), 0), coalesce(max(start_s), 0),"
                 " coalesce(sum(raw_len), 0), coalesce(sum(frame_len), 0)"
                 " FROM record",
    [Q_STATES] = "SELECT state, count(*) FROM record GROUP BY state",
    [Q_COUNTRIES] = "SELECT cc, count(DISTINCT nullif(asn, 0)),"
                    " count(DISTINCT nullif(domain, '')), count(*),"
                    " count(DISTINCT start_s / 86400)"
                    " FROM record GROUP BY cc ORDER BY cc",
    [Q_TESTS] = "SELECT test_name, count(*) FROM record"
                " GROUP BY test_name ORDER BY test_name",
    [Q_COUNTERS] = "SELECT name, n FROM counter ORDER BY name",
    [Q_SCAN] = SCAN_FROM SCAN_ORDER,
    [Q_SCAN_CC] = SCAN_FROM " AND cc = ?3" SCAN_ORDER,
    [Q_SCAN_DOMAIN] = SCAN_FROM " AND domain = ?4" SCAN_ORDER,
    [Q_SCAN_BOTH] = SCAN_FROM " AND cc = ?3 AND domain = ?4" SCAN_ORDER,
};

struct sqlite_index {
    sqlite3 *db;
    sqlite3_stmt *query[Q_N]; /* prepared when first used */
};

/* What the system said when SQLite could not read, write or open. */
static enum err system_error(struct sqlite_index *ix)
{
    enum err e = err_from_errno(ix->db ? sqlite3_system_errno(ix->db) : 0);
    return e == ERR_NOTFOUND || e == ERR_EXISTS ? ERR_IO : e;
}

/* SQLite does not tell a file without the right from a disk without it. */
static bool disk_is_read_only(struct sqlite_index *ix)
{
    const char *path = ix->db ? sqlite3_db_filename(ix->db, "main") : NULL;
    return path && access(path, W_OK) != 0 && errno == EROFS;
}

static enum err map_error(struct sqlite_index *ix, int rc)
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

static enum err get(struct sqlite_index *ix, enum query q, sqlite3_stmt **out)
{
    if (!ix->query[q]) {
        int rc =
            sqlite3_prepare_v3(ix->db, query_text[q], -1,
                               SQLITE_PREPARE_PERSISTENT, &ix->query[q], NULL);
        if (rc != SQLITE_OK) {
            log_error("store", "index: %s", sqlite3_errmsg(ix->db));
            return map_error(ix, rc);
        }
    }
    *out = ix->query[q];
    return ERR_OK;
}

static void done(sqlite3_stmt *st)
{
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
}

/* Runs a statement that gives no rows. */
static enum err run(struct sqlite_index *ix, sqlite3_stmt *st)
{
    int rc = sqlite3_step(st);
    enum err e = map_error(ix, rc);
    if ((rc & 0xff) == SQLITE_CONSTRAINT) {
        e = ERR_EXISTS;
    } else if (e == ERR_INTERNAL) {
        log_error("store", "index: %s", sqlite3_errmsg(ix->db));
    }
    done(st);
    return e;
}

static enum err run_query(struct sqlite_index *ix, enum query q)
{
    sqlite3_stmt *st = NULL;
    enum err e = get(ix, q, &st);
    return e == ERR_OK ? run(ix, st) : e;
}

static void bind_text(sqlite3_stmt *st, int i, const char *s)
{
    sqlite3_bind_text(st, i, s ? s : "", -1, SQLITE_STATIC);
}

static void bind_hash(sqlite3_stmt *st, int i, const uint8_t *hash)
{
    sqlite3_bind_blob(st, i, hash, SHA256_LEN, SQLITE_STATIC);
}

/* ---- opening --------------------------------------------------------------
 */

static enum err exec(struct sqlite_index *ix, const char *sql)
{
    return map_error(ix, sqlite3_exec(ix->db, sql, NULL, NULL, NULL));
}

static enum err check_version(struct sqlite_index *ix, bool write,
                              struct diag *d)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(ix->db, "PRAGMA user_version", -1, &st, NULL);
    int64_t version = 0;
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(st);
        version = rc == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
    }
    sqlite3_finalize(st);
    enum err e = map_error(ix, rc);
    if (e != ERR_OK) {
        return e;
    }
    if (version > SCHEMA_VERSION) {
        return diag_set(d, ERR_ACCESS,
                        "the index was made by a newer version of this "
                        "program");
    }
    if (version == 0 && !write) {
        return ERR_NOTFOUND;
    }
    return version != 1 ? ERR_OK : exec(ix, write ? from_1 : read_1);
}

static enum err set_up(struct sqlite_index *ix, bool write, struct diag *d)
{
    sqlite3_busy_timeout(ix->db, BUSY_MS);
    enum err e = check_version(ix, write, d);
    if (e != ERR_OK || !write) {
        return e;
    }
    e = exec(ix, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
                 "PRAGMA temp_store=MEMORY;");
    if (e == ERR_OK) {
        e = exec(ix, schema);
    }
    return e == ERR_OK ? exec(ix, SET_VERSION) : e;
}

static void sqlite_close(void *self)
{
    struct sqlite_index *ix = self;
    for (size_t i = 0; i < Q_N; i++) {
        sqlite3_finalize(ix->query[i]);
    }
    sqlite3_close(ix->db);
    free(ix);
}

static enum err open_as(const char *name, int flags, struct sqlite_index **out,
                        struct diag *d)
{
    struct sqlite_index *ix = calloc(1, sizeof(*ix));
    if (!ix) {
        return ERR_NOMEM;
    }
    int rc = sqlite3_open_v2(name, &ix->db, flags, NULL);
    enum err e = map_error(ix, rc);
    if (e == ERR_OK) {
        e = set_up(ix, (flags & SQLITE_OPEN_READWRITE) != 0, d);
    }
    if (e != ERR_OK) {
        if (d->text[0] == '\0') {
            bool known = e == ERR_NOSPC || e == ERR_READONLY ||
                         e == ERR_FDLIMIT || !ix->db;
            diag_set(d, e, "%s", known ? err_str(e) : sqlite3_errmsg(ix->db));
        }
        sqlite_close(ix);
        return e;
    }
    *out = ix;
    return ERR_OK;
}

/* For a disk that takes no more writes: there SQLite cannot make the files that
 * a reader shares with a writer, and has to be told that there is no writer.
 * One that lives, or was killed, has a log. */
static enum err open_frozen(const char *path, struct sqlite_index **out,
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
    return run_query(self, Q_BEGIN);
}

static enum err sqlite_commit(void *self)
{
    return run_query(self, Q_COMMIT);
}

static void sqlite_rollback(void *self)
{
    struct sqlite_index *ix = self;
    /* SQLite may have rolled back by itself (disk full). */
    if (!sqlite3_get_autocommit(ix->db) &&
        run_query(ix, Q_ROLLBACK) != ERR_OK) {
        log_error("store", "index: cannot roll back");
    }
}

/* ---- rows -----------------------------------------------------------------
 */

static enum err sqlite_find_hash(void *self, const uint8_t hash[SHA256_LEN],
                                 char uid[UID_MAX])
{
    struct sqlite_index *ix = self;
    sqlite3_stmt *st = NULL;
    enum err e = get(ix, Q_FIND_HASH, &st);
    if (e != ERR_OK) {
        return e;
    }
    bind_hash(st, 1, hash);
    int rc = sqlite3_step(st);
    e = rc == SQLITE_DONE ? ERR_NOTFOUND : map_error(ix, rc);
    if (rc == SQLITE_ROW) {
        str_copy(uid, UID_MAX, (const char *)sqlite3_column_text(st, 0));
    }
    done(st);
    return e;
}

static enum err sqlite_has_uid(void *self, const char *uid, bool *has)
{
    struct sqlite_index *ix = self;
    sqlite3_stmt *st = NULL;
    enum err e = get(ix, Q_HAS_UID, &st);
    if (e != ERR_OK) {
        return e;
    }
    bind_text(st, 1, uid);
    int rc = sqlite3_step(st);
    e = map_error(ix, rc);
    if (e == ERR_OK) {
        *has = rc == SQLITE_ROW;
    }
    done(st);
    return e;
}

static enum err sqlite_add(void *self, const struct store_row *row,
                           const struct segments_pos *pos, size_t raw_len)
{
    struct sqlite_index *ix = self;
    sqlite3_stmt *st = NULL;
    enum err e = get(ix, Q_ADD, &st);
    if (e != ERR_OK) {
        return e;
    }
    int i = 0;
    sqlite3_bind_int64(st, ++i, pos->segment);
    sqlite3_bind_int64(st, ++i, (int64_t)pos->offset);
    sqlite3_bind_int64(st, ++i, pos->len);
    sqlite3_bind_int64(st, ++i, (int64_t)raw_len);
    STORE_COLUMNS(BIND)
    return run(ix, st);
}

static enum err find_by(struct sqlite_index *ix, enum query q, const char *uid,
                        struct segments_pos *pos)
{
    sqlite3_stmt *st = NULL;
    enum err e = get(ix, q, &st);
    if (e != ERR_OK) {
        return e;
    }
    bind_text(st, 1, uid);
    int rc = sqlite3_step(st);
    e = rc == SQLITE_DONE ? ERR_NOTFOUND : map_error(ix, rc);
    if (rc == SQLITE_ROW) {
        pos->segment = (uint32_t)sqlite3_column_int64(st, 0);
        pos->offset = (uint64_t)sqlite3_column_int64(st, 1);
        pos->len = (uint32_t)sqlite3_column_int64(st, 2);
    }
    done(st);
    return e;
}

static enum err sqlite_find(void *self, const char *uid,
                            struct segments_pos *pos)
{
    struct sqlite_index *ix = self;
    enum err e = find_by(ix, Q_FIND_UID, uid, pos);
    return e == ERR_NOTFOUND ? find_by(ix, Q_FIND_FOREIGN, uid, pos) : e;
}

static const char *column(sqlite3_stmt *st, int i)
{
    const char *s = (const char *)sqlite3_column_text(st, i);
    return s ? s : "";
}

static void take_hash(sqlite3_stmt *st, int i, uint8_t hash[SHA256_LEN])
{
    if (sqlite3_column_bytes(st, i) == SHA256_LEN) {
        memcpy(hash, sqlite3_column_blob(st, i), SHA256_LEN);
    }
}

static void row_read(sqlite3_stmt *st, struct store_row *row)
{
    *row = (struct store_row){0};
    int i = 0; /* the row's number; the columns come behind it */
    STORE_COLUMNS(TAKE)
}

static enum err sqlite_scan(void *self, const struct store_filter *f,
                            store_row_fn fn, void *arg)
{
    struct sqlite_index *ix = self;
    enum query q = f->cc && f->domain ? Q_SCAN_BOTH
                   : f->cc            ? Q_SCAN_CC
                   : f->domain        ? Q_SCAN_DOMAIN
                                      : Q_SCAN;
    sqlite3_stmt *st = NULL;
    enum err e = get(ix, q, &st);
    if (e != ERR_OK) {
        return e;
    }
    sqlite3_bind_int64(st, 1, f->since_s ? f->since_s : INT64_MIN);
    sqlite3_bind_int64(st, 2, f->until_s ? f->until_s : INT64_MAX);
    if (f->cc) {
        bind_text(st, 3, f->cc);
    }
    if (f->domain) {
        bind_text(st, 4, f->domain);
    }
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        struct store_row row;
        row_read(st, &row);
        if (f->test_name && strcmp(f->test_name, row.test_name) != 0) {
            continue;
        }
        if (!fn(arg, &row)) {
            rc = SQLITE_DONE;
            break;
        }
    }
    done(st);
    return map_error(ix, rc);
}

/* ---- counting -------------------------------------------------------------
 */

static enum err sqlite_count(void *self, const char *name, uint64_t n)
{
    struct sqlite_index *ix = self;
    sqlite3_stmt *st = NULL;
    enum err e = get(ix, Q_COUNT, &st);
    if (e != ERR_OK) {
        return e;
    }
    bind_text(st, 1, name);
    sqlite3_bind_int64(st, 2, (int64_t)n);
    return run(ix, st);
}

static enum err sqlite_once(void *self, const uint8_t hash[SHA256_LEN])
{
    struct sqlite_index *ix = self;
    sqlite3_stmt *st = NULL;
    enum err e = get(ix, Q_ONCE, &st);
    if (e != ERR_OK) {
        return e;
    }
    bind_hash(st, 1, hash);
    return run(ix, st);
}

static enum err sqlite_end(void *self, uint32_t *segment, uint64_t *offset)
{
    struct sqlite_index *ix = self;
    sqlite3_stmt *st = NULL;
    enum err e = get(ix, Q_GET_END, &st);
    if (e != ERR_OK) {
        return e;
    }
    int rc = sqlite3_step(st);
    e = map_error(ix, rc);
    if (e == ERR_OK) {
        *segment = 0;
        *offset = 0;
    }
    if (rc == SQLITE_ROW) {
        *segment = (uint32_t)sqlite3_column_int64(st, 0);
        *offset = (uint64_t)sqlite3_column_int64(st, 1);
    }
    done(st);
    return e;
}

static enum err sqlite_set_end(void *self, uint32_t segment, uint64_t offset)
{
    struct sqlite_index *ix = self;
    sqlite3_stmt *st = NULL;
    enum err e = get(ix, Q_SET_END, &st);
    if (e != ERR_OK) {
        return e;
    }
    sqlite3_bind_int64(st, 1, segment);
    sqlite3_bind_int64(st, 2, (int64_t)offset);
    return run(ix, st);
}

typedef enum err (*row_fn)(sqlite3_stmt *st, struct store_stats *out);

static enum err each_row(struct sqlite_index *ix, enum query q, row_fn fn,
                         struct store_stats *out)
{
    sqlite3_stmt *st = NULL;
    enum err e = get(ix, q, &st);
    if (e != ERR_OK) {
        return e;
    }
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW && e == ERR_OK) {
        e = fn(st, out);
    }
    done(st);
    return e != ERR_OK ? e : map_error(ix, rc);
}

static enum err read_totals(sqlite3_stmt *st, struct store_stats *out)
{
    out->measurements = (uint64_t)sqlite3_column_int64(st, 0);
    out->countries = (uint64_t)sqlite3_column_int64(st, 1);
    out->networks = (uint64_t)sqlite3_column_int64(st, 2);
    out->domains = (uint64_t)sqlite3_column_int64(st, 3);
    out->first_s = sqlite3_column_int64(st, 4);
    out->last_s = sqlite3_column_int64(st, 5);
    out->raw_bytes = (uint64_t)sqlite3_column_int64(st, 6);
    out->stored_bytes = (uint64_t)sqlite3_column_int64(st, 7);
    return ERR_OK;
}

static enum err read_state(sqlite3_stmt *st, struct store_stats *out)
{
    int state = sqlite3_column_int(st, 0);
    uint64_t n = (uint64_t)sqlite3_column_int64(st, 1);
    if (state >= 0 && state < STORE_STATES) {
        out->by_state[state] = n;
    } else if (state == STORE_NOT_JUDGED) {
        out->not_judged = n;
    }
    return ERR_OK;
}

static enum err read_test(sqlite3_stmt *st, struct store_stats *out)
{
    struct store_test *grown =
        reallocarray(out->by_test, out->n_tests + 1, sizeof(*grown));
    if (!grown) {
        return ERR_NOMEM;
    }
    out->by_test = grown;
    struct store_test *t = &grown[out->n_tests++];
    str_copy(t->name, sizeof(t->name), column(st, 0));
    t->measurements = (uint64_t)sqlite3_column_int64(st, 1);
    return ERR_OK;
}

static enum err read_country(sqlite3_stmt *st, struct store_stats *out)
{
    struct store_country *grown =
        reallocarray(out->by_country, out->n_countries + 1, sizeof(*grown));
    if (!grown) {
        return ERR_NOMEM;
    }
    out->by_country = grown;
    struct store_country *c = &grown[out->n_countries++];
    str_copy(c->cc, sizeof(c->cc), column(st, 0));
    c->networks = (uint64_t)sqlite3_column_int64(st, 1);
    c->domains = (uint64_t)sqlite3_column_int64(st, 2);
    c->measurements = (uint64_t)sqlite3_column_int64(st, 3);
    c->days = (uint64_t)sqlite3_column_int64(st, 4);
    return ERR_OK;
}

static enum err read_counter(sqlite3_stmt *st, struct store_stats *out)
{
    const size_t prefix = sizeof(STORE_INDEX_REJECTED) - 1;
    const char *name = column(st, 0);
    uint64_t n = (uint64_t)sqlite3_column_int64(st, 1);
    if (strcmp(name, STORE_INDEX_DUPLICATES) == 0) {
        out->duplicates = n;
        return ERR_OK;
    }
    if (strncmp(name, STORE_INDEX_REJECTED, prefix) != 0) {
        return ERR_OK;
    }
    struct store_reason *grown =
        reallocarray(out->rejected, out->n_rejected + 1, sizeof(*grown));
    if (!grown) {
        return ERR_NOMEM;
    }
    out->rejected = grown;
    struct store_reason *r = &grown[out->n_rejected++];
    str_copy(r->reason, sizeof(r->reason), name + prefix);
    r->n = n;
    return ERR_OK;
}

static enum err sqlite_stats(void *self, struct store_stats *out)
{
    struct sqlite_index *ix = self;
    enum err e = each_row(ix, Q_TOTALS, read_totals, out);
    if (e == ERR_OK) {
        e = each_row(ix, Q_STATES, read_state, out);
    }
    if (e == ERR_OK) {
        e = each_row(ix, Q_COUNTRIES, read_country, out);
    }
    if (e == ERR_OK) {
        e = each_row(ix, Q_TESTS, read_test, out);
    }
    return e == ERR_OK ? each_row(ix, Q_COUNTERS, read_counter, out) : e;
}

/* ---- outside ----------------------------------------------------------------
 */

static enum err open_any(const char *path, bool write,
                         struct sqlite_index **out, struct diag *d)
{
    struct diag why = {{0}}, frozen = {{0}};
    int flags = write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                      : SQLITE_OPEN_READONLY;
    enum err e = open_as(path, flags, out, &why);
    if (!write && (e == ERR_NOSPC || e == ERR_READONLY) &&
        open_frozen(path, out, &frozen) == ERR_OK) {
        return ERR_OK;
    }
    return e == ERR_OK ? e : diag_set(d, e, "%s: %s", path, why.text);
}

enum err store_sqlite_open(const char *path, bool write,
                           struct store_index *out, struct diag *d)
{
    struct sqlite_index *ix = NULL;
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
        .add = sqlite_add,
        .count = sqlite_count,
        .once = sqlite_once,
        .set_end = sqlite_set_end,
        .end = sqlite_end,
        .find_hash = sqlite_find_hash,
        .has_uid = sqlite_has_uid,
        .find = sqlite_find,
        .scan = sqlite_scan,
        .stats = sqlite_stats,
    };
    return ERR_OK;
}

enum err store_sqlite_remove(const char *path)
{
    static const char *const suffix[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof(suffix) / sizeof(suffix[0]); i++) {
        char name[PATH_MAX + 8];
        snprintf(name, sizeof(name), "%s%s", path, suffix[i]);
        if (unlink(name) != 0 && access(name, F_OK) == 0) {
            return ERR_ACCESS;
        }
    }
    return ERR_OK;
}
