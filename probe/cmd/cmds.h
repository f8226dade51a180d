// SPDX-License-Identifier: Apache-2.0
/* The subcommands of `parallax`: one file, one function and one table of
 * options each. A command gets its own name as argv[0] and returns the exit
 * status of the program. Only main.c and the cmd_* files end the process or
 * print words for a person.
 */
#ifndef PARALLAX_PROBE_CMD_CMDS_H
#define PARALLAX_PROBE_CMD_CMDS_H

#include "cli/opt.h"
#include "cli/opt_help.h"

enum exit_status {
    EXIT_DONE = 0,    /* blocked sites are results */
    EXIT_FAILED = 1,  /* nothing useful was done */
    EXIT_USAGE = 2,   /* wrong usage, or no consent */
    EXIT_PARTLY = 3,  /* bad rows, cut short, or records still waiting */
    EXIT_KILLED = 130 /* second Ctrl-C */
};

int cmd_run(int argc, char **argv);
int cmd_diagnose(int argc, char **argv);
int cmd_analyze(int argc, char **argv);
int cmd_consent(int argc, char **argv);
int cmd_upload(int argc, char **argv);
int cmd_version(int argc, char **argv);

extern const struct opt_table cmd_run_table;
extern const struct opt_table cmd_diagnose_table;
extern const struct opt_table cmd_analyze_table;
extern const struct opt_table cmd_consent_table;
extern const struct opt_table cmd_upload_table;
extern const struct opt_table cmd_version_table;

/* Every table of the program, ended by NULL: the keys a config file may hold.
 */
extern const struct opt_table *const cmd_tables[];

/* Rows of the tables of all commands that measure. */
#define CMD_OPT_ASN_DB                                                         \
    {                                                                          \
        .key = "asn_db", .kind = OPT_STR, .arg = "FILE",                       \
        .help = "MMDB file with the networks of addresses"                     \
    }
#define CMD_OPT_RETEST_PAUSE                                                   \
    {                                                                          \
        .key = "retest.pause", .kind = OPT_INT, .min = 0, .max = 3600,         \
        .def = "15", .arg = "S",                                               \
        .help = "wait so long before measuring again what may be chance"       \
    }

/* Parses the options of `t`. False: the command is over and *status is what
 * it returns (help was printed, or what was wrong was said). */
bool cmd_options(struct region *r, const struct opt_table *t, int argc,
                 char **argv, struct opt_set **out, int *status);

#endif
