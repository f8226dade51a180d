// SPDX-License-Identifier: Apache-2.0
/* Settings from the config file. */
#include "cli/opt_file.h"

#include "base/ascii.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/utf8.h"
#include "cli/opt_keys.h"
#include "cli/opt_value.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES ((size_t)1 << 20)

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

static enum err unknown_key(const char *path, unsigned n, struct str key,
                            struct diag *d)
{
    const char *nearest = opt_keys_nearest(key);
    int shown = (int)(key.len < 60 ? key.len : 60);

    if (!nearest) {
        return diag_set(d, ERR_INVAL, "%.200s:%u: unknown key \"%.*s\"", path,
                        n, shown, key.p);
    }
    return diag_set(d, ERR_INVAL,
                    "%.200s:%u: unknown key \"%.*s\"; did you mean %s?", path,
                    n, shown, key.p, nearest);
}

static enum err config_line(struct opt_set *s, const char *path, unsigned n,
                            struct str line, struct diag *d)
{
    size_t eq = str_find_char(line, '=');
    char where[320];
    struct str key, value;
    struct opt_entry *e;

    if (eq == SIZE_MAX) {
        return diag_set(d, ERR_INVAL, "%.200s:%u: key = value was expected",
                        path, n);
    }
    key = str_trim((struct str){line.p, eq});
    value = str_trim((struct str){line.p + eq + 1, line.len - eq - 1});
    e = opt_set_by_key(s, key);
    if (!e) {
        return opt_keys_has(key) ? ERR_OK : unknown_key(path, n, key, d);
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
    return opt_value_set(s, e, text, OPT_FROM_FILE, where, d);
}

enum err opt_file_text(struct opt_set *s, const char *path, struct str text,
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

bool opt_file_usual(char out[PATH_MAX])
{
    const char *base = getenv("XDG_CONFIG_HOME");
    const char *rest = "parallax/config";

    if (!base || base[0] != '/') {
        base = getenv("HOME");
        rest = ".config/parallax/config";
    }
    return base && base[0] == '/' &&
           fs_join(out, PATH_MAX, base, rest) == ERR_OK;
}

enum err opt_file_read(struct opt_set *s, const char *path, bool optional,
                       struct diag *d)
{
    struct buf text;
    struct diag why;
    enum err e;

    buf_init(&text, MAX_BYTES);
    e = fs_read(path, MAX_BYTES, &text, &why);
    if (e == ERR_NOTFOUND && optional) {
        e = ERR_OK;
    } else if (e) {
        e = diag_set(d, e == ERR_NOMEM ? e : ERR_INVAL, "%s", why.text);
    } else {
        e = opt_file_text(s, path, buf_str(&text), d);
        s->file = region_strdup(s->r, path);
    }
    buf_fini(&text);
    return e;
}
