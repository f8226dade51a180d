// SPDX-License-Identifier: Apache-2.0
/* What depends on who asks, on what is stored, and on whether our control
 * answers.
 */
#include "collector/api/route.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/collector/api/route_fixture.h"

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

static void who_may_leave_the_control_to_us_is_told(void **state)
{
    struct fixture *f = *state;
    struct exchange x;
    exchange_init(&x, "POST", "/api/v1/check-in", STR("{}"));
    exchange_run(&x, &f->service);
    struct str got = buf_str(&x.req.reply.body);
    assert_true(str_find(got, STR("x_control_defer")) == SIZE_MAX);
    exchange_fini(&x);
    f->service.defers = true;
    asked_by(f, "127.0.0.1", NULL, NULL, "\"x_control_defer\":true");
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

/* A clock that is behind, a segment that is cut off: health fails, and once an
 * upload was refused for it the words name what could not be written. */
static void health_tells_of_clock_and_store(void **state)
{
    struct fixture *f = *state;
    struct exchange x;
    int64_t now_s = clock_wall_us() / US_PER_S, believed_s = 0;
    enum store_clock_says clock = STORE_CLOCK_GOOD;
    char segment[120];
    f->service.store = f->store;
    says(f, "GET", "/health", "", "\"errors\":[]", true);
    assert_int_equal(
        store_clock(f->store, now_s - 50 * DAY_S, &clock, &believed_s), ERR_OK);
    says(f, "GET", "/health", "", "\"status\":\"ok\"", true);
    says(f, "GET", "/health", "", "days ahead", true);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(store_clock(f->store, now_s + (i - 49) * DAY_S, &clock,
                                     &believed_s),
                         ERR_OK);
    }
    says(f, "GET", "/health", "", "\"status\":\"fail\"", true);
    says(f, "GET", "/health", "", "set back", true);
    exchange_init(&x, "POST", "/report/" ID, STR(UPLOAD(RECORD(""))));
    exchange_run(&x, &f->service);
    assert_int_equal(x.req.reply.status, 200);
    exchange_fini(&x);
    snprintf(segment, sizeof(segment), "%s/segments/00000001.seg", f->dir);
    assert_int_equal(truncate(segment, 100), 0);
    says(f, "GET", "/health", "", "cut off", true);
    ingest_stop(f->service.ingest);
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

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(who_may_leave_the_control_to_us_is_told),
        T(a_check_in_tells_who_asks_their_own_address),
        T(an_echo_on_loopback_is_for_this_machine_only),
        T(records_are_given_out_byte_for_byte_to_the_admin),
        T(a_second_submission_is_told_the_report_id_of_the_first),
        T(health_tells_of_clock_and_store),
        T(a_control_that_does_not_answer_is_not_told),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    log_setup("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
