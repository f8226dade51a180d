// SPDX-License-Identifier: Apache-2.0
/* The commands of parallax-collector: one file each, called by main with
 * argv[0] the command's name; each returns the exit code.
 */
#ifndef PARALLAX_COLLECTOR_CMD_CMDS_H
#define PARALLAX_COLLECTOR_CMD_CMDS_H

#include "cli/opt.h"
#include "cli/opt_help.h"

#define EXIT_DONE   0
#define EXIT_FAILED 1
#define EXIT_USAGE  2
#define EXIT_PARTLY 3

int cmd_serve(int argc, char **argv);
int cmd_control(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_stats(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_fingerprints(int argc, char **argv);

/* Each command's options; the list ended by NULL is what a config file may
 * hold. */
extern const struct opt_table serve_options;
extern const struct opt_table control_options;
extern const struct opt_table import_options;
extern const struct opt_table stats_options;
extern const struct opt_table report_options;
extern const struct opt_table fingerprints_options;
extern const struct opt_table *const collector_tables[];

/* Reads the command line. *code is what to exit with when there is nothing
 * more to do (help was shown, or wrong usage); NULL then. */
struct opt_set *cmd_options(struct region *r, const struct opt_table *table,
                            int argc, char **argv, int *code);

/* The --data option, the same for every command that has it. */
#define CMD_OPT_DATA                                                           \
    {                                                                          \
        .name = "data", .key = "data", .kind = OPT_STR,                        \
        .def = "./parallax-data", .arg = "DIR",                                \
        .help = "where measurements are kept"                                  \
    }
#define CMD_OPT_ASN_DB                                                         \
    {                                                                          \
        .name = NULL, .key = "asn_db", .kind = OPT_STR, .arg = "FILE",         \
        .help = "MMDB file of networks and countries"                          \
    }

#endif
