// SPDX-License-Identifier: Apache-2.0
/* A new index appears by one rename, so that a crash or a full disk in the
 * middle leaves the old one. */
#include "collector/store/store_reindex.h"

#include "base/fs.h"
#include "base/log.h"
#include "collector/store/store_catchup.h"
#include "collector/store/store_sqlite.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void close_index(struct store_index *ix)
{
    if (ix->self) {
        ix->close(ix->self);
        ix->self = NULL;
    }
}

static enum err catch_up(struct store_index *ix, struct segments *segments,
                         const char *path, struct diag *d)
{
    enum err e = store_catchup(ix, segments);
    return e == ERR_OK ? e : diag_set(d, e, "%s: %s", path, err_str(e));
}

/* Makes a whole index at `path`, with the counters of the one at `old`. */
static enum err build(const char *path, const char *old,
                      struct segments *segments, struct diag *d)
{
    struct store_index ix = {0};
    enum err e = store_sqlite_remove(path);
    if (e != ERR_OK) {
        return diag_set(d, e, "%s: cannot be removed", path);
    }
    e = store_sqlite_open(path, true, &ix, d);
    if (e == ERR_OK) {
        e = catch_up(&ix, segments, path, d);
    }
    if (e == ERR_OK && access(old, F_OK) == 0 &&
        ix.copy_counts(ix.self, old) != ERR_OK) {
        log_warn("store",
                 "%s: the counts of refused and repeated uploads "
                 "cannot be read and begin anew",
                 old);
    }
    close_index(&ix);
    return e;
}

static enum err replace(const char *path, const char *made, struct diag *d)
{
    char dir[PATH_MAX];
    /* Whoever brings an index up to date may be root, and it belongs to the
     * service. */
    enum err e = fs_owner_of(made, path);
    e = e == ERR_OK ? store_sqlite_replace(path, made, d)
                    : diag_set(d, e, "%s: its owner cannot be set", made);
    str_copy(dir, sizeof(dir), path);
    char *slash = strrchr(dir, '/');
    if (e == ERR_OK && slash) {
        *slash = '\0';
        e = fs_fsync_dir(slash == dir ? "/" : dir);
        e = e == ERR_OK ? e : diag_set(d, e, "%s: %s", dir, err_str(e));
    }
    return e;
}

static enum err make_again(const char *path, struct segments *segments,
                           struct store_index *out, struct diag *d)
{
    char made[PATH_MAX + 8];
    snprintf(made, sizeof(made), "%s.new", path);
    enum err e = build(made, path, segments, d);
    if (e == ERR_OK) {
        e = replace(path, made, d);
    }
    return e == ERR_OK ? store_sqlite_open(path, true, out, d) : e;
}

/* Does the index know of more than the segments hold? */
static bool is_ahead(const struct store_index *ix, struct segments *segments,
                     enum err *e)
{
    uint32_t segment = 0, last = 0;
    uint64_t offset = 0, len = 0;
    *e = ix->end(ix->self, &segment, &offset);
    segments_end(segments, &last, &len);
    return *e == ERR_OK &&
           (segment > last || (segment == last && offset > len));
}

enum err store_reindex(const char *path, struct segments *segments, bool anew,
                       struct store_index *out, struct diag *d)
{
    struct diag why = {{0}};
    enum err e = anew ? ERR_PARSE : store_sqlite_open(path, true, out, &why);
    bool ahead = e == ERR_OK && is_ahead(out, segments, &e);
    if (e == ERR_PARSE || ahead) {
        log_warn("store", "the index is made again from the segments: %s",
                 anew          ? "that was asked for"
                 : why.text[0] ? why.text
                               : "it knows of more than they hold");
        close_index(out);
        e = make_again(path, segments, out, d);
    } else if (e != ERR_OK) {
        return diag_set(d, e, "%s", why.text[0] ? why.text : err_str(e));
    }
    return e == ERR_OK ? catch_up(out, segments, path, d) : e;
}
