// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/fs.h"
#include "probe/run/outfile.h"
#include "probe/run/progress.h"
#include "probe/run/targets.h"
#include "record/signed_list.h"
#include "tests/unit/tmp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static char dir[64];
static char list[128];
static struct region *r;
static char last_bad[400];

static int setup(void **state)
{
    (void)state;
    tmp_path(dir, sizeof(dir), "test_targets_XXXXXX");
    r = region_new(64u << 20);
    last_bad[0] = '\0';
    if (!r || !mkdtemp(dir)) {
        return -1;
    }
    setenv("XDG_DATA_HOME", dir, 1);
    snprintf(list, sizeof(list), "%s/list.csv", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    struct diag d;
    region_free(r);
    return fs_remove_tree(dir, &d) == ERR_OK ? 0 : -1;
}

static void write_file(const char *path, const char *text)
{
    struct diag d = {""};
    assert_int_equal(fs_write_atomic(path, str_c(text), 0600, &d), ERR_OK);
}

static void on_bad(void *arg, const char *file, unsigned line, unsigned col,
                   const char *reason)
{
    (void)arg;
    snprintf(last_bad, sizeof(last_bad), "%s:%u:%u: %s", file, line, col,
             reason);
}

static const struct consent all = {.given = true,
                                   .accepted = {true, true, true, true}};
static const struct consent mild = {.given = true, .accepted = {true, true}};

static enum err build(struct targets_ask ask, struct targets *t, struct diag *d)
{
    return targets_build(r, &ask, t, on_bad, NULL, d);
}

static const char rows[] =
    "url,category_code,category_description,date_added,source,notes\n"
    "https://news.example/,NEWS,News,2026-11-01,x,\n"
    "https://rights.example/,HUMR,Human rights,2026-11-01,x,\n"
    "https://odd.example/,WHAT,Unknown,2026-11-01,x,\n"
    "https://news.example/,NEWS,News,2026-11-01,x,\n"
    "ftp://bad.example/,NEWS,News,2026-11-01,x,\n"
    "https://shop.example/,COMM,Shop,2026-11-01,x,\n";

static void
rows_outside_the_classes_agreed_to_are_refused_and_counted(void **state)
{
    (void)state;
    struct targets t;
    struct diag d = {""};
    write_file(list, rows);
    assert_int_equal(
        build((struct targets_ask){.list = list, .consent = &mild}, &t, &d),
        ERR_OK);
    assert_int_equal(t.n_todo, 2);
    assert_int_equal(t.refused, 2); /* an unknown category is R3 */
    assert_int_equal(t.bad, 1);
    assert_int_equal(t.skipped, 1);
    assert_string_equal(t.todo[0]->input, "https://news.example/");
    assert_string_equal(t.todo[1]->input, "https://shop.example/");
}

static void a_bad_row_is_named_by_file_line_and_column(void **state)
{
    (void)state;
    struct targets t;
    struct diag d = {""};
    char want[160];
    write_file(list, rows);
    assert_int_equal(
        build((struct targets_ask){.list = list, .consent = &all}, &t, &d),
        ERR_OK);
    snprintf(want, sizeof(want), "%s:6:", list);
    assert_ptr_equal(strstr(last_bad, want), last_bad);
    assert_int_equal(t.n_todo, 4);
}

static void a_url_of_the_command_line_needs_no_class(void **state)
{
    (void)state;
    struct targets t;
    struct diag d = {""};
    const char *urls[] = {"https://rights.example/", "https://news.example/",
                          "https://rights.example/"};
    write_file(list, rows);
    assert_int_equal(build((struct targets_ask){.urls = urls,
                                                .n_urls = 3,
                                                .list = list,
                                                .categories = "COMM",
                                                .consent = &mild},
                           &t, &d),
                     ERR_OK);
    assert_int_equal(t.n_todo, 3);
    assert_string_equal(t.todo[2]->input, "https://shop.example/");
    assert_int_equal(t.skipped, 5);
}

static void a_bad_url_of_the_command_line_is_wrong_usage(void **state)
{
    (void)state;
    static const char *const bad[] = {"ftp://x.example/", "no url", "",
                                      "http://192.168.1.1/", "https://[::1]/"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct targets t;
        struct diag d = {""};
        struct targets_ask ask = {.urls = &bad[i],
                                  .n_urls = 1,
                                  .url_option = "--url ",
                                  .consent = &all};
        assert_int_equal(build(ask, &t, &d), ERR_INVAL);
        assert_ptr_equal(strstr(d.text, "--url "), d.text);
        ask.url_option = NULL;
        assert_int_equal(build(ask, &t, &d), ERR_INVAL);
        assert_ptr_equal(strstr(d.text, bad[i]), d.text);
    }
}

static void an_unknown_category_is_wrong_usage(void **state)
{
    (void)state;
    struct targets t;
    struct diag d = {""};
    write_file(list, rows);
    assert_int_equal(build((struct targets_ask){.list = list,
                                                .categories = "NEWS,NOPE",
                                                .consent = &all},
                           &t, &d),
                     ERR_INVAL);
    assert_non_null(strstr(d.text, "NOPE"));
}

static void without_any_list_it_says_what_to_do(void **state)
{
    (void)state;
    struct targets t;
    struct diag d = {""};
    assert_int_equal(build((struct targets_ask){.consent = &all}, &t, &d),
                     ERR_NOTFOUND);
    assert_non_null(strstr(d.text, "--list"));
}

static void
installed_lists_are_the_global_one_and_that_of_the_country(void **state)
{
    (void)state;
    char path[200];
    struct targets t;
    struct diag d = {""};
    snprintf(path, sizeof(path), "%s/parallax/lists", dir);
    assert_int_equal(fs_mkdirs(path, 0700, &d), ERR_OK);
    snprintf(path, sizeof(path), "%s/parallax/lists/global.csv", dir);
    write_file(path, "https://global.example/\n");
    snprintf(path, sizeof(path), "%s/parallax/lists/xz.csv", dir);
    write_file(path, "https://local.example/\n");
    assert_int_equal(build((struct targets_ask){.consent = &all}, &t, &d),
                     ERR_OK);
    assert_int_equal(t.n_todo, 1);
    assert_int_equal(
        build((struct targets_ask){.country = "XZ", .consent = &all}, &t, &d),
        ERR_OK);
    assert_int_equal(t.n_todo, 2);
    assert_string_equal(t.todo[0]->input, "https://local.example/");
    /* what is asked for just now is measured if its class was agreed to */
    snprintf(path, sizeof(path), "%s/parallax/lists/requests.csv", dir);
    write_file(path, rows);
    assert_int_equal(build((struct targets_ask){.consent = &mild}, &t, &d),
                     ERR_OK);
    assert_int_equal(t.n_todo, 2);
    assert_int_equal(t.refused, 3);
}

/* Writes an installed list. */
static void install(const char *name, const char *text)
{
    char path[200];
    struct diag d = {""};
    snprintf(path, sizeof(path), "%s/parallax/lists", dir);
    assert_int_equal(fs_mkdirs(path, 0700, &d), ERR_OK);
    snprintf(path, sizeof(path), "%s/parallax/lists/%s", dir, name);
    write_file(path, text);
}

static void the_riskiest_class_of_all_lists_counts(void **state)
{
    (void)state;
    struct targets t;
    struct diag d = {""};
    install("xz.csv", "url,category_code\nhttps://a.example/%67ay,GAYL\n");
    install("README.csv", "not a list;at all\n");
    write_file(list, "url,category_code\nhttps://a.example/gay/,NEWS\n"
                     "https://a.example/,NEWS\n");
    assert_int_equal(
        build((struct targets_ask){.list = list, .consent = &mild}, &t, &d),
        ERR_OK);
    assert_int_equal(t.n_todo, 1);
    assert_string_equal(t.todo[0]->input, "https://a.example/");
    assert_int_equal(t.refused, 1);
}

static void may(const struct targets *t, const struct site *s, const char *text,
                bool want)
{
    struct site_consent c = targets_consent(t, s);
    struct url url;
    assert_int_equal(url_parse(r, str_c(text), &url, NULL), ERR_OK);
    assert_int_equal(site_consent_allows(&c, &url), want);
}

static void whoever_names_a_site_has_chosen_its_domain(void **state)
{
    (void)state;
    struct targets t;
    struct diag d = {""};
    const char *urls[] = {"https://www.a.example"};
    install("xz.csv", "url,category_code\nhttps://www.a.example/,LGBT\n"
                      "https://b.example/,PORN\nhttps://c.example/,NEWS\n");
    assert_int_equal(
        build((struct targets_ask){.urls = urls, .n_urls = 1, .consent = &mild},
              &t, &d),
        ERR_OK);
    assert_int_equal(t.n_todo, 1);
    assert_string_equal(t.todo[0]->input, "https://www.a.example/");
    may(&t, t.todo[0], "https://m.a.example/", true);
    may(&t, t.todo[0], "https://b.example/", false);
    may(&t, t.todo[0], "https://c.example/", true);
    may(&t, t.todo[0], "https://d.example/", true);
}

/* A site of the command line that a list has, too, keeps what the list says. */
static void a_chosen_site_has_the_category_of_its_row(void **state)
{
    (void)state;
    struct targets t;
    struct diag d = {""};
    const char *urls[] = {"https://a.example/"};
    write_file(list, "url,category_code\nhttps://a.example,COMM\n"
                     "https://a.example/,PORN\nhttps://a.example/x,COMM\n");
    assert_int_equal(build((struct targets_ask){.urls = urls,
                                                .n_urls = 1,
                                                .list = list,
                                                .consent = &mild},
                           &t, &d),
                     ERR_OK);
    assert_int_equal(t.n_todo, 2);
    assert_string_equal(t.todo[0]->category, "PORN");
    may(&t, t.todo[0], "http://a.example/", true);
    may(&t, t.todo[1], "http://a.example/", false);
}

static void a_list_that_is_not_certain_is_refused_in_one_sentence(void **state)
{
    (void)state;
    struct targets t;
    struct diag d = {""};
    write_file(list, "url,category_code\nhttps://a.example/a,b,LGBT\n");
    assert_int_equal(
        build((struct targets_ask){.list = list, .consent = &all}, &t, &d),
        ERR_PARSE);
    assert_non_null(strstr(d.text, "list.csv is not read"));
    assert_non_null(strstr(d.text, "line 2"));
    assert_string_equal(last_bad, "");
    /* an installed one of which nobody knows what it holds ends the run, too */
    install("xz.csv", "url;kind\nhttps://a.example/;LGBT\n");
    write_file(list, "https://a.example/\n");
    assert_int_equal(
        build((struct targets_ask){.list = list, .consent = &all}, &t, &d),
        ERR_PARSE);
    assert_non_null(strstr(d.text, "xz.csv"));
}

static void retired_categories_may_be_asked_for(void **state)
{
    (void)state;
    struct targets t;
    struct diag d = {""};
    write_file(list, rows);
    assert_int_equal(build((struct targets_ask){.list = list,
                                                .categories = "fexp",
                                                .consent = &all},
                           &t, &d),
                     ERR_OK);
    assert_int_equal(t.n_todo, 1);
    assert_string_equal(t.todo[0]->category, "NEWS");
}

static void an_unreadable_list_is_named(void **state)
{
    (void)state;
    struct targets t;
    struct diag d = {""};
    assert_int_equal(
        build((struct targets_ask){.list = "/nowhere/x.csv", .consent = &all},
              &t, &d),
        ERR_IO);
    assert_non_null(strstr(d.text, "/nowhere/x.csv"));
    assert_int_not_equal(
        build((struct targets_ask){.list = dir, .consent = &all}, &t, &d),
        ERR_OK);
}

static void records_are_appended_line_by_line(void **state)
{
    (void)state;
    char path[128];
    struct outfile *o = NULL;
    struct diag d = {""};
    struct buf text;
    snprintf(path, sizeof(path), "%s/out.jsonl", dir);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(outfile_open(path, &o, &d), ERR_OK);
        assert_int_equal(outfile_line(o, STR("{}"), &d), ERR_OK);
        assert_int_equal(outfile_close(o, &d), ERR_OK);
    }
    buf_init(&text, 100);
    assert_int_equal(fs_read(path, 100, &text, &d), ERR_OK);
    assert_true(str_eq_c(buf_str(&text), "{}\n{}\n"));
    buf_fini(&text);
    assert_int_not_equal(outfile_open(dir, &o, &d), ERR_OK);
    assert_non_null(strstr(d.text, dir));
}

static void half_a_line_of_an_earlier_run_is_left_alone(void **state)
{
    (void)state;
    char path[128];
    struct outfile *o = NULL;
    struct diag d = {""};
    struct buf text;
    snprintf(path, sizeof(path), "%s/torn.jsonl", dir);
    assert_int_equal(fs_write_atomic(path, STR("{}\n{\"a"), 0600, &d), ERR_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(outfile_open(path, &o, &d), ERR_OK);
        assert_int_equal(outfile_line(o, STR("{}"), &d), ERR_OK);
        assert_int_equal(outfile_close(o, &d), ERR_OK);
    }
    buf_init(&text, 100);
    assert_int_equal(fs_read(path, 100, &text, &d), ERR_OK);
    assert_true(str_eq_c(buf_str(&text), "{}\n{\"a\n{}\n{}\n"));
    buf_fini(&text);
}

static void a_full_disk_is_told_by_name(void **state)
{
    (void)state;
    struct outfile *o = NULL;
    struct diag d = {""};
    assert_int_equal(outfile_open("/dev/full", &o, &d), ERR_OK);
    assert_int_equal(outfile_line(o, STR("{}"), &d), ERR_NOSPC);
    assert_non_null(strstr(d.text, "/dev/full"));
    assert_int_equal(outfile_close(o, &d), ERR_OK);
}

static void sizes_and_times_read_like_a_person_says_them(void **state)
{
    (void)state;
    char bytes[16];
    char time[32];

    static const struct {
        uint64_t n;
        const char *text;
    } sizes[] = {{0, "0 B"},         {999, "999 B"},
                 {1000, "1.0 kB"},   {123456, "123 kB"},
                 {999999, "1.0 MB"}, {5400000000u, "5.4 GB"}};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        progress_format_bytes(sizes[i].n, bytes);
        assert_string_equal(bytes, sizes[i].text);
    }
    progress_format_time(59400000, time);
    assert_string_equal(time, "59 s");
    progress_format_time(INT64_C(130000000), time);
    assert_string_equal(time, "2 min 10 s");
    progress_format_time(INT64_C(7260000000), time);
    assert_string_equal(time, "2 h 1 min");
}

static struct minisign_secret list_secret;

/* A signed list, as an update leaves it in the state directory. */
static void take_in(const char *name, const char *text, const char *comment,
                    struct buf *file)
{
    struct diag d = {""};
    struct buf signature;
    char path[160];
    buf_init(&signature, MINISIGN_MAX_BYTES);
    assert_int_equal(
        minisign_sign(&list_secret, str_c(text), str_c(comment), &signature),
        ERR_OK);
    buf_clear(file);
    assert_int_equal(signed_list_join(str_c(text), buf_str(&signature), file),
                     ERR_OK);
    buf_fini(&signature);
    setenv("XDG_STATE_HOME", dir, 1);
    snprintf(path, sizeof(path), "%s/parallax/lists", dir);
    assert_int_equal(fs_mkdirs(path, 0700, &d), ERR_OK);
    snprintf(path, sizeof(path), "%s/parallax/lists/%s", dir, name);
    assert_int_equal(fs_write_atomic(path, buf_str(file), 0600, &d), ERR_OK);
}

static void an_installed_list_that_has_expired_is_passed_over(void **state)
{
    (void)state;
    struct targets t;
    struct diag d = {""};
    struct buf file;
    int64_t first_s = 0; /* the first second after its last day */
    assert_int_equal(crypto_setup(), ERR_OK);
    assert_int_equal(clock_parse("2026-12-01", &first_s), ERR_OK);
    minisign_new(&list_secret);
    buf_init(&file, 1 << 16);
    take_in("global.csv", rows, "file:global.csv version:1 expires:2026-11-30",
            &file);
    struct targets_ask ask = {.consent = &all, .now_s = first_s - 1};
    assert_int_equal(build(ask, &t, &d), ERR_OK);
    assert_int_equal(t.n_todo, 4);
    ask.now_s = 0; /* the clock is not trusted */
    assert_int_equal(build(ask, &t, &d), ERR_OK);
    ask.now_s = first_s;
    assert_int_equal(build(ask, &t, &d), ERR_NOTFOUND);
    assert_non_null(strstr(last_bad, "until 2026-11-30"));
    unsetenv("XDG_STATE_HOME");
    buf_fini(&file);
}

/* On a card that fails, or changed by somebody: the list that the volunteer
 * has beside it is measured, and why is told. */
static void an_installed_list_that_was_changed_is_passed_over(void **state)
{
    (void)state;
    static const char *const good = "file:global.csv version:1 "
                                    "expires:2099-12-31";
    struct targets t;
    struct diag d = {""};
    struct minisign_keys keys = {.n = 1}, others = {.n = 1};
    struct minisign_secret other;
    struct buf file;
    char path[160], data[96];
    assert_int_equal(crypto_setup(), ERR_OK);
    minisign_new(&list_secret);
    minisign_new(&other);
    minisign_public_of(&list_secret, &keys.k[0]);
    minisign_public_of(&other, &others.k[0]);
    buf_init(&file, 1 << 16);
    snprintf(data, sizeof(data), "%s/data", dir);
    snprintf(path, sizeof(path), "%s/parallax/lists", data);
    assert_int_equal(fs_mkdirs(path, 0700, &d), ERR_OK);
    snprintf(path, sizeof(path), "%s/parallax/lists/global.csv", data);
    write_file(path, "url,category_code\nhttps://own.example/,NEWS\n");
    setenv("XDG_DATA_HOME", data, 1);
    struct targets_ask ask = {.consent = &all, .keys = &keys};
    take_in("global.csv", rows, good, &file);
    assert_int_equal(build(ask, &t, &d), ERR_OK);
    assert_int_equal(t.n_todo, 4);
    ask.keys = &others; /* a key that is believed no more */
    assert_int_equal(build(ask, &t, &d), ERR_OK);
    assert_int_equal(t.n_todo, 1);
    assert_non_null(strstr(last_bad, "not believed"));
    ask.keys = &keys;
    take_in("global.csv", rows, "file:xz.csv version:1 expires:2099-12-31",
            &file);
    assert_int_equal(build(ask, &t, &d), ERR_OK);
    assert_int_equal(t.n_todo, 1);
    assert_non_null(strstr(last_bad, "signed as xz.csv"));
    take_in("global.csv", rows, good, &file);
    snprintf(path, sizeof(path), "%s/parallax/lists/global.csv", dir);
    for (size_t n = 0; n < file.len; n += 7) {
        assert_int_equal(
            fs_write_atomic(path, str_sub(buf_str(&file), 0, n), 0600, &d),
            ERR_OK);
        assert_int_equal(build(ask, &t, &d), ERR_OK);
        assert_int_equal(t.n_todo, 1);
        assert_string_equal(t.todo[0]->url.host, "own.example");
    }
    unsetenv("XDG_STATE_HOME");
    unsetenv("XDG_DATA_HOME");
    buf_fini(&file);
}

/* Of what a list says of a site's risk the worst counts, whoever signed it. */
static void a_signed_list_lowers_no_class(void **state)
{
    (void)state;
    struct targets t;
    struct diag d = {""};
    struct buf file;
    struct consent some = {.given = true, .accepted = {true, true}};
    struct targets_ask ask = {.consent = &some};
    assert_int_equal(crypto_setup(), ERR_OK);
    minisign_new(&list_secret);
    buf_init(&file, 1 << 16);
    take_in("xz.csv",
            "url,category_code,risk_class\nhttps://harm.example/,PORN,R3\n",
            "file:xz.csv version:1 expires:2099-12-31", &file);
    take_in("global.csv",
            "url,category_code,risk_class\nhttps://harm.example/,NEWS,R0\n"
            "https://fine.example/,NEWS,R0\nhttps://odd.example/,PORN,R0\n",
            "file:global.csv version:1 expires:2099-12-31", &file);
    assert_int_equal(build(ask, &t, &d), ERR_OK);
    assert_int_equal(t.n_todo, 1);
    assert_string_equal(t.todo[0]->url.host, "fine.example");
    assert_int_equal(t.refused, 2);
    unsetenv("XDG_STATE_HOME");
    buf_fini(&file);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(rows_outside_the_classes_agreed_to_are_refused_and_counted),
        T(a_bad_row_is_named_by_file_line_and_column),
        T(a_url_of_the_command_line_needs_no_class),
        T(a_bad_url_of_the_command_line_is_wrong_usage),
        T(an_unknown_category_is_wrong_usage),
        T(without_any_list_it_says_what_to_do),
        T(installed_lists_are_the_global_one_and_that_of_the_country),
        T(an_installed_list_that_has_expired_is_passed_over),
        T(an_installed_list_that_was_changed_is_passed_over),
        T(a_signed_list_lowers_no_class),
        T(the_riskiest_class_of_all_lists_counts),
        T(whoever_names_a_site_has_chosen_its_domain),
        T(a_chosen_site_has_the_category_of_its_row),
        T(a_list_that_is_not_certain_is_refused_in_one_sentence),
        T(retired_categories_may_be_asked_for),
        T(an_unreadable_list_is_named),
        T(records_are_appended_line_by_line),
        T(half_a_line_of_an_earlier_run_is_left_alone),
        T(a_full_disk_is_told_by_name),
        T(sizes_and_times_read_like_a_person_says_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
