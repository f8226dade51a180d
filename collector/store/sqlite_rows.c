// SPDX-License-Identifier: Apache-2.0
/* Rows bound to statements and taken from results, by the list of columns. */
#include "collector/store/sqlite_rows.h"

#include "collector/store/sqlite_db.h"
#include "collector/store/store_claim.h"

#include <sqlite3.h>
#include <string.h>

/* ---- the columns of a record ------------------------------------------------
 * How one of each kind is bound to a statement, and taken from a row of its
 * result.
 */
#define BIND(kind, field, name, key) BIND_##kind(st, ++i, row->field);
#define TAKE(kind, field, name, key) TAKE_##kind(st, ++i, row->field);

#define BIND_UID    sqlite_db_bind
#define BIND_HASH   bind_hash
#define BIND_TIME   sqlite3_bind_int64
#define BIND_CC     sqlite_db_bind
#define BIND_ASN    sqlite3_bind_int64
#define BIND_TEXT   sqlite_db_bind
#define BIND_STATE  sqlite3_bind_int
#define BIND_WHEN   sqlite3_bind_int64
#define BIND_TIMING sqlite3_bind_int
#define BIND_PLACE  sqlite3_bind_int
#define BIND_REAL   sqlite3_bind_double
#define BIND_FLAG   sqlite3_bind_int

#define TAKE_UID(st, i, out)    str_copy(out, sizeof(out), sqlite_db_text(st, i))
#define TAKE_HASH(st, i, out)   take_hash(st, i, out)
#define TAKE_TIME(st, i, out)   out = sqlite3_column_int64(st, i)
#define TAKE_CC(st, i, out)     str_copy(out, sizeof(out), sqlite_db_text(st, i))
#define TAKE_ASN(st, i, out)    out = (uint32_t)sqlite3_column_int64(st, i)
#define TAKE_TEXT(st, i, out)   out = sqlite_db_text(st, i)
#define TAKE_STATE(st, i, out)  out = sqlite3_column_int(st, i)
#define TAKE_WHEN(st, i, out)   out = sqlite3_column_int64(st, i)
#define TAKE_TIMING(st, i, out) out = sqlite3_column_int(st, i)
#define TAKE_PLACE(st, i, out)  out = sqlite3_column_int(st, i)
#define TAKE_REAL(st, i, out)   out = sqlite3_column_double(st, i)
#define TAKE_FLAG(st, i, out)   out = sqlite3_column_int(st, i) != 0

static void bind_hash(sqlite3_stmt *st, int i, const uint8_t *hash)
{
    sqlite3_bind_blob(st, i, hash, SHA256_LEN, SQLITE_STATIC);
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

enum err sqlite_rows_scan(void *self, const struct store_filter *f,
                          store_row_fn fn, void *arg)
{
    struct sqlite_db *ix = self;
    enum sqlite_query q = f->cc && f->domain ? QUERY_SCAN_BOTH
                          : f->cc            ? QUERY_SCAN_CC
                          : f->domain        ? QUERY_SCAN_DOMAIN
                                             : QUERY_SCAN;
    sqlite3_stmt *st = NULL;
    enum err e = sqlite_db_get(ix, q, &st);
    if (e != ERR_OK) {
        return e;
    }
    int64_t least =
        f->since_s || f->until_s ? STORE_CLAIM_NOWHERE + 1 : INT64_MIN;
    int64_t from = f->since_s > least ? f->since_s : least;
    sqlite3_bind_int64(st, 1, f->after_uid ? f->after_s : from);
    sqlite_db_bind(st, 5, f->after_uid);
    sqlite3_bind_int64(st, 2, f->until_s ? f->until_s : INT64_MAX);
    if (f->cc) {
        sqlite_db_bind(st, 3, f->cc);
    }
    if (f->domain) {
        sqlite_db_bind(st, 4, f->domain);
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
    sqlite_db_done(st);
    return sqlite_db_error(ix, rc);
}

enum err sqlite_rows_add(void *self, const struct store_row *row,
                         const struct segments_pos *pos, size_t raw_len)
{
    struct sqlite_db *ix = self;
    sqlite3_stmt *st = NULL;
    enum err e = sqlite_db_get(ix, QUERY_ADD, &st);
    if (e != ERR_OK) {
        return e;
    }
    int i = 0;
    sqlite3_bind_int64(st, ++i, pos->segment);
    sqlite3_bind_int64(st, ++i, (int64_t)pos->offset);
    sqlite3_bind_int64(st, ++i, pos->len);
    sqlite3_bind_int64(st, ++i, (int64_t)raw_len);
    STORE_COLUMNS(BIND)
    return sqlite_db_run(ix, st);
}

enum err sqlite_rows_find_claim(void *self, const struct store_row *row,
                                struct store_index_claim *found)
{
    struct sqlite_db *ix = self;
    sqlite3_stmt *st = NULL;
    enum err e = sqlite_db_get(ix, QUERY_FIND_CLAIM, &st);
    if (e != ERR_OK) {
        return e;
    }
    bind_hash(st, 1, row->hash);
    sqlite_db_bind(st, 2, row->cc);
    sqlite3_bind_int64(st, 3, row->asn);
    int rc = sqlite3_step(st);
    e = rc == SQLITE_DONE ? ERR_NOTFOUND : sqlite_db_error(ix, rc);
    if (rc == SQLITE_ROW) {
        str_copy(found->uid, sizeof(found->uid), sqlite_db_text(st, 0));
        found->vouched = sqlite_db_text(st, 1)[0] != '\0';
        found->receipt_s = sqlite3_column_int64(st, 2);
        found->inferred = sqlite3_column_int(st, 3) != 0;
        found->place = sqlite3_column_int(st, 4);
        str_copy(found->foreign_uid, sizeof(found->foreign_uid),
                 sqlite_db_text(st, 5));
        found->timing = sqlite3_column_int(st, 6);
    }
    sqlite_db_done(st);
    return e;
}

static enum err get_mask(struct sqlite_db *ix, const char *uid, uint64_t *mask)
{
    sqlite3_stmt *st = NULL;
    enum err e = sqlite_db_get(ix, QUERY_SENDER_GET, &st);
    if (e != ERR_OK) {
        return e;
    }
    sqlite_db_bind(st, 1, uid);
    int rc = sqlite3_step(st);
    *mask = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
    e = sqlite_db_error(ix, rc);
    sqlite_db_done(st);
    return e;
}

enum err sqlite_rows_sender(void *self, const char *uid, unsigned bit)
{
    struct sqlite_db *ix = self;
    sqlite3_stmt *st = NULL;
    uint64_t mask = 0;
    enum err e = get_mask(ix, uid, &mask);
    if (e != ERR_OK) {
        return e;
    }
    unsigned n = 0;
    for (uint64_t rest = mask; rest != 0; rest &= rest - 1) {
        n++;
    }
    if ((mask >> bit & 1) != 0 || n >= STORE_OTHERS_MAX) {
        return (mask >> bit & 1) != 0 ? ERR_EXISTS : ERR_LIMIT;
    }
    e = sqlite_db_get(ix, QUERY_SENDER_SET, &st);
    if (e != ERR_OK) {
        return e;
    }
    sqlite_db_bind(st, 1, uid);
    sqlite3_bind_int64(st, 2, (int64_t)(mask | UINT64_C(1) << bit));
    return sqlite_db_run(ix, st);
}

enum err sqlite_rows_replace(void *self, const struct store_row *row,
                             const struct segments_pos *pos, size_t raw_len)
{
    struct sqlite_db *ix = self;
    sqlite3_stmt *st = NULL;
    enum err e = sqlite_db_get(ix, QUERY_REMOVE, &st);
    if (e != ERR_OK) {
        return e;
    }
    sqlite_db_bind(st, 1, row->uid);
    e = sqlite_db_run(ix, st);
    return e == ERR_OK ? sqlite_rows_add(ix, row, pos, raw_len) : e;
}

enum err sqlite_rows_has_uid(void *self, const char *uid, bool *has)
{
    struct sqlite_db *ix = self;
    sqlite3_stmt *st = NULL;
    enum err e = sqlite_db_get(ix, QUERY_HAS_UID, &st);
    if (e != ERR_OK) {
        return e;
    }
    sqlite_db_bind(st, 1, uid);
    int rc = sqlite3_step(st);
    e = sqlite_db_error(ix, rc);
    if (e == ERR_OK) {
        *has = rc == SQLITE_ROW;
    }
    sqlite_db_done(st);
    return e;
}

static enum err find_by(struct sqlite_db *ix, enum sqlite_query q,
                        const char *uid, struct segments_pos *pos)
{
    sqlite3_stmt *st = NULL;
    enum err e = sqlite_db_get(ix, q, &st);
    if (e != ERR_OK) {
        return e;
    }
    sqlite_db_bind(st, 1, uid);
    int rc = sqlite3_step(st);
    e = rc == SQLITE_DONE ? ERR_NOTFOUND : sqlite_db_error(ix, rc);
    if (rc == SQLITE_ROW) {
        pos->segment = (uint32_t)sqlite3_column_int64(st, 0);
        pos->offset = (uint64_t)sqlite3_column_int64(st, 1);
        pos->len = (uint32_t)sqlite3_column_int64(st, 2);
    }
    sqlite_db_done(st);
    return e;
}

enum err sqlite_rows_find(void *self, const char *uid, struct segments_pos *pos)
{
    struct sqlite_db *ix = self;
    enum err e = find_by(ix, QUERY_FIND_UID, uid, pos);
    if (e == ERR_NOTFOUND) {
        e = find_by(ix, QUERY_FIND_FOREIGN, uid, pos);
    }
    return e == ERR_NOTFOUND ? find_by(ix, QUERY_FIND_ALSO, uid, pos) : e;
}

static enum err run_also(struct sqlite_db *ix, enum sqlite_query q,
                         const char *uid, const char *foreign_uid)
{
    sqlite3_stmt *st = NULL;
    enum err e = sqlite_db_get(ix, q, &st);
    if (e != ERR_OK) {
        return e;
    }
    sqlite_db_bind(st, 1, foreign_uid);
    sqlite_db_bind(st, 2, uid);
    return sqlite_db_run(ix, st);
}

/* The first stands in the row, where it is seen; others beside it. */
enum err sqlite_rows_also(void *self, const char *uid, const char *foreign_uid)
{
    struct sqlite_db *ix = self;
    enum err e = run_also(ix, QUERY_ALSO_ROW, uid, foreign_uid);
    return e == ERR_OK && sqlite3_changes(ix->db) == 0
               ? run_also(ix, QUERY_ALSO, uid, foreign_uid)
               : e;
}

enum err sqlite_rows_signature_take(void *self,
                                    const uint8_t id[STORE_SIGNATURE_LEN],
                                    const uint8_t hash[SHA256_LEN])
{
    struct sqlite_db *ix = self;
    sqlite3_stmt *st = NULL;
    enum err e = sqlite_db_get(ix, QUERY_SIGNATURE_TAKE, &st);
    if (e != ERR_OK) {
        return e;
    }
    sqlite3_bind_blob(st, 1, id, STORE_SIGNATURE_LEN, SQLITE_STATIC);
    bind_hash(st, 2, hash);
    return sqlite_db_run(ix, st);
}

enum err sqlite_rows_signature_owner(void *self,
                                     const uint8_t id[STORE_SIGNATURE_LEN],
                                     uint8_t hash[SHA256_LEN])
{
    struct sqlite_db *ix = self;
    sqlite3_stmt *st = NULL;
    enum err e = sqlite_db_get(ix, QUERY_SIGNATURE_OWNER, &st);
    if (e != ERR_OK) {
        return e;
    }
    sqlite3_bind_blob(st, 1, id, STORE_SIGNATURE_LEN, SQLITE_STATIC);
    int rc = sqlite3_step(st);
    e = rc == SQLITE_DONE ? ERR_NOTFOUND : sqlite_db_error(ix, rc);
    if (rc == SQLITE_ROW) {
        take_hash(st, 0, hash);
    }
    sqlite_db_done(st);
    return e;
}
