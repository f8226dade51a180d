// SPDX-License-Identifier: Apache-2.0
/* What a program is told by its user, from one table per command
 * (opt_table.h).
 *
 * Precedence: command line (opt_argv.h), then environment (opt_env.h), then the
 * config file (opt_file.h), then the default.
 */
#ifndef PARALLAX_CLI_OPT_H
#define PARALLAX_CLI_OPT_H

#include "base/diag.h"
#include "base/region.h"
#include "cli/opt_table.h"

struct opt_set; /* parsed values */

/* argv[0] is the command name. The config file is that of --config, which must
 * exist, else $XDG_CONFIG_HOME/parallax/config or ~/.config/parallax/config,
 * which may be missing. `known` lists the tables whose keys a config file may
 * hold (every command of the program), ended by NULL. ERR_INVAL: wrong usage,
 * `d` says what. *help is set when --help was given (then nothing else is
 * checked). Values live in `r`. Every table has --help,
 * --config FILE and --log-level LEVEL without naming them. */
MUST_USE enum err opt_parse(struct region *r, const struct opt_table *t,
                            const struct opt_table *const *known, int argc,
                            char **argv, struct opt_set **out, bool *help,
                            struct diag *d);

/* Getters take a name of this command or a key of any known table; an unknown
 * one gives "absent". */

/* The value of a flag; of another kind, whether it was given. */
bool opt_flag(const struct opt_set *s, const char *name_or_key);

/* NULL if there is neither value nor default. OPT_MAYBE: NULL unless given,
 * then the value, else the default text, else "". */
const char *opt_str(const struct opt_set *s, const char *name_or_key);

/* The number; 0 if there is neither value nor default. */
int64_t opt_int(const struct opt_set *s, const char *name_or_key);

/* How many items the list has; `items`, if not NULL, gets them. */
size_t opt_list(const struct opt_set *s, const char *name_or_key,
                const char *const **items);

/* False if the value is the default. */
bool opt_given(const struct opt_set *s, const char *name_or_key);

/* How many positional arguments there are; `args`, if not NULL, gets them. */
size_t opt_args(const struct opt_set *s, const char *const **args);

#endif
