// SPDX-License-Identifier: Apache-2.0
/* Where this user keeps state and data. */
#include "probe/volunteer/paths.h"

#include "base/fs.h"
#include "base/look.h"

#include <errno.h>
#include <fnmatch.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* `*.tmp-*` is what a process that was killed left half-written. */
static const struct {
    const char *pattern;
    enum paths_kind kind;
} kept[] = {
    {"consent", PATHS_CONSENT},
    {"consent.tmp-*", PATHS_CONSENT},
    {"device-secret", PATHS_SECRET},
    {"device-secret.tmp-*", PATHS_SECRET},
    {"helpers.json", PATHS_HELPERS},
    {"helpers.json.tmp-*", PATHS_HELPERS},
    {"cursor", PATHS_CURSOR},
    {"cursor.tmp-*", PATHS_CURSOR},
    {"plan", PATHS_PLAN},
    {"plan.tmp-*", PATHS_PLAN},
    {"plan.lock", PATHS_PLAN},
    {"plan.reached", PATHS_PLAN},
    {"networks", PATHS_NETWORKS},
    {"networks.tmp-*", PATHS_NETWORKS},
    {"mailing", PATHS_BESIDE},
    {"mailing.tmp-*", PATHS_BESIDE},
    {"outages", PATHS_OUTAGES},
    {"outages.tmp-*", PATHS_OUTAGES},
    {"clock", PATHS_BESIDE},
    {"clock.tmp-*", PATHS_BESIDE},
    {PATHS_SPOOL, PATHS_BESIDE},
    {PATHS_SPOOL "/*.spool", PATHS_RECORDS},
    {PATHS_SPOOL "/*.frame", PATHS_RECORDS},
    {PATHS_SPOOL "/*.frame.tmp-*", PATHS_BESIDE},
    {PATHS_SPOOL "/*.bad", PATHS_RECORDS},
    {PATHS_SPOOL "/parked-*", PATHS_RECORDS},
    {PATHS_SPOOL "/lock", PATHS_BESIDE},
    {PATHS_SPOOL "/reserve", PATHS_BESIDE},
    {PATHS_LISTS, PATHS_BESIDE},
    {PATHS_LISTS "/versions", PATHS_SITES},
    {PATHS_LISTS "/versions.tmp-*", PATHS_SITES},
    {PATHS_LISTS "/keys", PATHS_SITES},
    {PATHS_LISTS "/keys.tmp-*", PATHS_SITES},
    {PATHS_LISTS "/*.csv", PATHS_SITES},
    {PATHS_LISTS "/*.csv.tmp-*", PATHS_SITES},
    {"parked-*", PATHS_RECORDS},
};

bool paths_kept(const char *name, enum paths_kind *kind)
{
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        if (fnmatch(kept[i].pattern, name, FNM_PATHNAME) == 0) {
            *kind = kept[i].kind;
            return true;
        }
    }
    return false;
}

static bool is_absolute(const char *path)
{
    return path && path[0] == '/';
}

/* Directory from an XDG variable, which counts only if absolute (XDG Base
 * Directory Specification), or below HOME, for which the same holds here: what
 * is relative would leave files wherever the program is started. */
static bool base_dir(const char *variable, const char *below_home,
                     char out[PATHS_MAX])
{
    const char *dir = getenv(variable);
    const char *home = getenv("HOME");
    int n;
    if (is_absolute(dir)) {
        n = snprintf(out, PATHS_MAX, "%s", dir);
    } else if (is_absolute(home)) {
        n = snprintf(out, PATHS_MAX, "%s/%s", home, below_home);
    } else {
        return false;
    }
    return n > 0 && n < PATHS_MAX;
}

static enum err no_home(struct diag *d)
{
    const char *home = getenv("HOME");
    return diag_set(d, ERR_INVAL,
                    "there is no place to keep consent and records, because "
                    "HOME is %s%.100s; set HOME or XDG_STATE_HOME to a path "
                    "that begins with /",
                    !home               ? "not set"
                    : is_absolute(home) ? "too long"
                    : home[0]           ? "the relative path "
                                        : "empty",
                    home && !is_absolute(home) ? home : "");
}

enum err paths_state(const char *name, char out[PATHS_MAX], struct diag *d)
{
    char base[PATHS_MAX];
    enum paths_kind kind;
    if (name && !paths_kept(name, &kind)) {
        return diag_set(d, ERR_INTERNAL,
                        "%.100s is not in the table of what "
                        "is kept",
                        name);
    }
    if (!base_dir("XDG_STATE_HOME", ".local/state", base)) {
        return no_home(d);
    }
    int n = snprintf(out, PATHS_MAX, "%s/parallax%s%s", base, name ? "/" : "",
                     name ? name : "");
    if (n < 0 || n >= PATHS_MAX) {
        return diag_set(d, ERR_LIMIT, "the state directory's path is too long");
    }
    return ERR_OK;
}

enum err paths_make_state(struct diag *d)
{
    char dir[PATHS_MAX];
    enum err e = paths_state(NULL, dir, d);
    return e != ERR_OK ? e : fs_mkdirs(dir, 0700, d);
}

/* ---- whose they are ------------------------------------------------------ */

static enum err foreign(const char *path, uint32_t uid, const char *dir,
                        struct diag *d)
{
    const struct passwd *owner = getpwuid(uid);
    char number[16];
    snprintf(number, sizeof(number), "%u", uid);
    const char *name = owner ? owner->pw_name : number;
    if (geteuid() == 0) {
        return diag_set(d, ERR_ACCESS,
                        "%.180s belongs to %.32s: run this as %.32s, without "
                        "sudo; nothing was done",
                        path, name, name);
    }
    return diag_set(d, ERR_ACCESS,
                    "%.110s belongs to %.32s, perhaps since a run under sudo; "
                    "to get it back: sudo chown -R %u %.110s",
                    path, name, (unsigned)geteuid(), dir);
}

struct owners {
    const char *dir, *state;
    struct diag *d;
};

static enum err look_at_owner(void *arg, const char *name)
{
    const struct owners *o = arg;
    char path[PATHS_MAX];
    struct look seen;
    enum err e = fs_join(path, sizeof(path), o->dir, name);
    if (e != ERR_OK || look_link(path, &seen, NULL) != ERR_OK) {
        return e; /* removed since */
    }
    return seen.uid == geteuid() ? ERR_OK
                                 : foreign(path, seen.uid, o->state, o->d);
}

/* The directory, or where it would be made: what is nearest above it. */
static enum err nearest(const char *path, char out[PATHS_MAX],
                        struct look *seen, struct diag *d)
{
    str_copy(out, PATHS_MAX, path);
    for (;;) {
        enum err e = look_at(out, seen, d);
        char *slash = strrchr(out, '/');
        if (e != ERR_NOTFOUND || !slash || slash == out) {
            return e;
        }
        *slash = '\0';
    }
}

static enum err look_inside(const char *dir, const char *state, struct diag *d)
{
    struct owners o = {dir, state, d};
    return look_each(dir, look_at_owner, &o, d);
}

enum err paths_ours(struct diag *d)
{
    char dir[PATHS_MAX], at[PATHS_MAX];
    struct look seen = {.uid = 0};
    enum err e = paths_state(NULL, dir, d);
    if (e == ERR_OK) {
        e = nearest(dir, at, &seen, d);
    }
    if (e != ERR_OK) {
        return e == ERR_NOTFOUND ? ERR_OK : e;
    }
    bool there = strcmp(at, dir) == 0;
    if (seen.uid != geteuid() && (there || geteuid() == 0)) {
        return foreign(at, seen.uid, dir, d);
    }
    if (!there) {
        return ERR_OK;
    }
    static const char *const below[] = {PATHS_SPOOL, PATHS_LISTS};
    e = look_inside(dir, dir, d);
    for (size_t i = 0; i < 2 && e == ERR_OK; i++) {
        e = paths_state(below[i], at, d);
        if (e == ERR_OK && look_link(at, &seen, NULL) == ERR_OK) {
            e = look_inside(at, dir, d);
        }
    }
    return e;
}

/* ---- elsewhere ----------------------------------------------------------- */

bool paths_runtime(unsigned i, char out[PATHS_MAX])
{
    const char *dir = getenv("XDG_RUNTIME_DIR");
    int n;
    out[0] = '\0';
    if (i == 0) {
        n = dir && dir[0] == '/' ? snprintf(out, PATHS_MAX, "%s/parallax", dir)
                                 : 0;
    } else if (i == 1) {
        n = snprintf(out, PATHS_MAX, "/run/user/%u/parallax",
                     (unsigned)geteuid());
    } else if (i == 2) {
        n = snprintf(out, PATHS_MAX, "/dev/shm/parallax-%u",
                     (unsigned)geteuid());
    } else {
        return false;
    }
    if (n < 0 || n >= PATHS_MAX) {
        out[0] = '\0';
    }
    return true;
}

#define LISTS_OWN       2 /* directories before the system's */
#define WRITE_BY_OTHERS 022

static bool is_roots(const char *path)
{
    struct look seen;
    return look_link(path, &seen, NULL) == ERR_OK && seen.uid == 0 &&
           (seen.kind == LOOK_FILE || seen.kind == LOOK_DIR) &&
           !(seen.mode & WRITE_BY_OTHERS);
}

bool paths_is_roots(const char *path)
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

bool paths_packaged(unsigned i, const char *name, char out[PATHS_MAX])
{
    static const char *const dirs[] = {PARALLAX_DATADIR, "/usr/share/parallax"};
    return i < sizeof(dirs) / sizeof(dirs[0]) &&
           fs_join(out, PATHS_MAX, dirs[i], name) == ERR_OK;
}

bool paths_lists_system(unsigned i)
{
    return i >= LISTS_OWN;
}

bool paths_lists(unsigned i, char out[PATHS_MAX])
{
    char base[PATHS_MAX];
    if (i == 0) {
        if (paths_state(PATHS_LISTS, out, NULL) != ERR_OK) {
            out[0] = '\0';
        }
        return true;
    }
    if (i == 1) {
        if (!base_dir("XDG_DATA_HOME", ".local/share", base)) {
            out[0] = '\0';
            return true;
        }
        return fs_join(out, PATHS_MAX, base, "parallax/lists") == ERR_OK;
    }
    return paths_packaged(i - LISTS_OWN, PATHS_LISTS, out);
}
