// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/loop.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct loop *l;
    struct loop_timer *timer, *other;
    struct loop_io *io;
    int pair[2];
    int count, other_count;
    char order[32];
};

static int setup(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof(f));
    *state = &f;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, f.pair) != 0) {
        return -1;
    }
    return loop_new(&f.l) == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    loop_free(f->l);
    close(f->pair[0]);
    close(f->pair[1]);
    return 0;
}

static void count(void *arg)
{
    struct fixture *f = arg;
    f->count++;
}

static void an_empty_loop_returns_at_once(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(loop_run(f->l), ERR_OK);
}

static void timers_fire_once_and_not_too_early(void **state)
{
    struct fixture *f = *state;
    int64_t start = clock_mono_us();
    assert_int_equal(loop_timer_new(f->l, count, f, &f->timer), ERR_OK);
    assert_false(loop_timer_armed(f->timer));
    assert_int_equal(loop_timer_in(f->timer, 5 * US_PER_MS), ERR_OK);
    assert_true(loop_timer_armed(f->timer));
    assert_int_equal(loop_run(f->l), ERR_OK);
    assert_int_equal(f->count, 1);
    assert_true(clock_mono_us() - start >= 5 * US_PER_MS);
    assert_false(loop_timer_armed(f->timer));
    loop_timer_free(f->timer);
}

static void arming_again_moves_a_timer(void **state)
{
    struct fixture *f = *state;
    int64_t start = clock_mono_us();
    assert_int_equal(loop_timer_new(f->l, count, f, &f->timer), ERR_OK);
    assert_int_equal(loop_timer_in(f->timer, 60 * US_PER_S), ERR_OK);
    assert_int_equal(loop_timer_in(f->timer, US_PER_MS), ERR_OK);
    assert_int_equal(loop_run(f->l), ERR_OK);
    assert_int_equal(f->count, 1);
    assert_true(clock_mono_us() - start < 60 * US_PER_S);
    loop_timer_free(f->timer);
}

static void a_stopped_timer_keeps_nothing_alive(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(loop_timer_new(f->l, count, f, &f->timer), ERR_OK);
    assert_int_equal(loop_timer_in(f->timer, 60 * US_PER_S), ERR_OK);
    loop_timer_stop(f->timer);
    assert_int_equal(loop_run(f->l), ERR_OK);
    assert_int_equal(f->count, 0);
    loop_timer_free(f->timer);
}

static void free_own_timer(void *arg)
{
    struct fixture *f = arg;
    f->count++;
    loop_timer_free(f->timer);
    f->timer = NULL;
}

static void a_timer_may_free_itself(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(loop_timer_new(f->l, free_own_timer, f, &f->timer),
                     ERR_OK);
    assert_int_equal(loop_timer_in(f->timer, 0), ERR_OK);
    assert_int_equal(loop_run(f->l), ERR_OK);
    assert_int_equal(f->count, 1);
    assert_null(f->timer);
}

static void free_the_other(void *arg)
{
    struct fixture *f = arg;
    f->count++;
    loop_timer_free(f->other);
    f->other = NULL;
    loop_timer_free(f->timer);
    f->timer = NULL;
}

static void count_other(void *arg)
{
    struct fixture *f = arg;
    f->other_count++;
}

static void a_due_timer_that_is_freed_does_not_fire(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(loop_timer_new(f->l, free_the_other, f, &f->timer),
                     ERR_OK);
    assert_int_equal(loop_timer_new(f->l, count_other, f, &f->other), ERR_OK);
    assert_int_equal(loop_timer_in(f->timer, 0), ERR_OK);
    assert_int_equal(loop_timer_in(f->other, 0), ERR_OK);
    usleep(2000); /* both are due in the same round */
    assert_int_equal(loop_run(f->l), ERR_OK);
    assert_int_equal(f->count, 1);
    assert_int_equal(f->other_count, 0);
}

static void on_io(void *arg, int fd, unsigned what)
{
    struct fixture *f = arg;
    char byte;
    assert_int_equal(fd, f->pair[0]);
    if (what & LOOP_READ) {
        assert_int_equal(read(fd, &byte, 1), 1);
        strncat(f->order, &byte, 1);
        if (byte == '!') {
            loop_io_free(f->io);
            f->io = NULL;
        }
    }
    if (what & LOOP_WRITE) {
        strncat(f->order, "w", 1);
        assert_int_equal(loop_io_set(f->io, LOOP_READ), ERR_OK);
        assert_int_equal(write(f->pair[1], "ab!", 3), 3);
    }
}

static void interest_can_change_and_a_watch_may_free_itself(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(loop_io_new(f->l, f->pair[0], 0, on_io, f, &f->io),
                     ERR_OK);
    assert_int_equal(loop_run(f->l), ERR_OK); /* paused: nothing is watched */
    assert_int_equal(loop_io_set(f->io, LOOP_READ | LOOP_WRITE), ERR_OK);
    assert_int_equal(loop_run(f->l), ERR_OK);
    assert_string_equal(f->order, "wab!");
    assert_null(f->io);
}

static void a_watch_on_no_descriptor_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(loop_io_new(f->l, -1, LOOP_READ, on_io, f, &f->io),
                     ERR_INVAL);
}

static void second(void *arg)
{
    struct fixture *f = arg;
    strncat(f->order, "2", 1);
    loop_stop(f->l);
}

static void first(void *arg)
{
    struct fixture *f = arg;
    assert_int_equal(loop_defer(f->l, second, f), ERR_OK);
    strncat(f->order, "1", 1);
}

static void deferred_calls_run_in_order_and_never_inside_defer(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(loop_defer(f->l, first, f), ERR_OK);
    assert_int_equal(loop_defer(f->l, count, f), ERR_OK);
    assert_int_equal(f->count, 0);
    assert_int_equal(loop_run(f->l), ERR_OK);
    assert_string_equal(f->order, "12");
    assert_int_equal(f->count, 1);
}

static void defer_again(void *arg)
{
    struct fixture *f = arg;
    if (f->io) {
        assert_int_equal(loop_defer(f->l, defer_again, f), ERR_OK);
    }
}

static void endless_deferring_does_not_starve_sockets(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(loop_io_new(f->l, f->pair[0], LOOP_READ, on_io, f, &f->io),
                     ERR_OK);
    assert_int_equal(loop_defer(f->l, defer_again, f), ERR_OK);
    assert_int_equal(write(f->pair[1], "!", 1), 1);
    assert_int_equal(loop_run(f->l), ERR_OK);
    assert_string_equal(f->order, "!");
}

static void stop(void *arg)
{
    struct fixture *f = arg;
    f->count++;
    loop_stop(f->l);
}

static void stopping_keeps_what_was_deferred_for_the_next_run(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(loop_defer(f->l, stop, f), ERR_OK);
    assert_int_equal(loop_defer(f->l, count_other, f), ERR_OK);
    assert_int_equal(loop_run(f->l), ERR_OK);
    assert_int_equal(f->other_count, 0);
    assert_int_equal(loop_run(f->l), ERR_OK);
    assert_int_equal(f->other_count, 1);
}

static void a_stop_before_the_run_is_not_lost(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(loop_timer_new(f->l, count, f, &f->timer), ERR_OK);
    assert_int_equal(loop_timer_in(f->timer, 60 * US_PER_S), ERR_OK);
    loop_stop(f->l);
    assert_int_equal(loop_run(f->l), ERR_OK);
    assert_int_equal(f->count, 0);
    loop_timer_free(f->timer);
}

static void signals_arrive_in_the_loop(void **state)
{
    struct fixture *f = *state;
    struct loop_signal *s;
    assert_int_equal(loop_signal_new(f->l, SIGUSR1, stop, f, &s), ERR_OK);
    raise(SIGUSR1);
    assert_int_equal(loop_run(f->l), ERR_OK);
    assert_int_equal(f->count, 1);
    loop_signal_free(s);
    assert_int_equal(loop_run(f->l), ERR_OK);
}

static void running_out_of_descriptors_is_named(void **state)
{
    struct fixture *f = *state;
    struct rlimit old, none;
    struct loop *l = NULL;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    none = old;
    none.rlim_cur = 3;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    enum err e = loop_new(&l);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_int_equal(e, ERR_FDLIMIT);
    assert_null(l);
    (void)f;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_loop_returns_at_once),
        TEST(timers_fire_once_and_not_too_early),
        TEST(arming_again_moves_a_timer),
        TEST(a_stopped_timer_keeps_nothing_alive),
        TEST(a_timer_may_free_itself),
        TEST(a_due_timer_that_is_freed_does_not_fire),
        TEST(interest_can_change_and_a_watch_may_free_itself),
        TEST(a_watch_on_no_descriptor_is_refused),
        TEST(deferred_calls_run_in_order_and_never_inside_defer),
        TEST(endless_deferring_does_not_starve_sockets),
        TEST(stopping_keeps_what_was_deferred_for_the_next_run),
        TEST(a_stop_before_the_run_is_not_lost),
        TEST(signals_arrive_in_the_loop),
        TEST(running_out_of_descriptors_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
