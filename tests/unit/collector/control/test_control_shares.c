// SPDX-License-Identifier: Apache-2.0
/* Shares of the control by a clock that the test sets, and answers of the last
 * minute. */
#include "collector/control/control_shares.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "collector/control/control_recent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct ip ip(const char *text)
{
    struct ip out;
    assert_true(ip_parse(str_c(text), &out));
    return out;
}

static struct control_shares *shares(void)
{
    struct control_shares *s = NULL;
    assert_int_equal(control_shares_new(CONTROL_SHARES_TARGET, &s), ERR_OK);
    return s;
}

/* How many of n requests, one after the other, are taken at this time. */
static unsigned taken(struct control_shares *s, const char *from, unsigned n,
                      int64_t now)
{
    struct ip client = ip(from);
    unsigned out = 0;
    for (unsigned i = 0; i < n; i++) {
        if (control_shares_begin(s, &client, 0, now)) {
            control_shares_end(s, &client, 0, now);
            out++;
        }
    }
    return out;
}

static void a_flood_is_slowed_down_and_a_run_is_not(void **state)
{
    (void)state;
    struct control_shares *s = shares();
    int64_t now = 1000 * US_PER_S;
    assert_int_equal(taken(s, "192.0.2.1", 5000, now), CONTROL_SHARES_BURST);
    assert_int_equal(taken(s, "192.0.2.2", 50, now), 50);
    now += 5 * US_PER_S;
    assert_int_equal(taken(s, "192.0.2.1", 5000, now), 5 * CONTROL_SHARES_RATE);
    assert_int_equal(taken(s, "2001:db8::1", 5000, now), CONTROL_SHARES_BURST);
    assert_int_equal(taken(s, "2001:db8::ffff:1", 5000, now), 0);
    assert_int_equal(taken(s, "2001:db8:0:1::1", 5, now), 5);
    control_shares_free(s);
}

static void bytes_run_out_and_come_back(void **state)
{
    (void)state;
    struct control_shares *s = shares();
    struct ip client = ip("192.0.2.1");
    int64_t now = 1000 * US_PER_S;
    for (int i = 0; i < 70; i++) { /* 10 MB each: more than the burst */
        if (control_shares_begin(s, &client, 0, now)) {
            control_shares_end(s, &client, 10 << 20, now);
        }
    }
    assert_false(control_shares_begin(s, &client, 0, now));
    assert_int_equal(taken(s, "192.0.2.2", 1, now), 1);
    now += 30 * US_PER_S;
    assert_true(control_shares_begin(s, &client, 0, now));
    control_shares_end(s, &client, UINT64_MAX, now); /* no overflow */
    assert_false(control_shares_begin(s, &client, 0, now + 1000 * US_PER_S));
    control_shares_free(s);
}

static void a_target_has_its_rate_and_an_address_a_larger_one(void **state)
{
    (void)state;
    struct control_shares *s = shares();
    struct ip cdn = ip("203.0.113.1");
    const unsigned rate = CONTROL_SHARES_TARGET,
                   all = CONTROL_SHARES_SITES * rate;
    int64_t now = 1000 * US_PER_S;
    unsigned asked = 0, connected = 0;
    for (int i = 0; i < 1000; i++) { /* two minutes */
        asked += control_shares_ask(s, STR("a.example"), 443, now) == 0;
        connected += control_shares_connect(s, &cdn, now) == 0;
        now += 120 * US_PER_S / 1000;
    }
    assert_in_range(asked, 2 * rate, 2 * rate + rate / 2);
    assert_in_range(connected, 2 * all, 3 * all);
    assert_int_equal(control_shares_ask(s, STR("a.example"), 80, now), 0);
    assert_int_equal(control_shares_ask(s, STR("b.example"), 443, now), 0);
    cdn = ip("203.0.113.2");
    assert_int_equal(control_shares_connect(s, &cdn, now), 0);
    control_shares_free(s);
}

/* It is said when to come again, and then there is room. */
static void who_waits_as_told_is_let_in(void **state)
{
    (void)state;
    struct control_shares *s = shares();
    int64_t now = 1000 * US_PER_S;
    for (unsigned i = 0; i < CONTROL_SHARES_TARGET / 2; i++) {
        assert_int_equal(control_shares_ask(s, STR("a.example"), 443, now), 0);
    }
    for (unsigned i = 0; i < 10; i++) {
        int64_t wait = control_shares_ask(s, STR("a.example"), 443, now);
        assert_in_range(wait, 1, 60 * US_PER_S / CONTROL_SHARES_TARGET);
        assert_true(
            control_shares_ask(s, STR("a.example"), 443, now + wait - 1) > 0);
        now += wait;
        assert_int_equal(control_shares_ask(s, STR("a.example"), 443, now), 0);
    }
    control_shares_free(s);
}

/* More clients and targets than there are places: nothing breaks. */
static void memory_is_fixed(void **state)
{
    (void)state;
    struct control_shares *s = shares();
    int64_t now = 1000 * US_PER_S;
    for (unsigned i = 0; i < 20000; i++) {
        struct ip client = {.family = 4, .b = {10, 0, i >> 8 & 255, i & 255}};
        now++;
        if (control_shares_begin(s, &client, 0, now)) {
            control_shares_end(s, &client, 1, now);
        }
        /* only that it may be called */
        (void)control_shares_connect(s, &client, now);
    }
    control_shares_free(s);
}

static void what_was_answered_is_known_for_a_minute(void **state)
{
    (void)state;
    struct control_recent *r = NULL;
    assert_int_equal(control_recent_new(&r), ERR_OK);
    struct control_request q = {.url = {.text = "https://a.example/"},
                                .addrs = {ip("203.0.113.1")},
                                .n_addrs = 1,
                                .nonce = "00"};
    int64_t now = 1000 * US_PER_S;
    assert_null(control_recent_get(r, &q, now).p);
    control_recent_put(r, &q, STR("{\"n\":1}"), now);
    if (control_recent_get(r, &q, now).p) { /* there was memory */
        q.nonce[0] = '1';
        struct str got = control_recent_get(r, &q, now + 59 * US_PER_S);
        assert_true(str_eq_c(got, "{\"n\":1}"));
    }
    assert_null(control_recent_get(r, &q, now + 61 * US_PER_S).p);
    q.addrs[0] = ip("203.0.113.2");
    assert_null(control_recent_get(r, &q, now).p);
    q.addrs[0] = ip("203.0.113.1");
    q.url.text = "https://a.example/x";
    assert_null(control_recent_get(r, &q, now).p);
    for (int i = 0; i < 300; i++) {
        control_recent_put(r, &q, STR("{\"n\":2}"), now + i);
    }
    control_recent_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flood_is_slowed_down_and_a_run_is_not),
        cmocka_unit_test(bytes_run_out_and_come_back),
        cmocka_unit_test(a_target_has_its_rate_and_an_address_a_larger_one),
        cmocka_unit_test(who_waits_as_told_is_let_in),
        cmocka_unit_test(memory_is_fixed),
        cmocka_unit_test(what_was_answered_is_known_for_a_minute),
    };
    return crypto_setup() == ERR_OK ? cmocka_run_group_tests(tests, NULL, NULL)
                                    : 1;
}
