// SPDX-License-Identifier: Apache-2.0
/* The control's handler with requests in memory and the real engine behind it,
 * whose resolver never answers: load shedding, and the end of what is in
 * flight. */
#include "collector/control/control_service.h"

#include "base/log.h"
#include "collector/control/control_shares.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define ASK "{\"http_request\":\"http://www.example.com/\"}"

struct exchange {
    struct http_req req; /* first */
    struct http_field header;
    bool deferred, answered;
};

struct fixture {
    struct loop *loop;
    struct engine *engine;
    struct control_service *control;
    int silent; /* a resolver that never answers */
    char resolver[56];
    struct exchange x[64];
    size_t n;
};

static void on_defer(struct http_req *req)
{
    ((struct exchange *)req)->deferred = true;
}

static void on_answer(struct http_req *req)
{
    struct exchange *x = (struct exchange *)req;
    assert_false(x->answered); /* exactly one answer */
    x->answered = true;
}

static struct exchange *ask(struct fixture *f, const char *method,
                            const char *path, const char *body,
                            const char *agent)
{
    assert_true(f->n < sizeof(f->x) / sizeof(f->x[0]));
    struct exchange *x = &f->x[f->n++];
    x->header = (struct http_field){"user-agent", agent};
    x->req = (struct http_req){.method = method,
                               .path = path,
                               .peer = "127.0.0.1",
                               .body = str_c(body),
                               .headers = &x->header,
                               .n_headers = agent ? 1 : 0,
                               .region = region_new(1 << 16),
                               .on_defer = on_defer,
                               .on_answer = on_answer};
    buf_init(&x->req.reply.body, 1 << 16);
    control_service_handle(f->control, &x->req);
    return x;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);
    f->silent = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(f->silent, (struct sockaddr *)&a, len), 0);
    assert_int_equal(getsockname(f->silent, (struct sockaddr *)&a, &len), 0);
    snprintf(f->resolver, sizeof(f->resolver), "127.0.0.1:%d",
             ntohs(a.sin_port));
    assert_int_equal(loop_new(&f->loop), ERR_OK);
    struct engine_config engine = {.limits = {.jobs = CONTROL_SERVICE_MAX_JOBS,
                                              .sockets = 512,
                                              .body_memory = 64 << 20,
                                              .region_bytes = 1 << 20}};
    assert_int_equal(engine_new(f->loop, &engine, &f->engine), ERR_OK);
    struct control_service_config cfg = {.loop = f->loop,
                                         .engine = f->engine,
                                         .resolver = f->resolver,
                                         .target_per_minute =
                                             CONTROL_SHARES_TARGET,
                                         .ports = {4711},
                                         .n_ports = 1};
    crypto_keypair(cfg.pub, cfg.secret);
    assert_int_equal(control_service_new(&cfg, &f->control), ERR_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    control_service_free(f->control);
    for (size_t i = 0; i < f->n; i++) {
        assert_true(f->x[i].answered);
        buf_fini(&f->x[i].req.reply.body);
        region_free(f->x[i].req.region);
    }
    engine_free(f->engine);
    loop_free(f->loop);
    close(f->silent);
    free(f);
    return 0;
}

static void assert_answer(const struct exchange *x, int status,
                          const char *part)
{
    assert_true(x->answered);
    struct str got = buf_str(&x->req.reply.body);
    if (x->req.reply.status != status ||
        str_find(got, str_c(part)) == SIZE_MAX) {
        fail_msg("%d " STR_FMT, x->req.reply.status, STR_ARG(got));
    }
}

static void odd_requests_are_answered_at_once(void **state)
{
    struct fixture *f = *state;
    assert_answer(ask(f, "GET", "/", "", NULL), 200,
                  "{\"message\":\"Hello OONItarian!\"}");
    assert_answer(ask(f, "PUT", "/", "", NULL), 405, "Method Not Allowed");
    assert_answer(ask(f, "GET", "/x", "", NULL), 404, "Not Found");
    assert_answer(ask(f, "POST", "/", "garbage", NULL), 400, "\"detail\":");
    assert_answer(ask(f, "POST", "/", "{}", NULL), 400, "http_request");
    assert_answer(ask(f, "POST", "/",
                      "{\"http_request\":\"http://169.254.169.254/latest/\"}",
                      NULL),
                  200, "\"failure\":\"unknown_error\"");
    assert_int_equal(control_service_in_flight(f->control), 0);
}

static void answers_are_signed_for_who_gives_a_nonce(void **state)
{
    struct fixture *f = *state;
    struct exchange *x =
        ask(f, "POST", "/",
            "{\"http_request\":\"http://10.0.0.1/\",\"x_parallax\":{"
            "\"nonce\":\"00112233445566778899aabbccddeeff\"}}",
            NULL);
    assert_answer(x, 200, "\"x_parallax\"");
    assert_int_equal(x->req.reply.n_fields, 1);
    assert_string_equal(x->req.reply.fields[0].name, "X-Parallax-Signature");
    const char *v = x->req.reply.fields[0].value;
    assert_int_equal(strncmp(v, "v1 ", 3), 0);
    assert_non_null(strstr(v, " 00112233445566778899aabbccddeeff "));
    x = ask(f, "POST", "/", "{\"http_request\":\"http://10.0.0.1/\"}", NULL);
    assert_int_equal(x->req.reply.n_fields, 0);
}

/* From one address, for one site, with one header. */
static struct exchange *ask_from(struct fixture *f, const char *address,
                                 const char *site, struct http_field header)
{
    assert_true(f->n < sizeof(f->x) / sizeof(f->x[0]));
    struct exchange *x = &f->x[f->n++];
    x->header = header;
    x->req = (struct http_req){.method = "POST",
                               .path = "/",
                               .peer = address,
                               .headers = &x->header,
                               .n_headers = header.value ? 1 : 0,
                               .region = region_new(1 << 16),
                               .on_defer = on_defer,
                               .on_answer = on_answer};
    assert_non_null(x->req.region);
    const char *body =
        region_printf(x->req.region,
                      "{\"http_request\":\"http://%s/\",\"x_parallax\":{"
                      "\"nonce\":\"00112233445566778899aabbccddeeff\"}}",
                      site);
    assert_non_null(body);
    x->req.body = str_c(body);
    buf_init(&x->req.reply.body, 1 << 16);
    control_service_handle(f->control, &x->req);
    return x;
}

/* Each time for another site. */
static struct exchange *ask_any(struct fixture *f, const char *address,
                                struct http_field header)
{
    char name[64];
    snprintf(name, sizeof(name), "s%zu.example.com", f->n);
    return ask_from(f, address, name, header);
}

#define NO_HEADER ((struct http_field){NULL, NULL})
#define AGENT(a)  ((struct http_field){"User-Agent", (a)})
#define FOR(a)    ((struct http_field){"X-Forwarded-For", (a)})

/* Whoever it says it is: one client never has all of the control, and others
 * find room. */
static void nobody_has_more_than_a_share(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < CONTROL_SHARES_JOBS_MOST; i++) {
        assert_false(ask_any(f, "192.0.2.1", AGENT("curl/7"))->answered);
    }
    assert_answer(ask_any(f, "192.0.2.1", AGENT("ooniprobe-cli/3.22.0")), 503,
                  "Busy");
    for (unsigned i = 0; i < CONTROL_SHARES_JOBS_LEAST; i++) {
        assert_false(ask_any(f, "192.0.2.2", NO_HEADER)->answered);
    }
    assert_answer(ask_any(f, "192.0.2.2", AGENT("ooniprobe-cli/3.22.0")), 503,
                  "Busy");
    /* one IPv6 /64 is one client */
    for (unsigned i = 0; i < CONTROL_SHARES_JOBS_LEAST; i++) {
        assert_false(
            ask_any(f, i % 2 ? "2001:db8::1" : "2001:db8::2", NO_HEADER)
                ->answered);
    }
    assert_answer(ask_any(f, "2001:db8::3", NO_HEADER), 503, "Busy");
    assert_false(ask_any(f, "192.0.2.4", NO_HEADER)->answered);
    assert_false(ask_any(f, "192.0.2.5", NO_HEADER)->answered);
    assert_int_equal(control_service_in_flight(f->control),
                     CONTROL_SERVICE_MAX_JOBS);
    /* now the first makes room, but not for himself */
    assert_answer(ask_any(f, "192.0.2.1", NO_HEADER), 503, "Busy");
    assert_false(f->x[0].answered);
    assert_false(ask_any(f, "192.0.2.6", NO_HEADER)->answered);
    assert_true(f->x[0].answered);
    assert_int_equal(control_service_in_flight(f->control),
                     CONTROL_SERVICE_MAX_JOBS);
    assert_answer(ask(f, "GET", "/", "", NULL), 200, "Hello");
}

static unsigned cut_off(const struct fixture *f, size_t from, size_t to)
{
    unsigned n = 0;
    for (size_t i = from; i < to; i++) {
        n += f->x[i].answered;
    }
    return n;
}

/* Seven addresses of one network have all places, or one line's IPv6: who comes
 * from elsewhere takes one of theirs, the oldest first, and they take none. */
static void a_crowd_of_one_network_makes_room(void **state)
{
    struct fixture *f = *state;
    char from[40];
    for (unsigned i = 0; i < CONTROL_SERVICE_MAX_JOBS; i++) {
        snprintf(from, sizeof(from), "2001:db8:0:%x::1", i);
        assert_false(ask_any(f, from, NO_HEADER)->answered);
    }
    assert_answer(ask_any(f, "2001:db8:0:f0::1", NO_HEADER), 503, "Busy");
    for (unsigned i = 0; i < 8; i++) {
        snprintf(from, sizeof(from), "45.10.%u.9", i);
        assert_false(ask_any(f, from, NO_HEADER)->answered);
    }
    assert_int_equal(cut_off(f, 0, 8), 8);
    assert_int_equal(cut_off(f, 8, CONTROL_SERVICE_MAX_JOBS), 0);
    assert_answer(ask_any(f, "2001:db8:0:f1::1", NO_HEADER), 503, "Busy");
    assert_int_equal(control_service_in_flight(f->control),
                     CONTROL_SERVICE_MAX_JOBS);
}

/* A /64 is one client, and a line has many: the next comer finds a place. */
static void no_line_takes_a_site_away(void **state)
{
    struct fixture *f = *state;
    char page[64], from[40];
    for (unsigned i = 0; i < 30; i++) {
        snprintf(page, sizeof(page), "victim.example/p%u", i);
        snprintf(from, sizeof(from), "2001:db8:0:%x::1", 257 * i);
        /* only what it uses up */
        (void)ask_from(f, from, page, NO_HEADER);
    }
    assert_false(
        ask_from(f, "198.51.100.1", "victim.example", NO_HEADER)->answered);
}

/* Only a proxy on this machine names clients. */
static void a_client_is_who_our_proxy_names(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < CONTROL_SHARES_JOBS_MOST; i++) {
        const char *by =
            i % 2 ? "6.6.6.6, 192.0.2.1" : "6.6.6.6, 192.0.2.1:4711";
        assert_false(ask_any(f, "127.0.0.1", FOR(by))->answered);
    }
    assert_answer(ask_any(f, "127.0.0.1", FOR("7.7.7.7, 192.0.2.1")), 503,
                  "Busy");
    assert_answer(ask_any(f, "192.0.2.1", FOR("192.0.2.9")), 503, "Busy");
    assert_false(
        ask_any(f, "127.0.0.1", FOR("192.0.2.1, 192.0.2.2"))->answered);
}

static void one_target_is_not_asked_all_the_time(void **state)
{
    struct fixture *f = *state;
    char from[32];
    for (unsigned i = 0; i < CONTROL_SHARES_TARGET; i++) {
        snprintf(from, sizeof(from), "192.%u.2.1", i);
        assert_false(ask_from(f, from, "target.example", NO_HEADER)->answered);
    }
    struct exchange *x =
        ask_from(f, "198.51.100.1", "target.example", NO_HEADER);
    assert_answer(x, 503, "Busy");
    assert_int_equal(x->req.reply.n_fields, 1);
    assert_string_equal(x->req.reply.fields[0].name, "Retry-After");
    assert_string_equal(x->req.reply.fields[0].value, "6");
    assert_answer(ask_from(f, "198.51.100.1", "TARGET.example:80/x", NO_HEADER),
                  503, "Busy");
    assert_false(
        ask_from(f, "198.51.100.1", "other.example", NO_HEADER)->answered);
}

/* Whoever asks first, and for whatever page: others find a place. */
static void nobody_takes_a_site_away(void **state)
{
    struct fixture *f = *state;
    char page[64];
    unsigned taken = 0;
    for (unsigned i = 0; i < 20; i++) {
        snprintf(page, sizeof(page), "victim.example/p%u", i);
        taken += !ask_from(f, "192.0.2.1", page, NO_HEADER)->answered;
    }
    assert_int_equal(taken, CONTROL_SHARES_TARGET / 2);
    assert_false(
        ask_from(f, "198.51.100.1", "victim.example", NO_HEADER)->answered);
    assert_false(
        ask_from(f, "2001:db8::1", "victim.example", NO_HEADER)->answered);
}

static void only_ports_of_the_web_are_asked(void **state)
{
    struct fixture *f = *state;
    static const char *const good[] = {"a.example:443", "a.example:8080",
                                       "a.example:8443", "a.example:4711"};
    static const char *const bad[] = {"a.example:22", "a.example:25",
                                      "a.example:8081", "a.example:1"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_false(ask_from(f, "192.0.2.1", good[i], NO_HEADER)->answered);
        assert_answer(ask_from(f, "192.0.2.1", bad[i], NO_HEADER), 200,
                      "\"failure\":\"unknown_error\"");
    }
}

static void stop(void *arg)
{
    loop_stop(arg);
}

static void what_is_in_flight_is_answered_when_it_ends(void **state)
{
    struct fixture *f = *state;
    struct loop_timer *t = NULL;
    assert_int_equal(loop_timer_new(f->loop, stop, f->loop, &t), ERR_OK);
    assert_int_equal(loop_timer_in(t, 50000), ERR_OK);
    struct exchange *x = ask(f, "POST", "/", ASK, NULL);
    assert_int_equal(loop_run(f->loop), ERR_OK);
    assert_true(x->deferred);
    assert_false(x->answered);
    loop_timer_free(t);
    control_service_free(f->control);
    f->control = NULL;
    assert_answer(x, 503, "Busy");
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(odd_requests_are_answered_at_once),
        T(answers_are_signed_for_who_gives_a_nonce),
        T(nobody_has_more_than_a_share),
        T(a_crowd_of_one_network_makes_room),
        T(no_line_takes_a_site_away),
        T(a_client_is_who_our_proxy_names),
        T(one_target_is_not_asked_all_the_time),
        T(nobody_takes_a_site_away),
        T(only_ports_of_the_web_are_asked),
        T(what_is_in_flight_is_answered_when_it_ends),
    };
    log_setup("test", LOG_ERROR);
    return crypto_setup() == ERR_OK ? cmocka_run_group_tests(tests, NULL, NULL)
                                    : 1;
}
