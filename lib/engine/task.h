// SPDX-License-Identifier: Apache-2.0
/* The parts of one measurement, and how they are run.
 *
 * A task is one part: a site looked up and fetched (web/), a page fetched with
 * and without a name (sni/), a control's measurement (control/). It brings a
 * table of functions and its own state; whoever runs it knows nothing else of
 * it. Several tasks of one list run side by side, on one loop.
 *
 *   added -> started -> over -> [result] -> cancelled
 *
 * Everything that a task has under way holds it, and when the last of that is
 * released the task is over. When all are over the list says `done`: nothing
 * more will be sent. What still listens (a lookup whose true answer may come
 * late, packets under way) holds the list instead. When nothing listens any
 * more, results are asked for, and the list says `quiet`.
 *
 * The list speaks from a timer of its own only, never from inside a task's
 * call, so its owner may free everything then.
 */
#ifndef PARALLAX_ENGINE_TASK_H
#define PARALLAX_ENGINE_TASK_H

#include "base/loop.h"

struct task_list;

/* What a task can do. `self` is its own state. */
struct task_kind {
    const char *name; /* told with an error of `start` */
    /* Begins, from the loop; the task is held while this runs. After an error
     * (of this machine) nothing of it may be under way. */
    enum err (*start)(void *self);
    /* The time for the whole measurement is up: what runs ends now, as timed
     * out, and is released at once or from the loop. NULL: the limits of its
     * steps are all it has. Not called when the task is over. */
    void (*expire)(void *self);
    /* Stops whatever runs or listens and gives back what was taken; nothing
     * of the task is called afterwards. Called once if it was started, also
     * when it failed to start and when it is over. */
    void (*cancel)(void *self);
    /* All is over and nothing listens: what can be said only now is added to
     * the record. Called at most once, before cancel. NULL: nothing. */
    void (*result)(void *self);
};

/* Filled in by task_add; for task.c only. */
struct task {
    const struct task_kind *kind;
    void *self;
    struct task_list *list;
    struct task *next;
    unsigned holds;
    bool over;
};

/* What a list tells its owner, each by a callback. */
struct task_events {
    /* This machine failed; `what` names the part. The list goes on. */
    void (*error)(void *arg, enum err e, const char *what);
    /* All tasks are over. Once. The list may be freed. */
    void (*done)(void *arg);
    /* Nothing will come any more. Once, after `done`. The list may be freed. */
    void (*quiet)(void *arg);
};

/* For task.c only. */
struct task_list {
    const struct task_events *on;
    void *arg;
    struct loop_timer *timer;
    struct task *first, **last;
    unsigned running; /* tasks that are not over; 1 more until all started */
    unsigned late;    /* holds of task_list_hold_late */
    bool started, done;
};

/* An empty list; `on` is borrowed. ERR_NOMEM. */
MUST_USE enum err task_list_init(struct task_list *l, struct loop *loop,
                                 const struct task_events *on, void *arg);
/* Puts a task behind the others; before the list is started. `t`, `kind` and
 * `self` must live as long as the list. */
void task_add(struct task_list *l, struct task *t, const struct task_kind *kind,
              void *self);
/* Starts all tasks, in the order in which they were added. Once, from the
 * loop. A list without tasks says `done` and `quiet` all the same. */
void task_list_start(struct task_list *l);
/* Expires all tasks that are not over. */
void task_list_expire(struct task_list *l);
/* Cancels the tasks that were started, in their order, and frees the timer.
 * Not from inside a call of a task. Does nothing the second time. */
void task_list_fini(struct task_list *l);

/* All that it had under way has ended; nothing more is to begin. */
bool task_is_over(const struct task *t);
/* To be called when something of the task begins: the task is not over before
 * each hold has been released. */
void task_hold(struct task *t);
/* To be called when that has ended, as the last thing that its callback does.
 * A task that is over stays over, even if it is held again. */
void task_release(struct task *t);
/* To be called when something begins to listen for what comes late, and when it
 * has stopped: the list is not quiet in between. */
void task_list_hold_late(struct task_list *l);
void task_list_release_late(struct task_list *l);

#endif
