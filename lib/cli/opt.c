// SPDX-License-Identifier: Apache-2.0
/* Settings: read from all their sources in order, and asked for. */
#include "cli/opt.h"

#include "base/log.h"
#include "cli/opt_argv.h"
#include "cli/opt_env.h"
#include "cli/opt_file.h"
#include "cli/opt_set.h"
#include "cli/opt_value.h"
#include <limits.h>

/* ---- all sources --------------------------------------------------------- */

static enum err new_set(struct region *r, const struct opt_table *t,
                        const struct opt_table *const *known,
                        struct opt_set **out, struct diag *d)
{
    enum err e = opt_set_new(r, t, known, out);

    return e ? diag_set(d, e, "options: %s", err_str(e)) : ERR_OK;
}

/* From the farthest source to the nearest, whose values stay. */
static enum err read_all(struct opt_set *s, const char *file, bool optional,
                         int argc, char **argv, struct diag *d)
{
    enum err e = opt_value_defaults(s, d);

    if (!e && file) {
        e = opt_file_read(s, file, optional, d);
    }
    if (!e) {
        e = opt_env_read(s, d);
    }
    return e ? e : opt_argv_read(s, argc, argv, d);
}

static enum err check_log_level(const struct opt_set *s, struct diag *d)
{
    const struct opt_entry *e = opt_set_find(s, "log-level");
    enum log_level ignored;

    if (log_level_of(e->text, &ignored)) {
        return ERR_OK;
    }
    return diag_set(d, ERR_INVAL, "log level \"%.40s\" is unknown: %s", e->text,
                    e->o->help);
}

enum err opt_parse(struct region *r, const struct opt_table *t,
                   const struct opt_table *const *known, int argc, char **argv,
                   struct opt_set **out, bool *help, struct diag *d)
{
    struct opt_set *first = NULL, *s = NULL;
    const char *file = NULL;
    char usual[PATH_MAX];
    enum err e;

    *help = opt_argv_asks_help(argc, argv);
    if (*help) {
        return ERR_OK;
    }
    /* The command line is read first, for --config and because its mistakes
     * are the nearest ones; read again it wins over file and environment. */
    e = new_set(r, t, known, &first, d);
    if (!e) {
        e = opt_argv_read(first, argc, argv, d);
    }
    if (!e) {
        e = new_set(r, t, known, &s, d);
    }
    if (e) {
        return e;
    }
    if (opt_given(first, "config")) {
        file = opt_str(first, "config");
    } else if (opt_file_usual(usual)) {
        file = usual;
    }
    e = read_all(s, file, file == usual, argc, argv, d);
    if (!e) {
        e = check_log_level(s, d);
    }
    if (!e) {
        *out = s;
    }
    return e;
}

/* ---- asked for ----------------------------------------------------------- */

bool opt_flag(const struct opt_set *s, const char *name)
{
    const struct opt_entry *e = opt_set_find(s, name);

    return e && (e->o->kind == OPT_FLAG ? e->num != 0
                                        : e->source != OPT_FROM_DEFAULT);
}

const char *opt_str(const struct opt_set *s, const char *name)
{
    const struct opt_entry *e = opt_set_find(s, name);

    if (!e || (e->o->kind == OPT_MAYBE && e->source == OPT_FROM_DEFAULT)) {
        return NULL;
    }
    return e->text;
}

int64_t opt_int(const struct opt_set *s, const char *name)
{
    const struct opt_entry *e = opt_set_find(s, name);

    return e ? e->num : 0;
}

size_t opt_list(const struct opt_set *s, const char *name,
                const char *const **items)
{
    const struct opt_entry *e = opt_set_find(s, name);

    if (items) {
        *items = e ? e->items : NULL;
    }
    return e ? e->n_items : 0;
}

bool opt_given(const struct opt_set *s, const char *name)
{
    const struct opt_entry *e = opt_set_find(s, name);

    return e && e->source != OPT_FROM_DEFAULT;
}

size_t opt_args(const struct opt_set *s, const char *const **args)
{
    if (args) {
        *args = s->args;
    }
    return s->n_args;
}
