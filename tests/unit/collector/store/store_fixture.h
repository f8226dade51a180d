// SPDX-License-Identifier: Apache-2.0
/* A store in a directory of its own, records to put there, and what to look
 * for. Include after the header of cmocka.
 */
#ifndef PARALLAX_TESTS_STORE_FIXTURE_H
#define PARALLAX_TESTS_STORE_FIXTURE_H

#include "base/fs.h"
#include "base/log.h"
#include "collector/store/store.h"
#include "tests/unit/tmp.h"
#include "verdict/verdict.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define T0  INT64_C(1793491200) /* 2026-11-01 00:00:00 */
#define DAY INT64_C(86400)

struct fixture {
    char dir[64];
    struct store *s;
};

static inline int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    tmp_path(f->dir, sizeof(f->dir), "test_store.XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    *state = f;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *f = *state;
    store_close(f->s);
    assert_int_equal(fs_remove_tree(f->dir, NULL), ERR_OK);
    free(f);
    return 0;
}

static inline void open_store(struct fixture *f, enum store_mode mode)
{
    struct diag d = {{0}};
    store_close(f->s);
    f->s = NULL;
    enum err e = store_open(f->dir, mode, &f->s, &d);
    if (e != ERR_OK) {
        fail_msg("%s", d.text);
    }
}

static inline struct store_put put_of(unsigned n, const char *record)
{
    struct store_put p = {
        .row = {.start_s = T0 + n,
                .receipt_s = T0 + n + 60,
                .cc = "IR",
                .asn = 137,
                .network_name = "GARR",
                .input = "https://www.example.com/",
                .domain = "www.example.com",
                .category = "NEWS",
                .report_id = "id",
                .foreign_uid = "",
                .software = "parallax/0.1.0",
                .blocking = "dns",
                .state = X_BLOCKED,
                .method = "dns",
                .confidence = 0.75,
                .reasons = "a,b",
                .control_verified = true,
                .test_name = "web_connectivity",
                .recorded_blocking = "tcp_ip",
                .claimed_s = T0 + n,
                .timing = TIMING_IN_TIME,
                .vouched = "",
                .place = PLACE_AGREES,
                .site = "https://www.example.com/",
                .signatures = "",
                .late_control = ""},
        .record = str_c(record),
    };
    uint8_t seed[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16),
                       (uint8_t)(n >> 8), (uint8_t)n};
    crypto_sha256((struct str){(const char *)seed, 4}, p.row.hash);
    return p;
}

static inline void put(struct fixture *f, struct store_put *p, size_t n)
{
    struct diag d = {{0}};
    enum err e = store_put(f->s, p, n, &d);
    if (e != ERR_OK) {
        fail_msg("%s", d.text);
    }
}

static inline void put_number(struct fixture *f, unsigned n)
{
    char text[64];
    snprintf(text, sizeof(text), "{\"record\":%u}", n);
    struct store_put p = put_of(n, text);
    put(f, &p, 1);
    assert_false(p.duplicate);
}

static inline void assert_record(struct store *s, const char *uid,
                                 const char *want)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    assert_int_equal(store_get(s, uid, &b), ERR_OK);
    assert_int_equal(b.len, strlen(want));
    assert_memory_equal(b.p, want, b.len);
    buf_fini(&b);
}

static inline struct store_stats stats_of(struct store *s)
{
    struct store_stats st;
    assert_int_equal(store_stats(s, &st), ERR_OK);
    return st;
}

static inline uint64_t count_of(struct store *s)
{
    struct store_stats st = stats_of(s);
    uint64_t n = st.measurements;
    store_stats_fini(&st);
    return n;
}

static inline void path_of(const struct fixture *f, const char *name,
                           char out[128])
{
    snprintf(out, 128, "%s/%s", f->dir, name);
}

static inline void remove_index(struct fixture *f)
{
    char path[128];
    path_of(f, "index.sqlite", path);
    assert_int_equal(unlink(path), 0);
    path_of(f, "index.sqlite-wal", path);
    unlink(path);
    path_of(f, "index.sqlite-shm", path);
    unlink(path);
}

/* The first number of a query over the index. */
static inline uint64_t ask(const struct fixture *f, const char *sql)
{
    char path[128];
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    path_of(f, "index.sqlite", path);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    uint64_t n = (uint64_t)sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    return n;
}

static inline bool compare_row(void *arg, const struct store_row *row)
{
    const struct store_put *want = arg;
    const struct store_row *w = &want->row;
    assert_string_equal(row->uid, w->uid);
    assert_memory_equal(row->hash, w->hash, SHA256_LEN);
    assert_int_equal(row->start_s, w->start_s);
    assert_int_equal(row->receipt_s, w->receipt_s);
    assert_string_equal(row->cc, w->cc);
    assert_int_equal(row->asn, w->asn);
    assert_string_equal(row->network_name, w->network_name);
    assert_string_equal(row->input, w->input);
    assert_string_equal(row->domain, w->domain);
    assert_string_equal(row->category, w->category);
    assert_string_equal(row->report_id, w->report_id);
    assert_string_equal(row->foreign_uid, w->foreign_uid);
    assert_string_equal(row->software, w->software);
    assert_string_equal(row->blocking, w->blocking);
    assert_int_equal(row->state, w->state);
    assert_string_equal(row->method, w->method);
    assert_true(row->confidence > 0.74 && row->confidence < 0.76);
    assert_string_equal(row->reasons, w->reasons);
    assert_true(row->inferred_location == w->inferred_location);
    assert_true(row->control_verified == w->control_verified);
    assert_string_equal(row->test_name, w->test_name);
    assert_string_equal(row->recorded_blocking, w->recorded_blocking);
    assert_int_equal(row->claimed_s, w->claimed_s);
    assert_int_equal(row->timing, w->timing);
    assert_string_equal(row->vouched, w->vouched);
    assert_int_equal(row->place, w->place);
    assert_string_equal(row->site, w->site);
    assert_string_equal(row->signatures, w->signatures);
    assert_string_equal(row->x_probe, w->x_probe);
    assert_string_equal(row->source_tag, w->source_tag);
    return true;
}

static inline off_t segment_size(const struct fixture *f)
{
    char path[128];
    struct stat st;
    path_of(f, "segments/00000001.seg", path);
    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

#endif
