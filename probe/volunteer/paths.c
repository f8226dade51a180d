// SPDX-License-Identifier: Apache-2.0
/* Where this user keeps state and data. */
#include "probe/volunteer/paths.h"

#include "base/fs.h"

#include <stdio.h>
#include <stdlib.h>

#ifndef PARALLAX_DATADIR
#    define PARALLAX_DATADIR "/usr/local/share/parallax"
#endif

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

bool paths_lists(unsigned i, char out[PATHS_MAX])
{
    static const char *const system_dirs[] = {
        PARALLAX_DATADIR "/lists",
        "/usr/share/parallax/lists",
    };
    char base[PATHS_MAX];
    if (i == 0) {
        if (!base_dir("XDG_DATA_HOME", ".local/share", base)) {
            out[0] = '\0';
            return true;
        }
        return fs_join(out, PATHS_MAX, base, "parallax/lists") == ERR_OK;
    }
    if (i > sizeof(system_dirs) / sizeof(system_dirs[0])) {
        return false;
    }
    return snprintf(out, PATHS_MAX, "%s", system_dirs[i - 1]) < PATHS_MAX;
}
