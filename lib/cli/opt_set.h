// SPDX-License-Identifier: Apache-2.0
/* The settings of one call of a program: an entry for each row of the command's
 * table, and for each config key of the other commands. Whoever reads a source
 * (opt_argv, opt_env, opt_file) finds the entry here and gives it to opt_value;
 * commands use opt.h.
 */
#ifndef PARALLAX_CLI_OPT_SET_H
#define PARALLAX_CLI_OPT_SET_H

#include "base/region.h"
#include "cli/opt_table.h"

#define OPT_SET_MAX_ITEMS 100000 /* of one list, and of arguments */

struct opt_entry {
    const struct opt *o;
    const char *text; /* NULL: no value */
    int64_t num;      /* of numbers; of flags 0 or 1 */
    const char **items;
    size_t n_items, cap_items;
    enum opt_source source;
    bool local; /* of this command: may stand on its command line */
};

struct opt_set {
    struct region *r;
    struct opt_entry *entries;
    size_t n, cap;
    const char **args; /* positional arguments */
    size_t n_args, cap_args;
    size_t max_args;
    const char *file; /* the config file that was read, or NULL */
};

/* A set without any value yet. `known` lists the tables whose keys a config
 * file may hold (every command of the program), ended by NULL; NULL: none. */
MUST_USE enum err opt_set_new(struct region *r, const struct opt_table *t,
                              const struct opt_table *const *known,
                              struct opt_set **out);

/* The entry of an option of this command, of a config key of any, or of either;
 * NULL if there is none. */
struct opt_entry *opt_set_by_name(const struct opt_set *s, struct str name);
struct opt_entry *opt_set_by_key(const struct opt_set *s, struct str key);
const struct opt_entry *opt_set_find(const struct opt_set *s,
                                     const char *name_or_key);

#endif
