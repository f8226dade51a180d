// SPDX-License-Identifier: Apache-2.0
#include "cli/opt.h"

#include "base/ascii.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/utf8.h"
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_MAX  ((size_t)1 << 20)
#define ENTRIES_MAX 512
#define ITEMS_MAX   100000

struct entry {
    const struct opt *o;
    const char *text; /* NULL: no value */
    int64_t num;
    const char **items;
    size_t n_items, cap_items;
    enum opt_source source;
    bool local; /* of this command: may stand on its command line */
};

struct opt_set {
    struct region *r;
    struct entry *entries;
    size_t n, cap;
    const char **args;
    size_t n_args, cap_args;
    size_t max_args;
};

/* What every command has. */
static const struct opt common_opts[] = {
    {.name = "config",
     .kind = OPT_STR,
     .arg = "FILE",
     .help = "read settings from FILE"},
    {.name = "log-level",
     .key = "log_level",
     .kind = OPT_STR,
     .def = "warning",
     .arg = "LEVEL",
     .help = "error, warning, info, debug or trace"},
};

/* ---- entries ------------------------------------------------------------- */

static struct entry *by_name(const struct opt_set *s, struct str name)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct opt *o = s->entries[i].o;

        if (s->entries[i].local && o->name && str_eq_c(name, o->name)) {
            return &s->entries[i];
        }
    }
    return NULL;
}

static struct entry *by_config_key(const struct opt_set *s, struct str key)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct opt *o = s->entries[i].o;

        if (o->key && str_eq_c(key, o->key)) {
            return &s->entries[i];
        }
    }
    return NULL;
}

static const struct entry *find(const struct opt_set *s, const char *name)
{
    const struct entry *e = by_name(s, str_c(name));

    return e ? e : by_config_key(s, str_c(name));
}

static enum err add_entries(struct opt_set *s, const struct opt *opts, size_t n,
                            bool local)
{
    for (size_t i = 0; i < n; i++) {
        enum err e;

        if (!local && (!opts[i].key || by_config_key(s, str_c(opts[i].key)))) {
            continue;
        }
        e = region_grow(s->r, (void **)&s->entries, &s->cap, s->n,
                        sizeof(*s->entries), ENTRIES_MAX);
        if (e) {
            return e;
        }
        s->entries[s->n++] = (struct entry){.o = &opts[i], .local = local};
    }
    return ERR_OK;
}

/* ---- values -------------------------------------------------------------- */

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

static bool has_range(const struct opt *o)
{
    return o->min != 0 || o->max != 0;
}

static enum err set_number(struct entry *e, const char *text,
                           const char **wanted)
{
    const struct opt *o = e->o;
    int64_t v = 0;
    enum err err;

    if (o->kind == OPT_BYTES) {
        err = parse_bytes(str_c(text), o, &v);
        *wanted = "a size such as 500k, 20m or 1g";
    } else {
        err = str_to_i64(str_c(text), has_range(o) ? o->min : INT64_MIN,
                         has_range(o) ? o->max : INT64_MAX, &v);
        *wanted = "a whole number";
    }
    if (!err) {
        e->num = v;
    }
    return err;
}

static enum err set_flag(struct entry *e, const char *text, const char **wanted)
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

static enum err add_item(struct opt_set *s, struct entry *e, struct str item)
{
    enum err err = region_grow(s->r, (void **)&e->items, &e->cap_items,
                               e->n_items, sizeof(*e->items), ITEMS_MAX);

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

static enum err set_list(struct opt_set *s, struct entry *e, const char *text,
                         bool split)
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

/* Sets `e` from `text`, which stood at `where` ("--parallel", a file and line,
 * a variable). */
static enum err set_value(struct opt_set *s, struct entry *e, const char *text,
                          enum opt_source source, const char *where,
                          struct diag *d)
{
    const char *wanted = NULL;
    enum err err = ERR_OK;

    if (source != e->source) {
        e->n_items = 0; /* a nearer source replaces a list as a whole */
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
        if (e->o->kind == OPT_FLAG || !has_range(e->o)) {
            return diag_set(d, ERR_INVAL, "%s: \"%.80s\" is not %s", where,
                            text, wanted);
        }
        if (e->o->max == 0) {
            return diag_set(d, ERR_INVAL,
                            "%s: \"%.80s\" is not %s of at least %" PRId64,
                            where, text, wanted, e->o->min);
        }
        return diag_set(d, ERR_INVAL,
                        "%s: \"%.80s\" is not %s between %" PRId64
                        " and %" PRId64,
                        where, text, wanted, e->o->min, e->o->max);
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

static enum err set_defaults(struct opt_set *s, struct diag *d)
{
    for (size_t i = 0; i < s->n; i++) {
        struct entry *e = &s->entries[i];

        if (e->o->def) {
            enum err err = set_value(s, e, e->o->def, OPT_FROM_DEFAULT,
                                     e->o->name ? e->o->name : e->o->key, d);

            /* a default out of its own range is a bug in the table */
            if (err) {
                return err == ERR_INVAL ? ERR_INTERNAL : err;
            }
        }
    }
    return ERR_OK;
}

/* ---- configuration file -------------------------------------------------- */

/* A comment starts the line, or follows white space. */
static struct str without_comment(struct str line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.p[i] == '#' && (i == 0 || ascii_isspace(line.p[i - 1]))) {
            line.len = i;
        }
    }
    return str_trim(line);
}

static enum err config_line(struct opt_set *s, const char *path, unsigned n,
                            struct str line, struct diag *d)
{
    size_t eq = str_find_char(line, '=');
    char where[320];
    struct str key, value;
    struct entry *e;

    if (eq == SIZE_MAX) {
        return diag_set(d, ERR_INVAL, "%.200s:%u: key = value was expected",
                        path, n);
    }
    key = str_trim((struct str){line.p, eq});
    value = str_trim((struct str){line.p + eq + 1, line.len - eq - 1});
    e = by_config_key(s, key);
    if (!e) {
        return diag_set(d, ERR_INVAL, "%.200s:%u: unknown key \"%.*s\"", path,
                        n, (int)(key.len < 60 ? key.len : 60), key.p);
    }
    if (e->source == OPT_FROM_FILE && e->o->kind != OPT_LIST) {
        return diag_set(d, ERR_INVAL, "%.200s:%u: %s is set twice", path, n,
                        e->o->key);
    }
    if (memchr(value.p, 0, value.len)) {
        return diag_set(d, ERR_INVAL, "%.200s:%u: a zero byte", path, n);
    }
    char *text = region_strndup(s->r, value.p, value.len);
    if (!text) {
        return diag_set(d, ERR_NOMEM, "out of memory");
    }
    snprintf(where, sizeof(where), "%.200s:%u: %s", path, n, e->o->key);
    return set_value(s, e, text, OPT_FROM_FILE, where, d);
}

enum err opt_config_text(struct opt_set *s, const char *path, struct str text,
                         struct diag *d)
{
    struct str line;
    unsigned n = 0;

    text = utf8_skip_bom(text);
    while (str_next(&text, '\n', &line)) {
        n++;
        line = without_comment(line);
        if (line.len > 0) {
            enum err e = config_line(s, path, n, line, d);

            if (e) {
                return e;
            }
        }
    }
    return ERR_OK;
}

/* $XDG_CONFIG_HOME/parallax/config or ~/.config/parallax/config; false when
 * neither variable is set to something of use. */
static bool default_config(char out[PATH_MAX])
{
    const char *base = getenv("XDG_CONFIG_HOME");
    const char *rest = "parallax/config";

    if (!base || base[0] != '/') {
        base = getenv("HOME");
        rest = ".config/parallax/config";
    }
    return base && base[0] && fs_join(out, PATH_MAX, base, rest) == ERR_OK;
}

static enum err read_config(struct opt_set *s, const char *path, bool optional,
                            struct diag *d)
{
    struct buf text;
    struct diag why;
    enum err e;

    buf_init(&text, CONFIG_MAX);
    e = fs_read(path, CONFIG_MAX, &text, &why);
    if (e == ERR_NOTFOUND && optional) {
        e = ERR_OK;
    } else if (e) {
        e = diag_set(d, e == ERR_NOMEM ? e : ERR_INVAL, "%s", why.text);
    } else {
        e = opt_config_text(s, path, buf_str(&text), d);
    }
    buf_fini(&text);
    return e;
}

/* ---- environment --------------------------------------------------------- */

static enum err read_environment(struct opt_set *s, struct diag *d)
{
    for (size_t i = 0; i < s->n; i++) {
        struct entry *e = &s->entries[i];
        char name[96] = "PARALLAX_";
        size_t n = strlen(name);
        const char *value;
        enum err err;

        if (!e->o->key || strlen(e->o->key) + n + 1 > sizeof(name)) {
            continue;
        }
        for (const char *p = e->o->key; *p; p++) {
            name[n++] = *p == '.' || *p == '-' ? '_' : ascii_upper(*p);
        }
        value = getenv(name);
        if (value) {
            err = set_value(s, e, value, OPT_FROM_ENV, name, d);
            if (err) {
                return err;
            }
        }
    }
    return ERR_OK;
}

/* ---- command line -------------------------------------------------------- */

/* Edits needed to make `b` of `a` (Levenshtein), for names of options. */
static size_t distance(struct str a, struct str b)
{
    size_t row[64];

    if (b.len >= 64) {
        return SIZE_MAX;
    }
    for (size_t j = 0; j <= b.len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t best = diagonal + (a.p[i - 1] != b.p[j - 1]);

            best = row[j] + 1 < best ? row[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[b.len];
}

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
                    sizeof(*s->args), ITEMS_MAX);
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
    struct entry *e = by_name(s, name);
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
    return set_value(s, e, value, OPT_FROM_ARG, where, d);
}

static enum err read_arguments(struct opt_set *s, int argc, char **argv,
                               struct diag *d)
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

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return true;
        }
    }
    return false;
}

/* ---- all of it ----------------------------------------------------------- */

enum err opt_set_new(struct region *r, const struct opt_table *t,
                     const struct opt_table *const *known, struct opt_set **out)
{
    struct opt_set *s = region_alloc(r, sizeof(*s));
    enum err e;

    if (!s) {
        return ERR_NOMEM;
    }
    s->r = r;
    s->max_args = t->max_args;
    e = add_entries(s, t->opts, t->n_opts, true);
    if (!e) {
        e = add_entries(s, common_opts,
                        sizeof(common_opts) / sizeof(common_opts[0]), true);
    }
    for (; !e && known && *known; known++) {
        e = add_entries(s, (*known)->opts, (*known)->n_opts, false);
    }
    if (!e) {
        *out = s;
    }
    return e;
}

static bool log_level_ok(const char *level)
{
    static const char *const levels[] = {"error", "warning", "info", "debug",
                                         "trace"};

    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (strcmp(level, levels[i]) == 0) {
            return true;
        }
    }
    return false;
}

enum err opt_parse(struct region *r, const struct opt_table *t,
                   const struct opt_table *const *known, int argc, char **argv,
                   struct opt_set **out, bool *help, struct diag *d)
{
    struct opt_set *s = NULL;
    const char *config_path = NULL;
    char usual[PATH_MAX];
    bool optional = false;
    enum err e;

    *help = asks_for_help(argc, argv);
    if (*help) {
        return ERR_OK;
    }
    e = opt_set_new(r, t, known, &s);
    if (e) {
        return diag_set(d, e, "options: %s", err_str(e));
    }
    /* The command line is read first, for --config and because its mistakes
     * are the nearest ones; read again it wins over file and environment. */
    e = read_arguments(s, argc, argv, d);
    if (e) {
        return e;
    }
    if (opt_given(s, "config")) {
        config_path = opt_str(s, "config");
    } else if (default_config(usual)) {
        config_path = usual;
        optional = true;
    }
    e = opt_set_new(r, t, known, &s);
    if (e) {
        return diag_set(d, e, "options: %s", err_str(e));
    }
    e = set_defaults(s, d);
    if (!e && config_path) {
        e = read_config(s, config_path, optional, d);
    }
    if (!e) {
        e = read_environment(s, d);
    }
    if (!e) {
        e = read_arguments(s, argc, argv, d);
    }
    if (!e && !log_level_ok(opt_str(s, "log-level"))) {
        e = diag_set(d, ERR_INVAL, "log level \"%.40s\" is unknown: %s",
                     opt_str(s, "log-level"), common_opts[1].help);
    }
    if (!e) {
        *out = s;
    }
    return e;
}

bool opt_flag(const struct opt_set *s, const char *name)
{
    const struct entry *e = find(s, name);

    return e && (e->o->kind == OPT_FLAG ? e->num != 0
                                        : e->source != OPT_FROM_DEFAULT);
}

const char *opt_str(const struct opt_set *s, const char *name)
{
    const struct entry *e = find(s, name);

    if (!e || (e->o->kind == OPT_MAYBE && e->source == OPT_FROM_DEFAULT)) {
        return NULL;
    }
    return e->text;
}

int64_t opt_int(const struct opt_set *s, const char *name)
{
    const struct entry *e = find(s, name);

    return e ? e->num : 0;
}

size_t opt_list(const struct opt_set *s, const char *name,
                const char *const **items)
{
    const struct entry *e = find(s, name);

    if (items) {
        *items = e ? e->items : NULL;
    }
    return e ? e->n_items : 0;
}

bool opt_given(const struct opt_set *s, const char *name)
{
    return opt_source(s, name) != OPT_FROM_DEFAULT;
}

enum opt_source opt_source(const struct opt_set *s, const char *name)
{
    const struct entry *e = find(s, name);

    return e ? e->source : OPT_FROM_DEFAULT;
}

size_t opt_args(const struct opt_set *s, const char *const **args)
{
    if (args) {
        *args = s->args;
    }
    return s->n_args;
}

/* ---- help ---------------------------------------------------------------- */

static void help_details(const struct opt *o)
{
    const char *sep = " (";

    if (o->def && o->kind != OPT_FLAG) {
        printf("%sdefault %s", sep, o->def);
        sep = "; ";
    }
    if (o->kind == OPT_INT && has_range(o)) {
        printf("%s%" PRId64 " to %" PRId64, sep, o->min, o->max);
        sep = "; ";
    }
    if (o->kind == OPT_LIST) {
        printf("%smay be repeated", sep);
        sep = "; ";
    }
    if (o->key) {
        printf("%skey %s", sep, o->key);
        sep = "; ";
    }
    if (sep[0] == ';') {
        putchar(')');
    }
}

static void help_option(const struct opt *o)
{
    char left[64];
    const char *arg = o->arg ? o->arg : "VALUE";

    if (!o->name) {
        return;
    }
    if (o->kind == OPT_FLAG) {
        snprintf(left, sizeof(left), "--%s", o->name);
    } else if (o->kind == OPT_MAYBE) {
        snprintf(left, sizeof(left), "--%s [%s]", o->name, arg);
    } else {
        snprintf(left, sizeof(left), "--%s %s", o->name, arg);
    }
    if (strlen(left) > 23) {
        printf("  %s\n%26s", left, "");
    } else {
        printf("  %-24s", left);
    }
    printf("%s", o->help ? o->help : "");
    help_details(o);
    putchar('\n');
}

void opt_help(const struct opt_table *t)
{
    printf("Usage: %s\n", t->synopsis);
    if (t->summary) {
        printf("\n%s\n", t->summary);
    }
    printf("\nOptions:\n");
    for (size_t i = 0; i < t->n_opts; i++) {
        help_option(&t->opts[i]);
    }
    for (size_t i = 0; i < sizeof(common_opts) / sizeof(common_opts[0]); i++) {
        help_option(&common_opts[i]);
    }
    printf("  %-24s%s\n", "--help", "show this help");
    if (t->text) {
        printf("\n%s\n", t->text);
    }
}
