// SPDX-License-Identifier: Apache-2.0
/* parallax-collector: receives, checks, keeps and reports measurements. */
#include "collector/cmd/cmds.h"

#include "base/crypto.h"
#include "base/log.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct command {
    const struct opt_table *options;
    int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
    {&serve_options, cmd_serve},   {&control_options, cmd_control},
    {&import_options, cmd_import}, {&stats_options, cmd_stats},
    {&report_options, cmd_report}, {&fingerprints_options, cmd_fingerprints},
};

static const size_t n_commands = sizeof(commands) / sizeof(commands[0]);

static void usage(FILE *f)
{
    fprintf(f, "Usage: parallax-collector COMMAND [options]\n\n"
               "Commands:\n");
    for (size_t i = 0; i < n_commands; i++) {
        fprintf(f, "  %-12s %s\n", commands[i].options->command,
                commands[i].options->summary);
    }
    fprintf(f, "  %-12s %s\n\n", "version", "version of this program");
    fprintf(f, "'parallax-collector COMMAND --help' tells more about one.\n"
               "Exit status: 0 done, 1 failed, 2 wrong usage, 3 partly "
               "done.\n");
}

int main(int argc, char **argv)
{
    umask(0077); /* records and their index are for their owner alone */
    log_setup("parallax-collector", LOG_INFO);
    /* Whoever started us may have blocked the signals that end us. */
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a full disk is an error, not a death */
    if (argc < 2) {
        usage(stderr);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0) {
        usage(stdout);
        return EXIT_DONE;
    }
    if (strcmp(name, "version") == 0 || strcmp(name, "--version") == 0) {
        printf("parallax-collector %s\n", PARALLAX_VERSION);
        return EXIT_DONE;
    }
    if (crypto_setup() != ERR_OK) {
        log_error("main", "no source of randomness");
        return EXIT_FAILED;
    }
    for (size_t i = 0; i < n_commands; i++) {
        if (strcmp(name, commands[i].options->command) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "parallax-collector: unknown command '%s'\n\n", name);
    usage(stderr);
    return EXIT_USAGE;
}
