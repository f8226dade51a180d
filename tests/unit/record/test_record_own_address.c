// SPDX-License-Identifier: Apache-2.0
/* The volunteer's own address is nowhere in a record, however it got there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record_fixture.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_own_address_is_nowhere),
        TEST(no_name_in_a_raw_answer_tells_the_own_address),
        TEST(where_a_redirect_leads_is_told),
        TEST(while_the_own_address_is_unknown_all_look_alikes_go),
        TEST(what_a_redirect_asks_of_a_stranger_is_told_by_its_length),
        TEST(what_a_site_asks_of_itself_is_told),
        TEST(a_redirect_is_told_in_full_once_our_address_is_known),
        TEST(a_certificate_that_tells_our_address_is_left_out),
        TEST(a_certificate_for_an_address_that_may_be_ours_is_left_out),
    };
    return cmocka_run_group_tests_name("own address", tests, NULL, NULL);
}
