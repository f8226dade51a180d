// SPDX-License-Identifier: Apache-2.0
/* How fast resolvers answer, across measurements. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/pace.h"
#include <stdio.h>
#include <string.h>

#define A "192.5.5.241:53"
#define B "193.0.14.129:53"

static struct pace pace;
static struct region *regions[64];
static size_t n_regions;

static int setup(void **state)
{
    (void)state;
    pace = (struct pace){.next = 0};
    n_regions = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    while (n_regions > 0) {
        region_free(regions[--n_regions]);
    }
    return 0;
}

static struct measurement fresh(void)
{
    struct measurement m = {.region = region_new(1u << 20)};
    assert_non_null(m.region);
    assert_in_range(n_regions, 0, 63);
    regions[n_regions++] = m.region;
    return m;
}

static struct obs_query *asked(struct measurement *m, const char *resolver,
                               int64_t took_ms, int64_t id)
{
    struct obs_query *q = measurement_add_query(m);
    assert_non_null(q);
    q->list = QUERY_SYSTEM;
    q->engine = "udp";
    q->query_type = "A";
    q->resolver = resolver;
    q->t0 = 5000;
    q->t = 5000 + took_ms * 1000;
    q->raw = STR("answer");
    q->id = id;
    return q;
}

static void ended(struct measurement *m)
{
    assert_int_equal(pace_exchange(&pace, m), ERR_OK);
}

/* What a further measurement is told about `resolver`; n 0: nothing. */
static struct obs_pace told(const char *resolver)
{
    struct pace before = pace;
    struct measurement m = fresh();
    asked(&m, resolver, 1, 1);
    asked(&m, resolver, 1, 2);
    ended(&m);
    pace = before;
    assert_in_range(m.n_paces, 0, 1);
    return m.n_paces ? m.paces[0] : (struct obs_pace){.n = 0};
}

static void a_measurement_sees_what_others_saw(void **state)
{
    (void)state;
    struct measurement first = fresh();
    asked(&first, A, 30, 1);
    asked(&first, A, 20, 2);
    asked(&first, B, 70, 3);
    ended(&first);
    assert_int_equal(first.n_paces, 0); /* not its own */
    struct obs_pace a = told(A), b = told(B);
    assert_string_equal(a.resolver, A);
    assert_int_equal(a.fastest, 20000);
    assert_int_equal(a.n, 2);
    assert_int_equal(b.fastest, 70000);
    assert_int_equal(told("192.5.5.242:53").n, 0);
}

static void what_may_be_forged_or_is_no_answer_is_not_learnt(void **state)
{
    (void)state;
    struct measurement m = fresh();
    asked(&m, A, 5, 1); /* another answer came */
    asked(&m, A, 90, 1)->list = QUERY_DUPLICATE;
    asked(&m, A, 5, 2)->raw = (struct str){NULL, 0}; /* a timeout */
    asked(&m, A, 5, 3)->engine = "tcp";
    asked(&m, A, 0, 4);
    ended(&m);
    assert_int_equal(told(A).n, 0);
    m = fresh();
    asked(&m, A, 40, 1)->query_type = "AAAA"; /* its own question */
    asked(&m, A, 90, 1)->list = QUERY_DUPLICATE;
    ended(&m);
    assert_int_equal(told(A).fastest, 40000);
}

static void records_of_one_run_cannot_be_told_by_it(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct measurement m = fresh();
        asked(&m, A, 20, 1)->t += 123;
        ended(&m);
    }
    assert_int_equal(told(A).fastest, 20000);
    assert_int_equal(told(A).n, PACE_MANY);
}

static void the_oldest_resolvers_make_room(void **state)
{
    (void)state;
    char name[PACE_KEPT + 1][32];
    for (int i = 0; i <= PACE_KEPT; i++) {
        struct measurement m = fresh();
        snprintf(name[i], sizeof(name[i]), "192.5.5.%d:53", i);
        asked(&m, name[i], 20, 1);
        ended(&m);
    }
    assert_int_equal(told(name[0]).n, 0);
    assert_int_equal(told(name[1]).n, 1);
    assert_int_equal(told(name[PACE_KEPT]).n, 1);
}

static void a_record_tells_of_a_few_resolvers_only(void **state)
{
    (void)state;
    char name[PACE_KEPT][32];
    struct measurement m[2] = {fresh(), fresh()};
    for (size_t k = 0; k < 2; k++) {
        for (int i = 0; i < PACE_KEPT; i++) {
            snprintf(name[i], sizeof(name[i]), "192.5.5.%d:53", i);
            asked(&m[k], name[i], 20, i + 1);
        }
        ended(&m[k]);
    }
    assert_int_equal(m[1].n_paces, MEASUREMENT_MAX_PACES);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_measurement_sees_what_others_saw),
        T(what_may_be_forged_or_is_no_answer_is_not_learnt),
        T(records_of_one_run_cannot_be_told_by_it),
        T(the_oldest_resolvers_make_room),
        T(a_record_tells_of_a_few_resolvers_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
