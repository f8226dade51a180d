// SPDX-License-Identifier: Apache-2.0
/* Lists shown and checked. */
#include "probe/cmd/lists_show.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/json_out.h"
#include "cli/shell.h"
#include "probe/run/clock_good.h"
#include "probe/run/list_installed.h"
#include "probe/run/list_key.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static const char *const origins[] = {
    [LIST_ORIGIN_SIGNED] = "signed",
    [LIST_ORIGIN_OWN] = "own",
    [LIST_ORIGIN_PACKAGED] = "packaged",
    [LIST_ORIGIN_LOOSE] = "not root's",
};

static int failed(enum err e, const struct diag *d)
{
    fprintf(stderr, "parallax lists: %s\n", d->text[0] ? d->text : err_str(e));
    return EXIT_FAILED;
}

static void last_day(const struct list_seen *s, char out[20])
{
    if (s->origin != LIST_ORIGIN_SIGNED ||
        clock_format(s->seal.expires_s - 1, out) != ERR_OK) {
        str_copy(out, 20, "-");
    }
}

/* ---- show -----------------------------------------------------------------
 */

static void row_json(struct jw *w, const struct list_installed *l,
                     const struct list_seen *s, const char *trouble)
{
    char day[20];
    last_day(s, day);
    day[10] = '\0';
    jw_obj(w);
    jw_kc(w, "name", l->name);
    jw_kc(w, "path", l->path);
    jw_kc(w, "origin", origins[s->origin]);
    jw_kb(w, "in_force", l->in_force);
    jw_ki(w, "sites", (int64_t)s->rows.good);
    jw_ki(w, "bad_rows", (int64_t)s->rows.bad);
    if (s->origin == LIST_ORIGIN_SIGNED && s->seal.version) {
        jw_ki(w, "version", s->seal.version);
        jw_kc(w, "expires", day);
    }
    jw_kc(w, "trouble", trouble);
    jw_obj_end(w);
}

static void row_text(struct buf *out, const struct list_installed *l,
                     const struct list_seen *s, const char *trouble)
{
    char day[20];
    last_day(s, day);
    buf_printf(out, "%-12s %7zu  %-10s  ", l->name, s->rows.good,
               origins[s->origin]);
    if (s->origin == LIST_ORIGIN_SIGNED) {
        buf_printf(out, "%-12" PRId64 "  %-10.10s", s->seal.version, day);
    } else {
        buf_printf(out, "%-12s  %-10s", "-", "-");
    }
    buf_printf(out, "  %s%s\n", l->path,
               l->in_force ? "" : "  (not used: one above is)");
    if (trouble) {
        buf_printf(out, "    %s\n", trouble);
    }
}

static void write_all(struct buf *out, bool json,
                      const struct list_installed *all, size_t n)
{
    struct jw w;
    jw_init(&w, out);
    if (json) {
        jw_arr(&w);
    } else if (n) {
        buf_printf(out, "%-12s %7s  %-10s  %-12s  %-10s  %s\n", "LIST", "SITES",
                   "FROM", "VERSION", "UNTIL", "FILE");
    }
    for (size_t i = 0; i < n; i++) {
        struct list_seen seen;
        struct diag d = {""};
        enum err e =
            list_installed_look(&all[i], NULL, clock_good_now(), &seen, &d);
        const char *trouble = e == ERR_OK ? NULL
                              : d.text[0] ? d.text
                                          : err_str(e);
        if (json) {
            row_json(&w, &all[i], &seen, trouble);
        } else {
            row_text(out, &all[i], &seen, trouble);
        }
    }
    if (json) {
        jw_arr_end(&w);
        buf_add_byte(out, '\n');
    }
}

int lists_show(struct region *r, bool json)
{
    struct list_installed *all = NULL;
    struct diag d = {""};
    struct buf out;
    size_t n = 0;
    buf_init(&out, 4 << 20);
    enum err e = list_installed_all(r, &all, &n, &d);
    if (e == ERR_OK) {
        write_all(&out, json, all, n);
        e = out.failed;
    }
    if (e == ERR_OK && out.len) {
        e = fs_write_all(STDOUT_FILENO, out.p, out.len);
    }
    buf_fini(&out);
    if (e != ERR_OK) {
        return failed(e, &d);
    }
    if (!n && !json) {
        printf("No list is installed. `parallax lists import FILE` takes one "
               "in.\n");
    }
    return EXIT_DONE;
}

/* ---- verify ---------------------------------------------------------------
 */

/* Signed lists need the key; without one, each of them says that. */
static enum err check_one(const struct list_installed *l,
                          const struct minisign_keys *keys,
                          const struct diag *no_key, struct diag *d)
{
    struct list_seen seen;
    enum err e = list_installed_look(l, keys, clock_good_now(), &seen, d);
    if (e == ERR_OK && !keys && seen.origin == LIST_ORIGIN_SIGNED) {
        e = diag_set(d, ERR_NOTFOUND, "%.100s: %.200s", l->path, no_key->text);
    }
    if (e == ERR_OK) {
        printf("%s: %s, %zu sites\n", l->path, origins[seen.origin],
               seen.rows.good);
    }
    return e;
}

int lists_show_verify(struct region *r, const char *named)
{
    struct list_installed *all = NULL;
    struct minisign_keys keys = {.n = 0};
    struct diag d = {""}, no_key = {""};
    size_t n = 0, bad = 0;
    enum err have = list_key_load(named, &keys, &no_key);
    enum err e = have != ERR_OK && named ? have : ERR_OK;
    if (e != ERR_OK) {
        return failed(e, &no_key);
    }
    e = list_installed_all(r, &all, &n, &d);
    if (e != ERR_OK) {
        return failed(e, &d);
    }
    for (size_t i = 0; i < n; i++) {
        d.text[0] = '\0';
        if (!all[i].in_force) {
            continue;
        }
        e = check_one(&all[i], have == ERR_OK ? &keys : NULL, &no_key, &d);
        if (e != ERR_OK) {
            failed(e, &d);
            bad++;
        }
    }
    return bad ? EXIT_FAILED : EXIT_DONE;
}

static enum err check_file(const struct minisign_keys *keys, const char *file,
                           struct signed_list *out, struct diag *d)
{
    char path[PATH_MAX];
    struct list_rows rows;
    struct diag why = {""};
    struct buf list, signature;
    buf_init(&list, LIST_STORE_MAX_BYTES);
    buf_init(&signature, MINISIGN_MAX_BYTES);
    enum err e = fs_read(file, LIST_STORE_MAX_BYTES, &list, d);
    if (e == ERR_OK &&
        snprintf(path, sizeof(path), "%s.minisig", file) >= PATH_MAX) {
        e = ERR_LIMIT;
    }
    if (e == ERR_OK) {
        e = fs_read(path, MINISIGN_MAX_BYTES, &signature, d);
    }
    if (e == ERR_OK) {
        e = signed_list_check(keys, buf_str(&list), buf_str(&signature), out,
                              &why);
        if (e != ERR_OK) {
            diag_set(d, e, "%.150s: %.160s", file, why.text);
        }
    }
    if (e == ERR_OK) {
        e = list_store_rows(file, buf_str(&list), true, &rows, d);
    }
    if (e == ERR_OK && clock_good_now() >= out->expires_s) {
        e = diag_set(d, ERR_CLOCK, "%.200s has expired", file);
    }
    buf_fini(&list);
    buf_fini(&signature);
    return e;
}

int lists_show_verify_file(const char *named, const char *file)
{
    struct minisign_keys keys = {.n = 0};
    struct signed_list l;
    struct diag d = {""};
    enum err e = list_key_load(named, &keys, &d);
    if (e == ERR_OK) {
        e = check_file(&keys, file, &l, &d);
    }
    if (e != ERR_OK) {
        return failed(e, &d);
    }
    printf("%s: %s, version %" PRId64 "\n", file, l.name, l.version);
    return EXIT_DONE;
}
