// SPDX-License-Identifier: Apache-2.0
/* A resolver that leads to a notice server, and what looks like one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict/rules.h"
#include "verdict/verdict.h"
#include <stdio.h>
#include <string.h>

#define HOST   "newspaper.test"
#define SITE   "198.41.0.4"
#define NOTICE "193.0.14.129"

#define CONTROL_LEN 300
#define SHARED(n)                                                              \
    "\"x_run\":{\"others_same_address\":1,\"others_elsewhere\":1,"             \
    "\"addresses\":[{\"ip\":\"" NOTICE "\"," n "}]},"
#define APART    SHARED("\"names\":1,\"other_networks\":1,\"notices\":0")
#define TOGETHER SHARED("\"names\":2,\"other_networks\":0,\"notices\":0")
#define TOLD     SHARED("\"names\":1,\"other_networks\":0,\"notices\":1")

#define SAYS "<html><title>Avviso</title>Accesso inibito.</html>"
#define OWN                                                                    \
    "<title>Newspaper of record</title>The news of today, of the town and of " \
    "the country, of the sea and of those who live on it; what it will cost "  \
    "and whom it will please, who won and who lost, what was said of it in "   \
    "the house and before the house, and tomorrow's weather."
#define SAYS_NAME "<html><title>Gazzetta</title>Newspaper: archivio</html>"

/* What one measurement sees; zeroed: an https site of which the system's
 * resolver knows nothing but an address where nobody answers. */
struct seen {
    bool http;
    bool unproven;       /* the site's own address shows no certificate */
    bool tls;            /* somebody answers at its port of https, too */
    bool right;          /* the system's resolver gives that */
    const char *udp;     /* answer of a public resolver; NULL: the site's */
    const char *doh;     /* the same of an encrypted one */
    bool no_control;     /* it got no page */
    int status;          /* of the page in cleartext; 0: none came */
    const char *headers; /* members; NULL: none */
    const char *body;
    bool stopped;    /* the probe follows no redirect to there */
    const char *run; /* members before the rest; NULL: none */
};

static struct region *region;
static int asn_of_notice;   /* the site's is 64500 */
static const char *network; /* the volunteer's */

static int setup(void **state)
{
    (void)state;
    region = region_new(16u << 20);
    asn_of_notice = 64999;
    network = "AS64999";
    return region ? 0 : 1;
}

static int teardown(void **state)
{
    (void)state;
    region_free(region);
    return 0;
}

static char *lookup(int id, const char *engine, const char *ip)
{
    char *one = region_printf(
        region, "{\"answer_type\":\"A\",\"ipv4\":\"%s\",\"asn\":%d}", ip,
        strcmp(ip, SITE) == 0 ? 64500 : asn_of_notice);
    assert_non_null(one);
    char *text = region_printf(
        region,
        "{\"transaction_id\":%d,\"engine\":\"%s\",\"query_type\":\"%s\","
        "\"hostname\":\"" HOST "\",\"failure\":%s,\"answers\":[%s],"
        "\"tags\":[\"depth=0\"],\"t0\":0.1,\"t\":0.2}",
        id, engine, id < 20000 ? "ANY" : "A",
        ip[0] ? "null" : "\"generic_timeout_error\"", ip[0] ? one : "");
    assert_non_null(text);
    return text;
}

static char *page(int id, const char *url, const struct seen *s)
{
    char *text = region_printf(
        region,
        "{\"transaction_id\":%d,\"failure\":%s,\"request\":{\"url\":\"%s\"},"
        "\"response\":{\"code\":%d,\"headers\":{%s},\"body\":\"%s\","
        "\"body_is_truncated\":false},\"tags\":[\"depth=0\"]}",
        id, s->stopped ? "\"unknown_failure: not public\"" : "null", url,
        s->status, s->headers ? s->headers : "", s->body ? s->body : "");
    assert_non_null(text);
    return text;
}

#define REFUSED "\"connection_refused\""
#define CONNECT(id, ip, port, fetch, failure)                                  \
    "{\"transaction_id\":" id ",\"ip\":\"" ip "\",\"port\":" port              \
    ",\"status\":{\"failure\":" failure "},\"tags\":[\"depth=0\","             \
    "\"fetch_body=" fetch "\"]}"

static char *control(const struct seen *s)
{
    char *text = region_printf(
        region,
        "\"x_control_request\":{\"http_request\":\"%s://" HOST "/\"},"
        "\"control\":{\"tcp_connect\":{\"" SITE ":%s\":{\"status\":true,"
        "\"failure\":null},\"" NOTICE ":443\":{\"status\":false,\"failure\":"
        "\"generic_timeout_error\"}},\"tls_handshake\":{},\"dns\":{\"failure\":"
        "null,\"addrs\":[\"" SITE "\"]},\"ip_info\":{\"" SITE "\":{\"asn\":"
        "64500,\"flags\":2}},\"http_request\":{\"failure\":%s,\"status_code\":"
        "%d,\"body_length\":%d,\"title\":\"Newspaper of record\",\"headers\":"
        "{\"X-Cache\":\"HIT\"}}}",
        s->http ? "http" : "https", s->http ? "80" : "443",
        s->no_control ? "\"connection_reset\"" : "null",
        s->no_control ? -1 : 200, s->no_control ? -1 : CONTROL_LEN);
    assert_non_null(text);
    return text;
}

/* Members of test_keys. */
static const char *keys(const struct seen *s)
{
    const char *handshake =
        s->unproven ? ""
                    : "{\"transaction_id\":50002,\"server_name\":\"" HOST
                      "\",\"failure\":null,\"no_tls_verify\":false}";
    char *own = region_printf(
        region, "%s," CONNECT("50002", SITE, "443", "%s", "%s"),
        s->http
            ? CONNECT("40001", NOTICE, "80", "true", "null") "," CONNECT(
                  "40002", SITE, "80", "true",
                  "null") "," CONNECT("50001", NOTICE, "443", "false", REFUSED)
        : s->tls ? CONNECT("50001", NOTICE, "443", "true", "null")
                 : CONNECT("50001", NOTICE, "443", "true", REFUSED),
        s->unproven ? REFUSED : "null", s->http ? "false" : "true");
    assert_non_null(own);
    char *text = region_printf(
        region,
        "%s\"queries\":[%s,%s,%s],\"tcp_connect\":[%s],\"tls_handshakes\":[%s],"
        "\"requests\":[%s],%s",
        s->run ? s->run : "",
        lookup(10001, "getaddrinfo", s->right ? SITE : NOTICE),
        lookup(20001, "udp", s->udp ? s->udp : SITE),
        lookup(30001, "doh", s->doh ? s->doh : SITE), own, handshake,
        s->http && s->status ? page(40001, "http://" HOST "/", s) : "",
        control(s));
    assert_non_null(text);
    return text;
}

static const char *again(const struct seen *s)
{
    char *text = region_printf(
        region, "{\"kind\":\"again\",\"after\":15.5,\"test_keys\":{%s}}",
        keys(s));
    assert_non_null(text);
    return text;
}

/* One page in cleartext; status 0: nothing was asked. */
static const char *page_at(const char *ip, const struct seen *s)
{
    char *flow = region_printf(
        region,
        "\"tcp_connect\":[{\"transaction_id\":240001,\"ip\":\"%s\",\"port\":80,"
        "\"status\":{\"failure\":null},\"tags\":[\"depth=0\","
        "\"fetch_body=true\"]}],\"requests\":[%s]",
        ip, page(240001, "http://" HOST "/", s));
    char *text = region_printf(
        region, "{\"kind\":\"page\",\"after\":16,\"test_keys\":{%s%s}}",
        s->run ? s->run : "", s->status ? flow : "\"queries\":[]");
    assert_non_null(text);
    return text;
}

/* The record of a first measurement, with further ones (NULL: fewer). */
static struct verdict verdict_of(const struct seen *s, const char *second,
                                 const char *third)
{
    struct json_doc *doc = NULL;
    struct verdict v;
    struct diag d = {""};
    char *text = region_printf(
        region,
        "{\"input\":\"%s://" HOST "/\",\"test_name\":\"web_connectivity\","
        "\"probe_asn\":\"%s\",\"test_keys\":{%s,\"control_failure\":null,"
        "\"x_retest\":[%s%s%s]}}",
        s->http ? "http" : "https", network, keys(s), second ? second : "",
        third ? "," : "", third ? third : "");
    assert_non_null(text);
    enum err e = json_parse(str_c(text), NULL, &doc, &d);
    if (e) {
        print_error("%s\n%s\n", d.text, text);
    }
    assert_int_equal(e, ERR_OK);
    e = verdict_compute(region, json_root(doc), NULL, &v, &d);
    json_doc_free(doc);
    assert_int_equal(e, ERR_OK);
    return v;
}

static void assert_notice(struct verdict v)
{
    assert_int_equal(v.state, X_BLOCKED);
    assert_int_equal(v.method, METHOD_DNS);
    assert_int_equal(rules_of(v.reasons[0].note), RULE_DNS_NOTICE);
    assert_true(v.n_alternatives >= 2);
    assert_false(v.want_again);
}

static void assert_undecided(struct verdict v)
{
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_int_equal(v.method, METHOD_NONE);
}

/* ---- one row alone ------------------------------------------------------- */

static void
a_suspect_is_measured_again_and_then_asked_for_its_page(void **state)
{
    struct seen s = {.http = false};
    (void)state;
    struct verdict v = verdict_of(&s, NULL, NULL);
    assert_undecided(v);
    assert_true(v.want_again && !v.want_page);
    v = verdict_of(&s, again(&s), NULL);
    assert_undecided(v);
    assert_true(v.want_again);
    assert_string_equal(v.want_page, NOTICE);
    assert_string_equal(v.want_url, "http://" HOST "/");
}

static void a_notice_in_the_sites_place_is_interference(void **state)
{
    static const struct seen notices[] = {
        {.status = 200, .body = SAYS},
        {.status = 200, .body = "<iframe src='http://10.1.1.1/'></iframe>"},
        {.status = 200},
        {.status = 200, .headers = "\"X-Cache\":\"MISS\"", .body = SAYS},
        {.status = 403, .body = SAYS},
        {.status = 451, .body = SAYS},
        {.status = 302, .headers = "\"Location\":\"http://avviso.gov.test/\""},
        {.status = 302, .headers = "\"Location\":\"http://193.0.14.1/no\""},
        {.status = 302,
         .headers = "\"Location\":\"http://10.10.34.34/\"",
         .stopped = true},
    };
    struct seen s = {.http = false};
    (void)state;
    for (size_t i = 0; i < sizeof(notices) / sizeof(*notices); i++) {
        assert_notice(verdict_of(&s, again(&s), page_at(NOTICE, &notices[i])));
    }
}

/* Another customer of the site's hoster, or an edge; the twin: it is given for
 * sites that are hosted elsewhere, too. */
static void a_page_in_the_sites_own_network_is_no_notice(void **state)
{
    static const struct seen pages[] = {
        {.status = 200, .body = SAYS},
        {.status = 403, .body = SAYS},
        {.status = 302, .headers = "\"Location\":\"http://avviso.gov.test/\""},
    };
    struct seen s = {.http = false}, apart = {.run = APART};
    (void)state;
    asn_of_notice = 64500;
    for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
        assert_undecided(verdict_of(&s, again(&s), page_at(NOTICE, &pages[i])));
    }
    assert_notice(verdict_of(&apart, again(&apart), NULL));
}

static void what_a_sick_cache_says_is_no_notice(void **state)
{
    static const struct seen pages[] = {
        {.status = 404, .body = SAYS},
        {.status = 400, .body = SAYS},
        {.status = 503, .body = SAYS},
        {.status = 502},
        {.status = 403, .headers = "\"Server\":\"AkamaiGHost\"", .body = SAYS},
        {.status = 200,
         .body = "<title>Newspaper of record</title>not all of it"},
        {.status = 301, .headers = "\"Location\":\"https://" HOST "/\""},
        {.status = 302,
         .headers = "\"Location\":\"https://newspaper.example/\""},
        {.status = 302, /* a router at home */
         .headers = "\"Location\":\"http://192.168.1.1/\"",
         .stopped = true},
        {.status = 302, .headers = "\"Location\":\"//m." HOST "/\""},
        {.status = 302,
         .headers = "\"Location\":\"https://cdn.newspaper-static.example/\""},
        {.status = 302},
    };
    struct seen s = {.http = false};
    (void)state;
    for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
        struct verdict v =
            verdict_of(&s, again(&s), page_at(NOTICE, &pages[i]));
        assert_undecided(v);
        assert_false(v.want_again);
    }
}

/* What a country's edge does, which leads to a sister site. */
static void a_redirect_by_a_server_that_has_https_is_no_notice(void **state)
{
    struct seen s = {.tls = true};
    struct seen away = {.status = 302,
                        .headers = "\"Location\":\"https://gazette.example/\""};
    struct seen notice = {.status = 200, .body = SAYS};
    (void)state;
    assert_undecided(verdict_of(&s, again(&s), page_at(NOTICE, &away)));
    assert_notice(verdict_of(&s, again(&s), page_at(NOTICE, &notice)));
}

/* Its visit showed what is there, and was led on to where that leads. */
static void what_was_heard_in_cleartext_is_not_asked_for_again(void **state)
{
    struct seen s = {.http = true, .status = 404, .body = SAYS};
    (void)state;
    struct verdict v = verdict_of(&s, again(&s), NULL);
    assert_undecided(v);
    assert_null(v.want_page);
}

static void an_answer_that_does_not_come_again_is_no_finding(void **state)
{
    struct seen s = {.http = false}, well = {.right = true};
    struct seen notice = {.status = 200, .body = SAYS};
    (void)state;
    struct verdict v = verdict_of(&s, again(&well), NULL);
    assert_undecided(v);
    assert_false(v.want_again);
    assert_undecided(verdict_of(&s, again(&well), page_at(NOTICE, &notice)));
    /* nor is a page without a second look */
    assert_undecided(verdict_of(&s, page_at(NOTICE, &notice), NULL));
}

static void all_have_to_agree_before_anything_is_suspected(void **state)
{
    struct seen secret = {.doh = NOTICE};
    struct seen nobody = {.udp = NOTICE, .doh = NOTICE};
    struct seen no_page = {.no_control = true};
    (void)state;
    assert_false(verdict_of(&secret, NULL, NULL).want_again);
    assert_false(verdict_of(&nobody, NULL, NULL).want_again);
    assert_false(verdict_of(&no_page, NULL, NULL).want_again);
    /* what was lost is asked for again, and has to come then */
    struct seen notice = {.status = 200, .body = SAYS};
    struct seen lost = {.udp = "", .doh = ""}, s = {.tls = false};
    assert_true(verdict_of(&lost, NULL, NULL).want_again);
    assert_undecided(verdict_of(&lost, again(&lost), page_at(NOTICE, &notice)));
    assert_null(verdict_of(&lost, again(&lost), NULL).want_page);
    assert_notice(verdict_of(&lost, again(&s), page_at(NOTICE, &notice)));
    /* whoever answers every question by UDP does not get at the other */
    struct seen taken = {.udp = NOTICE};
    assert_true(verdict_of(&taken, NULL, NULL).want_again);
}

static void a_site_that_proves_itself_nowhere_is_not_asked_about(void **state)
{
    struct seen s = {.unproven = true};
    (void)state;
    struct verdict v = verdict_of(&s, again(&s), NULL);
    assert_true(v.state != X_BLOCKED);
    assert_null(v.want_page);
}

/* ---- sites that have only http ------------------------------------------- */

static void a_site_without_https_proves_itself_by_its_page(void **state)
{
    struct seen s = {
        .http = true, .unproven = true, .status = 200, .body = SAYS};
    struct seen own = {.status = 200, .body = OWN};
    struct seen within = {.status = 301,
                          .headers = "\"Location\":\"http://www." HOST "/\""};
    struct seen strange = {.status = 200, .body = SAYS};
    (void)state;
    struct verdict v = verdict_of(&s, again(&s), NULL);
    assert_true(v.want_again);
    assert_string_equal(v.want_page, SITE);
    assert_string_equal(v.want_url, "http://" HOST "/");
    assert_notice(verdict_of(&s, again(&s), page_at(SITE, &own)));
    assert_notice(verdict_of(&s, again(&s), page_at(SITE, &within)));
    assert_undecided(verdict_of(&s, again(&s), page_at(SITE, &strange)));
}

/* A domain that has expired is shown here by one parking service and elsewhere
 * by another; or the provider's notice comes from another network. */
static void two_pages_in_cleartext_prove_nothing_elsewhere(void **state)
{
    struct seen s = {
        .http = true, .unproven = true, .status = 200, .body = SAYS};
    struct seen own = {.status = 200, .body = OWN};
    struct seen secure = {.http = true, .status = 200, .body = SAYS};
    (void)state;
    network = "AS64777";
    struct verdict v = verdict_of(&s, again(&s), NULL);
    assert_undecided(v);
    assert_null(v.want_page);
    assert_undecided(verdict_of(&s, again(&s), page_at(SITE, &own)));
    v = verdict_of(&secure, again(&secure), NULL);
    assert_int_equal(v.state, X_BLOCKED);
    network = "AS0";
    assert_undecided(verdict_of(&s, again(&s), page_at(SITE, &own)));
}

static void a_copy_in_another_language_is_no_notice(void **state)
{
    struct seen s = {
        .http = true, .unproven = true, .status = 200, .body = SAYS_NAME};
    struct seen own = {.status = 200, .body = OWN};
    (void)state;
    struct verdict v = verdict_of(&s, again(&s), NULL);
    assert_undecided(v);
    assert_null(v.want_page);
    assert_undecided(verdict_of(&s, again(&s), page_at(SITE, &own)));
}

static void a_site_with_https_needs_no_page_of_its_own(void **state)
{
    struct seen s = {.http = true, .status = 200, .body = SAYS};
    (void)state;
    struct verdict v = verdict_of(&s, NULL, NULL);
    assert_int_equal(v.state, X_INCONCLUSIVE); /* until it comes again */
    v = verdict_of(&s, again(&s), NULL);       /* by whatever rule */
    assert_int_equal(v.state, X_BLOCKED);
    assert_int_equal(v.method, METHOD_DNS);
    assert_true(v.confidence > 0.9);
}

/* ---- several rows -------------------------------------------------------- */

static void one_address_for_sites_hosted_apart_is_interference(void **state)
{
    struct seen s = {.http = false}, apart = {.run = APART};
    (void)state;
    assert_notice(verdict_of(&s, again(&apart), NULL));
    assert_notice(verdict_of(&apart, again(&apart), NULL));
    struct verdict v = verdict_of(&apart, NULL, NULL);
    assert_true(v.want_again);
    struct seen well = {.right = true};
    assert_undecided(verdict_of(&apart, again(&well), NULL));
}

static void a_dead_cache_with_several_customers_is_innocent(void **state)
{
    struct seen s = {.run = TOGETHER}, dead = {.status = 0, .run = TOGETHER};
    (void)state;
    assert_undecided(verdict_of(&s, again(&s), NULL));
    assert_undecided(verdict_of(&s, again(&s), page_at(NOTICE, &dead)));
}

static void a_notice_that_another_site_met_counts(void **state)
{
    struct seen s = {.run = TOGETHER}, told = {.status = 0, .run = TOLD};
    (void)state;
    assert_notice(verdict_of(&s, again(&s), page_at(NOTICE, &told)));
}

static void counts_that_cannot_be_true_tell_nothing(void **state)
{
    struct seen s = {.run = TOGETHER}, more = {.status = 0};
    (void)state;
    more.run = SHARED("\"names\":1,\"other_networks\":0,\"notices\":2");
    assert_undecided(verdict_of(&s, again(&s), page_at(NOTICE, &more)));
    more.run = SHARED("\"names\":1,\"other_networks\":2,\"notices\":0");
    assert_undecided(verdict_of(&s, again(&s), page_at(NOTICE, &more)));
}

/* A page entry in which one thing was put in the place of another. */
static const char *changed(const char *entry, const char *was, const char *is)
{
    const char *at = strstr(entry, was);
    assert_non_null(at);
    char *text = region_printf(region, "%.*s%s%s", (int)(at - entry), entry, is,
                               at + strlen(was));
    assert_non_null(text);
    return text;
}

static void a_page_of_another_site_tells_nothing(void **state)
{
    struct seen s = {.http = false}, notice = {.status = 200, .body = SAYS};
    (void)state;
    const char *page = page_at(NOTICE, &notice);
    assert_notice(verdict_of(&s, again(&s), page));
    assert_undecided(verdict_of(
        &s, again(&s), changed(page, "http://" HOST "/", "http://x.test/")));
    assert_undecided(verdict_of(&s, again(&s),
                                changed(page, "http://" HOST "/", "nothing")));
    assert_undecided(verdict_of(
        &s, again(&s),
        changed(page, "{\"failure\":null}", "{\"failure\":" REFUSED "}")));
}

static void one_address_for_all_is_a_login_page(void **state)
{
    struct seen s = {
        .run = "\"x_run\":{\"others_same_address\":2,\"others_elsewhere\":0,"
               "\"addresses\":[{\"ip\":\"" NOTICE "\",\"names\":2,"
               "\"other_networks\":2,\"notices\":0}]},"};
    (void)state;
    struct verdict v = verdict_of(&s, again(&s), NULL);
    assert_undecided(v);
    assert_int_equal(rules_of(v.reasons[0].note), RULE_DNS_FOR_ALL);
    /* or no other name was asked about while it was measured again */
    struct seen first = {.http = false};
    v = verdict_of(&first, again(&s), NULL);
    assert_true(v.want_again && !v.want_page);
    v = verdict_of(&first, again(&s), again(&first));
    assert_string_equal(v.want_page, NOTICE);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_suspect_is_measured_again_and_then_asked_for_its_page),
        T(a_notice_in_the_sites_place_is_interference),
        T(a_page_in_the_sites_own_network_is_no_notice),
        T(what_a_sick_cache_says_is_no_notice),
        T(a_redirect_by_a_server_that_has_https_is_no_notice),
        T(what_was_heard_in_cleartext_is_not_asked_for_again),
        T(an_answer_that_does_not_come_again_is_no_finding),
        T(all_have_to_agree_before_anything_is_suspected),
        T(a_site_that_proves_itself_nowhere_is_not_asked_about),
        T(a_site_without_https_proves_itself_by_its_page),
        T(two_pages_in_cleartext_prove_nothing_elsewhere),
        T(a_copy_in_another_language_is_no_notice),
        T(a_site_with_https_needs_no_page_of_its_own),
        T(one_address_for_sites_hosted_apart_is_interference),
        T(a_dead_cache_with_several_customers_is_innocent),
        T(a_notice_that_another_site_met_counts),
        T(counts_that_cannot_be_true_tell_nothing),
        T(a_page_of_another_site_tells_nothing),
        T(one_address_for_all_is_a_login_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
