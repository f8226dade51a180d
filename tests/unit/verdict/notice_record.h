// SPDX-License-Identifier: Apache-2.0
/* Builds records of sites whose names the system's resolver leads to a notice
 * server, for the tests of verdicts. Include after the header of cmocka.
 */
#ifndef PARALLAX_TESTS_NOTICE_RECORD_H
#define PARALLAX_TESTS_NOTICE_RECORD_H

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
#define ILL      SHARED("\"names\":1,\"other_networks\":1,\"notices\":0,\"ill\":1")
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
    bool stopped;      /* the probe follows no redirect to there */
    const char *alias; /* in the system's answer; NULL: none */
    const char *run;   /* members before the rest; NULL: none */
};

static struct region *region;
static int asn_of_notice;   /* the site's is 64500 */
static const char *network; /* the volunteer's */

static inline int setup(void **state)
{
    (void)state;
    region = region_new(16u << 20);
    asn_of_notice = 64999;
    network = "AS64999";
    return region ? 0 : 1;
}

static inline int teardown(void **state)
{
    (void)state;
    region_free(region);
    return 0;
}

static inline char *lookup(int id, const char *engine, const char *ip,
                           const char *alias)
{
    char *one = region_printf(
        region, "{\"answer_type\":\"A\",\"ipv4\":\"%s\",\"asn\":%d}%s%s%s", ip,
        strcmp(ip, SITE) == 0 ? 64500 : asn_of_notice,
        alias ? ",{\"answer_type\":\"CNAME\",\"hostname\":\"" : "",
        alias ? alias : "", alias ? "\"}" : "");
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

static inline char *page(int id, const char *url, const struct seen *s)
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

static inline char *control(const struct seen *s)
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
static inline const char *keys(const struct seen *s)
{
    const char *handshake =
        s->unproven ? ""
                    : "{\"transaction_id\":50002,\"server_name\":\"" HOST
                      "\",\"failure\":null,\"no_tls_verify\":false}";
    const char *port = s->tls ? "null" : REFUSED;
    char *own = region_printf(
        region,
        "%s" CONNECT("50001", NOTICE, "443", "%s",
                     "%s") "," CONNECT("50002", SITE, "443", "%s", "%s"),
        s->http ? CONNECT("40001", NOTICE, "80", "true", "null") "," CONNECT(
                      "40002", SITE, "80", "true", "null") ","
                : "",
        port, s->http ? "false" : "true", s->unproven ? REFUSED : "null",
        s->http ? "false" : "true");
    assert_non_null(own);
    char *text = region_printf(
        region,
        "%s\"queries\":[%s,%s,%s],\"tcp_connect\":[%s],\"tls_handshakes\":[%s],"
        "\"requests\":[%s],%s",
        s->run ? s->run : "",
        lookup(10001, "getaddrinfo", s->right ? SITE : NOTICE, s->alias),
        lookup(20001, "udp", s->udp ? s->udp : SITE, NULL),
        lookup(30001, "doh", s->doh ? s->doh : SITE, NULL), own, handshake,
        s->http && s->status ? page(40001, "http://" HOST "/", s) : "",
        control(s));
    assert_non_null(text);
    return text;
}

static inline const char *again(const struct seen *s)
{
    char *text = region_printf(
        region, "{\"kind\":\"again\",\"after\":15.5,\"test_keys\":{%s}}",
        keys(s));
    assert_non_null(text);
    return text;
}

/* One page in cleartext; status 0: nothing was asked. */
static inline const char *page_at(const char *ip, const struct seen *s)
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
static inline struct verdict verdict_of(const struct seen *s,
                                        const char *second, const char *third)
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

static inline void assert_notice(struct verdict v)
{
    assert_int_equal(v.state, X_BLOCKED);
    assert_int_equal(v.method, METHOD_DNS);
    assert_int_equal(rules_of(v.reasons[0].note), RULE_DNS_NOTICE);
    assert_true(v.n_alternatives >= 2);
    assert_false(v.want_again);
}

static inline void assert_undecided(struct verdict v)
{
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_int_equal(v.method, METHOD_NONE);
}

#endif
