// SPDX-License-Identifier: Apache-2.0
/* `parallax lists`: the installed site lists shown, checked, taken in. */
#include "probe/cmd/cmd_lists.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "base/fs.h"
#include "probe/cmd/lists_fetch.h"
#include "probe/cmd/lists_show.h"
#include "probe/cmd/ways_of.h"
#include "probe/run/clock_good.h"
#include "probe/run/list_installed.h"
#include "probe/run/list_key.h"
#include "probe/run/list_store.h"
#include "probe/volunteer/consent.h"
#include "probe/volunteer/paths.h"
#include "record/list_orders.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct opt lists_opts[] = {
    {.name = "key",
     .key = "lists.key",
     .kind = OPT_STR,
     .arg = "FILE",
     .help = "public key that updates must be signed with"},
    {.name = "url",
     .key = "lists.url",
     .kind = OPT_STR,
     .arg = "URL",
     .help = "where updates are: URL/global.csv, URL/de.csv"},
    WAYS_OF_PROXY_OPTS,
    {.name = "country",
     .kind = OPT_STR,
     .arg = "CC",
     .help = "update: the list of this country, too"},
    {.name = "as",
     .kind = OPT_STR,
     .arg = "NAME",
     .help = "import: which list it is, such as de.csv"},
    {.name = "json", .kind = OPT_FLAG, .help = "show: as JSON"},
};

static const struct opt_table table = {
    .command = "lists",
    .synopsis = "parallax lists [show | verify [FILE] | update [FILE|URL] | "
                "import FILE] [options]",
    .summary = "the installed site lists: show, check, take in",
    .text =
        "update takes a signed list that is newer than the one before: FILE and "
        "FILE.minisig, or\nURL and URL.minisig; without either the global "
        "list from lists.url, that of\n--country, and signed ones taken in "
        "before. import takes a list of your own or\nCitizen Lab's as it is: "
        "global.csv, or a country's as in de.csv.\n\nExit status: 0 done, 1 refused, 2 wrong usage or no "
        "consent, 3 taken in but for bad\nrows, or one list of several.",
    .opts = lists_opts,
    .n_opts = sizeof(lists_opts) / sizeof(lists_opts[0]),
    .max_args = 2,
};

static int failed(enum err e, const struct diag *d)
{
    fprintf(stderr, "parallax lists: %s\n", d->text[0] ? d->text : err_str(e));
    return EXIT_FAILED;
}

/* ---- update ---------------------------------------------------------------
 */

/* FILE and FILE.minisig. */
static enum err read_both(const char *file, struct buf *list,
                          struct buf *signature, struct diag *d)
{
    char path[PATHS_MAX];
    if (snprintf(path, sizeof(path), "%s.minisig", file) >= PATHS_MAX) {
        return diag_set(d, ERR_LIMIT, "the path is too long");
    }
    enum err e = fs_read(file, LIST_STORE_MAX_BYTES, list, d);
    return e == ERR_OK ? fs_read(path, MINISIGN_MAX_BYTES, signature, d) : e;
}

static void say_taken(const struct signed_list *l, struct str list)
{
    struct minisign_keys named = {.n = 0};
    char day[20];
    if (clock_format(l->expires_s - 1, day) == ERR_OK) {
        fprintf(stderr,
                "Taken in: %s, version %" PRId64 ", to be believed until "
                "%.10s\n",
                l->name, l->version, day);
    }
    if (list_orders_keys(list, &named) == ERR_OK && named.n) {
        fprintf(stderr,
                "Lists may be signed with %zu more key%s from now on.\n",
                named.n, named.n > 1 ? "s" : "");
    }
}

/* One list, from a file or a URL, by these ways. ERR_NOTFOUND: there is none;
 * told unless `optional`. */
static enum err update_one(const struct minisign_keys *keys,
                           const struct ways_config *ways, const char *from,
                           bool optional)
{
    struct signed_list l;
    struct buf list, signature;
    struct diag d = {""}, why = {""};
    buf_init(&list, LIST_STORE_MAX_BYTES);
    buf_init(&signature, MINISIGN_MAX_BYTES);
    enum err e = lists_fetch_is_url(from)
                     ? lists_fetch(from, ways, &list, &signature, &d)
                     : read_both(from, &list, &signature, &d);
    if (e == ERR_OK) {
        e = list_store_update(keys, buf_str(&list), buf_str(&signature),
                              clock_good_now(), &l, &why);
        if (e != ERR_OK) {
            diag_set(&d, e,
                     "%.100s is refused, and nothing was changed: "
                     "%.190s",
                     from, why.text[0] ? why.text : err_str(e));
        }
    }
    if (e == ERR_OK) {
        say_taken(&l, buf_str(&list));
    } else if (!optional || e != ERR_NOTFOUND) {
        failed(e, &d);
    }
    buf_fini(&list);
    buf_fini(&signature);
    return e;
}

struct updating {
    const struct minisign_keys *keys;
    struct ways_config ways;
    const char *url;
    unsigned asked, failures;
};

/* The list of this name; `optional`: there may be none. */
static void update_named(struct updating *u, const char *name, bool optional)
{
    char from[PATHS_MAX];
    size_t len = strlen(u->url);
    snprintf(from, sizeof(from), "%s%s%s", u->url,
             len && u->url[len - 1] == '/' ? "" : "/", name);
    enum err e = update_one(u->keys, &u->ways, from, optional);
    bool none = optional && e == ERR_NOTFOUND;
    u->asked += !none;
    u->failures += e != ERR_OK && !none;
}

/* Signed lists that were taken in before, so that nobody need name them again.
 */
static enum err update_others(struct updating *u,
                              const struct list_installed *all, size_t n,
                              const char *country)
{
    struct list_seen seen;
    enum err e = ERR_OK;
    for (size_t i = 0; i < n && e == ERR_OK; i++) {
        const char *name = all[i].name;
        bool done = !strcmp(name, "global.csv") ||
                    !strcmp(name, "requests.csv") || !strcmp(name, country);
        if (done || all[i].system || !all[i].in_force) {
            continue;
        }
        enum err seen_as = list_installed_look(&all[i], NULL, 0, &seen, NULL);
        e = seen_as == ERR_NOMEM ? seen_as : ERR_OK;
        if (e == ERR_OK && seen.origin == LIST_ORIGIN_SIGNED) {
            update_named(u, name, false);
        }
    }
    return e;
}

/* The global list, that of the country, those that were taken in before, and
 * what is asked for just now. */
static int update_all(struct region *r, struct updating u, const char *country)
{
    struct diag d = {""};
    struct list_installed *all = NULL;
    char name[SIGNED_LIST_NAME_MAX] = "";
    size_t n = 0;
    enum err e = list_installed_all(r, &all, &n, &d);
    if (e != ERR_OK) {
        return failed(e, &d);
    }
    update_named(&u, "global.csv", false);
    if (country) {
        snprintf(name, sizeof(name), "%c%c.csv", ascii_lower(country[0]),
                 ascii_lower(country[1]));
        update_named(&u, name, false);
    }
    e = update_others(&u, all, n, name);
    if (e != ERR_OK) {
        return failed(e, &d);
    }
    update_named(&u, "requests.csv", true);
    if (u.failures == 0) {
        return EXIT_DONE;
    }
    return u.failures < u.asked ? EXIT_PARTLY : EXIT_FAILED;
}

static bool is_country(const char *cc)
{
    return !cc ||
           (strlen(cc) == 2 && strspn(cc, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "abcdefghijklmnopqrstuvwxyz") == 2);
}

static int update(struct region *r, const struct opt_set *opts,
                  const char *from)
{
    const char *url = opt_str(opts, "url"), *cc = opt_str(opts, "country");
    struct minisign_keys keys = {.n = 0};
    struct ways_config ways = {.order = opt_str(opts, "collector.ways")};
    struct consent consent;
    struct diag d = {""};
    if ((!from && !url) || !is_country(cc) ||
        (!from && !lists_fetch_is_url(url))) {
        fprintf(stderr,
                "parallax lists: update FILE, update URL, or `lists.url = URL` "
                "in the config file; --country\ntakes two letters\n");
        return EXIT_USAGE;
    }
    if ((!from || lists_fetch_is_url(from)) &&
        !consent_required(&consent, "lists")) {
        return EXIT_USAGE;
    }
    enum err e = list_key_load(opt_str(opts, "key"), &keys, &d);
    if (e != ERR_OK) {
        return failed(e, &d);
    }
    ways.n_proxies = opt_list(opts, "collector.proxy", &ways.proxies);
    if (from) {
        return update_one(&keys, &ways, from, false) == ERR_OK ? EXIT_DONE
                                                               : EXIT_FAILED;
    }
    return update_all(
        r, (struct updating){.keys = &keys, .ways = ways, .url = url}, cc);
}

/* ---- import ---------------------------------------------------------------
 */

static enum err name_of(const struct opt_set *opts, const char *file,
                        char out[SIGNED_LIST_NAME_MAX], struct diag *d)
{
    const char *slash = strrchr(file, '/');
    const char *name = opt_str(opts, "as");
    name = name ? name : slash ? slash + 1 : file;
    if (!signed_list_is_name(name)) {
        return diag_set(d, ERR_INVAL,
                        "`%.60s` is no name of a list: global.csv, or the "
                        "country's two letters as in de.csv; --as NAME gives "
                        "it another",
                        name);
    }
    str_copy(out, SIGNED_LIST_NAME_MAX, name);
    return ERR_OK;
}

static int import(const struct opt_set *opts, const char *file)
{
    char name[SIGNED_LIST_NAME_MAX];
    struct list_rows rows = {.good = 0};
    struct buf list;
    struct diag d = {""};
    buf_init(&list, LIST_STORE_MAX_BYTES);
    enum err e = name_of(opts, file, name, &d);
    if (e == ERR_INVAL) {
        failed(e, &d);
        return EXIT_USAGE;
    }
    if (e == ERR_OK) {
        e = fs_read(file, LIST_STORE_MAX_BYTES, &list, &d);
    }
    if (e == ERR_OK) {
        e = list_store_rows(file, buf_str(&list), true, &rows, &d);
    }
    if (e == ERR_OK) {
        e = list_store_import(name, buf_str(&list), &d);
    }
    buf_fini(&list);
    if (e != ERR_OK) {
        return failed(e, &d);
    }
    fprintf(stderr, "Taken in: %s, %zu sites; %zu rows are no good\n", name,
            rows.good, rows.bad);
    if (strlen(name) > strlen("de.csv") && strcmp(name, "global.csv") != 0 &&
        strcmp(name, "requests.csv") != 0) {
        fprintf(stderr,
                "A run measures global.csv, requests.csv and the list of "
                "its country; of %s it takes\nthe classes of sites.\n",
                name);
    }
    return rows.bad ? EXIT_PARTLY : EXIT_DONE;
}

/* ---- the command ----------------------------------------------------------
 */

static int command(struct region *r, const struct opt_set *opts)
{
    const char *const *args = NULL;
    size_t n = opt_args(opts, &args);
    const char *what = n ? args[0] : "show";
    if (n <= 1 && !strcmp(what, "show")) {
        return lists_show(r, opt_flag(opts, "json"));
    }
    if (n <= 1 && !strcmp(what, "verify")) {
        return lists_show_verify(r, opt_str(opts, "key"));
    }
    if (n == 2 && !strcmp(what, "verify")) {
        return lists_show_verify_file(opt_str(opts, "key"), args[1]);
    }
    if (n && !strcmp(what, "update")) {
        return update(r, opts, n == 2 ? args[1] : NULL);
    }
    if (n == 2 && !strcmp(what, "import")) {
        return import(opts, args[1]);
    }
    fprintf(stderr, "parallax lists: show, verify [FILE], update [FILE|URL] or "
                    "import FILE\n");
    return EXIT_USAGE;
}

const struct shell_command cmd_lists = {
    .table = &table,
    .memory = 8 << 20,
    .run = command,
};
