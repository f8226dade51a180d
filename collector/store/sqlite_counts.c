// SPDX-License-Identifier: Apache-2.0
/* Counters and sums. */
#include "collector/store/sqlite_counts.h"

#include "base/log.h"
#include "collector/store/sqlite_db.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum err sqlite_counts_count(void *self, const char *name, uint64_t n)
{
    struct sqlite_db *ix = self;
    sqlite3_stmt *st = NULL;
    enum err e = sqlite_db_get(ix, QUERY_COUNT, &st);
    if (e != ERR_OK) {
        return e;
    }
    sqlite_db_bind(st, 1, name);
    sqlite3_bind_int64(st, 2, (int64_t)n);
    return sqlite_db_run(ix, st);
}

enum err sqlite_counts_once(void *self, const uint8_t hash[SHA256_LEN])
{
    struct sqlite_db *ix = self;
    sqlite3_stmt *st = NULL;
    enum err e = sqlite_db_get(ix, QUERY_ONCE, &st);
    if (e != ERR_OK) {
        return e;
    }
    sqlite3_bind_blob(st, 1, hash, SHA256_LEN, SQLITE_STATIC);
    return sqlite_db_run(ix, st);
}

enum err sqlite_counts_end(void *self, uint32_t *segment, uint64_t *offset)
{
    struct sqlite_db *ix = self;
    sqlite3_stmt *st = NULL;
    enum err e = sqlite_db_get(ix, QUERY_GET_END, &st);
    if (e != ERR_OK) {
        return e;
    }
    int rc = sqlite3_step(st);
    e = sqlite_db_error(ix, rc);
    if (e == ERR_OK) {
        *segment = 0;
        *offset = 0;
    }
    if (rc == SQLITE_ROW) {
        *segment = (uint32_t)sqlite3_column_int64(st, 0);
        *offset = (uint64_t)sqlite3_column_int64(st, 1);
    }
    sqlite_db_done(st);
    return e;
}

enum err sqlite_counts_set_end(void *self, uint32_t segment, uint64_t offset)
{
    struct sqlite_db *ix = self;
    sqlite3_stmt *st = NULL;
    enum err e = sqlite_db_get(ix, QUERY_SET_END, &st);
    if (e != ERR_OK) {
        return e;
    }
    sqlite3_bind_int64(st, 1, segment);
    sqlite3_bind_int64(st, 2, (int64_t)offset);
    return sqlite_db_run(ix, st);
}

typedef enum err (*row_fn)(sqlite3_stmt *st, struct store_stats *out);

static enum err each_row(struct sqlite_db *ix, enum sqlite_query q, row_fn fn,
                         struct store_stats *out)
{
    sqlite3_stmt *st = NULL;
    enum err e = sqlite_db_get(ix, q, &st);
    if (e != ERR_OK) {
        return e;
    }
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW && e == ERR_OK) {
        e = fn(st, out);
    }
    sqlite_db_done(st);
    return e != ERR_OK ? e : sqlite_db_error(ix, rc);
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
    str_copy(t->name, sizeof(t->name), sqlite_db_text(st, 0));
    t->measurements = (uint64_t)sqlite3_column_int64(st, 1);
    return ERR_OK;
}

static enum err read_claims(sqlite3_stmt *st, struct store_stats *out)
{
    int timing = sqlite3_column_int(st, 0), place = sqlite3_column_int(st, 1);
    uint64_t n = (uint64_t)sqlite3_column_int64(st, 3);
    if (timing >= 0 && timing < STORE_TIMINGS) {
        out->by_timing[timing] += n;
    }
    if (place >= 0 && place < STORE_PLACES) {
        out->by_place[place] += n;
    }
    out->vouched += sqlite3_column_int(st, 2) != 0 ? n : 0;
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
    str_copy(c->cc, sizeof(c->cc), sqlite_db_text(st, 0));
    c->networks = (uint64_t)sqlite3_column_int64(st, 1);
    c->domains = (uint64_t)sqlite3_column_int64(st, 2);
    c->measurements = (uint64_t)sqlite3_column_int64(st, 3);
    c->days = (uint64_t)sqlite3_column_int64(st, 4);
    return ERR_OK;
}

static enum err read_lost(sqlite3_stmt *st, struct store_stats *out)
{
    out->lost = (uint64_t)sqlite3_column_int64(st, 0);
    return ERR_OK;
}

static enum err read_counter(sqlite3_stmt *st, struct store_stats *out)
{
    const size_t prefix = sizeof(STORE_INDEX_REJECTED) - 1;
    const char *name = sqlite_db_text(st, 0);
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

enum err sqlite_counts_stats(void *self, struct store_stats *out)
{
    struct sqlite_db *ix = self;
    enum err e = each_row(ix, QUERY_TOTALS, read_totals, out);
    if (e == ERR_OK) {
        e = each_row(ix, QUERY_STATES, read_state, out);
    }
    if (e == ERR_OK) {
        e = each_row(ix, QUERY_COUNTRIES, read_country, out);
    }
    if (e == ERR_OK) {
        e = each_row(ix, QUERY_TESTS, read_test, out);
    }
    if (e == ERR_OK) {
        e = each_row(ix, QUERY_CLAIMS, read_claims, out);
    }
    if (e == ERR_OK) {
        e = each_row(ix, QUERY_LOST_COUNT, read_lost, out);
    }
    return e == ERR_OK ? each_row(ix, QUERY_COUNTERS, read_counter, out) : e;
}

enum err sqlite_counts_copy(void *self, const char *path)
{
    struct sqlite_db *ix = self;
    enum err e = sqlite_db_attach(ix, path);
    if (e != ERR_OK) {
        return e;
    }
    e = sqlite_db_exec(
        ix, "BEGIN IMMEDIATE;"
            "INSERT INTO main.counter SELECT name, n FROM old.counter WHERE 1"
            " ON CONFLICT (name) DO UPDATE SET n = n + excluded.n;"
            "INSERT OR IGNORE INTO main.once SELECT hash FROM old.once;"
            "COMMIT;");
    if (e != ERR_OK && !sqlite3_get_autocommit(ix->db) &&
        sqlite_db_run_query(ix, QUERY_ROLLBACK) != ERR_OK) {
        log_error("store", "index: cannot roll back");
    }
    enum err gone = sqlite_db_detach(ix);
    return e != ERR_OK ? e : gone;
}
