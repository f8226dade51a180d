// SPDX-License-Identifier: Apache-2.0
/* What a record tells of the other measurements of its run, and of packets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record_fixture.h"

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
    struct obs_run_address addresses[] = {{ip("198.51.77.9"), 3, 2, 1, 2},
                                          {ip("130.192.91.211"), 1, 0, 0, 0}};
    struct obs_run_resolver resolvers[] = {{"8.8.8.8:53", 8}};
    struct obs_run_page pages[] = {{ip("93.184.216.34"), 443, 2, 3}};
    struct obs_run_led led[] = {{1, 4}};
    f->m.run = (struct obs_run){.addresses = addresses,
                                .n_addresses = 2,
                                .resolvers = resolvers,
                                .n_resolvers = 1,
                                .pages = pages,
                                .n_pages = 1,
                                .led = led,
                                .n_led = 1,
                                .cleartext = {3, 1}};
    write_record(f);
    assert_json(
        f, json_get(f->tk, "x_run"),
        "{\"others_same_address\":0,\"others_elsewhere\":0,"
        "\"addresses\":[{\"ip\":\"198.51.77.9\",\"names\":3,"
        "\"other_networks\":2,\"notices\":1,\"ill\":2},{\"ip\":\"[scrubbed]\",\"names\":1,"
        "\"other_networks\":0,\"notices\":0}],"
        "\"resolvers\":[{\"resolver_address\":\"8.8.8.8:53\","
        "\"names\":8}],"
        "\"pages\":[{\"address\":\"93.184.216.34:443\","
        "\"pages\":2,\"others\":3}],"
        "\"led_to\":[{\"depth\":1,\"names\":4}],"
        "\"cleartext\":{\"same\":3,\"own\":1}}");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(how_fast_resolvers_are_is_told_once_known),
        TEST(without_other_names_nothing_is_told_of_them),
        TEST(other_names_are_told_as_counts),
        TEST(what_the_run_tells_is_told_beside_what_it_is_about),
        TEST(evidence_has_every_fact_of_a_packet),
    };
    return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
