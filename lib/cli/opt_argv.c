// SPDX-License-Identifier: Apache-2.0
/* Settings from the command line. */
#include "cli/opt_argv.h"

#include "cli/distance.h"
#include "cli/opt_value.h"
#include <stdio.h>
#include <string.h>

static enum err unknown_option(const struct opt_set *s, struct str name,
                               struct diag *d)
{
    const char *nearest = NULL;
    size_t best = name.len / 2 < 3 ? name.len / 2 + 1 : 4;
    int shown = (int)(name.len < 60 ? name.len : 60);

    for (size_t i = 0; i < s->n && name.len < 64; i++) {
        const struct opt *o = s->entries[i].o;

        if (s->entries[i].local && o->name) {
            size_t n = distance(name, str_c(o->name));

            if (n < best) {
                best = n;
                nearest = o->name;
            }
        }
    }
    if (nearest) {
        return diag_set(d, ERR_INVAL,
                        "unknown option --%.*s; did you mean --%s?", shown,
                        name.p, nearest);
    }
    return diag_set(d, ERR_INVAL, "unknown option --%.*s; see --help", shown,
                    name.p);
}

static enum err add_arg(struct opt_set *s, const char *arg, struct diag *d)
{
    enum err e;

    if (s->n_args == s->max_args) {
        return diag_set(d, ERR_INVAL, "unexpected argument \"%.80s\"", arg);
    }
    e = region_grow(s->r, (void **)&s->args, &s->cap_args, s->n_args,
                    sizeof(*s->args), OPT_SET_MAX_ITEMS);
    if (e) {
        return diag_set(d, e, "arguments: %s", err_str(e));
    }
    s->args[s->n_args++] = arg;
    return ERR_OK;
}

/* The option in argv[*i]; takes the next word too where it is its value. */
static enum err one_option(struct opt_set *s, int argc, char **argv, int *i,
                           struct diag *d)
{
    struct str word = str_c(argv[*i] + 2);
    size_t eq = str_find_char(word, '=');
    struct str name = eq == SIZE_MAX ? word : (struct str){word.p, eq};
    const char *value = eq == SIZE_MAX ? NULL : word.p + eq + 1;
    struct opt_entry *e = opt_set_by_name(s, name);
    const char *next = *i + 1 < argc ? argv[*i + 1] : NULL;
    char where[80];

    if (!e) {
        return unknown_option(s, name, d);
    }
    snprintf(where, sizeof(where), "--%s", e->o->name);
    if (e->o->kind == OPT_FLAG) {
        if (value) {
            return diag_set(d, ERR_INVAL, "%s takes no value", where);
        }
        value = "true";
    } else if (e->o->kind == OPT_MAYBE) {
        if (!value && next && next[0] != '-') {
            value = next;
            ++*i;
        }
        if (!value) {
            value = e->o->def ? e->o->def : "";
        }
    } else if (!value) {
        if (!next || strncmp(next, "--", 2) == 0) {
            return diag_set(d, ERR_INVAL, "%s needs a value%s%s", where,
                            e->o->arg ? ": " : "", e->o->arg ? e->o->arg : "");
        }
        value = next;
        ++*i;
    }
    if (e->source == OPT_FROM_ARG && e->o->kind != OPT_LIST &&
        e->o->kind != OPT_FLAG) {
        return diag_set(d, ERR_INVAL, "%s is given twice", where);
    }
    return opt_value_set(s, e, value, OPT_FROM_ARG, where, d);
}

enum err opt_argv_read(struct opt_set *s, int argc, char **argv, struct diag *d)
{
    bool options = true;

    for (int i = 1; i < argc; i++) {
        enum err e;

        if (options && strcmp(argv[i], "--") == 0) {
            options = false;
            continue;
        }
        if (options && strncmp(argv[i], "--", 2) == 0) {
            e = one_option(s, argc, argv, &i, d);
        } else if (options && argv[i][0] == '-' && argv[i][1]) {
            e = diag_set(d, ERR_INVAL, "unknown option %.60s; see --help",
                         argv[i]);
        } else {
            e = add_arg(s, argv[i], d);
        }
        if (e) {
            return e;
        }
    }
    return ERR_OK;
}

bool opt_argv_asks_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return true;
        }
    }
    return false;
}
