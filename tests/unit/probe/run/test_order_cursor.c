// SPDX-License-Identifier: Apache-2.0
/* In what order a list is measured, and where the next run goes on. */
#include "base/fs.h"
#include "probe/run/cursor.h"
#include "probe/run/order.h"
#include "tests/unit/tmp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SITES 40

static char home[64];
static char path[128];
static char urls[SITES][40];
static struct site sites[SITES];
static const struct site *todo[SITES];

static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < SITES; i++) {
        snprintf(urls[i], sizeof(urls[i]), "https://site-%zu.example/", i);
        sites[i] = (struct site){.input = urls[i], .url.text = urls[i]};
        todo[i] = &sites[i];
    }
    tmp_path(home, sizeof(home), "test_cursor_XXXXXX");
    if (!mkdtemp(home)) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/parallax/cursor", home);
    return setenv("XDG_STATE_HOME", home, 1);
}

static int teardown(void **state)
{
    (void)state;
    struct diag d;
    return fs_remove_tree(home, &d) == ERR_OK ? 0 : -1;
}

static struct order order_of(const char *secret)
{
    uint8_t key[SHA256_LEN];
    struct order o;
    order_key(str_c(secret), key);
    assert_int_equal(order_make(&o, key, todo, SITES), ERR_OK);
    assert_non_null(o.rows);
    return o;
}

static bool same_order(const struct order *a, const struct order *b)
{
    for (size_t i = 0; i < SITES; i++) {
        if (a->rows[i].site != b->rows[i].site) {
            return false;
        }
    }
    return true;
}

static void the_order_is_that_of_the_secret_and_not_of_the_list(void **state)
{
    (void)state;
    struct order a = order_of("one");
    const struct site *first = todo[0];
    todo[0] = todo[SITES - 1];
    todo[SITES - 1] = first;
    struct order b = order_of("one");
    struct order c = order_of("two");
    assert_true(same_order(&a, &b));
    assert_false(same_order(&a, &c));
    for (size_t i = 0; i < SITES; i++) {
        todo[i] = &sites[i];
    }
    size_t in_place = 0;
    for (size_t i = 0; i < SITES; i++) {
        in_place += a.rows[i].site == todo[i];
    }
    assert_true(in_place < SITES / 2);
    order_free(&a);
    order_free(&b);
    order_free(&c);
}

/* One run that may measure `n` sites; those in `seen` are counted. */
static void run(unsigned seen[SITES], size_t n)
{
    struct diag d = {""};
    bool found = false;
    uint64_t place = 0;
    struct order o = order_of("one");
    assert_int_equal(cursor_load(7, &found, &place, &d), ERR_OK);
    if (found) {
        assert_int_equal(order_begin_behind(&o, place), ERR_OK);
    }
    for (size_t i = 0; i < n; i++) {
        seen[o.rows[i].site - sites]++;
        order_done(&o, o.rows[i].site);
    }
    if (o.open == SITES) {
        assert_int_equal(cursor_forget(7, &d), ERR_OK);
    } else if (order_reached(&o, &place)) {
        assert_int_equal(cursor_store(7, place, &d), ERR_OK);
    }
    order_free(&o);
}

static void a_run_goes_on_where_the_last_ended(void **state)
{
    (void)state;
    unsigned seen[SITES] = {0};
    run(seen, 24);
    run(seen, 0);
    run(seen, 10);
    for (size_t i = 0, n = 0; i < SITES; i++) {
        assert_true(seen[i] <= 1);
        n += seen[i];
        assert_true(n <= 34);
    }
    run(seen, 10);
    for (size_t i = 0; i < SITES; i++) {
        assert_true(seen[i] >= 1);
    }
    run(seen, SITES);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void a_site_that_is_not_done_is_not_passed_over(void **state)
{
    (void)state;
    uint64_t place = 0;
    struct order o = order_of("one");
    assert_false(order_reached(&o, &place));
    order_done(&o, o.rows[0].site);
    order_done(&o, o.rows[2].site);
    assert_true(order_reached(&o, &place));
    assert_true(place == o.rows[0].place);
    order_done(&o, o.rows[1].site);
    assert_true(order_reached(&o, &place));
    assert_true(place == o.rows[2].place);
    order_free(&o);
}

static void what_was_named_by_hand_comes_first_as_it_was_named(void **state)
{
    (void)state;
    uint64_t place = 0;
    for (size_t i = 0; i < 5; i++) {
        sites[i].chosen = true;
    }
    struct order o = order_of("one");
    assert_int_equal(o.chosen, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_ptr_equal(o.rows[i].site, todo[i]);
        order_done(&o, todo[i]);
    }
    assert_false(order_reached(&o, &place));
    uint64_t tenth = o.rows[9].place;
    const struct site *next = o.rows[10].site;
    const struct site *last = o.rows[9].site;
    order_free(&o);
    o = order_of("one");
    assert_int_equal(order_begin_behind(&o, tenth), ERR_OK);
    assert_ptr_equal(o.rows[4].site, todo[4]);
    assert_ptr_equal(o.rows[5].site, next);
    assert_ptr_equal(o.rows[SITES - 1].site, last);
    order_free(&o);
    for (size_t i = 0; i < 5; i++) {
        sites[i].chosen = false;
    }
}

static void lists_do_not_move_each_others_place(void **state)
{
    (void)state;
    struct diag d = {""};
    bool found = false;
    uint64_t place = 0;
    for (uint64_t set = 1; set <= CURSOR_MAX_SETS + 1; set++) {
        assert_int_equal(cursor_store(set, set * 100, &d), ERR_OK);
    }
    assert_int_equal(cursor_load(1, &found, &place, &d), ERR_OK);
    assert_false(found); /* the one not used for longest */
    assert_int_equal(cursor_load(2, &found, &place, &d), ERR_OK);
    assert_true(found && place == 200);
    assert_int_equal(cursor_forget(2, &d), ERR_OK);
    assert_int_equal(cursor_load(2, &found, &place, &d), ERR_OK);
    assert_false(found);
    assert_int_equal(cursor_load(3, &found, &place, &d), ERR_OK);
    assert_true(found && place == 300);
}

static void a_damaged_file_is_said_to_be_and_replaced(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 15, 17, 16 * (CURSOR_MAX_SETS + 1)};
    char junk[16 * (CURSOR_MAX_SETS + 1)];
    memset(junk, 'x', sizeof(junk));
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct diag d = {""};
        bool found = true;
        uint64_t place = 0;
        assert_int_equal(cursor_store(7, 1, &d), ERR_OK);
        assert_int_equal(
            fs_write_atomic(path, (struct str){junk, sizes[i]}, 0600, &d),
            ERR_OK);
        assert_int_equal(cursor_load(7, &found, &place, &d), ERR_PARSE);
        assert_int_equal(cursor_store(7, 42, &d), ERR_OK);
        assert_int_equal(cursor_load(7, &found, &place, &d), ERR_OK);
        assert_true(found && place == 42);
    }
}

static void the_file_holds_two_numbers_and_is_the_owners(void **state)
{
    (void)state;
    struct stat st;
    struct diag d = {""};
    assert_int_equal(cursor_store(7, 42, &d), ERR_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 16);
    assert_int_equal(st.st_mode & 0777, 0600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            the_order_is_that_of_the_secret_and_not_of_the_list, setup,
            teardown),
        cmocka_unit_test_setup_teardown(a_run_goes_on_where_the_last_ended,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_site_that_is_not_done_is_not_passed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(
            what_was_named_by_hand_comes_first_as_it_was_named, setup,
            teardown),
        cmocka_unit_test_setup_teardown(lists_do_not_move_each_others_place,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_damaged_file_is_said_to_be_and_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(
            the_file_holds_two_numbers_and_is_the_owners, setup, teardown),
    };
    return cmocka_run_group_tests_name("order, cursor", tests, NULL, NULL);
}
