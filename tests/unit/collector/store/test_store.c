// SPDX-License-Identifier: Apache-2.0
/* Conformance of a store, through store.h alone: what is put is there, and is
 * found. */
#include "collector/store/store.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/store/store_claim.h"
#include "tests/unit/collector/store/store_fixture.h"

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

struct page {
    char last[UID_MAX];
    int64_t start_s;
    unsigned n, size;
};

static bool take_page(void *arg, const struct store_row *row)
{
    struct page *p = arg;
    assert_true(row->start_s > p->start_s ||
                (row->start_s == p->start_s && strcmp(row->uid, p->last) > 0));
    p->start_s = row->start_s;
    str_copy(p->last, sizeof(p->last), row->uid);
    return ++p->n % p->size != 0;
}

/* Also through those that are filed nowhere, whose time is one. */
static void a_scan_goes_on_behind_what_it_gave_last(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    for (unsigned n = 0; n < 20; n++) {
        struct store_put p = put_of(n, "{}");
        p.row.start_s = n < 9 ? STORE_CLAIM_NOWHERE : T0 + n / 4;
        str_copy(p.row.cc, 3, n % 2 ? "IR" : "TM");
        put(f, &p, 1);
    }
    static const char *const countries[] = {NULL, "IR", "TM"};
    for (unsigned size = 1; size <= 21; size++) {
        for (unsigned k = 0; k < 3; k++) {
            struct page p = {.size = size};
            struct store_filter filter = {.cc = countries[k]};
            unsigned had = 1;
            for (p.n = 0; had != p.n;) {
                had = p.n;
                assert_int_equal(store_scan(f->s, &filter, take_page, &p),
                                 ERR_OK);
                filter.after_uid = p.last;
                filter.after_s = p.start_s;
            }
            assert_int_equal(p.n, k == 0 ? 20 : 10);
        }
    }
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

/* Two writers would overwrite what the other one acknowledged. */
static void a_lock_file_that_was_removed_lets_nobody_in(void **state)
{
    struct fixture *f = *state;
    struct store *second = NULL;
    struct diag d = {{0}};
    char path[PATH_MAX];
    open_store(f, STORE_WRITE);
    assert_int_equal(fs_join(path, sizeof(path), f->dir, "lock"), ERR_OK);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(store_open(f->dir, STORE_WRITE, &second, &d), ERR_BUSY);
    assert_non_null(strstr(d.text, "another process"));
    put_number(f, 1);
    assert_int_equal(count_of(f->s), 1);
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
        T(a_scan_goes_on_behind_what_it_gave_last),
        T(every_column_survives_also_a_lost_index),
        T(a_second_writer_is_told_who_has_it),
        T(a_lock_file_that_was_removed_lets_nobody_in),
        T(readers_see_what_is_written_meanwhile),
        T(nothing_to_read_is_said),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    log_setup("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
