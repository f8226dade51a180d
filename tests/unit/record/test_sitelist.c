// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/fs.h"
#include "record/sitelist.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct region *r;
static struct sitelist list;

static struct {
    unsigned n, line, col;
    char file[80], reason[320];
} bad;

static int setup(void **state)
{
    (void)state;
    r = region_new((size_t)1 << 30);
    memset(&list, 0, sizeof(list));
    memset(&bad, 0, sizeof(bad));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    region_free(r);
    return 0;
}

static void on_bad(void *arg, const char *file, unsigned line, unsigned col,
                   const char *reason)
{
    assert_ptr_equal(arg, &bad);
    bad.n++;
    bad.line = line;
    bad.col = col;
    str_copy(bad.file, sizeof(bad.file), file);
    str_copy(bad.reason, sizeof(bad.reason), reason);
}

static void parse(const char *text)
{
    assert_int_equal(
        sitelist_parse(r, "list.csv", str_c(text), &list, on_bad, &bad),
        ERR_OK);
    assert_int_equal(list.rows, list.n + list.bad + list.duplicate);
}

static void sitelist_reads_the_csv_of_citizen_lab(void **state)
{
    (void)state;
    parse("url,category_code,category_description,date_added,source,notes\n"
          "https://www.example.com/,NEWS,News Media,2014-04-15,x,\n"
          "http://b.example/p?q=\"1\",PORN,Pornography,2014-04-15,x,"
          "\"a, b\nc\"\n"
          "http://c.example/,ZZZZ,,,,\n");
    assert_int_equal(list.n, 3);
    assert_int_equal(list.bad, 0);
    assert_string_equal(list.sites[0].input, "https://www.example.com/");
    assert_string_equal(list.sites[0].url.host, "www.example.com");
    assert_string_equal(list.sites[0].category, "NEWS");
    assert_int_equal(list.sites[0].risk, 1);
    assert_int_equal(list.sites[0].line, 2);
    assert_int_equal(list.sites[1].risk, 3);
    assert_int_equal(list.sites[2].line, 5);
    assert_string_equal(list.sites[2].category, "ZZZZ");
    assert_int_equal(list.sites[2].risk, 2);
}

static void sitelist_finds_columns_by_name(void **state)
{
    (void)state;
    parse(
        "\xef\xbb\xbfnotes, category_code,URL\r\nx,GMB,http://a.example/\r\n");
    assert_int_equal(list.n, 1);
    assert_string_equal(list.sites[0].category, "GMB");
    assert_string_equal(list.sites[0].input, "http://a.example/");
}

static void sitelist_reads_csv_that_lost_its_header(void **state)
{
    (void)state;
    parse("http://a.example/,NEWS,x\nhttp://b.example/,REL,x\n");
    assert_int_equal(list.n, 2);
    assert_string_equal(list.sites[1].category, "REL");
    assert_int_equal(list.sites[0].line, 1);
}

static void sitelist_reads_one_url_per_line(void **state)
{
    (void)state;
    parse("# mine\n\n  http://a.example/x?l=1,2  \r\nhttps://b.example\n");
    assert_int_equal(list.n, 2);
    assert_string_equal(list.sites[0].input, "http://a.example/x?l=1,2");
    assert_string_equal(list.sites[0].category, "");
    assert_int_equal(list.sites[0].risk, 2);
    assert_int_equal(list.sites[0].line, 3);
    assert_string_equal(list.sites[1].url.target, "/");
}

static void sitelist_names_each_bad_row_and_reads_on(void **state)
{
    (void)state;
    parse("notes,url,category_code\n"
          "x,http://a.example/,NEWS\n"
          "xyz,ftp://a.example/,NEWS\n"
          "x,http://b.example/,NEWS\n");
    assert_int_equal(list.n, 2);
    assert_int_equal(bad.n, 1);
    assert_int_equal(bad.line, 3);
    assert_int_equal(bad.col, 5);
    assert_string_equal(bad.file, "list.csv");
    assert_true(strlen(bad.reason) > 0);
    parse("url,notes\nhttp://c.example/,\"open\nhttp://d.example/,\n");
    assert_int_equal(bad.n, 2);
    assert_int_equal(bad.line, 2);
    assert_non_null(strstr(bad.reason, "not closed"));
    assert_int_equal(list.n, 3);
    parse("notes,url\nonly one\n");
    assert_int_equal(bad.n, 3);
    assert_string_equal(bad.reason, "no URL");
    parse("https://a.example/\n http://1.2.3.4.5/\n");
    assert_int_equal(bad.line, 2);
    assert_int_equal(bad.col, 9);
    assert_string_equal(bad.reason,
                        "host looks like a number, not like a name");
}

static void sitelist_refuses_private_and_special_addresses(void **state)
{
    (void)state;
    parse("http://127.0.0.1/\nhttp://10.1.2.3/\nhttp://[::1]/\n"
          "http://192.168.1.1:80/\nhttp://169.254.169.254/\n"
          "http://[::ffff:10.0.0.1]/\nhttp://8.8.8.8/\n");
    assert_int_equal(list.n, 1);
    assert_int_equal(list.bad, 6);
}

static void sitelist_counts_duplicates_across_files(void **state)
{
    (void)state;
    parse("http://a.example/\nhttp://A.example\nhttps://a.example/\n");
    assert_int_equal(list.n, 2);
    assert_int_equal(list.duplicate, 1);
    parse("url,category_code\nhttp://a.example/,NEWS\n");
    assert_int_equal(list.n, 2);
    assert_int_equal(list.duplicate, 2);
    assert_int_equal(list.rows, 4);
}

static void sitelist_of_nothing_is_empty(void **state)
{
    (void)state;
    parse("");
    parse("\n\n");
    parse("url,category_code\n");
    assert_int_equal(list.rows, 0);
}

static void risk_classes_follow_the_category(void **state)
{
    (void)state;
    assert_int_equal(sitelist_risk(STR("SRCH")), 0);
    assert_int_equal(sitelist_risk(STR("NEWS")), 1);
    assert_int_equal(sitelist_risk(STR("ANON")), 2);
    assert_int_equal(sitelist_risk(STR("MILX")), 3);
    assert_int_equal(sitelist_risk(STR("")), 2);
    assert_int_equal(sitelist_risk(STR("FEXP")), 2);
    assert_int_equal(sitelist_risk(STR("news")), 2);
    assert_string_equal(sitelist_category_name(STR("LGBT")), "LGBT");
    assert_null(sitelist_category_name(STR("FEXP")));
}

/* 40,000 rows: the mark is 100 ms, the watchdog ten times that. */
static void sitelist_of_forty_thousand_rows_loads_in_time(void **state)
{
    struct buf text;
    int64_t start;

    (void)state;
    buf_init(&text, (size_t)1 << 24);
    buf_add_c(&text, "url,category_code\n");
    for (int i = 0; i < 40000; i++) {
        buf_printf(&text, "https://www.site-%d.example/p/%d,NEWS\n", i, i);
    }
    start = clock_mono_us();
    assert_int_equal(
        sitelist_parse(r, "big", buf_str(&text), &list, NULL, NULL), ERR_OK);
    start = clock_mono_us() - start;
    print_message("40,000 rows in %d ms\n", (int)(start / 1000));
    assert_true(start < 10 * US_PER_S);
    assert_int_equal(list.n, 40000);
    buf_fini(&text);
}

static void sitelist_says_when_memory_runs_out(void **state)
{
    static const char text[] = "url,category_code\nhttp://a.example/,NEWS\n"
                               "http://b.example/,\"a \"\"b\"\"\"\n";
    enum err e = ERR_NOMEM;

    (void)state;
    for (size_t max = 1; e != ERR_OK; max += 7) {
        struct region *small = region_new(max);

        memset(&list, 0, sizeof(list));
        e = sitelist_parse(small, "l", STR(text), &list, NULL, NULL);
        assert_true(e == ERR_OK || e == ERR_NOMEM);
        assert_int_equal(list.bad, 0); /* a row is not bad for that reason */
        region_free(small);
        assert_true(max < 100000);
    }
    assert_int_equal(list.n, 2);
}

/* Lists of others are read where they lie; without them the test says so. */
static void published_lists_have_no_row_that_is_lost(void **state)
{
    const char *shared = getenv("SHARED");
    char pattern[512];
    glob_t files;

    (void)state;
    snprintf(pattern, sizeof(pattern), "%s/data/test-lists/[a-z]*.csv",
             shared ? shared : "../shared");
    if (glob(pattern, 0, NULL, &files) != 0) {
        print_message("skipped: no site lists at %s\n", pattern);
        skip();
    }
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct buf text;

        buf_init(&text, (size_t)1 << 24);
        assert_int_equal(fs_read(files.gl_pathv[i], text.max, &text, NULL),
                         ERR_OK);
        memset(&list, 0, sizeof(list));
        assert_int_equal(sitelist_parse(r, files.gl_pathv[i], buf_str(&text),
                                        &list, on_bad, &bad),
                         ERR_OK);
        assert_int_equal(list.rows, list.n + list.bad + list.duplicate);
        assert_true(list.n > 0);
        if (strstr(files.gl_pathv[i], "/ir.csv")) {
            assert_int_equal(list.rows, 903);
        }
        buf_fini(&text);
    }
    globfree(&files);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(sitelist_reads_the_csv_of_citizen_lab),
        T(sitelist_finds_columns_by_name),
        T(sitelist_reads_csv_that_lost_its_header),
        T(sitelist_reads_one_url_per_line),
        T(sitelist_names_each_bad_row_and_reads_on),
        T(sitelist_refuses_private_and_special_addresses),
        T(sitelist_counts_duplicates_across_files),
        T(sitelist_of_nothing_is_empty),
        T(risk_classes_follow_the_category),
        T(sitelist_of_forty_thousand_rows_loads_in_time),
        T(sitelist_says_when_memory_runs_out),
        T(published_lists_have_no_row_that_is_lost),
    };

    return cmocka_run_group_tests_name("sitelist", tests, NULL, NULL);
}
