// SPDX-License-Identifier: Apache-2.0
/* The plan of a day: when its runs begin, how many sites each measures and how
 * many bytes it may use. It follows from the diary, the settings and the
 * moment; what a run that was missed would have done is not made up for. No
 * I/O, no clock.
 */
#ifndef PARALLAX_PROBE_PLAN_AGENDA_H
#define PARALLAX_PROBE_PLAN_AGENDA_H

#include "probe/plan/diary.h"

/* What the volunteer set. */
struct agenda_rules {
    struct hours hours;
    uint64_t day_bytes; /* sent and received at most */
    uint64_t day_sites; /* at most */
};

/* A moment, and what may be believed of it. */
struct agenda_now {
    int64_t unix_s;
    int64_t offset_s; /* what the local clock is ahead */
    bool kept;        /* something keeps the clock right */
    bool wrong;       /* it shows a time that is over for sure */
};

enum agenda_state {
    AGENDA_WAIT,   /* nothing is due */
    AGENDA_DUE,    /* a run is */
    AGENDA_RESUME, /* one was cut short, and goes on */
    AGENDA_BEHIND, /* the clock shows a day that is over */
    AGENDA_EMPTY,  /* there is no site for this device */
    AGENDA_USED_UP /* one is due, but nothing of the day is left for it */
};

struct agenda {
    struct agenda_rules rules;
    struct agenda_now now;
    struct diary *diary;    /* borrowed, turned to the day */
    struct hours_moment at; /* the moment, as a day and its seconds */
    struct times times;     /* of the day */
    bool behind;            /* the clock is */
};

/* Turns the diary to the day of the moment, unless the clock is wrong, and
 * makes the plan. */
void agenda_make(struct agenda *a, struct diary *d,
                 const struct agenda_rules *rules,
                 const struct agenda_now *now);

/* What is to be done now. *run is the number of the due run, from 0. `all`: how
 * many sites there are. */
enum agenda_state agenda_due(const struct agenda *a, size_t all, unsigned *run);

/* How many sites run `run` measures, and how many bytes it may use, the ones
 * that are left of the day considered. `all` as above. */
size_t agenda_sites(const struct agenda *a, size_t all);
uint64_t agenda_bytes(const struct agenda *a);

/* How many of these a run's sites may use, so that there is enough for what is
 * still on its way when no new one begins, for sending, and for the headers of
 * packets. */
uint64_t agenda_bytes_sites(uint64_t may);
/* What the line carried for so many bytes that were sent and received: a
 * quarter more, for the headers of packets (a fifth more was counted where
 * pages were small). */
uint64_t agenda_bytes_line(uint64_t bytes);

/* When run `run` of the day begins, and when the next one does that is not due
 * yet, seconds since 1970. */
int64_t agenda_time(const struct agenda *a, unsigned run);
int64_t agenda_next(const struct agenda *a);
/* How many sites that one measures. `all` as above. */
size_t agenda_next_sites(const struct agenda *a, size_t all);

/* The diary says that run `run` goes on: of the day's times this one and those
 * before it are over, `sites` are to be measured, and all the bytes it may use
 * are counted as used, in case it is cut short. */
void agenda_begin(const struct agenda *a, enum agenda_state state, unsigned run,
                  size_t sites);
/* So many bytes were used by the run that agenda_begin was for, of which `may`
 * were counted; it is over at `unix_s`, and times that came meanwhile are, too.
 * `cut`: its rest may go on today. */
void agenda_end(const struct agenda *a, int64_t unix_s, uint64_t may,
                uint64_t used, bool cut);

#endif
