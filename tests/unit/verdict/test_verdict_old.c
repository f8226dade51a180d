// SPDX-License-Identifier: Apache-2.0
/* Records of Web Connectivity 0.4: steps without transaction ids are tied
 * together by order and address, and the record gets a verdict. */
#include "base/log.h"
#include "verdict/rules.h"
#include "verdict/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define A "93.184.216.34"
#define B "93.184.216.35"
#define LOOKUP(answers)                                                        \
    "\"queries\":[{\"engine\":\"system\",\"failure\":null,\"hostname\":"       \
    "\"www.example.com\",\"query_type\":\"A\",\"resolver_hostname\":null,"     \
    "\"answers\":[" answers "]},{\"engine\":\"system\",\"failure\":null,"      \
    "\"hostname\":\"www.example.com\",\"query_type\":\"AAAA\",\"answers\":"    \
    "null}],"
#define ADDR(ip) "{\"answer_type\":\"A\",\"ipv4\":\"" ip "\",\"ttl\":null}"
#define CONNECT(ip, port, failure)                                             \
    "{\"ip\":\"" ip "\",\"port\":" port ",\"status\":{\"blocked\":false,"      \
    "\"failure\":" failure "}}"
#define TLS(failure)                                                           \
    "{\"failure\":" failure ",\"server_name\":\"www.example.com\","            \
    "\"peer_certificates\":null,\"tls_version\":\"\",\"cipher_suite\":\"\"}"
#define PAGE(url, status, more)                                                \
    "{\"failure\":null,\"request\":{\"method\":\"GET\",\"url\":\"" url         \
    "\"},\"response\":{\"code\":" status ",\"body\":\"<title>Example "         \
    "Domain</title>hello\",\"body_is_truncated\":false,\"headers\":{" more     \
    "}}}"
#define NO_PAGE(url, failure)                                                  \
    "{\"failure\":\"" failure                                                  \
    "\",\"request\":{\"method\":\"GET\",\"url\":\"" url                        \
    "\"},\"response\":{\"code\":0,\"body\":\"\",\"headers\":{}}}"
#define LOCATION(url) "\"Location\":\"" url "\""
#define CONTROL                                                                \
    "\"control_failure\":null,\"control\":{\"tcp_connect\":{\"" A ":443\":"    \
    "{\"status\":true,\"failure\":null},\"" A ":80\":{\"status\":true,"        \
    "\"failure\":null}},\"http_request\":{\"body_length\":34,\"failure\":"     \
    "null,\"title\":\"Example Domain\",\"headers\":{},\"status_code\":200},"   \
    "\"dns\":{\"failure\":null,\"addrs\":[\"" A "\"]}}"
#define RECORD(url, steps, control)                                            \
    "{\"test_name\":\"web_connectivity\",\"test_version\":\"0.4.3\","          \
    "\"probe_cc\":\"IT\",\"probe_asn\":\"AS137\",\"input\":\"" url             \
    "\",\"test_keys\":{\"blocking\":\"dns\"," steps "," control "}}"
#define HTTPS "https://www.example.com/"
#define HTTP  "http://www.example.com/"
#define OTHER "https://other.example.com/"
#define HOP                                                                    \
    PAGE(HTTP, "302", LOCATION(OTHER)) /* as the last one of the list          \
                                        */
#define CLEAR                                                                  \
    LOOKUP(ADDR(A))                                                            \
    "\"tcp_connect\":[" CONNECT(A, "80", "null") "],"                          \
                                                 "\"tls_handshakes\":null,"

struct row {
    const char *name, *record;
    const char *blocking; /* OONI's, computed anew; NULL: null */
    enum xstate state;
    const char *rule; /* first reason, NULL any */
};

static const struct row rows[] = {
    {"a page over https",
     RECORD(
         HTTPS,
         LOOKUP(ADDR(A)) "\"tcp_connect\":[" CONNECT(
             A, "443",
             "null") "],\"tls_handshakes\":[" TLS("null") "],"
                                                          "\"requests\":[" PAGE(
                                                              HTTPS, "200",
                                                              "") "]",
         CONTROL),
     "false", X_OK, NULL},
    {"an address without a way, and one with",
     RECORD(
         HTTPS,
         LOOKUP(ADDR(B) "," ADDR(A)) "\"tcp_connect\":[" CONNECT(B, "443", "\"network_unreachable\"") "," CONNECT(
             A, "443",
             "false") "],"
                      "\"tls_handshakes\":[" TLS(
                          "null") "],\"requests\":[" PAGE(HTTPS, "200", "") "]",
         CONTROL),
     "false", X_OK, NULL},
    {"a handshake that is reset, where the control got the page",
     RECORD(
         HTTPS,
         LOOKUP(ADDR(A)) "\"tcp_connect\":[" CONNECT(A, "443", "null") "],\"tls_handshakes\":[" TLS(
             "\"connection_reset\"") "]"
                                     ",\"requests\":[" NO_PAGE(
                                         HTTPS, "connection_reset") "]",
         CONTROL),
     "http-failure", X_BLOCKED, "tls_reset_control_succeeds"},
    {"a page of another site's address is no accusation without a control",
     RECORD(HTTP, CLEAR "\"requests\":[" PAGE(HTTP, "200", "") "]",
            "\"control\":{},\"control_failure\":\"connection_reset\""),
     NULL, X_INCONCLUSIVE, "no_control"},
    {"a redirect to a page, whose address nobody tells",
     RECORD(HTTP, CLEAR "\"requests\":[" PAGE(OTHER, "200", "") "," HOP "]",
            CONTROL),
     "false", X_OK, NULL},
    {"a redirect whose page is cut off",
     RECORD(HTTP,
            CLEAR "\"requests\":[" NO_PAGE(OTHER, "connection_reset") "," HOP
                                                                      "]",
            CONTROL),
     "http-failure", X_INCONCLUSIVE, NULL},
    {"a redirect to a certificate that is no good",
     RECORD(HTTP,
            CLEAR "\"requests\":[" NO_PAGE(
                OTHER, "ssl_invalid_certificate") "," HOP "]",
            CONTROL),
     "http-failure", X_INCONCLUSIVE, NULL},
    {"a redirect that is refused",
     RECORD(HTTP,
            CLEAR "\"requests\":[" NO_PAGE(OTHER, "connection_refused") "," HOP
                                                                        "]",
            CONTROL),
     "http-failure", X_INCONCLUSIVE, NULL},
    {"a redirect to a name that is denied",
     RECORD(HTTP,
            CLEAR "\"requests\":[" NO_PAGE(OTHER, "dns_nxdomain_error") "," HOP
                                                                        "]",
            CONTROL),
     "dns", X_INCONCLUSIVE, NULL},
    {"no connection, and no page",
     RECORD(HTTP,
            LOOKUP(ADDR(A)) "\"tcp_connect\":[" CONNECT(
                A, "80", "\"generic_timeout_error\"") "],\"tls_handshakes\":[],"
                                                      "\"requests\":[" NO_PAGE(
                                                          HTTP,
                                                          "generic_timeout_"
                                                          "error") "]",
            CONTROL),
     "tcp_ip", X_BLOCKED, "tcp_timeout_control_connects"},
    {"a page out of nowhere",
     RECORD(HTTP,
            LOOKUP(ADDR(A)) "\"tcp_connect\":[],\"tls_handshakes\":[],"
                            "\"requests\":[" PAGE(HTTP, "200", "") "]",
            CONTROL),
     NULL, X_INCONCLUSIVE, "record_without_transaction_ids"},
    {"some ids and not others",
     RECORD(HTTP,
            LOOKUP(ADDR(A)) "\"tcp_connect\":[{\"ip\":\"" A "\",\"port\":80,"
                            "\"status\":{\"failure\":null},\"transaction_id\":"
                            "7}],\"requests\":[" PAGE(HTTP, "200", "") "]",
            CONTROL),
     NULL, X_INCONCLUSIVE, "record_without_transaction_ids"},
};

static void old_records_get_a_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *r = &rows[i];
        struct region *region = region_new((size_t)4 << 20);
        struct json_doc *doc = NULL;
        struct verdict v = {0};
        struct diag d = {""};
        assert_non_null(region);
        enum err e =
            json_parse(str_c(r->record), &json_default_limits, &doc, &d);
        if (e == ERR_OK) {
            e = verdict_compute(region, json_root(doc), NULL, &v, &d);
        }
        if (e != ERR_OK) {
            fail_msg("%s: %s", r->name, d.text);
        }
        const char *rule =
            v.n_reasons ? rules_name(rules_of(v.reasons[0].note)) : "";
        bool same = r->blocking ? v.blocking && !strcmp(v.blocking, r->blocking)
                                : !v.blocking;
        if (!same || v.state != r->state ||
            (r->rule && strcmp(rule, r->rule) != 0)) {
            fail_msg("%s: blocking %s, %s by %s", r->name,
                     v.blocking ? v.blocking : "null", xstate_name(v.state),
                     rule);
        }
        json_doc_free(doc);
        region_free(region);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_records_get_a_verdict),
    };
    log_setup("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
