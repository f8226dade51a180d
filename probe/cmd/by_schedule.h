// SPDX-License-Identifier: Apache-2.0
/* What `plan` and `run --scheduled` share: the settings, the sites that may be
 * drawn, and whether this network was agreed to.
 */
#ifndef PARALLAX_PROBE_CMD_BY_SCHEDULE_H
#define PARALLAX_PROBE_CMD_BY_SCHEDULE_H

#include "cli/opt.h"
#include "probe/plan/keeper.h"
#include "probe/plan/networks.h"
#include "probe/run/targets.h"

/* Rows of the tables of both. */
#define BY_SCHEDULE_OPTS                                                       \
    {.key = "plan.hours",                                                      \
     .kind = OPT_STR,                                                          \
     .def = "8-23",                                                            \
     .arg = "FROM-TO",                                                         \
     .help = "by schedule: measure within these hours (local time)"},          \
        {.key = "plan.day_bytes",                                              \
         .kind = OPT_BYTES,                                                    \
         .min = 1 << 20,                                                       \
         .max = INT64_MAX,                                                     \
         .def = "50000000",                                                    \
         .arg = "BYTES",                                                       \
         .help = "by schedule: send and receive no more than this in a day"},  \
        {.key = "plan.day_sites",                                              \
         .kind = OPT_INT,                                                      \
         .min = 1,                                                             \
         .max = 100000,                                                        \
         .def = "300",                                                         \
         .arg = "N",                                                           \
         .help = "by schedule: measure no more sites than this in a day"},     \
        {.key = "plan.max_runtime",                                            \
         .kind = OPT_INT,                                                      \
         .min = 10,                                                            \
         .max = 86400,                                                         \
         .def = "1800",                                                        \
         .arg = "S",                                                           \
         .help = "by schedule: start no new site after S seconds of a run"},   \
        {.key = "plan.apart",                                                  \
         .kind = OPT_INT,                                                      \
         .min = 0,                                                             \
         .max = 3600,                                                          \
         .def = "180",                                                         \
         .arg = "S",                                                           \
         .help = "by schedule: leave a server alone so long after a failure"}, \
    {                                                                          \
        .key = "plan.networks", .kind = OPT_STR, .def = "agreed",              \
        .arg = "WHICH",                                                        \
        .help = "by schedule: on which networks: agreed, or any"               \
    }

/* What it is called where nothing was agreed to yet. */
enum by_schedule_network {
    BY_SCHEDULE_AGREED, /* or none needs to be */
    BY_SCHEDULE_NEW,
    BY_SCHEDULE_FIRST, /* the first one where a run by schedule begins: it is
                          agreed to by that */
    BY_SCHEDULE_OFFLINE
};

/* The settings of the day. ERR_PARSE, with a sentence: they make no sense. */
MUST_USE enum err by_schedule_rules(const struct opt_set *opts,
                                    struct agenda_rules *out, struct diag *d);
/* This moment. */
struct agenda_now by_schedule_now(void);
/* The sites that may be drawn of `t`, in `r`; NULL: no memory. There are
 * t->n_todo of them. */
const struct draw_site *by_schedule_sites(struct region *r,
                                          const struct targets *t);
/* Where we are. Errors have a sentence in `d`. */
MUST_USE enum err by_schedule_where(const struct opt_set *opts,
                                    enum by_schedule_network *out,
                                    struct diag *d);
/* The volunteer agrees to this network. ERR_NOTFOUND: there is none. */
MUST_USE enum err by_schedule_agree(struct diag *d);

/* Seconds since 1970 as "14:05" of the local clock, "tomorrow 14:05" or
 * "2026-12-01 14:05", out of at least 32 bytes. */
void by_schedule_when(int64_t unix_s, char out[32]);
/* What the agenda's state means, in a sentence about today; "" where a run is
 * due. */
const char *by_schedule_words(enum agenda_state st);

#endif
