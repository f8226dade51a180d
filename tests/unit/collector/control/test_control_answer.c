// SPDX-License-Identifier: Apache-2.0
/* The control's request reader and answer writer: hostile requests, and what
 * an observation becomes in the words of the test-helper protocol. */
#include "collector/control/control_answer.h"

#include "base/base64.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/sketch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/certs.h"

static enum err parse(struct region *r, const char *text,
                      struct control_request *q, struct diag *d)
{
    return control_request_parse(r, str_c(text), q, d);
}

static void a_request_is_read(void **state)
{
    (void)state;
    struct region *r = region_new(1 << 20);
    struct control_request q;
    struct diag d = {{0}};
    assert_int_equal(
        parse(r,
              "{\"http_request\":\"https://www.example.com/a?b\","
              "\"http_request_headers\":{\"accept\":[\"text/html\"],"
              "\"X-Evil\":[\"1\"],\"User-Agent\":[\"Mozilla\"],"
              "\"Accept-Language\":\"en\"},\"tcp_connect\":"
              "[\"93.184.216.34:443\",\"93.184.216.34:80\",\"x\",7,"
              "\"[2001:db8::1]:443\"],\"x_quic_enabled\":false,"
              "\"x_parallax\":{\"nonce\":"
              "\"00112233445566778899aabbccddeeff\"}}",
              &q, &d),
        ERR_OK);
    assert_string_equal(q.url.host, "www.example.com");
    assert_int_equal(q.n_addrs, 2); /* each address once, ports aside */
    assert_int_equal(q.addrs[1].family, 6);
    assert_int_equal(q.n_headers, 3);
    assert_string_equal(q.headers[0].name, "Accept");
    assert_true(str_eq_c(q.headers[0].value, "text/html"));
    assert_string_equal(q.headers[1].name, "Accept-Language");
    assert_true(str_eq_c(q.headers[1].value, "en"));
    assert_string_equal(q.nonce, "00112233445566778899aabbccddeeff");
    assert_int_equal(parse(r,
                           "{\"http_request\":\"http://a.example\","
                           "\"tcp_connect\":null}",
                           &q, &d),
                     ERR_OK);
    assert_int_equal(q.n_addrs, 0);
    assert_string_equal(q.nonce, "");
    assert_int_equal(q.tries, 0);

    static const struct {
        const char *said;
        unsigned tries;
    } more[] = {{"3", 3}, {"1", 1}, {"99", 3}, {"-1", 0}, {"\"3\"", 0}};

    for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++) {
        const char *text =
            region_printf(r,
                          "{\"http_request\":\"http://a.example\","
                          "\"x_parallax\":{\"tries\":%s}}",
                          more[i].said);
        assert_non_null(text);
        assert_int_equal(parse(r, text, &q, &d), ERR_OK);
        assert_int_equal(q.tries, more[i].tries);
    }
    region_free(r);
}

static void bad_requests_are_refused_in_words(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "garbage",
        "{\"http_request\":7}",
        "{\"http_request\":\"\"}",
        "{\"http_request\":\"ftp://a.example/\"}",
        "{\"http_request\":\"http://\"}",
        "{\"http_request\":\"http://a b/\"}",
        "{\"http_request\":\"http://a.example/\",\"http_request\":\"x\"}",
        "{\"http_request\":\"http://a.b/\",\"a\":[[[[[[[[[]]]]]]]]]}",
    };
    struct region *r = region_new(1 << 20);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct control_request q;
        struct diag d = {{0}};
        if (parse(r, bad[i], &q, &d) != ERR_PARSE || d.text[0] == '\0') {
            fail_msg("taken: %s", bad[i]);
        }
    }
    region_free(r);
}

static void headers_that_split_are_left_out(void **state)
{
    (void)state;
    struct region *r = region_new(1 << 20);
    struct control_request q;
    struct diag d = {{0}};
    assert_int_equal(parse(r,
                           "{\"http_request\":\"http://a.example/\","
                           "\"http_request_headers\":{\"User-Agent\":"
                           "[\"a\\r\\nX-Evil: 1\"],\"Accept\":[\"\"],"
                           "\"Accept-Language\":[\"a\\u0000b\"]}}",
                           &q, &d),
                     ERR_OK);
    assert_int_equal(q.n_headers, 0);
    region_free(r);
}

static void addresses_past_the_maximum_are_left_out(void **state)
{
    (void)state;
    struct region *r = region_new(1 << 20);
    struct buf b;
    buf_init(&b, 1 << 16);
    buf_add_c(&b, "{\"http_request\":\"http://a.example/\",\"tcp_connect\":[");
    for (int i = 0; i < 500; i++) {
        buf_printf(&b, "%s\"45.64.%d.%d:80\"", i ? "," : "", i / 256, i % 256);
    }
    buf_add_c(&b, "]}");
    struct control_request q;
    struct diag d = {{0}};
    assert_int_equal(control_request_parse(r, buf_str(&b), &q, &d), ERR_OK);
    assert_int_equal(q.n_addrs, CONTROL_ADDRS_MAX);
    buf_fini(&b);
    region_free(r);
}

static void literal_addresses_must_be_public(void **state)
{
    (void)state;

    static const struct {
        const char *url;
        bool allowed;
    } rows[] = {
        {"http://93.184.216.34/", true},
        {"http://127.0.0.1/", false},
        {"http://127.1/", false},
        {"http://2130706433/", false},
        {"http://0x7f.0.0.1/", false},
        {"http://10.1.2.3:8080/", false},
        {"http://169.254.169.254/latest/", false},
        {"http://[::1]/", false},
        {"http://[::ffff:10.0.0.1]/", false},
        {"http://[fe80::1]/", false},
        {"http://[64:ff9b::7f00:1]/", false},
        {"http://100.64.0.1/", false},
        {"http://0.0.0.0/", false},
        {"http://www.example.com/", true},
    };
    struct region *r = region_new(1 << 20);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[200];
        struct control_request q;
        struct diag d = {{0}};
        snprintf(text, sizeof(text), "{\"http_request\":\"%s\"}", rows[i].url);
        enum err e = parse(r, text, &q, &d);
        bool allowed = e == ERR_OK && control_request_allowed(&q);
        if (allowed != rows[i].allowed) {
            fail_msg("%s", rows[i].url);
        }
    }
    region_free(r);
}

/* ---- answers ----------------------------------------------------------------
 */

struct made {
    struct region *r;
    struct control_request q;
    struct measurement m;
    struct buf text;
    struct json_doc *doc;
};

static struct ip ip_of(const char *text)
{
    struct ip ip;
    assert_true(ip_parse(str_c(text), &ip));
    return ip;
}

static void make(struct made *x, const char *url)
{
    memset(x, 0, sizeof(*x));
    x->r = region_new(1 << 20);
    char text[200];
    struct diag d = {{0}};
    snprintf(text, sizeof(text),
             "{\"http_request\":\"%s\",\"tcp_connect\":"
             "[\"10.10.34.35:443\",\"93.184.216.34:443\"]}",
             url);
    assert_int_equal(parse(x->r, text, &x->q, &d), ERR_OK);
    x->m.region = x->r;
    buf_init(&x->text, 1 << 20);
}

static const struct json *answer(struct made *x, const struct measurement *m)
{
    struct diag d = {{0}};
    json_doc_free(x->doc);
    x->doc = NULL;
    buf_clear(&x->text);
    assert_int_equal(control_answer_write(&x->text, &x->q, m, NULL), ERR_OK);
    enum err e =
        json_parse(buf_str(&x->text), &json_default_limits, &x->doc, &d);
    if (e != ERR_OK) {
        fail_msg("%s in %s", d.text, (const char *)x->text.p);
    }
    return json_root(x->doc);
}

static void unmake(struct made *x)
{
    json_doc_free(x->doc);
    buf_fini(&x->text);
    region_free(x->r);
}

static int64_t number(const struct json *root, const char *path)
{
    int64_t v = -999;
    assert_true(json_i64(json_path(root, path), &v));
    return v;
}

static const struct json *in_map(const struct json *root, const char *map,
                                 const char *key)
{
    return json_get(json_get(root, map), key);
}

static void assert_text(const struct json *n, const char *want)
{
    const char *got = json_cstr(n);
    if (!want) {
        assert_true(json_is_null(n));
    } else if (!got || strcmp(got, want) != 0) {
        fail_msg("'%s' instead of '%s'", got ? got : "(none)", want);
    }
}

static void a_page_becomes_an_answer(void **state)
{
    (void)state;
    struct made x;
    make(&x, "https://www.example.com/");
    struct dns_answer a = {.type = "A", .ip = ip_of("93.184.216.34")};
    struct obs_query queries[] = {
        {.answers = &a, .n_answers = 1},
        {.failure = "dns_no_answer"}, /* no AAAA */
        {.tags = {.depth = 1}, .failure = "dns_nxdomain_error"},
    };
    struct obs_tcp tcp = {.ip = a.ip, .port = 443};
    struct buf der;
    buf_init(&der, 1024);
    assert_int_equal(base64_decode(STR(CERT_A), &der), ERR_OK);
    struct str cert = buf_str(&der);
    struct obs_tls tls = {.ip = a.ip,
                          .port = 443,
                          .server_name = "www.example.com",
                          .certs = &cert,
                          .n_certs = 1};
    struct obs_header headers[] = {
        {"Alt-Svc", STR("h3=\":443\"; ma=86400")},
        {"Set-Cookie", STR("a=1")},
        {"Set-Cookie", STR("b=2")},
        {"X-Bin", STR("\xff\xfe")},
    };
    struct obs_http http = {
        .url = "https://www.example.com/",
        .status = 200,
        .headers = headers,
        .n_headers = 4,
        .body = STR("<html><TITLE>Default Web Page</TITLE></html>"),
        .body_bytes = 1533};
    x.m.queries = queries;
    x.m.n_queries = 3;
    x.m.tcp = &tcp;
    x.m.n_tcp = 1;
    x.m.tls = &tls;
    x.m.n_tls = 1;
    x.m.http = &http;
    x.m.n_http = 1;
    const struct json *root = answer(&x, &x.m);
    bool status = false;
    assert_true(json_bool(
        json_get(in_map(root, "tcp_connect", "93.184.216.34:443"), "status"),
        &status));
    assert_true(status);
    assert_text(json_get(in_map(root, "tls_handshake", "93.184.216.34:443"),
                         "server_name"),
                "www.example.com");
    assert_int_equal(number(root, "http_request.body_length"), 1533);
    assert_int_equal(number(root, "http_request.status_code"), 200);
    assert_text(json_path(root, "http_request.failure"), NULL);
    assert_text(json_path(root, "http_request.title"), "Default Web Page");
    assert_text(json_path(root, "http_request.discovered_h3_endpoint"),
                "www.example.com:443");
    assert_text(json_path(root, "http_request.headers.Set-Cookie"), "a=1");
    assert_null(json_path(root, "http_request.headers.X-Bin"));
    assert_int_equal(json_type(json_get(root, "http3_request")), JSON_NULL);
    assert_true(json_is_obj(json_get(root, "quic_handshake")));
    assert_text(json_path(root, "dns.failure"), NULL);
    assert_int_equal(json_len(json_path(root, "dns.addrs")), 1);
    int64_t flags = 0;
    assert_true(json_i64(
        json_get(in_map(root, "ip_info", "93.184.216.34"), "flags"), &flags));
    assert_int_equal(flags, 1 | 2 | 8);
    assert_true(json_i64(
        json_get(in_map(root, "ip_info", "10.10.34.35"), "flags"), &flags));
    assert_int_equal(flags, 1 | 4);
    /* what the collector compares pages by, of these very bytes */
    struct sketch s;
    char text[SKETCH_TEXT];
    sketch_make(http.body, &s);
    sketch_text(&s, text);
    assert_true(s.n > 0);
    assert_text(json_path(root, "x_parallax.body_sketch"), text);
    assert_text(json_path(root, "x_parallax.final_url"),
                "https://www.example.com/");
    assert_text(json_get(json_path(root, "x_parallax.certificates"),
                         "93.184.216.34:443"),
                CERT_A_SHA256);
    assert_text(
        json_get(json_path(root, "x_parallax.issuers"), "93.184.216.34:443"),
        ISSUER_A_SHA256);
    buf_fini(&der);
    unmake(&x);
}

static void failures_are_said_in_the_protocols_words(void **state)
{
    (void)state;

    static const struct {
        const char *ours, *tcp, *page, *dns;
    } rows[] = {
        {"generic_timeout_error", "generic_timeout_error",
         "generic_timeout_error", "unknown_error"},
        {"connection_refused", "connection_refused_error",
         "connection_refused_error", "unknown_error"},
        {"connection_reset", "connect_error", "unknown_error", "unknown_error"},
        {"host_unreachable", "connect_error", "unknown_error", "unknown_error"},
        {"ssl_invalid_hostname", "connect_error", "unknown_error",
         "unknown_error"},
        {"dns_nxdomain_error", "connect_error", "dns_lookup_error",
         "dns_name_error"},
        {"dns_servfail_error", "connect_error", "dns_lookup_error",
         "dns_server_failure"},
        {"dns_refused_error", "connect_error", "dns_lookup_error",
         "dns_server_failure"},
        {"dns_server_misbehaving", "connect_error", "dns_lookup_error",
         "dns_server_failure"},
        {"dns_no_answer", "connect_error", "dns_lookup_error", NULL},
        {"dns_bogon_error", "connect_error", "unknown_error", "unknown_error"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct made x;
        make(&x, "https://www.example.com/");
        struct obs_query query = {.failure = rows[i].ours};
        struct obs_tcp tcp = {
            .ip = ip_of("93.184.216.34"), .port = 443, .failure = rows[i].ours};
        struct obs_http http = {.url = "https://www.example.com/",
                                .failure = rows[i].ours,
                                .status = 301,
                                .body_bytes = 7};
        x.m.queries = &query;
        x.m.n_queries = 1;
        x.m.tcp = &tcp;
        x.m.n_tcp = 1;
        x.m.http = &http;
        x.m.n_http = 1;
        const struct json *root = answer(&x, &x.m);
        assert_text(json_get(in_map(root, "tcp_connect", "93.184.216.34:443"),
                             "failure"),
                    rows[i].tcp);
        assert_text(json_path(root, "http_request.failure"), rows[i].page);
        assert_int_equal(number(root, "http_request.body_length"), -1);
        assert_int_equal(number(root, "http_request.status_code"), -1);
        assert_text(json_path(root, "dns.failure"), rows[i].dns);
        assert_int_equal(json_len(json_path(root, "dns.addrs")), 0);
        assert_null(json_get(root, "tls_handshake"));
        unmake(&x);
    }
}

static void a_private_target_is_answered_without_a_connection(void **state)
{
    (void)state;
    struct made x;
    make(&x, "http://127.0.0.1/");
    assert_false(control_request_allowed(&x.q));
    const struct json *root = answer(&x, NULL);
    assert_int_equal(json_len(json_get(root, "tcp_connect")), 0);
    assert_text(json_path(root, "http_request.failure"), "unknown_error");
    assert_text(json_path(root, "dns.failure"), NULL);
    int64_t flags = 0;
    assert_true(json_i64(
        json_get(in_map(root, "ip_info", "127.0.0.1"), "flags"), &flags));
    assert_int_equal(flags, 1 | 4);
    /* nothing was resolved */
    assert_int_equal(json_len(json_path(root, "dns.addrs")), 0);
    unmake(&x);
}

/* What this machine has no way to was not tried. Why there is no page is told
 * in the words of records, beside the protocol's few. */
static void what_was_not_tried_is_left_out(void **state)
{
    (void)state;
    struct made x;
    make(&x, "https://www.example.com/");
    struct obs_tcp tcp[] = {
        {.ip = ip_of("2001:db8::1"),
         .port = 443,
         .failure = "network_unreachable"},
        {.ip = ip_of("2001:db8::2"),
         .port = 443,
         .failure = "address_not_available"},
        {.ip = ip_of("2001:db8::3"), .port = 443, .failure = "timed_out"},
        {.ip = ip_of("93.184.216.34"), .port = 443},
    };
    struct obs_http http = {.url = "https://www.example.com/",
                            .failure = "connection_reset",
                            .status = 200,
                            .body_bytes = 7};
    x.m.tcp = tcp;
    x.m.n_tcp = 4;
    x.m.http = &http;
    x.m.n_http = 1;
    const struct json *root = answer(&x, &x.m);
    assert_int_equal(json_len(json_get(root, "tcp_connect")), 2);
    assert_text(json_path(root, "http_request.failure"), "unknown_error");
    assert_text(json_path(root, "x_parallax.page_failure"), "connection_reset");
    assert_int_equal(number(root, "x_parallax.page_status"), 200);
    assert_int_equal(number(root, "x_parallax.page_length"), 7);
    http.status = 0;
    http.failure = "network_unreachable";
    root = answer(&x, &x.m);
    assert_text(json_path(root, "x_parallax.page_failure"),
                "network_unreachable");
    assert_null(json_path(root, "x_parallax.page_status"));
    http.failure = NULL;
    root = answer(&x, &x.m);
    assert_null(json_path(root, "x_parallax.page_failure"));
    unmake(&x);
}

static void an_endpoint_named_twice_stands_once(void **state)
{
    (void)state;
    struct made x;
    make(&x, "https://www.example.com/");
    struct obs_tcp tcp[2] = {{.ip = ip_of("93.184.216.34"), .port = 443},
                             {.ip = ip_of("93.184.216.34"), .port = 443}};
    struct obs_tls tls[2] = {{.ip = ip_of("93.184.216.34"), .port = 443},
                             {.ip = ip_of("93.184.216.34"), .port = 443}};
    x.m.tcp = tcp;
    x.m.n_tcp = 2;
    x.m.tls = tls;
    x.m.n_tls = 2;
    const struct json *root = answer(&x, &x.m); /* json_parse refuses twins */
    assert_int_equal(json_len(json_get(root, "tcp_connect")), 1);
    assert_int_equal(json_len(json_get(root, "tls_handshake")), 1);
    unmake(&x);
}

/* A first attempt that was cut off is told beside what counts, once for each
 * endpoint. */
static void first_attempts_are_told_beside_the_answer(void **state)
{
    (void)state;
    struct made x;
    make(&x, "https://www.example.com/");
    struct ip ip = ip_of("93.184.216.34"), other = ip_of("93.184.216.35");
    struct obs_tls tls[] = {
        {.ip = ip, .port = 443, .failure = "eof_error", .retried = true},
        {.ip = ip, .port = 443},
        {.ip = other, .port = 443, .failure = "eof_error", .retried = true},
        {.ip = other, .port = 443, .failure = "eof_error"},
    };
    struct obs_http http[] = {
        {.ip = ip,
         .port = 443,
         .url = "https://www.example.com/",
         .failure = "connection_reset",
         .retried = true},
        {.ip = ip,
         .port = 443,
         .url = "https://www.example.com/",
         .status = 200},
    };
    x.m.tls = tls;
    x.m.n_tls = 4;
    x.m.http = http;
    x.m.n_http = 2;
    const struct json *root = answer(&x, &x.m);
    const struct json *first = json_path(root, "x_parallax.first_failures");
    assert_int_equal(json_len(first), 2);
    assert_text(json_get(first, "93.184.216.34:443"), "connection_reset");
    assert_text(json_get(first, "93.184.216.35:443"), "eof_error");
    assert_int_equal(number(root, "http_request.status_code"), 200);
    assert_text(
        json_get(in_map(root, "tls_handshake", "93.184.216.34:443"), "failure"),
        NULL);
    assert_text(
        json_get(in_map(root, "tls_handshake", "93.184.216.35:443"), "failure"),
        "eof_error");
    x.m.n_http = 1; /* nothing after the first */
    root = answer(&x, &x.m);
    assert_int_equal(number(root, "http_request.status_code"), -1);
    unmake(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_read),
        cmocka_unit_test(bad_requests_are_refused_in_words),
        cmocka_unit_test(headers_that_split_are_left_out),
        cmocka_unit_test(addresses_past_the_maximum_are_left_out),
        cmocka_unit_test(literal_addresses_must_be_public),
        cmocka_unit_test(a_page_becomes_an_answer),
        cmocka_unit_test(failures_are_said_in_the_protocols_words),
        cmocka_unit_test(a_private_target_is_answered_without_a_connection),
        cmocka_unit_test(what_was_not_tried_is_left_out),
        cmocka_unit_test(first_attempts_are_told_beside_the_answer),
        cmocka_unit_test(an_endpoint_named_twice_stands_once),
    };
    return crypto_setup() == ERR_OK ? cmocka_run_group_tests(tests, NULL, NULL)
                                    : 1;
}
