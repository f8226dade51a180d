// SPDX-License-Identifier: Apache-2.0
/* parallax: finds the subcommand and runs it. */
#include "base/crypto.h"
#include "base/log.h"
#include "probe/cmd/cmds.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

struct command {
    int (*run)(int argc, char **argv);
    const struct opt_table *table;
};

static const struct command commands[] = {
    {cmd_run, &cmd_run_table},         {cmd_diagnose, &cmd_diagnose_table},
    {cmd_analyze, &cmd_analyze_table}, {cmd_consent, &cmd_consent_table},
    {cmd_upload, &cmd_upload_table},   {cmd_version, &cmd_version_table},
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *to)
{
    fprintf(to, "Usage: parallax COMMAND [options]\n\n"
                "Measures which sites can be reached from this network, and "
                "how they are\nblocked if not.\n\nCommands:\n");
    for (size_t i = 0; i < N_COMMANDS; i++) {
        fprintf(to, "  %-10s %s\n", commands[i].table->command,
                commands[i].table->summary);
    }
    fprintf(to, "\n`parallax COMMAND --help` explains one of them.\n"
                "Before the first measurement: `parallax consent`.\n");
}

/* Edit distance of two short words, at most `SUGGEST_MAX` letters each. */
#define SUGGEST_MAX 24

static size_t distance(const char *a, const char *b)
{
    size_t la = strlen(a);
    size_t lb = strlen(b);
    size_t row[SUGGEST_MAX + 1];
    if (la > SUGGEST_MAX || lb > SUGGEST_MAX) {
        return SUGGEST_MAX;
    }
    for (size_t j = 0; j <= lb; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= la; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            size_t best = row[j] + 1;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            row[j] = change < best ? change : best;
        }
    }
    return row[lb];
}

static int unknown_command(const char *word)
{
    const char *best = NULL;
    size_t best_distance = 4; /* farther away is no help */
    for (size_t i = 0; i < N_COMMANDS; i++) {
        const char *name = commands[i].table->command;
        size_t d = distance(word, name);
        if (d < best_distance && d < strlen(name)) {
            best_distance = d;
            best = name;
        }
    }
    fprintf(stderr, "parallax: there is no command `%s`", word);
    if (best) {
        fprintf(stderr, "; did you mean `%s`?\n", best);
    } else {
        fprintf(stderr, "; `parallax --help` lists them\n");
    }
    return EXIT_USAGE;
}

/* Output that could not be written must not look like success. */
static int flushed(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return status;
    }
    fprintf(stderr, "parallax: cannot write standard output\n");
    return status == EXIT_DONE || status == EXIT_PARTLY ? EXIT_FAILED : status;
}

/* Memory counts more than page faults on a small board: what is larger than
 * 64 KB (a DNS channel has 74) goes back at once, instead of leaving holes
 * between what lives longer. */
static void give_memory_back(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 64 * 1024);
    mallopt(M_TRIM_THRESHOLD, 64 * 1024);
    mallopt(M_TOP_PAD, 0);
#endif
}

int main(int argc, char **argv)
{
    give_memory_back();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a full disk is an error, not a death */
    log_setup("parallax", LOG_WARN);
    if (crypto_setup() != ERR_OK) {
        fprintf(stderr, "parallax: this machine gives no random numbers\n");
        return EXIT_FAILED;
    }
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
        !strcmp(argv[1], "help")) {
        print_help(stdout);
        return EXIT_DONE;
    }
    if (!strcmp(argv[1], "--version")) {
        return cmd_version(1, (char *[]){(char *)"version", NULL});
    }
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (!strcmp(argv[1], commands[i].table->command)) {
            return flushed(commands[i].run(argc - 1, argv + 1));
        }
    }
    return unknown_command(argv[1]);
}
