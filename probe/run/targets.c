// SPDX-License-Identifier: Apache-2.0
/* The sites of a run, from its lists and its command line. */
#include "probe/run/targets.h"

#include "base/ascii.h"
#include "base/fs.h"
#include "probe/run/known_sites.h"
#include "probe/run/list_installed.h"
#include "probe/volunteer/paths.h"
#include "record/category.h"

#include <stdio.h>
#include <string.h>

/* ---- URLs of the command line ------------------------------------------- */

static enum err add_url(struct region *r, const char *option, const char *text,
                        struct targets *t, struct diag *d)
{
    struct diag why = {""};
    struct url url;
    enum err e = url_parse(r, str_c(text), &url, &why);
    if (e != ERR_OK) {
        return e == ERR_PARSE ? diag_set(d, ERR_INVAL, "%.16s%.120s: %.160s",
                                         option, text, why.text)
                              : e;
    }
    if (url.literal.family && ip_is_special(&url.literal)) {
        return diag_set(d, ERR_INVAL,
                        "%.16s%.120s: an address that is not on the public "
                        "Internet is never contacted",
                        option, text);
    }
    for (size_t i = 0; i < t->list.n; i++) {
        if (!strcmp(t->list.sites[i].url.text, url.text)) {
            t->skipped++;
            return ERR_OK;
        }
    }
    e = region_grow(r, (void **)&t->list.sites, &t->list.cap, t->list.n,
                    sizeof(*t->list.sites), SITELIST_MAX_ROWS);
    if (e == ERR_OK) {
        t->list.sites[t->list.n++] = (struct site){.input = url.text,
                                                   .url = url,
                                                   .category = "",
                                                   .risk = 2,
                                                   .chosen = true};
    }
    return e;
}

/* ---- lists -------------------------------------------------------------- */

/* `installed`, its name, NULL: it is not one of those that are installed.
 * ERR_CLOCK, or with words ERR_ACCESS: it is one, and not as it was signed. */
static enum err add_list(struct region *r, const char *path,
                         const char *installed, const struct targets_ask *ask,
                         struct targets *t, sitelist_bad_fn bad, void *arg,
                         struct diag *d)
{
    struct buf text;
    struct diag why = {""};
    buf_init(&text, KNOWN_SITES_MAX_BYTES);
    enum err e = fs_read(path, KNOWN_SITES_MAX_BYTES, &text, d);
    if (e == ERR_OK && installed) {
        e = list_installed_check(installed, ask->keys, buf_str(&text),
                                 ask->now_s, d);
    }
    if (e == ERR_OK) {
        const char *name = strcmp(path, "-") ? path : "(stdin)";
        e = sitelist_parse(r, name, buf_str(&text), &t->list, bad, arg, &why);
        if (e == ERR_PARSE) {
            diag_set(d, e,
                     "%.200s is not read, and none of its sites is visited: "
                     "%.180s",
                     path, why.text);
        } else if (e != ERR_OK) {
            diag_set(d, e, "%.200s: %s", path, err_str(e));
        }
    }
    buf_fini(&text);
    return e;
}

/* What went bad where this program writes is no reason to measure nothing. */
static bool is_passed_over(enum err e, unsigned i)
{
    return e == ERR_CLOCK || e == ERR_ACCESS || (e == ERR_PARSE && i == 0);
}

/* ERR_NOTFOUND if no directory has it. */
static enum err add_installed(struct region *r, const char *name,
                              const struct targets_ask *ask, struct targets *t,
                              sitelist_bad_fn bad, void *arg, struct diag *d)
{
    char dir[PATHS_MAX];
    char path[PATHS_MAX];
    for (unsigned i = 0; paths_lists(i, dir); i++) {
        if (!dir[0] || fs_join(path, sizeof(path), dir, name) != ERR_OK) {
            continue;
        }
        size_t before = t->list.n + t->list.duplicate;
        enum err e = add_list(r, path, name, ask, t, bad, arg, d);
        if (e == ERR_OK && i == 0 && t->list.n + t->list.duplicate == before) {
            e = diag_set(d, ERR_PARSE, "it has no site that can be measured");
        }
        if (is_passed_over(e, i)) {
            if (bad) {
                bad(arg, path, 1, 1, d->text);
            }
        } else if (e != ERR_NOTFOUND) {
            return e;
        }
    }
    return ERR_NOTFOUND;
}

static enum err add_all_installed(struct region *r,
                                  const struct targets_ask *ask,
                                  struct targets *t, sitelist_bad_fn bad,
                                  void *arg, struct diag *d)
{
    char of_country[16] = "";
    const char *const names[] = {"requests.csv", of_country, "global.csv"};
    bool any = false;
    enum err e = ERR_OK;
    if (ask->country) {
        snprintf(of_country, sizeof(of_country), "%c%c.csv",
                 ascii_lower(ask->country[0]), ascii_lower(ask->country[1]));
    }
    for (size_t i = 0; i < 3; i++) {
        if (!names[i][0]) {
            continue;
        }
        e = add_installed(r, names[i], ask, t, bad, arg, d);
        if (e != ERR_OK && e != ERR_NOTFOUND) {
            return e;
        }
        any = any || e == ERR_OK;
        t->n_asked = i == 0 ? t->list.n : t->n_asked;
    }
    if (!any) {
        return diag_set(d, ERR_NOTFOUND,
                        "no site list is installed; name one with --list FILE "
                        "(Citizen Lab's CSV, or one URL per line), or a site "
                        "with --url URL");
    }
    return ERR_OK;
}

/* ---- consent ------------------------------------------------------------ */

_Static_assert(CONSENT_CLASSES == SITE_CLASSES, "the same classes");

static void free_classes(void *arg)
{
    site_classes_free(arg);
}

/* What all lists say of any site: those of this run, and the installed ones. */
static enum err classify(struct region *r, struct targets *t, struct diag *d)
{
    struct site_classes *c = site_classes_new();
    if (!c) {
        return ERR_NOMEM;
    }
    enum err e = region_on_free(r, free_classes, c);
    if (e != ERR_OK) {
        site_classes_free(c);
        return e;
    }
    for (size_t i = 0; i < t->list.n && e == ERR_OK; i++) {
        const struct site *s = &t->list.sites[i];
        if (!s->chosen || s->category[0]) {
            e = site_classes_add(c, &s->url, s->risk);
        }
    }
    t->classes = c;
    return e == ERR_OK ? known_sites_add(c, d) : e;
}

static bool is_agreed(const struct targets *t, const struct site *s)
{
    int risk = site_classes_row(t->classes, &s->url);
    return s->chosen ||
           (t->accepted[s->risk] && (risk < 0 || t->accepted[risk]));
}

int targets_risk(const struct targets *t, const struct site *site)
{
    int row = site_classes_row(t->classes, &site->url);
    return row > site->risk ? row : site->risk;
}

bool targets_asked(const struct targets *t, const struct site *site)
{
    return (size_t)(site - t->list.sites) < t->n_asked;
}

struct site_consent targets_consent(const struct targets *t,
                                    const struct site *site)
{
    struct site_consent c = {.classes = t->classes,
                             .chosen = site->chosen ? site->url.host : NULL};
    memcpy(c.accepted, t->accepted, sizeof(c.accepted));
    return c;
}

/* ---- narrowing ---------------------------------------------------------- */

static bool category_asked(const char *categories, const char *category)
{
    struct str rest = str_c(categories);
    struct str one;
    if (!categories) {
        return true;
    }
    while (str_next(&rest, ',', &one)) {
        const struct category *c = category_find(str_trim(one));
        if (c && strcmp(c->code, category) == 0) {
            return true;
        }
    }
    return false;
}

static enum err check_categories(const char *categories, struct diag *d)
{
    struct str rest = str_c(categories);
    struct str one;
    while (str_next(&rest, ',', &one)) {
        one = str_trim(one);
        if (!category_find(one)) {
            return diag_set(d, ERR_INVAL,
                            "--category: `" STR_FMT "` is not a category; "
                            "docs/safety.md lists them",
                            STR_ARG(str_sub(one, 0, 40)));
        }
    }
    return ERR_OK;
}

/* Each URL is in the list once. */
static enum err narrow(struct region *r, const struct targets_ask *ask,
                       struct targets *t)
{
    t->todo = region_calloc(r, t->list.n ? t->list.n : 1, sizeof(*t->todo));
    if (!t->todo) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < t->list.n; i++) {
        const struct site *s = &t->list.sites[i];
        if (!s->chosen && !category_asked(ask->categories, s->category)) {
            t->skipped++;
            continue;
        }
        if (!is_agreed(t, s)) {
            t->refused++;
            continue;
        }
        t->todo[t->n_todo++] = s;
    }
    return ERR_OK;
}

enum err targets_build(struct region *r, const struct targets_ask *ask,
                       struct targets *out, sitelist_bad_fn bad, void *arg,
                       struct diag *d)
{
    struct targets t = {.n_todo = 0};
    enum err e =
        ask->categories ? check_categories(ask->categories, d) : ERR_OK;
    for (size_t i = 0; i < ask->n_urls && e == ERR_OK; i++) {
        e = add_url(r, ask->url_option ? ask->url_option : "", ask->urls[i], &t,
                    d);
    }
    if (e == ERR_OK && ask->list) {
        e = add_list(r, ask->list, NULL, ask, &t, bad, arg, d);
        if (e == ERR_NOTFOUND) {
            e = ERR_IO; /* not the same as no list installed */
        }
    } else if (e == ERR_OK && !ask->n_urls) {
        e = add_all_installed(r, ask, &t, bad, arg, d);
    }
    memcpy(t.accepted, ask->consent->accepted, sizeof(t.accepted));
    if (e == ERR_OK) {
        e = classify(r, &t, d);
    }
    if (e == ERR_OK) {
        e = narrow(r, ask, &t);
    }
    if (e == ERR_OK) {
        t.bad = t.list.bad;
        t.skipped += t.list.duplicate;
        *out = t;
    }
    return e;
}
