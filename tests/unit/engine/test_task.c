// SPDX-License-Identifier: Apache-2.0
/* The driver of tasks, with tasks that do nothing but count. */
#include "engine/task.h"

#include "base/clock.h"
#include "base/str.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TASKS 3

struct fixture;

/* What a fake does when it is started. */
enum habit {
    ENDS_AT_ONCE,
    ENDS_SOON, /* by a timer */
    WAITS,     /* until it is expired or released */
    FAILS,
    FAILS_AFTER_ALL /* although something of it is said to be under way */
};

struct fake {
    struct task task;
    struct fixture *f;
    char letter;
    enum habit habit;
    struct loop_timer *timer;
    bool release_twice, cancels_list;
    unsigned started, expired, cancelled, results;
};

struct fixture {
    struct loop *loop;
    struct task_list list;
    struct fake fakes[TASKS];
    size_t n;
    char said[64]; /* who was called, in order */
    struct loop_timer *watchdog, *stop;
    unsigned done, quiet, errors;
    enum err error;
    char what[32];
    bool free_when_done, free_when_quiet, gone;
};

static void say(struct fixture *f, char what, char who)
{
    size_t n = strlen(f->said);

    assert_true(n + 3 < sizeof(f->said));
    f->said[n] = what;
    f->said[n + 1] = who;
}

/* ---- a task ---- */

static void fake_end(void *arg)
{
    struct fake *k = arg;

    assert_int_equal(k->cancelled, 0);
    if (k->cancels_list) {
        task_list_fini(&k->f->list);
        k->f->gone = true;
        return;
    }
    task_release(&k->task);
    if (k->release_twice) {
        task_release(&k->task);
    }
    assert_int_equal(k->f->quiet, 0);
}

static enum err fake_start(void *self)
{
    struct fake *k = self;

    k->started++;
    say(k->f, 's', k->letter);
    assert_int_equal(k->f->done, 0);
    switch (k->habit) {
    case ENDS_SOON:
        assert_int_equal(loop_timer_in(k->timer, 0), ERR_OK);
        task_hold(&k->task);
        return ERR_OK;
    case WAITS:
        task_hold(&k->task);
        return ERR_OK;
    case FAILS:
        return ERR_NOMEM;
    case FAILS_AFTER_ALL:
        task_hold(&k->task);
        task_release(&k->task);
        return ERR_NET;
    case ENDS_AT_ONCE:
    default:
        return ERR_OK;
    }
}

static void fake_expire(void *self)
{
    struct fake *k = self;

    k->expired++;
    say(k->f, 'e', k->letter);
    fake_end(k);
}

static void fake_cancel(void *self)
{
    struct fake *k = self;

    k->cancelled++;
    say(k->f, 'c', k->letter);
    loop_timer_stop(k->timer);
}

static void fake_result(void *self)
{
    struct fake *k = self;

    k->results++;
    say(k->f, 'r', k->letter);
    assert_int_equal(k->f->done, 1);
    assert_int_equal(k->cancelled, 0);
}

static const struct task_kind whole = {
    .name = "whole",
    .start = fake_start,
    .expire = fake_expire,
    .cancel = fake_cancel,
    .result = fake_result,
};

static const struct task_kind least = {
    .name = "least",
    .start = fake_start,
    .cancel = fake_cancel,
};

/* ---- the owner ---- */

static void on_error(void *arg, enum err e, const char *what)
{
    struct fixture *f = arg;

    f->errors++;
    f->error = e;
    str_copy(f->what, sizeof(f->what), what);
}

static void owner_frees(struct fixture *f)
{
    task_list_fini(&f->list);
    /* whatever the driver still used would be seen */
    memset(&f->list, 0xee, sizeof(f->list));
    f->gone = true;
}

static void on_done(void *arg)
{
    struct fixture *f = arg;

    assert_false(f->gone);
    f->done++;
    say(f, 'd', '.');
    if (f->free_when_done) {
        owner_frees(f);
    }
}

static void on_quiet(void *arg)
{
    struct fixture *f = arg;

    assert_false(f->gone);
    f->quiet++;
    say(f, 'q', '.');
    if (f->free_when_quiet) {
        owner_frees(f);
    }
}

static const struct task_events events = {
    .error = on_error, .done = on_done, .quiet = on_quiet};

static void on_watchdog(void *arg)
{
    (void)arg;
    fail_msg("the loop does not come to an end");
}

static void on_stop(void *arg)
{
    loop_stop(((struct fixture *)arg)->loop);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    *state = f;
    assert_non_null(f);
    assert_int_equal(loop_new(&f->loop), ERR_OK);
    assert_int_equal(loop_timer_new(f->loop, on_watchdog, f, &f->watchdog),
                     ERR_OK);
    assert_int_equal(loop_timer_new(f->loop, on_stop, f, &f->stop), ERR_OK);
    assert_int_equal(task_list_init(&f->list, f->loop, &events, f), ERR_OK);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    if (!f->gone) {
        task_list_fini(&f->list);
    }
    for (size_t i = 0; i < f->n; i++) {
        loop_timer_free(f->fakes[i].timer);
    }
    loop_timer_free(f->watchdog);
    loop_timer_free(f->stop);
    loop_free(f->loop);
    free(f);
    return 0;
}

static struct fake *add(struct fixture *f, enum habit habit,
                        const struct task_kind *kind)
{
    struct fake *k = &f->fakes[f->n];

    assert_true(f->n < TASKS);
    *k = (struct fake){.f = f, .letter = (char)('A' + f->n), .habit = habit};
    f->n++;
    assert_int_equal(loop_timer_new(f->loop, fake_end, k, &k->timer), ERR_OK);
    task_add(&f->list, &k->task, kind, k);
    return k;
}

/* Runs whatever is due within the next moments. */
static void run(struct fixture *f)
{
    assert_int_equal(loop_timer_in(f->watchdog, 60 * US_PER_S), ERR_OK);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(loop_timer_in(f->stop, 1), ERR_OK);
        assert_int_equal(loop_run(f->loop), ERR_OK);
    }
}

/* ---- tests ---- */

static void without_tasks_a_list_is_done_all_the_same(void **state)
{
    struct fixture *f = *state;

    task_list_start(&f->list);
    assert_int_equal(f->done, 0); /* never from inside the call */
    run(f);
    assert_string_equal(f->said, "d.q.");
}

static void tasks_start_in_order_and_end_in_any(void **state)
{
    struct fixture *f = *state;
    struct fake *a = add(f, WAITS, &whole);

    add(f, ENDS_SOON, &whole);
    add(f, ENDS_AT_ONCE, &whole);
    task_list_start(&f->list);
    assert_string_equal(f->said, "sAsBsC");
    run(f);
    assert_int_equal(f->done, 0); /* A goes on */
    task_release(&a->task);
    assert_int_equal(f->done, 0); /* never from inside the call */
    run(f);
    assert_string_equal(f->said, "sAsBsCd.rArBrCq.");
    task_list_fini(&f->list);
    assert_string_equal(f->said, "sAsBsCd.rArBrCq.cAcBcC");
}

static void a_task_needs_neither_expire_nor_result(void **state)
{
    struct fixture *f = *state;
    struct fake *a = add(f, WAITS, &least);

    task_list_start(&f->list);
    task_list_expire(&f->list);
    run(f);
    assert_int_equal(f->done, 0);
    task_release(&a->task);
    run(f);
    assert_string_equal(f->said, "sAd.q.");
}

static void one_that_cannot_start_does_not_stop_the_others(void **state)
{
    struct fixture *f = *state;

    add(f, FAILS, &whole);
    add(f, ENDS_SOON, &whole);
    task_list_start(&f->list);
    assert_int_equal(f->errors, 1);
    assert_int_equal(f->error, ERR_NOMEM);
    assert_string_equal(f->what, "whole");
    run(f);
    assert_int_equal(f->done, 1);
    assert_int_equal(f->quiet, 1);
    task_list_fini(&f->list);
    assert_int_equal(f->fakes[0].cancelled, 1);
    assert_int_equal(f->fakes[1].cancelled, 1);
}

static void
what_was_begun_before_a_failure_does_not_end_the_task_twice(void **state)
{
    struct fixture *f = *state;
    struct fake *b;

    add(f, FAILS_AFTER_ALL, &whole);
    b = add(f, WAITS, &whole);
    task_list_start(&f->list);
    assert_int_equal(f->error, ERR_NET);
    run(f);
    assert_int_equal(f->done, 0);
    task_release(&b->task);
    run(f);
    assert_int_equal(f->done, 1);
    assert_int_equal(f->fakes[0].results, 1);
}

static void a_task_is_over_only_once(void **state)
{
    struct fixture *f = *state;
    struct fake *a = add(f, ENDS_SOON, &whole), *b = add(f, WAITS, &whole);

    a->release_twice = true;
    task_list_start(&f->list);
    run(f);
    assert_true(a->task.over);
    assert_int_equal(f->done, 0); /* B goes on */
    task_hold(&a->task);
    task_release(&a->task);
    run(f);
    assert_int_equal(f->done, 0);
    task_release(&b->task);
    run(f);
    assert_int_equal(f->done, 1);
    assert_int_equal(f->quiet, 1);
    assert_int_equal(a->results, 1);
    assert_int_equal(b->results, 1);
}

static void time_is_up_for_those_that_run(void **state)
{
    struct fixture *f = *state;
    struct fake *a = add(f, ENDS_AT_ONCE, &whole);
    struct fake *b = add(f, WAITS, &whole), *c = add(f, WAITS, &whole);

    task_list_start(&f->list);
    task_list_expire(&f->list);
    assert_int_equal(f->done, 0);
    run(f);
    assert_int_equal(a->expired, 0);
    assert_int_equal(b->expired, 1);
    assert_int_equal(c->expired, 1);
    assert_int_equal(f->done, 1);
    task_list_expire(&f->list);
    assert_int_equal(b->expired, 1);
}

static void late_answers_hold_back_the_end_but_not_the_slot(void **state)
{
    struct fixture *f = *state;

    add(f, ENDS_SOON, &whole);
    task_list_start(&f->list);
    task_list_hold_late(&f->list);
    task_list_hold_late(&f->list);
    run(f);
    assert_string_equal(f->said, "sAd.");
    task_list_release_late(&f->list);
    run(f);
    assert_int_equal(f->quiet, 0);
    task_list_release_late(&f->list);
    assert_int_equal(f->quiet, 0); /* never from inside the call */
    run(f);
    assert_string_equal(f->said, "sAd.rAq.");
}

static void late_answers_that_come_in_time_hold_nothing_back(void **state)
{
    struct fixture *f = *state;
    struct fake *a = add(f, WAITS, &whole);

    task_list_start(&f->list);
    task_list_hold_late(&f->list);
    task_list_release_late(&f->list);
    run(f);
    assert_int_equal(f->done, 0);
    task_release(&a->task);
    run(f);
    assert_string_equal(f->said, "sAd.rAq.");
}

static void the_owner_may_free_all_when_the_steps_are_done(void **state)
{
    struct fixture *f = *state;

    add(f, ENDS_SOON, &whole);
    f->free_when_done = true;
    task_list_start(&f->list);
    run(f);
    assert_string_equal(f->said, "sAd.cA");
}

static void the_owner_may_free_all_when_it_is_quiet(void **state)
{
    struct fixture *f = *state;

    add(f, ENDS_SOON, &whole);
    f->free_when_quiet = true;
    task_list_start(&f->list);
    run(f);
    assert_string_equal(f->said, "sAd.rAq.cA");
}

static void whoever_a_task_tells_may_cancel_it(void **state)
{
    struct fixture *f = *state;
    struct fake *a = add(f, ENDS_SOON, &whole), *b = add(f, ENDS_SOON, &whole);

    a->cancels_list = true;
    task_list_start(&f->list);
    run(f);
    assert_string_equal(f->said, "sAsBcAcB");
    assert_int_equal(b->cancelled, 1);
    assert_int_equal(f->done, 0);
}

static void before_the_start_nobody_is_cancelled(void **state)
{
    struct fixture *f = *state;

    add(f, WAITS, &whole);
    task_list_fini(&f->list);
    task_list_fini(&f->list);
    run(f);
    assert_string_equal(f->said, "");
}

static void cancelled_twice_is_cancelled_once(void **state)
{
    struct fixture *f = *state;

    add(f, WAITS, &whole);
    task_list_start(&f->list);
    task_list_fini(&f->list);
    task_list_fini(&f->list);
    assert_string_equal(f->said, "sAcA");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_tasks_a_list_is_done_all_the_same),
        TEST(tasks_start_in_order_and_end_in_any),
        TEST(a_task_needs_neither_expire_nor_result),
        TEST(one_that_cannot_start_does_not_stop_the_others),
        TEST(what_was_begun_before_a_failure_does_not_end_the_task_twice),
        TEST(a_task_is_over_only_once),
        TEST(time_is_up_for_those_that_run),
        TEST(late_answers_hold_back_the_end_but_not_the_slot),
        TEST(late_answers_that_come_in_time_hold_nothing_back),
        TEST(the_owner_may_free_all_when_the_steps_are_done),
        TEST(the_owner_may_free_all_when_it_is_quiet),
        TEST(whoever_a_task_tells_may_cancel_it),
        TEST(before_the_start_nobody_is_cancelled),
        TEST(cancelled_twice_is_cancelled_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
