// SPDX-License-Identifier: Apache-2.0
/* Rules that few records meet: for each what it needs, and what is missing
 * when it must not apply. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"

#define FORGED "8.7.198.45" /* among the built-in fingerprints */
#define WHOAMI                                                                 \
    "\"x_dns_whoami\":{\"system_v4\":[{\"address\":\"198.51.99.9\"}]},"

static void add_fingerprints(const char *rows)
{
    const char *csv = region_printf(
        region,
        "name,scope,other_names,location_found,pattern_type,pattern,"
        "confidence_no_fp,expected_countries,source,exp_url,notes\n%s",
        rows);
    size_t before = fingerprints_count(fps);
    assert_int_equal(
        fingerprints_add_csv(fps, "rows", str_c(csv), NULL, NULL, NULL),
        ERR_OK);
    assert_true(fingerprints_count(fps) > before);
}

static bool tells(const struct reason *list, size_t n, const char *rule)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rule_of(list[i]), rule) == 0) {
            return true;
        }
    }
    return false;
}

static void fresh(void)
{
    for (size_t i = 0; i < 9; i++) {
        buf_clear(&rec.part[i]);
    }
    extra = "";
    input = "https://" HOST "/";
}

/* ---- the name ------------------------------------------------------------ */

static void a_name_that_only_this_resolver_refuses(void **state)
{
    (void)state;
    system_dns("dns_refused_error");
    udp_dns(RIGHT);
    https_page(50001, RIGHT, 200);
    good_control();
    extra = WHOAMI;
    expect(X_BLOCKED, "dns", "dns_refused_for_this_name");
    extra = ""; /* it may refuse every name */
    expect(X_INCONCLUSIVE, "-", "dns_failure_of_unknown_cause");
}

static void a_resolver_that_could_not_find_out(void **state)
{
    (void)state;
    system_dns("dns_servfail_error");
    udp_dns(RIGHT);
    https_page(50001, RIGHT, 200);
    good_control();
    expect(X_INCONCLUSIVE, "-", "dns_servfail");
}

static void forged_at(const char *address)
{
    fresh();
    system_dns(address);
    udp_dns(RIGHT);
    https_flow(50001, address, "generic_timeout_error", NULL);
    https_page(50002, RIGHT, 200);
    good_control();
}

static void known_forged_addresses_are_dns_blocking(void **state)
{
    (void)state;
    country = "CN";
    forged_at(FORGED);
    expect(X_BLOCKED, "dns", "dns_known_forged_address");
    /* an imported list knows more */
    forged_at(WRONG);
    expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
    add_fingerprints("x,nat,,dns,full," WRONG ",5,,,,\n");
    expect(X_BLOCKED, "dns", "dns_known_forged_address");
    /* whole ranges that no public site is in: all forged AAAA answers of the
     * GFW are Teredo addresses, many A answers reserved ones */
    forged_at("2001::1f0d:5e0a");
    expect(X_BLOCKED, "dns", "dns_bogon_answer");
    forged_at("243.185.187.39");
    expect(X_BLOCKED, "dns", "dns_bogon_answer");
}

static void known_forged_aliases_are_dns_blocking(void **state)
{
    (void)state;
    country = "ID";
    put(QUERIES,
        "{\"transaction_id\":10001,\"engine\":\"getaddrinfo\",\"query_type\":"
        "\"ANY\",\"hostname\":\"" HOST "\",\"failure\":null,\"answers\":[{"
        "\"answer_type\":\"CNAME\",\"hostname\":\"internet-positif.org\"},{"
        "\"answer_type\":\"A\",\"ipv4\":\"" WRONG
        "\"}],\"tags\":[\"depth=0\"]}");
    udp_dns(RIGHT);
    https_flow(50001, WRONG, "generic_timeout_error", NULL);
    https_page(50002, RIGHT, 200);
    good_control();
    expect(X_BLOCKED, "dns", "dns_known_forged_address");
}

static void a_forged_address_given_to_the_site_since_is_the_sites(void **state)
{
    (void)state;
    system_dns(FORGED);
    https_page(50001, FORGED, 200);
    control_dns(FORGED);
    control_endpoint(FORGED ":443", NULL, NULL);
    control_page(NULL);
    expect(X_OK, "-", "page_over_verified_tls");
}

static void a_difference_that_nothing_confirms(void **state)
{
    (void)state;
    forged_at(WRONG); /* the control did not try it */
    expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
    fresh();
    system_dns("dns_nxdomain_error");
    doh_dns("dns_nxdomain_error"); /* nobody on the way reads that */
    good_control();
    expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
}

/* ---- an answer that is too early ----------------------------------------- */

#define EXCHANGE(list, server, took)                                           \
    "\"" list "\":[{\"transaction_id\":10001,\"engine\":\"udp\","              \
    "\"hostname\":\"" HOST "\",\"query_type\":\"A\",\"failure\":null,"         \
    "\"answers\":[],\"resolver_address\":\"" server                            \
    "\",\"tags\":[\"depth=0\"],\"t0\":1,\"t\":1" took "}],"
#define SYSTEM_TOOK(took) EXCHANGE("x_system_queries", "192.5.5.241:53", took)
#define FASTEST(server, took, n)                                               \
    "\"x_dns_fastest\":[{\"resolver_address\":\"" server "\",\"t\":" took      \
    ",\"n\":" n "}],"
#define EARLY SYSTEM_TOOK(".01") FASTEST("192.5.5.241:53", "0.1", "12")
#define BOTH_EARLY                                                             \
    SYSTEM_TOOK(".01")                                                         \
    "\"x_dns_fastest\":[{\"resolver_address\":\"192.5.5.241:53\",\"t\":0.1,"   \
    "\"n\":8},{\"resolver_address\":\"199.7.83.42:53\",\"t\":0.08,\"n\":6}],"

static void negative_answer(const char *timing)
{
    fresh();
    system_dns("dns_nxdomain_error");
    https_page(50001, RIGHT, 200);
    good_control();
    extra = timing;
}

/* A dead address from the system's resolver and, after `took`, one from the
 * public resolver at `server`; the site is at another. */
static void dead_address(const char *public_answer, const char *server,
                         const char *took)
{
    fresh();
    system_dns(WRONG);
    put(QUERIES,
        "{\"transaction_id\":20001,\"engine\":\"udp\",\"query_type\":\"A\","
        "\"hostname\":\"" HOST "\",\"failure\":null,\"answers\":[{"
        "\"answer_type\":\"A\",\"ipv4\":\"%s\"}],\"resolver_address\":\"%s\","
        "\"tags\":[\"depth=0\"],\"t0\":1,\"t\":1%s}",
        public_answer, server, took);
    https_flow(50001, WRONG, "generic_timeout_error", NULL);
    https_page(50002, RIGHT, 200);
    good_control();
    extra = BOTH_EARLY;
}

static void early_answers_of_two_resolvers_tip_a_dead_address(void **state)
{
    (void)state;
    dead_address(WRONG, "199.7.83.42:53", ".012");
    struct verdict v = verdict_now();
    assert_int_equal(v.state, X_BLOCKED);
    assert_string_equal(method_name(v.method), "dns");
    assert_true(v.confidence < 0.75);
    assert_string_equal(rule_of(v.reasons[0]), "dns_address_serves_nothing");
    assert_string_equal(rule_of(v.reasons[1]), "dns_answer_too_early");
    assert_int_equal(v.reasons[1].ids[0], 10001);
    assert_true(tells(v.alternatives, v.n_alternatives, "resolver_outdated"));
    assert_true(v.want_again); /* it may still be chance */
}

static void one_early_answer_tips_no_dead_address(void **state)
{
    (void)state;
    dead_address(WRONG, "199.7.83.42:53", ".07"); /* as fast as ever */
    expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
    dead_address(RIGHT, "199.7.83.42:53", ".012"); /* another answer */
    expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
    dead_address(WRONG, "192.5.5.241:53", ".012"); /* the same resolver */
    expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
    dead_address(WRONG, "199.7.83.42:53", ".012");
    extra = SYSTEM_TOOK(".07") FASTEST("199.7.83.42:53", "0.08", "8");
    expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
    /* the control did try it, and it is answered there */
    dead_address(WRONG, "199.7.83.42:53", ".012");
    put(CTL_TCP, "\"" WRONG ":443\":{\"status\":true,\"failure\":null}");
    struct verdict v = verdict_now();
    assert_false(tells(v.reasons, v.n_reasons, "dns_answer_too_early"));
}

static bool raises(const char *timing)
{
    negative_answer(timing);
    struct verdict v = verdict_now();
    return tells(v.reasons, v.n_reasons, "dns_answer_too_early");
}

static void what_is_not_far_sooner_is_not_early(void **state)
{
    (void)state;
    static const char *const timings[] = {
        "",
        SYSTEM_TOOK(".01"),
        SYSTEM_TOOK(".06") FASTEST("192.5.5.241:53", "0.1", "12"),
        SYSTEM_TOOK(".001") FASTEST("192.5.5.241:53", "0.008", "12"),
        SYSTEM_TOOK(".01") FASTEST("192.5.5.241:53", "0.1", "3"),
        SYSTEM_TOOK(".01") FASTEST("192.5.5.242:53", "0.1", "12"),
        SYSTEM_TOOK(".01") FASTEST("192.5.5.241:53", "-0.1", "12"),
    };
    assert_true(raises(EARLY));
    for (size_t i = 0; i < sizeof(timings) / sizeof(*timings); i++) {
        assert_false(raises(timings[i]));
    }
}

static void an_early_answer_alone_accuses_nobody(void **state)
{
    (void)state;
    /* a cache at home, and the site is there */
    system_dns(RIGHT);
    https_page(50001, RIGHT, 200);
    good_control();
    extra = EARLY;
    expect(X_OK, "-", "page_over_verified_tls");
    /* nothing proves that the site is elsewhere */
    dead_address(WRONG, "199.7.83.42:53", ".012");
    buf_clear(&rec.part[HANDSHAKES]);
    buf_clear(&rec.part[REQUESTS]);
    expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
    /* an encrypted lookup denies it too */
    fresh();
    system_dns("dns_nxdomain_error");
    doh_dns("dns_nxdomain_error");
    good_control();
    extra = EARLY;
    expect(X_INCONCLUSIVE, "-", "dns_differs_unconfirmed");
}

static void an_early_answer_raises_the_confidence(void **state)
{
    (void)state;
    negative_answer("");
    double without = verdict_now().confidence;
    negative_answer(EARLY);
    struct verdict v = verdict_now();
    assert_string_equal(rule_of(v.reasons[0]),
                        "dns_negative_answer_contradicted");
    assert_string_equal(rule_of(v.reasons[1]), "dns_answer_too_early");
    assert_true(v.confidence > without && v.confidence < 1);
}

/* A late answer to the same question tells how long the resolver takes; one
 * that a forger sends twice does not make his first one usual. */
static void the_last_answer_to_a_question_is_a_measure_too(void **state)
{
    (void)state;

    static const struct {
        const char *late[2];
        bool early;
    } cases[] = {
        {{"1.1", NULL}, true},
        {{"1.02", "1.1"}, true},
        {{"1.015", NULL}, false},
    };

    for (size_t i = 0; i < 3; i++) {
        negative_answer(SYSTEM_TOOK(".01"));
        for (size_t k = 0; k < 2 && cases[i].late[k]; k++) {
            put(DUPLICATES,
                "{\"transaction_id\":10001,\"engine\":\"udp\",\"hostname\":"
                "\"" HOST "\",\"query_type\":\"A\",\"failure\":"
                "\"dns_nxdomain_error\",\"answers\":null,\"resolver_address\":"
                "\"192.5.5.241:53\",\"tags\":[\"depth=0\"],\"t0\":1,\"t\":%s}",
                cases[i].late[k]);
        }
        struct verdict v = verdict_now();
        assert_int_equal(v.state, X_BLOCKED);
        assert_int_equal(tells(v.reasons, v.n_reasons, "dns_answer_too_early"),
                         cases[i].early);
    }
}

static void mistyped_timings_are_named(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"\"x_dns_fastest\":7,", "test_keys.x_dns_fastest: want an array"},
        {"\"x_dns_fastest\":[7],", "test_keys.x_dns_fastest[0]: want an"},
        {"\"x_dns_fastest\":[{\"t\":\"1\"}],", "test_keys.x_dns_fastest[0].t"},
        {"\"x_dns_fastest\":[{\"n\":1.5}],", "test_keys.x_dns_fastest[0].n"},
        {"\"x_system_queries\":{},", "test_keys.x_system_queries: want an"},
        {"\"x_system_queries\":[{\"engine\":\"udp\",\"t\":[]}],",
         "test_keys.x_system_queries[0].t: want a number"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct verdict v;
        struct diag d = {""};
        fresh();
        system_dns(RIGHT);
        extra = cases[i][0];
        assert_int_equal(compute(record_text(), &v, &d), ERR_PARSE);
        if (!strstr(d.text, cases[i][1])) {
            print_error("%s\n", d.text);
            fail();
        }
    }
    fresh();
    system_dns(RIGHT);
    extra = "\"x_dns_fastest\":null,\"x_system_queries\":null,";
    assert_int_not_equal(verdict_now().state, X_BLOCKED);
}

/* ---- the address and the handshake --------------------------------------- */

static void the_https_port_alone_is_closed_here(void **state)
{
    (void)state;
    for (int control_too = 0; control_too < 2; control_too++) {
        fresh();
        input = "http://" HOST "/";
        system_dns(RIGHT);
        connect_to(40001, RIGHT, 80, 0, true, NULL);
        connect_to(50001, RIGHT, 443, 0, false, "connection_refused");
        request(40001, input, NULL, 200, HEADERS, PAGE);
        control_dns(RIGHT);
        control_endpoint(RIGHT ":80", NULL, NULL);
        control_endpoint(RIGHT ":443",
                         control_too ? "connection_refused_error" : NULL, NULL);
        control_page(NULL);
        if (control_too) {
            expect(X_OK, "-", "page_same_as_control");
        } else {
            expect(X_BLOCKED, "ip", "tcp_failure_on_https_port_only");
        }
    }
}

static void a_handshake_that_fails_as_servers_make_it_fail(void **state)
{
    (void)state;
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, "ssl_failed_handshake");
    good_control();
    expect(X_INCONCLUSIVE, "-", "tls_failure_of_other_kind");
}

/* ---- the page ------------------------------------------------------------ */

static void redirected_to(const char *host)
{
    fresh();
    input = "http://" HOST "/";
    system_dns(RIGHT);
    connect_to(40001, RIGHT, 80, 0, true, NULL);
    request(40001, input, NULL, 302,
            region_printf(region, "\"Location\":\"https://%s/\"", host), "");
    lookup(QUERIES, 10002, "getaddrinfo", "ANY", host, 1, WRONG);
    connect_to(50001, WRONG, 443, 1, true, NULL);
    handshake(50001, host, NULL);
    request(50001, region_printf(region, "https://%s/", host), NULL, 200,
            "\"Server\":\"x\"", OTHER);
    good_control();
}

static void a_cleartext_redirect_to_somebody_else(void **state)
{
    (void)state;
    redirected_to("notice.example.org");
    expect(X_INCONCLUSIVE, "-", "redirected_to_another_site");
    redirected_to("www." HOST);
    expect(X_OK, "-", "page_over_verified_tls");
}

static void cleartext_page(const char *body)
{
    fresh();
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, NULL, 200, "\"Server\":\"x\"", body);
    good_control();
}

static void filters_that_institutions_choose_accuse_nobody(void **state)
{
    (void)state;
    add_fingerprints("x,inst,,body,contains,School filter,9,,,,\n"
                     "y,inst,,header.via,full,1.1 office,9,,,,\n");
    cleartext_page("<p>School filter: no games</p>");
    expect(X_INCONCLUSIVE, "-", "page_of_local_institution");
    fresh();
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, NULL, 200, "\"Via\":\"1.1 office\"", OTHER);
    good_control();
    expect(X_INCONCLUSIVE, "-", "page_of_local_institution");
}

/* The site itself says it, to the control as well. */
static void a_header_that_everybody_gets_is_no_block_page(void **state)
{
    (void)state;
    add_fingerprints("x,isp,,header.server,full,FilterD,9,,,,\n");
    for (int same = 0; same < 2; same++) {
        fresh();
        system_dns(RIGHT);
        http_flows(RIGHT);
        request(40001, input, NULL, 200, "\"Server\":\"FilterD\"",
                same ? PAGE : OTHER);
        good_control();
        expect(same ? X_OK : X_BLOCKED, same ? "-" : "http",
               same ? "page_same_as_control" : "block_page_known");
    }
}

static void vague_words_accuse_nobody(void **state)
{
    (void)state;
    add_fingerprints("x,vbw,,body,contains,has been blocked,2,,,,\n");
    cleartext_page("<p>The road has been blocked by snow</p>");
    struct verdict v = verdict_now();
    assert_false(tells(v.reasons, v.n_reasons, "block_page_known"));
}

static void harmless_pages_are_asked_for_first(void **state)
{
    (void)state;
    add_fingerprints("x,nat,,body,contains,is blocked,9,,,,\n");
    cleartext_page("<p>This is blocked. Default page of a hoster.</p>");
    expect(X_BLOCKED, "http", "block_page_known");
    add_fingerprints("y,fp,,body,contains,page of a hoster,9,,,,\n");
    struct verdict v = verdict_now();
    assert_false(tells(v.reasons, v.n_reasons, "block_page_known"));
    assert_true(
        tells(v.alternatives, v.n_alternatives, "page_known_as_harmless"));
}

static void a_block_page_inside_verified_tls_is_the_servers(void **state)
{
    (void)state;
    add_fingerprints(
        "x,nat,,body,contains,<title>Newspaper of record</title>,9,,,,\n");
    system_dns(RIGHT);
    https_page(50001, RIGHT, 200);
    good_control();
    expect(X_OK, "-", "page_over_verified_tls");
}

/* ---- the control, ourselves ---------------------------------------------- */

static void a_control_without_a_page_is_no_measure(void **state)
{
    (void)state;
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, NULL, 200, HEADERS, PAGE);
    control_dns(RIGHT);
    control_endpoint(RIGHT ":80", "generic_timeout_error", NULL);
    control_page("generic_timeout_error");
    expect(X_INCONCLUSIVE, "-", "control_got_no_page");
}

static void a_record_without_any_step_says_nothing(void **state)
{
    (void)state;
    expect(X_INCONCLUSIVE, "-", "nothing_measured");
    good_control();
    expect(X_INCONCLUSIVE, "-", "nothing_measured");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_name_that_only_this_resolver_refuses),
        T(a_resolver_that_could_not_find_out),
        T(known_forged_addresses_are_dns_blocking),
        T(known_forged_aliases_are_dns_blocking),
        T(a_forged_address_given_to_the_site_since_is_the_sites),
        T(a_difference_that_nothing_confirms),
        T(early_answers_of_two_resolvers_tip_a_dead_address),
        T(one_early_answer_tips_no_dead_address),
        T(what_is_not_far_sooner_is_not_early),
        T(an_early_answer_alone_accuses_nobody),
        T(an_early_answer_raises_the_confidence),
        T(the_last_answer_to_a_question_is_a_measure_too),
        T(mistyped_timings_are_named),
        T(the_https_port_alone_is_closed_here),
        T(a_handshake_that_fails_as_servers_make_it_fail),
        T(a_cleartext_redirect_to_somebody_else),
        T(filters_that_institutions_choose_accuse_nobody),
        T(a_header_that_everybody_gets_is_no_block_page),
        T(vague_words_accuse_nobody),
        T(harmless_pages_are_asked_for_first),
        T(a_block_page_inside_verified_tls_is_the_servers),
        T(a_control_without_a_page_is_no_measure),
        T(a_record_without_any_step_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
