// SPDX-License-Identifier: Apache-2.0
/* Every installed list, read for the classes of its rows. */
#include "probe/run/known_sites.h"

#include "base/fs.h"
#include "base/look.h"
#include "probe/volunteer/paths.h"
#include "record/sitelist.h"

#include <string.h>

#define LIST_REGION ((size_t)1024 << 20)

static bool is_list(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz");

    return n > 0 && strcmp(name + n, ".csv") == 0;
}

static enum err add_rows(struct site_classes *c, struct region *r,
                         const char *path, struct str text, struct diag *d)
{
    struct sitelist list = {.n = 0};
    struct diag why = {""};
    enum err e = sitelist_parse(r, path, text, &list, NULL, NULL, &why);

    for (size_t i = 0; i < list.n && e == ERR_OK; i++) {
        e = site_classes_add(c, &list.sites[i].url, list.sites[i].risk);
    }
    return e == ERR_OK ? e
                       : diag_set(d, e, "%.200s: %s", path,
                                  why.text[0] ? why.text : err_str(e));
}

static enum err add_file(struct site_classes *c, const char *path,
                         struct diag *d)
{
    struct buf text;
    struct region *r = region_new(LIST_REGION);
    buf_init(&text, KNOWN_SITES_MAX_BYTES);
    enum err e = r ? fs_read(path, KNOWN_SITES_MAX_BYTES, &text, d) : ERR_NOMEM;
    if (e == ERR_OK) {
        e = add_rows(c, r, path, buf_str(&text), d);
    }
    buf_fini(&text);
    region_free(r);
    return e;
}

struct adding {
    struct site_classes *c;
    const char *dir;
    bool taken_in; /* that this program wrote */
    struct diag *d;
};

static enum err add_entry(void *arg, const char *name)
{
    const struct adding *a = arg;
    char file[PATHS_MAX];
    if (!is_list(name)) {
        return ERR_OK;
    }
    enum err e = fs_join(file, sizeof(file), a->dir, name);
    if (e == ERR_OK) {
        e = add_file(a->c, file, a->d);
    }
    /* one that went bad on the disk is measured by nobody, either */
    return e == ERR_PARSE && a->taken_in ? ERR_OK : e;
}

static enum err add_directory(struct site_classes *c, const char *path,
                              bool taken_in, struct diag *d)
{
    struct adding a = {c, path, taken_in, d};
    struct look seen;
    enum err e = look_at(path, &seen, d);
    if (e == ERR_OK && seen.kind == LOOK_DIR) {
        e = look_each(path, add_entry, &a, d);
    }
    return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err known_sites_add(struct site_classes *c, struct diag *d)
{
    char path[PATHS_MAX];
    enum err e = ERR_OK;
    for (unsigned i = 0; e == ERR_OK && paths_lists(i, path); i++) {
        if (path[0]) {
            e = add_directory(c, path, i == 0, d);
        }
    }
    return e;
}
