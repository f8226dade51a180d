// SPDX-License-Identifier: Apache-2.0
/* An address that no public site has is connected to once by all measurements.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/bogons.h"

struct asker {
    struct bogon_wait wait;
    unsigned turns, told;
    const char *failure;
};

static struct loop *loop;
static struct bogons bogons;

static int setup(void **state)
{
    (void)state;
    return loop_new(&loop) == ERR_OK && bogons_init(&bogons, loop) == ERR_OK
               ? 0
               : -1;
}

static int teardown(void **state)
{
    (void)state;
    bogons_fini(&bogons);
    loop_free(loop);
    return 0;
}

static struct ip address(uint8_t last)
{
    return (struct ip){.family = 4, .b = {10, 10, 34, last}};
}

static void on_bogon(void *arg, const struct bogon_outcome *o)
{
    struct asker *a = arg;
    a->turns += !o;
    a->told += o ? 1 : 0;
    a->failure = o ? o->failure : NULL;
}

static enum bogon_turn ask(struct asker *a, uint8_t last, uint16_t port)
{
    struct ip ip = address(last);
    return bogons_ask(&bogons, &ip, port, &a->wait, on_bogon, a);
}

static void run(void)
{
    assert_int_equal(loop_run(loop), ERR_OK);
}

static void the_first_connects_and_all_are_told(void **state)
{
    (void)state;
    struct ip ip = address(36);
    struct asker first = {.turns = 0};
    struct asker more[200] = {{.turns = 0}};
    assert_int_equal(ask(&first, 36, 443), BOGON_YOURS);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(ask(&more[i], 36, 443), BOGON_WAIT);
    }
    run();
    assert_int_equal(more[0].told + more[0].turns, 0);
    bogons_tell(&bogons, &ip, 443, "connection_refused", 1000);
    for (size_t i = 100; i < 200; i++) {
        assert_int_equal(ask(&more[i], 36, 443), BOGON_WAIT);
    }
    run();
    for (size_t i = 0; i < 200; i++) {
        assert_int_equal(more[i].told, 1);
        assert_int_equal(more[i].turns, 0);
        assert_string_equal(more[i].failure, "connection_refused");
    }
}

static void another_port_and_another_address_are_others(void **state)
{
    (void)state;
    struct ip ip = address(36);
    struct asker a[4] = {{.turns = 0}};
    assert_int_equal(ask(&a[0], 36, 443), BOGON_YOURS);
    assert_int_equal(ask(&a[1], 36, 80), BOGON_YOURS);
    assert_int_equal(ask(&a[2], 37, 443), BOGON_YOURS);
    bogons_tell(&bogons, &ip, 443, NULL, 1000);
    assert_int_equal(ask(&a[3], 36, 443), BOGON_WAIT);
    run();
    assert_int_equal(a[3].told, 1);
    assert_null(a[3].failure);
}

static void a_turn_that_is_given_up_goes_to_the_next(void **state)
{
    (void)state;
    struct ip ip = address(36);
    struct asker a[4] = {{.turns = 0}};
    assert_int_equal(ask(&a[0], 36, 443), BOGON_YOURS);
    for (size_t i = 1; i < 4; i++) {
        assert_int_equal(ask(&a[i], 36, 443), BOGON_WAIT);
    }
    bogons_leave(&a[1].wait);
    bogons_leave(&a[1].wait);
    bogons_give_up(&bogons, &ip, 443);
    run();
    assert_int_equal(a[1].turns + a[1].told, 0);
    assert_int_equal(a[2].turns, 1);
    assert_int_equal(a[3].turns + a[3].told, 0);
    bogons_tell(&bogons, &ip, 443, "unknown_failure: strange", 1000);
    run();
    assert_int_equal(a[3].told, 1);
    assert_string_equal(a[3].failure, "unknown_failure");
}

static void what_is_too_many_is_not_connected_to(void **state)
{
    (void)state;
    struct asker a = {.turns = 0};
    for (uint16_t port = 1; port <= BOGONS_MAX; port++) {
        assert_int_equal(ask(&a, 36, port), BOGON_YOURS);
    }
    assert_int_equal(ask(&a, 36, BOGONS_MAX + 1), BOGON_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_connects_and_all_are_told,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            another_port_and_another_address_are_others, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_turn_that_is_given_up_goes_to_the_next, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_too_many_is_not_connected_to,
                                        setup, teardown),
    };
    return cmocka_run_group_tests_name("bogons", tests, NULL, NULL);
}
