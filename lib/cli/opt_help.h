// SPDX-License-Identifier: Apache-2.0
/* --help of one command. */
#ifndef PARALLAX_CLI_OPT_HELP_H
#define PARALLAX_CLI_OPT_HELP_H

#include "cli/opt_table.h"

/* Prints the usage of a command and its options on standard output. */
void opt_help(const struct opt_table *t);

#endif
