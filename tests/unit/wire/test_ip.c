// SPDX-License-Identifier: Apache-2.0
#include "wire/ip.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct ip ip(const char *text)
{
    struct ip out;
    if (!ip_parse(str_c(text), &out)) {
        fail_msg("%s does not parse", text);
    }
    return out;
}

struct row {
    const char *text;
    bool bogon, special, never;
};

static const struct row rows[] = {
    {"8.8.8.8", false, false, false},
    {"93.184.216.34", false, false, false},
    {"0.0.0.0", true, true, true},
    {"10.10.34.35", true, true, false},
    {"100.63.255.255", false, false, false},
    {"100.64.0.0", true, true, false},
    {"100.127.255.255", true, true, false},
    {"100.128.0.0", false, false, false},
    {"127.0.53.53", true, true, true},
    {"169.254.169.254", true, true, true},
    {"172.15.255.255", false, false, false},
    {"172.31.255.255", true, true, false},
    {"172.32.0.0", false, false, false},
    {"192.0.0.8", true, true, false},
    {"192.0.2.1", true, true, false},
    {"192.88.99.1", false, true, false},
    {"192.168.1.1", true, true, false},
    {"198.17.255.255", false, false, false},
    {"198.19.255.255", true, true, false},
    {"198.51.100.7", true, true, false},
    {"203.0.113.7", true, true, false},
    {"224.0.0.1", true, true, true},
    {"239.255.255.255", true, true, true},
    {"240.0.0.1", true, true, false},
    {"255.255.255.255", true, true, true},
    {"2606:2800:220:1::1", false, false, false},
    {"2a00:1450:4001::8a", false, false, false},
    {"::", true, true, true},
    {"::1", true, true, true},
    {"::8.8.8.8", true, true, false},
    {"::ffff:8.8.8.8", true, true, false},
    {"::ffff:127.0.0.1", true, true, true},
    {"::ffff:169.254.1.1", true, true, true},
    {"64:ff9b::8.8.8.8", false, false, false},
    {"64:ff9b::10.0.0.1", false, true, false},
    {"64:ff9b::127.0.0.1", false, true, true},
    {"64:ff9b:1::1", false, true, false},
    {"100::1", true, true, false},
    {"2001:db8::1", true, true, false},
    {"2001:10::1", true, true, false},
    {"2001:20::1", false, false, false},
    {"2001:2::1", false, true, false},
    {"2001:200::1", false, false, false},
    {"2001:0:7f00:1::", true, true, false},
    {"2001:0:808:808:0:0:f7f7:f7f7", false, false, false},
    {"2001:0:808:808:0:0:3f57:fefe", false, true, false},
    {"2002:0a00:0001::", true, true, false},
    {"2002:0808:0808::", false, false, false},
    {"3fff::1", false, true, false},
    {"fc00::1", true, true, false},
    {"fdff::1", true, true, false},
    {"fe80::1", true, true, true},
    {"febf::1", true, true, true},
    {"fec0::1", true, true, false},
    {"ff02::1", true, true, true},
};

static void addresses_are_classed_by_their_prefixes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ip a = ip(rows[i].text);
        if (ip_is_bogon(&a) != rows[i].bogon) {
            fail_msg("%s: bogon is %d", rows[i].text, !rows[i].bogon);
        }
        if (ip_is_special(&a) != rows[i].special) {
            fail_msg("%s: special is %d", rows[i].text, !rows[i].special);
        }
        if (ip_is_never(&a) != rows[i].never) {
            fail_msg("%s: never is %d", rows[i].text, !rows[i].never);
        }
    }
}

static void an_address_of_nat64_tells_the_one_it_stands_for(void **state)
{
    (void)state;
    struct ip of_nat64 = ip("64:ff9b::8.8.4.4"), google = ip("8.8.4.4"), v4;
    struct ip beside = ip("64:ff9b:1::8.8.4.4"), bytes = {.family = 4};
    memcpy(bytes.b, of_nat64.b, sizeof(bytes.b));
    assert_true(ip_is_nat64(&of_nat64, &v4));
    assert_true(ip_eq(&v4, &google));
    assert_true(ip_is_nat64(&of_nat64, NULL));
    assert_false(ip_is_nat64(&beside, &v4));
    assert_false(ip_is_nat64(&google, &v4));
    assert_false(ip_is_nat64(&bytes, &v4));
}

/* The examples of RFC 6052, 2.4. */
static void a_translators_prefix_may_have_six_lengths(void **state)
{
    static const char *const written[] = {
        "2001:db8:c000:221::",          "2001:db8:1c0:2:21::",
        "2001:db8:122:c000:2:2100::",   "2001:db8:122:3c0:0:221::",
        "2001:db8:122:344:c0:2:2100::", "2001:db8:122:344::192.0.2.33"};
    struct ip v4 = ip("192.0.2.33"), other = ip("192.0.2.34");
    struct ip suffix = ip("2001:db8:122:c000:2:2100::1");
    struct ip octet = ip("2001:db8:122:c000:102:2100::");

    (void)state;
    for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
        struct ip v6 = ip(written[i]);
        assert_true(ip_embeds(&v6, &v4));
        assert_false(ip_embeds(&v6, &other));
    }
    assert_false(ip_embeds(&suffix, &v4));
    assert_false(ip_embeds(&octet, &v4));
    assert_false(ip_embeds(&v4, &v4));
    assert_false(ip_embeds(&suffix, &suffix));
}

/* Forged answers of the two families often hold the same address. */
static void teredo_is_no_translators_prefix(void **state)
{
    struct ip v4 = ip("31.13.94.37"), forged = ip("2001::1f0d:5e25");
    struct ip neighbour = ip("2001:1::1f0d:5e25");

    (void)state;
    assert_false(ip_embeds(&forged, &v4));
    assert_int_equal(ip_prefix_bits(&forged, &v4), 0);
    assert_true(ip_embeds(&neighbour, &v4));
}

static void what_a_translator_writes_is_read_again(void **state)
{
    (void)state;
    static const unsigned bits[] = {32, 40, 48, 56, 64, 96};
    struct ip prefix = ip("2001:db8:122:344:0:11:2233:4455"), out, back;
    struct ip v4 = ip("192.0.2.33"), another = ip("2001:db9::1");
    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        ip_translate(&prefix, bits[i], &v4, &out);
        assert_true(ip_embeds(&out, &v4));
        assert_int_equal(ip_prefix_bits(&out, &v4), bits[i]);
        back = ip("198.51.100.1");
        assert_false(ip_untranslate(&prefix, bits[i], &another, &back));
        assert_true(back.b[0] == 198);
        assert_true(ip_untranslate(&prefix, bits[i], &out, &back));
        assert_true(ip_eq(&back, &v4));
    }
    prefix = ip("2001:db8:100::"); /* RFC 6052, 2.4 */
    ip_translate(&prefix, 40, &v4, &out);
    another = ip("2001:db8:1c0:2:21::");
    assert_true(ip_eq(&out, &another));
    assert_int_equal(ip_prefix_bits(&v4, &v4), 0);
}

static void what_is_never_connected_to_is_special_too(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(!rows[i].never || rows[i].special);
    }
}

static void loopback_is_known_in_all_its_forms(void **state)
{
    (void)state;
    struct ip a = ip("127.1.2.3"), b = ip("::1"), c = ip("::ffff:127.0.0.1");
    struct ip d = ip("128.0.0.1"), e = ip("::2");
    assert_true(ip_is_loopback(&a) && ip_is_loopback(&b) && ip_is_loopback(&c));
    assert_false(ip_is_loopback(&d) || ip_is_loopback(&e));
}

static void only_strict_forms_are_addresses(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",         "1.2.3",     "1.2.3.4.5", "01.2.3.4",  "1.2.3.256",
        "0x7f.1",   "127.1",     "[::1]",     "fe80::1%1", "1.2.3.4 ",
        ":::",      "1::2::3",   "12345::",   "localhost", "2130706433",
        " 1.2.3.4", "1.2.3.4:80"};
    struct ip out = {.family = 9};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (ip_parse(str_c(bad[i]), &out)) {
            fail_msg("%s parses", bad[i]);
        }
    }
    assert_false(ip_parse((struct str){"1.2.3.4\0", 8}, &out));
    assert_int_equal(out.family, 9);
}

static void text_comes_back_in_canonical_form(void **state)
{
    (void)state;
    char text[IP_TEXT_MAX];
    struct ip a = ip("2001:0DB8:0:0:0:0:0:1"), b = ip("1.2.3.4"), none = {0};
    ip_format(&a, text);
    assert_string_equal(text, "2001:db8::1");
    ip_format(&b, text);
    assert_string_equal(text, "1.2.3.4");
    ip_format(&none, text);
    assert_string_equal(text, "");
    assert_false(ip_eq(&a, &b));
    assert_true(ip_eq(&a, &a));
}

static void one_line_is_one_address_however_it_is_written(void **state)
{
    (void)state;

    static const struct {
        const char *text, *essence;
    } cases[] = {
        {"::ffff:45.10.1.9", "45.10.1.9"},
        {"::45.10.1.9", "45.10.1.9"},
        {"64:ff9b::2d0a:109", "45.10.1.9"},
        {"2002:2d0a:109:7::1", "45.10.1.9"},
        {"45.10.1.9", "45.10.1.9"},
        {"2001:db8::1", "2001:db8::1"},
        {"::1", "::1"},
        {"::", "::"},
        {"64:ff9b:1::2d0a:109", "64:ff9b:1::2d0a:109"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ip ip;
        char text[IP_TEXT_MAX];
        assert_true(ip_parse(str_c(cases[i].text), &ip));
        ip = ip_essence(&ip);
        ip_format(&ip, text);
        assert_string_equal(text, cases[i].essence);
    }
}

static void endpoints_go_both_ways(void **state)
{
    (void)state;
    struct ip a;
    uint16_t port;
    char text[56];
    assert_true(ip_endpoint_parse(STR("[2001:db8::1]:443"), &a, &port));
    assert_int_equal(port, 443);
    ip_endpoint(&a, port, text);
    assert_string_equal(text, "[2001:db8::1]:443");
    assert_true(ip_endpoint_parse(STR("8.8.8.8:53"), &a, &port));
    ip_endpoint(&a, port, text);
    assert_string_equal(text, "8.8.8.8:53");
    static const char *const bad[] = {
        "8.8.8.8",       "8.8.8.8:", "8.8.8.8:65536", "::1:80", "[8.8.8.8]:80",
        "8.8.8.8:-1",    ":80",      "[]:80",         "",       "[::1]",
        "8.8.8.8:80:80", "x.org:80", "[::1:80",       ":",      "8.8.8.8: 1"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (ip_endpoint_parse(str_c(bad[i]), &a, &port)) {
            fail_msg("%s parses", bad[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_classed_by_their_prefixes),
        cmocka_unit_test(an_address_of_nat64_tells_the_one_it_stands_for),
        cmocka_unit_test(a_translators_prefix_may_have_six_lengths),
        cmocka_unit_test(teredo_is_no_translators_prefix),
        cmocka_unit_test(what_a_translator_writes_is_read_again),
        cmocka_unit_test(what_is_never_connected_to_is_special_too),
        cmocka_unit_test(loopback_is_known_in_all_its_forms),
        cmocka_unit_test(only_strict_forms_are_addresses),
        cmocka_unit_test(text_comes_back_in_canonical_form),
        cmocka_unit_test(one_line_is_one_address_however_it_is_written),
        cmocka_unit_test(endpoints_go_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
