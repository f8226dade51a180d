// SPDX-License-Identifier: Apache-2.0
/* Writes beside the wanted directory and puts the new one in its place. */
#include "collector/report/report_out.h"

#include "base/fs.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/json_out.h"
#include "base/log.h"
#include "base/look.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANIFEST        "manifest.json"
#define MANIFEST_SCHEMA "parallax-manifest/1"
#define MANIFEST_MAX    ((size_t)1 << 20)
#define FILE_MAX_BUF    ((size_t)256 << 20)

struct report_out {
    char dir[PATH_MAX];
    char tmp[PATH_MAX];
    bool replaces; /* an earlier report of ours is there */

    struct {
        char name[64];
        uint64_t bytes;
        char sha256[2 * SHA256_LEN + 1];
    } files[REPORT_OUT_MAX_FILES];

    size_t n_files;
};

/* Is `name` a file of the report whose manifest this is? */
static bool listed(const struct json *files, const char *name)
{
    for (const struct json *f = json_first(files); f; f = json_next(f)) {
        if (str_eq_c(json_str(json_get(f, "name")), name)) {
            return true;
        }
    }
    return strcmp(name, MANIFEST) == 0;
}

/* Every entry of the directory must stand in its manifest: what somebody put
 * beside an old report must not vanish with it. */
struct entries {
    const char *dir;
    const struct json *files;
    struct diag *d;
};

static enum err check_entry(void *arg, const char *name)
{
    const struct entries *x = arg;
    return listed(x->files, name)
               ? ERR_OK
               : diag_set(x->d, ERR_EXISTS,
                          "%s holds %s, which is not part of an earlier "
                          "report: choose another --out",
                          x->dir, name);
}

static enum err check_ours(const char *dir, struct diag *d)
{
    char path[PATH_MAX];
    struct buf text;
    struct json_doc *doc = NULL;
    struct diag why;
    buf_init(&text, MANIFEST_MAX);
    enum err e = fs_join(path, sizeof(path), dir, MANIFEST);
    if (e == ERR_OK) {
        e = fs_read(path, MANIFEST_MAX, &text, &why);
    }
    if (e == ERR_OK) {
        e = json_parse(buf_str(&text), &json_default_limits, &doc, &why);
    }
    if (e == ERR_OK && !str_eq_c(json_str(json_get(json_root(doc), "schema")),
                                 MANIFEST_SCHEMA)) {
        e = ERR_PARSE;
    }
    if (e == ERR_OK) {
        struct entries x = {dir, json_get(json_root(doc), "files"), d};
        e = look_each(dir, check_entry, &x, d);
    } else {
        e = diag_set(d, ERR_EXISTS,
                     "%s is not empty and not an earlier report of ours: "
                     "choose another --out",
                     dir);
    }
    json_doc_free(doc);
    buf_fini(&text);
    return e;
}

static enum err not_empty(void *arg, const char *name)
{
    bool *empty = arg;
    (void)name;
    *empty = false;
    return ERR_OK;
}

/* Looks at what stands at o->dir now. */
static enum err check_target(struct report_out *o, struct diag *d)
{
    bool empty = true;
    enum err e = look_each(o->dir, not_empty, &empty, d);
    if (e == ERR_NOTFOUND) {
        return ERR_OK;
    }
    if (e == ERR_OK && !empty) {
        o->replaces = true;
        e = check_ours(o->dir, d);
    }
    return e;
}

/* The absolute name without trailing slashes: the new directory is made
 * beside it. A name that exists is followed through links. */
static enum err set_dir(struct report_out *o, const char *dir, struct diag *d)
{
    char cut[PATH_MAX];
    size_t len = strlen(dir);
    if (len == 0 || len >= sizeof(cut) - 40) {
        return diag_set(d, ERR_INVAL, "--out: bad directory name");
    }
    memcpy(cut, dir, len + 1);
    while (len > 1 && cut[len - 1] == '/') {
        cut[--len] = '\0';
    }
    if (realpath(cut, o->dir)) {
        return ERR_OK;
    }
    if (errno != ENOENT) {
        return diag_set(d, err_from_errno(errno), "%s: %s", dir,
                        strerror(errno));
    }
    char *slash = strrchr(cut, '/');
    if (slash && slash != cut) {
        *slash = '\0';
        enum err e = fs_mkdirs(cut, 0700, d);
        *slash = '/';
        if (e != ERR_OK) {
            return e;
        }
    }
    memcpy(o->dir, cut, len + 1);
    return ERR_OK;
}

enum err report_out_begin(const char *dir, struct report_out **out,
                          struct diag *d)
{
    struct report_out *o = calloc(1, sizeof(*o));
    if (!o) {
        return diag_set(d, ERR_NOMEM, "out of memory");
    }
    enum err e = set_dir(o, dir, d);
    if (e == ERR_OK) {
        e = check_target(o, d);
    }
    if (e == ERR_OK) {
        int n = snprintf(o->tmp, sizeof(o->tmp), "%s.new-XXXXXX", o->dir);
        if (n < 0 || (size_t)n >= sizeof(o->tmp)) {
            e = diag_set(d, ERR_INVAL, "--out: name too long");
        } else if (!mkdtemp(o->tmp)) {
            e = diag_set(d, err_from_errno(errno), "cannot write beside %s: %s",
                         o->dir, strerror(errno));
        }
    }
    if (e != ERR_OK) {
        free(o);
        return e;
    }
    *out = o;
    return ERR_OK;
}

enum err report_out_open(struct report_out *o, const char *name,
                         struct report_out_file *f, struct diag *d)
{
    char path[PATH_MAX];
    buf_init(&f->buf, FILE_MAX_BUF);
    f->fd = -1;
    f->name = name;
    f->bytes = 0;
    crypto_sha256_init(&f->hash);
    enum err e = fs_join(path, sizeof(path), o->tmp, name);
    if (e != ERR_OK) {
        return diag_set(d, e, "%s: name too long", name);
    }
    f->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (f->fd < 0) {
        return diag_set(d, err_from_errno(errno), "%s: %s", path,
                        strerror(errno));
    }
    return ERR_OK;
}

static enum err write_out(struct report_out_file *f, struct diag *d)
{
    if (f->buf.failed != ERR_OK) {
        return diag_set(d, f->buf.failed, "%s: %s", f->name,
                        err_str(f->buf.failed));
    }
    if (f->buf.len == 0) {
        return ERR_OK;
    }
    enum err e = fs_write_all(f->fd, f->buf.p, f->buf.len);
    if (e != ERR_OK) {
        return diag_set(d, e, "writing %s: %s", f->name, err_str(e));
    }
    crypto_sha256_add(&f->hash, buf_str(&f->buf));
    f->bytes += f->buf.len;
    buf_clear(&f->buf);
    return ERR_OK;
}

enum err report_out_flush(struct report_out_file *f, struct diag *d)
{
    if (f->buf.failed == ERR_OK && f->buf.len < REPORT_OUT_FLUSH_BYTES) {
        return ERR_OK;
    }
    return write_out(f, d);
}

void report_out_drop(struct report_out_file *f)
{
    if (f->fd >= 0) {
        close(f->fd);
    }
    f->fd = -1;
    buf_fini(&f->buf);
}

enum err report_out_close(struct report_out *o, struct report_out_file *f,
                          struct diag *d)
{
    uint8_t digest[SHA256_LEN];
    enum err e = write_out(f, d);
    if (e == ERR_OK && fsync(f->fd) != 0) {
        e = diag_set(d, err_from_errno(errno), "writing %s: %s", f->name,
                     strerror(errno));
    }
    if (e == ERR_OK && o->n_files == REPORT_OUT_MAX_FILES) {
        e = diag_set(d, ERR_LIMIT, "too many files in one report");
    }
    if (e == ERR_OK) {
        crypto_sha256_end(&f->hash, digest);
        hex_encode(digest, sizeof(digest), o->files[o->n_files].sha256);
        str_copy(o->files[o->n_files].name, sizeof(o->files[0].name), f->name);
        o->files[o->n_files++].bytes = f->bytes;
    }
    report_out_drop(f);
    return e;
}

static enum err write_manifest(struct report_out *o, const char *schema,
                               const char *generated, struct diag *d)
{
    char path[PATH_MAX];
    struct buf b;
    struct jw w;
    buf_init(&b, MANIFEST_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kc(&w, "schema", MANIFEST_SCHEMA);
    jw_kc(&w, "content", schema);
    jw_kc(&w, "marking", "INTERNAL");
    jw_kc(&w, "generated", generated);
    jw_key(&w, "files");
    jw_arr(&w);
    for (size_t i = 0; i < o->n_files; i++) {
        jw_obj(&w);
        jw_kc(&w, "name", o->files[i].name);
        jw_ki(&w, "bytes", (int64_t)o->files[i].bytes);
        jw_kc(&w, "sha256", o->files[i].sha256);
        jw_obj_end(&w);
    }
    jw_arr_end(&w);
    jw_obj_end(&w);
    buf_add_c(&b, "\n");
    enum err e = b.failed;
    if (e == ERR_OK) {
        e = fs_join(path, sizeof(path), o->tmp, MANIFEST);
    }
    if (e == ERR_OK) {
        e = fs_write_atomic(path, buf_str(&b), 0600, d);
    }
    buf_fini(&b);
    return e;
}

/* Swaps the new directory with the old report in one step and removes the
 * old; file systems without that step get two renames. */
static enum err replace_old(struct report_out *o, struct diag *d)
{
    char old[PATH_MAX + 8];
    if (renameat2(AT_FDCWD, o->tmp, AT_FDCWD, o->dir, RENAME_EXCHANGE) == 0) {
        return fs_remove_tree(o->tmp, d);
    }
    snprintf(old, sizeof(old), "%s.old", o->tmp);
    if (rename(o->dir, old) != 0) {
        return diag_set(d, err_from_errno(errno), "%s: %s", o->dir,
                        strerror(errno));
    }
    if (rename(o->tmp, o->dir) != 0) {
        enum err e = diag_set(d, err_from_errno(errno), "%s: %s", o->dir,
                              strerror(errno));
        if (rename(old, o->dir) != 0) {
            log_error("report", "the earlier report is now %s", old);
        }
        return e;
    }
    return fs_remove_tree(old, d);
}

static enum err put_in_place(struct report_out *o, struct diag *d)
{
    enum err e = fs_fsync_dir(o->tmp);
    if (e != ERR_OK) {
        return diag_set(d, e, "%s: %s", o->tmp, err_str(e));
    }
    if (o->replaces) {
        return replace_old(o, d);
    }
    if (rename(o->tmp, o->dir) != 0) {
        return diag_set(d, err_from_errno(errno), "%s: %s", o->dir,
                        strerror(errno));
    }
    return ERR_OK;
}

static enum err fsync_parent(const struct report_out *o, struct diag *d)
{
    char parent[PATH_MAX];
    str_copy(parent, sizeof(parent), o->dir);
    char *slash = strrchr(parent, '/');
    if (!slash) {
        str_copy(parent, sizeof(parent), ".");
    } else {
        slash[slash == parent ? 1 : 0] = '\0';
    }
    enum err e = fs_fsync_dir(parent);
    return e == ERR_OK ? e : diag_set(d, e, "%s: %s", parent, err_str(e));
}

enum err report_out_commit(struct report_out *o, const char *schema,
                           const char *generated, struct diag *d)
{
    enum err e = write_manifest(o, schema, generated, d);
    if (e == ERR_OK) {
        e = put_in_place(o, d);
    }
    if (e != ERR_OK) {
        report_out_abort(o);
        return e;
    }
    e = fsync_parent(o, d);
    free(o);
    return e;
}

void report_out_abort(struct report_out *o)
{
    struct diag d;
    if (!o) {
        return;
    }
    if (access(o->tmp, F_OK) == 0 && fs_remove_tree(o->tmp, &d) != ERR_OK) {
        log_warn("report", "left behind: %s", o->tmp);
    }
    free(o);
}
