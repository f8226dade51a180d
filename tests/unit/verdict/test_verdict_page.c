// SPDX-License-Identifier: Apache-2.0
/* What makes a page in cleartext the site's, and what does not: each likeness
 * with the forger's way to it; the order in which an answer is judged; where
 * redirects and pages lead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"
#include <stdio.h>
#include <string.h>

#define PLAIN                                                                  \
    "\"Date\":\"x\",\"Server\":\"nginx\",\"Content-Type\":\"text/html\""
#define NOTICE                                                                 \
    "<html><title>Notice of the provider</title>Not available.</html>"
#define FRAME                                                                  \
    "<html><title>M1-6</title><iframe src='http://10.8.8.8/?x'></iframe></html>"
/* Built in as a block page's. */
#define KNOWN                                                                  \
    "<html><title>M1-6</title><iframe "                                        \
    "src=\\\"http://10.10.34.34?type=x\\\"></iframe></html>"
#define KNOWN_GOTO  "http://warning.or.kr/"
#define NOT_GONE_TO "unknown_failure: redirect to an address that is not public"

static void again(void **state)
{
    teardown(state);
    assert_int_equal(setup(state), 0);
}

/* A control that got the site's page, `length` bytes long. */
static void control_of(int status, const char *title, int length,
                       const char *headers)
{
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", NULL, NULL);
    control_endpoint(RIGHT ":80", NULL, NULL);
    put(CTL_HTTP,
        "\"failure\":null,\"status_code\":%d,\"body_length\":%d,"
        "\"title\":\"%s\",\"headers\":{%s}",
        status, length, title, headers);
}

static void came(int status, const char *headers, const char *body)
{
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, NULL, status, headers, body);
}

static const char *page_of(const char *title, size_t length)
{
    char *body = region_alloc(region, length + 1);
    assert_non_null(body);
    int n = snprintf(body, length + 1, "<html><title>%s</title>", title);
    assert_true(n > 0 && (size_t)n < length);
    memset(body + n, 'x', length - (size_t)n);
    body[length] = '\0';
    return body;
}

/* ---- likeness ------------------------------------------------------------ */

static void one_shared_header_makes_no_page_the_same(void **state)
{
    static const char *const shared[] = {
        "\"X-Cache\":\"MISS from squid\"",
        "\"Via\":\"1.1 proxy\"",
        "\"X-Cache-Lookup\":\"NONE from squid:3128\"",
        "\"Content-Security-Policy\":\"frame-src *\"",
        "\"X-Site\":\"1\"",
        "\"X-Powered-By\":\"PHP\"",
        "\"X-AspNet-Version\":\"4.0.30319\"",
        "\"Proxy-Connection\":\"close\"",
    };
    for (size_t i = 0; i < sizeof(shared) / sizeof(*shared); i++) {
        const char *headers = region_printf(region, PLAIN ",%s", shared[i]);
        came(200, headers, NOTICE);
        control_of(200, "Newspaper of record", 40000, headers);
        expect(X_INCONCLUSIVE, "-", "page_differs");
        again(state);
    }
}

static void pages_that_change_with_every_visit_are_the_same(void **state)
{
    /* title and length */
    came(200, PLAIN, page_of("Newspaper of record", 5000));
    control_of(200, "Newspaper of record", 5900, PLAIN);
    expect(X_OK, "-", "page_same_as_control");
    again(state);
    /* the title alone, in other case and spacing, of a page half as long */
    came(200, PLAIN, page_of(" NEWSPAPER  of  record", 5000));
    control_of(200, "Newspaper of record", 12000, PLAIN);
    expect(X_OK, "-", "page_same_as_control");
    again(state);
    /* today's title, and a header of this site's */
    came(200, HEADERS, page_of("Monday's paper", 5000));
    control_of(200, "Tuesday's edition", 5900, HEADERS);
    expect(X_OK, "-", "page_same_as_control");
    again(state);
    /* neither has a title, and the length is nearly the same */
    came(200, PLAIN, "{one: 1, two: 2}");
    control_of(200, "", 16, PLAIN);
    expect(X_OK, "-", "page_of_same_length");
    again(state);
    /* unchanged, by the server's word */
    came(200, PLAIN ",\"ETag\":\"5e9f2-61a\"", "<b>short</b>");
    control_of(200, "", 13, PLAIN ",\"ETag\":\"5e9f2-61a\"");
    expect(X_OK, "-", "page_same_as_control");
}

static void a_likeness_beside_another_title_is_none(void **state)
{
    /* as long, and another title */
    came(200, PLAIN, page_of("Notice of the provider", 5000));
    control_of(200, "Newspaper of record", 5000, PLAIN);
    expect(X_INCONCLUSIVE, "-", "page_differs");
    again(state);
    /* only one page has a title */
    came(200, PLAIN, page_of("Notice of the provider", 5000));
    control_of(200, "", 5000, PLAIN);
    expect(X_INCONCLUSIVE, "-", "page_differs");
    again(state);
    /* the site's title in a comment, where the visitor does not see it */
    came(200, PLAIN,
         "<!-- <title>Newspaper of record</title> --><title >No</title>");
    control_of(200, "Newspaper of record", 5000, PLAIN);
    expect(X_INCONCLUSIVE, "-", "page_differs");
    again(state);
    /* the title copied onto a page of nothing */
    came(200, PLAIN, "<title>Newspaper of record</title>No.");
    control_of(200, "Newspaper of record", 50000, PLAIN);
    expect(X_INCONCLUSIVE, "-", "page_differs");
    again(state);
    /* nothing at all */
    came(200, PLAIN, "");
    control_of(200, "Newspaper of record", 5000, PLAIN);
    expect(X_INCONCLUSIVE, "-", "page_differs");
    again(state);
    /* short ones without a title are alike by chance */
    came(200, PLAIN, "<b>No. It is forbidden here.</b>");
    control_of(200, "", 40, PLAIN);
    expect(X_INCONCLUSIVE, "-", "page_differs");
    again(state);
    /* errors are called the same everywhere */
    came(404, PLAIN, page_of("404 Not Found", 150));
    control_of(404, "404 Not Found", 5000, PLAIN);
    expect(X_INCONCLUSIVE, "-", "page_differs");
}

static void an_error_that_everybody_gets_is_the_sites(void **state)
{
    (void)state;
    came(404, PLAIN, page_of("404 Not Found", 150));
    control_of(404, "404 Not Found", 153, PLAIN);
    expect(X_OK, "-", "page_same_as_control");
}

static void
a_page_without_any_header_is_forged_even_if_it_is_empty(void **state)
{
    came(200, "", "");
    control_of(200, "Newspaper of record", 5000, HEADERS);
    expect(X_BLOCKED, "http", "page_forged_in_transit");
    again(state);
    /* a proxy that strips the site's own page */
    came(200, "", page_of("Newspaper of record", 5000));
    control_of(200, "Newspaper of record", 5100, HEADERS);
    expect(X_OK, "-", "page_same_as_control");
}

static void a_page_that_says_less_than_the_sites_server_is_forged(void **state)
{
    static const char terse[] =
        "\"Content-Type\":\"text/html\",\"Connection\":\"close\"";
    came(200, terse, NOTICE);
    control_of(200, "Newspaper of record", 40000, PLAIN);
    expect(X_BLOCKED, "http", "page_forged_in_transit");
    again(state);
    /* the site's server says as little to everybody */
    came(200, terse, NOTICE);
    control_of(200, "Newspaper of record", 40000, terse);
    expect(X_INCONCLUSIVE, "-", "page_differs");
    again(state);
    /* it shows this region another page */
    came(200, PLAIN, NOTICE);
    control_of(200, "Newspaper of record", 40000, PLAIN);
    expect(X_INCONCLUSIVE, "-", "page_differs");
    again(state);
    /* nothing shows that the site is at this address at all */
    system_dns(RIGHT);
    input = "http://" HOST "/";
    connect_to(40001, RIGHT, 80, 0, true, NULL);
    request(40001, input, NULL, 200, terse, NOTICE);
    control_of(200, "Newspaper of record", 40000, PLAIN);
    expect(X_INCONCLUSIVE, "-", "page_differs");
}

static void for_others(int same, int own)
{
    extra = region_printf(region,
                          "\"x_run\":{\"cleartext\":{\"same\":%d,\"own\":%d}},",
                          same, own);
    assert_non_null(extra);
}

/* A bill, a login: the network shows it for whatever is visited in cleartext.
 */
static void
a_page_that_everybody_gets_in_cleartext_is_the_networks(void **state)
{
    static const struct {
        int same, own;
        enum xstate state;
    } runs[] = {{3, 0, X_INCONCLUSIVE},
                {8, 0, X_INCONCLUSIVE},
                {2, 0, X_BLOCKED},
                {8, 1, X_BLOCKED}};

    for (size_t i = 0; i < sizeof(runs) / sizeof(*runs); i++) {
        came(200, "", NOTICE);
        control_of(200, "Newspaper of record", 40000, HEADERS);
        expect(X_BLOCKED, "http", "page_forged_in_transit");
        for_others(runs[i].same, runs[i].own);
        bool ok = runs[i].state == X_BLOCKED;
        expect(runs[i].state, ok ? "http" : "-",
               ok ? "page_forged_in_transit" : "page_differs");
        if (!ok) {
            struct verdict v = verdict_now();
            assert_string_equal(rule_of(v.alternatives[v.n_alternatives - 1]),
                                "page_forged_in_transit");
        }
        again(state);
    }
    /* a known notice of a censor's is one for whomever it comes */
    came(200, PLAIN, KNOWN);
    control_of(200, "Newspaper of record", 40000, PLAIN);
    for_others(8, 0);
    expect(X_BLOCKED, "http", "block_page_known");
}

/* ---- the order ----------------------------------------------------------- */

static void a_known_page_outweighs_a_likeness(void **state)
{
    came(200, PLAIN ",\"X-Cache\":\"MISS\"", KNOWN);
    control_of(200, "Newspaper of record", 40000, PLAIN ",\"X-Cache\":\"HIT\"");
    expect(X_BLOCKED, "http", "block_page_known");
    again(state);
    /* a refusal, too */
    came(403, PLAIN, KNOWN);
    control_of(200, "Newspaper of record", 40000, PLAIN);
    expect(X_BLOCKED, "http", "block_page_known");
    again(state);
    /* what everybody gets is the site's, and may quote one */
    came(200, PLAIN, KNOWN);
    control_of(200, "M1-6", (int)sizeof(KNOWN) - 3, PLAIN);
    expect(X_OK, "-", "page_same_as_control");
    again(state);
    /* the site's server has a hand in it */
    came(200, PLAIN ",\"X-Site\":\"1\"", KNOWN);
    control_of(200, "Newspaper of record", 40000, PLAIN ",\"X-Site\":\"1\"");
    expect(X_INCONCLUSIVE, "-", "page_differs");
}

static void
only_a_provider_that_the_control_met_proves_a_challenge(void **state)
{
    static const char known[] = "<title>Attention Required!</title>" KNOWN;
    /* by its title alone */
    came(403, PLAIN, known);
    control_of(200, "Newspaper of record", 40000, PLAIN);
    expect(X_BLOCKED, "http", "block_page_known");
    again(state);
    came(403, PLAIN, "<title>Just a moment...</title>");
    control_of(200, "Newspaper of record", 40000, PLAIN);
    expect(X_INCONCLUSIVE, "-", "server_refuses_visitor");
    again(state);
    /* a provider that is not the site's */
    came(403, "\"Server\":\"cloudflare\",\"CF-RAY\":\"8f-IKA\"", known);
    control_of(200, "Newspaper of record", 40000, PLAIN);
    expect(X_BLOCKED, "http", "block_page_known");
    again(state);
    /* the site's */
    came(403, "\"Server\":\"cloudflare\",\"CF-RAY\":\"8f-IKA\"", known);
    control_of(200, "Newspaper of record", 40000,
               "\"Server\":\"cloudflare\",\"CF-RAY\":\"9a-FRA\"");
    expect(X_INCONCLUSIVE, "-", "bot_challenge");
}

/* ---- where it leads ------------------------------------------------------ */

/* A redirect in cleartext from the site's address, which is where it ends. */
static void led(const char *location, const char *headers, const char *failure)
{
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, failure, 302,
            region_printf(region, "\"Location\":\"%s\"%s", location, headers),
            "");
}

static void a_redirect_that_nobody_could_follow_is_judged(void **state)
{
    country = "KR";
    led(KNOWN_GOTO, ",\"Server\":\"x\"", NULL);
    lookup(QUERIES, 10002, "getaddrinfo", "ANY", "warning.or.kr", 1,
           "dns_nxdomain_error");
    good_control();
    expect(X_BLOCKED, "http", "block_page_known");
    again(state);
    led("http://10.1.2.3/no", ",\"Server\":\"x\"", NOT_GONE_TO);
    good_control();
    expect(X_BLOCKED, "http", "page_leads_to_private_address");
    again(state);
    /* the router at home does the same for a family */
    led("http://192.168.1.1/no", ",\"Server\":\"x\"", NOT_GONE_TO);
    good_control();
    expect(X_INCONCLUSIVE, "-", "page_leads_to_private_address");
    again(state);
    /* there is no control: a login page, perhaps */
    led("http://10.1.2.3/no", ",\"Server\":\"x\"", NOT_GONE_TO);
    struct verdict v = verdict_now();
    assert_int_not_equal(v.state, X_BLOCKED);
}

static void a_bare_redirect_to_nowhere_is_forged(void **state)
{
    led("http://gone.test/", "", NULL);
    lookup(QUERIES, 10002, "getaddrinfo", "ANY", "gone.test", 1, WRONG);
    connect_to(40002, WRONG, 80, 1, true, "generic_timeout_error");
    good_control();
    expect(X_BLOCKED, "http", "page_forged_in_transit");
    again(state);
    /* a server that says what it is may have sent the visitor there */
    led("http://gone.test/", ",\"Server\":\"nginx\",\"Date\":\"x\"", NULL);
    lookup(QUERIES, 10002, "getaddrinfo", "ANY", "gone.test", 1, WRONG);
    connect_to(40002, WRONG, 80, 1, true, "generic_timeout_error");
    good_control();
    struct verdict v = verdict_now();
    assert_int_not_equal(v.method, METHOD_HTTP);
    again(state);
    /* a name of the site's own */
    led("http://www." HOST "/", "", NULL);
    lookup(QUERIES, 10002, "getaddrinfo", "ANY", "www." HOST, 1, WRONG);
    connect_to(40002, WRONG, 80, 1, true, "generic_timeout_error");
    good_control();
    v = verdict_now();
    assert_int_not_equal(v.method, METHOD_HTTP);
}

static void pages_that_lead_into_a_private_network_are_judged(void **state)
{
    static const char *const bodies[] = {
        FRAME,
        "<title>No</title><noscript><meta http-equiv=refresh content=\\\"0; "
        "URL=http://172.16.9.9/x\\\"></noscript>",
        "<title>No</title><META HTTP-EQUIV='Refresh' "
        "CONTENT='1;url=http://10.0.0.9/'>",
        "<title>No</title><script>window.location.href = "
        "'http://10.0.0.9/'</script>",
        "<title>No</title><script>top.location.replace(\\\"http://10.0.0.9/"
        "\\\")</script>",
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
        came(200, PLAIN, bodies[i]);
        control_of(200, "Newspaper of record", 40000, PLAIN);
        expect(X_BLOCKED, "http", "page_leads_to_private_address");
        again(state);
        /* a refusal that leads there is no server's */
        came(403, PLAIN, bodies[i]);
        control_of(200, "Newspaper of record", 40000, PLAIN);
        expect(X_BLOCKED, "http", "page_leads_to_private_address");
        again(state);
    }
    /* the site shows the same to everybody */
    came(200, PLAIN, FRAME);
    control_of(200, "M1-6", (int)sizeof(FRAME) - 1, PLAIN);
    expect(X_OK, "-", "page_same_as_control");
    again(state);
    /* in a comment it leads nowhere */
    came(200, PLAIN,
         "<title>No</title><!-- <iframe src='http://10.0.0.9/'> -->");
    control_of(200, "Newspaper of record", 40000, PLAIN);
    expect(X_INCONCLUSIVE, "-", "page_differs");
}

/* Where a forged page leads makes it no truer: so it is forged without that. */
static void a_forged_page_that_leads_home_is_forged(void **state)
{
    static const char *const bodies[] = {
        "<title>M1-6</title><iframe src='http://192.168.250.1/?u=x'></iframe>",
        "<title>No</title><meta http-equiv=refresh "
        "content='0;url=http://192.168.250.1/'>",
        "<title>No</title><script>location.href='http://127.0.0.1/'</script>",
        "<title>No</title><p>No.</p>",
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
        again(state);
        came(200, "", bodies[i]);
        control_of(200, "Newspaper of record", 40000, PLAIN);
        expect(X_BLOCKED, "http", "page_forged_in_transit");
        struct verdict v = verdict_now();
        assert_true(v.n_alternatives > 0);
    }
    again(state); /* a page as servers send it: the router at home, perhaps */
    came(200, PLAIN, bodies[0]);
    control_of(200, "Newspaper of record", 40000, PLAIN);
    expect(X_INCONCLUSIVE, "-", "page_leads_to_private_address");
    again(state); /* the site shows it to everybody */
    came(200, "", bodies[0]);
    control_of(200, "M1-6", (int)strlen(bodies[0]), PLAIN);
    assert_int_equal(verdict_now().state, X_OK);
    again(state); /* a refusal, as servers send them, too */
    came(403, "", bodies[0]);
    control_of(200, "Newspaper of record", 40000, PLAIN);
    expect(X_INCONCLUSIVE, "-", "page_leads_to_private_address");
}

static void where_a_page_leads_is_known_as_a_location_is(void **state)
{
    country = "KR";
    came(200, PLAIN,
         "<title>No</title><meta http-equiv=refresh content='0;url=" KNOWN_GOTO
         "'>");
    control_of(200, "Newspaper of record", 40000, PLAIN);
    expect(X_BLOCKED, "http", "block_page_known");
    again(state);
    /* cut off in the middle of the page */
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, "connection_reset", 200, PLAIN, KNOWN);
    control_of(200, "Newspaper of record", 40000, PLAIN);
    expect(X_BLOCKED, "http", "block_page_known");
}

/* The visit goes on to https of another site, whose page is `body`. */
static void led_to_secure(const char *headers, const char *host,
                          const char *body)
{
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, NULL, 302,
            region_printf(
                region, "\"Location\":\"https://%s/\",\"Server\":\"x\"", host),
            "");
    lookup(QUERIES, 10002, "getaddrinfo", "ANY", host, 1, WRONG);
    connect_to(50002, WRONG, 443, 1, true, NULL);
    handshake(50002, host, NULL);
    request(50002, region_printf(region, "https://%s/", host), NULL, 200,
            headers, body);
}

static void another_site_with_its_own_certificate_is_never_ok(void **state)
{
    /* a block page, or a sister for this country: nobody can tell */
    led_to_secure(PLAIN, "sister.example", OTHER);
    good_control();
    expect(X_INCONCLUSIVE, "-", "redirected_to_another_site");
    struct verdict v = verdict_now();
    assert_int_equal(v.n_alternatives, 2);
    assert_string_equal(rule_of(v.alternatives[1]), "page_forged_in_transit");
    again(state);
    /* a copied header does not help it */
    led_to_secure(HEADERS, "sister.example", OTHER);
    control_of(200, "Newspaper of record", 40000, HEADERS);
    expect(X_INCONCLUSIVE, "-", "redirected_to_another_site");
    again(state);
    /* a known one is a known one */
    led_to_secure(PLAIN, "sister.example", KNOWN);
    good_control();
    expect(X_BLOCKED, "http", "block_page_known");
    again(state);
    /* where everybody is led: a short link, a site that has moved */
    led_to_secure(PLAIN, "sister.example", PAGE);
    good_control();
    expect(X_OK, "-", "page_over_verified_tls");
    again(state);
    /* the site itself over https, or with www before it */
    led_to_secure(PLAIN, "www." HOST, OTHER);
    good_control();
    expect(X_OK, "-", "page_over_verified_tls");
    again(state);
    /* no control, nothing to compare with */
    led_to_secure(PLAIN, "sister.example", PAGE);
    expect(X_INCONCLUSIVE, "-", "redirected_to_another_site");
}

/* Only this resolver knows an address, which has another site's certificate and
 * leads http to that site. */
static void country_edge(void)
{
    input = "http://" HOST "/";
    system_dns(WRONG);
    udp_dns(RIGHT);
    connect_to(50003, RIGHT, 443, 0, false, NULL);
    handshake(50003, HOST, NULL);
    connect_to(40001, WRONG, 80, 0, true, NULL);
    connect_to(50001, WRONG, 443, 0, false, NULL);
    handshake(50001, HOST, "ssl_invalid_hostname");
    request(40001, input, NULL, 301,
            "\"Location\":\"https://sister.example/\",\"Server\":\"x\"", "");
    lookup(QUERIES, 10002, "getaddrinfo", "ANY", "sister.example", 1,
           "192.58.128.30");
    connect_to(50002, "192.58.128.30", 443, 1, true, NULL);
    handshake(50002, "sister.example", NULL);
    request(50002, "https://sister.example/", NULL, 200, PLAIN, OTHER);
    control_endpoint(WRONG ":80", NULL, NULL);
    control_endpoint(WRONG ":443", NULL, "ssl_invalid_hostname");
    good_control();
}

static void an_edge_that_leads_to_a_sister_accuses_nobody(void **state)
{
    country_edge();
    expect(X_INCONCLUSIVE, "-", "redirected_to_another_site");
    again(state);
    /* unrelated names of the run end there as well */
    extra = "\"x_run\":{\"led_to\":[{\"depth\":1,\"names\":2}]},";
    country_edge();
    expect(X_BLOCKED, "dns", "dns_address_serves_other_page");
    again(state);
    /* a second answer contradicts */
    lookup(DUPLICATES, 10001, "getaddrinfo", "ANY", HOST, 0, RIGHT);
    country_edge();
    struct verdict v = verdict_now();
    assert_int_equal(v.state, X_BLOCKED);
    assert_int_equal(v.method, METHOD_DNS);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(one_shared_header_makes_no_page_the_same),
        T(pages_that_change_with_every_visit_are_the_same),
        T(a_likeness_beside_another_title_is_none),
        T(an_error_that_everybody_gets_is_the_sites),
        T(a_page_without_any_header_is_forged_even_if_it_is_empty),
        T(a_page_that_says_less_than_the_sites_server_is_forged),
        T(a_page_that_everybody_gets_in_cleartext_is_the_networks),
        T(a_known_page_outweighs_a_likeness),
        T(only_a_provider_that_the_control_met_proves_a_challenge),
        T(a_redirect_that_nobody_could_follow_is_judged),
        T(a_bare_redirect_to_nowhere_is_forged),
        T(pages_that_lead_into_a_private_network_are_judged),
        T(a_forged_page_that_leads_home_is_forged),
        T(where_a_page_leads_is_known_as_a_location_is),
        T(another_site_with_its_own_certificate_is_never_ok),
        T(an_edge_that_leads_to_a_sister_accuses_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
