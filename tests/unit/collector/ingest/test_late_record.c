// SPDX-License-Identifier: Apache-2.0
/* What a control is asked about a record later, and the record with the answer.
 */
#include "collector/ingest/late_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define QUERY(name, ip)                                                        \
    "{\"hostname\":\"" name "\",\"answers\":[{\"answer_type\":\"A\",\"ipv4\":" \
    "\"" ip "\"}]}"
#define NONE                                                                   \
    "\"x_control_request\":null,\"control\":null,\"control_failure\":\"none\""
#define SOME                                                                   \
    "\"x_control_request\":{\"q\":1},\"control\":{\"a\":2},"                   \
    "\"control_failure\":null"
#define RECORD(keys, again, other)                                                                               \
    "{\"input\":\"https://site.test/\",\"test_keys\":{\"queries\":[" QUERY("site.test", "198.41.0.4") "," QUERY( \
        "other.test",                                                                                            \
        "193.0.14.129") "]," keys                                                                                \
                        ",\"x_retest\":[{\"kind\":\"again\",\"test_keys\":{"                                     \
                        "\"queries\":[" QUERY(                                                                   \
                            "site.test",                                                                         \
                            "198.41.0.4") "]," again                                                             \
                                          "}},{\"kind\":\"again\",\"test_keys\":{\"queries\":[" QUERY(           \
                                              "other.test",                                                      \
                                              "193.0.14.129") "]," other                                         \
                                                              "}}]}}"

static struct json_doc *doc_of(const char *text)
{
    struct json_doc *doc = NULL;
    struct diag d = {""};
    assert_int_equal(json_parse(str_c(text), NULL, &doc, &d), ERR_OK);
    return doc;
}

static void assert_text(struct buf *b, const char *want)
{
    assert_int_equal(buf_add_byte(b, 0), ERR_OK);
    assert_string_equal((const char *)b->p, want);
    buf_fini(b);
}

static void it_stands_where_our_probes_have_it(void **state)
{
    (void)state;
    static const char text[] = RECORD(NONE, NONE, NONE);
    struct json_doc *doc = doc_of(text);
    struct buf b;
    buf_init(&b, 65536);
    assert_int_equal(late_record_with(doc, str_c(text), STR("{\"q\":1}"),
                                      STR("{\"a\":2}"), &b),
                     ERR_OK);
    /* of another name it says nothing */
    assert_text(&b, RECORD(SOME, SOME, NONE));
    json_doc_free(doc);
}

static void what_has_a_control_gets_none(void **state)
{
    (void)state;
    static const char *const texts[] = {RECORD(SOME, NONE, NONE),
                                        "{\"test_keys\":{}}", "{}", "[]"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct json_doc *doc = doc_of(texts[i]);
        struct buf b;
        buf_init(&b, 65536);
        assert_int_equal(
            late_record_with(doc, str_c(texts[i]), STR("{}"), STR("{}"), &b),
            ERR_PARSE);
        buf_fini(&b);
        json_doc_free(doc);
    }
}

static void it_is_asked_about_the_addresses_of_the_site_alone(void **state)
{
    (void)state;
    static const char text[] = RECORD(NONE, NONE, NONE);
    struct json_doc *doc = doc_of(text);
    struct buf b;
    buf_init(&b, 65536);
    assert_int_equal(
        late_record_request(json_root(doc), "https://site.test/", &b), ERR_OK);
    assert_int_equal(buf_add_byte(&b, 0), ERR_OK);
    const char *said = (const char *)b.p;
    assert_non_null(strstr(said, "\"http_request\":\"https://site.test/\""));
    assert_non_null(
        strstr(said, "\"tcp_connect\":[\"198.41.0.4:443\",\"198.41.0.4:80\"]"));
    buf_fini(&b);
    json_doc_free(doc);
}

static void what_is_no_answer_is_not_kept(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 65536);
    assert_int_equal(late_record_keep(0, 60, STR("{}"), STR("[]"), &b),
                     ERR_PARSE);
    assert_int_equal(late_record_keep(0, 60, STR("{}"), STR("{"), &b),
                     ERR_PARSE);
    assert_int_equal(b.len, 0);
    assert_int_equal(late_record_keep(0, 60, STR("{}"), STR("{\"a\":2}"), &b),
                     ERR_OK);
    assert_text(&b, "{\"asked\":\"1970-01-01T00:00:00Z\",\"age\":60,"
                    "\"x_control_request\":{},\"control\":{\"a\":2}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_stands_where_our_probes_have_it),
        cmocka_unit_test(what_has_a_control_gets_none),
        cmocka_unit_test(it_is_asked_about_the_addresses_of_the_site_alone),
        cmocka_unit_test(what_is_no_answer_is_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
