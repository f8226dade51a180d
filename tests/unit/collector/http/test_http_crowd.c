// SPDX-License-Identifier: Apache-2.0
/* Who is cut off for whom: sockets are pairs, the other end hears of it. */
#include "collector/http/http_crowd.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct guest {
    struct http_crowd_member *m;
    int ours, theirs;
};

static struct http_crowd *crowd_of(const struct http_crowd_config *cfg)
{
    struct http_crowd *c = NULL;
    assert_int_equal(http_crowd_new(cfg, &c), ERR_OK);
    return c;
}

static struct http_crowd *crowd(unsigned max, unsigned per_prefix, size_t bytes)
{
    const struct http_crowd_config cfg = {.max = max,
                                          .per_prefix = per_prefix,
                                          .head_us = 10 * US_PER_S,
                                          .request_us = 100 * US_PER_S,
                                          .max_bytes = bytes};
    return crowd_of(&cfg);
}

/* Where nobody is old enough to be cut off for being slow. */
static struct http_crowd *young_crowd(unsigned max, unsigned per_prefix,
                                      const struct ip *proxies,
                                      size_t n_proxies)
{
    const struct http_crowd_config cfg = {.max = max,
                                          .per_prefix = per_prefix,
                                          .head_us = 1000 * US_PER_S,
                                          .request_us = 1000 * US_PER_S,
                                          .max_bytes = 100,
                                          .head_grace_us = 1000 * US_PER_S,
                                          .request_grace_us = 1000 * US_PER_S,
                                          .proxies = proxies,
                                          .n_proxies = n_proxies};
    return crowd_of(&cfg);
}

static struct guest enter(struct http_crowd *c, const char *address)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    const struct sockaddr *peer = (struct sockaddr *)&v4;
    int fds[2];
    if (inet_pton(AF_INET, address, &v4.sin_addr) != 1) {
        assert_int_equal(inet_pton(AF_INET6, address, &v6.sin6_addr), 1);
        peer = (struct sockaddr *)&v6;
    }
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    struct guest g = {http_crowd_enter(c, fds[0], peer), fds[0], fds[1]};
    assert_non_null(g.m);
    return g;
}

static bool is_cut(const struct guest *g)
{
    char byte;
    return recv(g->theirs, &byte, 1, MSG_DONTWAIT) == 0;
}

static void leave(struct http_crowd *c, struct guest *g, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        http_crowd_leave(c, g[i].m);
        close(g[i].ours);
        close(g[i].theirs);
    }
    http_crowd_free(c);
}

static void one_too_many_cuts_off_the_one_that_waits_longest(void **state)
{
    (void)state;
    struct http_crowd *c = crowd(2, 2, 100);
    struct guest g[4] = {enter(c, "127.0.0.1"), enter(c, "127.0.0.1")};
    http_crowd_state(c, g[0].m, HTTP_CROWD_WORK); /* with us: it stays */
    g[2] = enter(c, "127.0.0.1");
    assert_false(is_cut(&g[0]));
    assert_true(is_cut(&g[1]));
    assert_false(is_cut(&g[2]));
    g[3] = enter(c, "127.0.0.1");
    assert_true(is_cut(&g[2]));
    assert_false(is_cut(&g[3]));
    leave(c, g, 4);
}

static void who_has_spoken_is_not_slow(void **state)
{
    (void)state;
    struct http_crowd *c = crowd(2, 2, 100);
    struct guest g[3] = {enter(c, "127.0.0.1"), enter(c, "127.0.0.1")};
    assert_int_equal(send(g[0].theirs, "GET", 3, MSG_NOSIGNAL), 3);
    g[2] = enter(c, "127.0.0.1");
    assert_false(is_cut(&g[0])); /* we are, who have not read it */
    assert_true(is_cut(&g[1]));
    leave(c, g, 3);
}

static void a_prefix_makes_room_for_itself_only(void **state)
{
    (void)state;
    static const char *const rows[][4] = {
        {"192.0.2.1", "192.0.2.77", "192.0.2.200", "198.51.100.1"},
        {"2001:db8:1::1", "2001:db8:1:5::1", "2001:db8:1:ffff::2",
         "2001:db8:2::1"},
        {"::ffff:192.0.2.1", "192.0.2.2", "::ffff:192.0.2.3", "192.0.3.1"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_crowd *c = crowd(50, 2, 100);
        struct guest g[4];
        g[3] = enter(c, rows[i][3]); /* the oldest, but of another */
        g[0] = enter(c, rows[i][0]);
        g[1] = enter(c, rows[i][1]);
        g[2] = enter(c, rows[i][2]);
        assert_true(is_cut(&g[0]));
        assert_false(is_cut(&g[1]) || is_cut(&g[2]) || is_cut(&g[3]));
        leave(c, g, 4);
    }
    struct http_crowd *c = crowd(50, 1, 100); /* our proxy is many people */
    struct guest g[4] = {enter(c, "127.0.0.1"), enter(c, "127.0.0.1"),
                         enter(c, "::1"), enter(c, "::1")};
    for (size_t i = 0; i < 4; i++) {
        assert_false(is_cut(&g[i]));
    }
    leave(c, g, 4);
}

static void who_opens_anew_what_is_cut_off_ends_its_own(void **state)
{
    (void)state;
    struct http_crowd *c = young_crowd(50, 2, NULL, 0);
    struct guest g[5] = {enter(c, "198.51.100.1"), enter(c, "192.0.2.1"),
                         enter(c, "192.0.2.2")};
    http_crowd_state(c, g[1].m, HTTP_CROWD_BODY);
    http_crowd_state(c, g[2].m, HTTP_CROWD_BODY);
    g[3] = enter(c, "192.0.2.3");
    assert_true(is_cut(&g[1]));
    assert_false(is_cut(&g[0]) || is_cut(&g[2]) || is_cut(&g[3]));
    /* all of its share is with us: it waits for its turn */
    http_crowd_state(c, g[2].m, HTTP_CROWD_WORK);
    http_crowd_state(c, g[3].m, HTTP_CROWD_WORK);
    g[4] = enter(c, "192.0.2.4");
    assert_true(is_cut(&g[4]));
    assert_false(is_cut(&g[0]) || is_cut(&g[2]) || is_cut(&g[3]));
    leave(c, g, 5);
}

static void the_prefix_that_crowds_most_makes_room(void **state)
{
    (void)state;
    struct http_crowd *c = young_crowd(6, 16, NULL, 0);
    struct guest g[9] = {enter(c, "127.0.0.1"),    enter(c, "198.51.100.1"),
                         enter(c, "198.51.100.2"), enter(c, "192.0.2.1"),
                         enter(c, "192.0.2.2"),    enter(c, "192.0.2.3")};
    g[6] = enter(c, "203.0.113.1");
    assert_true(is_cut(&g[3]));
    g[7] = enter(c, "192.0.2.4"); /* again there are three of it */
    assert_false(is_cut(&g[7]));
    g[8] = enter(c, "127.0.0.1");
    for (size_t i = 0; i < 9; i++) {
        bool gone = i == 3 || i == 1 || i == 4;
        assert_int_equal(is_cut(&g[i]), gone);
    }
    leave(c, g, 9);
    /* nobody crowds: the one that waits longest, but not our proxy's */
    c = young_crowd(3, 100, NULL, 0);
    struct guest h[4] = {enter(c, "127.0.0.1"), enter(c, "198.51.100.1"),
                         enter(c, "192.0.2.1"), enter(c, "203.0.113.1")};
    assert_true(is_cut(&h[1]));
    assert_false(is_cut(&h[0]) || is_cut(&h[2]) || is_cut(&h[3]));
    leave(c, h, 4);
}

static void many_networks_of_a_few_each_spare_one_alone(void **state)
{
    (void)state;
    struct http_crowd *c = young_crowd(7, 64, NULL, 0);
    struct guest g[13] = {enter(c, "45.10.1.9"),    enter(c, "198.51.100.1"),
                          enter(c, "198.51.100.2"), enter(c, "198.51.100.3"),
                          enter(c, "192.0.2.1"),    enter(c, "192.0.2.2"),
                          enter(c, "192.0.2.3")};
    for (size_t i = 7; i < 13; i++) {
        g[i] = enter(c, i % 2 ? "198.51.100.4" : "192.0.2.4");
    }
    assert_false(is_cut(&g[0])); /* the oldest, all the while */
    for (size_t i = 1; i < 13; i++) {
        assert_int_equal(is_cut(&g[i]), i < 7);
    }
    leave(c, g, 13);
}

/* A /24 each, or a /48, of one that somebody was given: who stands alone in a
 * larger network stays, though it waits longest. */
static void prefixes_of_one_network_crowd_together(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        struct http_crowd *c = young_crowd(8, 64, NULL, 0);
        struct guest g[40] = {enter(c, "45.10.1.9"), enter(c, "2a01:1:1::9"),
                              enter(c, "198.51.100.1"),
                              enter(c, "198.51.100.2")};
        for (int i = 4; i < 40; i++) {
            char text[40];
            snprintf(text, sizeof(text),
                     family == 4 ? "60.1.%d.1" : "2001:db8:%d::1", i);
            g[i] = enter(c, text);
        }
        for (int i = 0; i < 40; i++) {
            assert_int_equal(is_cut(&g[i]), i >= 4 && i < 36);
        }
        leave(c, g, 40);
    }
}

static void our_proxies_are_many_people(void **state)
{
    (void)state;
    struct ip proxies[2];
    assert_true(ip_parse(STR("192.0.2.1"), &proxies[0]));
    assert_true(ip_parse(STR("2001:db8:1::1"), &proxies[1]));
    struct http_crowd *c = young_crowd(6, 1, proxies, 2);
    struct guest g[7] = {
        enter(c, "192.0.2.1"),     enter(c, "::ffff:192.0.2.1"),
        enter(c, "2001:db8:1::1"), enter(c, "2001:db8:1::1"),
        enter(c, "192.0.2.2"),     enter(c, "192.0.2.1"),
        enter(c, "192.0.2.3")};
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(is_cut(&g[i]), i == 4); /* its neighbour is one */
    }
    leave(c, g, 7);
}

static void head_and_request_have_their_deadlines(void **state)
{
    (void)state;
    struct http_crowd *c = crowd(50, 50, 100);
    struct guest g[4];
    for (int i = 0; i < 4; i++) {
        g[i] = enter(c, "192.0.2.1");
        http_crowd_state(c, g[i].m, (enum http_crowd_state)i);
    }
    int64_t now = clock_mono_us();
    http_crowd_sweep(c, now + 5 * US_PER_S);
    assert_false(is_cut(&g[0]));
    http_crowd_sweep(c, now + 50 * US_PER_S);
    assert_true(is_cut(&g[0]));
    assert_false(is_cut(&g[1]) || is_cut(&g[2]) || is_cut(&g[3]));
    http_crowd_sweep(c, now + 500 * US_PER_S);
    assert_true(is_cut(&g[1]));
    assert_false(is_cut(&g[2])); /* it waits for us, not we for it */
    assert_true(is_cut(&g[3]));
    leave(c, g, 4);
}

static void who_holds_most_makes_room(void **state)
{
    (void)state;
    struct http_crowd *c = crowd(50, 50, 100);
    struct guest g[5] = {enter(c, "192.0.2.1"), enter(c, "192.0.2.2"),
                         enter(c, "198.51.100.1"), enter(c, "203.0.113.1"),
                         enter(c, "203.0.113.2")};
    for (int i = 0; i < 5; i++) {
        http_crowd_state(c, g[i].m, HTTP_CROWD_BODY);
    }
    /* two of one network hold 60, none of them as much as the third */
    assert_true(http_crowd_take(c, g[0].m, 29));
    assert_true(http_crowd_take(c, g[1].m, 31));
    assert_true(http_crowd_take(c, g[2].m, 40));
    assert_true(http_crowd_take(c, g[3].m, 10));
    assert_true(is_cut(&g[1]));
    assert_false(is_cut(&g[0]) || is_cut(&g[2]) || is_cut(&g[3]));
    assert_false(http_crowd_take(c, g[1].m, 1)); /* gone */
    /* the largest itself asks for more than there is: it is refused */
    assert_false(http_crowd_take(c, g[2].m, 60));
    assert_false(is_cut(&g[2]));
    http_crowd_state(c, g[0].m, HTTP_CROWD_WORK);
    assert_true(http_crowd_take(c, g[3].m, 61)); /* 100 in all */
    assert_true(http_crowd_take(c, g[4].m, 5));
    assert_true(is_cut(&g[3])); /* not the one that we work for */
    assert_false(is_cut(&g[0]) || is_cut(&g[4]));
    leave(c, g, 5);
}

static void what_prefixes_of_one_network_hold_is_its(void **state)
{
    (void)state;
    struct http_crowd *c = crowd(50, 50, 100);
    struct guest g[5] = {enter(c, "60.1.1.1"), enter(c, "60.1.2.1"),
                         enter(c, "60.1.3.1"), enter(c, "60.1.4.1"),
                         enter(c, "45.10.1.9")};
    for (int i = 0; i < 5; i++) {
        http_crowd_state(c, g[i].m, HTTP_CROWD_BODY);
    }
    for (int i = 0; i < 4; i++) {
        assert_true(http_crowd_take(c, g[i].m, (size_t)(20 + i)));
    }
    /* it holds most of all, and less than they */
    assert_true(http_crowd_take(c, g[4].m, 30));
    assert_true(is_cut(&g[3]));
    assert_false(is_cut(&g[0]) || is_cut(&g[1]) || is_cut(&g[2]));
    leave(c, g, 5);
}

static void at_the_end_all_are_cut_off_and_nobody_comes(void **state)
{
    (void)state;
    struct http_crowd *c = crowd(50, 50, 100);
    assert_true(http_crowd_is_empty(c));
    struct guest g[3] = {enter(c, "192.0.2.1"), enter(c, "127.0.0.1")};
    http_crowd_state(c, g[0].m, HTTP_CROWD_WORK); /* also whom we work for */
    http_crowd_end(c);
    assert_true(is_cut(&g[0]) && is_cut(&g[1]));
    assert_false(http_crowd_is_empty(c));
    g[2] = enter(c, "192.0.2.2");
    assert_true(is_cut(&g[2]));
    for (size_t i = 0; i < 3; i++) {
        http_crowd_leave(c, g[i].m);
        close(g[i].ours);
        close(g[i].theirs);
    }
    assert_true(http_crowd_is_empty(c));
    http_crowd_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_too_many_cuts_off_the_one_that_waits_longest),
        cmocka_unit_test(who_has_spoken_is_not_slow),
        cmocka_unit_test(a_prefix_makes_room_for_itself_only),
        cmocka_unit_test(who_opens_anew_what_is_cut_off_ends_its_own),
        cmocka_unit_test(the_prefix_that_crowds_most_makes_room),
        cmocka_unit_test(many_networks_of_a_few_each_spare_one_alone),
        cmocka_unit_test(prefixes_of_one_network_crowd_together),
        cmocka_unit_test(what_prefixes_of_one_network_hold_is_its),
        cmocka_unit_test(our_proxies_are_many_people),
        cmocka_unit_test(head_and_request_have_their_deadlines),
        cmocka_unit_test(who_holds_most_makes_room),
        cmocka_unit_test(at_the_end_all_are_cut_off_and_nobody_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
