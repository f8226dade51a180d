// SPDX-License-Identifier: Apache-2.0
/* Values: read from text, refused with what would have been right. */
#include "cli/opt_value.h"

#include "base/ascii.h"
#include <inttypes.h>
#include <string.h>

static enum err parse_bytes(struct str text, const struct opt *o, int64_t *out)
{
    static const char units[] = "kmg";
    int shift = 0;
    int64_t max = o->max ? o->max : INT64_MAX;
    enum err e;

    if (text.len > 0) {
        char last = ascii_lower(text.p[text.len - 1]);
        const char *unit = last ? strchr(units, last) : NULL;

        if (unit) {
            shift = 10 * (int)(unit - units + 1);
            text.len--;
        }
    }
    e = str_to_i64(text, 0, INT64_MAX >> shift, out);
    if (!e) {
        *out <<= shift;
        e = *out < o->min || *out > max ? ERR_LIMIT : ERR_OK;
    }
    return e;
}

static enum err set_number(struct opt_entry *e, const char *text,
                           const char **wanted)
{
    const struct opt *o = e->o;
    bool ranged = opt_table_has_range(o);
    int64_t v = 0;
    enum err err;

    if (o->kind == OPT_BYTES) {
        err = parse_bytes(str_c(text), o, &v);
        *wanted = "a size such as 500k, 20m or 1g";
    } else {
        err = str_to_i64(str_c(text), ranged ? o->min : INT64_MIN,
                         ranged ? o->max : INT64_MAX, &v);
        *wanted = "a whole number";
    }
    if (!err) {
        e->num = v;
    }
    return err;
}

static enum err set_flag(struct opt_entry *e, const char *text,
                         const char **wanted)
{
    struct str t = str_c(text);

    *wanted = "true or false";
    if (str_ieq_c(t, "true") || str_eq_c(t, "1") || str_ieq_c(t, "yes")) {
        e->num = 1;
    } else if (str_ieq_c(t, "false") || str_eq_c(t, "0") ||
               str_ieq_c(t, "no")) {
        e->num = 0;
    } else {
        return ERR_INVAL;
    }
    return ERR_OK;
}

static enum err add_item(struct opt_set *s, struct opt_entry *e,
                         struct str item)
{
    enum err err =
        region_grow(s->r, (void **)&e->items, &e->cap_items, e->n_items,
                    sizeof(*e->items), OPT_SET_MAX_ITEMS);

    if (err) {
        return err;
    }
    e->items[e->n_items] = region_strndup(s->r, item.p, item.len);
    if (!e->items[e->n_items]) {
        return ERR_NOMEM;
    }
    e->n_items++;
    return ERR_OK;
}

static enum err set_list(struct opt_set *s, struct opt_entry *e,
                         const char *text, bool split)
{
    struct str rest = str_c(text), item;

    if (!split) {
        return add_item(s, e, rest);
    }
    while (str_next(&rest, ',', &item)) {
        item = str_trim(item);
        if (item.len > 0) {
            enum err err = add_item(s, e, item);

            if (err) {
                return err;
            }
        }
    }
    return ERR_OK;
}

/* What would have been right instead of `text`. */
static enum err refuse(const struct opt *o, const char *text,
                       const char *wanted, const char *where, struct diag *d)
{
    if (o->kind == OPT_FLAG || !opt_table_has_range(o)) {
        return diag_set(d, ERR_INVAL, "%s: \"%.80s\" is not %s", where, text,
                        wanted);
    }
    if (o->max == 0) {
        return diag_set(d, ERR_INVAL,
                        "%s: \"%.80s\" is not %s of at least %" PRId64, where,
                        text, wanted, o->min);
    }
    return diag_set(d, ERR_INVAL,
                    "%s: \"%.80s\" is not %s between %" PRId64 " and %" PRId64,
                    where, text, wanted, o->min, o->max);
}

enum err opt_value_set(struct opt_set *s, struct opt_entry *e, const char *text,
                       enum opt_source source, const char *where,
                       struct diag *d)
{
    const char *wanted = NULL;
    enum err err = ERR_OK;

    if (source != e->source) {
        e->n_items = 0;
    }
    switch (e->o->kind) {
    case OPT_FLAG:
        err = set_flag(e, text, &wanted);
        break;
    case OPT_INT:
    case OPT_BYTES:
        err = set_number(e, text, &wanted);
        break;
    case OPT_LIST:
        err = set_list(s, e, text, source != OPT_FROM_ARG);
        break;
    case OPT_STR:
    case OPT_MAYBE:
        break;
    }
    if (err && wanted) {
        return refuse(e->o, text, wanted, where, d);
    }
    if (!err) {
        e->text = region_strdup(s->r, text);
        err = e->text ? ERR_OK : ERR_NOMEM;
    }
    if (err) {
        return diag_set(d, err, "%s: %s", where, err_str(err));
    }
    e->source = source;
    return ERR_OK;
}

enum err opt_value_defaults(struct opt_set *s, struct diag *d)
{
    for (size_t i = 0; i < s->n; i++) {
        struct opt_entry *e = &s->entries[i];

        if (e->o->def) {
            enum err err =
                opt_value_set(s, e, e->o->def, OPT_FROM_DEFAULT,
                              e->o->name ? e->o->name : e->o->key, d);

            /* a default out of its own range is a bug in the table */
            if (err) {
                return err == ERR_INVAL ? ERR_INTERNAL : err;
            }
        }
    }
    return ERR_OK;
}
