// SPDX-License-Identifier: Apache-2.0
/* The table of a command's options. Each row carries the option, its key in
 * the config file, its range, default and help text; the command line, --help,
 * the config file, the environment and the check of the man pages all read it.
 */
#ifndef PARALLAX_CLI_OPT_TABLE_H
#define PARALLAX_CLI_OPT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* Where the value of an option came from. */
enum opt_source {
    OPT_FROM_DEFAULT,
    OPT_FROM_FILE,
    OPT_FROM_ENV,
    OPT_FROM_ARG
};

/* The rows that every table has without naming them: --config FILE and
 * --log-level LEVEL. --help is known besides. */
const struct opt *opt_table_common(size_t *n);

/* Is a number of this row bounded by its min and max? */
bool opt_table_has_range(const struct opt *o);

#endif
