// SPDX-License-Identifier: Apache-2.0
/* Conformance of a store, through store.h alone; what damages files does it by
 * their names. */
#include "base/hex.h"
#include "collector/store/store.h"

#include "base/fs.h"
#include "base/log.h"
#include "collector/store/segment_frame.h"
#include "collector/store/store_claim.h"
#include "tests/unit/tmp.h"
#include "verdict/verdict.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define T0  INT64_C(1793491200) /* 2026-11-01 00:00:00 */
#define DAY INT64_C(86400)

static bool fsync_fails, disk_full;

/* Stands before libc's, so that a disk can be made to fail. */
int fdatasync(int fd)
{
    if (fsync_fails) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

/* The same: SQLite writes by it. */
ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
    if (disk_full) {
        errno = ENOSPC;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, p, n, at);
}

struct fixture {
    char dir[64];
    struct store *s;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    tmp_path(f->dir, sizeof(f->dir), "test_store.XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    fsync_fails = disk_full = false;
    store_close(f->s);
    assert_int_equal(fs_remove_tree(f->dir, NULL), ERR_OK);
    free(f);
    return 0;
}

static void open_store(struct fixture *f, enum store_mode mode)
{
    struct diag d = {{0}};
    store_close(f->s);
    f->s = NULL;
    enum err e = store_open(f->dir, mode, &f->s, &d);
    if (e != ERR_OK) {
        fail_msg("%s", d.text);
    }
}

static struct store_put put_of(unsigned n, const char *record)
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
                .signatures = ""},
        .record = str_c(record),
    };
    uint8_t seed[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16),
                       (uint8_t)(n >> 8), (uint8_t)n};
    crypto_sha256((struct str){(const char *)seed, 4}, p.row.hash);
    return p;
}

static void put(struct fixture *f, struct store_put *p, size_t n)
{
    struct diag d = {{0}};
    enum err e = store_put(f->s, p, n, &d);
    if (e != ERR_OK) {
        fail_msg("%s", d.text);
    }
}

static void put_number(struct fixture *f, unsigned n)
{
    char text[64];
    snprintf(text, sizeof(text), "{\"record\":%u}", n);
    struct store_put p = put_of(n, text);
    put(f, &p, 1);
    assert_false(p.duplicate);
}

static void assert_record(struct store *s, const char *uid, const char *want)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    assert_int_equal(store_get(s, uid, &b), ERR_OK);
    assert_int_equal(b.len, strlen(want));
    assert_memory_equal(b.p, want, b.len);
    buf_fini(&b);
}

static struct store_stats stats_of(struct store *s)
{
    struct store_stats st;
    assert_int_equal(store_stats(s, &st), ERR_OK);
    return st;
}

static uint64_t count_of(struct store *s)
{
    struct store_stats st = stats_of(s);
    uint64_t n = st.measurements;
    store_stats_fini(&st);
    return n;
}

static void path_of(const struct fixture *f, const char *name, char out[128])
{
    snprintf(out, 128, "%s/%s", f->dir, name);
}

static void remove_index(struct fixture *f)
{
    char path[128];
    path_of(f, "index.sqlite", path);
    assert_int_equal(unlink(path), 0);
    path_of(f, "index.sqlite-wal", path);
    unlink(path);
    path_of(f, "index.sqlite-shm", path);
    unlink(path);
}

/* ---- what is put is there ---------------------------------------------------
 */

static void a_record_comes_back_byte_for_byte(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    struct store_put p = put_of(1, "{ \"a\" : 1.0 ,\"b\":\"\\u0000\"}\n");
    put(f, &p, 1);
    assert_true(strstr(p.row.uid, "_IR_webconnectivity_"));
    assert_record(f->s, p.row.uid, "{ \"a\" : 1.0 ,\"b\":\"\\u0000\"}\n");
    open_store(f, STORE_READ);
    assert_record(f->s, p.row.uid, "{ \"a\" : 1.0 ,\"b\":\"\\u0000\"}\n");
    struct buf b;
    buf_init(&b, 100);
    assert_int_equal(store_get(f->s, "nobody", &b), ERR_NOTFOUND);
}

static void the_same_content_again_gives_the_old_uid(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    struct store_put a = put_of(1, "{}"), b = put_of(1, "{}"),
                     c = put_of(1, "{}");
    b.row.start_s += 1000; /* an envelope found later changes nothing */
    c.uncounted = true;
    put(f, &a, 1);
    put(f, &b, 1);
    put(f, &c, 1);
    assert_false(a.duplicate);
    assert_true(b.duplicate);
    assert_true(c.duplicate);
    assert_string_equal(a.row.uid, b.row.uid);
    struct store_stats st = stats_of(f->s);
    assert_int_equal(st.measurements, 1);
    assert_int_equal(st.duplicates, 1);
    store_stats_fini(&st);
}

static void duplicates_inside_one_batch_are_seen(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    struct store_put p[3] = {put_of(1, "{}"), put_of(2, "{}"), put_of(1, "{}")};
    put(f, p, 3);
    assert_true(p[2].duplicate);
    assert_string_equal(p[0].row.uid, p[2].row.uid);
    assert_int_equal(count_of(f->s), 2);
}

static void an_equal_uid_of_other_content_takes_the_next_digits(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    struct store_put a = put_of(1, "{\"a\":1}"), b = put_of(1, "{\"b\":1}");
    b.row.hash[SHA256_LEN - 1] ^= 1;
    char first[UID_MAX], second[UID_MAX];
    assert_int_equal(uid_text(a.row.hash, a.row.start_s, a.row.receipt_s, "IR",
                              NULL, 0, first),
                     ERR_OK);
    assert_int_equal(uid_text(b.row.hash, b.row.start_s, b.row.receipt_s, "IR",
                              NULL, 0, second),
                     ERR_OK);
    assert_string_equal(first, second);
    put(f, &a, 1);
    put(f, &b, 1);
    assert_string_not_equal(a.row.uid, b.row.uid);
    assert_record(f->s, a.row.uid, "{\"a\":1}");
    assert_record(f->s, b.row.uid, "{\"b\":1}");
}

/* The first number of a query over the index. */
static uint64_t ask(const struct fixture *f, const char *sql)
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

static void a_foreign_uid_is_a_second_key(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    struct store_put p = put_of(1, "{\"x\":1}");
    p.row.foreign_uid = "20210208220710.181572_MA_ndt_7888edc7748936bf";
    put(f, &p, 1);
    assert_record(f->s, p.row.foreign_uid, "{\"x\":1}");
    assert_record(f->s, p.row.uid, "{\"x\":1}");
}

/* OONI has some records under two uids, and many of what was uploaded here. */
static void so_is_each_that_the_same_content_is_imported_under(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {
        "20190303100000.000002_IT_webconnectivity_c81e728d9d4c2f63",
        "20190303100000.000003_IT_webconnectivity_eccbc87e4b5ce2fe"};
    open_store(f, STORE_WRITE);
    struct store_put first = put_of(1, "{\"x\":1}");
    put(f, &first, 1);
    for (size_t i = 0; i < 4; i++) {
        struct store_put again = put_of(1, "{\"x\":1}");
        again.row.foreign_uid = names[i % 2];
        again.uncounted = true;
        put(f, &again, 1);
        assert_true(again.duplicate);
        assert_string_equal(again.row.uid, first.row.uid);
        assert_int_equal(ask(f, "SELECT count(*) FROM record WHERE "
                                "foreign_uid LIKE '%_c81e%'"),
                         1);
    }
    struct store_put vouched = put_of(1, "{\"x\":2}");
    vouched.row.vouched = "archive";
    vouched.row.foreign_uid = "third";
    put(f, &vouched, 1);
    assert_true(vouched.newly_vouched);
    for (int round = 0; round < 2; round++) {
        assert_record(f->s, names[0], "{\"x\":2}");
        assert_record(f->s, names[1], "{\"x\":2}");
        assert_record(f->s, "third", "{\"x\":2}");
        assert_int_equal(count_of(f->s), 1);
        store_close(f->s);
        f->s = NULL;
        remove_index(f);
        open_store(f, STORE_WRITE);
    }
}

static void each_claim_of_a_place_is_a_record_of_its_own(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    char uid[12][UID_MAX];
    for (unsigned n = 0; n < 12; n++) {
        char text[32];
        snprintf(text, sizeof(text), "{\"asn\":%u}", n);
        struct store_put p = put_of(1, text);
        p.row.asn = n / 2;
        str_copy(p.row.cc, 3, n % 2 ? "IR" : "TM");
        put(f, &p, 1);
        assert_false(p.duplicate);
        memcpy(uid[n], p.row.uid, UID_MAX);
    }
    assert_int_equal(count_of(f->s), 12);
    for (unsigned n = 0; n < 12; n++) {
        char text[32];
        snprintf(text, sizeof(text), "{\"asn\":%u}", n);
        assert_record(f->s, uid[n], text);
        struct store_put p = put_of(1, "{}");
        p.row.asn = n / 2;
        str_copy(p.row.cc, 3, n % 2 ? "IR" : "TM");
        put(f, &p, 1);
        assert_true(p.duplicate);
        assert_string_equal(p.row.uid, uid[n]);
    }
}

/* ---- questions --------------------------------------------------------------
 */

struct seen {
    unsigned n;
    int64_t start[32];
    char cc[32][3];
    unsigned stop_after;
    struct store *s;
};

static bool see(void *arg, const struct store_row *row)
{
    struct seen *seen = arg;
    assert_true(seen->n < 32);
    seen->start[seen->n] = row->start_s;
    memcpy(seen->cc[seen->n], row->cc, 3);
    seen->n++;
    return seen->n != seen->stop_after;
}

static void rows_come_in_order_of_time_and_filtered(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    for (unsigned n = 0; n < 10; n++) {
        struct store_put p = put_of(n * 7 % 10, "{}");
        str_copy(p.row.cc, 3, n % 2 ? "IR" : "TM");
        p.row.domain = n < 3 ? "one.example" : "two.example";
        put(f, &p, 1);
    }
    struct store_filter all = {0},
                        some = {.since_s = T0 + 2, .until_s = T0 + 5},
                        cc = {.cc = "TM"}, domain = {.domain = "one.example"};
    struct seen seen = {0};
    assert_int_equal(store_scan(f->s, &all, see, &seen), ERR_OK);
    assert_int_equal(seen.n, 10);
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(seen.start[i], T0 + i);
    }
    seen = (struct seen){0};
    assert_int_equal(store_scan(f->s, &some, see, &seen), ERR_OK);
    assert_int_equal(seen.n, 3); /* 2, 3, 4 */
    seen = (struct seen){0};
    assert_int_equal(store_scan(f->s, &cc, see, &seen), ERR_OK);
    assert_int_equal(seen.n, 5);
    assert_string_equal(seen.cc[0], "TM");
    seen = (struct seen){0};
    assert_int_equal(store_scan(f->s, &domain, see, &seen), ERR_OK);
    assert_int_equal(seen.n, 3);
    seen = (struct seen){.stop_after = 4};
    assert_int_equal(store_scan(f->s, &all, see, &seen), ERR_OK);
    assert_int_equal(seen.n, 4);
    struct store_filter judged = {.test_name = "web_connectivity"},
                        other = {.test_name = "telegram"};
    seen = (struct seen){0};
    assert_int_equal(store_scan(f->s, &other, see, &seen), ERR_OK);
    assert_int_equal(seen.n, 0);
    assert_int_equal(store_scan(f->s, &judged, see, &seen), ERR_OK);
    assert_true(seen.n > 4);
}

static bool compare_row(void *arg, const struct store_row *row)
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

/* ---- signatures -------------------------------------------------------------
 */

#define SIG_1 "00112233445566778899aabbccddee01"
#define SIG_2 "00112233445566778899aabbccddee02"
#define SIG_3 "00112233445566778899aabbccddee03"

/* Record `n`, whose control's answers have these names. */
static struct store_put signed_put(unsigned n, const char *signatures)
{
    struct store_put p = put_of(n, "{\"signed\":1}");
    p.row.signatures = signatures;
    return p;
}

static bool count_verified(void *arg, const struct store_row *row)
{
    *(unsigned *)arg += row->control_verified ? 1 : 0;
    return true;
}

static void assert_verified(struct fixture *f, unsigned want)
{
    unsigned n = 0;
    struct store_filter all = {0};
    assert_int_equal(store_scan(f->s, &all, count_verified, &n), ERR_OK);
    assert_int_equal(n, want);
}

static void a_signature_is_good_once(void **state)
{
    struct fixture *f = *state;
    struct diag d;
    open_store(f, STORE_WRITE);
    /* of two in one batch the first has it */
    struct store_put race[2] = {signed_put(1, SIG_1), signed_put(2, SIG_1)};
    put(f, race, 2);
    assert_verified(f, 1);
    /* none of those of a record may be another's, and then it gets none */
    struct store_put both = signed_put(3, SIG_2 "," SIG_1);
    put(f, &both, 1);
    struct store_put own = signed_put(4, SIG_2 "," SIG_3);
    put(f, &own, 1);
    assert_verified(f, 2);
    /* the same content under another place, days later, in another run */
    open_store(f, STORE_WRITE);
    struct store_put moved = signed_put(1, SIG_1);
    moved.row.asn++;
    moved.row.receipt_s += 9 * DAY;
    put(f, &moved, 1);
    struct store_put late = signed_put(5, SIG_3);
    put(f, &late, 1);
    assert_verified(f, 3);
    /* and an index made again gives each to the same one */
    store_close(f->s);
    f->s = NULL;
    assert_int_equal(store_rebuild(f->dir, &f->s, &d), ERR_OK);
    assert_verified(f, 3);
    struct store_put again = signed_put(6, SIG_1);
    put(f, &again, 1);
    assert_verified(f, 3);
}

/* A batch that was not stored leaves its signatures to who comes next. */
static void what_was_not_stored_has_no_signature(void **state)
{
    struct fixture *f = *state;
    struct diag d;
    open_store(f, STORE_WRITE);
    size_t big = SEGMENT_RECORD_MAX + 1;
    char *huge = calloc(1, big);
    assert_non_null(huge);
    struct store_put bad[2] = {signed_put(1, SIG_1), signed_put(2, SIG_2)};
    bad[1].record = (struct str){huge, big};
    assert_int_equal(store_put(f->s, bad, 2, &d), ERR_LIMIT);
    free(huge);
    struct store_put next = signed_put(3, SIG_1);
    put(f, &next, 1);
    assert_verified(f, 1);
}

static void who_vouches_later_takes_the_place_of_the_record(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    struct store_put a = put_of(1, "{\"a\":1}"), b = put_of(1, "{\"b\":1}"),
                     c = put_of(1, "{\"c\":1}");
    a.row.timing = b.row.timing = TIMING_OLD;
    b.row.vouched = "ooni";
    c.row.vouched = "other";
    put(f, &a, 1);
    put(f, &b, 1);
    assert_true(b.duplicate && b.newly_vouched);
    assert_string_equal(b.row.uid, a.row.uid);
    assert_record(f->s, a.row.uid, "{\"b\":1}");
    struct store_filter all = {0};
    assert_int_equal(store_scan(f->s, &all, compare_row, &b), ERR_OK);
    put(f, &c, 1); /* once is enough */
    put(f, &a, 1); /* and nobody takes it away */
    assert_true(c.duplicate && !c.newly_vouched && !a.newly_vouched);
    store_close(f->s);
    f->s = NULL;
    remove_index(f);
    open_store(f, STORE_WRITE);
    assert_int_equal(count_of(f->s), 1);
    assert_record(f->s, a.row.uid, "{\"b\":1}");
    assert_int_equal(store_scan(f->s, &all, compare_row, &b), ERR_OK);
}

static void stats_count_what_is_claimed(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    for (unsigned n = 0; n < 4; n++) {
        struct store_put p = put_of(n, "{}");
        p.row.timing = n == 0 ? TIMING_FUTURE : n == 1 ? TIMING_OLD : 0;
        p.row.start_s = n == 0 ? STORE_CLAIM_NOWHERE : T0 + n * DAY;
        p.row.place = (int)(n % STORE_PLACES);
        p.row.vouched = n == 1 ? "ooni" : "";
        put(f, &p, 1);
    }
    struct store_stats st = stats_of(f->s);
    assert_int_equal(st.by_timing[TIMING_IN_TIME], 2);
    assert_int_equal(st.by_timing[TIMING_FUTURE], 1);
    assert_int_equal(st.by_timing[TIMING_OLD], 1);
    assert_int_equal(st.by_place[PLACE_UNCHECKED], 2);
    assert_int_equal(st.by_place[PLACE_AGREES], 1);
    assert_int_equal(st.by_place[PLACE_DISAGREES], 1);
    assert_int_equal(st.vouched, 1);
    assert_int_equal(st.first_s, T0 + DAY); /* the first is filed nowhere */
    assert_int_equal(st.last_s, T0 + 3 * DAY);
    assert_int_equal(st.by_country[0].days, 3);
    store_stats_fini(&st);
}

/* The sums are kept while rows come and go: they are what counting the rows
 * gives. */
static void assert_sums(const struct fixture *f, uint64_t vouched)
{
    static const char filed[] = " FROM record WHERE start_s <> 946684800";
    char days[128];
    struct store_stats st = stats_of(f->s);
    uint64_t of_days = 0, of_domains = 0, of_networks = 0;
    for (size_t i = 0; i < st.n_countries; i++) {
        of_days += st.by_country[i].days;
        of_domains += st.by_country[i].domains;
        of_networks += st.by_country[i].networks;
    }
    snprintf(days, sizeof(days),
             "SELECT count(DISTINCT cc || (start_s / 86400)) %s", filed);
    assert_int_equal(of_days, ask(f, days));
    assert_int_equal(of_domains,
                     ask(f, "SELECT count(DISTINCT cc || domain) FROM record"));
    assert_int_equal(of_networks,
                     ask(f, "SELECT count(DISTINCT cc || asn) FROM record"));
    assert_int_equal(st.domains,
                     ask(f, "SELECT count(DISTINCT domain) FROM record"));
    assert_int_equal(st.networks,
                     ask(f, "SELECT count(DISTINCT asn) FROM record"));
    assert_int_equal(st.measurements, ask(f, "SELECT count(*) FROM record"));
    assert_int_equal(st.raw_bytes, ask(f, "SELECT sum(raw_len) FROM record"));
    assert_int_equal(st.stored_bytes,
                     ask(f, "SELECT sum(frame_len) FROM record"));
    assert_int_equal(st.by_state[X_BLOCKED],
                     ask(f, "SELECT count(*) FROM record WHERE state = 1"));
    assert_int_equal(st.vouched, vouched);
    store_stats_fini(&st);
}

static void sums_are_what_counting_gives(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    for (unsigned n = 0; n < 40; n++) {
        char domain[24];
        struct store_put p = put_of(n, "{\"some\":\"bytes\"}");
        snprintf(domain, sizeof(domain), "site%u.example", n % 7);
        str_copy(p.row.cc, 3, n % 3 ? "IR" : "RU");
        p.row.asn = 100 + n % 5;
        p.row.domain = domain;
        p.row.start_s = n % 11 ? T0 + n * DAY / 3 : STORE_CLAIM_NOWHERE;
        p.row.state = (int)(n % STORE_STATES);
        put(f, &p, 1);
        assert_false(p.duplicate);
        put(f, &p, 1);
        assert_true(p.duplicate);
    }
    assert_sums(f, 0);
    /* an archive vouches for some of them: they take the places of those */
    for (unsigned n = 0; n < 40; n += 4) {
        char domain[24];
        struct store_put p = put_of(n, "{\"some\":\"other bytes\"}");
        snprintf(domain, sizeof(domain), "site%u.example", n % 7);
        str_copy(p.row.cc, 3, n % 3 ? "IR" : "RU");
        p.row.asn = 100 + n % 5;
        p.row.domain = domain;
        p.row.start_s = T0 + n * DAY;
        p.row.state = X_OK;
        p.row.vouched = "ooni";
        put(f, &p, 1);
    }
    assert_sums(f, 10);
    store_close(f->s);
    f->s = NULL;
    remove_index(f);
    open_store(f, STORE_WRITE);
    assert_sums(f, 10);
}

static void every_column_survives_also_a_lost_index(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    struct store_put p = put_of(1, "{}");
    p.row.inferred_location = true;
    p.row.claimed_s = -1;
    p.row.timing = TIMING_OLD;
    p.row.vouched = "an-archive";
    p.row.place = PLACE_DISAGREES;
    p.row.site = "https://other.example/";
    p.row.network_name = "Quote \" and \xc3\xa9";
    str_copy(p.row.x_probe, 33, "00112233445566778899aabbccddeeff");
    str_copy(p.row.source_tag, 33, "ffeeddccbbaa99887766554433221100");
    put(f, &p, 1);
    struct store_filter all = {0};
    assert_int_equal(store_scan(f->s, &all, compare_row, &p), ERR_OK);
    store_close(f->s);
    f->s = NULL;
    remove_index(f);
    open_store(f, STORE_WRITE);
    assert_int_equal(count_of(f->s), 1);
    assert_int_equal(store_scan(f->s, &all, compare_row, &p), ERR_OK);
    put(f, &p, 1);
    assert_true(p.duplicate);
}

static void stats_count_countries_networks_and_days(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    for (unsigned n = 0; n < 6; n++) {
        struct store_put p = put_of(n, "{\"some\":\"bytes\"}");
        str_copy(p.row.cc, 3, n < 4 ? "IR" : "ZZ");
        p.row.asn = n < 4 ? 100 + n % 2 : 0;
        p.row.start_s = T0 + n * DAY / 2;
        p.row.state = n == 0 ? X_OK : X_BLOCKED;
        put(f, &p, 1);
    }
    struct store_put other = put_of(7, "{}");
    other.row.test_name = "http_header_field_manipulation";
    other.row.state = STORE_NOT_JUDGED;
    other.row.domain = "";
    put(f, &other, 1);
    assert_true(strstr(other.row.uid, "_IR_httpheaderfieldmanipulation_"));
    assert_int_equal(store_count_rejected(f->s, "json", 3), ERR_OK);
    assert_int_equal(store_count_rejected(f->s, "json", 2), ERR_OK);
    uint8_t hash[SHA256_LEN] = {1};
    assert_int_equal(store_reject_once(f->s, hash, "input"), ERR_OK);
    assert_int_equal(store_reject_once(f->s, hash, "input"), ERR_OK);
    struct store_stats st = stats_of(f->s);
    assert_int_equal(st.measurements, 7);
    assert_int_equal(st.not_judged, 1);
    assert_int_equal(st.n_tests, 2);
    assert_string_equal(st.by_test[0].name, "http_header_field_manipulation");
    assert_int_equal(st.by_test[0].measurements, 1);
    assert_int_equal(st.by_test[1].measurements, 6);
    assert_int_equal(st.countries, 1);
    assert_int_equal(st.networks, 3);
    assert_int_equal(st.domains, 1);
    assert_int_equal(st.first_s, T0);
    assert_int_equal(st.last_s, T0 + 5 * DAY / 2);
    assert_int_equal(st.raw_bytes, 6 * strlen("{\"some\":\"bytes\"}") + 2);
    assert_true(st.stored_bytes > 0);
    assert_int_equal(st.by_state[X_OK], 1);
    assert_int_equal(st.by_state[X_BLOCKED], 5);
    assert_int_equal(st.n_countries, 2);
    assert_string_equal(st.by_country[0].cc, "IR");
    assert_int_equal(st.by_country[0].measurements, 5);
    assert_int_equal(st.by_country[0].networks, 3);
    assert_int_equal(st.by_country[0].days, 2);
    assert_int_equal(st.n_rejected, 2);
    assert_string_equal(st.rejected[0].reason, "input");
    assert_int_equal(st.rejected[0].n, 1);
    assert_string_equal(st.rejected[1].reason, "json");
    assert_int_equal(st.rejected[1].n, 5);
    store_stats_fini(&st);
}

/* ---- writers and readers ----------------------------------------------------
 */

static void a_second_writer_is_told_who_has_it(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    pid_t pid = fork();
    if (pid == 0) {
        struct store *s = NULL;
        struct diag d = {{0}};
        char want[32];
        snprintf(want, sizeof(want), "process %d", (int)getppid());
        enum err e = store_open(f->dir, STORE_WRITE, &s, &d);
        _exit(e == ERR_BUSY && strstr(d.text, want) ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void readers_see_what_is_written_meanwhile(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    put_number(f, 1);
    struct store *reader = NULL;
    assert_int_equal(store_open(f->dir, STORE_READ, &reader, NULL), ERR_OK);
    assert_int_equal(count_of(reader), 1);
    put_number(f, 2);
    assert_int_equal(count_of(reader), 2);
    struct store_put p = put_of(3, "{}");
    assert_int_equal(store_put(reader, &p, 1, NULL), ERR_INVAL);
    store_close(reader);
}

static void nothing_to_read_is_said(void **state)
{
    struct fixture *f = *state;
    struct diag d = {{0}};
    struct store *s = NULL;
    assert_int_equal(store_open("/nonexistent/dir", STORE_READ, &s, &d),
                     ERR_NOTFOUND);
    assert_non_null(strstr(d.text, "/nonexistent/dir"));
    assert_int_equal(store_open(f->dir, STORE_READ, &s, &d), ERR_NOTFOUND);
}

/* ---- damage -----------------------------------------------------------------
 */

static void segment_append(const struct fixture *f, const void *p, size_t len)
{
    char path[128];
    path_of(f, "segments/00000001.seg", path);
    int fd = open(path, O_WRONLY | O_APPEND);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, p, len), (ssize_t)len);
    close(fd);
}

static off_t segment_size(const struct fixture *f)
{
    char path[128];
    struct stat st;
    path_of(f, "segments/00000001.seg", path);
    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

static void a_torn_tail_is_cut_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    struct buf frame;
    buf_init(&frame, 4096);
    assert_int_equal(
        segment_frame_write(NULL, &frame, STR("{}"), STR("{\"torn\":true}")),
        ERR_OK);
    for (size_t keep = 1; keep < frame.len; keep += 7) {
        open_store(f, STORE_WRITE);
        put_number(f, (unsigned)keep);
        uint64_t n = count_of(f->s);
        store_close(f->s);
        f->s = NULL;
        off_t whole = segment_size(f);
        segment_append(f, frame.p, keep);
        open_store(f, STORE_WRITE);
        assert_int_equal(segment_size(f), whole);
        assert_int_equal(count_of(f->s), n);
    }
    store_close(f->s);
    f->s = NULL;
    remove_index(f);
    char zeros[5000] = {0};
    off_t whole = segment_size(f);
    segment_append(f, zeros, sizeof(zeros));
    open_store(f, STORE_WRITE);
    assert_int_equal(segment_size(f), whole);
    buf_fini(&frame);
}

static void damage_in_the_middle_costs_one_record(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    put_number(f, 1);
    off_t first = segment_size(f);
    put_number(f, 2);
    put_number(f, 3);
    off_t whole = segment_size(f);
    store_close(f->s);
    f->s = NULL;
    remove_index(f);
    char path[128];
    path_of(f, "segments/00000001.seg", path);
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "XXXX", 4, first + 40), 4);
    close(fd);
    open_store(f, STORE_WRITE);
    assert_int_equal(count_of(f->s), 2);
    assert_int_equal(segment_size(f), whole);
}

static void a_damaged_index_is_made_again(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    for (unsigned n = 0; n < 20; n++) {
        put_number(f, n);
    }
    store_close(f->s);
    f->s = NULL;
    char path[128];
    path_of(f, "index.sqlite", path);
    int fd = open(path, O_WRONLY);
    char junk[4096];
    memset(junk, 'j', sizeof(junk));
    assert_int_equal(pwrite(fd, junk, sizeof(junk), 0), sizeof(junk));
    close(fd);
    open_store(f, STORE_WRITE);
    assert_int_equal(count_of(f->s), 20);
}

/* ---- what earlier versions wrote must stay readable
 * --------------------------
 */

static void assert_facts(const struct store_row *row, struct str meta)
{
    char want[2048], hash[2 * SHA256_LEN + 1];
    hex_encode(row->hash, SHA256_LEN, hash);
    snprintf(want, sizeof(want),
             "{\"uid\":\"%s\",\"hash\":\"%s\",\"start\":1793491201,"
             "\"receipt\":1793491261,\"cc\":\"IR\",\"asn\":137,"
             "\"network\":\"GARR\",\"input\":\"https://www.example.com/\","
             "\"domain\":\"www.example.com\",\"category\":\"NEWS\","
             "\"report_id\":\"id\",\"foreign_uid\":\"\","
             "\"software\":\"parallax/0.1.0\",\"blocking\":\"dns\","
             "\"state\":\"blocked\",\"method\":\"dns\",\"confidence\":0.75,"
             "\"reasons\":\"a,b\",\"inferred\":false,\"verified\":true,"
             "\"test_name\":\"web_connectivity\","
             "\"recorded_blocking\":\"tcp_ip\",\"claimed\":1793491201,"
             "\"timing\":\"in_time\",\"vouched\":\"\","
             "\"place\":\"agrees\","
             "\"site\":\"https://www.example.com/\",\"signatures\":\"\"}",
             row->uid, hash);
    assert_int_equal(meta.len, strlen(want));
    assert_memory_equal(meta.p, want, meta.len);
}

static void the_facts_in_a_frame_are_written_as_ever(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    struct store_put p = put_of(1, "{\"some\":\"bytes\"}");
    put(f, &p, 1);
    char path[128];
    path_of(f, "segments/00000001.seg", path);
    struct buf file, meta, record;
    buf_init(&file, 1 << 20);
    buf_init(&meta, 1 << 20);
    buf_init(&record, 1 << 20);
    assert_int_equal(fs_read(path, 1 << 20, &file, NULL), ERR_OK);
    size_t len = 0;
    assert_int_equal(segment_frame_parse(buf_str(&file), &meta, &record, &len),
                     ERR_OK);
    assert_int_equal(len, file.len);
    assert_facts(&p.row, buf_str(&meta));
    assert_true(str_eq_c(buf_str(&record), "{\"some\":\"bytes\"}"));
    buf_fini(&file);
    buf_fini(&meta);
    buf_fini(&record);
}

static const char schema[] =
    "CREATE TABLE record ( id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE,"
    " hash BLOB NOT NULL, start_s INTEGER NOT NULL,"
    " receipt_s INTEGER NOT NULL, cc TEXT NOT NULL, asn INTEGER NOT NULL,"
    " network_name TEXT NOT NULL, input TEXT NOT NULL, domain TEXT NOT NULL,"
    " category TEXT NOT NULL, report_id TEXT NOT NULL,"
    " foreign_uid TEXT NOT NULL, software TEXT NOT NULL,"
    " blocking TEXT NOT NULL, state INTEGER NOT NULL, method TEXT NOT NULL,"
    " confidence REAL NOT NULL, reasons TEXT NOT NULL,"
    " inferred INTEGER NOT NULL, verified INTEGER NOT NULL,"
    " test_name TEXT NOT NULL, recorded_blocking TEXT NOT NULL,"
    " claimed_s INTEGER NOT NULL, timing INTEGER NOT NULL,"
    " vouched TEXT NOT NULL, place INTEGER NOT NULL,"
    " site TEXT NOT NULL, signatures TEXT NOT NULL,"
    " segment INTEGER NOT NULL, offset INTEGER NOT NULL,"
    " frame_len INTEGER NOT NULL, raw_len INTEGER NOT NULL)\n"
    "CREATE UNIQUE INDEX record_claim ON record(hash, cc, asn)\n"
    "CREATE INDEX record_start ON record(start_s, uid)\n"
    "CREATE INDEX record_cc ON record(cc, start_s, uid)\n"
    "CREATE INDEX record_domain ON record(domain, start_s, uid)\n"
    "CREATE INDEX record_foreign ON record(foreign_uid)"
    " WHERE foreign_uid <> ''\n"
    "CREATE TABLE counter ( name TEXT PRIMARY KEY, n INTEGER NOT NULL)"
    " WITHOUT ROWID\n"
    "CREATE TABLE once (hash BLOB PRIMARY KEY) WITHOUT ROWID\n"
    "CREATE TABLE signature (id BLOB PRIMARY KEY, hash BLOB NOT NULL)"
    " WITHOUT ROWID\n"
    "CREATE TABLE sender (uid TEXT PRIMARY KEY, mask INTEGER NOT NULL)"
    " WITHOUT ROWID\n"
    "CREATE TABLE also (foreign_uid TEXT PRIMARY KEY, uid TEXT NOT NULL)"
    " WITHOUT ROWID\n"
    "CREATE TABLE lost (uid TEXT PRIMARY KEY) WITHOUT ROWID\n"
    "CREATE TABLE place ( one INTEGER PRIMARY KEY CHECK (one = 1),"
    " segment INTEGER NOT NULL, offset INTEGER NOT NULL)\n"
    "CREATE TABLE tally ( cc TEXT NOT NULL, test_name TEXT NOT "
    "NULL, state INTEGER NOT NULL, timing INTEGER NOT NULL, place "
    "INTEGER NOT NULL, vouched INTEGER NOT NULL, n INTEGER NOT "
    "NULL, raw INTEGER NOT NULL, stored INTEGER NOT NULL, PRIMARY "
    "KEY (cc, test_name, state, timing, place, vouched)) WITHOUT "
    "ROWID\n"
    "CREATE TABLE country (cc TEXT PRIMARY KEY, networks INTEGER "
    "NOT NULL DEFAULT 0, domains INTEGER NOT NULL DEFAULT 0, days "
    "INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID\n"
    "CREATE TABLE everywhere (one INTEGER PRIMARY KEY CHECK (one = "
    "1), networks INTEGER NOT NULL, domains INTEGER NOT NULL)\n"
    "CREATE TABLE seen_network (asn INTEGER, cc TEXT, PRIMARY KEY "
    "(asn, cc)) WITHOUT ROWID\n"
    "CREATE TABLE seen_domain (domain TEXT, cc TEXT, PRIMARY KEY "
    "(domain, cc)) WITHOUT ROWID\n"
    "CREATE TRIGGER record_comes BEFORE INSERT ON record BEGIN "
    "DELETE FROM lost WHERE uid = new.uid; INSERT OR IGNORE INTO country (cc) VALUES (new.cc); UPDATE "
    "country SET days = days + 1 WHERE cc = new.cc AND new.start_s "
    "<> 946684800 AND NOT EXISTS (SELECT 1 FROM record WHERE cc = "
    "new.cc AND start_s >= new.start_s / 86400 * 86400 AND start_s "
    "< new.start_s / 86400 * 86400 + 86400); INSERT INTO tally "
    "VALUES (new.cc, new.test_name, new.state, new.timing, "
    "new.place, new.vouched <> '', 1, new.raw_len, new.frame_len) "
    "ON CONFLICT DO UPDATE SET n = n + 1, raw = raw + excluded.raw,"
    " stored = stored + excluded.stored; INSERT OR IGNORE INTO "
    "seen_network SELECT new.asn, new.cc WHERE new.asn <> 0; INSERT"
    " OR IGNORE INTO seen_domain SELECT new.domain, new.cc WHERE "
    "new.domain <> ''; END\n"
    "CREATE TRIGGER network_comes AFTER INSERT ON seen_network "
    "BEGIN UPDATE country SET networks = networks + 1 WHERE cc = "
    "new.cc; UPDATE everywhere SET networks = networks + 1 WHERE "
    "NOT EXISTS (SELECT 1 FROM seen_network WHERE asn = new.asn AND"
    " cc <> new.cc); END\n"
    "CREATE TRIGGER domain_comes AFTER INSERT ON seen_domain BEGIN "
    "UPDATE country SET domains = domains + 1 WHERE cc = new.cc; "
    "UPDATE everywhere SET domains = domains + 1 WHERE NOT EXISTS "
    "(SELECT 1 FROM seen_domain WHERE domain = new.domain AND cc <>"
    " new.cc); END\n"
    "CREATE TRIGGER record_goes AFTER DELETE ON record BEGIN UPDATE"
    " country SET days = days - 1 WHERE cc = old.cc AND old.start_s"
    " <> 946684800 AND NOT EXISTS (SELECT 1 FROM record WHERE cc = "
    "old.cc AND start_s >= old.start_s / 86400 * 86400 AND start_s "
    "< old.start_s / 86400 * 86400 + 86400); UPDATE tally SET n = n"
    " - 1, raw = raw - old.raw_len, stored = stored - old.frame_len"
    " WHERE cc = old.cc AND test_name = old.test_name AND state = "
    "old.state AND timing = old.timing AND place = old.place AND "
    "vouched = (old.vouched <> ''); DELETE FROM tally WHERE n = 0 "
    "AND cc = old.cc; END\n";

static void the_index_has_the_tables_of_its_version(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    char path[128];
    path_of(f, "index.sqlite", path);
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    struct buf got;
    buf_init(&got, 1 << 16);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT sql FROM sqlite_master"
                                        " WHERE sql IS NOT NULL ORDER BY rowid",
                                        -1, &st, NULL),
                     SQLITE_OK);
    while (sqlite3_step(st) == SQLITE_ROW) {
        buf_add_c(&got, (const char *)sqlite3_column_text(st, 0));
        buf_add_byte(&got, '\n');
    }
    sqlite3_finalize(st);
    sqlite3_close(db);
    buf_add_byte(&got, 0);
    assert_int_equal(got.failed, ERR_OK);
    assert_string_equal((const char *)got.p, schema);
    buf_fini(&got);
}

/* ---- all or nothing ---------------------------------------------------------
 */

static void a_batch_with_one_bad_record_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    put_number(f, 9);
    off_t before = segment_size(f);
    size_t big = SEGMENT_RECORD_MAX + 1;
    char *huge = calloc(1, big);
    assert_non_null(huge);
    struct store_put p[2] = {put_of(1, "{}"), put_of(2, "{}")};
    p[1].record = (struct str){huge, big};
    struct diag d = {{0}};
    assert_int_equal(store_put(f->s, p, 2, &d), ERR_LIMIT);
    assert_int_equal(count_of(f->s), 1);
    assert_int_equal(segment_size(f), before);
    assert_false(store_broken(f->s));
    put_number(f, 1);
    free(huge);
}

static char noise[200000];

static void make_noise(void)
{
    crypto_random(noise, sizeof(noise) - 1);
    for (size_t i = 0; i < sizeof(noise) - 1; i++) {
        noise[i] = (char)(noise[i] ? noise[i] : 1);
    }
}

static void a_full_disk_loses_nothing_and_can_be_emptied(void **state)
{
    struct fixture *f = *state;
    signal(SIGXFSZ, SIG_IGN);
    open_store(f, STORE_WRITE);
    put_number(f, 1);
    off_t before = segment_size(f);
    make_noise();
    struct store_put big = put_of(2, noise);
    struct rlimit old, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 100000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct diag d = {{0}};
    enum err e = store_put(f->s, &big, 1, &d);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(e, ERR_NOSPC);
    assert_int_equal(segment_size(f), before);
    assert_int_equal(count_of(f->s), 1);
    assert_false(store_broken(f->s));
    put(f, &big, 1);
    assert_int_equal(count_of(f->s), 2);
}

/* An index of an earlier version, and no room to make it again. */
static void a_collector_starts_on_a_full_disk_all_the_same(void **state)
{
    struct fixture *f = *state;
    struct diag d = {{0}};
    char path[128];
    sqlite3 *db = NULL;
    open_store(f, STORE_WRITE);
    for (unsigned n = 0; n < 20; n++) {
        put_number(f, n);
    }
    store_close(f->s);
    f->s = NULL;
    path_of(f, "index.sqlite", path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "PRAGMA user_version=5", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    for (int with_room = 0; with_room < 2; with_room++) {
        struct store_put p = put_of(100, "{}");
        struct buf b;
        buf_init(&b, 1000);
        disk_full = true;
        enum err refused = store_open(f->dir, STORE_WRITE, &f->s, &d);
        enum err opened = store_open(f->dir, STORE_SERVE, &f->s, &d);
        disk_full = !with_room;
        enum err e = opened == ERR_OK ? store_put(f->s, &p, 1, &d) : opened;
        disk_full = false;
        assert_int_equal(refused, ERR_NOSPC);
        assert_int_equal(opened, ERR_OK);
        assert_int_equal(e, with_room ? ERR_OK : ERR_NOSPC);
        assert_int_equal(store_get(f->s, p.row.uid, &b),
                         with_room ? ERR_OK : ERR_NOSPC);
        buf_fini(&b);
        store_close(f->s);
        f->s = NULL;
        path_of(f, "index.sqlite.new", path);
        assert_int_not_equal(access(path, F_OK), 0);
    }
    open_store(f, STORE_READ);
    assert_int_equal(count_of(f->s), 21);
}

static void a_failed_fsync_ends_all_writing(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    put_number(f, 1);
    fsync_fails = true;
    struct store_put p = put_of(2, "{}");
    struct diag d = {{0}};
    assert_int_equal(store_put(f->s, &p, 1, &d), ERR_IO);
    fsync_fails = false;
    assert_true(store_broken(f->s));
    assert_int_equal(store_put(f->s, &p, 1, &d), ERR_IO);
    assert_int_equal(count_of(f->s), 1);
    open_store(f, STORE_WRITE); /* whatever reached the disk is whole */
    assert_true(count_of(f->s) >= 1);
    put(f, &p, 1);
    assert_int_equal(count_of(f->s), 2);
}

/* ---- what expires -----------------------------------------------------------
 */

static bool first_tag(void *arg, const struct store_row *row)
{
    str_copy(arg, 33, row->x_probe);
    return false;
}

static bool dir_holds(const struct fixture *f, const char *bytes, size_t len)
{
    char cmd[300], path[128];
    path_of(f, "needle", path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    close(fd);
    snprintf(cmd, sizeof(cmd), "LC_ALL=C grep -rqaF -f %s %s --exclude=needle",
             path, f->dir);
    int rc = system(cmd);
    unlink(path);
    return rc == 0;
}

static void tags_expire_after_35_days_without_a_trace(void **state)
{
    struct fixture *f = *state;
    static const char x_probe[] = "41424344454647484950515253545556";
    static const char bytes[] = "ABCDEFGHIPQRSTUV";
    open_store(f, STORE_WRITE);
    struct store_put p = put_of(1, "{}");
    str_copy(p.row.x_probe, 33, x_probe);
    put(f, &p, 1);
    uint8_t key[CRYPTO_KEY_LEN], again[CRYPTO_KEY_LEN];
    assert_int_equal(store_day_key(f->s, p.row.receipt_s, key), ERR_OK);
    assert_int_equal(store_day_key(f->s, p.row.receipt_s, again), ERR_OK);
    assert_memory_equal(key, again, sizeof(key));
    assert_true(dir_holds(f, bytes, 16));
    char tag[33] = "";
    struct store_filter all = {0};
    assert_int_equal(store_expire(f->s, T0 + 35 * DAY, NULL, NULL), ERR_OK);
    assert_int_equal(store_scan(f->s, &all, first_tag, tag), ERR_OK);
    assert_string_equal(tag, x_probe);
    assert_int_equal(store_expire(f->s, T0 + 36 * DAY, NULL, NULL), ERR_OK);
    open_store(f, STORE_WRITE);
    assert_int_equal(store_scan(f->s, &all, first_tag, tag), ERR_OK);
    assert_string_equal(tag, "");
    assert_false(dir_holds(f, bytes, 16));
    assert_false(dir_holds(f, x_probe, 32));
    assert_int_equal(count_of(f->s), 1);
    assert_int_equal(store_day_key(f->s, p.row.receipt_s, again), ERR_OK);
    assert_memory_not_equal(key, again, sizeof(key));
}

struct settling {
    unsigned n, fail_at; /* 0: never */
    int64_t days[64];
};

static enum err settle(void *arg, struct store *s, int64_t day)
{
    struct settling *t = arg;
    char tag[33] = "";
    struct store_filter all = {0};
    assert_true(t->n < 64);
    t->days[t->n++] = day;
    if (t->n == t->fail_at) {
        return ERR_IO;
    }
    assert_int_equal(store_scan(s, &all, first_tag, tag), ERR_OK);
    assert_int_equal(strlen(tag), 32); /* they are there still */
    return store_settle(s, day, STR("counts\n"));
}

static void days_are_settled_before_their_tags_go(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    uint8_t key[CRYPTO_KEY_LEN];
    for (unsigned day = 3; day-- > 0;) {
        struct store_put p = put_of(day, "{}");
        p.row.receipt_s += day * DAY;
        str_copy(p.row.x_probe, 33, "41424344454647484950515253545556");
        put(f, &p, 1);
        /* who measured the day before sent it now */
        assert_int_equal(store_day_key(f->s, p.row.receipt_s - DAY, key),
                         ERR_OK);
    }
    struct buf got;
    buf_init(&got, 100);
    struct settling failing = {.fail_at = 2}, rest = {0}, none = {0};
    assert_int_equal(store_settled(f->s, T0 / DAY - 1, &got), ERR_NOTFOUND);
    assert_int_equal(store_expire(f->s, T0 + 37 * DAY, settle, &failing),
                     ERR_IO);
    assert_int_equal(failing.n, 2);
    assert_int_equal(store_expire(f->s, T0 + 37 * DAY, settle, &rest), ERR_OK);
    /* from all that may have been sent on the first day to the second, but for
     * the one that is settled already */
    assert_int_equal(failing.days[0], T0 / DAY - STORE_TAG_DAYS);
    assert_int_equal(rest.n, STORE_TAG_DAYS + 1);
    for (unsigned i = 0; i < rest.n; i++) {
        assert_int_equal(rest.days[i], T0 / DAY - STORE_TAG_DAYS + 1 + i);
    }
    assert_int_equal(store_expire(f->s, T0 + 37 * DAY, settle, &none), ERR_OK);
    assert_int_equal(none.n, 0);
    /* nothing changes it */
    assert_int_equal(store_settle(f->s, T0 / DAY, STR("others")), ERR_EXISTS);
    open_store(f, STORE_READ);
    assert_int_equal(store_settled(f->s, T0 / DAY, &got), ERR_OK);
    assert_true(str_eq_c(buf_str(&got), "counts\n"));
    assert_int_equal(store_settle(f->s, T0, STR("x")), ERR_INVAL);
    buf_fini(&got);
}

struct tagged {
    unsigned n;
    char cc[4][3], x_probe[4][33], source[4][33];
};

static bool take_tagged(void *arg, const struct store_row *row)
{
    struct tagged *t = arg;
    assert_true(t->n < 4);
    memcpy(t->cc[t->n], row->cc, 3);
    memcpy(t->x_probe[t->n], row->x_probe, 33);
    memcpy(t->source[t->n], row->source_tag, 33);
    t->n++;
    return true;
}

static void a_copy_under_another_place_has_its_own_sender(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    static const char *const places[] = {"TM", "IR", "KZ"};
    for (unsigned i = 0; i < 3; i++) { /* one content, three claims */
        struct store_put p = put_of(1, "{}");
        str_copy(p.row.cc, 3, places[i]);
        if (i < 2) {
            snprintf(p.row.x_probe, 33, "%032u", i + 1);
            snprintf(p.row.source_tag, 33, "%032u", i + 11);
        }
        put(f, &p, 1);
    }
    struct tagged t = {0};
    struct store_filter all = {0};
    assert_int_equal(store_scan(f->s, &all, take_tagged, &t), ERR_OK);
    assert_int_equal(t.n, 3);
    for (unsigned i = 0; i < 3; i++) {
        char x_probe[33] = "", source[33] = "";
        unsigned k = strcmp(t.cc[i], "TM") == 0   ? 1
                     : strcmp(t.cc[i], "IR") == 0 ? 2
                                                  : 0;
        if (k > 0) {
            snprintf(x_probe, 33, "%032u", k);
            snprintf(source, 33, "%032u", k + 10);
        }
        assert_string_equal(t.x_probe[i], x_probe);
        assert_string_equal(t.source[i], source);
    }
}

/* As somebody sends record 1; `who` 0: from nowhere. */
static struct store_put sent_by(unsigned who, int place, bool inferred)
{
    struct store_put p = put_of(1, inferred ? "{\"i\":1}" : "{}");
    p.row.place = place;
    p.row.inferred_location = inferred;
    p.row.receipt_s += who * INT64_C(90000);
    if (who > 0) {
        snprintf(p.row.x_probe, 33, "%032u", who);
        snprintf(p.row.source_tag, 33, "%032u", who + 10);
    }
    return p;
}

/* Texts live as long as the call; this one is looked at later. */
static bool take_row(void *arg, const struct store_row *row)
{
    static char vouched[32];
    struct store_row *out = arg;
    str_copy(vouched, sizeof(vouched), row->vouched);
    *out = *row;
    out->vouched = vouched;
    return false;
}

static struct store_row only_row(struct fixture *f)
{
    struct store_row row = {.uid = ""};
    struct store_filter all = {0};
    assert_int_equal(count_of(f->s), 1);
    assert_int_equal(store_scan(f->s, &all, take_row, &row), ERR_OK);
    return row;
}

static void who_sends_a_record_again_is_known_beside_the_first(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    for (unsigned who = 1; who <= 9; who++) {
        for (unsigned times = 0; times < 3; times++) {
            struct store_put p = sent_by(who, PLACE_UNCHECKED, false);
            put(f, &p, 1);
            assert_int_equal(p.duplicate, who > 1 || times > 0);
        }
    }
    struct store_put none = sent_by(0, PLACE_UNCHECKED, false),
                     old = sent_by(9, PLACE_UNCHECKED, false);
    old.row.timing = TIMING_OLD;
    put(f, &none, 1);
    put(f, &old, 1);
    assert_true(!none.another && !old.another);
    open_store(f, STORE_WRITE);
    struct store_row row = only_row(f);
    assert_in_range(row.n_others, STORE_OTHERS_MAX - 1, STORE_OTHERS_MAX);
    for (unsigned i = 0; i < row.n_others; i++) {
        assert_string_not_equal(row.others[i].source_tag, row.source_tag);
        for (unsigned k = 0; k < i; k++) {
            assert_string_not_equal(row.others[i].source_tag,
                                    row.others[k].source_tag);
        }
    }
}

/* Who filed a copy first, from elsewhere or without a place, gives way to who
 * comes from there; nobody gives way to one who fits no better. */
static void a_copy_that_fits_better_stands_in_its_place(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    struct store_put a = sent_by(1, PLACE_DISAGREES, false),
                     b = sent_by(2, PLACE_UNCHECKED, true),
                     c = sent_by(3, PLACE_UNCHECKED, false),
                     d = sent_by(4, PLACE_AGREES, false),
                     e = sent_by(5, PLACE_AGREES, true),
                     g = sent_by(6, PLACE_UNCHECKED, false);
    a.row.source_tag[0] = '\0'; /* as ingest has it */
    put(f, &a, 1);
    put(f, &b, 1);
    assert_true(b.duplicate && b.fits_better);
    assert_record(f->s, a.row.uid, "{\"i\":1}");
    put(f, &c, 1);
    put(f, &d, 1);
    assert_true(c.fits_better && d.fits_better);
    put(f, &e, 1);
    put(f, &g, 1);
    assert_true(e.duplicate && g.duplicate && !e.fits_better && !g.fits_better);
    for (int lost = 0; lost < 2; lost++) {
        struct store_row row = only_row(f);
        assert_string_equal(row.uid, a.row.uid);
        assert_int_equal(row.place, PLACE_AGREES);
        assert_false(row.inferred_location);
        assert_int_equal(row.receipt_s, a.row.receipt_s);
        assert_int_equal(row.n_others, 4); /* not a's */
        assert_record(f->s, a.row.uid, "{}");
        store_close(f->s);
        f->s = NULL;
        remove_index(f);
        open_store(f, STORE_WRITE);
    }
}

/* What somebody vouches for stays known as those who sent it knew it. */
static void who_vouches_takes_no_observer_away(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    struct store_put a = sent_by(1, PLACE_AGREES, false),
                     b = sent_by(0, PLACE_UNCHECKED, false);
    b.row.receipt_s += 20 * DAY;
    b.row.vouched = "archive";
    put(f, &a, 1);
    put(f, &b, 1);
    assert_true(b.newly_vouched);
    struct store_row row = only_row(f);
    assert_string_equal(row.vouched, "archive");
    assert_string_equal(row.source_tag, a.row.source_tag);
    assert_int_equal(row.place, PLACE_AGREES);
}

static void tags_of_an_earlier_version_are_found_by_the_hash(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    struct store_put p = put_of(1, "{}");
    str_copy(p.row.x_probe, 33, "00112233445566778899aabbccddeeff");
    put(f, &p, 1);
    char path[128];
    path_of(f, "sidecar/2026-11-01.tags", path);
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, p.row.hash, 16, 0), 16);
    close(fd);
    open_store(f, STORE_READ);
    char tag[33] = "";
    struct store_filter all = {0};
    assert_int_equal(store_scan(f->s, &all, first_tag, tag), ERR_OK);
    assert_string_equal(tag, "00112233445566778899aabbccddeeff");
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(a_record_comes_back_byte_for_byte),
        T(the_same_content_again_gives_the_old_uid),
        T(duplicates_inside_one_batch_are_seen),
        T(an_equal_uid_of_other_content_takes_the_next_digits),
        T(each_claim_of_a_place_is_a_record_of_its_own),
        T(a_foreign_uid_is_a_second_key),
        T(so_is_each_that_the_same_content_is_imported_under),
        T(rows_come_in_order_of_time_and_filtered),
        T(a_signature_is_good_once),
        T(what_was_not_stored_has_no_signature),
        T(who_vouches_later_takes_the_place_of_the_record),
        T(stats_count_what_is_claimed),
        T(sums_are_what_counting_gives),
        T(every_column_survives_also_a_lost_index),
        T(stats_count_countries_networks_and_days),
        T(a_second_writer_is_told_who_has_it),
        T(readers_see_what_is_written_meanwhile),
        T(nothing_to_read_is_said),
        T(a_torn_tail_is_cut_and_nothing_else),
        T(damage_in_the_middle_costs_one_record),
        T(a_damaged_index_is_made_again),
        T(the_facts_in_a_frame_are_written_as_ever),
        T(the_index_has_the_tables_of_its_version),
        T(a_batch_with_one_bad_record_leaves_nothing),
        T(a_full_disk_loses_nothing_and_can_be_emptied),
        T(a_collector_starts_on_a_full_disk_all_the_same),
        T(a_failed_fsync_ends_all_writing),
        T(a_copy_under_another_place_has_its_own_sender),
        T(who_sends_a_record_again_is_known_beside_the_first),
        T(a_copy_that_fits_better_stands_in_its_place),
        T(who_vouches_takes_no_observer_away),
        T(tags_of_an_earlier_version_are_found_by_the_hash),
        T(tags_expire_after_35_days_without_a_trace),
        T(days_are_settled_before_their_tags_go),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    log_setup("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
