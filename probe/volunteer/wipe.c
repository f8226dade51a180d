// SPDX-License-Identifier: Apache-2.0
/* What is kept here, counted or removed. */
#include "probe/volunteer/wipe.h"

#include "base/fs.h"
#include "base/look.h"
#include "probe/volunteer/seal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct work {
    struct wipe *out;
    const char *dir;    /* that is being gone through */
    const char *prefix; /* of its names in the table: "", "spool/", "lists/" */
    bool remove;
};

static void note_failure(struct wipe *out, const struct diag *d)
{
    if (out->failed++ == 0) {
        out->first_failure = *d;
    }
}

static void note_foreign(struct wipe *out, const char *name)
{
    if (out->foreign++ == 0) {
        str_copy(out->first_foreign, sizeof(out->first_foreign), name);
    }
}

static enum err one(void *arg, const char *name)
{
    const struct work *w = arg;
    char path[PATHS_MAX], in_table[PATHS_MAX];
    struct look seen;
    struct diag d = {""};
    enum paths_kind kind;
    enum err e = fs_join(path, sizeof(path), w->dir, name);
    if (e == ERR_OK) {
        e = look_link(path, &seen, &d);
    }
    if (e != ERR_OK) {
        note_failure(w->out, &d);
        return ERR_OK;
    }
    snprintf(in_table, sizeof(in_table), "%s%s", w->prefix, name);
    bool ours = paths_kept(in_table, &kind) &&
                (seen.kind == LOOK_FILE || seen.kind == LOOK_LINK);
    if (!ours && seen.kind == LOOK_DIR &&
        (!strcmp(in_table, PATHS_SPOOL) || !strcmp(in_table, PATHS_LISTS))) {
        return ERR_OK; /* gone through by itself */
    }
    if (!ours) {
        note_foreign(w->out, name);
        return ERR_OK;
    }
    w->out->files[kind]++;
    if (w->remove && fs_shred(path, &d) != ERR_OK) {
        note_failure(w->out, &d);
    }
    return ERR_OK;
}

/* A directory of ours, then the directory itself. */
static void one_dir(struct wipe *out, const char *dir, const char *prefix,
                    bool remove)
{
    struct work w = {out, dir, prefix, remove};
    struct look seen;
    struct diag d = {""};
    enum err e = *prefix ? look_link(dir, &seen, &d) : look_at(dir, &seen, &d);
    if (e == ERR_NOTFOUND || (e == ERR_OK && seen.kind != LOOK_DIR)) {
        return; /* a link is removed like a file */
    }
    if (e == ERR_OK) {
        e = look_each(dir, one, &w, &d);
    }
    if (e == ERR_OK && remove && rmdir(dir) != 0 && errno != ENOTEMPTY) {
        e = diag_set(&d, err_from_errno(errno), "%.200s: %s", dir,
                     strerror(errno));
    }
    if (e != ERR_OK) {
        note_failure(out, &d);
    }
}

void wipe_keys(struct wipe *out, bool remove)
{
    char dir[PATHS_MAX];
    for (unsigned i = 0; paths_runtime(i, dir); i++) {
        struct diag d = {""};
        unsigned n = 0;
        if (dir[0] && seal_wipe(dir, remove, &n, &d) != ERR_OK) {
            note_failure(out, &d);
        }
        out->keys += n;
    }
}

static enum err go(struct wipe *out, bool remove, struct diag *d)
{
    char state[PATHS_MAX], spool[PATHS_MAX], lists[PATHS_MAX];
    *out = (struct wipe){.keys = 0};
    enum err e = paths_state(NULL, state, d);
    if (e == ERR_OK) {
        e = paths_state(PATHS_SPOOL, spool, d);
    }
    if (e == ERR_OK) {
        e = paths_state(PATHS_LISTS, lists, d);
    }
    if (e == ERR_OK) {
        one_dir(out, spool, PATHS_SPOOL "/", remove);
        one_dir(out, lists, PATHS_LISTS "/", remove);
        one_dir(out, state, "", remove);
    }
    return e;
}

enum err wipe_look(struct wipe *out, struct diag *d)
{
    return go(out, false, d);
}

bool wipe_any(const struct wipe *w)
{
    size_t n = w->keys;
    for (size_t i = 0; i < PATHS_KINDS; i++) {
        n += w->files[i];
    }
    return n > 0;
}

enum err wipe_all(struct wipe *out, int *pid, struct diag *d)
{
    char lock[PATHS_MAX];
    int fd = -1;
    enum err e = paths_state(PATHS_SPOOL "/lock", lock, d);
    if (e == ERR_OK) {
        e = paths_ours(d);
    }
    if (e != ERR_OK) {
        return e;
    }
    /* without a spool, or without room for a lock, nobody holds it */
    if (fs_lock(lock, &fd, pid) == ERR_BUSY) {
        return ERR_BUSY;
    }
    e = go(out, true, d);
    if (fd >= 0) {
        close(fd);
    }
    return e;
}
