// SPDX-License-Identifier: Apache-2.0
/* Entries of settings: made from the tables, and found. */
#include "cli/opt_set.h"

#define MAX_ENTRIES 512

struct opt_entry *opt_set_by_name(const struct opt_set *s, struct str name)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct opt *o = s->entries[i].o;

        if (s->entries[i].local && o->name && str_eq_c(name, o->name)) {
            return &s->entries[i];
        }
    }
    return NULL;
}

struct opt_entry *opt_set_by_key(const struct opt_set *s, struct str key)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct opt *o = s->entries[i].o;

        if (o->key && str_eq_c(key, o->key)) {
            return &s->entries[i];
        }
    }
    return NULL;
}

const struct opt_entry *opt_set_find(const struct opt_set *s,
                                     const char *name_or_key)
{
    const struct opt_entry *e = opt_set_by_name(s, str_c(name_or_key));

    return e ? e : opt_set_by_key(s, str_c(name_or_key));
}

static enum err add_entries(struct opt_set *s, const struct opt *opts, size_t n,
                            bool local)
{
    for (size_t i = 0; i < n; i++) {
        enum err e;

        if (!local && (!opts[i].key || opt_set_by_key(s, str_c(opts[i].key)))) {
            continue;
        }
        e = region_grow(s->r, (void **)&s->entries, &s->cap, s->n,
                        sizeof(*s->entries), MAX_ENTRIES);
        if (e) {
            return e;
        }
        s->entries[s->n++] = (struct opt_entry){.o = &opts[i], .local = local};
    }
    return ERR_OK;
}

enum err opt_set_new(struct region *r, const struct opt_table *t,
                     const struct opt_table *const *known, struct opt_set **out)
{
    struct opt_set *s = region_alloc(r, sizeof(*s));
    size_t n_common = 0;
    const struct opt *common = opt_table_common(&n_common);
    enum err e;

    if (!s) {
        return ERR_NOMEM;
    }
    s->r = r;
    s->max_args = t->max_args;
    e = add_entries(s, t->opts, t->n_opts, true);
    if (!e) {
        e = add_entries(s, common, n_common, true);
    }
    for (; !e && known && *known; known++) {
        e = add_entries(s, (*known)->opts, (*known)->n_opts, false);
    }
    if (!e) {
        *out = s;
    }
    return e;
}
