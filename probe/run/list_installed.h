// SPDX-License-Identifier: Apache-2.0
/* The site lists that are installed on this machine, where each comes from, and
 * whether it is what it claims to be. Reads files only.
 */
#ifndef PARALLAX_PROBE_RUN_LIST_INSTALLED_H
#define PARALLAX_PROBE_RUN_LIST_INSTALLED_H

#include "base/region.h"
#include "probe/run/list_store.h"
#include "record/list_orders.h"

enum list_origin {
    LIST_ORIGIN_SIGNED,   /* an update */
    LIST_ORIGIN_OWN,      /* the volunteer put it there */
    LIST_ORIGIN_PACKAGED, /* at a path that root alone can change */
    LIST_ORIGIN_LOOSE     /* at a path of packages, but others can change it */
};

struct list_installed {
    const char *name; /* "de.csv" */
    const char *path;
    bool system;   /* in one of the system's directories */
    bool in_force; /* no directory that comes before has one of this name */
};

/* What one is. */
struct list_seen {
    enum list_origin origin;
    struct signed_list seal; /* LIST_ORIGIN_SIGNED only */
    struct list_rows rows;
};

/* All of them, in order of names; of one name that in force comes first.
 * Everything lives in `r`. */
MUST_USE enum err list_installed_all(struct region *r,
                                     struct list_installed **out, size_t *n,
                                     struct diag *d);

/* Adds what the lists in force order about `test` to *out: signed ones that
 * one of `keys` (NULL: none) signed, expired or not, and packaged ones. Others,
 * and what cannot be read, order nothing. */
MUST_USE enum err list_installed_orders(struct region *r,
                                        const struct minisign_keys *keys,
                                        const char *test,
                                        struct list_orders *out,
                                        struct diag *d);

/* Is a file still what was signed as `name`? One that is not
 * signed is. `keys` NULL: its signature is not checked. Errors as of
 * list_installed_look, `d` without the path; `now_s` 0: nothing has expired. */
MUST_USE enum err list_installed_check(const char *name,
                                       const struct minisign_keys *keys,
                                       struct str file, int64_t now_s,
                                       struct diag *d);

/* Looks into one. `keys` NULL: its signature is read, not checked. Errors, with
 * a sentence in `d`; *out then says what could be seen: ERR_ACCESS not signed
 * by one of them, changed since, or at a path that others can change; ERR_PARSE
 * it cannot be read as a list; ERR_CLOCK it has expired by `now_s`, seconds
 * since 1970. */
MUST_USE enum err list_installed_look(const struct list_installed *l,
                                      const struct minisign_keys *keys,
                                      int64_t now_s, struct list_seen *out,
                                      struct diag *d);

#endif
