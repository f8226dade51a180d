// SPDX-License-Identifier: Apache-2.0
/* One URL being measured: what the parts of one measurement share. The parts
 * themselves are tasks (task.h), which it runs without knowing them.
 *
 * When all tasks are over the steps are done and the slot is free. When nothing
 * listens any more, for late DNS answers or for packets, the measurement is
 * delivered.
 */
#ifndef PARALLAX_ENGINE_MEASURE_H
#define PARALLAX_ENGINE_MEASURE_H

#include "engine/instruments.h"
#include "engine/plan.h"
#include "engine/task.h"

/* Transaction ids are numbered for each kind, from 10001, 20001, ... */
enum id_kind {
    ID_SYSTEM,
    ID_UDP,
    ID_DOH,
    ID_CLEAR,
    ID_TLS,
    ID_KINDS
};

struct capture_flow;

/* What a measurement tells its owner, each by a callback from the loop. */
struct measure_events {
    /* The steps are done; the measurement may be cancelled. */
    void (*on_steps_done)(void *arg);
    /* The measurement is gone; the record is the receiver's. */
    void (*on_delivered)(void *arg, struct measurement *m);
};

struct measure {
    /* for the tasks to read */
    struct instruments *in;
    const struct plan *plan;
    struct measurement *m; /* the record; what is seen is added to it */
    struct region *region; /* the record's */
    int64_t zero;          /* monotonic clock; its times are counted from it */

    /* for measure.c only */
    const struct measure_events *on;
    void *arg;
    struct task_list tasks;
    struct loop_timer *timer; /* first for its beginning, then for its end at
                                 plan->timeout_us */
    bool begun;
    int64_t ids[ID_KINDS];       /* given out so far */
    struct capture_flow *flows;  /* that ended, newest first: their packets are
                                    asked of the capture */
    struct loop_timer *captures; /* waits for their last packets */
};

/* A measurement that has not begun. `in`, `p` and `on` are borrowed while it
 * lives. ERR_NOMEM. */
MUST_USE enum err measure_new(struct instruments *in, const struct plan *p,
                              const struct measure_events *on, void *arg,
                              struct measure **out);
/* Adds a part, before the measurement begins. The part best takes the memory of
 * its state from the region, which lives longer than the part. */
void measure_add(struct measure *ms, struct task *t,
                 const struct task_kind *kind, void *self);
/* Begins, from the loop. */
MUST_USE enum err measure_start(struct measure *ms);
/* Stops everything and frees it, the record too. */
void measure_cancel(struct measure *ms);

/* Microseconds since it began. */
int64_t measure_now(const struct measure *ms);
/* The next transaction id of a kind. */
int64_t measure_id(struct measure *ms, enum id_kind kind);
/* This machine failed, in what `what` names (static): the first such failure is
 * kept, and makes a record that says nothing about the network. ERR_OK does
 * nothing. */
void measure_internal(struct measure *ms, enum err e, const char *what);
/* A line for the record's log of decisions. */
void measure_note(struct measure *ms, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* To be called when something begins to listen for what comes late, and when it
 * has stopped. In between the record is not delivered, but the slot is free. */
void measure_hold_late(struct measure *ms);
void measure_release_late(struct measure *ms);

/* Takes note of a flow that ended, if packets are captured. One with something
 * to show holds the record back for the packets that follow. */
void measure_flow_ended(struct measure *ms, const struct capture_flow *f);
/* A copy that lives as long as the record; NULL when out of memory. */
const struct url *measure_url(struct measure *ms, const struct url *url);
/* Tags of what belongs to one redirect depth. `classic`: OONI's tag for what
 * the system's resolver led to. `fetch_body`: 1 may fetch the page, 0 may not,
 * -1 is no connection. */
struct obs_tags measure_tags(int depth, bool classic, int fetch_body);

#endif
