// SPDX-License-Identifier: Apache-2.0
/* Which sites come next. */
#include "probe/plan/draw.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SITES 1200
#define KEYS  200

static char urls[SITES][40], hosts[SITES][32];
static struct site sites[SITES];
static struct draw_site all[SITES];

/* One in three is sensitive. */
static void fill(void)
{
    for (size_t i = 0; i < SITES; i++) {
        snprintf(hosts[i], sizeof(hosts[i]), "site-%zu.example", i);
        snprintf(urls[i], sizeof(urls[i]), "https://%s/", hosts[i]);
        sites[i] = (struct site){
            .input = urls[i], .url.text = urls[i], .url.host = hosts[i]};
        all[i] = (struct draw_site){&sites[i], i % 3 == 1 ? 2 : 0, 1};
    }
}

static int setup(void **state)
{
    (void)state;
    fill();
    return 0;
}

static size_t number(const struct draw_row *row)
{
    return (size_t)(row->site - sites);
}

static struct draw_pass pass_of(unsigned i)
{
    uint8_t key[SHA256_LEN];
    char text[16];
    struct draw_pass p;
    snprintf(text, sizeof(text), "key %u", i);
    crypto_sha256(str_c(text), key);
    draw_pass_begin(&p, key);
    return p;
}

/* All of a pass, as numbers of sites; freed by the caller. */
static size_t *whole(const struct draw *d, struct draw_pass *p, size_t *n)
{
    size_t *out = calloc(SITES, sizeof(*out));
    assert_non_null(out);
    *n = 0;
    for (const struct draw_row *r = draw_next(d, p); r; r = draw_next(d, p)) {
        assert_true(*n < SITES);
        out[(*n)++] = number(r);
    }
    return out;
}

static struct draw draw_of(const struct draw_pass *p, unsigned cohort, size_t n)
{
    struct draw d = {.rows = NULL};
    enum err e = draw_make(&d, p, cohort, all, n);
    assert_int_equal(e, ERR_OK);
    assert_non_null(d.rows);
    return d;
}

/* Spearman's, of the numbers as they come. */
static double correlation(const size_t *order, size_t n)
{
    double sum = 0, *rank = calloc(SITES, sizeof(*rank));
    assert_non_null(rank);
    for (size_t i = 0; i < n; i++) {
        rank[order[i]] = 1;
    }
    double at = 0;
    for (size_t i = 0; i < SITES; i++) {
        at += rank[i];
        rank[i] = at;
    }
    for (size_t i = 0; i < n; i++) {
        double off = rank[order[i]] - (double)(i + 1);
        sum += off * off;
    }
    free(rank);
    double m = (double)n;
    return 1 - 6 * sum / (m * (m * m - 1));
}

static void over_many_keys_the_order_is_not_that_of_the_list(void **state)
{
    (void)state;
    double sum = 0;
    for (unsigned k = 0; k < KEYS; k++) {
        struct draw_pass p = pass_of(k);
        struct draw d = draw_of(&p, k % DRAW_COHORTS, SITES);
        size_t n;
        size_t *order = whole(&d, &p, &n);
        double one = correlation(order, n);
        assert_true(fabs(one) < 0.2);
        sum += one;
        free(order);
        draw_free(&d);
    }
    assert_true(fabs(sum / KEYS) < 0.05);
}

static void runs_of_a_pass_have_no_site_twice_and_leave_none_out(void **state)
{
    (void)state;
    struct draw_pass p = pass_of(1);
    struct draw d = draw_of(&p, 1, SITES);
    bool seen[SITES] = {false};
    size_t n = 0, size = d.n;
    draw_free(&d);
    /* each run makes its order anew, from what the diary kept */
    for (unsigned run = 0; run < 100; run++) {
        d = draw_of(&p, 1, SITES);
        assert_int_equal(draw_left(&d, &p), size - n);
        for (unsigned i = 0; i < 25; i++) {
            const struct draw_row *r = draw_next(&d, &p);
            if (r) {
                assert_false(seen[number(r)]);
                seen[number(r)] = true;
                n++;
            }
        }
        draw_free(&d);
        assert_int_equal(n, size < 25 * (run + 1) ? size : 25 * (run + 1));
    }
    assert_int_equal(n, size);
}

static void each_pass_has_another_order(void **state)
{
    (void)state;
    struct draw_pass a = pass_of(1), b = a;
    draw_pass_next(&b);
    struct draw da = draw_of(&a, 0, SITES), db = draw_of(&b, 0, SITES);
    size_t n, m;
    size_t *x = whole(&da, &a, &n), *y = whole(&db, &b, &m);
    assert_int_equal(n, m);
    assert_memory_not_equal(x, y, n * sizeof(*x));
    free(x);
    free(y);
    draw_free(&da);
    draw_free(&db);
}

static void whatever_the_order_of_the_list_the_order_is_the_same(void **state)
{
    (void)state;
    struct draw_pass a = pass_of(1), b = a;
    struct draw da = draw_of(&a, 0, SITES);
    for (size_t i = 0; i < SITES / 2; i++) {
        struct draw_site t = all[i];
        all[i] = all[SITES - 1 - i];
        all[SITES - 1 - i] = t;
    }
    struct draw db = draw_of(&b, 0, SITES);
    size_t n, m;
    size_t *x = whole(&da, &a, &n), *y = whole(&db, &b, &m);
    assert_int_equal(n, m);
    assert_memory_equal(x, y, n * sizeof(*x));
    free(x);
    free(y);
    draw_free(&da);
    draw_free(&db);
}

static void cohorts_divide_the_sensitive_sites_and_no_others(void **state)
{
    (void)state;
    unsigned times[SITES] = {0};
    for (unsigned c = 0; c < DRAW_COHORTS; c++) {
        struct draw_pass p = pass_of(c);
        struct draw d = draw_of(&p, c, SITES);
        size_t n, sensitive = 0;
        size_t *order = whole(&d, &p, &n);
        for (size_t i = 0; i < n; i++) {
            times[order[i]]++;
            sensitive += order[i] % 3 == 1;
        }
        /* a quarter of 400 */
        assert_in_range(sensitive, 75, 125);
        assert_int_equal(n - sensitive, SITES - SITES / 3);
        free(order);
        draw_free(&d);
    }
    for (size_t i = 0; i < SITES; i++) {
        assert_int_equal(times[i], i % 3 == 1 ? 1 : DRAW_COHORTS);
    }
}

static void sensitive_sites_are_spread_among_the_others(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 20; k++) {
        struct draw_pass p = pass_of(k);
        struct draw d = draw_of(&p, 2, SITES);
        size_t n, in_row = 0;
        size_t *order = whole(&d, &p, &n);
        size_t sensitive = n - (SITES - SITES / 3);
        size_t so_far = 0;
        for (size_t i = 0; i < n; i++) {
            in_row = order[i] % 3 == 1 ? in_row + 1 : 0;
            so_far += order[i] % 3 == 1;
            assert_true(in_row < 2);
            /* never more than one ahead of their share, or behind it */
            double share = (double)sensitive * (double)(i + 1) / (double)n;
            assert_true(fabs((double)so_far - share) <= 1.0);
        }
        free(order);
        draw_free(&d);
    }
}

static void what_is_needed_more_comes_first_but_for_one_in_ten(void **state)
{
    (void)state;
    for (size_t i = 0; i < SITES; i++) {
        all[i].risk = 0;
        all[i].tier = i < 50 ? 0 : (unsigned)(i % 3) + 1;
    }
    struct draw_pass p = pass_of(3);
    struct draw d = draw_of(&p, 0, SITES);
    size_t n, early[DRAW_TIERS] = {0}, at[DRAW_TIERS] = {0};
    size_t *order = whole(&d, &p, &n);
    assert_int_equal(n, SITES);
    for (size_t i = 0; i < n; i++) {
        unsigned tier = all[order[i]].tier;
        early[tier] += i < 100;
        at[tier] += i;
    }
    /* of the first 100, ten come from the other end, of any tier */
    assert_true(early[0] == 50 && early[1] >= 40);
    assert_in_range(early[2] + early[3], 1, 10);
    assert_true(at[1] / 383 < at[2] / 383 && at[2] / 383 < at[3] / 384);
    free(order);
    draw_free(&d);
}

static void need_is_worth_over_what_there_is(void **state)
{
    (void)state;
    assert_int_equal(draw_tier(true, 0, 1000000), 0);
    assert_int_equal(draw_tier(false, 1, 0), 1);
    assert_int_equal(draw_tier(false, 1, 1), 1);
    assert_int_equal(draw_tier(false, 1, 2), 2);
    assert_int_equal(draw_tier(false, 1, 10), 2);
    assert_int_equal(draw_tier(false, 1, 11), 3);
    assert_int_equal(draw_tier(false, 10, 10), 1);
    assert_int_equal(draw_tier(false, 1, UINT64_MAX), DRAW_TIERS - 1);
}

static void a_list_that_changes_under_a_pass_does_no_harm(void **state)
{
    (void)state;
    struct draw_pass p = pass_of(5);
    bool seen[SITES] = {false};
    size_t twice = 0, n = 0;
    for (unsigned run = 0; run < 200; run++) {
        /* it grows and shrinks, and needs change */
        size_t len = 300 + (run * 37) % 900;
        for (size_t i = 0; i < SITES; i++) {
            all[i].tier = (unsigned)((i + run) % DRAW_TIERS);
        }
        struct draw d = draw_of(&p, 1, len);
        if (!draw_left(&d, &p)) {
            draw_free(&d);
            draw_pass_next(&p);
            memset(seen, 0, sizeof(seen));
            d = draw_of(&p, 1, len);
        }
        for (unsigned i = 0; i < 10; i++) {
            const struct draw_row *r = draw_next(&d, &p);
            if (r) {
                twice += seen[number(r)];
                seen[number(r)] = true;
                n++;
            }
        }
        draw_free(&d);
    }
    assert_true(n > 1500);
    assert_true(twice < n / 2);
}

static void without_sites_there_is_nothing_to_draw(void **state)
{
    (void)state;
    struct draw_pass p = pass_of(1);
    struct draw d = draw_of(&p, 0, 0);
    assert_null(draw_next(&d, &p));
    assert_int_equal(draw_left(&d, &p), 0);
    draw_free(&d);
    draw_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(over_many_keys_the_order_is_not_that_of_the_list,
                               setup),
        cmocka_unit_test_setup(
            runs_of_a_pass_have_no_site_twice_and_leave_none_out, setup),
        cmocka_unit_test_setup(each_pass_has_another_order, setup),
        cmocka_unit_test_setup(
            whatever_the_order_of_the_list_the_order_is_the_same, setup),
        cmocka_unit_test_setup(cohorts_divide_the_sensitive_sites_and_no_others,
                               setup),
        cmocka_unit_test_setup(sensitive_sites_are_spread_among_the_others,
                               setup),
        cmocka_unit_test_setup(
            what_is_needed_more_comes_first_but_for_one_in_ten, setup),
        cmocka_unit_test_setup(need_is_worth_over_what_there_is, setup),
        cmocka_unit_test_setup(a_list_that_changes_under_a_pass_does_no_harm,
                               setup),
        cmocka_unit_test_setup(without_sites_there_is_nothing_to_draw, setup),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
