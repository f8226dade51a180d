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
    struct aggregate *a = aggregate_new(NULL);
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
    struct aggregate *a = aggregate_new(NULL);
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
        struct aggregate *a = aggregate_new(NULL);
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
    struct aggregate *a = aggregate_new(NULL);
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
    /* he from nowhere may be the one who is there */
    assert_int_equal(a->sites[0]->blocked_observers, 1);
    aggregate_free(a);
}

/* How many people `n` rows of one day are, of senders given as PROBE TAG, both
 * single digits, 0: none. */
static unsigned people(unsigned n, const char *const *senders)
{
    const struct aggregate_finding *finding;
    struct aggregate *a = aggregate_new(NULL);
    assert_non_null(a);
    for (unsigned i = 0; i < n; i++) {
        struct store_row r = blocked(0, 100);
        r.place = PLACE_UNCHECKED;
        r.start_s += i;
        unsigned k = 0;
        for (const char *s = senders[i]; *s; s += 2, k++) {
            char probe[STORE_TAG_MAX] = "", tag[STORE_TAG_MAX] = "";
            if (s[0] != '0') {
                snprintf(probe, sizeof(probe), "%032x", s[0]);
            }
            if (s[1] != '0') {
                snprintf(tag, sizeof(tag), "%032x", s[1]);
            }
            memcpy(k == 0 ? r.x_probe : r.others[k - 1].x_probe, probe,
                   sizeof(probe));
            memcpy(k == 0 ? r.source_tag : r.others[k - 1].source_tag, tag,
                   sizeof(tag));
        }
        r.n_others = k - 1;
        assert_int_equal(aggregate_add(a, &r, &finding), ERR_OK);
    }
    aggregate_finish(a);
    unsigned got = a->findings[0]->observers;
    aggregate_free(a);
    return got;
}

#define PEOPLE(...)                                                            \
    people(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),        \
           (const char *const[]){__VA_ARGS__})

/* Whoever has a line has Tor, too. */
static void from_nowhere_nobody_is_the_second_of_two(void **state)
{
    (void)state;
    assert_int_equal(PEOPLE("10", "20", "30"), 1);
    assert_int_equal(PEOPLE("11", "20"), 1);
    assert_int_equal(PEOPLE("11", "10", "11", "10"), 1);
    assert_int_equal(PEOPLE("11", "00", "20"), 1);
    /* beside two he is the third, if none of them can be him */
    assert_int_equal(PEOPLE("11", "22", "30"), 3);
    assert_int_equal(PEOPLE("11", "22", "20"), 2);
    assert_int_equal(PEOPLE("11", "22", "00", "30", "40"), 3);
    assert_int_equal(PEOPLE("11", "22"), 2);
}

/* A record that came from several places is the word of one of them. */
static void who_sends_a_copy_takes_no_weight_and_gets_none(void **state)
{
    (void)state;
    /* 9 sends copies of what 1, 2 and 3 send, before them or behind them */
    assert_int_equal(PEOPLE("9911", "9922", "9933"), 3);
    assert_int_equal(PEOPLE("1199", "2299", "3399"), 3);
    assert_int_equal(PEOPLE("9911", "9922", "9933", "9911"), 3);
    assert_int_equal(PEOPLE("9911", "9922", "9933", "9911", "9922", "9933"), 3);
    assert_int_equal(PEOPLE("9911", "9922", "9933", "99"), 4);
    /* however many copy all of it are one */
    assert_int_equal(PEOPLE("998811", "998822", "998833"), 3);
    assert_int_equal(PEOPLE("99887711", "99887711", "99887722"), 2);
    assert_int_equal(PEOPLE("1199", "1199", "1199"), 1);
    assert_int_equal(PEOPLE("11998877", "11998877", "11998877"), 1);
    /* but where no more are kept, those whom they copy may be missing */
    assert_int_equal(PEOPLE("998877665544", "998877665544", "998877665544"), 3);
    /* nor does a record of his own make another's his */
    assert_int_equal(PEOPLE("1199", "1199", "99"), 2);
    /* who is copied by two is not gone with them */
    assert_int_equal(PEOPLE("1199", "1188", "2277", "2266"), 4);
    assert_int_equal(PEOPLE("1199", "1188", "2299", "2288"), 4);
    assert_int_equal(PEOPLE("9911", "22", "33"), 3);
    assert_int_equal(PEOPLE("0911", "0922", "0933"), 3);
    /* one record is one person's, from however many places it comes */
    assert_int_equal(PEOPLE("1199887766"), 1);
    assert_int_equal(PEOPLE("11", "1199"), 2); /* 9 might have seen it */
    assert_int_equal(PEOPLE("11", "1191"), 1); /* under another name */
    assert_int_equal(PEOPLE("11", "1119"), 1); /* from another place */
    /* some must give way for all to have one */
    assert_int_equal(PEOPLE("1122", "1133", "11", "2233"), 3);
    assert_int_equal(PEOPLE("1122", "1133", "2233", "2244"), 4);
}

/* Those of who is not in a network do not name it. */
static void a_network_is_named_by_who_is_there(void **state)
{
    (void)state;
    const struct aggregate_finding *finding;
    struct aggregate *a = aggregate_new(NULL);
    assert_non_null(a);
    for (unsigned n = 0; n < 9; n++) {
        struct store_row r = blocked(n, 100);
        r.network_name = n == 4 ? "Net" : "Enemy";
        r.place = n == 4 ? PLACE_AGREES : PLACE_DISAGREES;
        assert_int_equal(aggregate_add(a, &r, &finding), ERR_OK);
    }
    aggregate_finish(a);
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
        struct aggregate *a = aggregate_new(NULL), *only = aggregate_new(NULL);
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
    struct aggregate *a = aggregate_new(NULL);
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
    struct aggregate *a = aggregate_new(NULL);
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
        cmocka_unit_test(from_nowhere_nobody_is_the_second_of_two),
        cmocka_unit_test(who_sends_a_copy_takes_no_weight_and_gets_none),
        cmocka_unit_test(a_network_is_named_by_who_is_there),
        cmocka_unit_test(who_is_verified_is_counted_apart),
        cmocka_unit_test(whose_time_is_not_believed_counts_nowhere),
        cmocka_unit_test(spellings_are_one_site),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
