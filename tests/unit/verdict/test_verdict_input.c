// SPDX-License-Identifier: Apache-2.0
/* Records that are mistyped, contradictory, old, hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict/verdict_write.h"
#include "verdict_record.h"
#include <stdio.h>
#include <string.h>

static void bad(const char *text, const char *says)
{
    struct verdict v = {.confidence = 42};
    struct diag d = {""};
    assert_int_equal(compute(text, &v, &d), ERR_PARSE);
    if (!strstr(d.text, says)) {
        print_error("%s: %s\n", text, d.text);
    }
    assert_non_null(strstr(d.text, says));
    assert_true(v.confidence == 42); /* untouched */
}

static void mistyped_keys_are_named(void **state)
{
    (void)state;
    bad("[]", "not an object");
    bad("{}", "test_keys");
    bad("{\"test_keys\":[]}", "test_keys");
    bad("{\"test_name\":\"ndt\",\"test_keys\":{}}", "test_name");
    bad("{\"input\":7,\"test_keys\":{}}", "input: want a string");
    bad("{\"test_keys\":{\"queries\":{}}}", "test_keys.queries: want an array");
    bad("{\"test_keys\":{\"queries\":[3]}}", "test_keys.queries[0]");
    bad("{\"test_keys\":{\"queries\":[{\"hostname\":\"a\",\"failure\":1}]}}",
        "test_keys.queries[0].failure: want a failure string or null, not a "
        "number");
    bad("{\"test_keys\":{\"queries\":[{\"hostname\":\"a\",\"answers\":[{"
        "\"answer_type\":\"A\",\"ipv4\":\"1.2.3.400\"}]}]}}",
        "test_keys.queries[0].answers: not an IP address");
    bad("{\"test_keys\":{\"queries\":[{\"engine\":\"udp\"}]}}",
        "test_keys.queries[0].hostname: missing");
    bad("{\"test_keys\":{\"tcp_connect\":[{\"ip\":\"1.1.1.1\",\"port\":99999,"
        "\"status\":{}}]}}",
        "test_keys.tcp_connect[0].port");
    bad("{\"test_keys\":{\"tcp_connect\":[{\"ip\":\"1.1.1.1\"}]}}",
        "test_keys.tcp_connect[0].status");
    bad("{\"test_keys\":{\"tls_handshakes\":[{\"failure\":{}}]}}",
        "test_keys.tls_handshakes[0].failure");
    bad("{\"test_keys\":{\"requests\":[{\"response\":{\"body\":3}}]}}",
        "test_keys.requests[0].response.body");
    bad("{\"test_keys\":{\"requests\":[{\"response\":{\"body\":{\"format\":"
        "\"base64\",\"data\":\"*\"}}}]}}",
        "test_keys.requests[0].response.body: bad base64");
    bad("{\"test_keys\":{\"x_control_request\":{\"http_request\":\"x\"},"
        "\"control\":{\"dns\":{}}}}",
        "test_keys.x_control_request.http_request");
    bad("{\"test_keys\":{\"x_control_request\":{\"http_request\":"
        "\"http://a.b/\"},\"control\":{\"tcp_connect\":{\"1.1.1.1:1\":3}}}}",
        "test_keys.control.tcp_connect[\"1.1.1.1:1\"]");
    bad("{\"test_keys\":{\"control_failure\":[]}}",
        "test_keys.control_failure");
}

static void too_many_entries_are_refused(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_add_c(&b, "{\"test_keys\":{\"tcp_connect\":[0");
    for (int i = 0; i < 2000; i++) {
        buf_add_c(&b, ",0");
    }
    buf_add_c(&b, "]}}");
    bad((const char *)b.p, "test_keys.tcp_connect: 2001 entries");
    buf_fini(&b);
}

/* What version 0.4 of the test wrote. */
static void an_old_record_without_a_control_is_left_undecided(void **state)
{
    (void)state;
    struct verdict v;
    struct diag d = {""};
    assert_int_equal(
        compute("{\"input\":\"http://" HOST "/\",\"test_keys\":{"
                "\"queries\":[{\"answers\":null,\"engine\":\"system\","
                "\"failure\":\"dns_nxdomain_error\",\"hostname\":\"" HOST
                "\",\"query_type\":\"A\"}],\"tcp_connect\":[{\"ip\":"
                "\"" RIGHT "\",\"port\":80,\"status\":{\"failure\":false,"
                "\"success\":true,\"blocked\":false}}],\"requests\":null,"
                "\"tls_handshakes\":null,\"control\":{},"
                "\"control_failure\":null}}",
                &v, &d),
        ERR_OK);
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_string_equal(rule_of(v.reasons[0]), "no_control");
    assert_int_equal(compute("{\"test_keys\":{}}", &v, &d), ERR_OK);
    assert_int_equal(v.state, X_INCONCLUSIVE);
}

static void derived_keys_in_a_record_are_ignored(void **state)
{
    (void)state;
    extra = "\"blocking\":\"dns\",\"accessible\":7,\"x_dns_flags\":\"x\","
            "\"x_verdict\":3,";
    system_dns(RIGHT);
    https_page(50001, RIGHT, 200);
    good_control();
    expect(X_OK, "-", "page_over_verified_tls");
}

/* Every cut of a record is damage for the JSON reader; every value replaced by
 * one of another type is an error or a verdict, never a crash. */
static void no_replaced_value_breaks_it(void **state)
{
    (void)state;
    static const char *const values[] = {"null", "true", "-1",    "\"\"",
                                         "[]",   "{}",   "[[[]]]"};
    system_dns(RIGHT);
    http_flows(RIGHT);
    request(40001, input, NULL, 200, HEADERS, PAGE);
    good_control();
    const char *text = record_text();
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        if (text[i] != ':' || (text[i + 1] != '"' && text[i + 1] != '{' &&
                               text[i + 1] != '[' && text[i + 1] != 'n')) {
            continue;
        }
        struct json_doc *doc = NULL;
        size_t cut = 0;
        struct diag d;
        if (json_value_len(str_c(text + i + 1), NULL, &cut, &d) != ERR_OK ||
            cut == 0) {
            continue;
        }
        for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
            struct region *r = region_new(16u << 20);
            struct verdict v;
            char *changed = region_printf(r, "%.*s%s%s", (int)(i + 1), text,
                                          values[k], text + i + 1 + cut);
            if (json_parse(str_c(changed), NULL, &doc, &d) == ERR_OK) {
                enum err e = verdict_compute(r, json_root(doc), fps, &v, &d);
                assert_true(e == ERR_OK || e == ERR_PARSE);
                json_doc_free(doc);
            }
            region_free(r);
        }
    }
}

static void an_internal_verdict_can_be_written(void **state)
{
    (void)state;
    struct verdict v;
    struct buf out;
    struct jw w;
    buf_init(&out, 65536);
    verdict_internal(&v, "too many files");
    jw_init(&w, &out);
    verdict_write_x(&w, &v);
    assert_non_null(strstr((const char *)out.p, "\"state\":\"internal\""));
    assert_non_null(strstr((const char *)out.p, "too many files"));
    buf_fini(&out);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(mistyped_keys_are_named),
        T(too_many_entries_are_refused),
        T(an_old_record_without_a_control_is_left_undecided),
        T(derived_keys_in_a_record_are_ignored),
        T(no_replaced_value_breaks_it),
        T(an_internal_verdict_can_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
