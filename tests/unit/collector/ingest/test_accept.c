// SPDX-License-Identifier: Apache-2.0
/* Records of every test into rows: what is taken, what is refused by which key,
 * what is written into the bytes. */
#include "collector/ingest/accept.h"

#include "base/clock.h"
#include "base/log.h"
#include "collector/ingest/place.h"
#include "collector/store/store_claim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define RECEIPT INT64_C(1795487407) /* 2026-11-24 */
#define HEAD(name)                                                             \
    "{\"test_name\":\"" name "\",\"probe_cc\":\"IT\","                         \
    "\"probe_asn\":\"AS137\",\"measurement_start_time\":"                      \
    "\"2026-11-24 01:02:03\","
#define KEYS                                                                   \
    "{\"queries\":[],\"tcp_connect\":[],\"tls_handshakes\":[],"                \
    "\"requests\":[],\"network_events\":[]}"

struct taken {
    struct region *r;
    struct store_put put;
    struct refusal why;
};

static enum err take(struct taken *t, const char *record, bool give_id)
{
    static const struct acceptor nothing;
    struct accept_in in = {.record = str_c(record),
                           .receipt_s = RECEIPT,
                           .report_id = "",
                           .give_report_id = give_id};
    *t = (struct taken){.r = region_new(ACCEPT_REGION_MAX)};
    assert_non_null(t->r);
    return accept_record(&nothing, t->r, &in, &t->put, &t->why);
}

/* The tests of OONI's client, old and new, by the names in its records. */
static const char *const tests_of_ooni[] = {"bridge_reachability",
                                            "browser_web",
                                            "captiveportal",
                                            "dash",
                                            "dns_consistency",
                                            "dnscheck",
                                            "dnsping",
                                            "echcheck",
                                            "example",
                                            "facebook_messenger",
                                            "http_header_field_manipulation",
                                            "http_host_header",
                                            "http_invalid_request_line",
                                            "http_requests",
                                            "meek_fronted_requests_test",
                                            "multi_protocol_traceroute",
                                            "ndt",
                                            "openvpn",
                                            "portfiltering",
                                            "psiphon",
                                            "quicping",
                                            "riseupvpn",
                                            "signal",
                                            "simple_sni",
                                            "simplequicping",
                                            "sni_blocking",
                                            "stunreachability",
                                            "tcp_connect",
                                            "tcpping",
                                            "telegram",
                                            "tlsmiddlebox",
                                            "tlsping",
                                            "tlstool",
                                            "tor",
                                            "torsf",
                                            "urlgetter",
                                            "vanilla_tor",
                                            "whatsapp",
                                            "a1"};

static void every_test_is_taken_and_judged_by_nobody(void **state)
{
    (void)state;
    static const char *const rest[] = {
        "\"input\":null,\"test_keys\":null}",
        "\"input\":\"dot://8.8.8.8:853/\",\"test_keys\":{\"blocking\":true}}",
        "\"input\":[\"a\",\"b\"],\"test_keys\":{\"queries\":7}}",
        "\"test_version\":null}",
    };
    for (size_t i = 0; i < sizeof(tests_of_ooni) / sizeof(*tests_of_ooni);
         i++) {
        for (size_t k = 0; k < sizeof(rest) / sizeof(*rest); k++) {
            char record[500];
            snprintf(record, sizeof(record), HEAD("%s") "%s", tests_of_ooni[i],
                     rest[k]);
            struct taken t;
            if (take(&t, record, false) != ERR_OK) {
                fail_msg("%s: %s: %s", record, t.why.key, t.why.d.text);
            }
            assert_string_equal(t.put.row.test_name, tests_of_ooni[i]);
            assert_int_equal(t.put.row.state, STORE_NOT_JUDGED);
            assert_string_equal(t.put.row.reasons, "");
            assert_string_equal(t.put.row.domain, k == 1 ? "8.8.8.8" : "");
            assert_string_equal(t.put.row.site, "");
            assert_string_equal(t.put.row.recorded_blocking,
                                k == 1 ? "true" : "");
            assert_ptr_equal(t.put.record.p, record);
            region_free(t.r);
        }
    }
}

/* What OONI's archive has of web_connectivity and our rules cannot read: it may
 * be true, and is kept. */
static void what_cannot_be_judged_is_taken_all_the_same(void **state)
{
    (void)state;
#define AT(keys) "\"input\":\"https://www.example.com/\",\"test_keys\":" keys

    static const struct {
        const char *rest, *domain;
    } rows[] = {
        {"\"input\":null,\"test_keys\":" KEYS "}", ""},
        {"\"input\":\"www.example.com\",\"test_keys\":" KEYS "}", ""},
        {"\"input\":\"https://user:pw@www.example.com/\",\"test_keys\":" KEYS
         "}",
         "www.example.com"},
        {AT("null}"), "www.example.com"},
        {AT("{\"queries\":7}}"), "www.example.com"},
        {AT("{\"queries\":[],\"tcp_connect\":[{\"ip\":\"192.0.2.1\","
            "\"port\":80.5,\"status\":null}]}}"),
         "www.example.com"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char record[600];
        snprintf(record, sizeof(record), HEAD("web_connectivity") "%s",
                 rows[i].rest);
        struct taken t;
        if (take(&t, record, false) != ERR_OK) {
            fail_msg("%s: %s: %s", record, t.why.key, t.why.d.text);
        }
        assert_int_equal(t.put.row.state, STORE_NOT_JUDGED);
        assert_string_equal(t.put.row.method, "");
        assert_string_equal(t.put.row.domain, rows[i].domain);
        assert_false(t.put.row.control_verified);
        region_free(t.r);
    }
}

/* Records of all tests are found by the host that they were about. */
static void the_host_of_any_url_is_known(void **state)
{
    (void)state;

    static const struct {
        const char *input, *domain;
    } rows[] = {
        {"https://S1.Example/", "s1.example"},
        {"https://s1.example.", "s1.example"},
        {"dot://dns.google/", "dns.google"},
        {"stun://stun.example:19302", "stun.example"},
        {"tcp://[2001:db8::1]:443", "2001:db8::1"},
        {"http://me:secret@b\xc3\xbc.example/?q=@x", "xn--b-eha.example"},
        {"192.0.2.1:443", ""},
        {"://s1.example", ""},
        {"a://", ""},
        {"a:// b", ""},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char record[400];
        snprintf(record, sizeof(record),
                 HEAD("urlgetter") "\"input\":\"%s\",\"test_keys\":{}}",
                 rows[i].input);
        struct taken t;
        assert_int_equal(take(&t, record, false), ERR_OK);
        assert_string_equal(t.put.row.domain, rows[i].domain);
        region_free(t.r);
    }
}

static void a_refusal_names_the_key(void **state)
{
    (void)state;

    static const struct {
        const char *record, *key;
    } rows[] = {
        {HEAD("web_connectivity") "\"test_keys\":" KEYS "}", "input"},
        {HEAD("web_connectivity") "\"input\":7,\"test_keys\":" KEYS "}",
         "input"},
        {HEAD("web_connectivity") "\"input\":\"http://a.example/\"}",
         "test_keys"},
        {HEAD("web_connectivity") "\"input\":\"http://a.example/\","
                                  "\"test_keys\":[]}",
         "test_keys"},
        {HEAD("Telegram") "\"test_keys\":null}", "test_name"},
        {HEAD("tele gram") "\"test_keys\":null}", "test_name"},
        {HEAD("t\xc3\xa9l\xc3\xa9gram") "\"test_keys\":null}", "test_name"},
        {HEAD("t") "\"test_keys\":null}", "test_name"},
        {HEAD("_t_") "\"test_keys\":null}", "test_name"},
        {HEAD("___") "\"test_keys\":null}", "test_name"},
        {HEAD("abcdefghijklmnopqrstuvwxyz01234") "\"test_keys\":null}",
         "test_name"},
        {"{\"test_name\":\"ndt\",\"probe_cc\":\"IT\",\"probe_asn\":\"AS1\"}",
         "measurement_start_time"},
        {"{\"test_name\":\"ndt\",\"probe_cc\":null,\"probe_asn\":\"AS1\"}",
         "probe_cc"},
        {"{\"test_name\":\"ndt\",\"probe_cc\":\"IT\",\"probe_asn\":1}",
         "probe_asn"},
        {HEAD("ndt") "\"test_keys\":{\"a\":[{\"b\":1e999}]}}",
         "test_keys.a.0.b"},
        {HEAD("ndt") "\"annotations\":{\"x_probe\":\"\"}}",
         "annotations.x_probe"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct taken t;
        assert_int_equal(take(&t, rows[i].record, false), ERR_PARSE);
        if (strcmp(t.why.key, rows[i].key) != 0) {
            fail_msg("%s: %s", rows[i].record, t.why.key);
        }
        region_free(t.r);
    }
}

/* The record that was taken, its id replaced by `id` in what is wanted. */
static void assert_written(const char *record, const char *before,
                           const char *after)
{
    struct taken t;
    assert_int_equal(take(&t, record, true), ERR_OK);
    const char *id = t.put.row.report_id;
    assert_int_equal(strncmp(id, "20261124T", 9), 0);
    assert_non_null(strstr(id, "Z_ndt_IT_137_n1_"));
    struct buf b;
    buf_init(&b, 4096);
    buf_printf(&b, "%s\"%s\"%s", before, id, after);
    assert_int_equal(b.failed, ERR_OK);
    struct str got = t.put.record;
    assert_int_equal(got.len, b.len);
    assert_memory_equal(got.p, b.p, b.len);
    struct taken plain; /* what identifies it is the same */
    assert_int_equal(take(&plain, record, false), ERR_OK);
    assert_memory_equal(plain.put.row.hash, t.put.row.hash, SHA256_LEN);
    region_free(plain.r);
    region_free(t.r);
    buf_fini(&b);
}

static void a_report_id_is_written_into_the_bytes(void **state)
{
    (void)state;
#define REST                                                                   \
    "\"test_name\":\"ndt\",\"probe_cc\":\"IT\",\"probe_asn\":\"AS137\","       \
    "\"measurement_start_time\":\"2026-11-24 01:02:03\","                      \
    "\"test_keys\":{\"report_id\":1} } "
    assert_written(" { " REST, " {\"report_id\":", ", " REST);
    assert_written("{\"report_id\" : null , " REST,
                   "{\"report_id\" : ", " , " REST);
    assert_written("{\"report_id\":\"mine \\u0041\"," REST,
                   "{\"report_id\":", "," REST);
    assert_written("{\"a\":[],\"report_id\":{\"b\":1}," REST,
                   "{\"a\":[],\"report_id\":", "," REST);
}

static void what_a_record_says_of_itself_is_kept_beside(void **state)
{
    (void)state;

    static const struct {
        const char *said, *want;
    } rows[] = {{"false", "false"}, {"true", "true"},         {"null", ""},
                {"\"dns\"", "dns"}, {"\"tcp_ip\"", "tcp_ip"}, {"3", ""}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char record[600];
        snprintf(
            record, sizeof(record),
            HEAD(
                "web_connectivity") "\"input\":\"http://a.example/\","
                                    "\"test_keys\":{\"blocking\":%s,\"queries\":[],"
                                    "\"tcp_connect\":[],\"tls_handshakes\":[],\"requests\":[],"
                                    "\"network_events\":[]}}",
            rows[i].said);
        struct taken t;
        assert_int_equal(take(&t, record, false), ERR_OK);
        assert_string_equal(t.put.row.recorded_blocking, rows[i].want);
        assert_string_equal(t.put.row.domain, "a.example");
        assert_true(t.put.row.state < STORE_STATES);
        region_free(t.r);
    }
}

/* ---- time and place ---------------------------------------------------------
 */

static void take_of(struct taken *t, const char *start, const char *input,
                    struct accept_in in)
{
    static const struct acceptor nothing;
    char record[600];
    snprintf(record, sizeof(record),
             "{\"test_name\":\"web_connectivity\",\"probe_cc\":\"IT\","
             "\"probe_asn\":\"AS137\",\"measurement_start_time\":\"%s\","
             "\"input\":\"%s\",\"test_keys\":" KEYS "}",
             start, input);
    *t = (struct taken){.r = region_new(ACCEPT_REGION_MAX)};
    assert_non_null(t->r);
    in.record = str_c(record);
    in.receipt_s = RECEIPT;
    in.report_id = "";
    if (accept_record(&nothing, t->r, &in, &t->put, &t->why) != ERR_OK) {
        fail_msg("%s: %s", start, t->why.d.text);
    }
}

static void a_record_is_filed_under_its_own_time_or_nowhere(void **state)
{
    (void)state;

    static const struct {
        const char *start;
        const char *vouched;
        int timing;
        bool nowhere, counts;
    } rows[] = {
        {"2026-11-24 02:30:07", NULL, TIMING_IN_TIME, false, true},
        {"2026-11-25 02:30:07", NULL, TIMING_IN_TIME, false, true},
        {"2026-11-25 02:30:07.987654", NULL, TIMING_IN_TIME, false, true},
        {"2026-11-25 02:30:08", NULL, TIMING_FUTURE, true, false},
        {"2029-11-24 02:30:07", NULL, TIMING_FUTURE, true, false},
        {"9999-12-31 23:59:59", NULL, TIMING_FUTURE, true, false},
        {"2029-11-24 02:30:07", "ooni", TIMING_FUTURE, false, true},
        {"2026-10-20 02:30:07", NULL, TIMING_IN_TIME, false, true},
        {"2026-10-20 02:30:06", NULL, TIMING_OLD, false, false},
        {"2017-03-09 12:00:00", NULL, TIMING_OLD, false, false},
        {"2012-01-01 00:00:00", NULL, TIMING_OLD, false, false},
        {"2012-01-01 00:00:00", "ooni", TIMING_OLD, false, true},
        {"2010-01-01 00:00:00", NULL, TIMING_OLD, false, false},
        {"2009-12-31 23:59:59", NULL, TIMING_OLD, true, false},
        {"1970-01-01 00:00:00", "ooni", TIMING_OLD, true, true},
        {"0000-01-01 00:00:00", NULL, TIMING_OLD, true, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct taken t;
        take_of(&t, rows[i].start, "https://a.example/",
                (struct accept_in){.vouched = rows[i].vouched});
        const struct store_row *r = &t.put.row;
        char claimed[20];
        assert_int_equal(clock_format(r->claimed_s, claimed), ERR_OK);
        /* a fraction of a second has no column */
        assert_memory_equal(claimed, rows[i].start, sizeof(claimed) - 1);
        assert_int_equal(r->receipt_s, RECEIPT);
        assert_int_equal(r->timing, rows[i].timing);
        assert_int_equal(r->start_s,
                         rows[i].nowhere ? STORE_CLAIM_NOWHERE : r->claimed_s);
        assert_true(store_claim_counts(r) == rows[i].counts);
        region_free(t.r);
    }
}

static void a_place_is_compared_with_the_address(void **state)
{
    (void)state;

    static const struct {
        const char *source;
        struct geo_entry at;
        enum store_place want;
    } rows[] = {
        {NULL, {137, "", "IT"}, PLACE_UNCHECKED},
        {"", {137, "", "IT"}, PLACE_UNCHECKED},
        {"127.0.0.1", {137, "", "IT"}, PLACE_UNCHECKED},
        {"192.168.1.1", {137, "", "IT"}, PLACE_UNCHECKED},
        {"fd00::1", {137, "", "IT"}, PLACE_UNCHECKED},
        {"130.192.91.211", {0, "", "ZZ"}, PLACE_UNCHECKED},
        {"130.192.91.211", {137, "", "IT"}, PLACE_AGREES},
        {"130.192.91.211", {137, "", ""}, PLACE_AGREES},
        {"130.192.91.211", {137, "", "ZZ"}, PLACE_AGREES},
        {"130.192.91.211", {137, "", "DE"}, PLACE_DISAGREES},
        {"130.192.91.211", {138, "", "IT"}, PLACE_DISAGREES},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        assert_int_equal(place_check(rows[i].source, &rows[i].at, "IT", 137),
                         rows[i].want);
    }
}

static void a_site_has_one_name_and_the_row_what_was_visited(void **state)
{
    (void)state;
    struct taken t;
    take_of(&t, "2026-11-24 02:30:07", "HTTPS://Blocked.Example.ORG./#x",
            (struct accept_in){0});
    assert_string_equal(t.put.row.input, "HTTPS://Blocked.Example.ORG./#x");
    assert_string_equal(t.put.row.site, "https://blocked.example.org/");
    assert_string_equal(t.put.row.domain, "blocked.example.org");
    region_free(t.r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_test_is_taken_and_judged_by_nobody),
        cmocka_unit_test(what_cannot_be_judged_is_taken_all_the_same),
        cmocka_unit_test(the_host_of_any_url_is_known),
        cmocka_unit_test(a_refusal_names_the_key),
        cmocka_unit_test(a_report_id_is_written_into_the_bytes),
        cmocka_unit_test(what_a_record_says_of_itself_is_kept_beside),
        cmocka_unit_test(a_record_is_filed_under_its_own_time_or_nowhere),
        cmocka_unit_test(a_place_is_compared_with_the_address),
        cmocka_unit_test(a_site_has_one_name_and_the_row_what_was_visited),
    };
    log_setup("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
