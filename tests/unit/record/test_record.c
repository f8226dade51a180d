// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/json.h"
#include "record/keys.h"
#include "record/record.h"
#include "record/scrub.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct measurement m;
    struct scrub scrub;
    struct record_env env;
    struct buf obs, out;
    struct json_doc *doc;
    const struct json *root, *tk;
};

static struct ip ip(const char *text)
{
    struct ip out;
    assert_true(ip_parse(str_c(text), &out));
    return out;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    *state = f;
    if (!f) {
        return -1;
    }
    f->m.region = region_new(8 << 20);
    f->m.input = "https://www.example.com/";
    f->m.start_wall_us = INT64_C(1707770027) * US_PER_S + 999999;
    f->m.runtime_us = 1618801;
    f->scrub = (struct scrub){.n_own = 2, .known4 = true, .known6 = true};
    f->scrub.own[0] = ip("130.192.91.211");
    f->scrub.own[1] = ip("192.168.1.10");
    f->env = (struct record_env){.probe_cc = "IT",
                                 .probe_asn = "AS137",
                                 .probe_network_name = "Consortium GARR",
                                 .resolver_asn = "AS137",
                                 .resolver_ip = "130.192.3.21",
                                 .resolver_network_name = "Consortium GARR",
                                 .report_id = "",
                                 .software_version = "0.1.0",
                                 .test_start_s = 1707770020,
                                 .platform = "linux",
                                 .architecture = "amd64",
                                 .clock_trust = "ntp",
                                 .scrub = &f->scrub};
    buf_init(&f->obs, 64 << 20);
    buf_init(&f->out, 64 << 20);
    return f->m.region ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    json_doc_free(f->doc);
    region_free(f->m.region);
    buf_fini(&f->obs);
    buf_fini(&f->out);
    free(f);
    return 0;
}

/* Writes the record with `derived` members and reads it back. */
static void write_with(struct fixture *f, const char *derived)
{
    struct jw w;
    struct diag d;
    jw_init(&w, &f->obs);
    assert_int_equal(keys_write(&w, &f->m, &f->env), ERR_OK);
    jw_init(&w, &f->out);
    assert_int_equal(
        record_write(&w, &f->m, &f->env, buf_str(&f->obs), str_c(derived)),
        ERR_OK);
    if (json_parse(buf_str(&f->out), &json_default_limits, &f->doc, &d)) {
        fail_msg("%s", d.text);
    }
    f->root = json_root(f->doc);
    f->tk = json_get(f->root, "test_keys");
    assert_true(json_is_obj(f->tk));
}

static void write_record(struct fixture *f)
{
    write_with(f, "");
}

static void assert_json(struct fixture *f, const struct json *n,
                        const char *want)
{
    struct str got = json_span(f->doc, n);
    if (!str_eq_c(got, want)) {
        fail_msg("\ngot  " STR_FMT "\nwant %s", STR_ARG(got), want);
    }
}

static const struct json *at(const struct json *arr, size_t i)
{
    const struct json *n = json_first(arr);
    while (n && i-- > 0) {
        n = json_next(n);
    }
    return n;
}

static void assert_keys(const struct json *obj, const char *const *want)
{
    const struct json *n = json_first(obj);
    for (size_t i = 0; want[i]; i++, n = json_next(n)) {
        if (!str_eq_c(json_key(n), want[i])) {
            fail_msg("key %zu is '" STR_FMT "', not %s", i,
                     STR_ARG(json_key(n)), want[i]);
        }
    }
    if (n) {
        fail_msg("further key " STR_FMT, STR_ARG(json_key(n)));
    }
}

static void an_empty_measurement_has_every_key(void **state)
{
    struct fixture *f = *state;
    static const char *const envelope[] = {"annotations",
                                           "data_format_version",
                                           "extensions",
                                           "input",
                                           "measurement_start_time",
                                           "probe_asn",
                                           "probe_cc",
                                           "probe_ip",
                                           "probe_network_name",
                                           "report_id",
                                           "resolver_asn",
                                           "resolver_ip",
                                           "resolver_network_name",
                                           "software_name",
                                           "software_version",
                                           "test_keys",
                                           "test_name",
                                           "test_runtime",
                                           "test_start_time",
                                           "test_version",
                                           NULL};
    static const char *const keys[] = {"agent",
                                       "client_resolver",
                                       "retries",
                                       "socksproxy",
                                       "network_events",
                                       "x_dns_whoami",
                                       "x_doh",
                                       "x_do53",
                                       "x_dns_duplicate_responses",
                                       "x_system_queries",
                                       "queries",
                                       "requests",
                                       "tcp_connect",
                                       "tls_handshakes",
                                       "x_control_request",
                                       "control",
                                       "x_conn_priority_log",
                                       "x_evidence",
                                       "control_failure",
                                       NULL};
    static const char *const doh[] = {"network_events", "queries",
                                      "requests",       "tcp_connect",
                                      "tls_handshakes", NULL};
    write_record(f);
    assert_keys(f->root, envelope);
    assert_keys(f->tk, keys);
    assert_keys(json_get(f->tk, "x_doh"), doh);
    assert_json(f, json_get(f->root, "annotations"),
                "{\"architecture\":\"amd64\",\"clock_trust\":\"ntp\","
                "\"engine_name\":\"parallax\",\"engine_version\":\"0.1.0\","
                "\"platform\":\"linux\",\"resolver_library\":\"c-ares\"}");
    assert_json(f, json_get(f->root, "extensions"),
                "{\"dnst\":0,\"httpt\":0,\"netevents\":0,\"tcpconnect\":0,"
                "\"tlshandshake\":0,\"tunnel\":0}");
    assert_string_equal(json_cstr(json_get(f->root, "measurement_start_time")),
                        "2024-02-12 20:33:47");
    assert_string_equal(json_cstr(json_get(f->root, "test_start_time")),
                        "2024-02-12 20:33:40");
    assert_string_equal(json_cstr(json_get(f->root, "probe_ip")), "127.0.0.1");
    assert_string_equal(json_cstr(json_get(f->root, "test_version")), "0.5.28");
    assert_json(f, json_get(f->root, "test_runtime"), "1.618801");
    assert_json(f, json_get(f->tk, "control"), "null");
    assert_json(f, json_get(f->tk, "control_failure"), "null");
    assert_json(f, json_get(f->tk, "queries"), "[]");
    assert_json(f, json_get(f->tk, "x_evidence"), "{\"packets\":[]}");
}

static void queries_have_their_shape_and_list(void **state)
{
    struct fixture *f = *state;
    static struct dns_answer answers[3];
    answers[0] =
        (struct dns_answer){.type = "CNAME", .hostname = "cdn.example"};
    answers[1] = (struct dns_answer){.type = "A",
                                     .ip = ip("93.184.216.34"),
                                     .asn = 15133,
                                     .org = "Edgecast Inc."};
    answers[2] = (struct dns_answer){.type = "CNAME", .hostname = "second"};
    struct obs_query *q = measurement_add_query(&f->m);
    assert_non_null(q);
    *q = (struct obs_query){.t0 = 921,
                            .t = 2023,
                            .engine = "getaddrinfo",
                            .hostname = "www.example.com",
                            .query_type = "ANY",
                            .resolver = "",
                            .answers = answers,
                            .n_answers = 3,
                            .id = 10001,
                            .tags = {.classic = true, .fetch_body = -1}};
    q = measurement_add_query(&f->m);
    assert_non_null(q);
    *q = (struct obs_query){.list = QUERY_DUPLICATE,
                            .t = 5,
                            .engine = "udp",
                            .hostname = "www.example.com",
                            .query_type = "AAAA",
                            .resolver = "8.8.4.4:53",
                            .failure = "dns_nxdomain_error",
                            .rcode = 3,
                            .raw = {"\0\1\2", 3},
                            .id = 20001,
                            .tags = {.depth = 12, .fetch_body = -1}};
    q = measurement_add_query(&f->m);
    assert_non_null(q);
    q->list = QUERY_DO53; /* has a list of its own */
    q->engine = q->hostname = q->query_type = q->resolver = "x";
    write_record(f);
    assert_int_equal(json_len(json_get(f->tk, "queries")), 1);
    assert_json(
        f, at(json_get(f->tk, "queries"), 0),
        "{\"answers\":[{\"asn\":15133,\"as_org_name\":\"Edgecast Inc.\","
        "\"answer_type\":\"A\",\"ipv4\":\"93.184.216.34\",\"ttl\":null},"
        "{\"answer_type\":\"CNAME\",\"hostname\":\"cdn.example\",\"ttl\":null}"
        "],\"engine\":\"getaddrinfo\",\"failure\":null,"
        "\"hostname\":\"www.example.com\",\"query_type\":\"ANY\","
        "\"resolver_hostname\":null,\"resolver_port\":null,"
        "\"resolver_address\":\"\",\"t0\":0.000921,\"t\":0.002023,"
        "\"tags\":[\"classic\",\"depth=0\"],\"transaction_id\":10001}");
    assert_json(f, at(json_get(f->tk, "x_dns_duplicate_responses"), 0),
                "{\"answers\":null,\"engine\":\"udp\","
                "\"failure\":\"dns_nxdomain_error\","
                "\"hostname\":\"www.example.com\",\"query_type\":\"AAAA\","
                "\"raw_response\":\"AAEC\",\"rcode\":3,"
                "\"resolver_hostname\":null,\"resolver_port\":null,"
                "\"resolver_address\":\"8.8.4.4:53\",\"t\":0.000005,"
                "\"tags\":[\"depth=12\"],\"transaction_id\":20001}");
}

static const struct obs_tags fetch_tags = {
    .classic = true, .tcptls_experiment = true, .depth = 0, .fetch_body = 1};
#define TAGS                                                                   \
    "\"tags\":[\"classic\",\"tcptls_experiment\",\"depth=0\","                 \
    "\"fetch_body=true\"]"

static void endpoints_have_their_shape(void **state)
{
    struct fixture *f = *state;
    static struct str cert = {"der", 3};
    struct obs_tcp *c = measurement_add_tcp(&f->m);
    assert_non_null(c);
    c->ip = ip("93.184.216.34");
    c->port = 443;
    c->t0 = 100000;
    c->t = 150000;
    c->id = 50001;
    c->tags = fetch_tags;
    c = measurement_add_tcp(&f->m);
    assert_non_null(c);
    c->ip = ip("2001:db8::1");
    c->failure = "generic_timeout_error";
    c->reconnect = true;
    struct obs_tls *s = measurement_add_tls(&f->m);
    assert_non_null(s);
    s->ip = ip("2606:2800:220:1::1");
    s->port = 443;
    s->server_name = "www.example.com";
    s->version = "TLSv1.3";
    s->cipher = "TLS_AES_128_GCM_SHA256";
    s->alpn = "h2";
    s->certs = &cert;
    s->n_certs = 1;
    s->t = 1500000;
    s->id = 50002;
    s->tags = fetch_tags;
    write_record(f);
    assert_json(
        f, json_get(f->tk, "tcp_connect"),
        "[{\"ip\":\"93.184.216.34\",\"port\":443,\"status\":"
        "{\"failure\":null,\"success\":true},\"t0\":0.1,\"t\":0.15," TAGS
        ",\"transaction_id\":50001}]");
    assert_json(
        f, json_get(f->tk, "tls_handshakes"),
        "[{\"network\":\"tcp\",\"address\":\"[2606:2800:220:1::1]:443\","
        "\"cipher_suite\":\"TLS_AES_128_GCM_SHA256\",\"failure\":null,"
        "\"negotiated_protocol\":\"h2\",\"no_tls_verify\":false,"
        "\"peer_certificates\":[{\"format\":\"base64\",\"data\":\"ZGVy\"}],"
        "\"server_name\":\"www.example.com\",\"t\":1.5," TAGS
        ",\"tls_version\":\"TLSv1.3\",\"transaction_id\":50002}]");
    assert_int_equal(json_len(json_path(f->tk, "x_reconnect.tcp_connect")), 1);
}

static struct obs_http *add_http(struct fixture *f, const char *url)
{
    struct obs_http *h = measurement_add_http(&f->m);
    assert_non_null(h);
    h->url = url;
    h->ip = ip("93.184.216.34");
    h->port = 80;
    h->tags = fetch_tags;
    return h;
}

static void requests_are_newest_first_with_sorted_headers(void **state)
{
    struct fixture *f = *state;
    static struct obs_header req[] = {{"User-Agent", {"x", 1}},
                                      {"Accept", {"*/*", 3}}};
    static struct obs_header res[] = {{"Set-Cookie", {"b=1", 3}},
                                      {"Date", {"now", 3}},
                                      {"Set-Cookie", {"a=1", 3}},
                                      {"X-Bin", {"\xff", 1}}};
    struct obs_http *h = add_http(f, "http://a.example/");
    h->req_headers = req;
    h->n_req_headers = 2;
    h->headers = res;
    h->n_headers = 4;
    h->status = 302;
    h->body = (struct str){"\xfe", 1};
    add_http(f, "http://b.example/")->failure = "connection_reset";
    write_record(f);
    const struct json *list = json_get(f->tk, "requests");
    assert_int_equal(json_len(list), 2);
    assert_string_equal(json_cstr(json_path(at(list, 0), "request.url")),
                        "http://b.example/");
    assert_json(f, json_get(at(list, 0), "response"),
                "{\"body\":\"\",\"body_is_truncated\":false,\"code\":0,"
                "\"headers_list\":[],\"headers\":{}}");
    assert_null(json_get(at(list, 0), "alpn"));
    assert_json(f, json_get(at(list, 1), "request"),
                "{\"body\":\"\",\"body_is_truncated\":false,\"headers_list\":[["
                "\"Accept\",\"*/*\"],[\"User-Agent\",\"x\"]],\"headers\":{"
                "\"Accept\":\"*/*\",\"User-Agent\":\"x\"},\"method\":\"GET\","
                "\"tor\":{\"exit_ip\":null,\"exit_name\":null,\"is_tor\":false}"
                ",\"x_transport\":\"tcp\",\"url\":\"http://a.example/\"}");
    assert_json(f, json_get(at(list, 1), "response"),
                "{\"body\":{\"format\":\"base64\",\"data\":\"/g==\"},"
                "\"body_is_truncated\":false,\"code\":302,\"headers_list\":[["
                "\"Date\",\"now\"],[\"Set-Cookie\",\"b=1\"],[\"Set-Cookie\","
                "\"a=1\"],[\"X-Bin\",{\"format\":\"base64\",\"data\":\"/w==\"}"
                "]],\"headers\":{\"Date\":\"now\",\"Set-Cookie\":\"b=1\","
                "\"X-Bin\":{\"format\":\"base64\",\"data\":\"/w==\"}}}");
}

static void a_body_of_half_a_mebibyte_counts_as_cut(void **state)
{
    struct fixture *f = *state;
    static char body[1 << 19];
    memset(body, 'x', sizeof(body));
    add_http(f, "http://a/")->body = (struct str){body, sizeof(body)};
    add_http(f, "http://b/")->body = (struct str){body, sizeof(body) - 1};
    write_record(f);
    const struct json *list = json_get(f->tk, "requests");
    assert_json(f, json_path(at(list, 0), "response.body_is_truncated"),
                "false");
    assert_json(f, json_path(at(list, 1), "response.body_is_truncated"),
                "true");
}

static void header_names_cannot_break_the_record(void **state)
{
    struct fixture *f = *state;
    static struct obs_header bad[] = {{"\xff", {"a", 1}},
                                      {"\xfe", {"b", 1}},
                                      {"", {"c", 1}},
                                      {"\"", {"d", 1}}};
    struct obs_http *h = add_http(f, "http://a/");
    h->headers = bad;
    h->n_headers = 4;
    write_record(f); /* the reader refuses duplicate keys */
    assert_int_equal(json_len(json_path(at(json_get(f->tk, "requests"), 0),
                                        "response.headers_list")),
                     4);
}

static void events_are_sorted_by_time(void **state)
{
    struct fixture *f = *state;
    static const int64_t times[] = {300000, 100000, 200000, 100000};
    for (int i = 0; i < 4; i++) {
        struct obs_event *e = measurement_add_event(&f->m);
        assert_non_null(e);
        e->operation = "read";
        e->t = times[i];
        e->id = i + 1;
        e->list = i == 2 ? EVENT_DO53 : EVENT_MAIN;
    }
    struct obs_event *e = measurement_add_event(&f->m);
    assert_non_null(e);
    e->operation = "connect";
    e->proto = "tcp";
    e->ip = ip("1.2.3.4");
    e->port = 80;
    e->num_bytes = 7;
    e->t0 = 1;
    e->tags.depth = 0;
    write_record(f);
    assert_json(
        f, json_get(f->tk, "network_events"),
        "[{\"address\":\"1.2.3.4:80\",\"failure\":null,\"num_bytes\":7,"
        "\"operation\":\"connect\",\"proto\":\"tcp\",\"t0\":0.000001,\"t\":0,"
        "\"tags\":[\"depth=0\"]},"
        "{\"failure\":null,\"operation\":\"read\",\"t\":0.1,\"transaction_id\":"
        "2},{\"failure\":null,\"operation\":\"read\",\"t\":0.1,"
        "\"transaction_id\":4},{\"failure\":null,\"operation\":\"read\","
        "\"t\":0.3,\"transaction_id\":1}]");
    assert_int_equal(json_len(json_path(f->tk, "x_do53.network_events")), 1);
}

static void the_control_is_copied_as_it_came(void **state)
{
    struct fixture *f = *state;
    f->m.control_request = STR("{\"http_request\":  \"x\"}");
    f->m.control = STR("{ \"b\":1, \"a\":[1.0,2e1] }\n");
    f->m.control_signature = STR("{\"v\":1}");
    f->m.control_url = "https://0.th.ooni.org";
    f->m.control_type = "https";
    write_record(f);
    assert_json(f, json_get(f->tk, "x_control_request"),
                "{\"http_request\":  \"x\"}");
    assert_json(f, json_get(f->tk, "control"), "{ \"b\":1, \"a\":[1.0,2e1] }");
    assert_json(f, json_get(f->tk, "x_control_signature"), "{\"v\":1}");
    assert_json(f, json_get(f->root, "test_helpers"),
                "{\"backend\":{\"address\":\"https://0.th.ooni.org\","
                "\"type\":\"https\"}}");
}

static void a_strange_control_answer_cannot_break_the_record(void **state)
{
    struct fixture *f = *state;
    f->m.control = STR("{},\"accessible\":true,\"x\":{}");
    f->m.control_request = STR("[1]");
    f->m.control_failure = "connection_reset";
    write_record(f);
    assert_json(f, json_get(f->tk, "control"), "null");
    assert_json(f, json_get(f->tk, "x_control_request"), "null");
    assert_json(f, json_get(f->tk, "control_failure"), "\"connection_reset\"");
    assert_null(json_get(f->tk, "accessible"));
    assert_null(json_get(f->root, "test_helpers"));
}

static void derived_keys_follow_and_none_is_there_twice(void **state)
{
    struct fixture *f = *state;
    f->m.control_failure = "unknown_failure: \",\"control_failure\":\"x\" \\";
    write_with(f, "\"x_dns_flags\":0,\"control_failure\":null,"
                  "\"accessible\":true");
    assert_json(f, json_get(f->tk, "control_failure"), "null");
    assert_json(f, json_get(f->tk, "accessible"), "true");
    assert_json(f, json_get(f->tk, "x_evidence"), "{\"packets\":[]}");
}

/* No form of the volunteer's address may be anywhere in the bytes. */
static void assert_nowhere(struct fixture *f, const char *text)
{
    if (str_find(buf_str(&f->out), str_c(text)) != SIZE_MAX) {
        fail_msg("%s is in the record", text);
    }
}

static void fill_with_own_address(struct fixture *f)
{
    static const char own[] = "130.192.91.211";
    static struct obs_header h[] = {{"X-Client-Ip", {"130.192.91.211", 14}}};
    static struct dns_answer a;
    a = (struct dns_answer){.type = "A", .ip = ip(own)};
    struct obs_query *q = measurement_add_query(&f->m);
    assert_non_null(q);
    q->engine = q->query_type = "A";
    q->hostname = own;
    q->resolver = "130.192.91.211:53";
    q->answers = &a;
    q->n_answers = 1;
    q->raw = (struct str){"xx\x82\xc0\x5b\xd3yy", 8};
    struct obs_tcp *c = measurement_add_tcp(&f->m);
    assert_non_null(c);
    c->ip = ip(own);
    c->failure = "unknown_failure: dial 130.192.91.211:80";
    struct obs_tls *s = measurement_add_tls(&f->m);
    assert_non_null(s);
    s->ip = ip(own);
    s->server_name = "x";
    struct obs_http *r = add_http(f, "http://x/?ip=130.192.91.211");
    r->ip = ip(own);
    r->headers = r->req_headers = h;
    r->n_headers = r->n_req_headers = 1;
    r->body = STR("you are 130.192.91.211!");
    struct obs_event *e = measurement_add_event(&f->m);
    assert_non_null(e);
    e->operation = "read";
    e->ip = ip(own);
    struct obs_packet *p = measurement_add_packet(&f->m);
    assert_non_null(p);
    p->proto = "tcp";
    p->src = ip("192.168.1.10");
    p->dst = ip("93.184.216.34");
    measurement_note(&f->m, 0, "from 130.192.91.211");
    f->m.control = STR("{\"you\":\"130.192.91.211\"}");
    f->m.control_request = STR("{\"tcp_connect\":[\"130.192.91.211:443\"]}");
    f->m.client_resolver = own;
    f->m.not_tried[0] = ip("192.168.1.10");
    f->m.n_not_tried = 1;
    f->env.resolver_ip = own;
}

static void the_own_address_is_nowhere(void **state)
{
    struct fixture *f = *state;
    fill_with_own_address(f);
    write_record(f);
    assert_nowhere(f, "130.192.91.211");
    assert_nowhere(f, "192.168.1.10");
    assert_null(json_get(at(json_get(f->tk, "queries"), 0), "raw_response"));
    assert_json(f,
                json_path(at(json_get(f->tk, "requests"), 0), "response.body"),
                "\"you are [scrubbed]!\"");
    const struct json *p = at(json_path(f->tk, "x_evidence.packets"), 0);
    assert_string_equal(json_cstr(json_get(p, "src")), "[scrubbed]");
    assert_string_equal(json_cstr(json_get(p, "dst")), "93.184.216.34");
    assert_json(f, json_get(f->tk, "x_not_tried"), "\"own_network\"");
    assert_string_equal(json_cstr(json_get(f->root, "resolver_ip")),
                        "127.0.0.2");
}

static void no_name_in_a_raw_answer_tells_the_own_address(void **state)
{
    static const struct str raw[] = {{"\x03"
                                      "130\x03"
                                      "192\x02"
                                      "91\x03"
                                      "211\x03net",
                                      19},
                                     {"\x03"
                                      "211\x02"
                                      "91\x03"
                                      "192\x03"
                                      "130\x07in-addr",
                                      23},
                                     {"\x04xx92\x02"
                                      "91\x03net",
                                      12}};
    struct fixture *f = *state;
    for (size_t i = 0; i < 3; i++) {
        struct obs_query *q = measurement_add_query(&f->m);
        assert_non_null(q);
        q->engine = "udp";
        q->query_type = "A";
        q->raw = raw[i];
    }
    write_record(f);
    const struct json *list = json_get(f->tk, "queries");
    assert_null(json_get(at(list, 0), "raw_response"));
    assert_null(json_get(at(list, 1), "raw_response"));
    assert_non_null(json_get(at(list, 2), "raw_response"));
}

static void where_a_redirect_leads_is_told(void **state)
{
    struct fixture *f = *state;
    add_http(f, "http://x/")->leads_unlisted = true;
    add_http(f, "http://y/")->unlisted = true;
    f->m.not_followed = "consent";
    write_record(f);
    const struct json *list = json_get(f->tk, "requests");
    assert_null(json_get(at(list, 0), "x_leads_unlisted"));
    assert_json(f, json_get(at(list, 1), "x_leads_unlisted"), "true");
    assert_json(f, json_get(f->tk, "x_not_followed"), "\"consent\"");
}

static void while_the_own_address_is_unknown_all_look_alikes_go(void **state)
{
    struct fixture *f = *state;
    static struct obs_header h[] = {{"X-Client-Ip", {"198.51.99.7", 11}}};
    struct obs_http *r = add_http(f, "http://x/");
    r->headers = h;
    r->n_headers = 1;
    r->body = STR("you are 198.51.99.7!");
    r->failure = "unknown_failure: dial 198.51.99.7";
    struct obs_packet *p = measurement_add_packet(&f->m);
    assert_non_null(p);
    p->proto = "tcp";
    p->src = ip("198.51.99.7");
    p->dst = ip("93.184.216.34");
    struct obs_tcp *c = measurement_add_tcp(&f->m);
    assert_non_null(c);
    c->ip = ip("93.184.216.34");
    f->env.scrub = NULL;
    write_record(f);
    assert_nowhere(f, "198.51.99.7");
    assert_string_equal(
        json_cstr(json_get(at(json_get(f->tk, "tcp_connect"), 0), "ip")),
        "93.184.216.34");
    const struct json *q = at(json_path(f->tk, "x_evidence.packets"), 0);
    assert_string_equal(json_cstr(json_get(q, "dst")), "93.184.216.34");
}

/* A redirect of a provider's behind a home router. */
static void add_block_page(struct fixture *f, const char *target)
{
    static struct obs_header h[] = {{"Location", {NULL, 0}}};
    struct obs_http *first = add_http(f, "https://www.example.com/");
    h[0].value = str_c(target);
    first->status = 302;
    first->headers = h;
    first->n_headers = 1;
    struct obs_http *second = add_http(f, target);
    second->status = 200;
}

static const char *url_of(struct fixture *f, size_t i)
{
    return json_cstr(
        json_path(at(json_get(f->tk, "requests"), i), "request.url"));
}

static const char *location_of(struct fixture *f, size_t i)
{
    return json_cstr(json_path(at(json_get(f->tk, "requests"), i),
                               "response.headers.Location"));
}

static void
what_a_redirect_asks_of_a_stranger_is_told_by_its_length(void **state)
{
    struct fixture *f = *state;
    f->scrub.known4 = f->scrub.known6 = false;
    add_block_page(f,
                   "http://block.isp.example/deny?client=3325256711&p&x=#a=7");
    write_record(f);
    static const char want[] =
        "http://block.isp.example/deny?client=[10]&[1]&x=[0]#a=[1]";
    assert_string_equal(url_of(f, 0), want);
    assert_string_equal(location_of(f, 1), want);
    const struct json *first = at(json_get(f->tk, "requests"), 1);
    assert_string_equal(json_cstr(json_get(first, "x_redirect")), "scrubbed");
    assert_null(json_get(at(json_get(f->tk, "requests"), 0), "x_redirect"));
    assert_string_equal(url_of(f, 1), "https://www.example.com/");
}

static void what_a_site_asks_of_itself_is_told(void **state)
{
    struct fixture *f = *state;
    f->scrub.known4 = f->scrub.known6 = false;
    add_block_page(f, "https://login.example.com/?next=home&id=[7]");
    write_record(f);
    assert_string_equal(url_of(f, 0),
                        "https://login.example.com/?next=home&id=[7]");
    assert_string_equal(location_of(f, 1), url_of(f, 0));
    assert_null(json_get(at(json_get(f->tk, "requests"), 1), "x_redirect"));
}

static void a_redirect_is_told_in_full_once_our_address_is_known(void **state)
{
    struct fixture *f = *state;
    add_block_page(f,
                   "http://block.isp.example/deny?client=130.192.91.211&v=1");
    write_record(f);
    assert_string_equal(url_of(f, 0),
                        "http://block.isp.example/deny?client=[scrubbed]&v=1");
    assert_string_equal(location_of(f, 1), url_of(f, 0));
    const struct json *first = at(json_get(f->tk, "requests"), 1);
    assert_string_equal(json_cstr(json_get(first, "x_redirect")), "scrubbed");
}

static void a_certificate_that_tells_our_address_is_left_out(void **state)
{
    struct fixture *f = *state;
    static struct str certs[] = {{"good", 4}, {"CN=130.192.91.211", 17}};
    static struct str leaf[] = {{"xx\x82\xc0\x5b\xd3yy", 8}, {"good", 4}};
    struct obs_tls *a = measurement_add_tls(&f->m);
    assert_non_null(a);
    a->certs = certs;
    a->n_certs = 2;
    struct obs_tls *b = measurement_add_tls(&f->m);
    assert_non_null(b);
    b->certs = leaf;
    b->n_certs = 2;
    struct obs_compare *c = measurement_add_compare(&f->m);
    assert_non_null(c);
    c->cert = leaf[0];
    c->ip = ip("130.192.91.211");
    c->port = 443;
    write_record(f);
    const struct json *list = json_get(f->tk, "tls_handshakes");
    assert_int_equal(json_len(json_get(at(list, 0), "peer_certificates")), 1);
    assert_json(f, json_get(at(list, 0), "x_certificates_scrubbed"), "1");
    /* none that is not the server's own may come first */
    assert_json(f, json_get(at(list, 1), "peer_certificates"), "null");
    assert_json(f, json_get(at(list, 1), "x_certificates_scrubbed"), "2");
    const struct json *pair = at(json_get(f->tk, "x_compare"), 0);
    assert_json(f, json_get(pair, "certificate"), "null");
    assert_json(f, json_get(pair, "address"), "\"[scrubbed]:443\"");
}

/* A certificate made for whoever connects, behind a home router, and that of a
 * site which has no name. */
static void
a_certificate_for_an_address_that_may_be_ours_is_left_out(void **state)
{
    static struct str certs[] = {
        {"x\x06\x03\x55\x1d\x11\x04\x08\x30\x06\x87\x04\x5d\x2d\x0c\x4d!!",
         18}};
    struct fixture *f = *state;
    for (int i = 0; i < 2; i++) {
        struct obs_tls *a = measurement_add_tls(&f->m);
        assert_non_null(a);
        a->certs = certs;
        a->n_certs = 1;
        f->scrub.known4 = false;
        buf_clear(&f->obs);
        buf_clear(&f->out);
        json_doc_free(f->doc);
        f->doc = NULL;
        write_record(f);
        const struct json *tls = at(json_get(f->tk, "tls_handshakes"), 0);
        assert_int_equal(json_len(json_get(tls, "peer_certificates")), i);
        struct obs_tcp *c = measurement_add_tcp(&f->m);
        assert_non_null(c);
        c->ip = ip("93.45.12.77");
    }
}

static void how_fast_resolvers_are_is_told_once_known(void **state)
{
    struct fixture *f = *state;
    struct obs_pace paces[] = {{"8.8.8.8:53", 20000, 8},
                               {"130.192.91.211:53", 1000, 2}};
    f->m.paces = paces;
    f->m.n_paces = 2;
    write_record(f);
    assert_json(f, json_get(f->tk, "x_dns_fastest"),
                "[{\"resolver_address\":\"8.8.8.8:53\",\"t\":0.02,\"n\":8},"
                "{\"resolver_address\":\"[scrubbed]:53\",\"t\":0.001,"
                "\"n\":2}]");
}

static void without_other_names_nothing_is_told_of_them(void **state)
{
    struct fixture *f = *state;
    f->m.client_resolver = "91.80.36.88";
    write_record(f);
    assert_json(f, json_get(f->tk, "x_dns_whoami"), "null");
    assert_null(json_get(f->tk, "x_run"));
    assert_json(f, json_get(f->tk, "client_resolver"), "\"91.80.36.88\"");
}

static void other_names_are_told_as_counts(void **state)
{
    struct fixture *f = *state;
    f->m.others_elsewhere = 3;
    write_record(f);
    assert_json(f, json_get(f->tk, "x_run"),
                "{\"others_same_address\":0,\"others_elsewhere\":3}");
}

static void what_the_run_tells_is_told_beside_what_it_is_about(void **state)
{
    struct fixture *f = *state;
    struct obs_run_address addresses[] = {{ip("198.51.77.9"), 3, 2, 1},
                                          {ip("130.192.91.211"), 1, 0, 0}};
    struct obs_run_resolver resolvers[] = {{"8.8.8.8:53", 8}};
    struct obs_run_page pages[] = {{ip("93.184.216.34"), 443, 2}};
    struct obs_run_led led[] = {{1, 4}};
    f->m.run = (struct obs_run){.addresses = addresses,
                                .n_addresses = 2,
                                .resolvers = resolvers,
                                .n_resolvers = 1,
                                .pages = pages,
                                .n_pages = 1,
                                .led = led,
                                .n_led = 1};
    write_record(f);
    assert_json(
        f, json_get(f->tk, "x_run"),
        "{\"others_same_address\":0,\"others_elsewhere\":0,"
        "\"addresses\":[{\"ip\":\"198.51.77.9\",\"names\":3,"
        "\"other_networks\":2,\"notices\":1},{\"ip\":\"[scrubbed]\",\"names\":1,"
        "\"other_networks\":0,\"notices\":0}],"
        "\"resolvers\":[{\"resolver_address\":\"8.8.8.8:53\","
        "\"names\":8}],"
        "\"pages\":[{\"address\":\"93.184.216.34:443\","
        "\"pages\":2}],"
        "\"led_to\":[{\"depth\":1,\"names\":4}]}");
}

static void evidence_has_every_fact_of_a_packet(void **state)
{
    struct fixture *f = *state;
    struct obs_packet *p = measurement_add_packet(&f->m);
    assert_non_null(p);
    *p = (struct obs_packet){.t = 1000,
                             .src = ip("93.184.216.34"),
                             .dst = ip("192.168.1.10"),
                             .sport = 443,
                             .dport = 40000,
                             .ttl = 61,
                             .ip_id = 16962,
                             .proto = "tcp",
                             .flags = "RST,ACK",
                             .seq = 4294967295u,
                             .ack = 7,
                             .window = 0,
                             .id = 50001,
                             .why = "rst"};
    write_record(f);
    assert_json(f, at(json_path(f->tk, "x_evidence.packets"), 0),
                "{\"t\":0.001,\"proto\":\"tcp\",\"src\":\"93.184.216.34\","
                "\"sport\":443,\"dst\":\"[scrubbed]\",\"dport\":40000,"
                "\"ttl\":61,\"ip_id\":16962,\"flags\":\"RST,ACK\","
                "\"seq\":4294967295,\"ack\":7,\"window\":0,\"payload\":0,"
                "\"why\":\"rst\",\"transaction_id\":50001}");
}

static void a_failure_of_this_machine_is_told(void **state)
{
    struct fixture *f = *state;
    f->m.internal = ERR_FDLIMIT;
    f->m.internal_what = "socket";
    write_record(f);
    assert_string_equal(json_cstr(json_path(f->tk, "x_internal_error.what")),
                        "socket");
}

static void a_category_is_an_annotation(void **state)
{
    struct fixture *f = *state;
    f->m.category = "NEWS";
    f->env.network_type = "wifi";
    write_record(f);
    assert_string_equal(
        json_cstr(json_path(f->root, "annotations.category_code")), "NEWS");
    assert_string_equal(
        json_cstr(json_path(f->root, "annotations.network_type")), "wifi");
}

static void a_full_buffer_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct jw w;
    struct buf small;
    buf_init(&small, 100);
    jw_init(&w, &small);
    assert_int_equal(keys_write(&w, &f->m, &f->env), ERR_LIMIT);
    buf_fini(&small);
    buf_init(&small, 100);
    jw_init(&w, &small);
    assert_int_equal(record_write(&w, &f->m, &f->env, STR(""), STR("")),
                     ERR_LIMIT);
    buf_fini(&small);
    f->m.start_wall_us = INT64_MAX;
    buf_init(&small, 100);
    jw_init(&w, &small);
    assert_int_equal(record_write(&w, &f->m, &f->env, STR(""), STR("")),
                     ERR_INVAL);
    buf_fini(&small);
}

static void appending_has_a_maximum_that_is_internal(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 64; i++) {
        assert_non_null(measurement_add_http(&f->m));
    }
    assert_int_equal(f->m.internal, ERR_OK);
    assert_null(measurement_add_http(&f->m));
    assert_int_equal(f->m.internal, ERR_LIMIT);
    assert_string_equal(f->m.internal_what, "requests");
    assert_int_equal(f->m.n_http, 64);
}

static void appending_without_memory_is_internal(void **state)
{
    struct fixture *f = *state;
    struct measurement m = {.region = region_new(2000)};
    while (measurement_add_tcp(&m)) {
        ;
    }
    assert_int_equal(m.internal, ERR_NOMEM);
    size_t n = m.n_tcp;
    assert_true(n >= 8);
    assert_int_equal(m.tcp[n - 1].tags.depth, -1);
    measurement_note(&m, 0, "x");
    region_free(m.region);
    (void)f;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_measurement_has_every_key),
        TEST(queries_have_their_shape_and_list),
        TEST(endpoints_have_their_shape),
        TEST(requests_are_newest_first_with_sorted_headers),
        TEST(a_body_of_half_a_mebibyte_counts_as_cut),
        TEST(header_names_cannot_break_the_record),
        TEST(events_are_sorted_by_time),
        TEST(the_control_is_copied_as_it_came),
        TEST(a_strange_control_answer_cannot_break_the_record),
        TEST(derived_keys_follow_and_none_is_there_twice),
        TEST(the_own_address_is_nowhere),
        TEST(no_name_in_a_raw_answer_tells_the_own_address),
        TEST(where_a_redirect_leads_is_told),
        TEST(while_the_own_address_is_unknown_all_look_alikes_go),
        TEST(what_a_redirect_asks_of_a_stranger_is_told_by_its_length),
        TEST(what_a_site_asks_of_itself_is_told),
        TEST(a_redirect_is_told_in_full_once_our_address_is_known),
        TEST(a_certificate_that_tells_our_address_is_left_out),
        TEST(a_certificate_for_an_address_that_may_be_ours_is_left_out),
        TEST(how_fast_resolvers_are_is_told_once_known),
        TEST(without_other_names_nothing_is_told_of_them),
        TEST(other_names_are_told_as_counts),
        TEST(what_the_run_tells_is_told_beside_what_it_is_about),
        TEST(evidence_has_every_fact_of_a_packet),
        TEST(a_failure_of_this_machine_is_told),
        TEST(a_category_is_an_annotation),
        TEST(a_full_buffer_is_an_error),
        TEST(appending_has_a_maximum_that_is_internal),
        TEST(appending_without_memory_is_internal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
