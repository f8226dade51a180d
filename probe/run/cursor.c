// SPDX-License-Identifier: Apache-2.0
#include "probe/run/cursor.h"

#include "base/fs.h"
#include "probe/volunteer/paths.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define ENTRY_LEN 16 /* set and place, 8 bytes each */

struct entry {
    uint64_t set, place;
};

/* The last used first. */
struct entries {
    struct entry at[CURSOR_MAX_SETS];
    size_t n;
};

static uint64_t read_u64(const char *p)
{
    uint64_t v = 0;
    for (size_t i = 0; i < 8; i++) {
        v = v << 8 | (uint8_t)p[i];
    }
    return v;
}

static void write_u64(struct buf *b, uint64_t v)
{
    buf_add_u32(b, (uint32_t)(v >> 32));
    buf_add_u32(b, (uint32_t)v);
}

static enum err parse(const char *path, struct str text, struct entries *out,
                      struct diag *d)
{
    struct entries e = {.n = text.len / ENTRY_LEN};
    if (text.len % ENTRY_LEN != 0 || e.n == 0 || e.n > CURSOR_MAX_SETS) {
        return diag_set(d, ERR_PARSE, "%.200s is damaged", path);
    }
    for (size_t i = 0; i < e.n; i++) {
        e.at[i].set = read_u64(text.p + i * ENTRY_LEN);
        e.at[i].place = read_u64(text.p + i * ENTRY_LEN + 8);
    }
    *out = e;
    return ERR_OK;
}

static enum err load(const char *path, struct entries *out, struct diag *d)
{
    struct buf text;
    buf_init(&text, CURSOR_MAX_SETS * ENTRY_LEN + 1);
    enum err e = fs_read(path, CURSOR_MAX_SETS * ENTRY_LEN + 1, &text, d);
    if (e == ERR_OK) {
        e = parse(path, buf_str(&text), out, d);
    } else if (e == ERR_NOTFOUND) {
        *out = (struct entries){.n = 0};
        e = ERR_OK;
    } else if (e == ERR_LIMIT) {
        e = diag_set(d, ERR_PARSE, "%.200s is damaged", path);
    }
    buf_fini(&text);
    return e;
}

static void take_out(struct entries *e, uint64_t set)
{
    size_t kept = 0;
    for (size_t i = 0; i < e->n; i++) {
        if (e->at[i].set != set) {
            e->at[kept++] = e->at[i];
        }
    }
    e->n = kept;
}

static enum err store(const char *path, const struct entries *all,
                      struct diag *d)
{
    struct buf text;
    if (all->n == 0) {
        return unlink(path) == 0 || errno == ENOENT
                   ? ERR_OK
                   : diag_set(d, err_from_errno(errno), "%.200s: %s", path,
                              strerror(errno));
    }
    buf_init(&text, CURSOR_MAX_SETS * ENTRY_LEN);
    for (size_t i = 0; i < all->n; i++) {
        write_u64(&text, all->at[i].set);
        write_u64(&text, all->at[i].place);
    }
    enum err e = text.failed;
    if (e == ERR_OK) {
        e = fs_write_atomic(path, buf_str(&text), 0600, d);
    }
    buf_fini(&text);
    return e;
}

enum err cursor_load(uint64_t set, bool *found, uint64_t *place, struct diag *d)
{
    char path[PATHS_MAX];
    struct entries all = {.n = 0};
    enum err e = paths_state(CURSOR_FILE, path, d);
    if (e == ERR_OK) {
        e = load(path, &all, d);
    }
    if (e != ERR_OK) {
        return e;
    }
    *found = false;
    for (size_t i = 0; i < all.n && !*found; i++) {
        *found = all.at[i].set == set;
        *place = all.at[i].place;
    }
    return ERR_OK;
}

/* The file without the set, and with `first` before the others unless that is
 * NULL. */
static enum err change(uint64_t set, const struct entry *first, struct diag *d)
{
    char path[PATHS_MAX];
    struct entries all = {.n = 0};
    enum err e = paths_make_state(d);
    if (e == ERR_OK) {
        e = paths_state(CURSOR_FILE, path, d);
    }
    if (e == ERR_OK) {
        e = load(path, &all, d);
    }
    if (e != ERR_OK && e != ERR_PARSE) {
        return e;
    }
    take_out(&all, set);
    if (first) {
        if (all.n == CURSOR_MAX_SETS) {
            all.n--;
        }
        memmove(&all.at[1], &all.at[0], all.n * sizeof(all.at[0]));
        all.at[0] = *first;
        all.n++;
    }
    return store(path, &all, d);
}

enum err cursor_store(uint64_t set, uint64_t place, struct diag *d)
{
    const struct entry first = {.set = set, .place = place};
    return change(set, &first, d);
}

enum err cursor_forget(uint64_t set, struct diag *d)
{
    return change(set, NULL, d);
}
