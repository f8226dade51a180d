// SPDX-License-Identifier: Apache-2.0
/* Files of the folder `fingerprints`: read at the start, written by import. */
#include "collector/ingest/fingerprint_sets.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/fs.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/utf8.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "fingerprints"
#define SUFFIX ".csv"
#define MAGIC  "#parallax-fingerprints 1 "
#define HEADER "name,scope,"

bool fingerprint_sets_name_ok(const char *name)
{
    size_t n = 0;
    for (; name[n]; n++) {
        if (!ascii_isalnum(name[n]) &&
            !(n > 0 ? strchr("._-", name[n]) : strchr("_-", name[n]))) {
            return false;
        }
    }
    return n > 0 && n <= FINGERPRINT_SETS_NAME_MAX &&
           strcmp(name, FINGERPRINT_SETS_BUILTIN) != 0;
}

static void count_from(const struct fingerprints *f, size_t first,
                       struct fingerprint_set *set)
{
    for (size_t i = first; i < fingerprints_count(f); i++) {
        enum fp_where where = fingerprints_get(f, i)->where;
        set->dns += where == FP_DNS;
        set->body += where == FP_BODY;
        set->header += where == FP_HEADER;
    }
}

/* ---- reading ------------------------------------------------------------- */

enum err fingerprint_sets_read(struct str text, struct str *csv,
                               int64_t *imported_s)
{
    struct str rest = text, line, when, hex;
    uint8_t want[SHA256_LEN], got[SHA256_LEN];
    int64_t at;
    if (!str_starts(text, MAGIC) || !str_next(&rest, '\n', &line)) {
        return ERR_PARSE;
    }
    line = str_sub(line, sizeof(MAGIC) - 1, line.len);
    if (!str_next(&line, ' ', &when) || !str_next(&line, ' ', &hex) ||
        line.len > 0 || str_to_i64(when, 0, INT64_MAX / 2, &at) != ERR_OK ||
        hex_decode(hex, want, sizeof(want)) != ERR_OK) {
        return ERR_PARSE;
    }
    crypto_sha256(rest, got);
    if (memcmp(want, got, sizeof(want)) != 0) {
        return ERR_PARSE;
    }
    *csv = rest;
    *imported_s = at;
    return ERR_OK;
}

/* The sum is right, so the row was good once, for another version. */
static void on_bad_stored(void *arg, const char *msg)
{
    (void)arg;
    log_warn("fingerprints", "%s", msg);
}

static void set_reason(struct fingerprint_set *set, enum err e,
                       const struct diag *d, const char *path)
{
    if (e == ERR_PARSE) {
        snprintf(set->reason, sizeof(set->reason),
                 "%.200s is damaged; import it again", path);
    } else {
        snprintf(set->reason, sizeof(set->reason), "%.250s",
                 d->text[0] ? d->text : err_str(e));
    }
}

/* A file that cannot be used is no error; ERR_LIMIT and ERR_NOMEM are. */
static enum err load_file(struct fingerprints *f, const char *path,
                          struct fingerprint_set *set)
{
    struct buf b;
    struct str csv = {NULL, 0};
    struct diag d = {{0}};
    size_t before = fingerprints_count(f);
    buf_init(&b, FINGERPRINT_SETS_FILE_MAX);
    enum err e = fs_read(path, FINGERPRINT_SETS_FILE_MAX, &b, &d);
    if (e == ERR_OK) {
        e = fingerprint_sets_read(buf_str(&b), &csv, &set->imported_s);
    }
    if (e != ERR_OK && e != ERR_NOMEM) {
        set_reason(set, e, &d, path);
        e = ERR_OK;
    } else if (e == ERR_OK) {
        e = fingerprints_add_csv(f, path, csv, NULL, on_bad_stored, NULL);
        count_from(f, before, set);
    }
    buf_fini(&b);
    return e;
}

static int is_set(const struct dirent *ent)
{
    size_t len = strlen(ent->d_name);
    char name[FINGERPRINT_SETS_NAME_MAX + 1];
    if (len <= sizeof(SUFFIX) - 1 ||
        len - (sizeof(SUFFIX) - 1) >= sizeof(name)) {
        return 0;
    }
    len -= sizeof(SUFFIX) - 1;
    memcpy(name, ent->d_name, len);
    name[len] = '\0';
    return strcmp(ent->d_name + len, SUFFIX) == 0 &&
           fingerprint_sets_name_ok(name);
}

struct loading {
    const char *skip;       /* name of a set left out, or NULL */
    fingerprint_sets_fn fn; /* or NULL */
    void *arg;
    struct fingerprints *f;
};

static void tell(const struct loading *l, const struct fingerprint_set *set)
{
    if (l->fn) {
        l->fn(l->arg, set);
    }
}

static enum err load_set(struct loading *l, const char *folder,
                         const char *file_name)
{
    struct fingerprint_set set = {.imported_s = 0};
    char path[PATH_MAX];
    memcpy(set.name, file_name, strlen(file_name) - (sizeof(SUFFIX) - 1));
    if (l->skip && strcmp(l->skip, set.name) == 0) {
        return ERR_OK;
    }
    enum err e = fs_join(path, sizeof(path), folder, file_name);
    if (e == ERR_OK) {
        e = load_file(l->f, path, &set);
    }
    if (e == ERR_OK) {
        tell(l, &set);
    }
    return e;
}

static enum err load_folder(struct loading *l, const char *data_dir)
{
    char folder[PATH_MAX];
    struct dirent **found = NULL;
    enum err e = fs_join(folder, sizeof(folder), data_dir, FOLDER);
    if (e != ERR_OK) {
        return e;
    }
    int n = scandir(folder, &found, is_set, alphasort);
    if (n < 0 && errno != ENOENT && errno != ENOTDIR) {
        struct fingerprint_set all = {.name = "*"};
        snprintf(all.reason, sizeof(all.reason), "%.200s: %s", folder,
                 strerror(errno));
        tell(l, &all);
        return errno == ENOMEM ? ERR_NOMEM : ERR_OK;
    }
    for (int i = 0; i < n; i++) {
        if (e == ERR_OK && i < FINGERPRINT_SETS_MAX) {
            e = load_set(l, folder, found[i]->d_name);
        }
        free(found[i]);
    }
    free(found);
    return e;
}

static enum err load_all(struct loading *l, const char *data_dir)
{
    struct fingerprint_set own = {.name = FINGERPRINT_SETS_BUILTIN};
    enum err e = fingerprints_builtin(&l->f);
    if (e != ERR_OK) {
        return e;
    }
    count_from(l->f, 0, &own);
    tell(l, &own);
    e = data_dir ? load_folder(l, data_dir) : ERR_OK;
    if (e != ERR_OK) {
        fingerprints_free(l->f);
        l->f = NULL;
    }
    return e;
}

enum err fingerprint_sets_open(const char *data_dir, fingerprint_sets_fn fn,
                               void *arg, struct fingerprints **out)
{
    struct loading l = {.fn = fn, .arg = arg};
    enum err e = load_all(&l, data_dir);
    if (e == ERR_LIMIT) {
        /* Import sees to it that all fit together; somebody copied files. */
        struct fingerprint_set all = {.name = "*"};
        snprintf(all.reason, sizeof(all.reason),
                 "%.200s/" FOLDER ": too many; none is used", data_dir);
        tell(&l, &all);
        e = fingerprints_builtin(&l.f);
    }
    if (e == ERR_OK) {
        *out = l.f;
    }
    return e;
}

/* ---- writing ------------------------------------------------------------- */

static enum err store(const char *data_dir, const char *name, struct str csv,
                      int64_t now_s, struct diag *d)
{
    char folder[PATH_MAX], file[FINGERPRINT_SETS_NAME_MAX + sizeof(SUFFIX)];
    char path[PATH_MAX], hex[2 * SHA256_LEN + 1];
    uint8_t sum[SHA256_LEN];
    struct buf b;
    snprintf(file, sizeof(file), "%s" SUFFIX, name);
    crypto_sha256(csv, sum);
    hex_encode(sum, sizeof(sum), hex);
    buf_init(&b, FINGERPRINT_SETS_FILE_MAX);
    buf_printf(&b, MAGIC "%lld %s\n", (long long)now_s, hex);
    buf_add_str(&b, csv);
    enum err e = b.failed;
    if (e == ERR_OK) {
        e = fs_join(folder, sizeof(folder), data_dir, FOLDER);
    }
    if (e == ERR_OK) {
        e = fs_mkdirs(folder, 0700, d);
    }
    if (e == ERR_OK) {
        e = fs_join(path, sizeof(path), folder, file);
    }
    if (e == ERR_OK) {
        e = fs_write_atomic(path, buf_str(&b), 0600, d);
    }
    buf_fini(&b);
    return e;
}

static void count_set(void *arg, const struct fingerprint_set *set)
{
    *(size_t *)arg += strcmp(set->name, FINGERPRINT_SETS_BUILTIN) != 0;
}

/* Adds the text to what is stored already, so that all are known to fit. */
static enum err check(const struct fingerprint_import *in,
                      struct fingerprints *all, struct buf *kept,
                      struct fingerprint_set *made, struct diag *d)
{
    struct str rest = in->text;
    if (str_starts(rest, "\xef\xbb\xbf")) {
        rest = str_sub(rest, 3, rest.len);
    }
    if (!str_starts(rest, HEADER)) {
        return diag_set(d, ERR_PARSE,
                        "%.200s:1: no list of fingerprints: the first line is "
                        "not OONI's (" HEADER "...)",
                        in->file);
    }
    size_t before = fingerprints_count(all);
    enum err e =
        fingerprints_add_csv(all, in->file, in->text, kept, in->bad, in->arg);
    if (e == ERR_OK && fingerprints_count(all) == before) {
        return diag_set(d, ERR_PARSE, "%.200s: no usable fingerprint",
                        in->file);
    }
    if (e == ERR_OK) {
        count_from(all, before, made);
    }
    return e;
}

enum err fingerprint_sets_import(const char *data_dir,
                                 const struct fingerprint_import *in,
                                 struct fingerprint_set *out, struct diag *d)
{
    size_t others = 0;
    struct loading l = {.skip = in->name, .fn = count_set, .arg = &others};
    struct fingerprint_set made = {.imported_s = clock_wall_us() / US_PER_S};
    struct buf kept;
    str_copy(made.name, sizeof(made.name), in->name);
    buf_init(&kept, FINGERPRINT_SETS_FILE_MAX);
    enum err e = load_all(&l, data_dir);
    if (e == ERR_OK && others >= FINGERPRINT_SETS_MAX) {
        e = ERR_LIMIT;
    }
    if (e == ERR_OK) {
        e = check(in, l.f, &kept, &made, d);
    }
    if (e == ERR_LIMIT) {
        e = diag_set(d, ERR_LIMIT,
                     "%.200s: too many fingerprints with those stored already",
                     in->file);
    }
    if (e == ERR_OK) {
        e = store(data_dir, in->name, buf_str(&kept), made.imported_s, d);
    }
    if (e == ERR_OK) {
        *out = made;
    }
    buf_fini(&kept);
    fingerprints_free(l.f);
    return e;
}
