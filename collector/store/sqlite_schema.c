// SPDX-License-Identifier: Apache-2.0
/* Tables, and whether a file has them. */
#include "collector/store/sqlite_schema.h"

#include "base/str.h"
#include "collector/store/store_columns.h"

#include <sqlite3.h>
#include <string.h>

#define TEXT_OF(x)  #x
#define VALUE_OF(x) TEXT_OF(x)
#define SET_VERSION "PRAGMA user_version=" VALUE_OF(SCHEMA_VERSION)

/* How a column of each kind is declared. */
#define DECLARE(kind, field, name, key) " " name " " SQL_##kind ","

#define SQL_UID    "TEXT NOT NULL UNIQUE"
#define SQL_HASH   "BLOB NOT NULL"
#define SQL_TIME   "INTEGER NOT NULL"
#define SQL_CC     "TEXT NOT NULL"
#define SQL_ASN    "INTEGER NOT NULL"
#define SQL_TEXT   "TEXT NOT NULL"
#define SQL_STATE  "INTEGER NOT NULL"
#define SQL_WHEN   "INTEGER NOT NULL"
#define SQL_TIMING "INTEGER NOT NULL"
#define SQL_PLACE  "INTEGER NOT NULL"
#define SQL_REAL   "REAL NOT NULL"
#define SQL_FLAG   "INTEGER NOT NULL"

#define DECLARATIONS STORE_COLUMNS(DECLARE)

#define RECORD_TABLE                                                           \
    "CREATE TABLE record ("                                                    \
    " id INTEGER PRIMARY KEY," DECLARATIONS                                    \
    " segment INTEGER NOT NULL, offset INTEGER NOT NULL,"                      \
    " frame_len INTEGER NOT NULL, raw_len INTEGER NOT NULL)"

/* A claim of a place is a record of its own. */
static const char schema[] =
    RECORD_TABLE ";"
                 "CREATE UNIQUE INDEX record_claim ON record(hash, cc, asn);"
                 "CREATE INDEX record_start ON record(start_s, uid);"
                 "CREATE INDEX record_cc ON record(cc, start_s, uid);"
                 "CREATE INDEX record_domain ON record(domain, start_s, uid);"
                 "CREATE INDEX record_foreign ON record(foreign_uid)"
                 " WHERE foreign_uid <> '';"
                 "CREATE TABLE counter ("
                 " name TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;"
                 "CREATE TABLE once (hash BLOB PRIMARY KEY) WITHOUT ROWID;"
                 "CREATE TABLE signature (id BLOB PRIMARY KEY,"
                 " hash BLOB NOT NULL) WITHOUT ROWID;"
                 "CREATE TABLE sender (uid TEXT PRIMARY KEY,"
                 " mask INTEGER NOT NULL) WITHOUT ROWID;"
                 "CREATE TABLE also (foreign_uid TEXT PRIMARY KEY,"
                 " uid TEXT NOT NULL) WITHOUT ROWID;"
                 "CREATE TABLE lost (uid TEXT PRIMARY KEY) WITHOUT ROWID;"
                 "CREATE TABLE place ("
                 " one INTEGER PRIMARY KEY CHECK (one = 1),"
                 " segment INTEGER NOT NULL, offset INTEGER NOT NULL);";

/* start_s of what is filed nowhere (STORE_CLAIM_NOWHERE). */
#define NOWHERE "946684800"

/* Is there a record of that country on the day of this one? */
#define SAME_DAY(row)                                                          \
    "EXISTS (SELECT 1 FROM record WHERE cc = " row ".cc"                       \
    " AND start_s >= " row ".start_s / 86400 * 86400"                          \
    " AND start_s < " row ".start_s / 86400 * 86400 + 86400)"

/* What stats() says, kept while rows come and go, for counting them all takes
 * longer the more there are. The tables grow with kinds of records, countries,
 * networks and sites, not with records.
 *
 * A row is taken out only where another of its claim (content, country,
 * network) takes its place: what was seen stays seen. */
static const char sums[] =
    "CREATE TABLE tally ("
    " cc TEXT NOT NULL, test_name TEXT NOT NULL, state INTEGER NOT NULL,"
    " timing INTEGER NOT NULL, place INTEGER NOT NULL,"
    " vouched INTEGER NOT NULL, n INTEGER NOT NULL, raw INTEGER NOT NULL,"
    " stored INTEGER NOT NULL,"
    " PRIMARY KEY (cc, test_name, state, timing, place, vouched))"
    " WITHOUT ROWID;"
    "CREATE TABLE country (cc TEXT PRIMARY KEY,"
    " networks INTEGER NOT NULL DEFAULT 0,"
    " domains INTEGER NOT NULL DEFAULT 0,"
    " days INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
    "CREATE TABLE everywhere (one INTEGER PRIMARY KEY CHECK (one = 1),"
    " networks INTEGER NOT NULL, domains INTEGER NOT NULL);"
    "INSERT INTO everywhere VALUES (1, 0, 0);"
    "CREATE TABLE seen_network (asn INTEGER, cc TEXT, PRIMARY KEY (asn, cc))"
    " WITHOUT ROWID;"
    "CREATE TABLE seen_domain (domain TEXT, cc TEXT, PRIMARY KEY (domain, cc))"
    " WITHOUT ROWID;"

    "CREATE TRIGGER record_comes BEFORE INSERT ON record BEGIN"
    " DELETE FROM lost WHERE uid = new.uid;"
    " INSERT OR IGNORE INTO country (cc) VALUES (new.cc);"
    " UPDATE country SET days = days + 1 WHERE cc = new.cc"
    " AND new.start_s <> " NOWHERE " AND NOT " SAME_DAY(
        "new") ";"
               " INSERT INTO tally VALUES (new.cc, new.test_name, new.state, new.timing,"
               " new.place, new.vouched <> '', 1, new.raw_len, new.frame_len)"
               " ON CONFLICT DO UPDATE SET n = n + 1, raw = raw + excluded.raw,"
               " stored = stored + excluded.stored;"
               " INSERT OR IGNORE INTO seen_network SELECT new.asn, new.cc"
               " WHERE new.asn <> 0;"
               " INSERT OR IGNORE INTO seen_domain SELECT new.domain, new.cc"
               " WHERE new.domain <> '';"
               " END;"

               "CREATE TRIGGER network_comes AFTER INSERT ON seen_network BEGIN"
               " UPDATE country SET networks = networks + 1 WHERE cc = new.cc;"
               " UPDATE everywhere SET networks = networks + 1 WHERE NOT EXISTS"
               " (SELECT 1 FROM seen_network WHERE asn = new.asn AND cc <> new.cc);"
               " END;"

               "CREATE TRIGGER domain_comes AFTER INSERT ON seen_domain BEGIN"
               " UPDATE country SET domains = domains + 1 WHERE cc = new.cc;"
               " UPDATE everywhere SET domains = domains + 1 WHERE NOT EXISTS"
               " (SELECT 1 FROM seen_domain WHERE domain = new.domain AND cc <> new.cc);"
               " END;"

               "CREATE TRIGGER record_goes AFTER DELETE ON record BEGIN"
               " UPDATE country SET days = days - 1 WHERE cc = old.cc"
               " AND old.start_s <> " NOWHERE " AND NOT " SAME_DAY(
                   "old") ";"
                          " UPDATE tally SET n = n - 1, raw = raw - old.raw_len,"
                          " stored = stored - old.frame_len"
                          " WHERE cc = old.cc AND test_name = old.test_name AND state = old.state"
                          " AND timing = old.timing AND place = old.place"
                          " AND vouched = (old.vouched <> '');"
                          " DELETE FROM tally WHERE n = 0 AND cc = old.cc;"
                          " END;";

/* The first value of a statement's first row; "" if it gives none. */
static enum err ask(struct sqlite_db *ix, const char *sql, char *out,
                    size_t size)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(ix->db, sql, -1, &st, NULL);
    out[0] = '\0';
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(st);
    }
    if (rc == SQLITE_ROW) {
        str_copy(out, size, sqlite_db_text(st, 0));
    }
    sqlite3_finalize(st);
    return sqlite_db_error(ix, rc);
}

/* The version alone would not tell when somebody changed the columns and forgot
 * to raise it, nor that somebody died before it was set. */
static enum err check_tables(struct sqlite_db *ix, bool made, struct diag *d)
{
    char have[sizeof(RECORD_TABLE) + 1];
    enum err e = ask(ix,
                     "SELECT sql FROM sqlite_master WHERE type = 'table'"
                     " AND name = 'record'",
                     have, sizeof(have));
    if (e == ERR_OK && strcmp(have, made ? RECORD_TABLE : "") != 0) {
        e = diag_set(d, ERR_PARSE, "its columns are not those of this program");
    }
    return e;
}

/* *made: somebody made tables in the file. */
static enum err check_version(struct sqlite_db *ix, bool *made, struct diag *d)
{
    char text[24];
    int64_t version = 0;
    enum err e = ask(ix, "PRAGMA user_version", text, sizeof(text));
    if (e == ERR_OK) {
        e = str_to_i64(str_c(text), INT32_MIN, INT32_MAX, &version);
    }
    if (e != ERR_OK) {
        return e;
    }
    *made = version != 0;
    if (version > SCHEMA_VERSION) {
        return diag_set(d, ERR_ACCESS,
                        "the index was made by a newer version of this "
                        "program");
    }
    if (version != 0 && version < SCHEMA_VERSION) {
        return diag_set(d, ERR_PARSE,
                        "the index was made by an older version of this "
                        "program");
    }
    return check_tables(ix, *made, d);
}

enum err sqlite_schema_check(struct sqlite_db *ix, struct diag *d)
{
    bool made = false;
    enum err e = check_version(ix, &made, d);
    return e == ERR_OK && !made ? ERR_NOTFOUND : e;
}

enum err sqlite_schema_make(struct sqlite_db *ix, struct diag *d)
{
    bool made = false;
    enum err e = check_version(ix, &made, d);
    if (e == ERR_OK) {
        /* A batch touches some ten pages for each record, anywhere in the
         * index: 16 MiB of them stay in memory, and half as many go into the
         * log before they are written to their places, for which uploads
         * wait. A reader that stands still lets it grow; what that took is
         * given back. */
        e = sqlite_db_exec(ix, "PRAGMA journal_mode=WAL;"
                               "PRAGMA synchronous=NORMAL;"
                               "PRAGMA temp_store=MEMORY;"
                               "PRAGMA cache_size=-16384;"
                               "PRAGMA wal_autocheckpoint=2000;"
                               "PRAGMA journal_size_limit=33554432;");
    }
    if (e != ERR_OK || made) {
        return e;
    }
    /* All of it or nothing: half of the tables would be taken for none. */
    e = sqlite_db_run_query(ix, QUERY_BEGIN);
    if (e == ERR_OK) {
        e = sqlite_db_exec(ix, schema);
    }
    if (e == ERR_OK) {
        e = sqlite_db_exec(ix, sums);
    }
    if (e == ERR_OK) {
        e = sqlite_db_exec(ix, SET_VERSION);
    }
    return e == ERR_OK ? sqlite_db_run_query(ix, QUERY_COMMIT) : e;
}

bool sqlite_schema_is_older(struct sqlite_db *ix)
{
    char text[24];
    int64_t version = 0;
    return ask(ix, "PRAGMA user_version", text, sizeof(text)) == ERR_OK &&
           str_to_i64(str_c(text), 1, SCHEMA_VERSION - 1, &version) == ERR_OK;
}

enum err sqlite_schema_whole(struct sqlite_db *ix, struct diag *d)
{
    char said[160];
    enum err e = ask(ix, "PRAGMA integrity_check(1)", said, sizeof(said));
    return e == ERR_OK && strcmp(said, "ok") != 0
               ? diag_set(d, ERR_PARSE, "%s", said)
               : e;
}
