// SPDX-License-Identifier: Apache-2.0
#include "record/scrub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct region *r;
static struct scrub known, unknown;

static int setup(void **state)
{
    (void)state;
    r = region_new((size_t)1 << 26);
    memset(&known, 0, sizeof(known));
    memset(&unknown, 0, sizeof(unknown));
    assert_true(ip_parse(STR("198.51.100.7"), &known.own[0]));
    assert_true(ip_parse(STR("2001:db8:0:1::a1b2"), &known.own[1]));
    known.n_own = 2;
    known.known4 = known.known6 = true;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    region_free(r);
    return 0;
}

static void assert_scrubbed(const struct scrub *s, const char *text,
                            const char *want)
{
    struct str got = scrub_text(r, s, str_c(text));

    if (!str_eq_c(got, want)) {
        fail_msg("\"%s\" became \"%.*s\", not \"%s\"", text, STR_ARG(got),
                 want);
    }
    if (strcmp(text, want) == 0) {
        assert_ptr_equal(got.p, text);
    }
}

static void own_ipv4_goes_in_every_form(void **state)
{
    static const char *const forms[] = {
        "198.51.100.7",
        "198%2E51%2e100%2E7",
        "198%252e51%252e100%252e7",
        "198&#46;51&#46;100&#46;7",
        "198&#x2e;51&#x2E;100&#x2e;7",
        "198&period;51&period;100&period;7",
        "198\\u002e51\\u002E100\\u002e7",
        "198\\.51\\.100\\.7",
        "198.051.100.007",
        "7.100.51.198",
        "198-51-100-7",
        "7-100-51-198",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        char text[200], want[200];

        assert_scrubbed(&known, forms[i], "[scrubbed]");
        snprintf(text, sizeof(text), "<b>ip=%s</b>", forms[i]);
        assert_scrubbed(&known, text, "<b>ip=[scrubbed]</b>");
        snprintf(text, sizeof(text), "a%s.in-addr.arpa, %s", forms[i],
                 forms[i]);
        snprintf(want, sizeof(want), "a[scrubbed].in-addr.arpa, [scrubbed]");
        assert_scrubbed(&known, text, want);
    }
}

/* 198.51.100.7 = c6336407 = 3325256711 */
static void own_address_goes_as_one_word_and_with_any_separator(void **state)
{
    static const char *const cases[][2] = {
        {"3325256711", "[scrubbed]"},
        {"ip=3325256711&x=1", "ip=[scrubbed]&x=1"},
        {"c6336407", "[scrubbed]"},
        {"C6336407", "[scrubbed]"},
        {"0xc6336407,", "[scrubbed],"},
        {"0XC6336407", "[scrubbed]"},
        {"sid_c6336407_x", "sid_[scrubbed]_x"},
        {"pC6336407.dip.example", "p[scrubbed].dip.example"},
        {"pppoec6336407x", "pppoe[scrubbed]x"},
        {"line3325256711px", "line[scrubbed]px"},
        {"host198051100007.example", "host[scrubbed].example"},
        {"20010db800000001000000000000a1b2", "[scrubbed]"},
        {"198_51_100_7", "[scrubbed]"},
        {"7_100_51_198", "[scrubbed]"},
        {"[198, 51, 100, 7]", "[[scrubbed]]"},
        {"198[.]51[.]100[.]7", "[scrubbed]"},
        {"198 51 100 7.", "[scrubbed]."},
        {"198.51.100.0/24", "[scrubbed]"},
        {"198.51.100.0%2F24", "[scrubbed]"},
        {"2001:db8::/48", "[scrubbed]"},
        {"2001:DB8:0:1::/64", "[scrubbed]"},
        {"2001:db8:0:1:0:0:0:0/64", "[scrubbed]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_scrubbed(&known, cases[i][0], cases[i][1]);
    }
}

static void an_escape_beside_it_is_no_part_of_it(void **state)
{
    static const char *const cases[][2] = {
        {"%09198.51.100.7", "%09[scrubbed]"},
        {"%E2%80%93198.51.100.7", "%E2%80%93[scrubbed]"},
        {"\\u2013198.51.100.7\\u2013", "\\u2013[scrubbed]\\u2013"},
        {"\\x09198.51.100.7", "\\x09[scrubbed]"},
        {"%203325256711", "%20[scrubbed]"},
        {"%093325256711%09", "%09[scrubbed]%09"},
        {"198\\u201151\\u2011100\\u20117", "[scrubbed]"},
        {"\\u0009c6336407", "\\u0009[scrubbed]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_scrubbed(&known, cases[i][0], cases[i][1]);
    }
}

static void numbers_that_only_contain_it_stay(void **state)
{
    static const char *const texts[] = {
        "13325256711",
        "33252567110",
        "0.3325256711",
        "3325256711.5",
        "c63364070",
        "c6336407a",
        "0c6336407",
        "c633640",
        "1198_51_100_7",
        "198_51_100_70",
        "198_51-100_7",
        "198 _ _ 51",
        "198.51.101.0/24",
        "198.51.100.0/25",
        "198.51.100.0/240",
        "2001:db8:1::/48",
        "2001:db8:0:2::/64",
        "2001:db8::/32",
        "198, 51, 100",
        "Chrome/120.0.6099.109 Safari/537.36 1.2.3.4 10.10.34.36",
        "2026-11-30 12:30:45 8-8-8-8 2001:4860:4860::8888",
        "Microsec e-Szigno Root CA 2009 &amp; %20 \\u003cb\\u003e",
        "198",
        "198_51_100_",
        "198____51____100____7",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_scrubbed(&known, texts[i], texts[i]);
    }
}

static void own_address_goes_out_of_base64(void **state)
{
    static const char *const cases[][2] = {
        {"MTk4LjUxLjEwMC43", "[scrubbed]"},        /* 198.51.100.7 */
        {"eDE5OC41MS4xMDAuNw==", "e[scrubbed]=="}, /* x198.51.100.7 */
        {"eHgxOTguNTEuMTAwLjc=", "eH[scrubbed]="}, /* xx198... */
        {"q=aXA9MTk4LjUxLjEwMC43Jng9MQ", "q=aXA9[scrubbed]Jng9MQ"},
        {"MjAwMTpkYjg6MDoxOjphMWIy", "[scrubbed]"}, /* 2001:db8:0:1::a1b2 */
        {"MTk4LjUxLjEwMS43", "MTk4LjUxLjEwMS43"},   /* 198.51.101.7 */
        /* what goes leaves an address where a longer number stood */
        {"198.51.100.70E5OC41MS4xMDAuNw==", "[scrubbed][scrubbed]=="},
        /* the last bits of x198... lie in a digit that was before a number */
        {"eDE5OC41MS4xMDAuN0198.51.100.7", "e[scrubbed][scrubbed]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_scrubbed(&known, cases[i][0], cases[i][1]);
    }
}

static void own_ipv6_goes_in_every_form(void **state)
{
    static const char *const forms[] = {
        "2001:db8:0:1::a1b2",
        "2001:DB8:0:1::A1B2",
        "2001:0db8:0000:0001:0000:0000:0000:a1b2",
        "2001:db8:0:1:0:0:0:a1b2",
        "2001:db8::1:0:0:0:a1b2",
        "2001%3Adb8%3a0%3A1%3A%3Aa1b2",
        "2001&#58;db8&#58;0&#58;1&#58;&#58;a1b2",
        "2001&#x3a;db8&#x3A;0&#x3a;1&#x3a;&#x3a;a1b2",
        "2001&colon;db8&colon;0&colon;1&colon;&colon;a1b2",
        "2.b.1.a.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        char text[300];

        assert_scrubbed(&known, forms[i], "[scrubbed]");
        snprintf(text, sizeof(text), "X-IP: [%s]:443, %s.", forms[i], forms[i]);
        assert_scrubbed(&known, text, "X-IP: [[scrubbed]]:443, [scrubbed].");
    }
    assert_scrubbed(&known, "2001:db8:0:1::a1b2:443 up", "[scrubbed]:443 up");
    assert_scrubbed(&known, "IP:2001:db8:0:1::a1b2", "IP:[scrubbed]");
    assert_scrubbed(&known, "add:2001:db8:0:1::a1b2", "add:[scrubbed]");
}

static void own_ipv4_inside_ipv6_goes_too(void **state)
{
    (void)state;
    assert_scrubbed(&known, "::ffff:198.51.100.7", "[scrubbed]");
    assert_scrubbed(&known, "::ffff:c633:6407", "[scrubbed]");
    assert_scrubbed(&known, "64:ff9b::c633:6407", "[scrubbed]");
    assert_scrubbed(&known, "2002:c633:6407::1", "[scrubbed]");
}

static void text_around_the_address_stays_as_it_was(void **state)
{
    (void)state;
    assert_scrubbed(&known, "a 198.51.100.7 b 198.51.100.7",
                    "a [scrubbed] b [scrubbed]");
    assert_scrubbed(&known, "198.51.100.7.", "[scrubbed].");
    assert_scrubbed(&known, "198.51.100.7:8080/x", "[scrubbed]:8080/x");
    assert_scrubbed(&known, "198.51.100.7.bc.example.com",
                    "[scrubbed].bc.example.com");
    assert_scrubbed(&known, "ip%3D198.51.100.7", "ip%3D[scrubbed]");
    assert_scrubbed(&known, "%20198.51.100.7", "%20[scrubbed]");
    assert_scrubbed(&known, "\\u0020198.51.100.7", "\\u0020[scrubbed]");
    assert_scrubbed(&known, "%3D2001:db8:0:1::a1b2", "%3D[scrubbed]");
    assert_scrubbed(&known, "10-198.51.100.7", "10-[scrubbed]");
    assert_scrubbed(&known, "1.198.51.100.7", "1.[scrubbed]");
}

static void addresses_of_others_stay(void **state)
{
    (void)state;
    assert_scrubbed(&known, "198.51.100.70 198.51.100.8 1198.51.100.7",
                    "198.51.100.70 198.51.100.8 1198.51.100.7");
    assert_scrubbed(&known, "2001:db8:0:1::a1b3", "2001:db8:0:1::a1b3");
    assert_scrubbed(&known, "no address", "no address");
    assert_scrubbed(&known, "", "");
}

static void bytes_that_are_not_text_are_kept(void **state)
{
    static const char body[] = "\x00\xff"
                               "198.51.100.7\x00\xfe";
    struct str got = scrub_text(r, &known, STR(body));

    (void)state;
    assert_int_equal(got.len, 14);
    assert_memory_equal(got.p, "\x00\xff[scrubbed]\x00\xfe", 14);
}

static void
everything_that_looks_like_an_address_goes_while_ours_is_unknown(void **state)
{
    (void)state;
    assert_scrubbed(&unknown, "you are 203.0.113.9", "you are [scrubbed]");
    assert_scrubbed(&unknown, "203%2e0%2e113%2e9", "[scrubbed]");
    assert_scrubbed(&unknown, "::ffff:203.0.113.9!", "[scrubbed]!");
    assert_scrubbed(&unknown, "[2001:db8::5]:443", "[[scrubbed]]:443");
    assert_scrubbed(&unknown, "9.113.0.203.in-addr.arpa",
                    "[scrubbed].in-addr.arpa");
    assert_scrubbed(&unknown, "cpe-203-0-113-9.isp.example",
                    "cpe-[scrubbed].isp.example");
    assert_scrubbed(
        &unknown,
        "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."
        "ip6.arpa",
        "[scrubbed].ip6.arpa");
}

static void
versions_times_and_code_stay_while_our_address_is_unknown(void **state)
{
    static const char *const innocent[] = {
        "version 1.2.3",
        "Chrome/100.0.4896.127",
        "12:30:45",
        "10.10.34.36 192.168.1.254 172.16.0.1 127.0.0.1 169.254.1.1",
        "5.1.168.192.in-addr.arpa",
        "fe80::1%eth0 [fc00::1]:53 ::1",
        "2026-11-24 05:06:07",
        "std::string a::before",
        "1.2.3.4.5",
        "300.1.2.3",
        "00:1a:2b:3c:4d:5e",
        "AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD",
        "col-2026-11-30 x-300-1-2-3",
        "foo :: bar",
        "01.02.2026",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(innocent) / sizeof(innocent[0]); i++) {
        assert_scrubbed(&unknown, innocent[i], innocent[i]);
    }
}

static void is_own_knows_mapped_forms(void **state)
{
    struct ip ip;

    (void)state;
    assert_true(ip_parse(STR("::ffff:198.51.100.7"), &ip));
    assert_true(scrub_own_is(&known, &ip));
    assert_true(ip_parse(STR("198.51.100.7"), &ip));
    assert_true(scrub_own_is(&known, &ip));
    assert_true(ip_parse(STR("198.51.100.8"), &ip));
    assert_false(scrub_own_is(&known, &ip));
    memset(&ip, 0, sizeof(ip));
    assert_false(scrub_own_is(&known, &ip));
}

static void no_memory_gives_no_text(void **state)
{
    struct region *small = region_new(8);

    (void)state;
    assert_null(scrub_text(small, &known, STR("a 198.51.100.7 b")).p);
    region_free(small);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(own_ipv4_goes_in_every_form),
        T(own_address_goes_as_one_word_and_with_any_separator),
        T(an_escape_beside_it_is_no_part_of_it),
        T(numbers_that_only_contain_it_stay),
        T(own_address_goes_out_of_base64),
        T(own_ipv6_goes_in_every_form),
        T(own_ipv4_inside_ipv6_goes_too),
        T(text_around_the_address_stays_as_it_was),
        T(addresses_of_others_stay),
        T(bytes_that_are_not_text_are_kept),
        T(everything_that_looks_like_an_address_goes_while_ours_is_unknown),
        T(versions_times_and_code_stay_while_our_address_is_unknown),
        T(is_own_knows_mapped_forms),
        T(no_memory_gives_no_text),
    };

    return cmocka_run_group_tests_name("scrub", tests, NULL, NULL);
}
