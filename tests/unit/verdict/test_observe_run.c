// SPDX-License-Identifier: Apache-2.0
/* What a record says of other measurements of its run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "verdict/read/observe.h"

#define RECORD                                                                 \
    "{\"test_name\":\"web_connectivity\",\"input\":\"https://site.test/\","    \
    "\"test_keys\":{\"queries\":[{\"transaction_id\":1,\"engine\":\"udp\","    \
    "\"hostname\":\"site.test\",\"query_type\":\"A\","                         \
    "\"resolver_address\":\"8.8.8.8:53\",\"failure\":null,\"answers\":["       \
    "{\"answer_type\":\"A\",\"ipv4\":\"198.41.0.4\"}],\"tags\":[]}],"          \
    "\"tcp_connect\":[{\"transaction_id\":2,\"ip\":\"198.41.0.4\","            \
    "\"port\":443,\"status\":{\"failure\":null},\"tags\":[\"depth=0\"]}],"     \
    "\"x_run\":%s}}"

static struct region *region;

static int setup(void **state)
{
    (void)state;
    region = region_new(1 << 20);
    return region ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    region_free(region);
    return 0;
}

static enum err read_run(const char *run, struct observations *o,
                         struct diag *d)
{
    char text[2048];
    struct json_doc *doc = NULL;

    snprintf(text, sizeof(text), RECORD, run);
    assert_int_equal(json_parse(str_c(text), &json_default_limits, &doc, NULL),
                     ERR_OK);
    enum err e = observe(region, json_root(doc), o, d);
    json_doc_free(doc);
    return e;
}

static void counts_are_laid_beside_what_they_are_about(void **state)
{
    struct observations o;
    struct diag d = {""};
    (void)state;

    assert_int_equal(
        read_run("{\"others_same_address\":1,\"others_elsewhere\":0,"
                 "\"addresses\":[{\"ip\":\"198.41.0.4\",\"names\":3,"
                 "\"other_networks\":2}],\"resolvers\":["
                 "{\"resolver_address\":\"8.8.8.8:53\",\"names\":8}],"
                 "\"pages\":[{\"address\":\"198.41.0.4:443\",\"pages\":2,"
                 "\"others\":5}],"
                 "\"led_to\":[{\"depth\":1,\"names\":4}],"
                 "\"cleartext\":{\"same\":3,\"own\":1}}",
                 &o, &d),
        ERR_OK);
    assert_int_equal(o.addrs[0].run_names, 3);
    assert_int_equal(o.addrs[0].run_other_networks, 2);
    assert_int_equal(o.queries[0].run_names, 8);
    assert_int_equal(o.ends[0].run_pages, 2);
    assert_int_equal(o.ends[0].run_others, 5);
    assert_int_equal(o.run_led[1], 4);
    assert_int_equal(o.run_same, 3);
    assert_int_equal(o.run_own, 1);
    assert_true(o.same_for_others);
}

static void what_the_record_does_not_have_counts_for_nothing(void **state)
{
    struct observations o;
    struct diag d = {""};
    (void)state;

    assert_int_equal(
        read_run("{\"addresses\":[{\"ip\":\"[scrubbed]\",\"names\":3},"
                 "{\"ip\":\"9.9.9.9\",\"names\":3}],\"resolvers\":["
                 "{\"resolver_address\":\"1.1.1.1:53\",\"names\":8},"
                 "{\"resolver_address\":\"\",\"names\":8}],"
                 "\"pages\":[{\"address\":\"198.41.0.4:80\",\"pages\":2},"
                 "{\"address\":\"[scrubbed]:80\",\"pages\":2}],"
                 "\"led_to\":[{\"depth\":99,\"names\":4},"
                 "{\"depth\":-1,\"names\":4}]}",
                 &o, &d),
        ERR_OK);
    assert_int_equal(o.addrs[0].run_names, 0);
    assert_int_equal(o.queries[0].run_names, 0);
    assert_int_equal(o.ends[0].run_pages, 0);
    for (size_t i = 0; i < OBS_MAX_LED; i++) {
        assert_int_equal(o.run_led[i], 0);
    }
}

static bool contradicts(const char *run)
{
    struct observations o;
    struct diag d = {""};
    assert_int_equal(read_run(run, &o, &d), ERR_OK);
    return o.run_doubtful;
}

static void what_cannot_be_true_is_noted(void **state)
{
    static const char *const texts[] = {
        "{\"addresses\":[{\"ip\":\"198.41.0.4\",\"names\":3},"
        "{\"ip\":\"198.41.0.4\",\"names\":4}]}",
        "{\"addresses\":[{\"ip\":\"9.9.9.9\",\"names\":3,"
        "\"other_networks\":4}]}",
        "{\"resolvers\":[{\"resolver_address\":\"8.8.8.8:53\",\"names\":8},"
        "{\"resolver_address\":\"8.8.8.8:53\",\"names\":0}]}",
        "{\"pages\":[{\"address\":\"198.41.0.4:443\",\"pages\":2},"
        "{\"address\":\"198.41.0.4:443\",\"pages\":1}]}",
        "{\"led_to\":[{\"depth\":1,\"names\":4},"
        "{\"depth\":1,\"names\":5}]}",
    };
    (void)state;

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        assert_true(contradicts(texts[i]));
    }
    assert_false(contradicts("null"));
    /* two resolvers at home, whose addresses nobody may know */
    assert_false(contradicts(
        "{\"resolvers\":[{\"resolver_address\":\"[scrubbed]\",\"names\":8},"
        "{\"resolver_address\":\"[scrubbed]\",\"names\":1}]}"));
}

static void damage_is_told_with_its_place(void **state)
{
    static const char *const bad[][2] = {
        {"{\"addresses\":[{\"ip\":\"x\"}]}",
         "test_keys.x_run.addresses[0].ip: not an address"},
        {"{\"addresses\":7}",
         "test_keys.x_run.addresses: want an array, not a number"},
        {"{\"resolvers\":[7]}",
         "test_keys.x_run.resolvers[0]: want an object, not a number"},
        {"{\"pages\":[{\"address\":\"1.2.3.4\"}]}",
         "test_keys.x_run.pages[0].address: not an address"},
        {"{\"pages\":[{\"address\":\"1.2.3.4:80\",\"pages\":-1}]}",
         "test_keys.x_run.pages[0].pages: want 0 to 8"},
        {"{\"pages\":[{\"address\":\"1.2.3.4:80\",\"others\":9}]}",
         "test_keys.x_run.pages[0].others: want 0 to 8"},
        {"{\"addresses\":[{\"ip\":\"1.2.3.4\",\"names\":9}]}",
         "test_keys.x_run.addresses[0].names: want 0 to 8"},
        {"{\"addresses\":[{\"ip\":\"1.2.3.4\",\"names\":1,"
         "\"other_networks\":9007199254740993}]}",
         "test_keys.x_run.addresses[0].other_networks: want 0 to 8"},
        {"{\"resolvers\":[{\"resolver_address\":\"1.1.1.1:53\","
         "\"names\":-9}]}",
         "test_keys.x_run.resolvers[0].names: want 0 to 8"},
        {"{\"led_to\":[{\"depth\":1,\"names\":99}]}",
         "test_keys.x_run.led_to[0].names: want 0 to 8"},
        {"{\"others_elsewhere\":-1}",
         "test_keys.x_run.others_elsewhere: want 0 to 8"},
        {"{\"others_same_address\":true}",
         "test_keys.x_run.others_same_address: want an integer, not a boolean"},
        {"{\"cleartext\":{\"same\":9}}",
         "test_keys.x_run.cleartext.same: want 0 to 8"},
        {"{\"cleartext\":{\"own\":-1}}",
         "test_keys.x_run.cleartext.own: want 0 to 8"},
        {"{\"cleartext\":[]}",
         "test_keys.x_run.cleartext: want an object, not an array"},
        {"[]", "test_keys.x_run: want an object, not an array"},
        {"{\"led_to\":[{\"depth\":\"1\"}]}",
         "test_keys.x_run.led_to[0].depth: want an integer, not a string"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct observations o;
        struct diag d = {""};
        assert_int_equal(read_run(bad[i][0], &o, &d), ERR_PARSE);
        assert_string_equal(d.text, bad[i][1]);
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(counts_are_laid_beside_what_they_are_about),
        TEST(what_the_record_does_not_have_counts_for_nothing),
        TEST(what_cannot_be_true_is_noted),
        TEST(damage_is_told_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
