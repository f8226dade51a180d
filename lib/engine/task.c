// SPDX-License-Identifier: Apache-2.0
/* Runs the tasks of one measurement. */
#include "engine/task.h"

static void look_soon(struct task_list *l)
{
    if (loop_timer_in(l->timer, 0) != ERR_OK) {
        l->on->error(l->arg, ERR_NOMEM, "timer");
    }
}

static void ask_for_results(struct task_list *l)
{
    for (struct task *t = l->first; t; t = t->next) {
        if (t->kind->result) {
            t->kind->result(t->self);
        }
    }
}

/* The owner may free the list when it is told: nothing of it is used after. */
static void on_timer(void *arg)
{
    struct task_list *l = arg;

    if (!l->done) {
        l->done = true;
        if (l->late == 0) {
            look_soon(l);
        }
        l->on->done(l->arg);
    } else if (l->late == 0) {
        ask_for_results(l);
        l->on->quiet(l->arg);
    }
}

enum err task_list_init(struct task_list *l, struct loop *loop,
                        const struct task_events *on, void *arg)
{
    *l = (struct task_list){.on = on, .arg = arg, .running = 1};
    l->last = &l->first;
    return loop_timer_new(loop, on_timer, l, &l->timer);
}

void task_add(struct task_list *l, struct task *t, const struct task_kind *kind,
              void *self)
{
    *t = (struct task){.kind = kind, .self = self, .list = l};
    *l->last = t;
    l->last = &t->next;
    l->running++;
}

static void one_over(struct task_list *l)
{
    if (--l->running == 0) {
        look_soon(l);
    }
}

void task_list_start(struct task_list *l)
{
    l->started = true;
    for (struct task *t = l->first; t; t = t->next) {
        task_hold(t);
        enum err e = t->kind->start(t->self);
        if (e != ERR_OK) {
            l->on->error(l->arg, e, t->kind->name);
        }
        task_release(t);
    }
    one_over(l); /* the start itself */
}

void task_list_expire(struct task_list *l)
{
    for (struct task *t = l->first; t; t = t->next) {
        if (!t->over && t->kind->expire) {
            t->kind->expire(t->self);
        }
    }
}

void task_list_fini(struct task_list *l)
{
    for (struct task *t = l->first; t && l->started; t = t->next) {
        t->kind->cancel(t->self);
    }
    l->first = NULL;
    loop_timer_free(l->timer);
    l->timer = NULL;
}

bool task_is_over(const struct task *t)
{
    return t->over;
}

void task_hold(struct task *t)
{
    t->holds++;
}

void task_release(struct task *t)
{
    if (!t->over && --t->holds == 0) {
        t->over = true;
        one_over(t->list);
    }
}

void task_list_hold_late(struct task_list *l)
{
    l->late++;
}

void task_list_release_late(struct task_list *l)
{
    if (--l->late == 0 && l->running == 0) {
        look_soon(l);
    }
}
