// SPDX-License-Identifier: Apache-2.0
/* Pages and redirects in cleartext that have nothing of the site: notices in
 * place of a site that challenges or errs, and what only looks so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict_record.h"

static void again(void **state)
{
    teardown(state);
    assert_int_equal(setup(state), 0);
}

/* The control shakes hands and gets that answer. */
static void control_says(int status, int length, const char *title)
{
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", NULL, NULL);
    control_endpoint(RIGHT ":80", NULL, NULL);
    put(CTL_HTTP,
        "\"failure\":null,\"status_code\":%d,\"body_length\":%d,"
        "\"title\":\"%s\",\"headers\":{\"Server\":\"nginx\"}",
        status, length, title);
}

/* ---- notice servers of sites that challenge ------------------------------ */

#define SAYS_NAME                                                              \
    "<html><title>Pause</title>We at site.test are back soon.</html>"

/* The resolver leads to an address that answers so in cleartext; by an
 * encrypted lookup the site proves itself. */
static void led_to(int status, const char *headers, const char *body)
{
    input = "http://" HOST "/";
    system_dns(WRONG);
    udp_dns(RIGHT);
    doh_dns(RIGHT);
    connect_to(40001, WRONG, 80, 0, true, NULL);
    connect_to(50001, WRONG, 443, 0, false, "connection_refused");
    connect_to(50002, RIGHT, 443, 0, false, NULL);
    handshake(50002, HOST, NULL);
    request(40001, input, NULL, status, headers, body);
}

static void a_notice_in_place_of_a_challenge_is_interference(void **state)
{
    static const int answers[] = {403, 429, 503, 500, 401};
    for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
        again(state);
        led_to(200, HEADERS, OTHER);
        control_says(answers[i], 8000, "Just a moment...");
        expect(X_BLOCKED, "dns", "dns_notice_server");
    }
    again(state);
    led_to(302, "\"Location\":\"http://avviso.gov.test/\"", "");
    control_says(403, 8000, "Just a moment...");
    expect(X_BLOCKED, "dns", "dns_notice_server");
}

static void what_may_be_the_sites_is_no_notice(void **state)
{
    static const struct {
        int status;
        const char *headers, *body;
    } pages[] = {
        {403, HEADERS, OTHER}, /* who challenges everybody may do so here */
        {503, HEADERS, OTHER}, /* an edge that is ill itself */
        {404, HEADERS, OTHER},
        {200, HEADERS, SAYS_NAME},
        {200, HEADERS, "<html><title>Just a moment...</title>.</html>"},
        {302, "\"Location\":\"https://www." HOST "/\"", ""},
        {302, "\"Location\":\"https://site.example/\"", ""},
    };

    for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
        again(state);
        led_to(pages[i].status, pages[i].headers, pages[i].body);
        control_says(403, 8000, "Just a moment...");
        struct verdict v = verdict_now();
        assert_int_equal(v.state, X_INCONCLUSIVE);
    }
}

/* ---- notice servers where redirects lead --------------------------------- */

/* The site leads to www.site.test, of which the resolver knows WRONG alone. */
static void target_shows(const char *host, const char *body)
{
    const char *url = region_printf(region, "http://%s/", host);
    assert_non_null(url);
    input = "http://" HOST "/";
    system_dns(RIGHT);
    lookup(QUERIES, 10002, "getaddrinfo", "ANY", host, 1, WRONG);
    connect_to(40001, RIGHT, 80, 0, true, NULL);
    connect_to(40002, WRONG, 80, 1, true, NULL);
    request(40002, url, NULL, 200, HEADERS, body);
    request(40001, input, NULL, 301,
            region_printf(region, "\"Location\":\"%s\"", url), "");
    good_control();
    extra = "\"x_retest\":[],";
}

static void
a_strange_page_at_the_sites_other_name_is_looked_at_again(void **state)
{
    target_shows("www." HOST, OTHER);
    struct verdict v = verdict_now();
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_true(v.want_again);
    assert_string_equal(v.want_url, "http://www." HOST "/");
    /* somebody else's name is not visited for that, nor one with the page */
    again(state);
    target_shows("www.other.example", OTHER);
    assert_false(verdict_now().want_again);
    again(state);
    target_shows("www." HOST, PAGE);
    assert_false(verdict_now().want_again);
}

/* ---- the site's own title ------------------------------------------------ */

#define TITLE "<title>Newspaper of record</title>"

/* The page comes from an address that the control knows, or from one that only
 * the system's resolver gives; the control's is that long. */
static void page_of_title(const char *from, int length, const char *rest)
{
    const char *body = region_printf(region, TITLE "%s", rest);
    assert_non_null(body);
    input = "http://" HOST "/";
    system_dns(from);
    connect_to(40001, from, 80, 0, true, NULL);
    request(40001, input, NULL, 200, "\"Server\":\"nginx\"", body);
    control_says(200, length, "Newspaper of record");
}

static void a_title_alone_is_no_small_page(void **state)
{
    static const char text[] = "A text of another length, by somebody else.";
    int len = (int)(sizeof(TITLE) + sizeof(text)) - 2;
    page_of_title(RIGHT, 4 * len, text);
    expect(X_INCONCLUSIVE, "-", "page_differs");
    again(state);
    page_of_title(RIGHT, len + 10, text);
    expect(X_OK, "-", "page_same_as_control");
}

static void
a_title_alone_is_no_page_from_an_address_known_here_alone(void **state)
{
    char text[700];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    page_of_title(WRONG, 3000, text);
    expect(X_INCONCLUSIVE, "-", "page_differs");
    /* the twins: the site's address, and the page's length */
    again(state);
    page_of_title(RIGHT, 3000, text);
    expect(X_OK, "-", "page_same_as_control");
    again(state);
    page_of_title(WRONG, 750, text);
    expect(X_OK, "-", "page_same_as_control");
}

static void
a_frame_into_a_private_network_is_no_page_of_that_title(void **state)
{
    static const char frame[] = "<iframe src='http://10.10.34.34/'></iframe>";
    static const char local[] = "<iframe src='http://127.0.0.1/'></iframe>";
    int len = (int)(sizeof(TITLE) + sizeof(frame)) - 2;
    page_of_title(RIGHT, len + 12, frame);
    expect(X_INCONCLUSIVE, "-", "page_leads_to_private_address");
    /* everybody is shown the frame; this device is asked */
    again(state);
    page_of_title(RIGHT, len, frame);
    expect(X_OK, "-", "page_same_as_control");
    again(state);
    page_of_title(RIGHT, len + 12, local);
    expect(X_OK, "-", "page_same_as_control");
}

/* ---- redirects into the volunteer's own network -------------------------- */

#define AVVISO "http://avviso.test/"

/* The network of WRONG is the volunteer's. */
#define AT_HOME "IR\",\"probe_asn\":\"AS64999"

/* The site redirects in cleartext; its address shows its certificate, or has no
 * port 443. What it leads to is at WRONG, and shows that page (NULL: nothing
 * listens there). */
static void sent_to(const char *url, const char *host, bool verified,
                    const char *body)
{
    const char *location = region_printf(region, "\"Location\":\"%s\"", url);
    assert_non_null(location);
    country = AT_HOME;
    input = "http://" HOST "/";
    system_dns(RIGHT);
    lookup(QUERIES, 10002, "getaddrinfo", "ANY", host, 1, WRONG);
    connect_to(40001, RIGHT, 80, 0, true, NULL);
    connect_to(50001, RIGHT, 443, 0, false,
               verified ? NULL : "connection_refused");
    if (verified) {
        handshake(50001, HOST, NULL);
    }
    connect_to(40002, WRONG, 80, 1, true, body ? NULL : "connection_refused");
    if (body) {
        request(40002, url, NULL, 200, HEADERS, body);
    }
    request(40001, input, NULL, 302, location, "");
    good_control();
}

static void what_leads_to_the_networks_own_notice_is_interference(void **state)
{
    sent_to(AVVISO, "avviso.test", true, OTHER);
    expect(X_BLOCKED, "http", "page_forged_in_transit");
    again(state);
    sent_to(AVVISO, "avviso.test", true, NULL);
    expect(X_BLOCKED, "http", "page_forged_in_transit");
}

static void what_leads_elsewhere_is_no_notice_of_the_network(void **state)
{
    sent_to(AVVISO, "avviso.test", true, OTHER);
    country = "IR\",\"probe_asn\":\"AS64777"; /* another network */
    assert_int_equal(verdict_now().state, X_INCONCLUSIVE);
    again(state);
    sent_to(AVVISO, "avviso.test", true, OTHER);
    country = "IR";
    assert_int_equal(verdict_now().state, X_INCONCLUSIVE);
    /* a name of the site's, and a page of it */
    again(state);
    sent_to("http://site.example/", "site.example", true, OTHER);
    assert_int_equal(verdict_now().state, X_INCONCLUSIVE);
    again(state);
    sent_to(AVVISO, "avviso.test", true, SAYS_NAME);
    assert_int_equal(verdict_now().state, X_INCONCLUSIVE);
    again(state);
    sent_to(AVVISO, "avviso.test", true, PAGE);
    assert_int_equal(verdict_now().state, X_OK);
    /* a site of its own there */
    again(state);
    sent_to(AVVISO, "avviso.test", true, OTHER);
    connect_to(50002, WRONG, 443, 1, false, NULL);
    handshake(50002, "avviso.test", NULL);
    assert_int_equal(verdict_now().state, X_INCONCLUSIVE);
    /* nothing shows that the site's server did not say so */
    again(state);
    sent_to(AVVISO, "avviso.test", false, OTHER);
    assert_int_equal(verdict_now().state, X_INCONCLUSIVE);
    again(state);
    sent_to(AVVISO, "avviso.test", false, NULL);
    expect(X_INCONCLUSIVE, "-", "redirected_to_another_site");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_notice_in_place_of_a_challenge_is_interference),
        T(what_may_be_the_sites_is_no_notice),
        T(a_strange_page_at_the_sites_other_name_is_looked_at_again),
        T(what_leads_to_the_networks_own_notice_is_interference),
        T(what_leads_elsewhere_is_no_notice_of_the_network),
        T(a_title_alone_is_no_small_page),
        T(a_title_alone_is_no_page_from_an_address_known_here_alone),
        T(a_frame_into_a_private_network_is_no_page_of_that_title),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
