// SPDX-License-Identifier: Apache-2.0
/* Shares of the control by a clock that the test sets. */
#include "collector/control/control_shares.h"

#include "base/clock.h"
#include "base/crypto.h"

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

static int64_t ask(struct control_shares *s, const struct ip *client,
                   const char *host, int64_t now)
{
    return control_shares_ask(s, client, str_c(host), 443, now);
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
    for (int i = 0; i < 1000; i++) { /* two minutes, of many */
        struct ip c = {.family = 4,
                       .b = {10, 0, (uint8_t)(i >> 8), (uint8_t)i}};
        asked += ask(s, &c, "a.example", now) == 0;
        connected +=
            control_shares_connect(s, &c, &cdn, PLAN_CONNECT_PAGE, now) == 0;
        now += 120 * US_PER_S / 1000;
    }
    assert_in_range(asked, 2 * rate, 3 * rate);
    assert_in_range(connected, 2 * all, 4 * all);
    struct ip c = ip("192.0.2.1");
    assert_int_equal(control_shares_ask(s, &c, STR("a.example"), 80, now), 0);
    assert_int_equal(ask(s, &c, "b.example", now), 0);
    cdn = ip("203.0.113.2");
    assert_int_equal(
        control_shares_connect(s, &c, &cdn, PLAN_CONNECT_PAGE, now), 0);
    control_shares_free(s);
}

/* One client that always asks, and one that asks each minute or so. */
static void who_comes_now_and_then_finds_a_place(void **state)
{
    (void)state;
    struct control_shares *s = shares();
    struct ip greedy = ip("192.0.2.1"), good = ip("2001:db8::1");
    struct ip cdn = ip("203.0.113.1");
    int64_t now = 1000 * US_PER_S;
    unsigned taken = 0;
    for (unsigned i = 0; i < 6000; i++) { /* ten minutes */
        taken += ask(s, &greedy, "a.example", now) == 0;
        /* only what they use up */
        (void)control_shares_connect(s, &greedy, &cdn, PLAN_CONNECT_PAGE, now);
        (void)control_shares_connect(s, &greedy, &cdn, PLAN_CONNECT_NAMED, now);
        if (i % 650 == 1) {
            assert_int_equal(ask(s, &good, "a.example", now), 0);
            for (unsigned k = 0; k < 4; k++) {
                assert_int_equal(control_shares_connect(s, &good, &cdn,
                                                        PLAN_CONNECT_PAGE, now),
                                 0);
            }
        }
        now += US_PER_S / 10;
    }
    assert_in_range(taken, 50, 10 * CONTROL_SHARES_TARGET);
    control_shares_free(s);
}

/* Four that want all there is leave the last place to a fifth. */
static void the_last_place_is_for_the_next(void **state)
{
    (void)state;
    struct control_shares *s = shares();
    const char *const greedy[] = {"192.0.2.1", "192.0.2.2", "192.0.2.3"};
    int64_t now = 1000 * US_PER_S;
    for (unsigned i = 0; i < 600; i++) {
        struct ip c = ip(greedy[i % 3]);
        /* only what they use up */
        (void)ask(s, &c, "a.example", now);
        now += US_PER_S / 10;
    }
    struct ip next = ip("192.0.2.4");
    assert_int_equal(ask(s, &next, "a.example", now), 0);
    control_shares_free(s);
}

/* What only a client says takes nothing from those who look it up. */
static void what_is_only_named_has_a_purse_of_its_own(void **state)
{
    (void)state;
    struct control_shares *s = shares();
    struct ip cdn = ip("203.0.113.1");
    int64_t now = 1000 * US_PER_S;
    unsigned named = 0, found = 0;
    for (int i = 0; i < 1000; i++) {
        struct ip c = {.family = 4,
                       .b = {10, (uint8_t)i, (uint8_t)(i >> 8), 1}};
        named +=
            control_shares_connect(s, &c, &cdn, PLAN_CONNECT_NAMED, now) == 0;
    }
    assert_int_equal(named, CONTROL_SHARES_NAMED * CONTROL_SHARES_TARGET);
    for (int i = 0; i < 1000; i++) {
        struct ip c = {.family = 4,
                       .b = {10, (uint8_t)i, (uint8_t)(i >> 8), 1}};
        found +=
            control_shares_connect(s, &c, &cdn, PLAN_CONNECT_PAGE, now) == 0;
    }
    assert_int_equal(found, 2 * CONTROL_SHARES_SITES * CONTROL_SHARES_TARGET);
    control_shares_free(s);
}

/* Many sites on one address, of which one client has had all it can: the pages
 * of another come before what stands beside them. */
static void pages_come_before_what_is_beside_them(void **state)
{
    (void)state;
    struct control_shares *s = shares();
    struct ip greedy = ip("192.0.2.1"), good = ip("192.0.2.2");
    struct ip cdn = ip("203.0.113.1");
    int64_t now = 1000 * US_PER_S;
    unsigned beside = 0;
    for (int i = 0; i < 1000; i++) {
        /* only what it uses up */
        (void)control_shares_connect(s, &greedy, &cdn, PLAN_CONNECT_PAGE, now);
    }
    for (int i = 0; i < 20; i++) {
        assert_int_equal(
            control_shares_connect(s, &good, &cdn, PLAN_CONNECT_PAGE, now), 0);
        beside += control_shares_connect(s, &good, &cdn, PLAN_CONNECT_BESIDE,
                                         now) == 0;
    }
    assert_in_range(beside, 8, 12);
    control_shares_free(s);
}

/* 65,536 /64s are one line: it has 16 times what one client has, and no more of
 * a site than leaves others theirs, however often each comes from a new one. */
static void a_prefix_has_a_share(void **state)
{
    (void)state;
    struct control_shares *s = shares();
    struct ip line = ip("2001:db8::1"), good = ip("198.51.100.1");
    struct ip cdn = ip("203.0.113.1");
    int64_t now = 1000 * US_PER_S;
    unsigned begun = 0, refused = 0;
    for (unsigned i = 0; i < 6000; i++) { /* ten minutes */
        line.b[6] = (uint8_t)(i >> 8);
        line.b[7] = (uint8_t)i;
        /* only what they use up */
        (void)ask(s, &line, "a.example", now);
        (void)control_shares_connect(s, &line, &cdn, PLAN_CONNECT_PAGE, now);
        (void)control_shares_connect(s, &line, &cdn, PLAN_CONNECT_NAMED, now);
        if (i % 650 == 1) {
            refused += ask(s, &good, "a.example", now) != 0;
            refused += control_shares_connect(s, &good, &cdn, PLAN_CONNECT_PAGE,
                                              now) != 0;
        }
        now += US_PER_S / 10;
    }
    assert_int_equal(refused, 0);
    for (unsigned i = 0; i < 40000; i++, now++) {
        line.b[6] = (uint8_t)(i >> 8);
        line.b[7] = (uint8_t)i;
        if (control_shares_begin(s, &line, 0, now)) {
            control_shares_end(s, &line, 0, now);
            begun++;
        }
    }
    assert_in_range(begun, 1, 17 * CONTROL_SHARES_BURST);
    assert_int_equal(taken(s, "198.51.100.1", 50, now), 50);
    control_shares_free(s);
}

/* Names for all the addresses of one network: each has its rate, and all of
 * them together one that is a few times larger, of many who ask, too. */
static void networks_are_spared_as_addresses_are(void **state)
{
    (void)state;
    struct control_shares *s = shares();
    const unsigned one = 2 * CONTROL_SHARES_SITES * CONTROL_SHARES_TARGET;
    int64_t now = 1000 * US_PER_S;
    const char *const nets[] = {"2001:db8:1:2::1", "198.51.100.0"};
    for (size_t k = 0; k < 2; k++) {
        struct ip at = ip(nets[k]), client = ip("192.0.2.1");
        unsigned n = 0, wide = 0, beside = 0;
        size_t last = at.family == 4 ? 3 : 15;
        for (unsigned i = 0; i < 4000; i++) {
            client.b[0] = (uint8_t)(i >> 4);
            client.b[1] = (uint8_t)i;
            at.b[last] = (uint8_t)i;
            n += control_shares_connect(s, &client, &at, PLAN_CONNECT_PAGE,
                                        now) == 0;
        }
        assert_int_equal(n, CONTROL_SHARES_WIDER * one);
        for (unsigned i = 0; i < 8000; i++) { /* many of its neighbours */
            client.b[0] = (uint8_t)(i >> 4);
            client.b[1] = (uint8_t)i;
            at.b[last - 1] = (uint8_t)(i >> 8);
            at.b[at.family == 4 ? 2 : 7] = (uint8_t)(i % 251);
            wide += control_shares_connect(s, &client, &at, PLAN_CONNECT_PAGE,
                                           now) == 0;
        }
        assert_in_range(n + wide, CONTROL_SHARES_WIDER * one,
                        CONTROL_SHARES_WIDER * CONTROL_SHARES_WIDER * one);
        at.b[at.family == 4 ? 1 : 5] ^= 1; /* of another network */
        beside += control_shares_connect(s, &client, &at, PLAN_CONNECT_PAGE,
                                         now) == 0;
        assert_int_equal(beside, 1);
    }
    control_shares_free(s);
}

/* Sixty networks with one slow request each, which come again at once when they
 * are cut off, and one that has had no place: it gets one, and keeps it for as
 * long as a page takes. */
static void who_has_had_no_place_gets_one(void **state)
{
    (void)state;

    enum {
        PLACES = 50,
        MANY = 60
    };
    struct control_shares *s = shares();
    struct ip held[PLACES], good = ip("192.0.2.1");
    int64_t since[PLACES], now = 1000 * US_PER_S;
    size_t n = 0;
    for (unsigned round = 0; round < 3000; round++) { /* half a minute */
        struct ip next = {.family = 4, .b = {10, (uint8_t)(round % MANY), 1}};
        now += US_PER_S / 100;
        size_t at = n < PLACES ? PLACES - 1 - n
                               : control_shares_yields(s, held, since, PLACES,
                                                       &next, now);
        if (at < PLACES) {
            if (n == PLACES) {
                control_shares_held(s, &held[at], now - since[at], now);
            }
            held[at] = next;
            since[at] = now;
            n += n < PLACES;
        }
    }
    assert_int_equal(n, PLACES);
    size_t at = control_shares_yields(s, held, since, PLACES, &good, now);
    assert_true(at < PLACES);
    held[at] = good;
    since[at] = now;
    for (unsigned round = 0; round < 300; round++) { /* three seconds */
        struct ip next = {.family = 4, .b = {10, (uint8_t)(round % MANY), 1}};
        now += US_PER_S / 100;
        assert_int_not_equal(
            control_shares_yields(s, held, since, PLACES, &next, now), at);
    }
    control_shares_free(s);
}

/* It is said when to come again, and then there is room. */
static void who_waits_as_told_is_let_in(void **state)
{
    (void)state;
    struct control_shares *s = shares();
    int64_t now = 1000 * US_PER_S;
    struct ip c = ip("192.0.2.1");
    while (ask(s, &c, "a.example", now) == 0) {
        now++;
    }
    for (unsigned i = 0; i < 10; i++) {
        int64_t wait = ask(s, &c, "a.example", now);
        assert_in_range(wait, 1, 60 * US_PER_S / CONTROL_SHARES_TARGET);
        assert_true(ask(s, &c, "a.example", now + wait - 1) > 0);
        now += wait;
        assert_int_equal(ask(s, &c, "a.example", now), 0);
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
        (void)control_shares_connect(
            s, &client, &client,
            i % 2 ? PLAN_CONNECT_PAGE : PLAN_CONNECT_BESIDE, now);
    }
    control_shares_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flood_is_slowed_down_and_a_run_is_not),
        cmocka_unit_test(bytes_run_out_and_come_back),
        cmocka_unit_test(a_target_has_its_rate_and_an_address_a_larger_one),
        cmocka_unit_test(who_comes_now_and_then_finds_a_place),
        cmocka_unit_test(the_last_place_is_for_the_next),
        cmocka_unit_test(what_is_only_named_has_a_purse_of_its_own),
        cmocka_unit_test(pages_come_before_what_is_beside_them),
        cmocka_unit_test(a_prefix_has_a_share),
        cmocka_unit_test(networks_are_spared_as_addresses_are),
        cmocka_unit_test(who_has_had_no_place_gets_one),
        cmocka_unit_test(who_waits_as_told_is_let_in),
        cmocka_unit_test(memory_is_fixed),
    };
    return crypto_setup() == ERR_OK ? cmocka_run_group_tests(tests, NULL, NULL)
                                    : 1;
}
