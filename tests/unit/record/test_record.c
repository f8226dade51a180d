// SPDX-License-Identifier: Apache-2.0
/* What a record has, in which form and order, and what writing it may meet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record_fixture.h"

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

static void what_packets_showed_of_a_connection_is_told(void **state)
{
    struct fixture *f = *state;

    static const struct {
        enum obs_sent sent;
        enum obs_held held;
        const char *x_sent, *x_held;
    } cases[] = {
        {SENT_UNKNOWN, HELD_NOTHING, NULL, NULL},
        {SENT_NO, HELD_NOTHING, "false", NULL},
        {SENT_YES, HELD_ANSWER, "true", "\"answer\""},
        {SENT_UNKNOWN, HELD_DATA, NULL, "\"data\""},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct obs_tcp *c = measurement_add_tcp(&f->m);
        assert_non_null(c);
        c->ip = ip("93.184.216.34");
        c->sent = cases[i].sent;
        c->held = cases[i].held;
    }
    write_record(f);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct json *c = at(json_get(f->tk, "tcp_connect"), i);
        assert_int_equal(!json_get(c, "x_sent"), !cases[i].x_sent);
        assert_int_equal(!json_get(c, "x_held"), !cases[i].x_held);
        if (cases[i].x_sent) {
            assert_json(f, json_get(c, "x_sent"), cases[i].x_sent);
        }
        if (cases[i].x_held) {
            assert_json(f, json_get(c, "x_held"), cases[i].x_held);
        }
    }
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_measurement_has_every_key),
        TEST(queries_have_their_shape_and_list),
        TEST(endpoints_have_their_shape),
        TEST(what_packets_showed_of_a_connection_is_told),
        TEST(requests_are_newest_first_with_sorted_headers),
        TEST(a_body_of_half_a_mebibyte_counts_as_cut),
        TEST(header_names_cannot_break_the_record),
        TEST(events_are_sorted_by_time),
        TEST(the_control_is_copied_as_it_came),
        TEST(a_strange_control_answer_cannot_break_the_record),
        TEST(derived_keys_follow_and_none_is_there_twice),
        TEST(a_failure_of_this_machine_is_told),
        TEST(a_category_is_an_annotation),
        TEST(a_full_buffer_is_an_error),
        TEST(appending_has_a_maximum_that_is_internal),
        TEST(appending_without_memory_is_internal),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
