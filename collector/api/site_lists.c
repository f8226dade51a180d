// SPDX-License-Identifier: Apache-2.0
/* Loading the lists, and drawing sites from them. */
#include "collector/api/site_lists.h"

#include "base/ascii.h"
#include "base/crypto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/look.h"
#include "record/sitelist.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define LISTS_MAX  512
#define LIST_BYTES ((size_t)64 << 20)
#define REGION_MAX ((size_t)1 << 30)

struct country_list {
    char cc[3]; /* "XX" global */
    struct sitelist list;
};

struct site_lists {
    struct region *region;
    struct country_list *lists;
    size_t n;
};

static void on_bad(void *arg, const char *file, unsigned line, unsigned col,
                   const char *reason)
{
    (void)arg;
    log_warn("sites", "%s:%u:%u: %s", file, line, col, reason);
}

/* "global.csv" and "ir.csv"; other names are not lists. */
static bool list_cc(const char *name, char cc[3])
{
    if (strcmp(name, "global.csv") == 0) {
        memcpy(cc, "XX", 3);
        return true;
    }
    if (strlen(name) != 6 || strcmp(name + 2, ".csv") != 0 ||
        !ascii_isalnum(name[0]) || !ascii_isalnum(name[1])) {
        return false;
    }
    cc[0] = ascii_upper(name[0]);
    cc[1] = ascii_upper(name[1]);
    cc[2] = '\0';
    return true;
}

struct loading {
    struct site_lists *s;
    const char *dir;
    struct diag *d;
};

static enum err load_one(void *arg, const char *name)
{
    const struct loading *loading = arg;
    struct site_lists *s = loading->s;
    const char *dir = loading->dir;
    struct diag *d = loading->d;
    char cc[3], path[PATH_MAX];
    if (!list_cc(name, cc) || s->n == LISTS_MAX) {
        return ERR_OK;
    }
    enum err e = fs_join(path, sizeof(path), dir, name);
    struct diag why = {""};
    struct buf b;
    buf_init(&b, LIST_BYTES);
    if (e == ERR_OK) {
        e = fs_read(path, LIST_BYTES, &b, d);
    }
    struct country_list *l = &s->lists[s->n];
    if (e == ERR_OK) {
        memcpy(l->cc, cc, sizeof(cc));
        e = sitelist_parse(s->region, path, buf_str(&b), &l->list, on_bad, NULL,
                           &why);
    }
    if (e == ERR_OK) {
        s->n++;
    } else if (e == ERR_PARSE) { /* one list less, and no server less */
        log_warn("sites", "%s is not read: %s", path, why.text);
        e = ERR_OK;
    }
    buf_fini(&b);
    return e;
}

enum err site_lists_load(const char *data_dir, struct site_lists **out,
                         struct diag *d)
{
    struct site_lists *s = calloc(1, sizeof(*s));
    if (!s) {
        return ERR_NOMEM;
    }
    s->region = region_new(REGION_MAX);
    s->lists = s->region
                   ? region_calloc(s->region, LISTS_MAX, sizeof(*s->lists))
                   : NULL;
    char dir[PATH_MAX];
    enum err e =
        s->lists ? fs_join(dir, sizeof(dir), data_dir, "lists") : ERR_NOMEM;
    if (e == ERR_OK) {
        struct loading l = {s, dir, d};
        e = look_each(dir, load_one, &l, d);
        e = e == ERR_NOTFOUND ? ERR_OK : e; /* there are none */
    }
    if (e != ERR_OK) {
        site_lists_free(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

void site_lists_free(struct site_lists *s)
{
    if (s) {
        region_free(s->region);
        free(s);
    }
}

struct choice {
    const struct site *site;
    const char *cc;
};

static bool wanted(const struct site *site, const struct str *codes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (str_ieq_c(codes[i], site->category)) {
            return true;
        }
    }
    return n == 0;
}

static size_t choose(const struct site_lists *s, const char *cc,
                     const struct str *codes, size_t n_codes,
                     struct choice *out)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct country_list *l = &s->lists[i];
        if (strcmp(l->cc, "XX") != 0 && strcmp(l->cc, cc) != 0) {
            continue;
        }
        for (size_t k = 0; k < l->list.n; k++) {
            if (wanted(&l->list.sites[k], codes, n_codes)) {
                out[n++] = (struct choice){&l->list.sites[k], l->cc};
            }
        }
    }
    return n;
}

size_t site_lists_write(const struct site_lists *s, struct jw *w,
                        const char *cc, const struct str *codes, size_t n_codes,
                        size_t max)
{
    size_t all = 0;
    for (size_t i = 0; s && i < s->n; i++) {
        all += s->lists[i].list.n;
    }
    struct choice *c = calloc(all ? all : 1, sizeof(*c));
    size_t n = s && c ? choose(s, cc, codes, n_codes, c) : 0;
    jw_arr(w);
    for (size_t i = 0; i < n && i < max; i++) {
        if (n > max) { /* Fisher-Yates, as far as needed */
            size_t k = i + crypto_random_below((uint32_t)(n - i));
            struct choice t = c[i];
            c[i] = c[k];
            c[k] = t;
        }
        jw_obj(w);
        jw_kc(w, "category_code",
              c[i].site->category[0] ? c[i].site->category : "MISC");
        jw_kc(w, "country_code", c[i].cc);
        jw_kc(w, "url", c[i].site->input);
        jw_obj_end(w);
    }
    jw_arr_end(w);
    free(c);
    return n < max ? n : max;
}
