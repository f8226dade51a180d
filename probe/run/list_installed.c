// SPDX-License-Identifier: Apache-2.0
/* Going through the directories of lists, and looking into each. */
#include "probe/run/list_installed.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/look.h"
#include "probe/run/list_key.h"
#include "probe/volunteer/paths.h"

#include <stdlib.h>
#include <string.h>

#define LISTS_MAX 2048 /* in all directories */

struct found {
    struct list_installed l;
    unsigned dir; /* in the order of paths_lists */
};

struct finding {
    struct region *r;
    struct found *all;
    size_t n, cap;
    const char *dir;
    unsigned i;
};

static enum err add(void *arg, const char *name)
{
    struct finding *f = arg;
    if (!signed_list_is_name(name)) {
        return ERR_OK;
    }
    enum err e = region_grow(f->r, (void **)&f->all, &f->cap, f->n,
                             sizeof(*f->all), LISTS_MAX);
    if (e != ERR_OK) {
        return e;
    }
    struct found *one = &f->all[f->n++];
    *one =
        (struct found){.l = {.name = region_strdup(f->r, name),
                             .path = region_printf(f->r, "%s/%s", f->dir, name),
                             .system = paths_lists_system(f->i)},
                       .dir = f->i};
    return one->l.name && one->l.path ? ERR_OK : ERR_NOMEM;
}

static int by_name(const void *pa, const void *pb)
{
    const struct found *a = pa, *b = pb;
    int names = strcmp(a->l.name, b->l.name);
    return names ? names : (a->dir > b->dir) - (a->dir < b->dir);
}

static enum err find(struct finding *f, struct diag *d)
{
    char dir[PATHS_MAX];
    struct look seen;
    enum err e = ERR_OK;
    for (f->i = 0; e == ERR_OK && paths_lists(f->i, dir); f->i++) {
        f->dir = dir;
        if (dir[0] && look_at(dir, &seen, NULL) == ERR_OK &&
            seen.kind == LOOK_DIR) {
            e = look_each(dir, add, f, d);
        }
    }
    return e;
}

enum err list_installed_all(struct region *r, struct list_installed **out,
                            size_t *n, struct diag *d)
{
    struct finding f = {.r = r};
    enum err e = find(&f, d);
    struct list_installed *all =
        e == ERR_OK ? region_calloc(r, f.n ? f.n : 1, sizeof(*all)) : NULL;
    if (e == ERR_OK && !all) {
        e = ERR_NOMEM;
    }
    if (e != ERR_OK) {
        return e;
    }
    if (f.n) {
        qsort(f.all, f.n, sizeof(*f.all), by_name);
    }
    for (size_t i = 0; i < f.n; i++) {
        all[i] = f.all[i].l;
        all[i].in_force = i == 0 || strcmp(all[i - 1].name, all[i].name) != 0;
    }
    *out = all;
    *n = f.n;
    return ERR_OK;
}

/* ---- one of them ----------------------------------------------------------
 */

/* The comment of a signature that nobody checks. */
static enum err read_seal(const struct minisign_keys *keys, struct str list,
                          struct str signature, struct signed_list *out,
                          struct diag *d)
{
    return keys ? signed_list_check(keys, list, signature, out, d)
                : signed_list_claim(signature, out, d);
}

static enum err check_seal(const char *name, int64_t now_s,
                           const struct signed_list *seal, struct diag *d)
{
    char day[20];
    if (strcmp(seal->name, name) != 0) {
        return diag_set(d, ERR_ACCESS, "it was signed as %.24s", seal->name);
    }
    if (!now_s || now_s < seal->expires_s) {
        return ERR_OK;
    }
    enum err e = clock_format(seal->expires_s - 1, day);
    return e == ERR_OK ? diag_set(d, ERR_CLOCK,
                                  "it was to be believed until %.10s", day)
                       : e;
}

/* Of a file that begins like a signed list. */
static enum err look_signed(const char *name, const struct minisign_keys *keys,
                            struct str file, int64_t now_s,
                            struct signed_list *out, struct diag *d)
{
    struct str text = {NULL, 0};
    struct buf signature;
    enum err e = ERR_OK;
    buf_init(&signature, MINISIGN_MAX_BYTES);
    if (!signed_list_split(file, &text, &signature)) {
        e = signature.failed == ERR_NOMEM
                ? ERR_NOMEM
                : diag_set(d, ERR_PARSE, "its signature is damaged");
    }
    if (e == ERR_OK) {
        e = read_seal(keys, text, buf_str(&signature), out, d);
    }
    if (e == ERR_OK) {
        e = check_seal(name, now_s, out, d);
    }
    buf_fini(&signature);
    return e;
}

enum err list_installed_check(const char *name,
                              const struct minisign_keys *keys, struct str file,
                              int64_t now_s, struct diag *d)
{
    struct signed_list seal;
    return signed_list_begins(file)
               ? look_signed(name, keys, file, now_s, &seal, d)
               : ERR_OK;
}

enum err list_installed_look(const struct list_installed *l,
                             const struct minisign_keys *keys, int64_t now_s,
                             struct list_seen *out, struct diag *d)
{
    struct buf file;
    struct diag why = {""};
    *out = (struct list_seen){.origin = LIST_ORIGIN_OWN};
    buf_init(&file, LIST_STORE_MAX_BYTES);
    enum err e = fs_read(l->path, LIST_STORE_MAX_BYTES, &file, d);
    if (e == ERR_OK) {
        e = list_store_rows(l->path, buf_str(&file), false, &out->rows, d);
    }
    if (l->system) {
        bool roots = paths_is_roots(l->path);
        out->origin = roots ? LIST_ORIGIN_PACKAGED : LIST_ORIGIN_LOOSE;
        if (e == ERR_OK && !roots) {
            e = diag_set(d, ERR_ACCESS,
                         "%.200s: others than root can change it", l->path);
        }
    } else if (e == ERR_OK && signed_list_begins(buf_str(&file))) {
        out->origin = LIST_ORIGIN_SIGNED;
        e = look_signed(l->name, keys, buf_str(&file), now_s, &out->seal, &why);
        if (e != ERR_OK && why.text[0]) {
            diag_set(d, e, "%.160s: %.150s", l->path, why.text);
        }
    }
    buf_fini(&file);
    return e;
}

/* ---- what they order ------------------------------------------------------
 */

static enum err add_orders(const struct list_installed *l,
                           const struct minisign_keys *keys, const char *test,
                           struct list_orders *out)
{
    struct buf file, signature;
    struct signed_list seal;
    struct str text = {NULL, 0};
    buf_init(&file, LIST_STORE_MAX_BYTES);
    buf_init(&signature, MINISIGN_MAX_BYTES);
    enum err e = fs_read(l->path, LIST_STORE_MAX_BYTES, &file, NULL);
    if (e == ERR_OK && l->system && paths_is_roots(l->path)) {
        list_orders_add(buf_str(&file), test, out);
    } else if (e == ERR_OK && !l->system && keys &&
               signed_list_split(buf_str(&file), &text, &signature)) {
        e = signed_list_check(keys, text, buf_str(&signature), &seal, NULL);
        if (e == ERR_OK) {
            list_orders_add(text, test, out);
        }
    }
    buf_fini(&file);
    buf_fini(&signature);
    return e == ERR_NOMEM ? e : ERR_OK;
}

enum err list_installed_orders(struct region *r,
                               const struct minisign_keys *keys,
                               const char *test, struct list_orders *out,
                               struct diag *d)
{
    struct list_installed *all = NULL;
    size_t n = 0;
    enum err e = list_installed_all(r, &all, &n, d);
    for (size_t i = 0; i < n && e == ERR_OK; i++) {
        if (all[i].in_force) {
            e = add_orders(&all[i], keys, test, out);
        }
    }
    return e;
}
