// SPDX-License-Identifier: Apache-2.0
#include "base/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct region *r;
static struct csv c;
static struct csv_row row;
static struct diag d;

static int setup(void **state)
{
    (void)state;
    r = region_new(1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    region_free(r);
    return 0;
}

static void assert_field(size_t i, const char *want)
{
    assert_true(i < row.n);
    if (!str_eq_c(row.field[i], want)) {
        fail_msg("field %zu is \"%.*s\", not \"%s\"", i, STR_ARG(row.field[i]),
                 want);
    }
}

static enum err next(void)
{
    return csv_next(&c, r, &row, &d);
}

static void csv_reads_plain_and_quoted_fields(void **state)
{
    (void)state;
    csv_init(&c, STR("a,,\"b,\"\"c\"\"\"\r\n\"\",x y\n"));
    assert_int_equal(next(), ERR_OK);
    assert_int_equal(row.n, 3);
    assert_field(0, "a");
    assert_field(1, "");
    assert_field(2, "b,\"c\"");
    assert_int_equal(row.line, 1);
    assert_int_equal(next(), ERR_OK);
    assert_int_equal(row.n, 2);
    assert_field(0, "");
    assert_field(1, "x y");
    assert_int_equal(next(), ERR_NOTFOUND);
    assert_int_equal(next(), ERR_NOTFOUND);
}

static void csv_knows_line_and_column_of_every_field(void **state)
{
    (void)state;
    csv_init(&c, STR("ab,c\n\n\n\"x\ny\",zz,\"q\"\nlast"));
    assert_int_equal(next(), ERR_OK);
    assert_int_equal(row.col[0], 1);
    assert_int_equal(row.col[1], 4);
    assert_int_equal(next(), ERR_OK);
    assert_int_equal(row.line, 4);
    assert_field(0, "x\ny");
    assert_int_equal(row.col[1], 4); /* on the row's second line */
    assert_int_equal(row.col[2], 7);
    assert_int_equal(next(), ERR_OK);
    assert_int_equal(row.line, 6);
    assert_field(0, "last");
}

static void csv_skips_a_byte_order_mark(void **state)
{
    (void)state;
    csv_init(&c, STR("\xef\xbb\xbf\"a\",b"));
    assert_int_equal(next(), ERR_OK);
    assert_field(0, "a");
    assert_int_equal(row.col[0], 1);
}

static void csv_takes_a_quote_inside_a_plain_field_as_it_is(void **state)
{
    (void)state;
    csv_init(&c, STR("5\" disk,a \"b\" c\rd\n"));
    assert_int_equal(next(), ERR_OK);
    assert_field(0, "5\" disk");
    assert_field(1, "a \"b\" c\rd");
}

static void csv_loses_one_row_to_one_mistake(void **state)
{
    char many[400] = "";

    (void)state;
    csv_init(&c, STR("ok,1\nx,\"a\"b,\nok,2\ny,\"open\nok,3\n\0z\nok,4"));
    assert_int_equal(next(), ERR_OK);
    assert_int_equal(next(), ERR_PARSE);
    assert_int_equal(row.line, 2);
    assert_int_equal(row.col[0], 3);
    assert_non_null(strstr(d.text, "closing quote"));
    assert_int_equal(next(), ERR_OK);
    assert_field(1, "2");
    assert_int_equal(next(), ERR_PARSE);
    assert_int_equal(row.line, 4);
    assert_non_null(strstr(d.text, "not closed"));
    assert_int_equal(next(), ERR_OK);
    assert_field(1, "3");
    assert_int_equal(next(), ERR_PARSE);
    assert_non_null(strstr(d.text, "zero byte"));
    assert_int_equal(next(), ERR_OK);
    assert_field(1, "4");
    assert_int_equal(next(), ERR_NOTFOUND);

    memset(many, ',', CSV_MAX_FIELDS);
    csv_init(&c, str_c(many));
    assert_int_equal(next(), ERR_PARSE);
    assert_non_null(strstr(d.text, "too many"));
    many[CSV_MAX_FIELDS - 1] = 0;
    csv_init(&c, str_c(many));
    assert_int_equal(next(), ERR_OK);
    assert_int_equal(row.n, CSV_MAX_FIELDS);
}

static void csv_of_nothing_has_no_rows(void **state)
{
    (void)state;
    csv_init(&c, (struct str){NULL, 0});
    assert_int_equal(next(), ERR_NOTFOUND);
    csv_init(&c, STR("\r\n\n\r\n"));
    assert_int_equal(next(), ERR_NOTFOUND);
}

static void csv_writer_quotes_what_needs_it(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 1000);
    csv_add(&out, STR("plain"), true, false);
    csv_add(&out, STR(""), false, false);
    csv_add(&out, STR("a,b"), false, false);
    csv_add(&out, STR("say \"x\""), false, false);
    csv_add(&out, STR("l\r\nm"), false, false);
    csv_end(&out);
    assert_int_equal(out.failed, ERR_OK);
    assert_string_equal((const char *)out.p,
                        "plain,,\"a,b\",\"say \"\"x\"\"\",\"l\r\nm\"\r\n");
    csv_init(&c, buf_str(&out));
    assert_int_equal(next(), ERR_OK);
    assert_field(3, "say \"x\"");
    assert_field(4, "l\r\nm");
    buf_fini(&out);
}

static void csv_writer_disarms_formulas(void **state)
{
    static const char *const cells[] = {"=1+1", "+1", "-1", "@x", "\tx"};
    struct buf out;

    (void)state;
    buf_init(&out, 1000);
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        buf_clear(&out);
        csv_add(&out, str_c(cells[i]), true, true);
        assert_int_equal(out.failed, ERR_OK);
        assert_int_equal(out.p[0], '\'');
        buf_clear(&out);
        csv_add(&out, str_c(cells[i]), true, false);
        assert_int_equal(out.failed, ERR_OK);
        assert_string_equal((const char *)out.p, cells[i]);
    }
    buf_clear(&out);
    csv_add(&out, STR("=\"x\""), true, true);
    assert_string_equal((const char *)out.p, "\"'=\"\"x\"\"\"");
    buf_fini(&out);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(csv_reads_plain_and_quoted_fields),
        T(csv_knows_line_and_column_of_every_field),
        T(csv_skips_a_byte_order_mark),
        T(csv_takes_a_quote_inside_a_plain_field_as_it_is),
        T(csv_loses_one_row_to_one_mistake),
        T(csv_of_nothing_has_no_rows),
        T(csv_writer_quotes_what_needs_it),
        T(csv_writer_disarms_formulas),
    };

    return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
