// SPDX-License-Identifier: Apache-2.0
/* Each endpoint: what is asked, the status and the body. */
#include "collector/api/route.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/collector/api/route_fixture.h"

#define OPEN_REST                                                              \
    "\"data_format_version\":\"0.2.0\",\"format\":\"json\","                   \
    "\"software_name\":\"x\",\"software_version\":\"1\","                      \
    "\"test_start_time\":\"2024-02-12 20:33:47\",\"test_version\":\"1\"}"

struct row {
    const char *name, *method, *path, *body;
    int status;
    const char *want; /* part of the body */
};

static const struct row table[] = {
    /* POST /report */
    {"open", "POST", "/report",
     "{\"probe_cc\":\"IT\",\"probe_asn\":\"AS137\","
     "\"test_name\":\"web_connectivity\"," OPEN_REST,
     200, "_webconnectivity_IT_137_n1_"},
    {"open: odd metadata is normalised", "POST", "/report",
     "{\"probe_cc\":\"it_\",\"probe_asn\":\"as7\",\"test_name\":\"A_b\"," OPEN_REST,
     200, "_ab_IT_7_n1_"},
    {"open: unknown location", "POST", "/report",
     "{\"probe_cc\":\"Italy\",\"probe_asn\":\"x\"," OPEN_REST, 200,
     "_ZZ_0_n1_"},
    {"open: formats", "POST", "/report", "{" OPEN_REST, 200,
     "\"supported_formats\":[\"yaml\",\"json\"],\"x_dictionaries\":["},
    {"open: missing keys", "POST", "/report", "{\"format\":\"json\"}", 422,
     "\"loc\":[\"body\",\"data_format_version\"],\"msg\":\"Field required\""},
    {"open: no JSON", "POST", "/report", "nope", 422, "json_invalid"},
    {"open: a list", "POST", "/report", "[]", 422, "json_invalid"},
    {"open: empty", "POST", "/report", "", 422, "json_invalid"},
    {"open: wrong method", "GET", "/report", "", 405, "Method Not Allowed"},
    /* POST /report/{id} */
    {"update", "POST", "/report/" ID, UPLOAD(RECORD("")), 200,
     "{\"measurement_uid\":\"20240212203347."},
    {"update: location unknown in the record", "POST", "/report/" ID,
     UPLOAD("{\"test_name\":\"web_connectivity\",\"probe_cc\":\"ZZ\","
            "\"probe_asn\":\"AS0\",\"measurement_start_time\":"
            "\"2024-02-12 20:33:48\",\"input\":\"http://a.example/\","
            "\"test_keys\":{\"queries\":[],\"tcp_connect\":[],"
            "\"tls_handshakes\":[],\"requests\":[],\"network_events\":[]}}"),
     200, "_IT_webconnectivity_"},
    {"update: short id", "POST", "/report/abc", "{}", 400,
     "\"message\":\"not an id of a report\",\"key\":\"report_id\"}"},
    {"update: seven fields", "POST", "/report/" ID "_x", "{}", 400,
     "{\"detail\":\"Incorrect format\",\"message\":\""},
    {"update: country of three", "POST",
     "/report/20240212T203347Z_webconnectivity_ITA_137_n1_abcdefghijklmnop",
     "{}", 400, "Incorrect format"},
    {"update: network not a number", "POST",
     "/report/20240212T203347Z_webconnectivity_IT_x_n1_abcdefghijklmnop", "{}",
     400, "Incorrect format"},
    {"update: test name of one letter", "POST",
     "/report/20240212T203347Z_w_IT_137_n1_abcdefghijklmnop", "{}", 400,
     "Incorrect format"},
    {"update: not JSON", "POST", "/report/" ID, "garbage", 400,
     "{\"detail\":\"Incorrect format\",\"message\":\""},
    {"update: no content", "POST", "/report/" ID, "{\"format\":\"json\"}", 400,
     "{\"detail\":\"Incorrect format\",\"message\":\""},
    {"update: content a string", "POST", "/report/" ID, UPLOAD("\"x\""), 400,
     "{\"detail\":\"Incorrect format\",\"message\":\"not an object\","
     "\"key\":\"content\"}"},
    {"update: country differs", "POST",
     "/report/20240212T203347Z_webconnectivity_RU_137_n1_abcdefghijklmnop",
     UPLOAD(RECORD("")), 400,
     "{\"detail\":\"Inconsistent measurement\",\"message\":\"says otherwise "
     "than the id of the report\",\"key\":\"probe_cc\"}"},
    {"update: network differs", "POST",
     "/report/20240212T203347Z_webconnectivity_IT_138_n1_abcdefghijklmnop",
     UPLOAD(RECORD("")), 400, "\"key\":\"probe_asn\"}"},
    {"update: test differs", "POST",
     "/report/20240212T203347Z_telegram_IT_137_n1_abcdefghijklmnop",
     UPLOAD(RECORD("")), 400, "\"key\":\"test_name\"}"},
    {"update: metadata", "POST", "/report/" ID,
     UPLOAD("{\"test_name\":\"WEB\",\"probe_cc\":\"it\",\"probe_asn\":"
            "\"AS0137\"}"),
     400,
     "{\"detail\":{\"error\":\"bad_metadata\",\"message\":\"Errors: "
     "['bad_cc', 'tn_no_lower', 'asn_leading_zero']\"},"
     "\"key\":\"probe_cc\"}"},
    {"update: a name of a test that no uid can have", "POST", "/report/" ID,
     UPLOAD("{\"test_name\":\"web-connectivity\",\"probe_cc\":\"IT\","
            "\"probe_asn\":\"AS137\"}"),
     400, "['tn_chars']\"},\"key\":\"test_name\"}"},
    {"update: nothing in it", "POST", "/report/" ID, UPLOAD("{}"), 400,
     "['bad_cc', 'tn_len', 'asn_len', 'asn_no_as_prefix']"},
    {"update: network invalid", "POST", "/report/" ID,
     UPLOAD("{\"test_name\":\"web_connectivity\",\"probe_cc\":\"IT\","
            "\"probe_asn\":\"AS13x\"}"),
     400, "\"error\":\"asn_invalid\""},
    {"update: another test", "POST",
     "/report/20240212T203347Z_telegram_IT_137_n1_abcdefghijklmnop",
     UPLOAD("{\"test_name\":\"telegram\",\"probe_cc\":\"IT\","
            "\"probe_asn\":\"AS137\",\"input\":null,\"test_keys\":null,"
            "\"measurement_start_time\":\"2024-02-12 20:33:47\"}"),
     200, "_IT_telegram_"},
    {"update: no start time", "POST", "/report/" ID,
     UPLOAD("{\"test_name\":\"web_connectivity\",\"probe_cc\":\"IT\","
            "\"probe_asn\":\"AS137\"}"),
     400, "\"key\":\"measurement_start_time\"}"},
    {"update: no input", "POST", "/report/" ID,
     UPLOAD("{\"test_name\":\"web_connectivity\",\"probe_cc\":\"IT\","
            "\"probe_asn\":\"AS137\",\"measurement_start_time\":"
            "\"2024-02-12 20:33:47\"}"),
     400, "\"key\":\"input\"}"},
    {"update: no test keys", "POST", "/report/" ID,
     UPLOAD("{\"test_name\":\"web_connectivity\",\"probe_cc\":\"IT\","
            "\"probe_asn\":\"AS137\",\"measurement_start_time\":"
            "\"2024-02-12 20:33:47\",\"input\":\"http://a.example/\"}"),
     400, "\"key\":\"test_keys\"}"},
    {"update: a key twice", "POST", "/report/" ID,
     UPLOAD(RECORD("\"input\":\"http://b.example/\",")), 400,
     "Incorrect format"},
    {"update: a number no double can hold", "POST", "/report/" ID,
     UPLOAD(RECORD("\"y\":{\"z\":[1,1e400]},")), 400,
     "{\"detail\":{\"error\":\"number\",\"message\":\"y.z.1: a number beyond "
     "what a double holds\"},\"key\":\"y.z.1\"}"},
    {"update: the key of the probe inside the record", "POST", "/report/" ID,
     UPLOAD(RECORD("\"x_probe\":\"00112233445566778899aabbccddeeff\",")), 400,
     "{\"detail\":{\"error\":\"x_probe_inside\",\"message\":\"x_probe belongs "},
    {"update: the key of the probe inside the annotations", "POST",
     "/report/" ID, UPLOAD(RECORD("\"annotations\":{\"x_probe\":\"0\"},")), 400,
     "\"error\":\"x_probe_inside\""},
    {"update: the key of the probe inside the test keys", "POST", "/report/" ID,
     UPLOAD("{\"test_name\":\"web_connectivity\",\"probe_cc\":\"IT\","
            "\"probe_asn\":\"AS137\",\"test_keys\":{\"x_probe\":null}}"),
     400, "\"error\":\"x_probe_inside\""},
    {"update: wrong method", "GET", "/report/" ID, "", 405, "Method Not"},
    {"close", "POST", "/report/" ID "/close", "", 200, "{}"},
    {"close: other word", "POST", "/report/" ID "/open", "", 404, "Not Found"},
    /* submit */
    {"submit: not JSON", "POST", "/api/v1/submit_measurement", "{", 422,
     "json_invalid"},
    {"submit: content an object", "POST", "/api/v1/submit_measurement",
     "{\"format\":\"json\",\"content\":{}}", 422, "not a string"},
    {"submit: content no record", "POST", "/api/v1/submit_measurement",
     "{\"format\":\"json\",\"content\":\"nope\"}", 400, "\"key\":\"content\"}"},
    {"submit", "POST", "/api/v1/submit_measurement",
     "{\"format\":\"json\",\"nym\":\"n\",\"content\":\"{\\\"test_name\\\":"
     "\\\"web_connectivity\\\",\\\"probe_cc\\\":\\\"IT\\\",\\\"probe_asn\\\":"
     "\\\"AS137\\\",\\\"measurement_start_time\\\":\\\"2024-02-12 "
     "20:33:47\\\",\\\"input\\\":\\\"http://c.example/\\\",\\\"test_keys\\\":"
     "{\\\"queries\\\":[],\\\"tcp_connect\\\":[],\\\"tls_handshakes\\\":[],"
     "\\\"requests\\\":[],\\\"network_events\\\":[]}}\"}",
     200,
     "\"verification_status\":\"unverified\",\"submit_response\":null,"
     "\"protocol_version\":\"0.1.0\",\"error\":\"manifest_not_found\","
     "\"report_id\":\"20"},
    /* check-in and the rest */
    {"check-in: nothing known", "POST", "/api/v1/check-in", "{}", 200,
     "\"probe_cc\":\"ZZ\",\"probe_asn\":\"AS0\",\"probe_network_name\":null"},
    {"check-in: helpers", "POST", "/api/v1/check-in", "{}", 200,
     "\"test_helpers\":{\"web-connectivity\":[{\"address\":"
     "\"https://0.th.ooni.org\",\"type\":\"https\"},{\"address\":"
     "\"https://d33d1gs9kpq1c5.cloudfront.net\",\"type\":\"cloudfront\","
     "\"front\":\"d33d1gs9kpq1c5.cloudfront.net\"}],\"tcp-echo\":[{\"address\":"
     "\"130.192.91.7\",\"type\":\"legacy\"},{\"address\":\"127.0.0.1:7\","
     "\"type\":\"legacy\"}],\"http-return-json-headers\":[],\"dns\":[],"
     "\"ssl\":[],\"traceroute\":[]}"},
    {"check-in: every test of OONI's has a report", "POST", "/api/v1/check-in",
     "{\"probe_cc\":\"IT\",\"probe_asn\":\"AS137\"}", 200,
     "Z_httpheaderfieldmanipulation_IT_137_n1_"},
    {"check-in: tests that wait for a flag", "POST", "/api/v1/check-in", "{}",
     200,
     "\"features\":{\"torsf_enabled\":false,\"vanilla_tor_enabled\":true,"
     "\"openvpn_enabled\":true,\"webconnectivity_0.5\":true}"},
    {"check-in: sites of the country and of the world", "POST",
     "/api/v1/check-in",
     "{\"probe_cc\":\"IT\",\"probe_asn\":\"AS137\",\"web_connectivity\":"
     "{\"category_codes\":[\"NEWS\"]},\"run_type\":\"manual\"}",
     200, "\"country_code\":\"IT\",\"url\":\"https://it.example.com/\""},
    {"check-in: categories in one string", "POST", "/api/v1/check-in",
     "{\"web_connectivity\":{\"category_codes\":\"HUMR,CTRL\"}}", 200,
     "\"urls\":[{\"category_code\":\"HUMR\",\"country_code\":\"XX\",\"url\":"
     "\"https://www.example.org/\"}]"},
    {"check-in: report id", "POST", "/api/v1/check-in",
     "{\"probe_cc\":\"IT\",\"probe_asn\":\"AS137\"}", 200,
     "Z_webconnectivity_IT_137_n1_"},
    {"check-in: bad codes", "POST", "/api/v1/check-in",
     "{\"web_connectivity\":{\"category_codes\":[\"A-B\"]}}", 422,
     "category_codes"},
    {"check-in: codes of another kind", "POST", "/api/v1/check-in",
     "{\"web_connectivity\":{\"category_codes\":7}}", 422, "category_codes"},
    {"check-in: not JSON", "POST", "/api/v1/check-in", "\xff\xfe", 422,
     "json_invalid"},
    {"helpers", "GET", "/api/v1/test-helpers", "", 200,
     "{\"web-connectivity\":[{"},
    {"collectors", "GET", "/api/v1/collectors", "", 200,
     "[{\"address\":\"https://collector.example\",\"type\":\"https\"}]"},
    {"bouncer", "POST", "/bouncer/net-tests",
     "{\"net-tests\":[{\"name\":\"ndt\",\"version\":\"0.1\"},{\"name\":"
     "\"web_connectivity\",\"version\":\"0.0.1\",\"input-hashes\":null}]}",
     200,
     "\"input-hashes\":null,\"test-helpers\":{\"web-connectivity\":"
     "\"https://0.th.ooni.org\",\"tcp-echo\":\"130.192.91.7\"},"
     "\"test-helpers-alternate\":{\"web-connectivity\":["},
    {"bouncer: no tests", "POST", "/bouncer/net-tests", "{\"net-tests\":[]}",
     400, "invalid net-tests request"},
    {"bouncer: no name", "POST", "/bouncer/net-tests",
     "{\"net-tests\":[{\"version\":\"1\"}]}", 400, "invalid net-tests"},
    {"bouncer: not JSON", "POST", "/bouncer/net-tests", "{", 400, "invalid"},
    {"register", "POST", "/api/v1/register",
     "{\"password\":\"p\",\"platform\":\"linux\",\"probe_asn\":\"AS0\","
     "\"probe_cc\":\"ZZ\",\"software_name\":\"s\",\"software_version\":\"1\","
     "\"supported_tests\":[\"tor\"]}",
     200, "{\"client_id\":\""},
    {"register: missing", "POST", "/api/v1/register", "{\"password\":\"p\"}",
     422, "\"loc\":[\"body\",\"supported_tests\"],\"msg\":\"Field required\""},
    {"register: not an object", "POST", "/api/v1/register", "7", 422,
     "json_invalid"},
    {"login", "POST", "/api/v1/login",
     "{\"username\":\"u\",\"password\":\"p\"}", 200, "{\"token\":\""},
    {"login: nobody", "POST", "/api/v1/login", "{\"username\":\"u\"}", 401,
     "Missing credentials"},
    {"update", "PUT", "/api/v1/update/0123abcd", "{\"probe_cc\":\"IT\"}", 200,
     "{\"status\":\"ok\"}"},
    {"geolookup: nothing known", "POST", "/api/v1/geolookup",
     "{\"addresses\":[\"1.2.3.4\",\"2001:db8::1\",\"1.2.3.4\"]}", 200,
     "{\"v\":1,\"geolocation\":{\"1.2.3.4\":{\"cc\":\"ZZ\",\"asn\":null,"
     "\"as_name\":null},\"2001:db8::1\":{\"cc\":\"ZZ\",\"asn\":null,"
     "\"as_name\":null}}}"},
    {"geolookup: no address", "POST", "/api/v1/geolookup",
     "{\"addresses\":[\"x\"]}", 422, "\"loc\":[\"body\",\"addresses\"]"},
    {"urls", "GET", "/api/v1/test-list/urls", "", 200,
     "\"metadata\":{\"count\":2,\"current_page\":-1,\"limit\":-1,"},
    {"tor targets: those everybody knows", "GET",
     "/api/v1/test-list/tor-targets", "", 200,
     "\"128.31.0.39:9231\":{\"address\":\"128.31.0.39:9231\",\"fingerprint\":"
     "\"1A25C6358DB91342AA51720A5038B72742732498\",\"name\":\"moria1\","
     "\"protocol\":\"dir_port\"}"},
    {"psiphon: nothing to hand out", "GET", "/api/v1/test-list/psiphon-config",
     "", 200, "{}"},
    {"vpn: nobody to connect to", "GET",
     "/api/v2/ooniprobe/vpn-config/riseupvpn", "", 200,
     "{\"provider\":\"riseupvpn\",\"protocol\":\"openvpn\",\"config\":{\"ca\":"
     "\"\",\"cert\":\"\",\"key\":\"\"},\"date_updated\":\"20"},
    {"vpn: a file", "GET", "/api/v2/ooniprobe/vpn-config/other", "", 200,
     "{ \"as\" : \"it is\" }"},
    {"vpn: unknown", "GET", "/api/v2/ooniprobe/vpn-config/nobody", "", 404,
     "Provider not found"},
    {"a record is not given out here", "GET", "/api/v1/raw_measurement", "",
     404, "Not Found"},
    {"nor by its path", "GET", "/api/v1/measurement/20240212203347", "", 404,
     "Not Found"},
    {"metrics", "GET", "/metrics", "", 404, "Not Found"},
    {"health", "GET", "/health", "", 200, "{\"status\":\"ok\",\"errors\":[]"},
    {"nothing", "GET", "/", "", 404, "{\"detail\":\"Not Found\"}"},
    {"nothing: report", "POST", "/reports", "", 404, "Not Found"},
};

static void every_request_gets_its_status_and_body(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const struct row *r = &table[i];
        struct exchange x;
        exchange_init(&x, r->method, r->path, str_c(r->body));
        exchange_run(&x, &f->service);
        struct str got = buf_str(&x.req.reply.body);
        if (x.req.reply.status != r->status ||
            str_find(got, str_c(r->want)) == SIZE_MAX) {
            fail_msg("%s: %d " STR_FMT, r->name, x.req.reply.status,
                     STR_ARG(got));
        }
        exchange_fini(&x);
    }
    ingest_stop(f->service.ingest);
    struct store_stats st;
    assert_int_equal(store_stats(f->store, &st), ERR_OK);
    assert_int_equal(st.measurements, 4);
    assert_int_equal(st.not_judged, 1);
    uint64_t rejected = 0;
    for (size_t i = 0; i < st.n_rejected; i++) {
        rejected += st.rejected[i].n;
    }
    assert_int_equal(rejected, 26);
    store_stats_fini(&st);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(every_request_gets_its_status_and_body),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    log_setup("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
