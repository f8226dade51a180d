// SPDX-License-Identifier: Apache-2.0
/* The collector's endpoints with requests made in memory: request in, status
 * and body out. Behind them stand a real store and real ingest threads. */
#include "base/hex.h"
#include "collector/api/route.h"

#include "collector/api/service.h"
#include "collector/control/control_signed.h"

#include "base/compress.h"
#include "base/fs.h"
#include "base/log.h"
#include "record/dictionary.h"
#include "tests/unit/tmp.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ID "20240212T203347Z_webconnectivity_IT_137_n1_abcdefghijklmnop"

/* ---- requests in memory -----------------------------------------------------
 */

struct exchange {
    struct http_req req; /* first */
    pthread_mutex_t lock;
    pthread_cond_t answered;
    bool done;
    struct http_field headers[4];
};

static void on_defer(struct http_req *req)
{
    (void)req;
}

static void on_answer(struct http_req *req)
{
    struct exchange *x = (struct exchange *)req;
    pthread_mutex_lock(&x->lock);
    assert_false(x->done); /* exactly one answer */
    x->done = true;
    pthread_cond_signal(&x->answered);
    pthread_mutex_unlock(&x->lock);
}

static void exchange_init(struct exchange *x, const char *method,
                          const char *path, struct str body)
{
    *x = (struct exchange){.req = {.method = method,
                                   .path = path,
                                   .peer = "127.0.0.1",
                                   .body = body,
                                   .headers = x->headers,
                                   .on_defer = on_defer,
                                   .on_answer = on_answer}};
    x->req.region = region_new(1 << 20);
    assert_non_null(x->req.region);
    buf_init(&x->req.reply.body, 1 << 20);
    pthread_mutex_init(&x->lock, NULL);
    pthread_cond_init(&x->answered, NULL);
}

static void header(struct exchange *x, const char *name, const char *value)
{
    assert_true(x->req.n_headers < 4);
    x->headers[x->req.n_headers++] = (struct http_field){name, value};
}

static void exchange_run(struct exchange *x, struct service *s)
{
    route_handle(s, &x->req);
    pthread_mutex_lock(&x->lock);
    while (!x->done) {
        pthread_cond_wait(&x->answered, &x->lock);
    }
    pthread_mutex_unlock(&x->lock);
}

static void exchange_fini(struct exchange *x)
{
    buf_fini(&x->req.reply.body);
    region_free(x->req.region);
    pthread_mutex_destroy(&x->lock);
    pthread_cond_destroy(&x->answered);
}

/* ---- the service ------------------------------------------------------------
 */

struct fixture {
    char dir[64];
    struct store *store;
    struct control_keys *keys;
    struct relays *relays;
    struct site_lists *lists;
    struct handouts *handouts;
    struct region *region;
    struct service service;
};

static void write_file(const char *dir, const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    assert_int_equal(fs_write_atomic(path, str_c(text), 0600, NULL), ERR_OK);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    tmp_path(f->dir, sizeof(f->dir), "test_route.XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    char lists[100];
    snprintf(lists, sizeof(lists), "%s/lists", f->dir);
    assert_int_equal(fs_mkdirs(lists, 0700, NULL), ERR_OK);
    static const char head[] =
        "url,category_code,category_description,date_added,source,notes\n";
    char text[2000];
    snprintf(text, sizeof(text),
             "%shttps://www.example.com/,NEWS,News Media,,,\n"
             "https://www.example.org/,HUMR,Human Rights,,,\n",
             head);
    write_file(lists, "global.csv", text);
    snprintf(text, sizeof(text),
             "%shttps://it.example.com/,NEWS,News Media,,,\n", head);
    write_file(lists, "it.csv", text);
    snprintf(text, sizeof(text),
             "%shttps://ir.example.com/,NEWS,News Media,,,\n", head);
    write_file(lists, "ir.csv", text);
    write_file(lists, "xx.csv", "url,notes\nhttps://bad.example.com/,LGBT\n");
    struct diag d = {{0}};
    assert_int_equal(store_open(f->dir, STORE_WRITE, &f->store, &d), ERR_OK);
    assert_int_equal(control_keys_open(f->dir, &f->keys, &d), ERR_OK);
    assert_int_equal(site_lists_load(f->dir, &f->lists, &d), ERR_OK);
    f->region = region_new(1 << 20);
    assert_int_equal(
        relays_parse(STR("185.220.101.0/24 # exits"), &f->relays, &d), ERR_OK);
    struct ingest_config cfg = {
        .store = f->store,
        .acceptor = {.keys = f->keys, .relays = f->relays},
        .workers = 2,
        .max_jobs = 64,
        .max_record = 1 << 20,
        .deadline_us = 20 * 1000000};
    assert_int_equal(ingest_start(&cfg, &f->service.ingest), ERR_OK);
    f->service.lists = f->lists;
    char handouts[100];
    snprintf(handouts, sizeof(handouts), "%s/handouts", f->dir);
    assert_int_equal(fs_mkdirs(handouts, 0700, NULL), ERR_OK);
    write_file(handouts, "vpn-other.json", "{ \"as\" : \"it is\" }");
    write_file(handouts, "vpn-nobody.json", "[]");
    write_file(handouts, "notes.txt", "{}");
    assert_int_equal(handouts_load(f->dir, &f->handouts, &d), ERR_OK);
    f->service.handouts = f->handouts;
    f->service.store = f->store;
    f->service.public_url = "https://collector.example";
    static const char *const off[] = {"torsf"};
    f->service.tests_off = off;
    f->service.n_tests_off = 1;
    assert_int_equal(service_add_helper(&f->service, f->region,
                                        SERVICE_WEB_CONNECTIVITY,
                                        "https://0.th.ooni.org", &d),
                     ERR_OK);
    assert_int_equal(
        service_add_helper(&f->service, f->region, SERVICE_WEB_CONNECTIVITY,
                           "cloudfront:https://d33d1gs9kpq1c5.cloudfront.net",
                           &d),
        ERR_OK);
    assert_int_equal(service_add_helper(&f->service, f->region,
                                        SERVICE_WEB_CONNECTIVITY, "ftp://x",
                                        &d),
                     ERR_INVAL);

    static const struct {
        enum service_kind kind;
        const char *text;
        enum err want;
    } others[] = {
        {SERVICE_TCP_ECHO, "130.192.91.7", ERR_OK},
        {SERVICE_TCP_ECHO, "127.0.0.1:7", ERR_OK}, /* for this machine */
        {SERVICE_TCP_ECHO, "http://130.192.91.7", ERR_INVAL},
        {SERVICE_TCP_ECHO, "echo.example", ERR_INVAL},
        {SERVICE_JSON_HEADERS, "130.192.91.7", ERR_INVAL},
    };

    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        assert_int_equal(service_add_helper(&f->service, f->region,
                                            others[i].kind, others[i].text, &d),
                         others[i].want);
    }
    assert_int_equal(service_add_proxy(&f->service, "10.0.0.1", &d), ERR_OK);
    assert_int_equal(service_add_proxy(&f->service, "proxy.example", &d),
                     ERR_INVAL);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    ingest_stop(f->service.ingest);
    ingest_free(f->service.ingest);
    site_lists_free(f->lists);
    handouts_free(f->handouts);
    control_keys_close(f->keys);
    relays_free(f->relays);
    store_close(f->store);
    region_free(f->region);
    assert_int_equal(fs_remove_tree(f->dir, NULL), ERR_OK);
    free(f);
    return 0;
}

/* ---- the table --------------------------------------------------------------
 */

#define RECORD(more)                                                           \
    "{\"test_name\":\"web_connectivity\",\"probe_cc\":\"IT\","                 \
    "\"probe_asn\":\"AS137\",\"measurement_start_time\":"                      \
    "\"2024-02-12 20:33:47\",\"input\":\"https://www.example.com/\","          \
    "\"software_name\":\"x\",\"software_version\":\"1\"," more                 \
    "\"test_keys\":{\"queries\":[],\"tcp_connect\":[],"                        \
    "\"tls_handshakes\":[],\"requests\":[],\"network_events\":[]}}"
#define UPLOAD(record) "{\"format\":\"json\",\"content\":" record "}"
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

/* ---- who asks ------------------------------------------------------------
 */

static void asked_by(struct fixture *f, const char *peer, const char *by,
                     const char *via, const char *want)
{
    struct exchange x;
    exchange_init(&x, "POST", "/api/v1/check-in", STR("{}"));
    if (by) {
        header(&x, "X-Forwarded-For", by);
    }
    if (via) {
        header(&x, "Via", via);
    }
    x.req.peer = peer;
    exchange_run(&x, &f->service);
    struct str got = buf_str(&x.req.reply.body);
    if (x.req.reply.status != 200 || str_find(got, str_c(want)) == SIZE_MAX) {
        fail_msg("not %s: " STR_FMT, want, STR_ARG(got));
    }
    exchange_fini(&x);
}

static void a_check_in_tells_who_asks_their_own_address(void **state)
{
    static const char told[] = "\"x_client_address\":\"130.192.91.211\"";
    static const char none[] = "\"x_client_address\":null";
    struct fixture *f = *state;
    asked_by(f, "130.192.91.211", NULL, NULL, told);
    asked_by(f, "127.0.0.1", NULL, NULL, none);
    asked_by(f, "10.0.0.7", NULL, NULL, none);
    /* 10.0.0.1 is a proxy of ours; another may say what it likes */
    asked_by(f, "8.8.4.4", "130.192.91.211", NULL, none);
    asked_by(f, "10.0.0.1", "130.192.91.211", NULL, told);
    asked_by(f, "10.0.0.1", "192.168.1.7", NULL, none);
    /* the last hop is somebody's cache, or what the client sent */
    asked_by(f, "10.0.0.1", "6.6.6.6, 130.192.91.211", NULL, none);
    asked_by(f, "10.0.0.1", "130.192.91.211", "1.1 cache", none);
    ingest_stop(f->service.ingest);
}

static void an_echo_on_loopback_is_for_this_machine_only(void **state)
{
    static const char both[] = "\"tcp-echo\":[{\"address\":\"130.192.91.7\","
                               "\"type\":\"legacy\"},{\"address\":"
                               "\"127.0.0.1:7\",\"type\":\"legacy\"}]";
    static const char one[] = "\"tcp-echo\":[{\"address\":\"130.192.91.7\","
                              "\"type\":\"legacy\"}]";
    struct fixture *f = *state;
    struct diag d = {{0}};
    asked_by(f, "127.0.0.1", NULL, NULL, both);
    asked_by(f, "::1", NULL, NULL, both);
    asked_by(f, "130.192.91.211", NULL, NULL, one);
    asked_by(f, "127.0.0.1", "130.192.91.211", NULL, one);
    asked_by(f, "127.0.0.1", NULL, "1.1 cache", one);
    /* a proxy that says nothing of whom it speaks for */
    assert_int_equal(service_add_proxy(&f->service, "127.0.0.1", &d), ERR_OK);
    asked_by(f, "127.0.0.1", NULL, NULL, one);
    ingest_stop(f->service.ingest);
}

/* ---- stored records ---------------------------------------------------------
 */

static void admin_asks(struct fixture *f, const char *path, const char *uid,
                       int status, const char *want)
{
    struct http_field query = {"measurement_uid", uid};
    struct exchange x;
    exchange_init(&x, "GET", path, STR(""));
    x.req.query = &query;
    x.req.n_query = uid ? 1 : 0;
    route_admin_handle(&f->service, &x.req);
    assert_true(x.done);
    struct str got = buf_str(&x.req.reply.body);
    assert_int_equal(x.req.reply.status, status);
    if (str_find(got, str_c(want)) == SIZE_MAX) {
        fail_msg("%s: " STR_FMT, path, STR_ARG(got));
    }
    exchange_fini(&x);
}

static bool take_uid(void *arg, const struct store_row *row)
{
    str_copy(arg, UID_MAX, row->uid);
    return false;
}

static void records_are_given_out_byte_for_byte_to_the_admin(void **state)
{
    struct fixture *f = *state;
    struct exchange x;
    char uid[UID_MAX] = "", path[200];
    struct store_filter all = {0};
    exchange_init(&x, "POST", "/report/" ID, STR(UPLOAD(RECORD(""))));
    exchange_run(&x, &f->service);
    exchange_fini(&x);
    assert_int_equal(store_scan(f->store, &all, take_uid, uid), ERR_OK);
    admin_asks(f, "/api/v1/raw_measurement", uid, 200, RECORD(""));
    snprintf(path, sizeof(path), "/api/v1/measurement/%s", uid);
    admin_asks(f, path, NULL, 200, RECORD(""));
    admin_asks(f, "/api/v1/raw_measurement", "x", 404, "Measurement not found");
    admin_asks(f, "/api/v1/raw_measurement", NULL, 422,
               "\"loc\":[\"query\",\"measurement_uid\"]");
    admin_asks(f, "/health", NULL, 200, "\"status\":\"ok\"");
    admin_asks(f, "/metrics", NULL, 200, "\nparallax_measurements 1\n");
    admin_asks(f, "/metrics", NULL, 200, "\nparallax_control_down 0\n");
    admin_asks(
        f, "/metrics", NULL, 200,
        "parallax_measurements_by_test{test_name=\"web_connectivity\"} 1");
    admin_asks(f, "/report", NULL, 404, "Not Found");
    ingest_stop(f->service.ingest);
}

static void a_second_submission_is_told_the_report_id_of_the_first(void **state)
{
    static const char body[] =
        "{\"format\":\"json\",\"content\":\"{\\\"test_name\\\":\\\"ndt\\\","
        "\\\"probe_cc\\\":\\\"IT\\\",\\\"probe_asn\\\":\\\"AS137\\\","
        "\\\"measurement_start_time\\\":\\\"2024-02-12 20:33:47\\\"}\"}";
    struct fixture *f = *state;
    char answers[2][600];
    for (int i = 0; i < 2; i++) {
        struct exchange x;
        exchange_init(&x, "POST", "/api/v1/submit_measurement", STR(body));
        exchange_run(&x, &f->service);
        assert_int_equal(x.req.reply.status, 200);
        struct str got = buf_str(&x.req.reply.body);
        snprintf(answers[i], sizeof(answers[i]), STR_FMT, STR_ARG(got));
        exchange_fini(&x);
    }
    assert_non_null(strstr(answers[0], "Z_ndt_IT_137_n1_"));
    assert_string_equal(answers[0], answers[1]);
    ingest_stop(f->service.ingest);
}

/* Nobody is sent to a control of ours that does not answer. */
static void says(struct fixture *f, const char *method, const char *path,
                 const char *body, const char *part, bool there)
{
    struct exchange x;
    exchange_init(&x, method, path, str_c(body));
    exchange_run(&x, &f->service);
    struct str got = buf_str(&x.req.reply.body);
    if ((str_find(got, str_c(part)) != SIZE_MAX) != there) {
        fail_msg("%s: " STR_FMT, path, STR_ARG(got));
    }
    exchange_fini(&x);
}

static void a_control_that_does_not_answer_is_not_told(void **state)
{
    struct fixture *f = *state;
    const char *ours = f->service.helpers[0].address;
    f->service.own_control = ours;
    for (int down = 0; down < 2; down++) {
        atomic_store(&f->service.control_down, down);
        says(f, "GET", "/health", "", "\"status\":\"ok\"", !down);
        says(f, "GET", "/health", "", "our control does not answer", down);
        says(f, "GET", "/api/v1/test-helpers", "", ours, !down);
        says(f, "POST", "/api/v1/check-in", "{}", ours, !down);
        says(f, "POST", "/bouncer/net-tests",
             "{\"net-tests\":[{\"name\":\"web_connectivity\",\"version\":"
             "\"0.0.1\"}]}",
             ours, !down);
    }
    /* those that the settings name are others' */
    f->service.own_control = NULL;
    says(f, "GET", "/api/v1/test-helpers", "", ours, true);
    ingest_stop(f->service.ingest);
}

/* ---- uploads ----------------------------------------------------------------
 */

static void upload(struct fixture *f, struct str body, const char *encoding,
                   const char *peer, const char *forwarded, int want_status,
                   char *answer, size_t size)
{
    struct exchange x;
    exchange_init(&x, "POST", "/report/" ID, body);
    if (encoding) {
        header(&x, "content-encoding", encoding);
    }
    if (forwarded) {
        header(&x, "X-Forwarded-For", "6.6.6.6");
        header(&x, "x-forwarded-for", forwarded);
    }
    x.req.peer = peer;
    exchange_run(&x, &f->service);
    struct str got = buf_str(&x.req.reply.body);
    snprintf(answer, size, STR_FMT, STR_ARG(got));
    if (x.req.reply.status != want_status) {
        fail_msg("%d instead of %d: %s", x.req.reply.status, want_status,
                 answer);
    }
    exchange_fini(&x);
}

static void zstd_uploads_are_read_and_bombs_are_not(void **state)
{
    struct fixture *f = *state;
    char plain[300], packed[300], bomb[300];
    struct str text = str_c(UPLOAD(RECORD("")));
    struct buf z;
    buf_init(&z, 1 << 20);
    assert_int_equal(compress_pack(text, 3, &z), ERR_OK);
    upload(f, text, NULL, "127.0.0.1", NULL, 200, plain, sizeof(plain));
    upload(f, buf_str(&z), "zstd", "127.0.0.1", NULL, 200, packed,
           sizeof(packed));
    assert_string_equal(plain, packed); /* the same content, the same uid */
    upload(f, buf_str(&z), NULL, "127.0.0.1", NULL, 400, packed,
           sizeof(packed));
    upload(f, text, "zstd", "127.0.0.1", NULL, 400, packed, sizeof(packed));
    assert_non_null(strstr(packed, "{\"detail\":\"Incorrect format\","));
    upload(f, text, "gzip", "127.0.0.1", NULL, 415, packed, sizeof(packed));
    upload(f, buf_str(&z), "dcz", "127.0.0.1", NULL, 400, packed,
           sizeof(packed));
    buf_clear(&z);
    assert_int_equal(compress_pack_dcz(text, 3, dictionary_text(), &z), ERR_OK);
    upload(f, buf_str(&z), "dcz", "127.0.0.1", NULL, 200, packed,
           sizeof(packed));
    assert_string_equal(plain, packed);
    upload(f, buf_str(&z), "zstd", "127.0.0.1", NULL, 400, packed,
           sizeof(packed));
    z.p[DCZ_HEADER_LEN - 1] ^= 1;
    upload(f, buf_str(&z), "dcz", "127.0.0.1", NULL, 415, packed,
           sizeof(packed));
    char *zeros = calloc(1, 8 << 20);
    assert_non_null(zeros);
    buf_clear(&z);
    assert_int_equal(compress_pack((struct str){zeros, 8 << 20}, 3, &z),
                     ERR_OK);
    assert_true(z.len < 10000);
    upload(f, buf_str(&z), "zstd", "127.0.0.1", NULL, 413, bomb, sizeof(bomb));
    free(zeros);
    buf_fini(&z);
}

static void deep_and_wide_json_is_refused(void **state)
{
    struct fixture *f = *state;
    struct buf b;
    buf_init(&b, 4 << 20);
    buf_add_c(&b, "{\"format\":\"json\",\"content\":{\"a\":");
    for (int i = 0; i < 100000; i++) {
        buf_add_byte(&b, '[');
    }
    char answer[300];
    upload(f, buf_str(&b), NULL, "127.0.0.1", NULL, 400, answer,
           sizeof(answer));
    buf_fini(&b);
}

struct tags {
    unsigned n;
    char source[12][33];
    char x_probe[12][33];
};

static bool take_tags(void *arg, const struct store_row *row)
{
    struct tags *t = arg;
    assert_true(t->n < 12);
    memcpy(t->source[t->n], row->source_tag, 33);
    memcpy(t->x_probe[t->n], row->x_probe, 33);
    t->n++;
    return true;
}

#define TAGGED(second)                                                         \
    "{\"format\":\"json\",\"x_probe\":\"00112233445566778899AABBCCDDEEFF\","   \
    "\"content\":{\"test_name\":\"web_connectivity\",\"probe_cc\":\"IT\","     \
    "\"probe_asn\":\"AS137\",\"measurement_start_time\":"                      \
    "\"2024-02-12 20:33:4" second "\",\"input\":\"http://a.example/\","        \
    "\"test_keys\":{\"queries\":[],\"tcp_connect\":[],"                        \
    "\"tls_handshakes\":[],\"requests\":[],\"network_events\":[]}}}"

static void a_source_is_known_by_its_prefix_as_the_proxy_tells(void **state)
{
    struct fixture *f = *state;
    char a[300];
    /* 10.0.0.1 is a proxy of ours; what it adds last is believed */
    upload(f, str_c(TAGGED("0")), NULL, "10.0.0.1", "9.9.9.9, 130.192.91.211",
           200, a, sizeof(a));
    upload(f, str_c(TAGGED("1")), NULL, "10.0.0.1", "1.2.3.4,130.192.91.7", 200,
           a, sizeof(a));
    upload(f, str_c(TAGGED("2")), NULL, "10.0.0.1", "130.192.92.7", 200, a,
           sizeof(a));
    /* nobody else's word counts: the socket's own address does */
    upload(f, str_c(TAGGED("3")), NULL, "130.192.92.9", "130.192.91.7", 200, a,
           sizeof(a));
    /* loopback says nothing about who it was, nor does nonsense */
    upload(f, str_c(TAGGED("4")), NULL, "127.0.0.1", "130.192.91.7", 200, a,
           sizeof(a));
    upload(f, str_c(TAGGED("5")), NULL, "10.0.0.1", "unknown", 200, a,
           sizeof(a));
    /* one line is one place, however it is written */
    static const char *const forms[] = {
        "::ffff:130.192.91.211", "[::ffff:130.192.91.9]", "130.192.91.5:4711",
        "[2002:82c0:5b07:1::1]:80", "64:ff9b::82c0:5b08"};
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        char body[sizeof(TAGGED("xx"))];
        snprintf(body, sizeof(body), "%s", TAGGED("9"));
        memcpy(strstr(body, "20:33:4") + 3, "34", 2);
        strstr(body, "20:34:4")[7] = (char)('0' + i);
        upload(f, str_c(body), NULL, "10.0.0.1", forms[i], 200, a, sizeof(a));
    }
    /* nor an exit of Tor */
    upload(f, str_c(TAGGED("6")), NULL, "10.0.0.1", "185.220.101.4", 200, a,
           sizeof(a));
    struct tags t = {0};
    struct store_filter all = {0};
    assert_int_equal(store_scan(f->store, &all, take_tags, &t), ERR_OK);
    assert_int_equal(t.n, 12);
    for (size_t i = 7; i < 12; i++) { /* a minute later */
        assert_string_equal(t.source[i], t.source[0]);
    }
    assert_int_equal(strlen(t.source[0]), 32);
    assert_string_equal(t.source[0], t.source[1]);
    assert_string_not_equal(t.source[0], t.source[2]);
    assert_string_equal(t.source[2], t.source[3]);
    assert_string_equal(t.source[4], "");
    assert_string_equal(t.source[5], "");
    assert_string_equal(t.source[6], "");
    assert_string_equal(t.x_probe[0], "00112233445566778899aabbccddeeff");
}

static void uploads_after_the_drain_are_told_to_come_again(void **state)
{
    struct fixture *f = *state;
    ingest_stop(f->service.ingest);
    char answer[300];
    upload(f, str_c(UPLOAD(RECORD(""))), NULL, "127.0.0.1", NULL, 503, answer,
           sizeof(answer));
}

/* ---- signed controls --------------------------------------------------------
 */

static bool take_verified(void *arg, const struct store_row *row)
{
    *(bool *)arg = row->control_verified;
    return false;
}

/* 2024-02-12 20:33, when the records of these tests begin. */
#define SIGNED_MINUTE INT64_C(28462833)

static int64_t minute = SIGNED_MINUTE;
static const char *asked = "http://a.example/";
static const char *nonce_of = NULL; /* NULL: one for each second */

static bool stored_as_verified(struct fixture *f, const char *answer,
                               const char *seconds, const uint8_t *pub,
                               const uint8_t *secret)
{
    char request[160], nonce[CONTROL_NONCE_LEN + 1];
    snprintf(nonce, sizeof(nonce), "00112233445566778899aabbccddee%.2s",
             nonce_of ? nonce_of : seconds);
    snprintf(request, sizeof(request),
             "{\"http_request\":\"%s\",\"x_parallax\":{\"nonce\":\"%s\"}}",
             asked, nonce);
    static const char signed_answer[] = "{\"dns\": {} }";
    struct buf text, up;
    buf_init(&text, 4096);
    buf_init(&up, 1 << 16);
    assert_int_equal(control_signed(str_c(request), minute, str_c(nonce),
                                    STR(signed_answer), &text),
                     ERR_OK);
    uint8_t sig[CRYPTO_SIG_LEN];
    char sig_hex[129], key_hex[65];
    crypto_sign_msg(buf_str(&text), secret, sig);
    hex_encode(sig, sizeof(sig), sig_hex);
    hex_encode(pub, CRYPTO_PUB_LEN, key_hex);
    buf_printf(&up,
               "{\"format\":\"json\",\"content\":{\"test_name\":"
               "\"web_connectivity\",\"probe_cc\":\"IT\",\"probe_asn\":"
               "\"AS137\",\"measurement_start_time\":\"2024-02-12 20:33:%s\","
               "\"input\":\"http://a.example/\",\"test_keys\":{\"queries\":[],"
               "\"tcp_connect\":[],\"tls_handshakes\":[],\"requests\":[],"
               "\"network_events\":[],\"x_control_request\":%s,\"control\":%s,"
               "\"x_control_signature\":{\"v\":1,\"minute\":%lld,"
               "\"nonce\":\"%s\","
               "\"signature\":\"%s\",\"key\":\"%s\"}}}}",
               seconds, request, answer, (long long)minute, nonce, sig_hex,
               key_hex);
    char got[300];
    upload(f, buf_str(&up), NULL, "127.0.0.1", NULL, 200, got, sizeof(got));
    bool verified = false;
    int64_t at = 1707769980 + strtol(seconds, NULL, 10);
    struct store_filter one = {.since_s = at, .until_s = at + 1};
    assert_int_equal(store_scan(f->store, &one, take_verified, &verified),
                     ERR_OK);
    buf_fini(&text);
    buf_fini(&up);
    return verified;
}

static void only_answers_of_known_controls_are_verified(void **state)
{
    struct fixture *f = *state;
    uint8_t pub[CRYPTO_PUB_LEN], secret[CRYPTO_SECRET_LEN];
    uint8_t other[CRYPTO_PUB_LEN], other_secret[CRYPTO_SECRET_LEN];
    crypto_keypair(pub, secret);
    crypto_keypair(other, other_secret);
    struct diag d = {{0}};
    assert_int_equal(control_keys_add(f->keys, pub, true, &d), ERR_OK);
    assert_true(stored_as_verified(f, "{\"dns\": {} }", "01", pub, secret));
    /* one byte of the answer changed */
    assert_false(stored_as_verified(f, "{\"dns\":{} }", "02", pub, secret));
    /* a key nobody told us of */
    assert_false(
        stored_as_verified(f, "{\"dns\": {} }", "03", other, other_secret));
    /* a known key over a signature by another */
    assert_false(
        stored_as_verified(f, "{\"dns\": {} }", "04", pub, other_secret));
    /* truly signed, but hours before, or for another site */
    minute = SIGNED_MINUTE - 120;
    assert_false(stored_as_verified(f, "{\"dns\": {} }", "05", pub, secret));
    minute = SIGNED_MINUTE;
    static const char *const others[] = {
        "http://b.example/", "https://a.example/", "http://a.example:8443/",
        "http://a.example/no-such-page", "http://a.example/?q=1"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        char second[] = {'1', (char)('0' + i), '\0'};
        asked = others[i];
        assert_false(
            stored_as_verified(f, "{\"dns\": {} }", second, pub, secret));
    }
    asked = "HTTP://A.Example.:80"; /* is the same site */
    assert_true(stored_as_verified(f, "{\"dns\": {} }", "06", pub, secret));
    asked = "http://a.example/";
    /* a signed answer that another record brought before */
    nonce_of = "01";
    assert_false(stored_as_verified(f, "{\"dns\": {} }", "07", pub, secret));
    nonce_of = NULL;
    assert_true(stored_as_verified(f, "{\"dns\": {} }", "08", pub, secret));
    struct control_keys *again = NULL;
    assert_int_equal(control_keys_open(f->dir, &again, &d), ERR_OK);
    control_keys_close(again);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(every_request_gets_its_status_and_body),
        T(a_check_in_tells_who_asks_their_own_address),
        T(an_echo_on_loopback_is_for_this_machine_only),
        T(records_are_given_out_byte_for_byte_to_the_admin),
        T(a_second_submission_is_told_the_report_id_of_the_first),
        T(a_control_that_does_not_answer_is_not_told),
        T(zstd_uploads_are_read_and_bombs_are_not),
        T(deep_and_wide_json_is_refused),
        T(a_source_is_known_by_its_prefix_as_the_proxy_tells),
        T(uploads_after_the_drain_are_told_to_come_again),
        T(only_answers_of_known_controls_are_verified),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    log_setup("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
