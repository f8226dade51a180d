// SPDX-License-Identifier: Apache-2.0
/* What measurements of a run tell one another. */
#include "base/crypto.h"
#include "engine/run_facts.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOTICE "198.51.77.9"

struct fixture {
    struct region *region;
    struct run_facts facts;
    struct measurement m[8];
    const char *hosts[8][3];
    struct run_visit v[8];
    size_t n;
};

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){.region = region_new(1 << 22)};
    *state = &f;
    return f.region && crypto_setup() == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    run_facts_fini(&f->facts);
    region_free(f->region);
    return 0;
}

static struct ip ip_of(const char *text)
{
    struct ip ip;

    assert_true(ip_parse(str_c(text), &ip));
    return ip;
}

static struct run_visit *visit(struct fixture *f, const char *host)
{
    size_t i = f->n++;

    assert_true(i < 8);
    f->m[i] = (struct measurement){.region = f->region};
    f->hosts[i][0] = host;
    f->v[i] =
        (struct run_visit){.m = &f->m[i], .hosts = f->hosts[i], .n_hosts = 1};
    return &f->v[i];
}

static void answer(struct run_visit *v, const char *resolver,
                   const char *address, uint32_t asn, const char *alias)
{
    struct obs_query *q = measurement_add_query(v->m);
    struct dns_answer *a = region_calloc(v->m->region, 2, sizeof(*a));

    assert_non_null(q);
    assert_non_null(a);
    a[0] = (struct dns_answer){.type = "A", .ip = ip_of(address), .asn = asn};
    a[1] = (struct dns_answer){.type = "CNAME", .hostname = alias};
    *q = (struct obs_query){
        .list = QUERY_MAIN,
        .engine = resolver[0] ? "udp" : "getaddrinfo",
        .resolver = resolver,
        .hostname = v->hosts[0],
        .answers = a,
        .n_answers = alias ? 2 : 1,
    };
}

static void controlled(struct run_visit *v, const char *text)
{
    struct json_doc *doc = NULL;

    assert_int_equal(json_parse(str_c(text), &json_default_limits, &doc, NULL),
                     ERR_OK);
    run_networks_control(&v->control, json_root(doc), NULL);
    json_doc_free(doc);
}

/* The name is hosted in the network `asn`, and was given the notice's address.
 */
static struct run_visit *lied_to(struct fixture *f, const char *host,
                                 const char *asn)
{
    char text[200];
    struct run_visit *v = visit(f, host);

    answer(v, "", NOTICE, 0, NULL);
    snprintf(text, sizeof(text),
             "{\"dns\":{\"addrs\":[\"45.9.9.9\"]},"
             "\"ip_info\":{\"45.9.9.9\":{\"asn\":%s,\"flags\":2}}}",
             asn);
    controlled(v, text);
    return v;
}

static void note(struct fixture *f, const struct run_visit *v)
{
    assert_int_equal(run_facts_note(&f->facts, v), ERR_OK);
}

static const struct obs_run *tell(struct fixture *f, const struct run_visit *v)
{
    v->m->run = (struct obs_run){.n_addresses = 0};
    assert_int_equal(run_facts_tell(&f->facts, v), ERR_OK);
    return &v->m->run;
}

static void one_address_for_names_hosted_apart(void **state)
{
    struct fixture *f = *state;

    note(f, lied_to(f, "one.example", "64500"));
    const struct obs_run *r = tell(f, lied_to(f, "two.test", "64501"));
    assert_int_equal(r->n_addresses, 1);
    assert_int_equal(r->addresses[0].names, 1);
    assert_int_equal(r->addresses[0].other_networks, 1);
}

static void what_is_ill_at_an_address_is_told_as_a_count(void **state)
{
    struct fixture *f = *state;
    struct run_visit *v = lied_to(f, "two.test", "64501");
    struct ip at;

    assert_true(ip_parse(STR(NOTICE), &at));
    note(f, lied_to(f, "one.example", "64500"));
    run_facts_ill(&f->facts, "one.example", &at);
    run_facts_ill(&f->facts, "unknown.example", &at);
    note(f, lied_to(f, "one.example", "64500")); /* as it was seen before */
    const struct obs_run *r = tell(f, v);
    assert_int_equal(r->addresses[0].ill, 1);
    assert_int_equal(r->addresses[0].notices, 0);
    run_facts_notice(&f->facts, "one.example", &at);
    r = tell(f, v);
    assert_int_equal(r->addresses[0].notices, 1);
}

static void one_address_for_customers_of_one_network(void **state)
{
    struct fixture *f = *state;

    note(f, lied_to(f, "one.example", "64500"));
    note(f, lied_to(f, "three.invalid", "64500"));
    const struct obs_run *r = tell(f, lied_to(f, "two.test", "64500"));
    assert_int_equal(r->addresses[0].names, 2);
    assert_int_equal(r->addresses[0].other_networks, 0);
}

static void customers_of_one_operator_share_an_alias(void **state)
{
    struct fixture *f = *state;
    struct run_visit *a = lied_to(f, "one.example", "64500");
    struct run_visit *b = lied_to(f, "two.test", "64501");

    answer(a, "8.8.8.8:53", "45.1.1.1", 64700, "one.edge.cdn.com");
    answer(b, "9.9.9.9:53", "45.2.2.2", 64701, "x2.cdn.com");
    note(f, a);
    const struct obs_run *r = tell(f, b);
    assert_int_equal(r->addresses[0].names, 1);
    assert_int_equal(r->addresses[0].other_networks, 0);
}

static void the_alias_of_whoever_lies_is_shared_by_nobody(void **state)
{
    struct fixture *f = *state;
    struct run_visit *a = lied_to(f, "one.example", "64500");
    struct run_visit *b = lied_to(f, "two.test", "64501");

    answer(a, "8.8.8.8:53", NOTICE, 64999, "notice.isp.com");
    answer(b, "8.8.8.8:53", NOTICE, 64999, "notice.isp.com");
    note(f, a);
    assert_int_equal(tell(f, b)->addresses[0].other_networks, 1);
}

static void where_hosting_is_unknown_nothing_is_apart(void **state)
{
    struct fixture *f = *state;
    struct run_visit *a = visit(f, "one.example");

    answer(a, "", NOTICE, 0, NULL);
    note(f, a);
    const struct obs_run *r = tell(f, lied_to(f, "two.test", "64501"));
    assert_int_equal(r->addresses[0].names, 1);
    assert_int_equal(r->addresses[0].other_networks, 0);
}

static void names_of_one_owner_are_not_apart(void **state)
{
    struct fixture *f = *state;

    note(f, lied_to(f, "www.one.example", "64500"));
    note(f, lied_to(f, "one.test", "64502")); /* a sister elsewhere */
    const struct obs_run *r = tell(f, lied_to(f, "one.example", "64501"));
    assert_int_equal(r->addresses[0].names, 2);
    assert_int_equal(r->addresses[0].other_networks, 0);
}

static void an_owner_is_known_by_the_first_word_that_tells(void **state)
{
    static const char *const orgs[][2] = {
        {"Akamai International B.V.", "org akamai"},
        {"Akamai Technologies, Inc.", "org akamai"},
        {"The Example Company", "org example"},
        {"JSC \"Horns & Hooves\"", "org horns"},
        {"University of Utrecht", "org utrecht"},
        {"NET 64500", NULL},
        {"Telecom Networks LLC", NULL},
        {"", NULL},
        {"1&1", NULL},
    };
    char owner[RUN_NETWORKS_OWNER];
    (void)state;

    for (size_t i = 0; i < sizeof(orgs) / sizeof(*orgs); i++) {
        bool found = run_networks_owner(orgs[i][0], owner);
        assert_true(found == !!orgs[i][1]);
        if (found) {
            assert_string_equal(owner, orgs[i][1]);
        }
    }
}

static void a_name_does_not_count_for_itself(void **state)
{
    struct fixture *f = *state;
    struct run_visit *v = lied_to(f, "one.example", "64500");

    answer(v, "8.8.8.8:53", "45.1.1.1", 64700, NULL);
    note(f, v);
    const struct obs_run *r = tell(f, v);
    assert_int_equal(r->n_addresses + r->n_resolvers, 0);
}

static void a_resolver_that_answered_others_is_told(void **state)
{
    struct fixture *f = *state;
    struct run_visit *a = visit(f, "one.example"), *b = visit(f, "two.test");

    answer(a, "8.8.8.8:53", "45.1.1.1", 64700, NULL);
    answer(b, "8.8.8.8:53", "45.2.2.2", 64700, NULL);
    answer(b, "9.9.9.9:53", "45.2.2.2", 64700, NULL);
    note(f, a);
    const struct obs_run *r = tell(f, b);
    assert_int_equal(r->n_resolvers, 1);
    assert_string_equal(r->resolvers[0].resolver, "8.8.8.8:53");
    assert_int_equal(r->resolvers[0].names, 1);
}

/* What the line was asked counts like a measurement, and outlives the next one
 * of that name; a name that the run does not know counts for nothing. */
static void a_resolver_that_was_heard_is_told(void **state)
{
    struct fixture *f = *state;
    struct run_visit *a = visit(f, "one.example"), *b = visit(f, "two.test");

    answer(b, "8.8.8.8:53", "45.2.2.2", 64700, NULL);
    run_facts_heard(&f->facts, "one.example", "8.8.8.8:53");
    assert_int_equal(tell(f, b)->n_resolvers, 0);
    note(f, a);
    run_facts_heard(&f->facts, "one.example", "8.8.8.8:53");
    assert_int_equal(tell(f, b)->resolvers[0].names, 1);
    note(f, a);
    assert_int_equal(tell(f, b)->n_resolvers, 1);
    note(f, b);
    run_facts_heard(&f->facts, "two.test", "8.8.8.8:53");
    assert_int_equal(tell(f, b)->resolvers[0].names, 1);
}

static void connect_to(struct run_visit *v, bool tls, bool page)
{
    struct obs_tcp *tcp = measurement_add_tcp(v->m);

    assert_non_null(tcp);
    *tcp = (struct obs_tcp){.ip = ip_of("45.1.1.1"),
                            .port = tls ? 443 : 80,
                            .id = tls ? 50001 : 40001,
                            .tags = {.depth = 0}};
    struct obs_tls *t = tls ? measurement_add_tls(v->m) : NULL;
    if (t) {
        *t = (struct obs_tls){.ip = tcp->ip,
                              .port = 443,
                              .server_name = v->hosts[0],
                              .id = 50001};
    }
    struct obs_http *h = page ? measurement_add_http(v->m) : NULL;
    if (h) {
        *h = (struct obs_http){.ip = tcp->ip,
                               .port = tcp->port,
                               .alpn = tls ? "h2" : NULL,
                               .status = 200,
                               .id = tcp->id,
                               .tags = {.depth = 0}};
    }
}

static void own_pages_count_at_their_endpoint(void **state)
{
    struct fixture *f = *state;
    struct run_visit *a = visit(f, "one.example");
    struct run_visit *b = visit(f, "one.example");
    struct run_visit *c = visit(f, "two.test");

    connect_to(a, true, true);
    note(f, a);
    note(f, a);
    connect_to(b, true, false);
    connect_to(b, false, false);
    const struct obs_run *r = tell(f, b);
    assert_int_equal(r->n_pages, 1);
    assert_int_equal(r->pages[0].port, 443);
    assert_int_equal(r->pages[0].pages, 2);
    /* of another host they are told apart */
    connect_to(c, true, false);
    r = tell(f, c);
    assert_int_equal(r->n_pages, 1);
    assert_int_equal(r->pages[0].pages, 0);
    assert_int_equal(r->pages[0].others, 2);
}

/* One more host each time; and a page at another port is none at this one. */
static void pages_of_other_hosts_count_at_their_endpoint(void **state)
{
    struct fixture *f = *state;
    char host[32];

    for (int i = 0; i < RUN_FACTS_MANY + 2; i++) {
        snprintf(host, sizeof(host), "n%d.example", i);
        f->n = 0;
        struct run_visit *v = visit(f, host);
        connect_to(v, true, true);
        note(f, v);
    }
    struct run_visit *me = visit(f, "me.test"), *plain = visit(f, "p.test");
    connect_to(me, true, false);
    connect_to(plain, false, false);
    assert_int_equal(tell(f, plain)->n_pages, 0);
    const struct obs_run *r = tell(f, me);
    assert_int_equal(r->n_pages, 1);
    assert_int_equal(r->pages[0].others, RUN_FACTS_MANY);
}

static void a_page_in_cleartext_counts_where_it_is_the_controls(void **state)
{
    struct fixture *f = *state;
    struct run_visit *a = visit(f, "one.example");

    connect_to(a, false, true);
    note(f, a);
    assert_int_equal(tell(f, a)->n_pages, 0);
    a->alike = true;
    note(f, a);
    assert_int_equal(tell(f, a)->n_pages, 1);
}

/* A server that counts connections does not ask what they are for. */
static void a_handshake_that_proved_the_host_counts_like_a_page(void **state)
{
    struct fixture *f = *state;
    struct run_visit *a = visit(f, "one.example");
    struct run_visit *b = visit(f, "two.test");

    connect_to(a, true, false); /* beside a page in cleartext */
    note(f, a);
    const struct obs_run *r = tell(f, a);
    assert_int_equal(r->n_pages, 1);
    assert_int_equal(r->pages[0].port, 443);
    assert_int_equal(r->pages[0].pages, 1);
    /* the twin: one that failed proves nothing */
    connect_to(b, true, false);
    b->m->tls[0].failure = "connection_reset";
    note(f, b);
    assert_int_equal(tell(f, b)->pages[0].pages, 0);
    assert_int_equal(tell(f, a)->pages[0].others, 0);
}

static struct run_visit *led(struct fixture *f, const char *host,
                             const char *to)
{
    struct run_visit *v = visit(f, host);

    f->hosts[f->n - 1][1] = to;
    v->n_hosts = 2;
    return v;
}

static void unrelated_names_that_end_at_one_host_are_told(void **state)
{
    struct fixture *f = *state;

    note(f, led(f, "one.example", "www.face.example"));
    note(f, led(f, "two.test", "www.face.example"));
    note(f, led(f, "two.invalid", "www.face.example"));
    note(f, led(f, "four.test", "other.example"));
    const struct obs_run *r = tell(f, led(f, "two.com", "www.face.example"));
    assert_int_equal(r->n_led, 1);
    assert_int_equal(r->led[0].depth, 1);
    assert_int_equal(r->led[0].names, 1); /* its sisters are no strangers */
}

static struct obs_http *got(struct run_visit *v, const char *url,
                            const char *body, int depth, int64_t id)
{
    struct obs_http *h = measurement_add_http(v->m);
    assert_non_null(h);
    *h = (struct obs_http){.url = url,
                           .status = body[0] ? 200 : 302,
                           .body = str_c(body),
                           .id = id,
                           .tags = {.depth = depth}};
    return h;
}

/* One page for everybody; the counts that another such visit is told. */
static struct obs_run_cleartext told_of_bill(struct fixture *f)
{
    struct run_visit *me = visit(f, "me.test");
    got(me, "http://me.test/", "Pay.", 0, 1);
    struct obs_run_cleartext told = tell(f, me)->cleartext;
    f->n--;
    return told;
}

static void a_page_that_came_for_others_in_cleartext_is_told(void **state)
{
    struct fixture *f = *state;
    static const char *const hosts[] = {"one.example", "two.invalid",
                                        "www.me.test"};
    for (size_t i = 0; i < 3; i++) {
        struct run_visit *v = visit(f, hosts[i]);
        got(v, "http://x/", "Pay.", 0, 1);
        note(f, v);
    }
    struct obs_run_cleartext told = told_of_bill(f);
    assert_int_equal(told.same, 2); /* its sister is no stranger */
    assert_int_equal(told.own, 0);
    /* another page, and none at all */
    struct run_visit *v = visit(f, "four.example");
    got(v, "http://four.example/", "Stop.", 0, 1);
    note(f, v);
    v = visit(f, "five.example");
    got(v, "https://five.example/", "Pay.", 0, 1);
    note(f, v);
    told = told_of_bill(f);
    assert_int_equal(told.same, 2);
    assert_int_equal(told.own, 0);
    /* its own */
    v->alike = true;
    v->m->n_http = 0;
    got(v, "http://five.example/", "Page.", 0, 1);
    note(f, v);
    assert_int_equal(told_of_bill(f).own, 1);
    /* later visits in which nothing of the kind was seen take nothing back */
    v->m->n_http = 0;
    note(f, v);
    assert_int_equal(told_of_bill(f).own, 1);
}

/* A redirect in cleartext is the site's where it leads home. */
static void who_is_led_home_from_cleartext_is_not_walled_in(void **state)
{
    static const char *const homes[] = {"www.six.org", "pay.example"};
    struct fixture *f = *state;
    struct run_visit *v = visit(f, "one.example");
    got(v, "http://one.example/", "Pay.", 0, 1);
    note(f, v);
    for (size_t i = 0; i < 2; i++) {
        v = visit(f, i ? "six.net" : "six.org");
        got(v, "http://six.org/", "", 0, 1);
        got(v, "https://six.org/", "Page.", 1, 2);
        f->hosts[f->n - 1][1] = homes[i];
        v->n_hosts = 2;
        struct obs_tls *t = measurement_add_tls(v->m);
        assert_non_null(t);
        *t = (struct obs_tls){.id = 2};
        note(f, v);
        assert_int_equal(told_of_bill(f).own, 1);
    }
}

static void the_oldest_names_are_forgotten(void **state)
{
    struct fixture *f = *state;
    char host[64];
    struct run_visit *v = lied_to(f, "first.example", "64500");
    struct run_visit *me = lied_to(f, "me.test", "64501");

    note(f, v);
    assert_int_equal(tell(f, me)->n_addresses, 1);
    f->m[0].n_queries = 0;
    v->hosts = (const char *const[]){host};
    for (int i = 0; i < RUN_FACTS_NAMES; i++) {
        snprintf(host, sizeof(host), "n%d.example", i);
        note(f, v);
    }
    assert_int_equal(f->facts.n_names, RUN_FACTS_NAMES);
    assert_int_equal(tell(f, me)->n_addresses, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(one_address_for_names_hosted_apart),
        TEST(what_is_ill_at_an_address_is_told_as_a_count),
        TEST(one_address_for_customers_of_one_network),
        TEST(customers_of_one_operator_share_an_alias),
        TEST(the_alias_of_whoever_lies_is_shared_by_nobody),
        TEST(where_hosting_is_unknown_nothing_is_apart),
        TEST(names_of_one_owner_are_not_apart),
        TEST(an_owner_is_known_by_the_first_word_that_tells),
        TEST(a_name_does_not_count_for_itself),
        TEST(a_resolver_that_answered_others_is_told),
        TEST(a_resolver_that_was_heard_is_told),
        TEST(own_pages_count_at_their_endpoint),
        TEST(pages_of_other_hosts_count_at_their_endpoint),
        TEST(a_page_in_cleartext_counts_where_it_is_the_controls),
        TEST(a_handshake_that_proved_the_host_counts_like_a_page),
        TEST(unrelated_names_that_end_at_one_host_are_told),
        TEST(a_page_that_came_for_others_in_cleartext_is_told),
        TEST(who_is_led_home_from_cleartext_is_not_walled_in),
        TEST(the_oldest_names_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
