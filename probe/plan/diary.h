// SPDX-License-Identifier: Apache-2.0
/* What runs by schedule know of those before them: the file `plan` in the state
 * directory. It says where the pass through the lists stands and what of today
 * is used up, in numbers: no URL, no host, no time of a run (docs/safety.md).
 * It is replaced whole or not at all. Nothing here reads the clock.
 */
#ifndef PARALLAX_PROBE_PLAN_DIARY_H
#define PARALLAX_PROBE_PLAN_DIARY_H

#include "base/diag.h"
#include "probe/plan/draw.h"
#include "probe/plan/times.h"

#define DIARY_FILE "plan"
#define DIARY_LOCK "plan.lock"
#define DIARY_MARK "plan.reached"

struct diary {
    unsigned cohort;         /* 0 to DRAW_COHORTS - 1; stays */
    struct draw_pass pass;   /* where it stands */
    int64_t day;             /* the day that what follows is of (hours.h) */
    int64_t behind;          /* days up to this one are over for good */
    uint8_t key[SHA256_LEN]; /* of the day's times */
    unsigned gone;           /* of these: so many are over */
    uint64_t bytes;          /* sent and received on that day */
    uint64_t sites;          /* begun on that day */
    uint64_t left;           /* of a run that is going on, or was cut short */
    uint64_t serial;         /* how often it was written */
};

/* Begins one on `day`, with keys of its own. `spent`: nothing more is done on
 * that day, because nobody knows what was done before. */
void diary_begin(struct diary *out, int64_t day, bool spent);

enum diary_day {
    DIARY_TODAY, /* the day is that of the diary */
    DIARY_NEW,   /* another day has begun: all of it is left */
    DIARY_BEHIND /* the clock shows a day that is over */
};

/* Turns to the day that the clock shows. A clock that nobody keeps may be
 * wrong in either direction, so a day far ahead does not end those between: the
 * clock may come back to one of them. `kept`: something keeps it right (NTP).
 */
enum diary_day diary_turn(struct diary *d, int64_t day, bool kept);

/* Reads the file. ERR_NOTFOUND: there is none. ERR_PARSE: it is damaged.
 * ERR_EXISTS: a newer version of the program wrote it. The last two, and every
 * other error, with a sentence. */
MUST_USE enum err diary_load(struct diary *out, struct diag *d);

/* Writes it, with the next serial. `over`: the bytes before are overwritten,
 * since they hold a key of which nothing shall be left. */
MUST_USE enum err diary_store(struct diary *d, bool over, struct diag *why);

/* Between two times of writing the diary: how many sites more are done, in a
 * few bytes that are written over and over, and of which nothing is waited for
 * until it is on the disk. A process that is killed loses nothing by it. */
struct diary_mark {
    int fd; /* -1: there is none */
    uint64_t boot;
};

/* Opens the file of the mark, if it can be; the caller closes the descriptor.
 */
struct diary_mark diary_mark_open(void);
/* Notes that `n` more are done than the diary says. */
void diary_mark(const struct diary_mark *at, const struct diary *d, uint64_t n);
/* How many more are done than the diary says. False: there is no mark that was
 * made for this diary, and since the machine was started: nobody knows. */
bool diary_marked(const struct diary *d, uint64_t *n);

/* For tests: from the bytes of a file; `path` is named in sentences. */
MUST_USE enum err diary_parse(struct str text, const char *path,
                              struct diary *out, struct diag *d);

#endif
