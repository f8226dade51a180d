// SPDX-License-Identifier: Apache-2.0
/* Counting of rows. Most of it is tested where it is read: test_report.c and
 * test_report_model.c. */
#include "collector/analysis/aggregate.h"
#include "verdict/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define T0 INT64_C(1793491200) /* 2026-11-01 */

static void rows_out_of_order_are_refused(void **state)
{
    (void)state;
    const struct aggregate_finding *finding;
    struct aggregate *a = aggregate_new();
    assert_non_null(a);
    struct store_row r = {.start_s = T0, .cc = "IR", .input = "x"};
    assert_int_equal(aggregate_add(a, &r, &finding), ERR_OK);
    r.start_s--;
    assert_int_equal(aggregate_add(a, &r, &finding), ERR_INVAL);
    aggregate_free(a);
}

static void a_row_may_leave_out_its_texts(void **state)
{
    (void)state;
    const struct aggregate_finding *finding;
    struct aggregate *a = aggregate_new();
    assert_non_null(a);
    struct store_row r = {.start_s = T0, .cc = "IR", .state = X_BLOCKED};
    assert_int_equal(aggregate_add(a, &r, &finding), ERR_OK);
    assert_non_null(finding);
    assert_string_equal(finding->method, "other");
    assert_string_equal(finding->cell->site->input, "");
    assert_string_equal(finding->cell->net->name, "");
    assert_int_equal(finding->n_reasons, 0);
    aggregate_free(a);
}

/* Blocked, of one site and network, as sender `n` says it. */
static struct store_row blocked(unsigned n, uint32_t asn)
{
    struct store_row r = {.start_s = T0,
                          .cc = "IR",
                          .asn = asn,
                          .input = "https://a.example/",
                          .site = "https://a.example/",
                          .state = X_BLOCKED,
                          .method = "dns",
                          .place = PLACE_AGREES};
    snprintf(r.x_probe, sizeof(r.x_probe), "%032x", n + 1);
    snprintf(r.source_tag, sizeof(r.source_tag), "%032x", n + 101);
    return r;
}

static void whose_place_is_another_is_no_second_observer(void **state)
{
    (void)state;
    const struct aggregate_finding *finding;
    for (int place = 0; place < STORE_PLACES; place++) {
        struct aggregate *a = aggregate_new();
        assert_non_null(a);
        for (unsigned n = 0; n < 3; n++) {
            struct store_row r = blocked(n, 100 + n);
            r.place = place;
            assert_int_equal(aggregate_add(a, &r, &finding), ERR_OK);
        }
        aggregate_finish(a);
        assert_int_equal(a->n_networks, 3);
        assert_int_equal(a->sites[0]->blocked_observers,
                         place == PLACE_DISAGREES ? 1 : 3);
        assert_int_equal(a->by_place[place], 3);
        assert_int_equal(a->sites[0]->placed_networks,
                         place == PLACE_DISAGREES ? 0 : 3);
        aggregate_free(a);
    }
}

/* One who is there, and a forger who claims networks he is not in. */
static void networks_that_are_only_claimed_are_one(void **state)
{
    (void)state;
    const struct aggregate_finding *finding;
    struct aggregate *a = aggregate_new();
    assert_non_null(a);
    for (unsigned n = 0; n < 5; n++) {
        struct store_row r = blocked(n, 100 + n);
        if (n >= 1) {
            r.place = n % 2 ? PLACE_DISAGREES : PLACE_UNCHECKED;
            r.source_tag[0] = '\0';
        }
        assert_int_equal(aggregate_add(a, &r, &finding), ERR_OK);
    }
    aggregate_finish(a);
    assert_int_equal(a->sites[0]->blocked_networks, 5);
    assert_int_equal(a->sites[0]->placed_networks, 2);
    assert_int_equal(a->sites[0]->blocked_observers, 2);
    aggregate_free(a);
}

/* Those of who is not in a network do not name it. */
static void a_network_is_named_by_who_is_there(void **state)
{
    (void)state;
    const struct aggregate_finding *finding;
    struct aggregate *a = aggregate_new();
    assert_non_null(a);
    for (unsigned n = 0; n < 9; n++) {
        struct store_row r = blocked(n, 100);
        r.network_name = n == 4 ? "Net" : "Enemy";
        r.place = n == 4 ? PLACE_AGREES : PLACE_DISAGREES;
        assert_int_equal(aggregate_add(a, &r, &finding), ERR_OK);
    }
    assert_string_equal(a->networks[0]->name, "Net");
    aggregate_free(a);
}

/* Behind verified rows as many people stand as if there were no others, in
 * whatever order they come. */
static void who_is_verified_is_counted_apart(void **state)
{
    (void)state;
    const struct aggregate_finding *finding;
    for (unsigned bits = 0; bits < 32; bits++) {
        struct aggregate *a = aggregate_new(), *only = aggregate_new();
        assert_non_null(a);
        assert_non_null(only);
        unsigned some = 0;
        for (unsigned n = 0; n < 5; n++) {
            struct store_row r = blocked(n / 2, 100);
            r.start_s += n * INT64_C(7200);
            r.control_verified = (bits >> n & 1) != 0;
            some += r.control_verified ? 1 : 0;
            assert_int_equal(aggregate_add(a, &r, &finding), ERR_OK);
            if (r.control_verified) {
                assert_int_equal(aggregate_add(only, &r, &finding), ERR_OK);
            }
        }
        aggregate_finish(a);
        aggregate_finish(only);
        if (some > 0 && some < 5) {
            assert_int_equal(a->findings[0]->verified_observers,
                             only->findings[0]->observers);
            assert_int_equal(a->findings[0]->verified_rounds,
                             only->findings[0]->rounds);
        }
        assert_int_equal(a->findings[0]->observers, 3);
        aggregate_free(a);
        aggregate_free(only);
    }
}

static void whose_time_is_not_believed_counts_nowhere(void **state)
{
    (void)state;
    const struct aggregate_finding *finding;
    struct aggregate *a = aggregate_new();
    assert_non_null(a);
    struct store_row old = blocked(0, 100), future = old, ok = old,
                     vouched = old;
    old.timing = ok.timing = vouched.timing = TIMING_OLD;
    future.timing = TIMING_FUTURE;
    ok.state = X_OK;
    vouched.vouched = "ooni";
    assert_int_equal(aggregate_add(a, &vouched, &finding), ERR_OK);
    assert_non_null(finding);
    assert_int_equal(aggregate_add(a, &old, &finding), ERR_OK);
    assert_null(finding);
    assert_int_equal(aggregate_add(a, &future, &finding), ERR_OK);
    assert_null(finding);
    assert_int_equal(aggregate_add(a, &ok, &finding), ERR_OK);
    aggregate_finish(a);
    assert_int_equal(aggregate_total(&a->count), 1);
    assert_int_equal(a->n_findings, 1);
    assert_int_equal(a->findings[0]->blocked, 1);
    assert_int_equal(a->findings[0]->ok_since, 0);
    assert_int_equal(a->set_aside[TIMING_OLD], 2);
    assert_int_equal(a->set_aside[TIMING_FUTURE], 1);
    assert_int_equal(a->vouched, 1);
    aggregate_free(a);
}

static void spellings_are_one_site(void **state)
{
    (void)state;
    const struct aggregate_finding *one, *two;
    struct aggregate *a = aggregate_new();
    assert_non_null(a);
    struct store_row r = blocked(0, 100), s = blocked(1, 100);
    s.input = "HTTPS://A.Example./";
    assert_int_equal(aggregate_add(a, &s, &one), ERR_OK);
    assert_int_equal(aggregate_add(a, &r, &two), ERR_OK);
    assert_ptr_equal(one, two);
    assert_int_equal(a->n_sites, 1);
    assert_string_equal(a->sites[0]->input, "https://a.example/");
    aggregate_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_out_of_order_are_refused),
        cmocka_unit_test(a_row_may_leave_out_its_texts),
        cmocka_unit_test(whose_place_is_another_is_no_second_observer),
        cmocka_unit_test(networks_that_are_only_claimed_are_one),
        cmocka_unit_test(a_network_is_named_by_who_is_there),
        cmocka_unit_test(who_is_verified_is_counted_apart),
        cmocka_unit_test(whose_time_is_not_believed_counts_nowhere),
        cmocka_unit_test(spellings_are_one_site),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
