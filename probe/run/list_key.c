// SPDX-License-Identifier: Apache-2.0
/* Finding the keys, and whose a path is. */
#include "probe/run/list_key.h"

#include "base/fs.h"
#include "base/look.h"
#include "probe/volunteer/paths.h"

#include <string.h>

#define NAMED_FILE  PATHS_LISTS "/keys"
#define NAMED_BYTES 4096

static enum err packaged_keys(struct minisign_keys *out, struct diag *d)
{
    char dir[PATHS_MAX], path[PATHS_MAX];
    for (unsigned i = 0; paths_lists(i, dir); i++) {
        if (paths_lists_system(i) &&
            fs_join(path, sizeof(path), dir, LIST_KEY_NAME) == ERR_OK &&
            paths_is_roots(path)) {
            return minisign_keys_load(path, out, d);
        }
    }
    return diag_set(d, ERR_NOTFOUND,
                    "no key is known that lists are signed with; name it: "
                    "--key FILE, or `lists.key = FILE` in the config file");
}

static enum err base_keys(const char *named, struct minisign_keys *out,
                          struct diag *d)
{
    struct minisign_public one;
    if (!named) {
        return packaged_keys(out, d);
    }
    return minisign_read_public(str_c(named), &one, NULL) == ERR_OK
               ? minisign_keys_add(out, &one)
               : minisign_keys_load(named, out, d);
}

/* ---- keys that lists have named -------------------------------------------
 */

/* A line of two keys: who named it, and which. */
static bool named_line(struct str line, struct minisign_public *by,
                       struct minisign_public *key)
{
    struct str first = {NULL, 0};
    return str_next(&line, ' ', &first) &&
           minisign_read_public(first, by, NULL) == ERR_OK &&
           minisign_read_public(line, key, NULL) == ERR_OK;
}

static enum err read_named(struct buf *out, struct diag *d)
{
    char path[PATHS_MAX];
    enum err e = paths_state(NAMED_FILE, path, d);
    if (e == ERR_OK) {
        e = fs_read(path, NAMED_BYTES, out, d);
    }
    return e == ERR_NOTFOUND ? ERR_OK : e;
}

/* Adds each whose namer is believed, over and over, since one may have named
 * the next. What is damaged or finds no room is not believed. */
static void add_named(struct str file, struct minisign_keys *keys)
{
    struct minisign_public by, key;
    struct str rest, line;
    size_t before;
    do {
        before = keys->n;
        rest = file;
        while (str_next(&rest, '\n', &line)) {
            if (named_line(line, &by, &key) && minisign_keys_has(keys, &by) &&
                minisign_keys_add(keys, &key) != ERR_OK) {
                return;
            }
        }
    } while (keys->n > before);
}

enum err list_key_load(const char *named, struct minisign_keys *out,
                       struct diag *d)
{
    struct minisign_keys keys = {.n = 0};
    struct buf file;
    buf_init(&file, NAMED_BYTES);
    enum err e = base_keys(named, &keys, d);
    /* without a state directory nothing was named */
    if (e == ERR_OK && read_named(&file, NULL) == ERR_OK) {
        add_named(buf_str(&file), &keys);
    }
    buf_fini(&file);
    if (e == ERR_OK) {
        *out = keys;
    }
    return e;
}

/* One that stays: it can be read, and is not said again. */
static bool stays(struct str line, struct str fresh)
{
    struct minisign_public by, key;
    return named_line(line, &by, &key) && str_find(fresh, line) == SIZE_MAX;
}

/* Appends the lines that stay, but for the oldest. */
static void keep_lines(struct str file, struct str fresh, size_t room,
                       struct buf *out)
{
    struct str rest = file, line;
    size_t n = 0;
    while (str_next(&rest, '\n', &line)) {
        n += stays(line, fresh);
    }
    rest = file;
    while (str_next(&rest, '\n', &line)) {
        if (stays(line, fresh) && n-- <= room) {
            buf_add_str(out, line);
            buf_add_byte(out, '\n');
        }
    }
}

static enum err write_lines(const struct minisign_public *by,
                            const struct minisign_keys *named, struct buf *out)
{
    for (size_t i = 0; i < named->n; i++) {
        minisign_public_text(by, out);
        buf_add_byte(out, ' ');
        minisign_public_text(&named->k[i], out);
        buf_add_byte(out, '\n');
    }
    return out->failed;
}

enum err list_key_announce(const struct minisign_public *by,
                           const struct minisign_keys *named, struct diag *d)
{
    char path[PATHS_MAX];
    struct buf file, fresh, out;
    buf_init(&file, NAMED_BYTES);
    buf_init(&fresh, NAMED_BYTES);
    buf_init(&out, NAMED_BYTES);
    enum err e = named->n <= LIST_KEY_MAX_NAMED
                     ? paths_state(NAMED_FILE, path, d)
                     : ERR_LIMIT;
    if (e == ERR_OK) {
        e = read_named(&file, d);
    }
    if (e == ERR_OK) {
        e = write_lines(by, named, &fresh);
    }
    if (e == ERR_OK) {
        keep_lines(buf_str(&file), buf_str(&fresh),
                   LIST_KEY_MAX_NAMED - named->n, &out);
        e = buf_add_str(&out, buf_str(&fresh));
    }
    if (e == ERR_OK && !str_eq(buf_str(&file), buf_str(&out))) {
        e = fs_write_atomic(path, buf_str(&out), 0600, d);
    }
    buf_fini(&file);
    buf_fini(&fresh);
    buf_fini(&out);
    return e;
}
