// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/cur.h"
#include "base/diag.h"
#include "base/map.h"
#include "base/region.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void numbers_are_read_whole_or_refused(void **state)
{
    (void)state;
    int64_t v = 7;
    assert_int_equal(str_to_i64(STR("42"), 0, 100, &v), ERR_OK);
    assert_int_equal(v, 42);
    assert_int_equal(
        str_to_i64(STR("-9223372036854775808"), INT64_MIN, INT64_MAX, &v),
        ERR_OK);
    assert_true(v == INT64_MIN);
    assert_int_equal(
        str_to_i64(STR("9223372036854775808"), INT64_MIN, INT64_MAX, &v),
        ERR_LIMIT);
    assert_int_equal(str_to_i64(STR("12x"), 0, 100, &v), ERR_PARSE);
    assert_int_equal(str_to_i64(STR(""), 0, 100, &v), ERR_PARSE);
    assert_int_equal(str_to_i64(STR("-"), -5, 100, &v), ERR_PARSE);
    assert_int_equal(str_to_i64(STR("101"), 0, 100, &v), ERR_LIMIT);
    assert_true(v == INT64_MIN); /* untouched by the failures */
}

static void fields_are_cut_one_by_one(void **state)
{
    (void)state;
    struct str rest = STR("a,,b"), f;
    assert_true(str_next(&rest, ',', &f) && str_eq_c(f, "a"));
    assert_true(str_next(&rest, ',', &f) && f.len == 0);
    assert_true(str_next(&rest, ',', &f) && str_eq_c(f, "b"));
    assert_false(str_next(&rest, ',', &f));
}

static void strings_compare_in_byte_order(void **state)
{
    (void)state;
    assert_true(str_cmp(STR("a"), STR("b")) < 0);
    assert_true(str_cmp(STR("a"), STR("aa")) < 0);
    assert_true(str_cmp(STR("\xC3"), STR("z")) > 0);
    assert_true(str_ieq_c(STR("HoSt"), "host"));
    assert_int_equal(str_find(STR("abcabd"), STR("abd")), 3);
    assert_true(str_find(STR("ab"), STR("abc")) == SIZE_MAX);
    assert_true(str_eq_c(str_trim(STR(" \t x \r\n")), "x"));
    char out[4];
    assert_int_equal(str_copy(out, sizeof(out), "abcdef"), 6);
    assert_string_equal(out, "abc");
}

static int cleaned;

static void note_cleanup(void *arg)
{
    cleaned = cleaned * 10 + *(int *)arg;
}

static void a_region_keeps_its_maximum_and_runs_cleanups(void **state)
{
    (void)state;
    struct region *r = region_new(100000);
    assert_non_null(r);
    char *s = region_strdup(r, "hello");
    assert_string_equal(s, "hello");
    uint64_t *big = region_calloc(r, 1000, sizeof(*big));
    assert_non_null(big);
    assert_int_equal((uintptr_t)big % _Alignof(max_align_t), 0);
    for (int i = 0; i < 1000; i++) {
        assert_true(big[i] == 0);
    }
    assert_null(region_alloc(r, 100000));
    assert_null(region_calloc(r, SIZE_MAX / 2, 4));
    assert_null(region_alloc(NULL, 1));
    assert_string_equal(region_printf(r, "%d-%s", 5, "x"), "5-x");
    int one = 1, two = 2;
    assert_int_equal(region_on_free(r, note_cleanup, &one), ERR_OK);
    assert_int_equal(region_on_free(r, note_cleanup, &two), ERR_OK);
    cleaned = 0;
    region_free(r);
    assert_int_equal(cleaned, 21);
}

static void a_regions_array_grows_up_to_its_maximum(void **state)
{
    (void)state;
    struct region *r = region_new(100000);
    void *items = NULL;
    size_t cap = 0;
    for (size_t n = 0; n < 20; n++) {
        assert_int_equal(region_grow(r, &items, &cap, n, sizeof(int), 20),
                         ERR_OK);
        ((int *)items)[n] = (int)n;
    }
    assert_int_equal(region_grow(r, &items, &cap, 20, sizeof(int), 20),
                     ERR_LIMIT);
    for (int n = 0; n < 20; n++) {
        assert_int_equal(((int *)items)[n], n);
    }
    region_free(r);
}

static void a_buffer_refuses_to_pass_its_maximum(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10);
    assert_int_equal(buf_add_c(&b, "12345"), ERR_OK);
    assert_int_equal(buf_printf(&b, "%s", "67890"), ERR_OK);
    assert_int_equal(buf_add_byte(&b, 'x'), ERR_LIMIT);
    assert_int_equal(b.failed, ERR_LIMIT);
    assert_int_equal(buf_add(&b, "", 0), ERR_LIMIT); /* it sticks */
    assert_true(str_eq_c(buf_str(&b), "1234567890"));
    buf_clear(&b);
    assert_int_equal(buf_add_u16(&b, 0x1234), ERR_OK);
    assert_int_equal(buf_add_u32(&b, 0x56789ABC), ERR_OK);
    assert_memory_equal(b.p, "\x12\x34\x56\x78\x9A\xBC", 6);
    buf_drop(&b, 4);
    assert_int_equal(b.len, 2);
    buf_fini(&b);
}

static void a_cursor_never_reads_past_the_end(void **state)
{
    (void)state;
    struct cur c = cur_of("\x01\x02\x03\x04\x05\x06\x07", 7);
    assert_int_equal(cur_u8(&c), 1);
    assert_int_equal(cur_u16(&c), 0x0203);
    struct str three = cur_bytes(&c, 3);
    struct cur sub = cur_of(three.p, three.len);
    assert_int_equal(cur_u24(&sub), 0x040506);
    assert_int_equal(cur_left(&sub), 0);
    assert_false(sub.bad);
    assert_int_equal(cur_u16(&c), 0);
    assert_true(c.bad);
    assert_int_equal(cur_u8(&c), 0); /* stays bad although a byte is left */
    assert_int_equal(cur_left(&c), 0);
}

static void dates_survive_the_way_there_and_back(void **state)
{
    (void)state;

    static const struct {
        int64_t s;
        const char *text;
    } cases[] = {
        {0, "1970-01-01 00:00:00"},
        {951782400, "2000-02-29 00:00:00"},
        {4102444799, "2099-12-31 23:59:59"},
        {2147483648, "2038-01-19 03:14:08"},
        {-1, "1969-12-31 23:59:59"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char out[20];
        int64_t back;
        assert_int_equal(clock_format(cases[i].s, out), ERR_OK);
        assert_string_equal(out, cases[i].text);
        assert_int_equal(clock_parse(out, &back), ERR_OK);
        assert_true(back == cases[i].s);
    }
    int64_t t = 5;
    char out[20];
    assert_int_equal(clock_parse("2026-11-24", &t), ERR_OK);
    assert_true(t == 1795478400);
    assert_int_equal(clock_parse("2026-11-24T01:02:03Z", &t), ERR_OK);
    assert_int_equal(clock_parse("2026-02-29", &t), ERR_PARSE);
    assert_int_equal(clock_parse("2026-11-24T01:02:03", &t), ERR_PARSE);
    assert_int_equal(clock_parse("2026-11-24 25:00:00", &t), ERR_PARSE);
    assert_int_equal(clock_parse("2026-1-2", &t), ERR_PARSE);
    assert_int_equal(clock_format(INT64_MAX, out), ERR_INVAL);
}

static void a_map_keeps_its_entries_and_bounds(void **state)
{
    (void)state;
    struct map *m = map_new(1000);
    assert_non_null(m);
    static int values[1000];
    char key[16];
    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof(key), "key%d", i);
        assert_int_equal(map_put(m, str_c(key), &values[i]), ERR_OK);
    }
    assert_int_equal(map_put(m, STR("one more"), NULL), ERR_LIMIT);
    assert_int_equal(map_put(m, STR("key5"), NULL), ERR_EXISTS);
    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof(key), "key%d", i);
        assert_ptr_equal(map_get(m, str_c(key)), &values[i]);
    }
    assert_null(map_get(m, STR("nothing")));
    assert_null(map_get(m, STR("")));
    map_free(m);
}

static void errno_keeps_its_meaning(void **state)
{
    (void)state;
    assert_int_equal(err_from_errno(ENOSPC), ERR_NOSPC);
    assert_int_equal(err_from_errno(EMFILE), ERR_FDLIMIT);
    assert_int_equal(err_from_errno(EROFS), ERR_READONLY);
    assert_int_equal(err_from_errno(EPERM), ERR_ACCESS);
    assert_int_equal(err_from_errno(EPIPE), ERR_IO);
    for (int e = ERR_OK; e <= ERR_INTERNAL; e++) {
        assert_string_not_equal(err_str((enum err)e), "unknown error");
    }
    struct diag d;
    assert_int_equal(diag_set(&d, ERR_PARSE, "line %d", 3), ERR_PARSE);
    assert_string_equal(d.text, "line 3");
    assert_int_equal(diag_set(NULL, ERR_PARSE, "nobody listens"), ERR_PARSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_whole_or_refused),
        cmocka_unit_test(fields_are_cut_one_by_one),
        cmocka_unit_test(strings_compare_in_byte_order),
        cmocka_unit_test(a_region_keeps_its_maximum_and_runs_cleanups),
        cmocka_unit_test(a_regions_array_grows_up_to_its_maximum),
        cmocka_unit_test(a_buffer_refuses_to_pass_its_maximum),
        cmocka_unit_test(a_cursor_never_reads_past_the_end),
        cmocka_unit_test(dates_survive_the_way_there_and_back),
        cmocka_unit_test(a_map_keeps_its_entries_and_bounds),
        cmocka_unit_test(errno_keeps_its_meaning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
