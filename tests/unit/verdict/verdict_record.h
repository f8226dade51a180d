// SPDX-License-Identifier: Apache-2.0
/* Builds the record of one measurement piece by piece, for the tests of
 * verdicts. Include after the header of cmocka. One record at a time, in `rec`.
 */
#ifndef PARALLAX_TESTS_VERDICT_RECORD_H
#define PARALLAX_TESTS_VERDICT_RECORD_H

#include "base/diag.h"
#include "base/json_out.h"
#include "verdict/verdict.h"
#include <stdarg.h>
#include <string.h>

#define HOST  "site.test"
#define RIGHT "198.41.0.4"   /* what everybody else resolves to */
#define WRONG "193.0.14.129" /* an address of somebody else */

/* ---- building records ---------------------------------------------------- */

struct rec {
    struct buf part[9];
};

enum part {
    QUERIES,
    DUPLICATES,
    CONNECTS,
    HANDSHAKES,
    REQUESTS,
    CTL_TCP,
    CTL_TLS,
    CTL_DNS,
    CTL_HTTP
};

static struct region *region;
static struct fingerprints *fps;
static struct rec rec;
static const char *input;
static const char *extra;       /* further members of test_keys */
static const char *country;     /* probe_cc */
static const char *clock_trust; /* who vouches for the clock; NULL: unsaid */

static inline int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < 9; i++) {
        buf_init(&rec.part[i], 1 << 20);
    }
    region = region_new(64u << 20);
    input = "https://" HOST "/";
    extra = "";
    country = "IR";
    clock_trust = NULL;
    return region && fingerprints_builtin(&fps) == ERR_OK ? 0 : 1;
}

static inline int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < 9; i++) {
        buf_fini(&rec.part[i]);
    }
    region_free(region);
    fingerprints_free(fps);
    region = NULL;
    fps = NULL;
    return 0;
}

static inline void put(enum part p, const char *fmt, ...) PRINTF_LIKE(2, 3);

static inline void put(enum part p, const char *fmt, ...)
{
    va_list ap;
    if (rec.part[p].len > 0) {
        buf_add_byte(&rec.part[p], ',');
    }
    va_start(ap, fmt);
    buf_vprintf(&rec.part[p], fmt, ap);
    va_end(ap);
}

static inline const char *failure(const char *f)
{
    return f ? region_printf(region, "\"%s\"", f) : "null";
}

/* `result` is a failure string or addresses separated by commas. */
static inline void lookup(enum part list, int id, const char *engine,
                          const char *type, const char *host, int depth,
                          const char *result)
{
    struct buf answers;
    struct str rest = str_c(result), one;
    bool ok = result[0] != '\0' && !strchr(result, '_');
    buf_init(&answers, 65536);
    while (ok && str_next(&rest, ',', &one)) {
        bool v6 = str_find_char(one, ':') != SIZE_MAX;
        buf_printf(&answers,
                   "%s{\"answer_type\":\"%s\",\"%s\":\"" STR_FMT
                   "\",\"asn\":%d,\"ttl\":null}",
                   answers.len ? "," : "", v6 ? "AAAA" : "A",
                   v6 ? "ipv6" : "ipv4", STR_ARG(one),
                   str_eq_c(one, RIGHT) ? 64500 : 64999);
    }
    put(list,
        "{\"transaction_id\":%d,\"engine\":\"%s\",\"query_type\":\"%s\","
        "\"hostname\":\"%s\",\"failure\":%s,\"answers\":[" STR_FMT
        "],\"tags\":[\"depth=%d\"],\"t0\":0.1,\"t\":0.2}",
        id, engine, type, host, ok ? "null" : failure(result),
        STR_ARG(buf_str(&answers)), depth);
    buf_fini(&answers);
}

static inline void system_dns(const char *result)
{
    lookup(QUERIES, 10001, "getaddrinfo", "ANY", HOST, 0, result);
}

static inline void udp_dns(const char *result)
{
    lookup(QUERIES, 20001, "udp", "A", HOST, 0, result);
}

static inline void doh_dns(const char *result)
{
    lookup(QUERIES, 30001, "doh", "A", HOST, 0, result);
}

static inline void connect_to(int id, const char *ip, int port, int depth,
                              bool fetch, const char *result)
{
    put(CONNECTS,
        "{\"transaction_id\":%d,\"ip\":\"%s\",\"port\":%d,\"t0\":0.2,"
        "\"t\":0.3,\"status\":{\"failure\":%s},\"tags\":[\"depth=%d\",\"fetch_body=%s\"]}",
        id, ip, port, failure(result), depth, fetch ? "true" : "false");
}

static inline void handshake(int id, const char *host, const char *result)
{
    put(HANDSHAKES,
        "{\"transaction_id\":%d,\"server_name\":\"%s\",\"failure\":%s,"
        "\"no_tls_verify\":false,\"peer_certificates\":[],\"tags\":[]}",
        id, host, failure(result));
}

static inline void request(int id, const char *url, const char *result,
                           int status, const char *headers, const char *body)
{
    put(REQUESTS,
        "{\"transaction_id\":%d,\"failure\":%s,\"request\":{\"url\":\"%s\"},"
        "\"response\":{\"code\":%d,\"headers\":{%s},\"body\":\"%s\","
        "\"body_is_truncated\":false}}",
        id, failure(result), url, status, headers, body);
}

static inline void control_endpoint(const char *endpoint, const char *tcp,
                                    const char *tls)
{
    put(CTL_TCP, "\"%s\":{\"status\":%s,\"failure\":%s}", endpoint,
        tcp ? "false" : "true", failure(tcp));
    if (!tcp && strstr(endpoint, ":443")) {
        put(CTL_TLS,
            "\"%s\":{\"server_name\":\"" HOST
            "\",\"status\":%s,\"failure\":%s}",
            endpoint, tls ? "false" : "true", failure(tls));
    }
}

static inline void control_dns(const char *result)
{
    if (strchr(result, '_')) {
        put(CTL_DNS, "\"failure\":\"%s\",\"addrs\":[]", result);
    } else if (result[0] == '\0') {
        put(CTL_DNS, "\"failure\":null,\"addrs\":[]");
    } else {
        put(CTL_DNS, "\"failure\":null,\"addrs\":[\"%s\"]", result);
    }
}

#define HEADERS "\"Content-Type\":\"text/html\",\"X-Site\":\"1\""
#define PAGE                                                                   \
    "<html><head><title>Newspaper of record</title></head><body>"              \
    "Many words, enough of them to be a page of its own length.</body></html>"
#define PAGE_LEN ((int)sizeof(PAGE) - 1)
#define OTHER    "<html><title>Notice</title>No.</html>"

static inline void control_page(const char *result)
{
    if (result) {
        put(CTL_HTTP,
            "\"failure\":\"%s\",\"status_code\":-1,\"body_length\":-1,"
            "\"title\":\"\",\"headers\":{}",
            result);
    } else {
        put(CTL_HTTP,
            "\"failure\":null,\"status_code\":200,\"body_length\":%d,"
            "\"title\":\"Newspaper of record\",\"headers\":{" HEADERS "}",
            PAGE_LEN);
    }
}

/* A control that sees the site in order. */
static inline void good_control(void)
{
    control_dns(RIGHT);
    control_endpoint(RIGHT ":443", NULL, NULL);
    control_endpoint(RIGHT ":80", NULL, NULL);
    control_page(NULL);
}

static inline void https_flow(int id, const char *ip, const char *tcp,
                              const char *tls)
{
    connect_to(id, ip, 443, 0, true, tcp);
    if (!tcp) {
        handshake(id, HOST, tls);
    }
}

static inline void https_page(int id, const char *ip, int status)
{
    https_flow(id, ip, NULL, NULL);
    request(id, "https://" HOST "/", NULL, status, HEADERS, PAGE);
}

/* http: fetch on 80, handshake only on 443. */
static inline void http_flows(const char *ip)
{
    input = "http://" HOST "/";
    connect_to(40001, ip, 80, 0, true, NULL);
    connect_to(50001, ip, 443, 0, false, NULL);
    handshake(50001, HOST, NULL);
}

static inline struct str text_of(enum part p)
{
    return rec.part[p].len ? buf_str(&rec.part[p]) : STR("");
}

static inline char *record_text(void)
{
    char *control = region_strdup(region, "null");
    const char *clock = "";
    if (clock_trust) {
        clock = region_printf(
            region, "\"annotations\":{\"clock_trust\":\"%s\"},", clock_trust);
    }
    if (rec.part[CTL_HTTP].len) {
        control = region_printf(
            region,
            "{\"tcp_connect\":{" STR_FMT "},\"tls_handshake\":{" STR_FMT
            "},\"dns\":{" STR_FMT "},\"http_request\":{" STR_FMT
            "},\"ip_info\":{}}",
            STR_ARG(text_of(CTL_TCP)), STR_ARG(text_of(CTL_TLS)),
            STR_ARG(text_of(CTL_DNS)), STR_ARG(text_of(CTL_HTTP)));
    }
    return region_printf(
        region,
        "{%s\"input\":\"%s\",\"test_name\":\"web_connectivity\","
        "\"probe_cc\":\"%s\",\"test_keys\":{"
        "%s\"queries\":[" STR_FMT "],\"x_dns_duplicate_responses\":[" STR_FMT
        "],\"tcp_connect\":[" STR_FMT "],\"tls_handshakes\":[" STR_FMT
        "],\"requests\":[" STR_FMT "],\"x_control_request\":{\"http_request\":"
        "\"%s\"},\"control\":%s,\"control_failure\":%s}}",
        clock, input, country, extra, STR_ARG(text_of(QUERIES)),
        STR_ARG(text_of(DUPLICATES)), STR_ARG(text_of(CONNECTS)),
        STR_ARG(text_of(HANDSHAKES)), STR_ARG(text_of(REQUESTS)), input,
        control, rec.part[CTL_HTTP].len ? "null" : "\"connection_reset\"");
}

static inline enum err compute(const char *text, struct verdict *v,
                               struct diag *d)
{
    struct json_doc *doc = NULL;
    enum err e = json_parse(str_c(text), NULL, &doc, d);
    if (e) {
        print_error("%s\n%s\n", d->text, text);
    }
    assert_int_equal(e, ERR_OK);
    e = verdict_compute(region, json_root(doc), fps, v, d);
    json_doc_free(doc);
    return e;
}

static inline struct verdict verdict_now(void)
{
    struct verdict v;
    struct diag d = {""};
    enum err e = compute(record_text(), &v, &d);
    if (e) {
        print_error("%s\n", d.text);
    }
    assert_int_equal(e, ERR_OK);
    return v;
}

static inline const char *rule_of(struct reason why)
{
    return rules_name(rules_of(why.note));
}

static inline void expect(enum xstate state, const char *method,
                          const char *rule)
{
    struct verdict v = verdict_now();
    assert_string_equal(xstate_name(v.state), xstate_name(state));
    assert_string_equal(v.method ? method_name(v.method) : "-", method);
    assert_true(v.n_reasons > 0);
    assert_string_equal(rule_of(v.reasons[0]), rule);
    assert_true(v.confidence > 0 && v.confidence <= 1);
}

#endif
