// SPDX-License-Identifier: Apache-2.0
// The lab's world and scenario files: what a line becomes, what is refused.
#include "lines.h"
#include "six.h"
#include "util.h"
#include "web.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// A lab's configuration lives as long as its process and has no end of its
// own, so that leak checking has nothing to say here.
int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
    return 1;
}

static struct lab_conf *conf_of(const char *text)
{
    struct lab_conf *c = lab_alloc(1, sizeof(*c));
    lab_conf_init(c);
    if (!lab_lines_text(c, "t.lab", ".", text) || !lab_conf_finish(c) ||
        !lab_conf_settle(c)) {
        print_message("%s\n", c->error);
    }
    return c;
}

static void assert_refused(const char *text, const char *words)
{
    struct lab_conf *c = lab_alloc(1, sizeof(*c));
    lab_conf_init(c);
    bool ok = lab_lines_text(c, "t.lab", ".", text) && lab_conf_finish(c) &&
              lab_conf_settle(c);
    assert_false(ok);
    assert_non_null(strstr(c->error, words));
    free(c);
}

static void words_know_quotes_escapes_and_comments(void **state)
{
    (void)state;
    char *w[8];
    char a[] = "page  http \"a \\\"b\\\" c\" 1.2.3.4 # no more";
    assert_int_equal(lab_words(a, w, 8), 4);
    assert_string_equal(w[2], "a \"b\" c");
    assert_string_equal(w[3], "1.2.3.4");
    char b[] = "x \"open";
    assert_int_equal(lab_words(b, w, 8), -1);
    char c[] = "1 2 3 4 5 6 7 8 9";
    assert_int_equal(lab_words(c, w, 8), -2);
    char d[] = "  # only a comment";
    assert_int_equal(lab_words(d, w, 8), 0);
    char e[] = "\"\"";
    assert_int_equal(lab_words(e, w, 8), 1);
    assert_string_equal(w[0], "");
}

static void a_scenario_becomes_rules_with_their_places(void **state)
{
    (void)state;
    struct lab_conf *c =
        conf_of("# first\nlink rtt 100ms rate 10mbit loss 1%\n"
                "rst sni *.Example.COM ttl 40 to both\n"
                "inject dns a.b A 10.0.0.1 delay 5ms twice\nhop 3\n");
    assert_int_equal(c->rules, 2);
    assert_int_equal(c->rtt_us, 100000);
    assert_int_equal(c->link_rate_bps, 10000000);
    assert_int_equal(c->hop, 3);
    assert_string_equal(c->rule[0].name, "*.example.com");
    assert_int_equal(c->rule[0].ttl, 40);
    assert_true(c->rule[0].to_client && c->rule[0].to_server);
    assert_int_equal(c->rule[0].where.line, 3);
    assert_string_equal(c->rule[0].where.text,
                        "rst sni *.Example.COM ttl 40 to both");
    assert_int_equal(c->rule[1].delay_us, 5000);
    assert_true(c->rule[1].twice);
    free(c);
}

static void errors_name_file_and_line(void **state)
{
    (void)state;
    assert_refused("\nteleport x\n", "t.lab:2: unknown word \"teleport\"");
    assert_refused("drop ip 1.2.3.4:0\n", "t.lab:1: ");
    assert_refused("mitm sni x ca\n", "t.lab:1: mitm: ");
    assert_refused("clock at noon\n", "t.lab:1: clock at: \"noon\"");
    assert_refused("on-path\nportal 1.2.3.4\n", "t.lab:2: a censor on the");
    assert_refused("ipv6 on\nipv6 on\n", "said already at t.lab:1");
    assert_refused("route 1 1.2.3.4\nroute 1 1.2.3.5\n", "t.lab:2: router 1");
    assert_refused("host a.test 1.2.3\n", "t.lab:1: \"1.2.3\"");
    assert_refused("page nowhere.test / 200\n", "no host nowhere.test");
    assert_refused("on-path\ndrop sni x\n", "t.lab:2: a censor on the path");
    assert_refused("volunteer 1.2.3.4 asn 5\n", "volunteer ADDR asn N cc CC");
    assert_refused("serve ya.ru status 200 header \"Location: x\"\n",
                   "needs a status of 3xx");
}

static void a_setting_is_said_once(void **state)
{
    (void)state;
    static const char *const line[] = {
        "link rtt 5ms",      "link rate 5mbit",
        "link loss 5%",      "hop 3",
        "on-path",           "no-reassembly",
        "residual 5s",       "ipv6 on",
        "clock offset 5s",   "control down",
        "portal 10.0.0.1",   "link down at 5s for 5s",
        "resolver isp down", "resolver isp 5.5.5.5",
        "router 2 silent"};
    for (size_t i = 0; i < sizeof(line) / sizeof(line[0]); i++) {
        char *text = lab_printf("%s\n%s\n", line[i], line[i]);
        assert_refused(text, " was said already at t.lab:1");
        free(text);
    }
    assert_refused("hop 2\nhop 3\n", "t.lab:2: hop was said already");
    assert_refused("control down\ncontrol delay 3s\n", "t.lab:2: ");
    assert_refused("resolver isp down\nresolver isp delay 3s\n", "t.lab:2: ");
    assert_refused("link rtt 5ms rtt 6ms\n", "link rtt was said already");
    struct lab_conf *c = conf_of("link rtt 5ms\nlink loss 1% rate 5mbit\n"
                                 "router 2 silent\nrouter 3 silent\n"
                                 "route 3 1.2.3.4 silent\n");
    assert_int_equal(c->error[0], 0);
    free(c);
}

static void a_setting_is_said_once_in_all_files(void **state)
{
    (void)state;
    struct lab_conf *c = lab_alloc(1, sizeof(*c));
    lab_conf_init(c);
    assert_true(lab_lines_text(c, "a.lab", ".", "\nhop 3\n"));
    assert_false(lab_lines_text(c, "b.lab", ".", "hop 2\n"));
    assert_string_equal(c->error, "b.lab:1: hop was said already at a.lab:2");
    free(c);
}

static void an_option_stands_once_in_a_line(void **state)
{
    (void)state;
    assert_refused("rst sni a.b ttl 3 ttl 4\n", "t.lab:1: \"ttl\" twice");
    assert_refused("rst sni a.b to server to both\n", "\"to\" twice");
    assert_refused("inject dns a.b A 1.2.3.4 twice twice\n", "\"twice\" twice");
    assert_refused("throttle sni a.b rate 5mbit rate 6mbit\n",
                   "\"rate\" twice");
    assert_refused("host a.b 1.2.3.4 port 80 port 443\n", "\"port\" twice");
    assert_refused("page a.b / 200 size 5 size 6\n", "\"size\" twice");
    assert_refused("serve ya.ru status 200 status 500\n", "\"status\" twice");
    struct lab_conf *c = conf_of("serve ya.ru status 200 header \"A: b\" "
                                 "header \"C: d\" slow 5B/s\n");
    assert_int_equal(c->error[0], 0);
    free(c);
}

static void what_does_nothing_is_refused(void **state)
{
    (void)state;
    assert_refused("throttle sni a.b\n", "throttle: delay, loss or rate");
    assert_refused("throttle ip 1.2.3.4\n", "throttle: delay, loss or rate");
    assert_refused("serve ya.ru endless close-early\n", "t.lab:1: unexpected");
    assert_refused("serve ya.ru endless slow 5B/s\n", "with a status only");
    assert_refused("serve ya.ru headers 5kb header \"A: b\"\n",
                   "with a status only");
}

static void names_have_labels(void **state)
{
    (void)state;
    char line[400];
    static const char *const name[] = {"a..b",       ".a",  "*.",   "*.*.a",
                                       "a.*",        "**",  "\"\"", "a/b",
                                       "\xc3\xbc.b", "a,b", "-\\"};
    for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
        snprintf(line, sizeof(line), "rst sni %s\n", name[i]);
        assert_refused(line, "is not a name");
    }
    snprintf(line, sizeof(line), "rst sni %064d.b\n", 0);
    assert_refused(line, "is not a name");
    assert_refused("host a..b 1.2.3.4\n", "t.lab:1: \"a..b\" is not a name");
    assert_refused("host *.b 1.2.3.4\n", "needs an exact name");
    struct lab_conf *c = conf_of("rst sni _a-1.B.\nrst sni *\nrst sni *.b\n"
                                 "host 1.2.3.4 1.2.3.4\n");
    assert_int_equal(c->error[0], 0);
    assert_string_equal(c->rule[0].name, "_a-1.b");
    free(c);
}

static void nobody_is_where_nobody_can_be(void **state)
{
    (void)state;
    static const char *const addr[] = {
        "127.0.0.1",    "0.0.0.0",        "224.0.0.1", "255.255.255.255",
        "169.254.77.2", "130.192.182.17", "100.64.3.7"};
    // What comes before and behind an address.
    static const char *const line[][2] = {{"host a.b ", ""},
                                          {"host a.b 1.2.3.4,", ""},
                                          {"host a.b 1.2.3.4 region IR=", ""},
                                          {"resolver isp ", ""},
                                          {"resolver public ", ""},
                                          {"route 2 ", ""},
                                          {"volunteer ", " asn 5 cc IR"},
                                          {"portal ", ""}};
    for (size_t i = 0; i < sizeof(addr) / sizeof(addr[0]); i++) {
        for (size_t j = 0; j < sizeof(line) / sizeof(line[0]); j++) {
            char *text =
                lab_printf("%s%s%s\n", line[j][0], addr[i], line[j][1]);
            assert_refused(text, "t.lab:1: nobody can be at ");
            free(text);
        }
    }
    struct lab_conf *c = conf_of("host a.b 10.10.34.35,100.64.3.8\n"
                                 "host c.d 192.168.0.1\n");
    assert_int_equal(c->error[0], 0);
    free(c);
}

static void no_server_is_where_a_volunteer_is(void **state)
{
    (void)state;
    assert_refused("\nhost a.b 130.192.91.211\n",
                   "t.lab:2: 130.192.91.211 is a server's address and a "
                   "volunteer's");
    assert_refused("host a.b 1.2.3.4 region IR=130.192.91.1\n",
                   "t.lab:1: 130.192.91.1 is a server's address and a "
                   "gateway's");
    assert_refused("resolver public 130.192.91.211\n", "t.lab:1: ");
    assert_refused("volunteer 93.184.216.34 asn 5 cc IR\n",
                   "t.lab:1: 93.184.216.34 is a server's");
    assert_refused("volunteer 7.7.7.7 asn 5 cc IR\n"
                   "volunteer 7.7.7.1 asn 5 cc IR\n",
                   "t.lab:2: another volunteer's gateway");
    struct lab_conf *c = conf_of("host a.b 151.24.1.7\n");
    lab_conf_volunteers(c, 3);
    assert_int_equal(c->volunteer[1].addr, inet_addr("151.24.2.7"));
    assert_int_equal(c->volunteer[2].addr, inet_addr("151.24.3.7"));
    free(c);
}

static void a_port_has_one_server(void **state)
{
    (void)state;
    assert_refused("\nhost dns.google 8.8.8.8\n",
                   "t.lab:2: 8.8.8.8:443 is a resolver's and dns.google's");
    assert_refused("host a.b 130.192.3.21 port 80,53\n",
                   "t.lab:1: 130.192.3.21:53 is a resolver's");
    assert_refused("resolver public 93.184.216.34 doh a.b\n",
                   "t.lab:1: 93.184.216.34:443 is a resolver's");
    struct lab_conf *c = conf_of("host dns.google 8.8.8.8 port 80\n"
                                 "resolver public 93.184.216.34\n"
                                 "host a.b 130.192.3.21\n");
    assert_int_equal(c->error[0], 0);
    free(c);
}

static void a_certificate_may_be_said_of_any_host(void **state)
{
    (void)state;
    struct lab_conf *c = conf_of("cert www.example.com expired\n"
                                 "cert expired.badssl.com ok\n"
                                 "cert *.example.org untrusted\n"
                                 "host wrong.host.badssl.com 1.2.3.4\n");
    assert_int_equal(c->error[0], 0);
    const char *name = "www.example.com";
    assert_int_equal(lab_host_find(c, name)->cert, LAB_CERT_EXPIRED);
    name = "expired.badssl.com";
    assert_int_equal(lab_host_find(c, name)->cert, LAB_CERT_OK);
    name = "www.example.org";
    assert_int_equal(lab_host_find(c, name)->cert, LAB_CERT_UNTRUSTED);
    name = "wrong.host.badssl.com"; // not the built-in one any more
    assert_int_equal(lab_host_find(c, name)->cert, LAB_CERT_OK);
    name = "untrusted-root.badssl.com";
    assert_int_equal(lab_host_find(c, name)->cert, LAB_CERT_UNTRUSTED);
    free(c);
    assert_refused("\ncert nowhere.test expired\n",
                   "t.lab:2: no host nowhere.test");
    assert_refused("cert ya.ru ok\ncert ya.ru expired\n",
                   "t.lab:2: ya.ru has its certificate already at t.lab:1");
}

static void names_match_exactly_or_below_a_star(void **state)
{
    (void)state;
    assert_true(lab_name_match("*", "anything"));
    assert_true(lab_name_match("a.b", "A.B"));
    assert_true(lab_name_match("*.b", "x.a.b"));
    assert_false(lab_name_match("*.b", "b"));
    assert_false(lab_name_match("*.b", "ab"));
    assert_false(lab_name_match("a.b", "x.a.b"));
}

static void the_first_page_of_a_path_counts_and_serve_beats_pages(void **state)
{
    (void)state;
    struct lab_conf *c = conf_of("serve www.example.com /x to client "
                                 "status 403\n");
    const struct lab_host *h = lab_host_find(c, "www.example.com");
    assert_int_equal(lab_web_pick(c, h, "/x", true)->status, 403);
    assert_int_equal(lab_web_pick(c, h, "/x", false)->status, 200);
    assert_int_equal(lab_web_pick(c, h, "/y", true)->status, 200);
    free(c);
}

static void own_lines_become_what_they_say(void **state)
{
    (void)state;
    struct lab_conf *c = conf_of("exec 203.0.113.5:80,8080 sh -c \"a b\"\n"
                                 "limit 203.0.113.6 30/min drop\n"
                                 "zone x.test lame public\n"
                                 "zone y.test rfc8020\n"
                                 "nat64 2001:db8:1:2::/64\n");
    uint8_t server[16];
    char text[46];
    assert_int_equal(c->execs, 1);
    assert_true(lab_exec_has(c, inet_addr("203.0.113.5"), 8080));
    assert_false(lab_exec_has(c, inet_addr("203.0.113.5"), 443));
    assert_string_equal(c->exec[0].argv[2], "a b");
    assert_null(c->exec[0].argv[3]);
    assert_int_equal(c->rule[0].act, LAB_LIMIT_DROP);
    assert_int_equal(c->rule[0].per_minute, 30);
    assert_int_equal(c->zone[0].zones, LAB_ZONE_PUBLIC | LAB_ZONE_CONTROL);
    assert_int_equal(c->zone[1].zones, LAB_ZONE_ISP);
    assert_int_equal(c->volunteer[0].v6, LAB_V6_NAT64);
    lab_six_server(c, 0, inet_addr("192.0.2.33"), server);
    // The example of RFC 6052, 2.4, with another prefix.
    assert_string_equal(lab_six_text(server, text), "2001:db8:1:2:c0:2:2100:0");
    free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_know_quotes_escapes_and_comments),
        cmocka_unit_test(a_scenario_becomes_rules_with_their_places),
        cmocka_unit_test(errors_name_file_and_line),
        cmocka_unit_test(a_setting_is_said_once),
        cmocka_unit_test(a_setting_is_said_once_in_all_files),
        cmocka_unit_test(an_option_stands_once_in_a_line),
        cmocka_unit_test(what_does_nothing_is_refused),
        cmocka_unit_test(names_have_labels),
        cmocka_unit_test(nobody_is_where_nobody_can_be),
        cmocka_unit_test(no_server_is_where_a_volunteer_is),
        cmocka_unit_test(a_port_has_one_server),
        cmocka_unit_test(a_certificate_may_be_said_of_any_host),
        cmocka_unit_test(names_match_exactly_or_below_a_star),
        cmocka_unit_test(the_first_page_of_a_path_counts_and_serve_beats_pages),
        cmocka_unit_test(own_lines_become_what_they_say),
    };
    return cmocka_run_group_tests_name("lab lines", tests, NULL, NULL);
}
