// SPDX-License-Identifier: Apache-2.0
/* A day that is settled counts as it did while its tags were there, whatever
 * comes later. */
#include "collector/analysis/aggregate.h"
#include "collector/analysis/settled.h"
#include "verdict/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define T0   INT64_C(1793491200) /* 2026-11-01 */
#define DAY  INT64_C(86400)
#define HOUR INT64_C(3600)

struct event {
    unsigned who;
    int64_t at_s;
    const char *site;
    uint32_t asn;
    int state;
    bool verified;
};

static struct store_row row_of(const struct event *e, bool tagged)
{
    struct store_row r = {.uid = "uid",
                          .start_s = T0 + e->at_s,
                          .receipt_s = T0 + e->at_s,
                          .cc = "KE",
                          .asn = e->asn,
                          .input = e->site,
                          .site = e->site,
                          .domain = "a.example",
                          .state = e->state,
                          .method = "tls",
                          .control_verified = e->verified};
    if (tagged) {
        snprintf(r.x_probe, sizeof(r.x_probe), "%032x", e->who);
        snprintf(r.source_tag, sizeof(r.source_tag), "%032x", e->who);
    }
    return r;
}

/* Three people see a.example blocked in three rounds, one of them reaches it
 * between; a fourth reaches it after them, and two more before. */
static const struct event events[] = {
    {5, 1 * HOUR, "https://a.example/", 1, X_OK, false},
    {6, 1 * HOUR, "https://a.example/", 1, X_OK, false},
    {1, 2 * HOUR, "https://a.example/", 1, X_BLOCKED, true},
    {2, 2 * HOUR, "https://a.example/", 1, X_BLOCKED, true},
    {1, 3 * HOUR, "https://a.example/", 1, X_BLOCKED, true},
    {3, 3 * HOUR, "https://a.example/", 1, X_BLOCKED, false},
    {1, 4 * HOUR, "https://a.example/", 1, X_OK, false},
    {1, 5 * HOUR, "https://a.example/", 1, X_BLOCKED, true},
    {4, 5 * HOUR, "https://a.example/", 1, X_OK, false},
    {1, 5 * HOUR, "https://b.example/", 2, X_OK, false},
    {2, 6 * HOUR, "https://b.example/", 2, X_BLOCKED, false},
};

#define EVENTS (sizeof(events) / sizeof(events[0]))

static struct aggregate *fresh(void)
{
    struct aggregate *a = aggregate_new(NULL);
    assert_non_null(a);
    return a;
}

static void feed(struct aggregate *a, const struct event *e, size_t n,
                 bool tagged)
{
    const struct aggregate_finding *f;
    for (size_t i = 0; i < n; i++) {
        struct store_row r = row_of(&e[i], tagged);
        assert_int_equal(aggregate_add(a, &r, &f), ERR_OK);
    }
}

/* What the first day came to. */
static void settle(struct buf *out)
{
    struct aggregate *a = fresh();
    aggregate_count_ok(a);
    feed(a, events, EVENTS, true);
    aggregate_finish(a);
    buf_init(out, 1 << 16);
    settled_write(out, "KE", a);
    assert_int_equal(out->failed, ERR_OK);
    aggregate_free(a);
}

static struct settled *read_again(const struct buf *text, const char *cc)
{
    struct settled *s = settled_read(buf_str(text), cc);
    assert_non_null(s);
    return s;
}

static void assert_same(const struct aggregate *a, const struct aggregate *b)
{
    assert_int_equal(a->observers, b->observers);
    assert_int_equal(a->n_findings, b->n_findings);
    for (size_t i = 0; i < a->n_findings; i++) {
        const struct aggregate_finding *f = a->findings[i], *g = b->findings[i];
        assert_int_equal(f->observers, g->observers);
        assert_int_equal(f->rounds, g->rounds);
        assert_int_equal(f->ok_observers, g->ok_observers);
        assert_int_equal(f->both, g->both);
        assert_int_equal(f->verified_observers, g->verified_observers);
        assert_int_equal(f->verified_rounds, g->verified_rounds);
        assert_int_equal(f->founded, g->founded);
        assert_int_equal(f->first_s, g->first_s);
        assert_int_equal(f->last_s, g->last_s);
        assert_int_equal(f->clean_before_s, g->clean_before_s);
        assert_int_equal(f->cell->site->observers, g->cell->site->observers);
        assert_int_equal(f->cell->site->blocked_observers,
                         g->cell->site->blocked_observers);
        assert_int_equal(f->cell->net->observers, g->cell->net->observers);
    }
}

static void a_settled_day_counts_as_it_did(void **state)
{
    (void)state;
    struct buf text;
    settle(&text);
    struct aggregate *was = fresh(), *now = fresh();
    feed(was, events, EVENTS, true);
    aggregate_settle(now, T0 / DAY, read_again(&text, "KE"));
    feed(now, events, EVENTS, false);
    aggregate_finish(was);
    aggregate_finish(now);
    assert_int_equal(was->findings[0]->observers, 3);
    assert_int_equal(was->findings[0]->rounds, 5);
    assert_int_equal(was->findings[0]->ok_observers, 2);
    assert_same(was, now);
    aggregate_free(was);
    aggregate_free(now);
    buf_fini(&text);
}

/* Nor do tags of those who came later: they counted or they did not. */
static void what_comes_later_changes_nothing(void **state)
{
    (void)state;
    struct buf text;
    settle(&text);
    struct aggregate *a = fresh();
    aggregate_settle(a, T0 / DAY, read_again(&text, "KE"));
    feed(a, events, EVENTS, false);
    for (unsigned who = 20; who < 40; who++) {
        struct event e[] = {
            {who, 7 * HOUR, "https://a.example/", 1, X_OK, false},
            {who, 7 * HOUR, "https://plant.example/", 1, X_BLOCKED, true}};
        feed(a, e, 2, true);
    }
    aggregate_finish(a);
    assert_int_equal(a->findings[0]->observers, 3);
    assert_int_equal(a->findings[0]->ok_observers, 2);
    assert_int_equal(a->n_findings, 3);
    assert_int_equal(a->findings[2]->observers, 1);
    assert_false(a->findings[2]->founded);
    aggregate_free(a);
    buf_fini(&text);
}

/* A day that has its tags follows one that has not. */
static void settled_days_and_others_are_one_count(void **state)
{
    (void)state;
    struct buf text;
    settle(&text);
    struct event next[EVENTS];
    for (size_t i = 0; i < EVENTS; i++) {
        next[i] = events[i];
        next[i].at_s += DAY;
    }
    struct aggregate *was = fresh(), *now = fresh();
    feed(was, events, EVENTS, true);
    feed(was, next, EVENTS, true);
    aggregate_settle(now, T0 / DAY, read_again(&text, "KE"));
    feed(now, events, EVENTS, false);
    feed(now, next, EVENTS, true);
    aggregate_finish(was);
    aggregate_finish(now);
    assert_int_equal(now->findings[0]->rounds, 10);
    assert_same(was, now);
    aggregate_free(was);
    aggregate_free(now);
    buf_fini(&text);
}

static void other_countries_and_nonsense_are_passed_over(void **state)
{
    (void)state;
    struct buf text;
    settle(&text);
    struct settled_key all = {SETTLED_ALL, 0, "", ""};
    struct settled *s = read_again(&text, "TZ");
    assert_null(settled_get(s, &all));
    settled_free(s);
    buf_add_c(&text, "KE\nKE x\nKE 0123456789abcdef 1 2\n\nKE 0123456789abcdef "
                     "-1 2 3 4 5 6\nKE 0123456789abcdeg 99999999999 0 0 0 0 0");
    s = read_again(&text, "KE");
    assert_non_null(settled_get(s, &all));
    assert_int_equal(settled_get(s, &all)->observers, 6);
    settled_free(s);
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_settled_day_counts_as_it_did),
        cmocka_unit_test(what_comes_later_changes_nothing),
        cmocka_unit_test(settled_days_and_others_are_one_count),
        cmocka_unit_test(other_countries_and_nonsense_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
