// SPDX-License-Identifier: Apache-2.0
/* Finding the key, and whose a path is. */
#include "probe/run/list_key.h"

#include "base/fs.h"
#include "base/look.h"
#include "probe/volunteer/paths.h"

#include <string.h>

#define WRITE_BY_OTHERS 022

static bool is_roots(const char *path)
{
    struct look seen;
    return look_link(path, &seen, NULL) == ERR_OK && seen.uid == 0 &&
           (seen.kind == LOOK_FILE || seen.kind == LOOK_DIR) &&
           !(seen.mode & WRITE_BY_OTHERS);
}

bool list_key_is_roots(const char *path)
{
    char dir[PATHS_MAX];
    if (str_copy(dir, sizeof(dir), path) >= sizeof(dir) || !is_roots(path)) {
        return false;
    }
    char *slash = strrchr(dir, '/');
    if (!slash || slash == dir) {
        return slash == dir;
    }
    *slash = '\0';
    return is_roots(dir);
}

static enum err read_key(const char *path, struct minisign_public *out,
                         struct diag *d)
{
    struct diag why = {""};
    struct buf text;
    buf_init(&text, MINISIGN_MAX_BYTES);
    enum err e = fs_read(path, MINISIGN_MAX_BYTES, &text, d);
    if (e == ERR_OK) {
        e = minisign_read_public(buf_str(&text), out, &why);
        if (e == ERR_PARSE) {
            diag_set(d, e, "%.180s is no public key: %.120s", path, why.text);
        }
    }
    buf_fini(&text);
    return e;
}

static enum err packaged_key(struct minisign_public *out, struct diag *d)
{
    char dir[PATHS_MAX], path[PATHS_MAX];
    for (unsigned i = 0; paths_lists(i, dir); i++) {
        if (paths_lists_system(i) &&
            fs_join(path, sizeof(path), dir, LIST_KEY_NAME) == ERR_OK &&
            list_key_is_roots(path)) {
            return read_key(path, out, d);
        }
    }
    return diag_set(d, ERR_NOTFOUND,
                    "no key is known that lists are signed with; name it: "
                    "--key FILE, or `lists.key = FILE` in the config file");
}

enum err list_key_load(const char *named, struct minisign_public *out,
                       struct diag *d)
{
    if (!named) {
        return packaged_key(out, d);
    }
    return minisign_read_public(str_c(named), out, NULL) == ERR_OK
               ? ERR_OK
               : read_key(named, out, d);
}
