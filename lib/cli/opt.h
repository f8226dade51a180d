// SPDX-License-Identifier: Apache-2.0
/* Command lines and settings from one table per command. Each entry carries
 * the option, its config key, range, default and help text; --help, the config
 * file, the environment and the check of the man pages all read it.
 *
 * Precedence: command line, then environment (PARALLAX_ + key in capitals,
 * dots and dashes as _), then the config file, then the default.
 * An unknown key in the file is an error with its line.
 */
#ifndef PARALLAX_CLI_OPT_H
#define PARALLAX_CLI_OPT_H

#include "base/diag.h"
#include "base/region.h"

enum opt_kind {
    OPT_FLAG, /* no value; config value true/false */
    OPT_STR,
    OPT_INT,   /* min..max */
    OPT_BYTES, /* number with optional k, m, g (powers of 1024) */
    OPT_LIST,  /* may be repeated; config: comma separated */
    OPT_MAYBE, /* the value may be left out: `consent --accept [CLASSES]` */
};

struct opt {
    const char *name; /* long option without dashes, or NULL: config only */
    const char *key;  /* config key such as "retest.pause", or NULL */
    enum opt_kind kind;
    int64_t min, max; /* OPT_INT and OPT_BYTES */
    const char *def;  /* default as text, or NULL */
    const char *arg;  /* name of the value in help */
    const char *help; /* one line */
};

struct opt_table {
    const char *command;  /* "run" */
    const char *synopsis; /* "parallax run [options]" */
    const char *summary;  /* one line for the list of commands */
    const char *text; /* paragraph(s) after the options in --help, or NULL */
    const struct opt *opts;
    size_t n_opts;
    size_t max_args; /* positional arguments allowed */
};

struct opt_set; /* parsed values */

/* Where the value of an option came from. */
enum opt_source {
    OPT_FROM_DEFAULT,
    OPT_FROM_FILE,
    OPT_FROM_ENV,
    OPT_FROM_ARG
};

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
 * one gives "absent". opt_flag of another kind says whether it was given. */
bool opt_flag(const struct opt_set *s, const char *name_or_key);
/* NULL if there is neither value nor default. OPT_MAYBE: NULL unless given,
 * then the value, else the default text, else "". */
const char *opt_str(const struct opt_set *s, const char *name_or_key);
int64_t opt_int(const struct opt_set *s, const char *name_or_key);
size_t opt_list(const struct opt_set *s, const char *name_or_key,
                const char *const **items);
bool opt_given(const struct opt_set *s,
               const char *name_or_key); /* not default */
enum opt_source opt_source(const struct opt_set *s, const char *name_or_key);
size_t opt_args(const struct opt_set *s, const char *const **args);
/* The parts of opt_parse, for tests: an empty set, and the text of a config
 * file called `path` in messages. */
MUST_USE enum err opt_set_new(struct region *r, const struct opt_table *t,
                              const struct opt_table *const *known,
                              struct opt_set **out);
MUST_USE enum err opt_config_text(struct opt_set *s, const char *path,
                                  struct str text, struct diag *d);
/* Help of one command on standard output. */
void opt_help(const struct opt_table *t);

#endif
