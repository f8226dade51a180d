// SPDX-License-Identifier: Apache-2.0
/* What main does in every program with subcommands. */
#include "cli/shell.h"

#include "base/crypto.h"
#include "cli/distance.h"
#include "cli/opt_help.h"
#include "cli/opt_set.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* A word farther from a command than this many letters is not taken for it. */
#define NEAR_MAX 3

/* ---- help ---------------------------------------------------------------- */

static void list_row(const struct shell *sh, FILE *to, const char *name,
                     const char *summary)
{
    fprintf(to, "  %-*s %s\n", sh->width, name, summary);
}

static void print_help(const struct shell *sh, FILE *to)
{
    fprintf(to, "Usage: %s COMMAND [options]\n\n%sCommands:\n", sh->program,
            sh->about);
    for (size_t i = 0; sh->commands[i]; i++) {
        const struct opt_table *t = sh->commands[i]->table;
        list_row(sh, to, t->command, t->summary);
    }
    if (sh->version) {
        list_row(sh, to, "version", "version of this program");
    }
    fprintf(to, "\n%s", sh->end);
}

static int unknown_command(const struct shell *sh, const char *word)
{
    const char *best = NULL;
    size_t best_distance = NEAR_MAX + 1;
    if (!sh->advises) {
        fprintf(stderr, "%s: unknown command '%s'\n\n", sh->program, word);
        print_help(sh, stderr);
        return EXIT_USAGE;
    }
    for (size_t i = 0; sh->commands[i]; i++) {
        const char *name = sh->commands[i]->table->command;
        size_t d = distance(str_c(word), str_c(name));
        if (d < best_distance && d < strlen(name)) {
            best_distance = d;
            best = name;
        }
    }
    fprintf(stderr, "%s: there is no command `%s`", sh->program, word);
    if (best) {
        fprintf(stderr, "; did you mean `%s`?\n", best);
    } else {
        fprintf(stderr, "; `%s --help` lists them\n", sh->program);
    }
    return EXIT_USAGE;
}

/* ---- one command --------------------------------------------------------- */

/* Output that could not be written must not look like success. */
static int flushed(const struct shell *sh, int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return status;
    }
    fprintf(stderr, "%s: cannot write standard output\n", sh->program);
    return status == EXIT_DONE || status == EXIT_PARTLY ? EXIT_FAILED : status;
}

static int wrong_options(const struct shell *sh, const struct opt_table *t,
                         enum err e, const struct diag *d)
{
    fprintf(stderr, "%s %s: %s\n", sh->program, t->command,
            d->text[0] ? d->text : err_str(e));
    if (sh->advises && e == ERR_INVAL) {
        fprintf(stderr, "Try `%s %s --help`.\n", sh->program, t->command);
    }
    return e == ERR_INVAL || e == ERR_PARSE ? EXIT_USAGE : EXIT_FAILED;
}

static void set_log_level(const struct shell *sh, const struct opt_set *opts)
{
    enum log_level level;
    if (log_level_of(opt_str(opts, "log-level"), &level)) {
        log_setup(sh->program, level);
    }
}

static void log_setting(const struct opt_entry *e, const char *value)
{
    static const char *const sources[] = {"default", "config file",
                                          "environment", "command line"};
    bool given = e->source != OPT_FROM_DEFAULT;
    log_at(given ? LOG_DEBUG : LOG_TRACE, "settings", "%s = %s (%s)",
           e->o->key ? e->o->key : e->o->name, value, sources[e->source]);
}

/* What was set and where, at `debug`; the defaults too, at `trace`. */
static void log_settings(const struct opt_set *opts)
{
    if (opts->file) {
        log_info("settings", "read from %s", opts->file);
    }
    for (size_t i = 0; i < opts->n; i++) {
        const struct opt_entry *e = &opts->entries[i];
        if (e->o->kind == OPT_FLAG) {
            log_setting(e, e->num ? "true" : "false");
        } else if (e->o->kind != OPT_LIST) {
            log_setting(e, e->text ? e->text : "");
        }
        for (size_t k = 0; k < e->n_items; k++) {
            log_setting(e, e->items[k]);
        }
    }
}

/* The options are read, and the command does the rest. */
static int run_in(struct region *r, const struct shell *sh,
                  const struct shell_command *c, int argc, char **argv)
{
    const struct opt_table *known[SHELL_MAX_COMMANDS + 1] = {NULL};
    struct opt_set *opts = NULL;
    struct diag d = {""};
    bool help = false;
    for (size_t i = 0; sh->commands[i] && i < SHELL_MAX_COMMANDS; i++) {
        known[i] = sh->commands[i]->table;
    }
    enum err e = opt_parse(r, c->table, known, argc, argv, &opts, &help, &d);
    if (e != ERR_OK) {
        return wrong_options(sh, c->table, e, &d);
    }
    if (help) {
        opt_help(c->table);
        return EXIT_DONE;
    }
    set_log_level(sh, opts);
    log_settings(opts);
    return c->run(r, opts);
}

static int run(const struct shell *sh, const struct shell_command *c, int argc,
               char **argv)
{
    struct region *r = NULL;
    int status = EXIT_FAILED;
    if (crypto_setup() != ERR_OK) {
        fprintf(stderr, "%s: this machine gives no random numbers\n",
                sh->program);
        return EXIT_FAILED;
    }
    r = region_new(c->memory);
    if (r) {
        status = run_in(r, sh, c, argc, argv);
    } else {
        fprintf(stderr, "%s %s: %s\n", sh->program, c->table->command,
                err_str(ERR_NOMEM));
    }
    region_free(r);
    return flushed(sh, status);
}

/* ---- all of it ----------------------------------------------------------- */

static const struct shell_command *find(const struct shell *sh,
                                        const char *name)
{
    const struct shell_command *const *c = sh->commands;
    while (*c && strcmp(name, (*c)->table->command) != 0) {
        c++;
    }
    return *c;
}

static bool is_one_of(const char *word, const char *a, const char *b,
                      const char *c)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0 || strcmp(word, c) == 0;
}

int shell_main(const struct shell *sh, int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a full disk is an error, not a death */
    log_setup(sh->program, LOG_WARN);
    if (argc < 2) {
        print_help(sh, stderr);
        return EXIT_USAGE;
    }
    if (is_one_of(argv[1], "--help", "-h", "help")) {
        print_help(sh, stdout);
        return flushed(sh, EXIT_DONE);
    }
    bool version = strcmp(argv[1], "--version") == 0;
    if (sh->version && (version || strcmp(argv[1], "version") == 0)) {
        printf("%s", sh->version);
        return flushed(sh, EXIT_DONE);
    }
    if (version) {
        char *plain[] = {(char *)"version", NULL};
        return run(sh, find(sh, plain[0]), 1, plain);
    }
    const struct shell_command *c = find(sh, argv[1]);
    return c ? run(sh, c, argc - 1, argv + 1) : unknown_command(sh, argv[1]);
}
