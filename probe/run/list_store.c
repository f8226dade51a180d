// SPDX-License-Identifier: Apache-2.0
/* Taking lists in, and the versions below which none is taken. */
#include "probe/run/list_store.h"

#include "base/clock.h"
#include "base/fs.h"
#include "probe/run/clock_good.h"
#include "probe/run/list_key.h"
#include "probe/volunteer/paths.h"
#include "record/list_orders.h"
#include "record/sitelist.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define VERSIONS     PATHS_LISTS "/versions"
#define VERSIONS_MAX 16384 /* bytes of that file: all countries, and more */
#define ROWS_REGION  ((size_t)1024 << 20)

/* ---- rows -----------------------------------------------------------------
 */

static void on_bad(void *arg, const char *file, unsigned line, unsigned col,
                   const char *reason)
{
    const bool *tell = arg;
    if (*tell) {
        fprintf(stderr, "%s:%u:%u: %s\n", file, line, col, reason);
    }
}

enum err list_store_rows(const char *file, struct str text, bool tell,
                         struct list_rows *out, struct diag *d)
{
    struct region *r = region_new(ROWS_REGION);
    struct sitelist list = {.n = 0};
    struct diag why = {""};
    enum err e = r ? sitelist_parse(r, file, text, &list, on_bad, &tell, &why)
                   : ERR_NOMEM;
    if (e == ERR_PARSE) {
        diag_set(d, e, "%.120s: %.180s", file, why.text);
    } else if (e == ERR_OK && !list.n) {
        e = diag_set(d, ERR_PARSE, "%.180s has no site that can be measured",
                     file);
    }
    if (e == ERR_OK) {
        *out = (struct list_rows){list.n, list.bad};
    }
    region_free(r);
    return e;
}

/* ---- versions -------------------------------------------------------------
 */

static enum err read_versions(struct buf *out, struct diag *d)
{
    char path[PATHS_MAX];
    enum err e = paths_state(VERSIONS, path, d);
    if (e == ERR_OK) {
        e = fs_read(path, VERSIONS_MAX, out, d);
    }
    return e == ERR_NOTFOUND ? ERR_OK : e;
}

/* A line `global.csv 12`; false: it is none. */
static bool version_line(struct str line, struct str *name, int64_t *version)
{
    return str_next(&line, ' ', name) &&
           str_to_i64(line, 1, SIGNED_LIST_VERSION_MAX, version) == ERR_OK;
}

/* The version that was taken in last, 0 if none was. A file that cannot be
 * understood hides one, so nothing is taken until it is gone. */
static enum err version_of(struct str versions, const char *wanted,
                           int64_t *out, struct diag *d)
{
    struct str line, name;
    int64_t version = 0;
    *out = 0;
    while (str_next(&versions, '\n', &line)) {
        if (!line.len) {
            continue; /* behind the last line */
        }
        if (!version_line(line, &name, &version)) {
            return diag_set(d, ERR_PARSE,
                            "the file `versions` of the state directory's "
                            "`lists` is damaged, so nobody can tell an older "
                            "list from a newer one; remove it to begin again");
        }
        if (str_eq_c(name, wanted)) {
            *out = version;
        }
    }
    return ERR_OK;
}

static enum err write_version(struct str versions, const struct signed_list *l,
                              struct diag *d)
{
    char path[PATHS_MAX];
    struct str line, name;
    struct buf out;
    int64_t version = 0;
    enum err e = paths_state(VERSIONS, path, d);
    buf_init(&out, VERSIONS_MAX);
    while (str_next(&versions, '\n', &line)) {
        if (version_line(line, &name, &version) && !str_eq_c(name, l->name)) {
            buf_add_str(&out, line);
            buf_add_byte(&out, '\n');
        }
    }
    buf_printf(&out, "%s %" PRId64 "\n", l->name, l->version);
    if (e == ERR_OK) {
        e = out.failed;
    }
    if (e == ERR_OK) {
        e = fs_write_atomic(path, buf_str(&out), 0600, d);
    }
    buf_fini(&out);
    return e;
}

/* ---- taking in ------------------------------------------------------------
 */

static enum err write_list(const char *name, struct str text, struct diag *d)
{
    char dir[PATHS_MAX], path[PATHS_MAX];
    enum err e = paths_state(PATHS_LISTS, dir, d);
    if (e == ERR_OK) {
        e = fs_join(path, sizeof(path), dir, name);
    }
    return e == ERR_OK ? fs_write_atomic(path, text, 0600, d) : e;
}

static enum err make_directory(struct diag *d)
{
    char dir[PATHS_MAX];
    enum err e = paths_ours(d);
    if (e == ERR_OK) {
        e = paths_state(PATHS_LISTS, dir, d);
    }
    return e == ERR_OK ? fs_mkdirs(dir, 0700, d) : e;
}

static enum err check_times(const struct signed_list *l, int64_t last,
                            int64_t now_s, struct diag *d)
{
    char day[20];
    if (l->version < last) {
        return diag_set(d, ERR_EXISTS,
                        "%s of version %" PRId64 " is older than version "
                        "%" PRId64 ", which was taken in before",
                        l->name, l->version, last);
    }
    if (now_s && now_s >= l->expires_s) {
        enum err e = clock_format(l->expires_s - 1, day);
        return e != ERR_OK ? e
                           : diag_set(d, ERR_CLOCK,
                                      "%s of version %" PRId64 " was to be "
                                      "believed until %.10s",
                                      l->name, l->version, day);
    }
    return ERR_OK;
}

static enum err keep_keys(const struct signed_list *l, struct str list,
                          struct diag *d)
{
    struct minisign_keys named = {.n = 0};
    enum err e = list_orders_keys(list, &named);
    if (e == ERR_LIMIT || named.n > LIST_KEY_MAX_NAMED) {
        e = diag_set(d, ERR_PARSE, "it names more than %d keys",
                     LIST_KEY_MAX_NAMED);
    }
    return e == ERR_OK && named.n ? list_key_announce(&l->by, &named, d) : e;
}

/* The version before the list: should that not follow, it is taken in again. */
static enum err write_signed(const struct signed_list *l, struct str versions,
                             struct str list, struct str signature,
                             struct diag *d)
{
    struct list_rows rows;
    struct buf file;
    buf_init(&file, LIST_STORE_MAX_BYTES + MINISIGN_MAX_BYTES);
    enum err e = signed_list_join(list, signature, &file);
    if (e == ERR_OK) {
        e = list_store_rows(l->name, buf_str(&file), false, &rows, d);
    }
    if (e == ERR_OK) {
        e = keep_keys(l, list, d);
    }
    if (e == ERR_OK) {
        e = write_version(versions, l, d);
    }
    if (e == ERR_OK) {
        e = write_list(l->name, buf_str(&file), d);
    }
    buf_fini(&file);
    return e;
}

enum err list_store_update(const struct minisign_keys *keys, struct str list,
                           struct str signature, int64_t now_s,
                           struct signed_list *out, struct diag *d)
{
    struct signed_list l;
    struct buf versions;
    int64_t last = 0;
    buf_init(&versions, VERSIONS_MAX);
    enum err e = signed_list_check(keys, list, signature, &l, d);
    if (e == ERR_OK) {
        e = make_directory(d);
    }
    if (e == ERR_OK) {
        e = read_versions(&versions, d);
    }
    if (e == ERR_OK) {
        e = version_of(buf_str(&versions), l.name, &last, d);
    }
    if (e == ERR_OK) {
        e = check_times(&l, last, now_s, d);
    }
    if (e == ERR_OK) {
        e = write_signed(&l, buf_str(&versions), list, signature, d);
    }
    buf_fini(&versions);
    if (e == ERR_OK) {
        clock_good_at_least(l.made_s);
        *out = l;
    }
    return e;
}

enum err list_store_import(const char *name, struct str list, struct diag *d)
{
    enum err e = make_directory(d);
    return e == ERR_OK ? write_list(name, list, d) : e;
}
