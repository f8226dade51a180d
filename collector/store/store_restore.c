// SPDX-License-Identifier: Apache-2.0
/* Only what the list names is taken, and only if it is what it was. */
#include "collector/store/store_restore.h"

#include "base/fs.h"
#include "base/hex.h"
#include "collector/store/store.h"
#include "collector/store/store_copy.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#define LIST_MAX ((size_t)64 << 20)

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
    enum err e = fs_join(source, sizeof(source), from, name);
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

static enum err take_files(const char *from, const char *made, struct diag *d)
{
    char path[PATH_MAX];
    struct buf list;
    buf_init(&list, LIST_MAX);
    enum err e = fs_join(path, sizeof(path), from, STORE_COPY_LIST);
    if (e == ERR_OK) {
        e = fs_read(path, LIST_MAX, &list, d);
    }
    struct str rest = buf_str(&list), line;
    while (e == ERR_OK && rest.len > 0 && str_next(&rest, '\n', &line)) {
        e = line.len > 0 ? take_line(line, from, made, d) : ERR_OK;
    }
    buf_fini(&list);
    return e;
}

/* As the next writer would find it. */
static enum err bring_up(const char *made, int64_t now_s, struct diag *d)
{
    struct store *store = NULL;
    char lock[PATH_MAX];
    enum err e = store_open(made, STORE_WRITE, &store, d);
    if (e == ERR_OK) {
        e = store_expire(store, now_s);
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
                       struct diag *d)
{
    char made[PATH_MAX];
    enum err e = store_copy_begin(dir, made, sizeof(made), d);
    if (e != ERR_OK) {
        return e;
    }
    e = take_files(from, made, d);
    e = e == ERR_OK ? bring_up(made, now_s, d) : e;
    e = e == ERR_OK ? store_copy_end(dir, made, d) : e;
    if (e != ERR_OK && fs_remove_tree(made, NULL) != ERR_OK) {
        diag_set(d, e, "%.300s; %.300s is left", d->text, made);
    }
    return e;
}
