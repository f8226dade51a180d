// SPDX-License-Identifier: Apache-2.0
/* The shell of a program with subcommands: it finds the command, reads its
 * options, runs it, and sees to what every command needs (exit codes, --help,
 * messages about wrong usage, the log, signals, output that was not written).
 * Each program brings a table of its commands; what differs between programs is
 * in that table.
 */
#ifndef PARALLAX_CLI_SHELL_H
#define PARALLAX_CLI_SHELL_H

#include "base/log.h"
#include "base/region.h"
#include "cli/opt.h"

enum exit_status {
    EXIT_DONE = 0,    /* blocked sites are results */
    EXIT_FAILED = 1,  /* nothing useful was done */
    EXIT_USAGE = 2,   /* wrong usage, or no consent */
    EXIT_PARTLY = 3,  /* bad rows, cut short, or records still waiting */
    EXIT_KILLED = 130 /* second Ctrl-C */
};

struct shell_command {
    const struct opt_table *table;
    size_t memory; /* bytes that `r` holds at most, the options included */
    /* Does it all and returns an exit status. What is allocated in `r` lives
     * until it returns. */
    int (*run)(struct region *r, const struct opt_set *opts);
};

#define SHELL_MAX_COMMANDS 32

struct shell {
    const char *program; /* "parallax" */
    const char *about;   /* in --help, before the list of commands; or "" */
    const char *end;     /* in --help, after it */
    int width;           /* of the names in that list */
    const char *version; /* printed for `version` and --version; NULL: a command
                            of that name does it */
    /* After wrong usage: names the nearest command, and says how to get help.
     * False: the list of commands, and nothing after a wrong option. */
    bool advises;
    const struct shell_command *const *commands; /* SHELL_MAX_COMMANDS at
                                                    most, ended by NULL */
};

/* The whole program: returns its exit status. */
int shell_main(const struct shell *sh, int argc, char **argv);

#endif
