// SPDX-License-Identifier: Apache-2.0
/* The shell of a program: what it finds, says and returns, in the manner of
 * each of our two programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fs.h"
#include "cli/shell.h"
#include "tests/unit/tmp.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- a program ----------------------------------------------------------- */

static const struct opt speak_opts[] = {
    {.name = "twice", .key = "speak.twice", .kind = OPT_FLAG, .help = "twice"},
    {.name = "word",
     .key = "speak.word",
     .kind = OPT_LIST,
     .arg = "WORD",
     .help = "a word"},
};
static const struct opt_table speak_table = {.command = "speak",
                                             .synopsis = "prog speak [options]",
                                             .summary = "speaks",
                                             .opts = speak_opts,
                                             .n_opts = 2};

/* Says one thing at each level. */
static int speak(struct region *r, const struct opt_set *opts)
{
    assert_non_null(region_alloc(r, 100));
    log_error("m", "said at error");
    log_warn("m", "said at warning");
    log_info("m", "said at info");
    log_debug("m", "said at debug");
    log_trace("m", "said at trace");
    return opt_flag(opts, "twice") ? EXIT_PARTLY : EXIT_DONE;
}

static const struct shell_command cmd_speak = {
    .table = &speak_table, .memory = (size_t)1 << 20, .run = speak};

static const struct opt_table count_table = {
    .command = "version", .synopsis = "prog version", .summary = "a version"};

static int version(struct region *r, const struct opt_set *opts)
{
    (void)r;
    (void)opts;
    printf("its own version\n");
    return EXIT_DONE;
}

static const struct shell_command cmd_version = {
    .table = &count_table, .memory = (size_t)1 << 20, .run = version};

static const struct shell_command *const both[] = {&cmd_speak, &cmd_version,
                                                   NULL};
static const struct shell_command *const one[] = {&cmd_speak, NULL};

static const struct shell probe_like = {.program = "prog",
                                        .about = "About.\n\n",
                                        .end = "End.\n",
                                        .width = 10,
                                        .advises = true,
                                        .commands = both};
static const struct shell collector_like = {.program = "prog",
                                            .about = "",
                                            .end = "End.\n",
                                            .width = 10,
                                            .version = "prog 1\n",
                                            .commands = one};

/* ---- what it says -------------------------------------------------------- */

static char home[64], config[128];
static struct buf out, err;

static int setup(void **state)
{
    struct diag d;
    (void)state;
    tmp_path(home, sizeof(home), "test_shell.XXXXXX");
    if (!mkdtemp(home)) {
        return -1;
    }
    snprintf(config, sizeof(config), "%s/parallax", home);
    assert_int_equal(fs_mkdirs(config, 0700, &d), ERR_OK);
    snprintf(config, sizeof(config), "%s/parallax/config", home);
    setenv("XDG_CONFIG_HOME", home, 1);
    unsetenv("PARALLAX_LOG_LEVEL");
    buf_init(&out, 1 << 20);
    buf_init(&err, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    struct diag d;
    (void)state;
    buf_fini(&out);
    buf_fini(&err);
    unsetenv("PARALLAX_LOG_LEVEL");
    return fs_remove_tree(home, &d) == ERR_OK ? 0 : -1;
}

static void configure(const char *text)
{
    struct diag d;
    assert_int_equal(fs_write_atomic(config, str_c(text), 0600, &d), ERR_OK);
}

/* Sends a descriptor to a file until put_back, which reads what came. */
static int divert(int fd, char path[96])
{
    int was = dup(fd);
    snprintf(path, 96, "%s/said.%d", home, fd);
    int to = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(was >= 0 && to >= 0 && dup2(to, fd) == fd);
    close(to);
    return was;
}

static void put_back(int fd, int was, const char *path, struct buf *said)
{
    struct diag d;
    assert_int_equal(dup2(was, fd), fd);
    close(was);
    buf_clear(said);
    assert_int_equal(fs_read(path, 1 << 20, said, &d), ERR_OK);
    assert_int_equal(buf_add(said, "", 1), ERR_OK);
}

/* Runs the words of `line`; `out` and `err` get what was said. */
static int run(const struct shell *sh, const char *line)
{
    char *argv[16] = {NULL}, words[256], *save = NULL, paths[2][96];
    int argc = 0;
    str_copy(words, sizeof(words), line);
    for (char *w = strtok_r(words, " ", &save); w;
         w = strtok_r(NULL, " ", &save)) {
        argv[argc++] = w;
    }
    fflush(stdout);
    int was_out = divert(STDOUT_FILENO, paths[0]);
    int was_err = divert(STDERR_FILENO, paths[1]);
    int status = shell_main(sh, argc, argv);
    fflush(stdout);
    put_back(STDERR_FILENO, was_err, paths[1], &err);
    put_back(STDOUT_FILENO, was_out, paths[0], &out);
    return status;
}

static const char *said(void)
{
    return (const char *)err.p;
}

static const char *printed(void)
{
    return (const char *)out.p;
}

/* ---- the log ------------------------------------------------------------- */

static const char *const levels[] = {"error", "warning", "info", "debug",
                                     "trace"};

#define N_LEVELS (sizeof(levels) / sizeof(levels[0]))

/* What is said is that of the level and of those above it. */
static void assert_level(size_t level)
{
    for (size_t i = 0; i < N_LEVELS; i++) {
        char line[64];
        snprintf(line, sizeof(line), "prog: %s: m: said at %s\n", levels[i],
                 levels[i]);
        if (!strstr(said(), line) != (i > level)) {
            fail_msg("at %s, %s is %s: %s", levels[level], levels[i],
                     i > level ? "said" : "not said", said());
        }
    }
}

static void the_option_sets_what_is_said(void **state)
{
    (void)state;
    static const struct shell *const shells[] = {&probe_like, &collector_like};
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < N_LEVELS; i++) {
            char line[64];
            snprintf(line, sizeof(line), "prog speak --log-level %s",
                     levels[i]);
            assert_int_equal(run(shells[k], line), EXIT_DONE);
            assert_level(i);
        }
        assert_int_equal(run(shells[k], "prog speak"), EXIT_DONE);
        assert_level(1);
    }
}

static void the_nearest_source_of_the_level_wins(void **state)
{
    (void)state;
    configure("log_level = info\n");
    assert_int_equal(run(&probe_like, "prog speak"), EXIT_DONE);
    assert_level(2);
    setenv("PARALLAX_LOG_LEVEL", "debug", 1);
    assert_int_equal(run(&probe_like, "prog speak"), EXIT_DONE);
    assert_level(3);
    assert_int_equal(run(&probe_like, "prog speak --log-level error"),
                     EXIT_DONE);
    assert_level(0);
}

static void a_level_that_is_none_is_wrong_usage(void **state)
{
    (void)state;
    assert_int_equal(run(&probe_like, "prog speak --log-level loud"),
                     EXIT_USAGE);
    assert_string_equal(said(),
                        "prog speak: log level \"loud\" is unknown: error, "
                        "warning, info, debug or trace\n"
                        "Try `prog speak --help`.\n");
    setenv("PARALLAX_LOG_LEVEL", "loud", 1);
    assert_int_equal(run(&collector_like, "prog speak"), EXIT_USAGE);
}

static void settings_are_told_with_their_source(void **state)
{
    (void)state;
    configure("speak.twice = yes\n");
    assert_int_equal(run(&probe_like, "prog speak --word a --word b"),
                     EXIT_PARTLY);
    assert_null(strstr(said(), "settings"));
    assert_int_equal(
        run(&probe_like, "prog speak --word a --word b --log-level info"),
        EXIT_PARTLY);
    assert_non_null(strstr(said(), "prog: info: settings: read from "));
    assert_null(strstr(said(), "speak.word"));
    assert_int_equal(
        run(&probe_like, "prog speak --word a --word b --log-level debug"),
        EXIT_PARTLY);
    assert_non_null(strstr(said(), "prog: debug: settings: speak.twice = true "
                                   "(config file)\n"));
    assert_non_null(strstr(said(), "settings: speak.word = a (command line)\n"
                                   "prog: debug: settings: speak.word = b "
                                   "(command line)\n"));
}

/* ---- commands ------------------------------------------------------------ */

static void help_lists_the_commands(void **state)
{
    (void)state;
    static const char *const ways[] = {"prog --help", "prog -h", "prog help"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(run(&probe_like, ways[i]), EXIT_DONE);
        assert_string_equal(printed(), "Usage: prog COMMAND [options]\n\n"
                                       "About.\n\nCommands:\n"
                                       "  speak      speaks\n"
                                       "  version    a version\n\nEnd.\n");
        assert_string_equal(said(), "");
    }
    assert_int_equal(run(&collector_like, "prog"), EXIT_USAGE);
    assert_string_equal(printed(), "");
    assert_string_equal(said(), "Usage: prog COMMAND [options]\n\n"
                                "Commands:\n  speak      speaks\n"
                                "  version    version of this program\n\n"
                                "End.\n");
}

static void the_version_is_a_text_or_a_command(void **state)
{
    (void)state;
    static const char *const ways[] = {"prog --version", "prog version"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(run(&probe_like, ways[i]), EXIT_DONE);
        assert_string_equal(printed(), "its own version\n");
        assert_int_equal(run(&collector_like, ways[i]), EXIT_DONE);
        assert_string_equal(printed(), "prog 1\n");
    }
}

static void
a_command_that_is_none_is_answered_in_the_programs_manner(void **state)
{
    (void)state;
    assert_int_equal(run(&probe_like, "prog spaek"), EXIT_USAGE);
    assert_string_equal(said(), "prog: there is no command `spaek`; did you "
                                "mean `speak`?\n");
    assert_int_equal(run(&probe_like, "prog elsewhere"), EXIT_USAGE);
    assert_string_equal(said(), "prog: there is no command `elsewhere`; "
                                "`prog --help` lists them\n");
    assert_int_equal(run(&collector_like, "prog spaek"), EXIT_USAGE);
    assert_non_null(strstr(said(), "prog: unknown command 'spaek'\n\nUsage: "));
}

static void help_of_a_command_runs_nothing(void **state)
{
    (void)state;
    assert_int_equal(run(&probe_like, "prog speak --help"), EXIT_DONE);
    assert_non_null(strstr(printed(), "--twice"));
    assert_string_equal(said(), "");
}

static void keys_of_all_commands_may_stand_in_the_file(void **state)
{
    (void)state;
    configure("speak.twice = yes\n");
    assert_int_equal(run(&probe_like, "prog version"), EXIT_DONE);
    configure("nobody.has = this\n");
    assert_int_equal(run(&probe_like, "prog version"), EXIT_USAGE);
}

static void output_that_is_not_written_is_no_success(void **state)
{
    (void)state;
    int was = dup(STDOUT_FILENO);
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    char words[2][16] = {"prog", "version"};
    char *argv[3] = {words[0], words[1], NULL};
    fflush(stdout);
    assert_true(was >= 0 && full >= 0);
    assert_int_equal(dup2(full, STDOUT_FILENO), STDOUT_FILENO);
    int status = shell_main(&probe_like, 2, argv);
    clearerr(stdout);
    assert_int_equal(dup2(was, STDOUT_FILENO), STDOUT_FILENO);
    close(was);
    close(full);
    assert_int_equal(status, EXIT_FAILED);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_option_sets_what_is_said),
        T(the_nearest_source_of_the_level_wins),
        T(a_level_that_is_none_is_wrong_usage),
        T(settings_are_told_with_their_source),
        T(help_lists_the_commands),
        T(the_version_is_a_text_or_a_command),
        T(a_command_that_is_none_is_answered_in_the_programs_manner),
        T(help_of_a_command_runs_nothing),
        T(keys_of_all_commands_may_stand_in_the_file),
        T(output_that_is_not_written_is_no_success),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
