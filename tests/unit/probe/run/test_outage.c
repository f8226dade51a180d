// SPDX-License-Identifier: Apache-2.0
/* A dead line and a captive portal are told from a network that blocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/fs.h"
#include "probe/run/outage_note.h"
#include "tests/unit/tmp.h"

#define ROWS 12

static struct measurement m[ROWS];
static struct obs_tcp tcp[ROWS];
static struct obs_tls tls[ROWS];
static struct obs_http http[ROWS];
static struct obs_header headers[ROWS];
static struct obs_query queries[ROWS];
static struct dns_answer answers[ROWS];
static struct str certs[ROWS];
static struct site sites[ROWS];
static char hosts[ROWS][32];

/* Rows of which nothing came but the answer of a name server; every second one
 * is an everyday site. */
static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        snprintf(hosts[i], sizeof(hosts[i]), "www.site%zu.test", i);
        sites[i] = (struct site){
            .url.host = hosts[i], .category = "NEWS", .risk = i % 2 ? 0 : 3};
        tcp[i] = (struct obs_tcp){.failure = "generic_timeout_error"};
        tls[i] = (struct obs_tls){.failure = NULL};
        http[i] = (struct obs_http){.status = 0};
        answers[i].ip = (struct ip){.family = 4, .b = {45, 64, 0, (uint8_t)i}};
        queries[i] = (struct obs_query){.list = QUERY_MAIN,
                                        .tags.classic = true,
                                        .answers = &answers[i],
                                        .n_answers = 1};
        m[i] = (struct measurement){.tcp = &tcp[i],
                                    .n_tcp = 1,
                                    .queries = &queries[i],
                                    .n_queries = 1,
                                    .control_failure = "generic_timeout_error"};
    }
    return 0;
}

static enum outage judge(size_t n, bool unheard)
{
    static struct outage_sign signs[ROWS];
    const struct outage_sign *rows[ROWS];
    for (size_t i = 0; i < n; i++) {
        outage_look(&m[i], &sites[i], &signs[i]);
        rows[i] = &signs[i];
    }
    return outage_judge(rows, n, unheard);
}

static void redirected(size_t i, const char *to)
{
    tcp[i].failure = NULL;
    headers[i] = (struct obs_header){.name = "Location", .value = str_c(to)};
    http[i] = (struct obs_http){
        .status = 302, .headers = &headers[i], .n_headers = 1};
    m[i].http = &http[i];
    m[i].n_http = 1;
}

static void page(size_t i, const char *body)
{
    tcp[i].failure = NULL;
    http[i] = (struct obs_http){.status = 200, .body = str_c(body)};
    m[i].http = &http[i];
    m[i].n_http = 1;
}

static void certificate(size_t i, const char *cert, const char *failure)
{
    tcp[i].failure = NULL;
    certs[i] = str_c(cert);
    tls[i] =
        (struct obs_tls){.failure = failure, .certs = &certs[i], .n_certs = 1};
    m[i].tls = &tls[i];
    m[i].n_tls = 1;
}

static void a_line_on_which_nothing_connects_is_dead(void **state)
{
    (void)state;
    assert_int_equal(judge(OUTAGE_ROWS, false), OUTAGE_LINE);
    assert_int_equal(judge(OUTAGE_ROWS - 1, false), OUTAGE_NONE);
    assert_int_equal(judge(1, true), OUTAGE_LINE); /* not a byte came */
    assert_int_equal(judge(0, true), OUTAGE_NONE);
}

static void a_portal_leads_all_to_one_place(void **state)
{
    (void)state;
    redirected(0, "http://10.99.0.1/login");
    redirected(3, "http://10.99.0.1/login?from=x");
    assert_int_equal(judge(OUTAGE_ROWS, false), OUTAGE_PORTAL);
    setup(NULL);
    page(1, "<title>Welcome</title>");
    page(2, "<title>Welcome</title>");
    certificate(3, "hotel", "ssl_invalid_hostname");
    certificate(4, "hotel", "ssl_invalid_hostname");
    assert_int_equal(judge(OUTAGE_ROWS, false), OUTAGE_PORTAL);
    setup(NULL);
    for (size_t i = 0; i < ROWS; i++) {
        answers[i].ip = (struct ip){.family = 4, .b = {192, 168, 1, 1}};
    }
    assert_int_equal(judge(OUTAGE_ROWS, false), OUTAGE_PORTAL);
    /* a dead name in the list is no sign of anything */
    setup(NULL);
    redirected(0, "http://10.99.0.1/login");
    redirected(3, "http://10.99.0.1/login");
    queries[2].failure = "dns_nxdomain_error";
    assert_int_equal(judge(OUTAGE_ROWS, false), OUTAGE_NONE);
    assert_int_equal(judge(OUTAGE_ROWS + 1, false), OUTAGE_PORTAL);
}

/* parallax-run(1) says how many sites it takes: few may be what a censor leads
 * to his page. */
static void fewer_sites_behind_a_portal_are_measured_as_they_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        redirected(i, "http://10.99.0.1/login");
    }
    assert_int_equal(OUTAGE_ROWS, 5);
    assert_int_equal(OUTAGE_EVERYDAY, 2);
    assert_int_equal(OUTAGE_UNSORTED, 8);
    for (size_t n = 0; n < OUTAGE_ROWS; n++) {
        assert_int_equal(judge(n, false), OUTAGE_NONE);
    }
    assert_int_equal(judge(OUTAGE_ROWS, false), OUTAGE_PORTAL);
    for (size_t i = 0; i < ROWS; i++) {
        sites[i].risk = i == 1 ? 0 : 2; /* one everyday site is not enough */
    }
    assert_int_equal(judge(ROWS, false), OUTAGE_NONE);
}

static void one_row_that_works_is_enough(void **state)
{
    (void)state;
    certificate(2, "true", NULL);
    assert_int_equal(judge(ROWS, false), OUTAGE_NONE);
    assert_int_equal(judge(ROWS, true), OUTAGE_NONE);
    setup(NULL);
    m[2].control = STR("{}");
    m[2].control_failure = NULL;
    assert_int_equal(judge(ROWS, false), OUTAGE_NONE);
}

static void censorship_of_all_that_was_tried_is_no_outage(void **state)
{
    (void)state;
    /* no site that everybody visits is among them */
    for (size_t i = 0; i < ROWS; i++) {
        sites[i].risk = 3;
    }
    assert_int_equal(judge(ROWS, false), OUTAGE_NONE);
    /* cut off when its name is sent */
    setup(NULL);
    certificate(2, "", "connection_reset");
    m[2].tls->n_certs = 0;
    assert_int_equal(judge(ROWS, false), OUTAGE_NONE);
    /* told that the name does not exist */
    setup(NULL);
    queries[2].failure = "dns_nxdomain_error";
    assert_int_equal(judge(ROWS, false), OUTAGE_NONE);
    assert_int_equal(judge(ROWS, true), OUTAGE_NONE);
    redirected(0, "http://block.isp.test/");
    redirected(1, "http://block.isp.test/");
    assert_int_equal(judge(ROWS, false), OUTAGE_NONE);
    /* led to two block pages */
    setup(NULL);
    redirected(0, "http://block.one.test/");
    redirected(1, "http://block.two.test/");
    assert_int_equal(judge(ROWS, false), OUTAGE_NONE);
    /* intercepted, with a certificate of its own for each name */
    setup(NULL);
    certificate(0, "made for 0", "ssl_unknown_authority");
    certificate(1, "made for 1", "ssl_unknown_authority");
    assert_int_equal(judge(ROWS, false), OUTAGE_NONE);
}

static void of_sites_without_a_category_more_are_needed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        sites[i].category = "";
        sites[i].risk = 2;
    }
    assert_int_equal(judge(OUTAGE_UNSORTED - 1, false), OUTAGE_NONE);
    assert_int_equal(judge(OUTAGE_UNSORTED, false), OUTAGE_LINE);
    redirected(0, "http://10.99.0.1/login");
    redirected(1, "http://10.99.0.1/login");
    assert_int_equal(judge(OUTAGE_UNSORTED, false), OUTAGE_PORTAL);
    /* a block page stands at a public place */
    redirected(0, "http://block.isp.test/");
    redirected(1, "http://block.isp.test/");
    assert_int_equal(judge(ROWS, false), OUTAGE_NONE);
}

static void a_site_that_leads_to_itself_is_reached(void **state)
{
    (void)state;
    redirected(2, "https://site2.test/");
    assert_int_equal(judge(ROWS, false), OUTAGE_NONE);
    setup(NULL);
    redirected(2, "/path");
    assert_int_equal(judge(ROWS, false), OUTAGE_NONE);
}

static void rows_of_one_domain_are_one_witness(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        snprintf(hosts[i], sizeof(hosts[i]), "www%zu.site.test", i);
    }
    assert_int_equal(judge(ROWS, false), OUTAGE_NONE);
}

static char home[64];

static int setup_home(void **state)
{
    (void)state;
    tmp_path(home, sizeof(home), "test_outage_XXXXXX");
    return mkdtemp(home) && !setenv("XDG_STATE_HOME", home, 1) ? 0 : -1;
}

static int teardown_home(void **state)
{
    (void)state;
    struct diag d;
    return fs_remove_tree(home, &d) == ERR_OK ? 0 : -1;
}

static void outages_are_counted_until_they_are_told(void **state)
{
    (void)state;
    struct diag d = {""};
    struct outage_note n;
    assert_int_equal(outage_note_take(&n, &d), ERR_OK);
    assert_int_equal(n.line + n.portal, 0);
    assert_int_equal(outage_note_add(OUTAGE_LINE, &d), ERR_OK);
    assert_int_equal(outage_note_add(OUTAGE_PORTAL, &d), ERR_OK);
    assert_int_equal(outage_note_add(OUTAGE_LINE, &d), ERR_OK);
    assert_int_equal(outage_note_take(&n, &d), ERR_OK);
    assert_int_equal(n.line, 2);
    assert_int_equal(n.portal, 1);
    assert_int_equal(outage_note_take(&n, &d), ERR_OK);
    assert_int_equal(n.line + n.portal, 0);
}

static void a_damaged_note_is_no_matter(void **state)
{
    (void)state;
    static const char *const junk[] = {"line", "line x\n", "portal -1\n",
                                       "other 1\n", "line 9999999999\n"};
    char path[128];
    struct diag d = {""};
    struct outage_note n;
    snprintf(path, sizeof(path), "%s/parallax/outages", home);
    for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
        assert_int_equal(outage_note_add(OUTAGE_LINE, &d), ERR_OK);
        assert_int_equal(fs_write_atomic(path, str_c(junk[i]), 0600, &d),
                         ERR_OK);
        assert_int_equal(outage_note_add(OUTAGE_PORTAL, &d), ERR_OK);
        assert_int_equal(outage_note_take(&n, &d), ERR_OK);
        assert_int_equal(n.portal, 1);
        assert_int_equal(n.line, 0);
        assert_int_equal(fs_write_atomic(path, str_c(junk[i]), 0600, &d),
                         ERR_OK);
        assert_int_equal(outage_note_take(&n, &d), ERR_PARSE);
        assert_int_equal(outage_note_take(&n, &d), ERR_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_line_on_which_nothing_connects_is_dead, setup),
        cmocka_unit_test_setup(a_portal_leads_all_to_one_place, setup),
        cmocka_unit_test_setup(
            fewer_sites_behind_a_portal_are_measured_as_they_are, setup),
        cmocka_unit_test_setup(one_row_that_works_is_enough, setup),
        cmocka_unit_test_setup(censorship_of_all_that_was_tried_is_no_outage,
                               setup),
        cmocka_unit_test_setup(of_sites_without_a_category_more_are_needed,
                               setup),
        cmocka_unit_test_setup(a_site_that_leads_to_itself_is_reached, setup),
        cmocka_unit_test_setup(rows_of_one_domain_are_one_witness, setup),
        cmocka_unit_test_setup_teardown(outages_are_counted_until_they_are_told,
                                        setup_home, teardown_home),
        cmocka_unit_test_setup_teardown(a_damaged_note_is_no_matter, setup_home,
                                        teardown_home),
    };
    return cmocka_run_group_tests_name("outage", tests, NULL, NULL);
}
