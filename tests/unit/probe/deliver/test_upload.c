// SPDX-License-Identifier: Apache-2.0
#include "base/fs.h"
#include "probe/deliver/checkin.h"
#include "probe/deliver/upload_answer.h"
#include "probe/volunteer/ownaddr.h"
#include "record/dictionary.h"
#include "record/failure.h"
#include "tests/unit/tmp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum upload_answer judged(int status, const char *body)
{
    struct backend_answer a = {.status = status, .body = str_c(body)};
    return upload_answer_judge(&a);
}

static void only_a_uid_means_stored(void **state)
{
    (void)state;
    assert_int_equal(judged(200, "{\"measurement_uid\":\"2026_x\"}"),
                     UPLOAD_STORED);
    assert_int_equal(judged(200, "{}"), UPLOAD_HELD);
    assert_int_equal(judged(200, "{\"measurement_uid\":\"\"}"), UPLOAD_HELD);
    assert_int_equal(judged(200, "{\"measurement_uid\":null}"), UPLOAD_HELD);
    assert_int_equal(judged(200, "{\"measurement_uid\":7}"), UPLOAD_HELD);
}

static void nonsense_with_status_200_is_not_taken_for_an_answer(void **state)
{
    (void)state;
    assert_int_equal(judged(200, ""), UPLOAD_AGAIN);
    assert_int_equal(judged(200, "<html>Welcome to the hotel</html>"),
                     UPLOAD_AGAIN);
    assert_int_equal(judged(200, "null"), UPLOAD_AGAIN);
    assert_int_equal(judged(200, "[{\"measurement_uid\":\"x\"}]"),
                     UPLOAD_AGAIN);
    assert_int_equal(judged(200, "{\"measurement_uid\":\"x\""), UPLOAD_AGAIN);
}

static void what_the_collector_refuses_is_not_sent_again(void **state)
{
    (void)state;
    static const int refused[] = {400, 409, 413, 415, 422};
    static const int again[] = {301, 401, 403, 404, 407, 408,
                                425, 429, 451, 500, 502, 503};
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_int_equal(judged(refused[i], "{}"), UPLOAD_REFUSED);
    }
    for (size_t i = 0; i < sizeof(again) / sizeof(again[0]); i++) {
        assert_int_equal(judged(again[i], "{\"measurement_uid\":\"x\"}"),
                         UPLOAD_AGAIN);
    }
}

static void a_failed_call_is_tried_again(void **state)
{
    (void)state;
    struct backend_answer net = {.failure = "connection_reset"};
    struct backend_answer us = {.internal = ERR_NOMEM, .status = 200};
    assert_int_equal(upload_answer_judge(&net), UPLOAD_AGAIN);
    assert_int_equal(upload_answer_judge(&us), UPLOAD_AGAIN);
}

static void a_report_id_may_only_be_plain(void **state)
{
    (void)state;
    struct upload_report r = {.id = ""};
    struct backend_answer a = {
        .status = 200,
        .body = STR("{\"report_id\":\"20261124T000000Z_webconnectivity_XZ_"
                    "64500_n1_abcdefghijklmnop\"}")};
    assert_true(upload_answer_report(&a, &r));
    assert_string_equal(
        r.id, "20261124T000000Z_webconnectivity_XZ_64500_n1_abcdefghijklmnop");
    static const char *const bad[] = {
        "{\"report_id\":\"../../api\"}",
        "{\"report_id\":\"\"}",
        "{\"report_id\":\"a b\"}",
        "{\"report_id\":5}",
        "{\"report_id\":\"a?b\"}",
        "{}",
        "no",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        a.body = str_c(bad[i]);
        assert_false(upload_answer_report(&a, &r));
    }
    a.body = STR("{\"report_id\":\"good\"}");
    a.status = 500;
    assert_false(upload_answer_report(&a, &r));
}

static bool takes_ours(const char *list)
{
    char text[512];
    struct upload_report r;
    snprintf(text, sizeof(text), "{\"report_id\":\"good\"%s%s}",
             list ? ",\"x_dictionaries\":" : "", list ? list : "");
    struct backend_answer a = {.status = 200, .body = str_c(text)};
    assert_true(upload_answer_report(&a, &r));
    return r.dictionary;
}

static void only_who_names_our_dictionary_has_it(void **state)
{
    (void)state;
    char name[DICTIONARY_NAME_MAX], list[200];
    dictionary_name(name);
    snprintf(list, sizeof(list), "[\"00\",7,null,\"%s\"]", name);
    assert_true(takes_ours(list));
    snprintf(list, sizeof(list), "\"%s\"", name);
    assert_false(takes_ours(list));
    name[0] = name[0] == '0' ? '1' : '0';
    snprintf(list, sizeof(list), "[\"%s\"]", name);
    assert_false(takes_ours(list));
    assert_false(takes_ours("[]"));
    assert_false(takes_ours("{}"));
    assert_false(takes_ours("null"));
    assert_false(takes_ours(NULL));
}

/* ---- check-in ----------------------------------------------------------- */

static const char good[] =
    "{\"v\":1,\"probe_cc\":\"XZ\",\"probe_asn\":\"AS64500\","
    "\"probe_network_name\":\"Vale Telecom\","
    "\"x_client_address\":\"130.192.91.211\","
    "\"utc_time\":\"2026-11-24T00:00:00Z\",\"conf\":{\"features\":{},"
    "\"test_helpers\":{\"dns\":[{\"address\":\"1.2.3.4:57004\",\"type\":"
    "\"legacy\"}],\"web-connectivity\":["
    "{\"address\":\"httpo://abc.onion\",\"type\":\"onion\"},"
    "{\"address\":\"http://0.th.example\",\"type\":\"https\"},"
    "{\"address\":\"https://1.th.example\",\"type\":\"https\"},"
    "{\"address\":\"https://2.th.example\",\"type\":\"cloudfront\","
    "\"front\":\"x.example\"},{\"type\":\"https\"},7]}},\"tests\":{}}";

static void a_check_in_names_place_and_usable_helpers(void **state)
{
    (void)state;
    struct region *r = region_new(1 << 20);
    struct checkin c;
    struct diag d = {""};
    assert_int_equal(checkin_parse(r, str_c(good), &c, &d), ERR_OK);
    assert_string_equal(c.cc, "XZ");
    assert_int_equal(c.asn, 64500);
    assert_string_equal(c.org, "Vale Telecom");
    assert_int_equal(c.server_s, 1795478400);
    assert_int_equal(c.seen.family, 4);
    assert_int_equal(c.seen.b[3], 211);
    assert_int_equal(c.n_helpers, 2);
    assert_false(c.defers);
    assert_string_equal(c.helpers[0].url, "https://1.th.example");
    assert_string_equal(c.helpers[1].type, "cloudfront");
    region_free(r);
}

static void a_check_in_that_makes_no_sense_names_what_is_wrong(void **state)
{
    (void)state;

    static const struct {
        const char *body, *word;
    } bad[] = {
        {"", "" /* any reason */},
        {"<html>", ""},
        {"[]", "object"},
        {"{}", "probe_cc"},
        {"{\"probe_cc\":\"xz\",\"probe_asn\":\"AS1\"}", "probe_cc"},
        {"{\"probe_cc\":\"XZ\"}", "probe_asn"},
        {"{\"probe_cc\":\"XZ\",\"probe_asn\":\"64500\"}", "probe_asn"},
        {"{\"probe_cc\":\"XZ\",\"probe_asn\":\"AS4294967296\"}", "probe_asn"},
        {"{\"probe_cc\":\"XZ\",\"probe_asn\":\"AS1\",\"conf\":[]}",
         "test_helpers"},
    };
    struct region *r = region_new(1 << 20);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct checkin c;
        struct diag d = {""};
        assert_int_equal(checkin_parse(r, str_c(bad[i].body), &c, &d),
                         ERR_PARSE);
        assert_non_null(strstr(d.text, bad[i].word));
        assert_true(d.text[0] != '\0');
    }
    region_free(r);
}

static void
helpers_are_remembered_for_one_collector_and_the_next_month(void **state)
{
    (void)state;
    char home[64];
    char month[CHECKIN_MONTH];
    struct region *r = region_new(1 << 20);
    struct checkin c;
    struct checkin back;
    struct diag d = {""};
    int64_t now = 1795478400;
    tmp_path(home, sizeof(home), "test_upload_XXXXXX");
    assert_non_null(mkdtemp(home));
    setenv("XDG_STATE_HOME", home, 1);
    assert_int_equal(checkin_parse(r, str_c(good), &c, &d), ERR_OK);
    assert_int_equal(
        checkin_cached(r, "https://a.example", now, &back, month, &d),
        ERR_NOTFOUND);
    assert_int_equal(checkin_remember("https://a.example", now, &c, &d),
                     ERR_OK);
    assert_int_equal(
        checkin_cached(r, "https://a.example", now, &back, month, &d), ERR_OK);
    assert_int_equal(back.n_helpers, 2);
    assert_string_equal(back.helpers[1].url, "https://2.th.example");
    assert_string_equal(back.cc, "ZZ");
    assert_string_equal(month, "2026-11");
    assert_int_equal(
        checkin_cached(r, "https://b.example", now, &back, month, &d),
        ERR_NOTFOUND);
    assert_int_equal(checkin_cached(r, "https://a.example",
                                    now + INT64_C(31) * 86400, &back, month,
                                    &d),
                     ERR_OK);
    assert_int_equal(checkin_cached(r, "https://a.example",
                                    now + INT64_C(40) * 86400, &back, month,
                                    &d),
                     ERR_NOTFOUND);
    /* so is the offer to ask a control later */
    assert_false(checkin_defers("https://a.example", now));
    c.defers = true;
    assert_int_equal(checkin_remember("https://a.example", now, &c, &d),
                     ERR_OK);
    assert_true(checkin_defers("https://a.example", now));
    assert_false(checkin_defers("https://b.example", now));
    assert_false(
        checkin_defers("https://a.example", now + INT64_C(40) * 86400));
    /* an answer without any does not take these away */
    c.n_helpers = 0;
    assert_int_equal(checkin_remember("https://a.example", now, &c, &d),
                     ERR_INVAL);
    assert_int_equal(
        checkin_cached(r, "https://a.example", now, &back, month, &d), ERR_OK);
    assert_int_equal(back.n_helpers, 2);
    assert_int_equal(fs_remove_tree(home, &d), ERR_OK);
    region_free(r);
}

/* ---- own addresses ------------------------------------------------------ */

static void sorted(const char *const *text, size_t n, struct scrub *s,
                   bool *online)
{
    struct ip ips[8];
    for (size_t i = 0; i < n; i++) {
        assert_true(ip_parse(str_c(text[i]), &ips[i]));
    }
    ownaddr_sort(ips, n, s, online);
}

static void
the_public_address_is_known_only_if_an_interface_has_it(void **state)
{
    (void)state;
    struct scrub s;
    bool online;
    sorted((const char *const[]){"130.192.91.211", "fe80::1"}, 2, &s, &online);
    assert_true(online && s.known4 && !s.known6);
    assert_int_equal(s.n_own, 2);
    sorted((const char *const[]){"192.168.1.7"}, 1, &s, &online);
    assert_true(online && !s.known4 && !s.known6);
    assert_null(ownaddr_public(&s));
    /* behind a translating router for IPv4, open to the world by IPv6 */
    sorted((const char *const[]){"192.168.1.7", "2a00:1450::7"}, 2, &s,
           &online);
    assert_true(online && !s.known4 && s.known6);
    assert_int_equal(s.own[0].family, 6);
    sorted((const char *const[]){"2a00:1450::7"}, 1, &s, &online);
    /* whose IPv4 address is that of a translator (NAT64) */
    assert_true(online && !s.known4 && s.known6);
}

static void the_check_in_tells_the_address_of_its_family(void **state)
{
    (void)state;
    struct scrub s;
    bool online;
    struct ip ip;
    sorted((const char *const[]){"192.168.1.7"}, 1, &s, &online);
    assert_true(ip_parse(STR("130.192.91.211"), &ip));
    ownaddr_learn(&s, &ip);
    assert_true(s.known4 && !s.known6);
    assert_true(scrub_own_is(&s, &ip));
    assert_int_equal(s.n_own, 2);
    assert_true(ip_eq(ownaddr_public(&s), &ip));
    assert_true(ip_parse(STR("2a00:1450::7"), &ip));
    ownaddr_learn(&s, &ip);
    assert_true(s.known4 && s.known6);
    sorted((const char *const[]){"192.168.1.7"}, 1, &s, &online);
    assert_true(ip_parse(STR("10.0.0.1"), &ip));
    ownaddr_learn(&s, &ip); /* a collector at home sees no public one */
    assert_true(!s.known4 && s.n_own == 1);
    ip = (struct ip){.family = 0};
    ownaddr_learn(&s, &ip);
    assert_true(!s.known4 && s.n_own == 1);
}

static void who_goes_by_a_proxy_learns_nothing_of_the_check_in(void **state)
{
    (void)state;
    static const char *const names[] = {"https_proxy", "ALL_PROXY"};
    if (!getenv("https_proxy")) {
        assert_false(ownaddr_is_proxied());
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *was = getenv(names[i]);
        assert_int_equal(setenv(names[i], "socks5h://127.0.0.1:9050", 1), 0);
        assert_true(ownaddr_is_proxied());
        assert_int_equal(was ? setenv(names[i], was, 1) : unsetenv(names[i]),
                         0);
    }
}

static void loopback_and_link_local_are_not_being_online(void **state)
{
    (void)state;
    struct scrub s;
    bool online = true;
    sorted((const char *const[]){"127.0.0.1", "::1", "fe80::1"}, 3, &s,
           &online);
    assert_false(online);
    assert_false(s.known4 || s.known6);
    sorted(NULL, 0, &s, &online);
    assert_false(online);
}

static void a_collector_is_https_or_this_machine(void **state)
{
    (void)state;
    struct diag d = {""};
    assert_int_equal(ways_check_url("https://api.example.org", &d), ERR_OK);
    assert_int_equal(ways_check_url("https://api.example.org/x/", &d), ERR_OK);
    assert_int_equal(ways_check_url("http://127.0.0.1:8080", &d), ERR_OK);
    assert_int_equal(ways_check_url("http://localhost:8080/", &d), ERR_OK);
    static const char *const bad[] = {
        "http://api.example.org", "ftp://api.example.org",
        "api.example.org",        "https://",
        "http://10.0.0.1:8080",   "https://a.example/?b",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(ways_check_url(bad[i], &d), ERR_INVAL);
    }
}

/* Every way in which a request of ours can fail is told in words. */
static void what_is_wrong_with_an_answer_is_told_in_words(void **state)
{
    (void)state;
    char words[UPLOAD_ANSWER_WORDS];
    for (int f = FAILURE_NONE + 1; f <= FAILURE_COUNT; f++) {
        const char *text = failure_text((enum failure)f);
        struct backend_answer a = {
            .failure = f < FAILURE_FOREIGN
                           ? text
                           : "unknown_failure: OpenSSL SSL_connect: error:0A"};
        upload_answer_words(&a, words);
        assert_true(words[0] && !strpbrk(words, "_:"));
    }
    for (int e = ERR_NOMEM; e <= ERR_INTERNAL; e++) {
        struct backend_answer a = {.internal = (enum err)e,
                                   .failure = "unknown_failure: x"};
        upload_answer_words(&a, words);
        assert_true(words[0] && !strpbrk(words, "_:"));
    }
    for (int status = 200; status < 600; status += 50) {
        struct backend_answer a = {.status = status};
        upload_answer_words(&a, words);
        assert_true(words[0] && !strpbrk(words, "_:"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_with_an_answer_is_told_in_words),
        cmocka_unit_test(only_a_uid_means_stored),
        cmocka_unit_test(nonsense_with_status_200_is_not_taken_for_an_answer),
        cmocka_unit_test(what_the_collector_refuses_is_not_sent_again),
        cmocka_unit_test(a_failed_call_is_tried_again),
        cmocka_unit_test(a_report_id_may_only_be_plain),
        cmocka_unit_test(only_who_names_our_dictionary_has_it),
        cmocka_unit_test(a_check_in_names_place_and_usable_helpers),
        cmocka_unit_test(a_check_in_that_makes_no_sense_names_what_is_wrong),
        cmocka_unit_test(
            helpers_are_remembered_for_one_collector_and_the_next_month),
        cmocka_unit_test(
            the_public_address_is_known_only_if_an_interface_has_it),
        cmocka_unit_test(the_check_in_tells_the_address_of_its_family),
        cmocka_unit_test(who_goes_by_a_proxy_learns_nothing_of_the_check_in),
        cmocka_unit_test(loopback_and_link_local_are_not_being_online),
        cmocka_unit_test(a_collector_is_https_or_this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
