// SPDX-License-Identifier: Apache-2.0
/* Rows held against the segments, and the uids of what is lost. */
#include "collector/store/sqlite_lost.h"

#include "collector/store/sqlite_db.h"

#include <sqlite3.h>

enum err sqlite_lost_add(void *self, const char *uid)
{
    struct sqlite_db *ix = self;
    sqlite3_stmt *st = NULL;
    enum err e = sqlite_db_get(ix, QUERY_LOST_ADD, &st);
    if (e != ERR_OK) {
        return e;
    }
    sqlite_db_bind(st, 1, uid);
    return sqlite_db_run(ix, st);
}

enum err sqlite_lost_each(void *self, store_lost_fn fn, void *arg)
{
    struct sqlite_db *ix = self;
    sqlite3_stmt *st = NULL;
    enum err e = sqlite_db_get(ix, QUERY_LOST, &st);
    if (e != ERR_OK) {
        return e;
    }
    int rc = SQLITE_DONE;
    while (e == ERR_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        e = fn(arg, sqlite_db_text(st, 0));
    }
    sqlite_db_done(st);
    return e != ERR_OK ? e : sqlite_db_error(ix, rc);
}

/* Rows of uid, segment, offset and length of the frame. */
static enum err each_place(struct sqlite_db *ix, sqlite3_stmt *st,
                           store_place_fn fn, void *arg)
{
    enum err e = ERR_OK;
    int rc = SQLITE_DONE;
    while (e == ERR_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        const struct segments_pos pos = {
            .segment = (uint32_t)sqlite3_column_int64(st, 1),
            .offset = (uint64_t)sqlite3_column_int64(st, 2),
            .len = (uint32_t)sqlite3_column_int64(st, 3),
        };
        e = fn(arg, sqlite_db_text(st, 0), &pos);
    }
    return e != ERR_OK ? e : sqlite_db_error(ix, rc);
}

static enum err places_of(struct sqlite_db *ix, enum sqlite_query q,
                          store_place_fn fn, void *arg)
{
    sqlite3_stmt *st = NULL;
    enum err e = sqlite_db_get(ix, q, &st);
    if (e != ERR_OK) {
        return e;
    }
    e = each_place(ix, st, fn, arg);
    sqlite_db_done(st);
    return e;
}

enum err sqlite_lost_places(void *self, store_place_fn fn, void *arg)
{
    return places_of(self, QUERY_PLACES, fn, arg);
}

enum err sqlite_lost_sample(void *self, store_place_fn fn, void *arg)
{
    return places_of(self, QUERY_SAMPLE, fn, arg);
}

static enum err gone_of(struct sqlite_db *ix, const char *sql,
                        store_place_fn fn, void *arg)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(ix->db, sql, -1, &st, NULL);
    enum err e =
        rc == SQLITE_OK ? each_place(ix, st, fn, arg) : sqlite_db_error(ix, rc);
    sqlite3_finalize(st);
    return e;
}

/* Indexes of before version 8 have no table of what is lost. */
static bool knows_lost(struct sqlite_db *ix)
{
    sqlite3_stmt *st = NULL;
    int rc =
        sqlite3_prepare_v2(ix->db, "SELECT uid FROM old.lost", -1, &st, NULL);
    sqlite3_finalize(st);
    return rc == SQLITE_OK;
}

enum err sqlite_lost_places_gone(void *self, const char *path,
                                 store_place_fn fn, void *arg)
{
    struct sqlite_db *ix = self;
    enum err e = sqlite_db_attach(ix, path);
    if (e != ERR_OK) {
        return e;
    }
    e = gone_of(ix,
                "SELECT uid, segment, offset, frame_len FROM old.record AS had"
                " WHERE NOT EXISTS"
                " (SELECT 1 FROM main.record WHERE uid = had.uid)"
                " AND NOT EXISTS (SELECT 1 FROM main.lost WHERE uid = had.uid)",
                fn, arg);
    if (e == ERR_OK && knows_lost(ix)) {
        e = gone_of(ix,
                    "SELECT uid, 0, 0, 0 FROM old.lost AS had WHERE NOT EXISTS"
                    " (SELECT 1 FROM main.record WHERE uid = had.uid)"
                    " AND NOT EXISTS"
                    " (SELECT 1 FROM main.lost WHERE uid = had.uid)",
                    fn, arg);
    }
    enum err gone = sqlite_db_detach(ix);
    return e != ERR_OK ? e : gone;
}
