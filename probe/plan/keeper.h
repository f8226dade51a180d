// SPDX-License-Identifier: Apache-2.0
/* Runs by schedule and their diary on the disk: who may run now, which sites,
 * and how far it has come. The diary is written before anything is contacted,
 * after each KEEPER_SAVE sites, and at the end, so that a run that is cut short
 * at any moment repeats few sites (none if only the process is killed), leaves
 * out none, and uses no more of the day than was allowed.
 */
#ifndef PARALLAX_PROBE_PLAN_KEEPER_H
#define PARALLAX_PROBE_PLAN_KEEPER_H

#include "probe/plan/agenda.h"

#define KEEPER_SAVE 10

enum keeper_diary {
    KEEPER_KNOWN,
    KEEPER_FRESH,  /* there was none */
    KEEPER_DAMAGED /* it was no good: nothing more is done today */
};

struct keeper {
    int lock;               /* descriptor; -1: none */
    struct diary_mark mark; /* of what is done since the diary was written */
    enum keeper_diary found;
    char why[256]; /* KEEPER_DAMAGED: in what way */
    struct diary diary;
    struct agenda agenda;
    struct draw draw;
    const struct draw_site *sites; /* borrowed */
    size_t n_sites;
    size_t done;  /* sites of the run that the pass stands behind */
    size_t saved; /* of these, on the disk */
    uint64_t may; /* bytes counted as used by the run */
    bool turned;  /* a key that the file has is used no longer */
};

/* Reads the diary, or begins one, for this moment. The sites (borrowed) are all
 * that may be drawn. `lock`: nobody else may run by schedule until
 * keeper_close; ERR_BUSY: *holder does. Errors have a sentence in `d`. In any
 * case keeper_close frees. */
MUST_USE enum err keeper_open(struct keeper *k, bool lock,
                              const struct agenda_rules *rules,
                              const struct agenda_now *now,
                              const struct draw_site *sites, size_t n,
                              int *holder, struct diag *d);
/* Zeroed with -1 for the descriptors is allowed. */
void keeper_close(struct keeper *k);

/* Writes the diary as it is: a plan that was shown is the one that is kept. */
MUST_USE enum err keeper_save(struct keeper *k, struct diag *d);

/* What is to be done now, and how many sites: 0 unless a run is due or was cut
 * short. */
enum agenda_state keeper_due(const struct keeper *k, unsigned *run, size_t *n);

/* The next `n` sites into `out`, or as many as this pass has left, from
 * `pass`, which stands behind them then. Returns how many. */
size_t keeper_pick(const struct keeper *k, struct draw_pass *pass, size_t n,
                   const struct draw_row **out);

/* A run of `n` sites, those of keeper_pick from the diary's pass on, begins.
 * The diary is written; on an error nothing may be contacted. */
MUST_USE enum err keeper_begin(struct keeper *k, enum agenda_state state,
                               unsigned run, size_t n, struct diag *d);

/* The first `n` sites of the run have their records. */
MUST_USE enum err keeper_reached(struct keeper *k, size_t n, struct diag *d);

/* The run is over at `unix_s`, having used so many bytes. `cut`: it was
 * interrupted, and its rest may go on today. */
MUST_USE enum err keeper_end(struct keeper *k, int64_t unix_s, uint64_t used,
                             bool cut, struct diag *d);

#endif
