// SPDX-License-Identifier: Apache-2.0
/* Only what the list names is taken, and only if it is what it was. */
#include "collector/store/store_restore.h"

#include "base/fs.h"
#include "base/hex.h"
#include "base/look.h"
#include "collector/store/store.h"
#include "collector/store/store_copy.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#define LIST_MAX  ((size_t)64 << 20)
#define DEPTH_MAX 16

/* A path of ours: it leads nowhere but down. */
static bool is_below(struct str name)
{
    struct str part;
    if (name.len == 0 || memchr(name.p, '\0', name.len)) {
        return false;
    }
    while (str_next(&name, '/', &part)) {
        if (part.len == 0 || str_eq_c(part, ".") || str_eq_c(part, "..")) {
            return false;
        }
    }
    return true;
}

/* Makes the folder that a file goes into. */
static enum err make_parent(const char *path, struct diag *d)
{
    char folder[PATH_MAX];
    str_copy(folder, sizeof(folder), path);
    char *slash = strrchr(folder, '/');
    if (!slash) {
        return ERR_OK;
    }
    *slash = '\0';
    return fs_mkdirs(folder, 0700, d);
}

static enum err sync_parent(const char *path)
{
    char folder[PATH_MAX];
    str_copy(folder, sizeof(folder), path);
    char *slash = strrchr(folder, '/');
    if (!slash) {
        return ERR_OK;
    }
    *slash = '\0';
    return fs_fsync_dir(folder);
}

/* No folder on the way down from `from` is a link that leads elsewhere. */
static enum err check_way(const char *from, struct str name, struct diag *d)
{
    for (size_t i = 0; i < name.len; i++) {
        char below[PATH_MAX], path[PATH_MAX];
        struct look seen;
        if (name.p[i] != '/') {
            continue;
        }
        memcpy(below, name.p, i);
        below[i] = '\0';
        enum err e = fs_join(path, sizeof(path), from, below);
        if (e == ERR_OK) {
            e = look_link(path, &seen, d);
        }
        if (e == ERR_OK && seen.kind != LOOK_DIR) {
            e = diag_set(d, ERR_INVAL, "%.250s: is not a directory", path);
        }
        if (e != ERR_OK) {
            return e;
        }
    }
    return ERR_OK;
}

/* One line: 64 digits, two spaces, a path. */
static enum err take_line(struct str line, const char *from, const char *made,
                          struct diag *d)
{
    uint8_t want[SHA256_LEN], sum[SHA256_LEN];
    char name[PATH_MAX], source[PATH_MAX], path[PATH_MAX];
    uint64_t bytes = 0;
    struct str file = str_sub(line, 2 * SHA256_LEN + 2, SIZE_MAX);
    if (line.len < 2 * SHA256_LEN + 3 || file.len >= sizeof(name) ||
        hex_decode(str_sub(line, 0, 2 * SHA256_LEN), want, sizeof(want)) !=
            ERR_OK ||
        !is_below(file)) {
        return diag_set(d, ERR_PARSE, "%s: %s: not a line of a backup's list",
                        from, STORE_COPY_LIST);
    }
    memcpy(name, file.p, file.len);
    name[file.len] = '\0';
    enum err e = check_way(from, file, d);
    if (e == ERR_OK) {
        e = fs_join(source, sizeof(source), from, name);
    }
    if (e == ERR_OK) {
        e = fs_join(path, sizeof(path), made, name);
    }
    if (e == ERR_OK) {
        e = make_parent(path, d);
    }
    if (e == ERR_OK) {
        e = store_copy_file(source, path, UINT64_MAX, sum, &bytes, d);
    }
    if (e == ERR_OK && memcmp(sum, want, sizeof(sum)) != 0) {
        e = diag_set(d, ERR_PARSE, "%s: is not what was backed up", source);
    }
    return e == ERR_OK ? sync_parent(path) : e;
}

/* Reads the list, which goes into the directory that is made and out again:
 * what is no file is not read. */
static enum err read_list(const char *from, const char *made, struct buf *list,
                          struct diag *d)
{
    char path[PATH_MAX], copy[PATH_MAX];
    uint8_t sum[SHA256_LEN];
    uint64_t bytes = 0;
    enum err e = fs_join(path, sizeof(path), from, STORE_COPY_LIST);
    if (e == ERR_OK) {
        e = fs_join(copy, sizeof(copy), made, STORE_COPY_LIST);
    }
    if (e == ERR_OK) {
        /* one byte more than is read tells that it is too long */
        e = store_copy_file(path, copy, LIST_MAX + 1, sum, &bytes, d);
    }
    if (e == ERR_OK) {
        e = fs_read(copy, LIST_MAX, list, d);
        unlink(copy);
    }
    return e;
}

/* A folder of the backup, and what was made of it. */
struct folder {
    const char *from, *made, *below; /* "": itself */
    unsigned depth;
    struct diag *d;
};

static enum err was_taken(void *arg, const char *name)
{
    const struct folder *f = arg;
    char below[PATH_MAX], path[PATH_MAX];
    struct look seen;
    if (store_copy_left_out(f->below, name)) {
        return ERR_OK;
    }
    enum err e = fs_join(below, sizeof(below),
                         f->below[0] != '\0' ? f->below : ".", name);
    struct str named = str_c(below);
    named = str_starts(named, "./") ? str_sub(named, 2, SIZE_MAX) : named;
    if (e == ERR_OK) {
        e = fs_join(path, sizeof(path), f->from, named.p);
    }
    if (e == ERR_OK) {
        e = look_link(path, &seen, f->d);
    }
    if (e == ERR_OK && seen.kind == LOOK_DIR) {
        struct folder inner = {f->from, f->made, named.p, f->depth + 1, f->d};
        return inner.depth < DEPTH_MAX
                   ? look_each(path, was_taken, &inner, f->d)
                   : ERR_LIMIT;
    }
    if (e == ERR_OK) {
        e = fs_join(path, sizeof(path), f->made, named.p);
    }
    if (e == ERR_OK && look_at(path, &seen, NULL) != ERR_OK) {
        e = diag_set(f->d, ERR_PARSE,
                     "%.150s: %s: does not name %.80s: it is not whole",
                     f->from, STORE_COPY_LIST, named.p);
    }
    return e;
}

/* A list that lost some of its lines names less than there is. */
static enum err check_taken(const char *from, const char *made, struct diag *d)
{
    struct folder f = {from, made, "", 0, d};
    return look_each(from, was_taken, &f, d);
}

static enum err take_files(const char *from, const char *made, struct diag *d)
{
    char index[PATH_MAX];
    struct look seen;
    struct buf list;
    buf_init(&list, LIST_MAX);
    enum err e = read_list(from, made, &list, d);
    struct str rest = buf_str(&list), line;
    while (e == ERR_OK && rest.len > 0 && str_next(&rest, '\n', &line)) {
        e = line.len > 0 ? take_line(line, from, made, d) : ERR_OK;
    }
    buf_fini(&list);
    if (e == ERR_OK) {
        e = fs_join(index, sizeof(index), made, "index.sqlite");
    }
    if (e == ERR_OK && look_at(index, &seen, NULL) != ERR_OK) {
        e = diag_set(d, ERR_PARSE,
                     "%.200s: %s: does not name the index: it is not whole",
                     from, STORE_COPY_LIST);
    }
    return e == ERR_OK ? check_taken(from, made, d) : e;
}

/* As the next writer would find it. */
static enum err bring_up(const char *made, int64_t now_s,
                         store_settle_fn settle, struct diag *d)
{
    struct store *store = NULL;
    char lock[PATH_MAX];
    enum err e = store_open(made, STORE_WRITE, &store, d);
    if (e == ERR_OK) {
        e = store_expire(store, now_s, settle, NULL);
    }
    store_close(store);
    if (e == ERR_OK) {
        e = fs_join(lock, sizeof(lock), made, "lock");
    }
    if (e == ERR_OK) {
        unlink(lock); /* names a process that is soon no more */
    }
    return e;
}

enum err store_restore(const char *from, const char *dir, int64_t now_s,
                       store_settle_fn settle, struct diag *d)
{
    struct store_copy c;
    enum err e = store_copy_begin(dir, &c, d);
    if (e != ERR_OK) {
        return e;
    }
    e = take_files(from, c.made, d);
    e = e == ERR_OK ? bring_up(c.made, now_s, settle, d) : e;
    e = e == ERR_OK ? store_copy_end(dir, &c, d) : e;
    return e == ERR_OK ? e : store_copy_drop(&c, e, d);
}
