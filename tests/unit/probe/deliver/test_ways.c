// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "probe/deliver/ways.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define OWN   "https://c.example"
#define TOR   "socks5://127.0.0.1:9050"
#define PLAIN "http://proxy.example:3128"

static const char *const further[] = {"https://f.example/a/b/",
                                      "https://g.example"};
static const char *const proxies[] = {TOR, PLAIN};

static int setup(void **state)
{
    *state = region_new(1 << 20);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    region_free(*state);
    return 0;
}

static struct ways_config everything(const char *order)
{
    return (struct ways_config){.collector = OWN,
                                .further = further,
                                .n_further = 2,
                                .proxies = proxies,
                                .n_proxies = 2,
                                .order = order};
}

static struct ways made(struct region *r, const struct ways_config *cfg)
{
    struct ways w;
    struct diag d = {""};
    enum err e = ways_make(r, cfg, &w, &d);
    assert_int_equal(e, ERR_OK);
    return w;
}

static void the_normal_way_is_first_and_proxies_are_last(void **state)
{
    struct ways_config cfg = everything(NULL);
    struct ways w = made(*state, &cfg);
    assert_int_equal(w.n, 9);
    assert_int_equal(w.way[0].kind, WAY_DIRECT);
    assert_string_equal(w.way[0].base, OWN);
    assert_int_equal(w.way[1].kind, WAY_FURTHER);
    assert_string_equal(w.way[1].base, "https://f.example/a/b");
    assert_string_equal(w.way[2].base, "https://g.example");
    /* the collector's own address through each proxy, then the others */
    for (size_t i = 3; i < 9; i++) {
        assert_int_equal(w.way[i].kind, WAY_PROXY);
        assert_int_equal(w.way[i].proxy->socks, i % 2);
    }
    assert_string_equal(w.way[4].base, OWN);
    assert_string_equal(w.way[5].base, "https://f.example/a/b");
}

static void the_order_may_be_another_and_leave_ways_out(void **state)
{
    struct ways_config cfg = everything("proxy, direct");
    struct ways w = made(*state, &cfg);
    assert_int_equal(w.n, 7);
    assert_int_equal(w.way[0].kind, WAY_PROXY);
    assert_int_equal(w.way[6].kind, WAY_DIRECT);
    cfg = (struct ways_config){.collector = "http://127.0.0.1:8080",
                               .proxies = proxies,
                               .n_proxies = 2};
    w = made(*state, &cfg); /* no proxy leads to this machine */
    assert_int_equal(w.n, 1);
}

static void what_is_no_way_is_refused_with_a_sentence(void **state)
{
    static const char *const orders[] = {"", "tor", "direct,direct",
                                         "direct;proxy"};
    static const char *const bad_proxies[] = {
        "socks4://h:1",      "https://h:1",    "h:1", "socks5://h",
        "socks5://h:99999",  "socks5://h:1/x", "",    "socks5://me:secret",
        "http://h:1/?secret"};
    struct ways w;
    struct ways_config cfg;
    struct diag d;
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        cfg = everything(orders[i]);
        d.text[0] = '\0';
        assert_int_equal(ways_make(*state, &cfg, &w, &d), ERR_INVAL);
        assert_true(d.text[0]);
    }
    for (size_t i = 0; i < sizeof(bad_proxies) / sizeof(bad_proxies[0]); i++) {
        cfg = everything(NULL);
        cfg.proxies = &bad_proxies[i];
        cfg.n_proxies = 1;
        d.text[0] = '\0';
        enum err e = ways_make(*state, &cfg, &w, &d);
        if (e != ERR_INVAL || !d.text[0] || strstr(d.text, "secret")) {
            fail_msg("%s: %s, %s", bad_proxies[i], err_str(e), d.text);
        }
    }
    cfg = everything("proxy");
    cfg.n_proxies = 0;
    assert_int_equal(ways_make(*state, &cfg, &w, &d), ERR_INVAL);
    cfg = everything(NULL);
    cfg.n_further = WAYS_FURTHER + 1;
    assert_int_equal(ways_make(*state, &cfg, &w, &d), ERR_INVAL);
    static const char *const clear[] = {"http://f.example"};
    cfg = everything(NULL);
    cfg.further = clear;
    cfg.n_further = 1;
    assert_int_equal(ways_make(*state, &cfg, &w, &d), ERR_INVAL);
}

static void many_ways_are_cut_off(void **state)
{
    static const char *const far[] = {"https://1.example", "https://2.example",
                                      "https://3.example", "https://4.example"};
    static const char *const four[] = {TOR, PLAIN, TOR, PLAIN};
    struct ways_config cfg = {.collector = OWN,
                              .further = far,
                              .n_further = 4,
                              .proxies = four,
                              .n_proxies = 4};
    struct ways w = made(*state, &cfg);
    assert_int_equal(w.n, WAYS_MAX);
}

static void a_proxy_may_want_a_name_and_a_password(void **state)
{
    struct client_proxy p;
    struct diag d = {""};
    (void)state;
    enum err e =
        client_proxy_parse("http://me%40x:a%3Ab@[2001:db8::1]:8080", &p, &d);
    assert_int_equal(e, ERR_OK);
    assert_false(p.socks);
    assert_string_equal(p.host, "2001:db8::1");
    assert_int_equal(p.port, 8080);
    assert_string_equal(p.user, "me@x");
    assert_string_equal(p.password, "a:b");
    assert_int_equal(client_proxy_parse("socks5h://localhost:80", &p, &d),
                     ERR_OK);
    assert_true(p.socks);
    assert_string_equal(p.host, "localhost");
    assert_string_equal(p.user, "");
}

static void a_way_that_failed_rests_and_comes_back(void **state)
{
    struct ways_config cfg = everything("direct,further");
    struct ways w = made(*state, &cfg);
    int64_t now = 1000 * US_PER_S;
    assert_int_equal(ways_next(&w, 0, now), 0);
    ways_failed(&w, 0, now, 0);
    assert_int_equal(ways_next(&w, 1, now), 1);
    assert_int_equal(ways_next(&w, 0, now), 1); /* the next request, too */
    ways_failed(&w, 1, now, 0);
    ways_failed(&w, 2, now, UINT32_MAX);
    assert_int_equal(ways_next(&w, 7, now), WAYS_NONE);
    /* all rest: the one that is to come back first */
    assert_int_equal(ways_next(&w, 0, now), 0);
    assert_int_equal(ways_next(&w, 1, now), WAYS_NONE);
    now += 31 * US_PER_S;
    assert_int_equal(ways_next(&w, 0, now), 0);
    ways_failed(&w, 0, now, 0); /* a minute at least now */
    now += 31 * US_PER_S;
    assert_int_equal(ways_next(&w, 0, now), 1);
    ways_worked(&w, 0);
    assert_int_equal(ways_next(&w, 0, now), 0);
    assert_int_equal(w.way[0].fails, 0);
}

static void requests_that_fail_together_count_once(void **state)
{
    struct ways_config cfg = everything("direct");
    struct ways w = made(*state, &cfg);
    for (int i = 0; i < 5; i++) {
        ways_failed(&w, 0, US_PER_S, 0);
    }
    assert_int_equal(w.way[0].fails, 1);
}

static void pauses_double_up_to_a_limit_and_differ_by_chance(void **state)
{
    (void)state;
    int64_t base = 60 * US_PER_S, most = 3600 * US_PER_S;
    for (unsigned fails = 1; fails < 2000; fails += fails) {
        int64_t low = ways_pause(base, fails, most, 0);
        int64_t high = ways_pause(base, fails, most, UINT32_MAX);
        int64_t middle = ways_pause(base, fails, most, UINT32_C(1) << 31);
        int64_t mean = fails > 6 ? most : base << (fails - 1);
        assert_true(low * 2 == mean);
        assert_true(middle > mean - US_PER_S && middle <= mean);
        assert_true(high > mean * 149 / 100 && high <= mean * 3 / 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            the_normal_way_is_first_and_proxies_are_last, setup, teardown),
        cmocka_unit_test_setup_teardown(
            the_order_may_be_another_and_leave_ways_out, setup, teardown),
        cmocka_unit_test_setup_teardown(
            what_is_no_way_is_refused_with_a_sentence, setup, teardown),
        cmocka_unit_test_setup_teardown(many_ways_are_cut_off, setup, teardown),
        cmocka_unit_test(a_proxy_may_want_a_name_and_a_password),
        cmocka_unit_test_setup_teardown(a_way_that_failed_rests_and_comes_back,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(requests_that_fail_together_count_once,
                                        setup, teardown),
        cmocka_unit_test(pauses_double_up_to_a_limit_and_differ_by_chance),
    };
    return cmocka_run_group_tests_name("probe/deliver/test_ways", tests, NULL,
                                       NULL);
}
