// SPDX-License-Identifier: Apache-2.0
/* A clock that is wrong for a while, as the store sees it. */
#include "collector/store/store_claim.h"
#include "collector/store/store_clock.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/collector/store/store_fixture.h"

#define HOUR INT64_C(3600)

static enum store_clock_says told(struct fixture *f, int64_t now_s,
                                  int64_t *believed_s)
{
    enum store_clock_says says = STORE_CLOCK_GOOD;
    assert_int_equal(store_clock(f->s, now_s, &says, believed_s), ERR_OK);
    assert_int_equal(store_clock_now(f->s, now_s), says);
    return says;
}

static void assert_told(struct fixture *f, int64_t now_s,
                        enum store_clock_says want, int64_t want_s)
{
    int64_t believed_s = 0;
    assert_int_equal(told(f, now_s, &believed_s), want);
    assert_int_equal(believed_s, want_s);
}

static void a_jump_is_not_believed_and_a_year_of_days_is(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    for (int i = 0; i < 400; i++) {
        assert_told(f, T0 + i * DAY, STORE_CLOCK_GOOD, T0 + i * DAY);
    }
    int64_t now = T0 + 399 * DAY;
    assert_told(f, now + 36 * DAY, STORE_CLOCK_AHEAD, now);
    open_store(f, STORE_WRITE); /* nor at the next start */
    assert_told(f, now + 36 * DAY + HOUR, STORE_CLOCK_AHEAD, now);
    assert_told(f, now + HOUR, STORE_CLOCK_GOOD, now + HOUR);
    /* it was off for long: a day later that is sure */
    now += 36 * DAY;
    assert_told(f, now, STORE_CLOCK_AHEAD, now - 36 * DAY + HOUR);
    assert_told(f, now + 23 * HOUR, STORE_CLOCK_AHEAD, now - 36 * DAY + HOUR);
    assert_told(f, now + DAY, STORE_CLOCK_GOOD, now + DAY);
}

static void put_claim(struct fixture *f, unsigned n, int64_t claimed_s,
                      int64_t receipt_s)
{
    struct store_put p = put_of(n, "{}");
    p.row.receipt_s = receipt_s;
    store_claim_time(&p.row, claimed_s);
    put(f, &p, 1);
}

static void what_probes_send_tells_the_time(void **state)
{
    struct fixture *f = *state;
    int64_t now = T0 + 100 * DAY;
    open_store(f, STORE_WRITE);
    assert_told(f, T0, STORE_CLOCK_GOOD, T0);
    put_claim(f, 1, T0, now);
    assert_told(f, now, STORE_CLOCK_AHEAD, T0);
    put_claim(f, 2, now - HOUR, now);
    assert_told(f, now, STORE_CLOCK_GOOD, now);
}

static void what_comes_while_it_is_back_is_dated_by_the_newest(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    assert_int_equal(store_receipt(f->s, T0), T0);
    assert_told(f, T0, STORE_CLOCK_GOOD, T0);
    assert_int_equal(store_receipt(f->s, T0 - HOUR), T0 - HOUR);
    assert_told(f, T0 - 200 * DAY, STORE_CLOCK_BACK, T0 - 200 * DAY);
    assert_int_equal(store_receipt(f->s, T0 - 200 * DAY), T0);
    assert_int_equal(store_receipt(f->s, T0 + 50 * DAY), T0 + 50 * DAY);
    assert_told(f, T0 - 199 * DAY, STORE_CLOCK_GOOD, T0 - 199 * DAY);
    assert_int_equal(store_receipt(f->s, T0 - 199 * DAY), T0 - 199 * DAY);
}

/* A store of before: the day on which something last came was believed. */
static void a_store_without_a_time_has_its_newest_day(void **state)
{
    struct fixture *f = *state;
    struct store_put p = put_of(1, "{}");
    str_copy(p.row.source_tag, sizeof(p.row.source_tag),
             "00112233445566778899aabbccddeeff");
    open_store(f, STORE_WRITE);
    put(f, &p, 1);
    assert_told(f, T0 + 36 * DAY, STORE_CLOCK_AHEAD, T0 + DAY);
}

static bool take_row(void *arg, const struct store_row *row)
{
    struct store_row *out = arg;
    out->start_s = row->start_s;
    out->receipt_s = row->receipt_s;
    out->timing = row->timing;
    memcpy(out->uid, row->uid, sizeof(out->uid));
    memcpy(out->source_tag, row->source_tag, sizeof(out->source_tag));
    return true;
}

/* What came under a wrong clock counts when it comes again under a right one;
 * an index that is made again says the same. */
static void the_same_record_under_a_right_clock_is_in_time(void **state)
{
    struct fixture *f = *state;
    static const int64_t wrong[] = {T0 - 200 * DAY, T0 + 50 * DAY};
    struct store_filter all = {0};
    for (unsigned i = 0; i < 2; i++) {
        struct store_row row = {0};
        struct store_put p = put_of(10 + i, "{}");
        char uid[UID_MAX];
        open_store(f, STORE_WRITE);
        put_claim(f, 10 + i, T0, wrong[i]);
        p.row.receipt_s = T0 + HOUR;
        store_claim_time(&p.row, T0);
        str_copy(p.row.source_tag, sizeof(p.row.source_tag),
                 "00112233445566778899aabbccddeeff");
        put(f, &p, 1);
        assert_true(p.duplicate);
        memcpy(uid, p.row.uid, sizeof(uid));
        for (unsigned k = 0; k < 2; k++) {
            all.since_s = T0;
            all.until_s = T0 + DAY;
            assert_int_equal(store_scan(f->s, &all, take_row, &row), ERR_OK);
            assert_string_equal(row.source_tag, p.row.source_tag);
            assert_int_equal(row.timing, TIMING_IN_TIME);
            assert_int_equal(row.start_s, T0);
            assert_int_equal(row.receipt_s, T0 + HOUR);
            struct diag d = {{0}};
            store_close(f->s);
            f->s = NULL;
            assert_int_equal(store_rebuild(f->dir, false, &f->s, &d), ERR_OK);
        }
        store_close(f->s);
        f->s = NULL;
        assert_int_equal(fs_remove_tree(f->dir, NULL), ERR_OK);
    }
    assert_int_equal(fs_mkdirs(f->dir, 0700, NULL), ERR_OK);
}

static void what_is_kept_is_read_or_is_none(void **state)
{
    (void)state;
    char text[STORE_CLOCK_TEXT_MAX];
    struct store_clock c = {.last_s = T0, .other_s = T0 + 1}, read;
    store_clock_write(&c, text);
    store_clock_read(str_c(text), &read);
    assert_int_equal(read.last_s, T0);
    assert_int_equal(read.other_s, T0 + 1);
    static const char *const bad[] = {"", "1", "x 1\n", "1 -1\n",
                                      "99999999999999 0\n"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        store_clock_read(str_c(bad[i]), &read);
        assert_int_equal(read.last_s, 0);
        assert_int_equal(read.other_s, 0);
    }
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(a_jump_is_not_believed_and_a_year_of_days_is),
        T(what_probes_send_tells_the_time),
        T(what_comes_while_it_is_back_is_dated_by_the_newest),
        T(a_store_without_a_time_has_its_newest_day),
        T(the_same_record_under_a_right_clock_is_in_time),
        T(what_is_kept_is_read_or_is_none),
    };
#undef T
    return crypto_setup() == ERR_OK ? cmocka_run_group_tests(tests, NULL, NULL)
                                    : 1;
}
