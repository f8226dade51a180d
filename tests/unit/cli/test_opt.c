// SPDX-License-Identifier: Apache-2.0
#include "base/fs.h"
#include "cli/opt.h"
#include "cli/opt_file.h"
#include "cli/opt_help.h"
#include "cli/opt_set.h"
#include "tests/unit/tmp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct opt run_opts[] = {
    {.name = "url", .kind = OPT_LIST, .arg = "URL", .help = "measure URL"},
    {.name = "parallel",
     .key = "run.parallel",
     .kind = OPT_INT,
     .min = 1,
     .max = 64,
     .def = "8",
     .arg = "N",
     .help = "sites at once"},
    {.name = "budget",
     .key = "run.budget",
     .kind = OPT_BYTES,
     .min = 1024,
     .max = INT64_C(1) << 40,
     .def = "500m",
     .help = "bytes to use"},
    {.name = "no-upload", .kind = OPT_FLAG, .help = "keep results here"},
    {.name = "collector",
     .key = "collector",
     .kind = OPT_STR,
     .arg = "URL",
     .help = "where to send"},
    {.name = "category",
     .key = "run.category",
     .kind = OPT_LIST,
     .def = "NEWS,REL",
     .help = "only these"},
    {.key = "run.metered", .kind = OPT_FLAG, .help = "metered line"},
};
static const struct opt consent_opts[] = {
    {.name = "accept",
     .kind = OPT_MAYBE,
     .def = "R0,R1",
     .arg = "CLASSES",
     .help = "accept"},
    {.name = "show", .kind = OPT_MAYBE, .help = "show"},
    {.key = "consent.note", .kind = OPT_STR, .help = "note"},
};
static const struct opt_table run_table = {.command = "run",
                                           .synopsis = "parallax run [options]",
                                           .summary = "Measures.",
                                           .opts = run_opts,
                                           .n_opts = 7,
                                           .max_args = 1};
static const struct opt_table consent_table = {.command = "consent",
                                               .synopsis = "parallax consent",
                                               .opts = consent_opts,
                                               .n_opts = 3};
static const struct opt_table *const known[] = {&run_table, &consent_table,
                                                NULL};

static struct region *r;
static struct opt_set *s;
static struct diag d;
static bool help;
static char home[64], config[128];

static int setup(void **state)
{
    (void)state;
    r = region_new(1 << 20);
    s = NULL;
    d.text[0] = 0;
    tmp_path(home, sizeof(home), "test_opt.XXXXXX");
    if (!mkdtemp(home)) {
        return -1;
    }
    snprintf(config, sizeof(config), "%s/parallax", home);
    mkdir(config, 0700);
    snprintf(config, sizeof(config), "%s/parallax/config", home);
    setenv("XDG_CONFIG_HOME", home, 1);
    unsetenv("PARALLAX_RUN_PARALLEL");
    unsetenv("PARALLAX_RUN_CATEGORY");
    unsetenv("PARALLAX_RUN_METERED");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    region_free(r);
    return fs_remove_tree(home, &d) == ERR_OK ? 0 : -1;
}

static enum err parse_with(const struct opt_table *t, const char *line)
{
    char *argv[32], *copy = region_strdup(r, line), *save = NULL;
    int argc = 0;

    assert_non_null(copy);
    for (char *w = strtok_r(copy, " ", &save); w;
         w = strtok_r(NULL, " ", &save)) {
        argv[argc++] = w;
    }
    argv[argc] = NULL;
    return opt_parse(r, t, known, argc, argv, &s, &help, &d);
}

static enum opt_source source_of(const char *name)
{
    return opt_set_find(s, name)->source;
}

static void run_ok(const char *line)
{
    enum err e = parse_with(&run_table, line);

    if (e) {
        print_message("%s\n", d.text);
    }
    assert_int_equal(e, ERR_OK);
}

static void run_fails(const char *line, const char *why)
{
    assert_int_equal(parse_with(&run_table, line), ERR_INVAL);
    assert_null(s);
    if (!strstr(d.text, why)) {
        fail_msg("\"%s\" does not say \"%s\"", d.text, why);
    }
}

static void write_config(const char *text)
{
    assert_int_equal(fs_write_atomic(config, str_c(text), 0600, &d), ERR_OK);
}

static void options_take_values_in_both_forms(void **state)
{
    const char *const *items;

    (void)state;
    run_ok("run --url http://a/?x=1,2 --url=http://b/ --parallel 3 "
           "--budget=20M --no-upload arg");
    assert_int_equal(opt_list(s, "url", &items), 2);
    assert_string_equal(items[0], "http://a/?x=1,2");
    assert_string_equal(items[1], "http://b/");
    assert_int_equal(opt_int(s, "parallel"), 3);
    assert_int_equal(opt_int(s, "run.parallel"), 3);
    assert_int_equal(opt_int(s, "budget"), 20 << 20);
    assert_true(opt_flag(s, "no-upload"));
    assert_true(opt_given(s, "parallel"));
    assert_false(opt_given(s, "collector"));
    assert_null(opt_str(s, "collector"));
    assert_int_equal(opt_args(s, &items), 1);
    assert_string_equal(items[0], "arg");
}

static void options_that_are_not_given_have_their_default(void **state)
{
    const char *const *items;

    (void)state;
    run_ok("run");
    assert_int_equal(opt_int(s, "parallel"), 8);
    assert_int_equal(opt_int(s, "budget"), 500 << 20);
    assert_int_equal(opt_list(s, "category", &items), 2);
    assert_string_equal(items[1], "REL");
    assert_false(opt_flag(s, "no-upload"));
    assert_int_equal(source_of("parallel"), OPT_FROM_DEFAULT);
    assert_int_equal(opt_args(s, NULL), 0);
    assert_string_equal(opt_str(s, "log-level"), "warning");
    assert_null(opt_str(s, "nonsense"));
    assert_int_equal(opt_int(s, "nonsense"), 0);
    assert_false(opt_flag(s, "nonsense"));
}

static void nearer_sources_win(void **state)
{
    const char *const *items;

    (void)state;
    write_config("run.parallel = 2\nrun.category = GMB , HUMR\n"
                 "run.metered = true\nconsent.note = a # not this\n");
    run_ok("run");
    assert_int_equal(opt_int(s, "parallel"), 2);
    assert_int_equal(source_of("parallel"), OPT_FROM_FILE);
    assert_int_equal(opt_list(s, "category", &items), 2);
    assert_string_equal(items[1], "HUMR");
    assert_true(opt_flag(s, "run.metered"));
    assert_string_equal(opt_str(s, "consent.note"), "a");
    setenv("PARALLAX_RUN_PARALLEL", "4", 1);
    setenv("PARALLAX_RUN_CATEGORY", "ENV", 1);
    setenv("PARALLAX_RUN_METERED", "false", 1);
    setenv("PARALLAX_NO_SUCH_KEY", "x", 1);
    run_ok("run");
    assert_int_equal(opt_int(s, "parallel"), 4);
    assert_int_equal(source_of("parallel"), OPT_FROM_ENV);
    assert_int_equal(opt_list(s, "category", &items), 1);
    assert_false(opt_flag(s, "run.metered"));
    setenv("PARALLAX_RUN_PARALLEL", "", 1); /* says nothing */
    run_ok("run");
    assert_int_equal(opt_int(s, "parallel"), 2);
    assert_int_equal(source_of("parallel"), OPT_FROM_FILE);
    run_ok("run --parallel 5 --category A --category B,C");
    assert_int_equal(opt_int(s, "parallel"), 5);
    assert_int_equal(source_of("parallel"), OPT_FROM_ARG);
    assert_int_equal(opt_list(s, "category", &items), 2);
    assert_string_equal(items[1], "B,C");
}

/* The probe and the collector read the same file if none is named. */
static void keys_of_our_other_program_are_passed_over(void **state)
{
    (void)state;
    write_config("collector.listen = 127.0.0.1:1\nrun.parallel = 2\n"
                 "control.ports = nonsense\ndata = /x\ndata = /y\n");
    run_ok("run");
    assert_int_equal(opt_int(s, "parallel"), 2);
    assert_null(opt_str(s, "data"));
}

static void wrong_usage_is_explained(void **state)
{
    (void)state;
    run_fails("run --paralel 3", "did you mean --parallel?");
    run_fails("run --xyzzy-plugh", "see --help");
    run_fails("run -x", "unknown option -x");
    run_fails("run --parallel", "needs a value: N");
    run_fails("run --url --no-upload", "--url needs a value");
    run_fails("run --parallel 0", "between 1 and 64");
    run_fails("run --parallel 65", "between 1 and 64");
    run_fails("run --parallel 1x", "\"1x\" is not a whole number");
    run_fails("run --budget 12q", "size such as");
    run_fails("run --budget 1", "between");
    run_fails("run --budget 99999999999999999999", "between");
    run_fails("run --budget 9999999999999g", "between");
    run_fails("run --no-upload=yes", "takes no value");
    run_fails("run --collector a --collector b", "given twice");
    run_fails("run a b", "unexpected argument \"b\"");
    run_fails("run --log-level loud", "log level");
    run_fails("run --config /nonexistent/config", "/nonexistent/config");
    run_fails("run --accept", "unknown option --accept");
}

static void two_dashes_end_the_options(void **state)
{
    const char *const *args;

    (void)state;
    run_ok("run -- --help");
    assert_int_equal(opt_args(s, &args), 1);
    assert_string_equal(args[0], "--help");
    run_ok("run -");
    assert_int_equal(opt_args(s, &args), 1);
    assert_string_equal(args[0], "-");
}

static void help_is_seen_before_anything_else(void **state)
{
    (void)state;
    assert_int_equal(parse_with(&run_table, "run --nonsense --help"), ERR_OK);
    assert_true(help);
    run_ok("run");
    assert_false(help);
}

static void maybe_options_take_a_value_or_not(void **state)
{
    (void)state;
    assert_int_equal(parse_with(&consent_table, "consent"), ERR_OK);
    assert_false(opt_flag(s, "accept"));
    assert_null(opt_str(s, "accept"));
    assert_int_equal(parse_with(&consent_table, "consent --accept"), ERR_OK);
    assert_true(opt_flag(s, "accept"));
    assert_string_equal(opt_str(s, "accept"), "R0,R1");
    assert_int_equal(parse_with(&consent_table, "consent --accept R0,R2"),
                     ERR_OK);
    assert_string_equal(opt_str(s, "accept"), "R0,R2");
    assert_int_equal(parse_with(&consent_table, "consent --accept --show=x"),
                     ERR_OK);
    assert_string_equal(opt_str(s, "show"), "x");
    assert_int_equal(parse_with(&consent_table, "consent --show"), ERR_OK);
    assert_string_equal(opt_str(s, "show"), "");
}

static void mistakes_in_the_file_are_named_with_their_line(void **state)
{
    static const char *const cases[][2] = {
        {"# fine\n\nno.such.key = 1\n", "config:3: unknown key"},
        {"run.paralel = 3\n",
         "key \"run.paralel\"; did you mean run.parallel?"},
        {"collector.trusted_proxies = 1\n", "mean collector.trusted_proxy?"},
        {"colector = x\n", "did you mean collector?"},
        {"x = 1\n", "unknown key \"x\""},
        {"run.parallel 3\n", "config:1: key = value"},
        {"run.parallel = 99\n", "config:1: run.parallel: \"99\""},
        {"run.parallel = 2\nrun.parallel = 2\n", "config:2: run.parallel is"},
        {"run.metered = maybe\n", "true or false"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        write_config(cases[i][0]);
        run_fails("run", cases[i][1]);
    }
    setenv("PARALLAX_RUN_PARALLEL", "x", 1);
    write_config("");
    run_fails("run", "PARALLAX_RUN_PARALLEL: \"x\"");
}

static void a_named_file_replaces_the_usual_one(void **state)
{
    char other[160], line[300];

    (void)state;
    write_config("run.parallel = 2\n");
    snprintf(other, sizeof(other), "%s/other", home);
    assert_int_equal(
        fs_write_atomic(other, STR("collector = x#y\r\n"), 0600, &d), ERR_OK);
    snprintf(line, sizeof(line), "run --config %s", other);
    run_ok(line);
    assert_int_equal(opt_int(s, "parallel"), 8);
    assert_string_equal(opt_str(s, "collector"), "x#y");
}

static void memory_that_runs_out_is_no_wrong_usage(void **state)
{
    char *argv[] = {(char[]){"run"},       (char[]){"--url"},
                    (char[]){"http://a/"}, (char[]){"--parallel=3"},
                    (char[]){"arg"},       NULL};
    enum err e = ERR_NOMEM;

    (void)state;
    write_config("run.category = A,B\n");
    for (size_t max = 1; e != ERR_OK; max += 11) {
        struct region *small = region_new(max);

        e = opt_parse(small, &run_table, known, 5, argv, &s, &help, &d);
        assert_true(e == ERR_OK || e == ERR_NOMEM);
        region_free(small);
        assert_true(max < 100000);
    }
}

static void help_names_every_option_with_default_range_and_key(void **state)
{
    int fds[2], keep = dup(STDOUT_FILENO);
    char text[4096];
    ssize_t n;

    (void)state;
    assert_int_equal(pipe(fds), 0);
    fflush(stdout);
    dup2(fds[1], STDOUT_FILENO);
    opt_help(&run_table);
    fflush(stdout);
    dup2(keep, STDOUT_FILENO);
    close(keep);
    close(fds[1]);
    n = read(fds[0], text, sizeof(text) - 1);
    close(fds[0]);
    assert_true(n > 0);
    text[n] = 0;
    assert_non_null(strstr(text, "Usage: parallax run [options]\n"));
    assert_non_null(
        strstr(text, "  --parallel N            sites at once (default 8; 1 to "
                     "64; key run.parallel)\n"));
    assert_non_null(strstr(text, "--url URL"));
    assert_non_null(strstr(text, "--no-upload "));
    assert_non_null(strstr(text, "--config FILE"));
    assert_non_null(strstr(text, "--help"));
    assert_non_null(strstr(text, "metered")); /* no option, only a key */
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(options_take_values_in_both_forms),
        T(options_that_are_not_given_have_their_default),
        T(nearer_sources_win),
        T(keys_of_our_other_program_are_passed_over),
        T(wrong_usage_is_explained),
        T(two_dashes_end_the_options),
        T(help_is_seen_before_anything_else),
        T(maybe_options_take_a_value_or_not),
        T(mistakes_in_the_file_are_named_with_their_line),
        T(a_named_file_replaces_the_usual_one),
        T(memory_that_runs_out_is_no_wrong_usage),
        T(help_names_every_option_with_default_range_and_key),
    };

    return cmocka_run_group_tests_name("opt", tests, NULL, NULL);
}
