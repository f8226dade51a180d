// SPDX-License-Identifier: Apache-2.0
/* A new index appears by one rename, so that a crash or a full disk in the
 * middle leaves the old one. */
#include "collector/store/store_reindex.h"

#include "base/fs.h"
#include "base/log.h"
#include "base/look.h"
#include "collector/store/store_catchup.h"
#include "collector/store/store_loss.h"
#include "collector/store/store_origin.h"
#include "collector/store/store_sqlite.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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

/* An old index, of whatever version, and how far it had read the segments. */
struct old {
    const char *path;
    bool there;
    bool foreign; /* the segments need not be its own */
    uint32_t segment;
    uint64_t offset;
};

/* Of one that cannot be read nothing is known. ERR_IO: `strict`, and it knows
 * of records that are not there. */
static enum err look_at_old(const char *path, struct segments *segments,
                            enum store_again how, struct old *old,
                            struct diag *d)
{
    struct store_index ix = {0};
    struct diag why;
    struct look seen;
    bool strict = how == STORE_AGAIN_STRICT;
    *old = (struct old){.path = path, .foreign = how == STORE_AGAIN_FOREIGN};
    enum err e = look_at(path, &seen, d);
    if (e != ERR_OK) {
        return e == ERR_NOTFOUND ? ERR_OK : e;
    }
    old->there = true;
    e = store_sqlite_peek(path, &ix, &why);
    if (e == ERR_OK) {
        e = ix.end(ix.self, &old->segment, &old->offset);
    }
    enum err whole = ERR_OK;
    if (ix.self && how != STORE_AGAIN_FOREIGN) {
        whole = store_origin_check(&ix, segments, d);
    }
    if (e == ERR_OK && whole == ERR_OK && strict) {
        whole = store_loss_check(&ix, segments, d);
    }
    close_index(&ix);
    uint32_t last = 0;
    uint64_t len = 0;
    segments_end(segments, &last, &len);
    if (e == ERR_PARSE && strict && last == 0 && seen.bytes > 0) {
        return diag_set(d, ERR_IO,
                        "%.120s: is damaged, and there are no segments to make "
                        "it again from. Put them back; only `index rebuild` "
                        "begins anew",
                        path);
    }
    return whole == ERR_IO ? whole : ERR_OK;
}

static enum err take_names(const struct store_index *ix, const char *old)
{
    struct store_index from = {0};
    struct diag why;
    enum err e = store_sqlite_peek(old, &from, &why);
    if (e == ERR_OK) {
        e = store_origin_take(ix, &from);
    }
    close_index(&from);
    return e == ERR_PARSE ? ERR_OK : e; /* damaged: what it knew is gone */
}

/* What the old one had and the new one has not: counters, and the uids of what
 * is lost. */
static enum err take_over(struct store_index *ix, const struct old *old,
                          struct segments *segments, const char *path,
                          struct diag *d)
{
    uint64_t lost = 0;
    if (ix->copy_counts(ix->self, old->path) != ERR_OK) {
        log_warn("store",
                 "%s: the counts of refused and repeated uploads "
                 "cannot be read and begin anew",
                 old->path);
    }
    enum err e = take_names(ix, old->path);
    e = e == ERR_OK ? store_origin_settle(ix, segments) : e;
    if (e != ERR_OK) {
        return diag_set(d, e, "%s: %s", path, err_str(e));
    }
    e = store_loss_note(ix, old->path, old->segment, old->foreign, segments,
                        &lost);
    if (e != ERR_OK) {
        return diag_set(d, e, "segments: %s", err_str(e));
    }
    if (lost == 0) {
        return ERR_OK;
    }
    log_error("store",
              "%llu record%s lost: the index knew of %s, and the segments do "
              "not hold %s; `verify-store` names %s",
              (unsigned long long)lost, lost == 1 ? " is" : "s are",
              lost == 1 ? "it" : "them", lost == 1 ? "it" : "them",
              lost == 1 ? "it" : "them");
    return catch_up(ix, segments, path, d);
}

/* Makes a whole index at `path`, with what the one before it had more. */
static enum err build(const char *path, const struct old *old,
                      struct segments *segments, struct diag *d)
{
    struct store_index ix = {0};
    enum err e = store_sqlite_remove(path);
    if (e != ERR_OK) {
        return diag_set(d, e, "%s: cannot be removed", path);
    }
    e = store_sqlite_open(path, true, &ix, d);
    if (e == ERR_OK) {
        segments_keep(segments, old->segment, old->offset);
        e = catch_up(&ix, segments, path, d);
    }
    if (e == ERR_OK && old->there) {
        e = take_over(&ix, old, segments, path, d);
    }
    close_index(&ix);
    return e;
}

static enum err replace(const char *path, const char *made, struct diag *d)
{
    char dir[PATH_MAX];
    /* Whoever brings an index up to date may be root, and it belongs to the
     * service, and to whom that gave the right to read it. */
    struct look seen;
    bool given = look_at(path, &seen, NULL) == ERR_OK;
    if (given && chmod(made, (mode_t)seen.mode) != 0) {
        return diag_set(d, ERR_ACCESS, "%s: its mode cannot be set", made);
    }
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

/* `why` is said, unless nothing is made. */
static enum err make_again(const char *path, struct segments *segments,
                           enum store_again how, const char *why,
                           struct store_index *out, struct diag *d)
{
    char made[PATH_MAX + 8];
    struct old old;
    snprintf(made, sizeof(made), "%s.new", path);
    enum err e = look_at_old(path, segments, how, &old, d);
    if (e == ERR_OK) {
        log_warn("store", "the index is made again from the segments: %s", why);
        e = segments_make(segments, d);
    }
    if (e == ERR_OK) {
        e = build(made, &old, segments, d);
    }
    if (e == ERR_OK) {
        e = replace(path, made, d);
    }
    if (e != ERR_OK && store_sqlite_remove(made) != ERR_OK) {
        log_warn("store", "%s is left", made);
    }
    return e == ERR_OK ? store_sqlite_open(path, true, out, d) : e;
}

/* Has the index read more than there is? Of records it does not then: the check
 * before saw to that. */
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

static enum err check(const struct store_index *ix, const char *path,
                      struct segments *segments, struct diag *d)
{
    enum err e = store_origin_check(ix, segments, d);
    if (e == ERR_OK) {
        e = store_loss_check(ix, segments, d);
    }
    return e == ERR_OK || e == ERR_IO
               ? e
               : diag_set(d, e, "%s: %s", path, err_str(e));
}

enum err store_reindex(const char *path, struct segments *segments,
                       enum store_again how, struct store_index *out,
                       struct diag *d)
{
    struct diag why = {{0}};
    bool anew = how != STORE_AGAIN_STRICT;
    enum err e = anew ? ERR_PARSE : store_sqlite_open(path, true, out, &why);
    if (e == ERR_OK) {
        e = check(out, path, segments, d);
        if (e != ERR_OK) {
            return e;
        }
    }
    bool ahead = e == ERR_OK && is_ahead(out, segments, &e);
    if (e == ERR_PARSE || ahead) {
        close_index(out);
        e = make_again(path, segments, how,
                       anew          ? "that was asked for"
                       : why.text[0] ? why.text
                                     : "it has read more than they hold",
                       out, d);
    } else if (e != ERR_OK) {
        return diag_set(d, e, "%s", why.text[0] ? why.text : err_str(e));
    }
    if (e == ERR_OK) {
        e = segments_make(segments, d);
    }
    if (e == ERR_OK) {
        e = store_origin_settle(out, segments);
        e = e == ERR_OK ? e : diag_set(d, e, "%s: %s", path, err_str(e));
    }
    return e == ERR_OK ? catch_up(out, segments, path, d) : e;
}

enum err store_reindex_aside(const char *path, struct segments *segments,
                             struct store_index *out, struct diag *d)
{
    struct look seen;
    enum err e = store_sqlite_open("", true, out, d); /* SQLite's for a while */
    if (e == ERR_OK) {
        e = catch_up(out, segments, path, d);
    }
    if (e == ERR_OK && look_at(path, &seen, NULL) == ERR_OK &&
        out->copy_counts(out->self, path) != ERR_OK) {
        log_warn("store",
                 "%s: the counts of refused and repeated uploads cannot be "
                 "read",
                 path);
    }
    return e;
}
