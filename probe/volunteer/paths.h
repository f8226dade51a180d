// SPDX-License-Identifier: Apache-2.0
/* Where the probe keeps things: its state directory, the directory in memory
 * where its key lies, and the places where site lists are installed. Reads the
 * environment and, for paths_ours, who owns what; nothing else.
 */
#ifndef PARALLAX_PROBE_VOLUNTEER_PATHS_H
#define PARALLAX_PROBE_VOLUNTEER_PATHS_H

#include "base/diag.h"

#include <stdbool.h>

#ifndef PARALLAX_DATADIR
#    define PARALLAX_DATADIR "/usr/local/share/parallax" /* of the package */
#endif
#define PATHS_MAX   4096
#define PATHS_SPOOL "spool" /* the directory of what waits to be sent */
#define PATHS_LISTS "lists" /* the directory of lists that were taken in */

/* What the program keeps in its state directory. */
enum paths_kind {
    PATHS_CONSENT,
    PATHS_SECRET,   /* behind the pseudonym */
    PATHS_HELPERS,  /* names of controls */
    PATHS_CURSOR,   /* where the next run goes on */
    PATHS_PLAN,     /* where the plan of a day stands */
    PATHS_NETWORKS, /* where runs by schedule were agreed to */
    PATHS_OUTAGES,  /* notes of when the line was dead */
    PATHS_RECORDS,  /* that wait, or are parked, or damaged */
    PATHS_SITES,    /* site lists that were taken in, their versions */
    PATHS_BESIDE,   /* what is needed to write records */
    PATHS_KINDS
};

/* $XDG_STATE_HOME/parallax, else $HOME/.local/state/parallax, joined with
 * `name` unless that is NULL. ERR_INVAL if neither variable is an absolute
 * path; `d` then is one sentence for the volunteer. ERR_INTERNAL for a name
 * that paths_kept does not know. */
MUST_USE enum err paths_state(const char *name, char out[PATHS_MAX],
                              struct diag *d);
/* Makes the state directory (mode 0700). */
MUST_USE enum err paths_make_state(struct diag *d);
/* Is this name, relative to the state directory, one of those that the program
 * uses there, and for what? What is not in that table is not ours, and no
 * command touches it. */
bool paths_kept(const char *name, enum paths_kind *kind);
/* Does everything that is there belong to the user who runs this? A run under
 * sudo would leave files in a volunteer's directory that lock the volunteer
 * out, so it is refused; and who was locked out is told by whom. ERR_ACCESS,
 * with a sentence. */
MUST_USE enum err paths_ours(struct diag *d);
/* The i-th directory in memory where the key of records may lie, or false after
 * the last: $XDG_RUNTIME_DIR/parallax ("" if that is not set),
 * /run/user/UID/parallax, /dev/shm/parallax-UID. */
bool paths_runtime(unsigned i, char out[PATHS_MAX]);
/* The i-th directory that may hold installed lists, or false after the last:
 * `lists` of the state directory, $XDG_DATA_HOME (or $HOME/.local/share), then
 * the system's, which `paths_lists_system` says. */
bool paths_lists(unsigned i, char out[PATHS_MAX]);
/* Is the i-th of these the system's? */
bool paths_lists_system(unsigned i);
/* What packages bring under this name, in the i-th of their directories, or
 * false after the last: PARALLAX_DATADIR, /usr/share/parallax. */
bool paths_packaged(unsigned i, const char *name, char out[PATHS_MAX]);
/* Can nobody but root change this file, nor put another in its place, as far as
 * it and the directory it lies in show? */
bool paths_is_roots(const char *path);

#endif
