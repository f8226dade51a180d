// SPDX-License-Identifier: Apache-2.0
/* Settings and arguments from the command line. */
#ifndef PARALLAX_CLI_OPT_ARGV_H
#define PARALLAX_CLI_OPT_ARGV_H

#include "base/diag.h"
#include "cli/opt_set.h"

/* Sets what the words after argv[0] say; what is no option is an argument.
 * ERR_INVAL: an unknown option (the nearest one is named), a bad value, one
 * given twice, or too many arguments. */
MUST_USE enum err opt_argv_read(struct opt_set *s, int argc, char **argv,
                                struct diag *d);

/* Is --help or -h among the options? */
bool opt_argv_asks_help(int argc, char **argv);

#endif
