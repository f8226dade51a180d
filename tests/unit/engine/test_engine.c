// SPDX-License-Identifier: Apache-2.0
/* Whole measurements of a cleartext server in this process. */
#include "engine/engine.h"

#include "base/clock.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define CONNS 64

struct fixture {
    struct loop *l;
    struct engine *e;
    struct region *region;
    int listener;
    uint16_t port;
    struct loop_io *io;
    int fds[CONNS];
    struct loop_io *conn_io[CONNS];
    size_t n_conns;
    unsigned open, open_max;
    struct loop_timer *watchdog;
    struct measurement *m[8];
    size_t n_done, want;
    unsigned slots;
    size_t body_memory;
    unsigned busy;  /* so often a control says so */
    unsigned turns; /* requests to what resets every second one */
};

/* ---- the server ---- */

static void conn_close(struct fixture *f, int fd, bool reset)
{
    struct linger now = {1, 0};
    for (size_t i = 0; i < f->n_conns; i++) {
        if (f->fds[i] != fd) {
            continue;
        }
        loop_io_free(f->conn_io[i]);
        f->conn_io[i] = NULL;
        f->fds[i] = -1;
        f->open--;
    }
    if (reset) {
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    }
    close(fd);
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
                     (ssize_t)strlen(text));
}

static void on_request(void *arg, int fd, unsigned what)
{
    static const struct {
        const char *path, *answer;
    } canned[] = {
        {"GET / ", "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n"
                   "Set-Cookie: a=b\r\nContent-Length: 5\r\n\r\nhello"},
        {"GET /redirect ", "HTTP/1.1 303 See Other\r\nLocation: /\r\n"
                           "Set-Cookie: k=v; Path=/\r\n"
                           "Content-Length: 0\r\n\r\n"},
        {"GET /loop ", "HTTP/1.1 302 Found\r\nLocation: /loop\r\n"
                       "Content-Length: 0\r\n\r\n"},
        {"GET /short ", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\npart"},
        {"GET /bare ", "HTTP/1.0 200 OK\r\n\r\n<title>x</title>"},
        {"GET /old ", "no header at all"},
        {"GET /eof ", ""},
        {"GET /reset ", "R"},
        {"POST /control ",
         "HTTP/1.1 200 OK\r\nContent-Length: 49\r\n\r\n"
         "{\"dns\":{\"addrs\":[\"127.0.0.2\"]},\"http_request\":"
         "{}}"},
        {"POST /nonsense ", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n[1]x"},
    };
    struct fixture *f = arg;
    char req[4096];
    ssize_t n = recv(fd, req, sizeof(req) - 1, 0);
    (void)what;
    if (n <= 0) {
        conn_close(f, fd, false);
        return;
    }
    req[n] = '\0';
    if (strncmp(req, "POST /busy ", 11) == 0) {
        memcpy(req, "POST /control ", 14);
        if (f->busy > 0) {
            f->busy--;
            say(fd, "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\n"
                    "Content-Length: 2\r\n\r\n{}");
            conn_close(f, fd, false);
            return;
        }
    }
    if (strncmp(req, "GET /turns ", 11) == 0) {
        memcpy(req, f->turns++ % 2 ? "GET /reset " : "GET /bare  ", 11);
    }
    for (size_t i = 0; i < sizeof(canned) / sizeof(canned[0]); i++) {
        if (strncmp(req, canned[i].path, strlen(canned[i].path)) != 0) {
            continue;
        }
        bool reset = strcmp(canned[i].answer, "R") == 0;
        if (!reset) {
            say(fd, canned[i].answer);
        }
        conn_close(f, fd, reset);
        return;
    }
    if (strncmp(req, "GET /big ", 9) == 0) {
        char *big = malloc(600000);
        memset(big, 'x', 600000);
        int size = 1 << 20;
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n");
        assert_true(send(fd, big, 600000, MSG_NOSIGNAL) > 0);
        free(big);
    }
    /* everything else hangs */
}

static void on_accept(void *arg, int fd, unsigned what)
{
    struct fixture *f = arg;
    int conn = accept4(fd, NULL, NULL, SOCK_NONBLOCK);
    (void)what;
    if (conn < 0) {
        return;
    }
    assert_true(f->n_conns < CONNS);
    assert_int_equal(loop_io_new(f->l, conn, LOOP_READ, on_request, f,
                                 &f->conn_io[f->n_conns]),
                     ERR_OK);
    f->fds[f->n_conns++] = conn;
    if (++f->open > f->open_max) {
        f->open_max = f->open;
    }
}

/* ---- the fixture ---- */

static void on_watchdog(void *arg)
{
    (void)arg;
    fail_msg("the measurement did not end");
}

static void on_slot(void *arg)
{
    ((struct fixture *)arg)->slots++;
}

static void start_engine(struct fixture *f, bool special, unsigned jobs)
{
    static const char *const none[] = {NULL};
    struct engine_config cfg = {
        .limits = {.jobs = jobs, .sockets = 16, .body_memory = f->body_memory},
        .doh_urls = none,
        .udp_resolvers = none,
        .allow_special = special,
    };
    engine_free(f->e);
    f->e = NULL; /* teardown comes even when there is no new one */
    assert_int_equal(engine_new(f->l, &cfg, &f->e), ERR_OK);
    engine_on_slot(f->e, on_slot, f);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct sockaddr_in sin = {.sin_family = AF_INET};
    socklen_t len = sizeof(sin);
    *state = f;
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    f->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(f->listener, (struct sockaddr *)&sin, sizeof(sin)),
                     0);
    assert_int_equal(listen(f->listener, 16), 0);
    assert_int_equal(getsockname(f->listener, (struct sockaddr *)&sin, &len),
                     0);
    f->port = ntohs(sin.sin_port);
    f->region = region_new(1 << 20);
    assert_int_equal(loop_new(&f->l), ERR_OK);
    assert_int_equal(
        loop_io_new(f->l, f->listener, LOOP_READ, on_accept, f, &f->io),
        ERR_OK);
    assert_int_equal(loop_timer_new(f->l, on_watchdog, f, &f->watchdog),
                     ERR_OK);
    f->body_memory = (size_t)4 << 20;
    start_engine(f, true, 4);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    engine_free(f->e);
    for (size_t i = 0; i < f->n_conns; i++) {
        loop_io_free(f->conn_io[i]);
        if (f->fds[i] >= 0) {
            close(f->fds[i]);
        }
    }
    loop_io_free(f->io);
    loop_timer_free(f->watchdog);
    loop_free(f->l);
    close(f->listener);
    for (size_t i = 0; i < f->n_done; i++) {
        region_free(f->m[i]->region);
    }
    region_free(f->region);
    free(f);
    return 0;
}

static void on_done(void *arg, struct measurement *m)
{
    struct fixture *f = arg;
    assert_true(f->n_done < 8);
    f->m[f->n_done++] = m;
    if (f->n_done == f->want) {
        loop_stop(f->l);
    }
}

static struct engine_job *submit(struct fixture *f, struct plan *p,
                                 const char *path)
{
    struct url *url = region_alloc(f->region, sizeof(*url));
    struct engine_job *job;
    char *text =
        region_printf(f->region, "http://127.0.0.1:%u%s", f->port, path);
    assert_int_equal(url_parse(f->region, str_c(text), url, NULL), ERR_OK);
    p->input = text;
    p->url = url;
    assert_int_equal(engine_submit(f->e, p, on_done, f, &job), ERR_OK);
    return job;
}

static void wait_for(struct fixture *f, size_t want)
{
    f->want = want;
    assert_int_equal(loop_timer_in(f->watchdog, 60 * US_PER_S), ERR_OK);
    assert_int_equal(loop_run(f->l), ERR_OK);
    assert_int_equal(f->n_done, want);
}

static struct measurement *measure(struct fixture *f, const char *path)
{
    struct plan p = {0};
    submit(f, &p, path);
    wait_for(f, f->n_done + 1);
    return f->m[f->n_done - 1];
}

static const struct obs_http *page(struct fixture *f, const char *path)
{
    struct measurement *m = measure(f, path);
    assert_int_equal(m->internal, ERR_OK);
    assert_int_equal(m->n_http, 1);
    return &m->http[0];
}

/* ---- tests ---- */

static void a_page_is_recorded_with_all_its_parts(void **state)
{
    struct fixture *f = *state;
    struct measurement *m = measure(f, "/");
    assert_int_equal(m->internal, ERR_OK);
    assert_int_equal(m->n_queries, 0); /* a literal is not asked for */
    assert_int_equal(m->n_tcp, 1);
    assert_null(m->tcp[0].failure);
    assert_int_equal(m->tcp[0].id, 40001);
    assert_true(m->tcp[0].tags.tcptls_experiment);
    assert_int_equal(m->tcp[0].tags.fetch_body, 1);
    assert_int_equal(m->n_http, 1);
    const struct obs_http *h = &m->http[0];
    assert_null(h->failure);
    assert_int_equal(h->status, 200);
    assert_true(str_eq_c(h->body, "hello"));
    assert_false(h->body_truncated);
    assert_int_equal(h->id, 40001);
    assert_int_equal(h->n_headers, 3);
    assert_string_equal(h->headers[0].name, "Content-Type");
    bool host = false;
    for (size_t i = 0; i < h->n_req_headers; i++) {
        host = host || strcmp(h->req_headers[i].name, "Host") == 0;
    }
    assert_true(host);
    size_t bytes = 0;
    for (size_t i = 0; i < m->n_events; i++) {
        if (strcmp(m->events[i].operation, "read") == 0) {
            bytes += m->events[i].num_bytes;
        }
    }
    assert_true(bytes > 70);
    assert_string_equal(m->control_failure,
                        "unknown_failure: no available test helpers");
}

static void redirects_are_followed_with_cookies(void **state)
{
    struct fixture *f = *state;
    struct measurement *m = measure(f, "/redirect");
    assert_int_equal(m->n_http, 2);
    assert_int_equal(m->http[0].status, 303);
    assert_int_equal(m->http[1].status, 200);
    assert_int_equal(m->http[1].tags.depth, 1);
    assert_false(m->http[1].tags.tcptls_experiment);
    bool cookie = false;
    for (size_t i = 0; i < m->http[1].n_req_headers; i++) {
        const struct obs_header *h = &m->http[1].req_headers[i];
        cookie = cookie ||
                 (strcmp(h->name, "Cookie") == 0 && str_eq_c(h->value, "k=v"));
    }
    assert_true(cookie);
}

/* /redirect leads to / of the same host. */
static struct measurement *redirected(struct fixture *f, struct site_consent *c,
                                      int risk)
{
    struct site_classes *classes = site_classes_new();
    struct plan p = {.consent = c};
    struct url root;
    assert_non_null(classes);
    assert_int_equal(
        url_parse(f->region, STR("http://127.0.0.1/"), &root, NULL), ERR_OK);
    if (risk >= 0) {
        assert_int_equal(site_classes_add(classes, &root, risk), ERR_OK);
    }
    c->classes = classes;
    submit(f, &p, "/redirect");
    wait_for(f, f->n_done + 1);
    site_classes_free(classes);
    return f->m[f->n_done - 1];
}

static void a_redirect_to_what_was_not_agreed_to_is_not_followed(void **state)
{
    struct fixture *f = *state;
    struct site_consent c = {.accepted = {true, true, true}};
    struct measurement *m = redirected(f, &c, 3);
    assert_int_equal(m->n_http, 1);
    assert_int_equal(m->n_tcp, 1);
    assert_int_equal(m->http[0].status, 303);
    assert_null(m->http[0].failure);
    assert_false(m->http[0].leads_unlisted);
    assert_string_equal(m->not_followed, "consent");
}

static void a_redirect_to_a_site_of_no_list_is_followed_and_marked(void **state)
{
    struct fixture *f = *state;
    struct site_consent c = {.accepted = {true}};
    struct measurement *m = redirected(f, &c, SITE_UNLISTED);
    assert_int_equal(m->n_http, 2);
    assert_true(m->http[0].leads_unlisted);
    assert_false(m->http[0].unlisted);
    assert_true(m->http[1].unlisted);
    assert_null(m->not_followed);
    m = redirected(f, &c, 0);
    assert_int_equal(m->n_http, 2);
    assert_false(m->http[0].leads_unlisted);
    assert_false(m->http[1].unlisted);
    c.chosen = "127.0.0.1";
    assert_null(redirected(f, &c, 3)->not_followed);
}

static void a_loop_of_redirects_ends_after_ten(void **state)
{
    struct fixture *f = *state;
    struct measurement *m = measure(f, "/loop");
    assert_int_equal(m->n_http, 11);
    assert_null(m->http[9].failure);
    assert_string_equal(m->http[10].failure,
                        "unknown_failure: stopped after too many redirects");
}

static void endings_are_told_apart(void **state)
{
    struct fixture *f = *state;
    const struct obs_http *h = page(f, "/short");
    assert_string_equal(h->failure, "eof_error");
    assert_int_equal(h->status, 200);
    assert_true(str_eq_c(h->body, "part"));
    assert_string_equal(page(f, "/eof")->failure, "eof_error");
    assert_string_equal(page(f, "/reset")->failure, "connection_reset");
    assert_string_equal(page(f, "/old")->failure,
                        "unknown_failure: malformed HTTP response");
    h = page(f, "/bare");
    assert_null(h->failure);
    assert_int_equal(h->n_headers, 0);
    assert_true(str_eq_c(h->body, "<title>x</title>"));
}

static void a_big_body_is_cut_and_is_no_failure(void **state)
{
    struct fixture *f = *state;
    const struct obs_http *h = page(f, "/big");
    assert_null(h->failure);
    assert_true(h->body_truncated);
    assert_int_equal(h->body.len, 524288);
}

static void pages_wait_for_room_before_they_connect(void **state)
{
    struct fixture *f = *state;
    struct plan p[3] = {{0}};
    f->body_memory = 600000; /* room for one at a time */
    start_engine(f, true, 4);
    for (size_t i = 0; i < 3; i++) {
        submit(f, &p[i], "/big");
    }
    wait_for(f, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_null(f->m[i]->http[0].failure);
    }
    assert_true(f->open_max <= 2); /* one, and one not yet seen closed */
}

static void jobs_above_the_limit_are_queued(void **state)
{
    struct fixture *f = *state;
    struct plan p[4] = {{0}};
    start_engine(f, true, 2);
    for (size_t i = 0; i < 4; i++) {
        submit(f, &p[i], "/");
    }
    assert_int_equal(engine_active(f->e), 2);
    wait_for(f, 4);
    assert_int_equal(engine_active(f->e), 0);
    assert_true(f->slots >= 2);
}

static void a_closed_port_is_refused(void **state)
{
    struct fixture *f = *state;
    f->port = 9;
    struct measurement *m = measure(f, "/");
    assert_string_equal(m->tcp[0].failure, "connection_refused");
    assert_int_equal(m->n_http, 0);
}

static void loopback_is_never_measured_by_a_product(void **state)
{
    struct fixture *f = *state;
    start_engine(f, false, 1);
    struct measurement *m = measure(f, "/");
    assert_int_equal(m->n_tcp, 0);
    assert_int_equal(m->n_http, 0);
    assert_int_equal(f->n_conns, 0);
}

static void a_control_refuses_loopback_and_says_so(void **state)
{
    struct fixture *f = *state;
    struct ip extra;
    struct plan p = {.kind = PLAN_CONTROL,
                     .resolver = "127.0.0.1:9",
                     .extra_addrs = &extra,
                     .n_extra_addrs = 1};
    assert_true(ip_parse(STR("127.0.0.1"), &extra));
    start_engine(f, false, 1);
    submit(f, &p, "/");
    wait_for(f, 1);
    assert_int_equal(f->n_conns, 0);
    assert_int_equal(f->m[0]->n_tcp, 0);
    assert_string_equal(f->m[0]->http[0].failure, "dns_bogon_error");
}

static void a_control_connects_and_follows(void **state)
{
    struct fixture *f = *state;
    struct plan p = {.kind = PLAN_CONTROL,
                     .resolver = "127.0.0.1:9",
                     .count_body_bytes = 1 << 20};
    submit(f, &p, "/redirect");
    wait_for(f, 1);
    struct measurement *m = f->m[0];
    assert_int_equal(m->internal, ERR_OK);
    assert_int_equal(m->n_tcp, 1); /* those of the page are not listed */
    assert_null(m->tcp[0].failure);
    assert_int_equal(m->n_http, 2);
    assert_int_equal(m->http[1].status, 200);
}

static size_t count_cut(const struct measurement *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n_http; i++) {
        n += m->http[i].retried;
        assert_true(!m->http[i].retried || m->http[i].failure);
    }
    return n;
}

static void a_control_that_is_asked_to_tries_more_often(void **state)
{
    struct fixture *f = *state;
    struct plan p = {
        .kind = PLAN_CONTROL, .resolver = "127.0.0.1:9", .tries = 3};
    submit(f, &p, "/turns");
    wait_for(f, 1);
    assert_int_equal(f->m[0]->internal, ERR_OK);
    assert_int_equal(f->turns, 4);
    assert_int_equal(f->m[0]->n_http, 3); /* the page, and two of the tries */
    assert_int_equal(count_cut(f->m[0]), 2);
    /* the twin: a server that answers everybody; of a redirect, the first */
    submit(f, &p, "/redirect");
    wait_for(f, 2);
    assert_int_equal(f->m[1]->n_http, 2);
    assert_int_equal(count_cut(f->m[1]), 0);
    assert_int_equal(f->n_conns, 4 + 5);
    /* what was cut off at first has been tried again */
    f->turns = 1;
    submit(f, &p, "/turns");
    wait_for(f, 3);
    assert_int_equal(f->turns, 3);
    assert_int_equal(count_cut(f->m[2]), 1);
    /* nobody asked */
    p.tries = 0;
    f->turns = 0;
    submit(f, &p, "/turns");
    wait_for(f, 4);
    assert_int_equal(f->turns, 1);
}

static void a_control_ends_when_its_time_is_up(void **state)
{
    struct fixture *f = *state;
    struct plan p = {
        .kind = PLAN_CONTROL, .resolver = "127.0.0.1:9", .timeout_us = 300000};
    submit(f, &p, "/hang");
    wait_for(f, 1);
    assert_string_equal(f->m[0]->http[0].failure, "generic_timeout_error");
}

static struct measurement *with_control(struct fixture *f, const char *path,
                                        const char *second)
{
    struct control_helper helper[2] = {
        {region_printf(f->region, "http://127.0.0.1:%u%s", f->port, path),
         "https"},
        {region_printf(f->region, "http://127.0.0.1:%u%s", f->port,
                       second ? second : ""),
         "https"}};
    struct plan p = {.helpers = helper, .n_helpers = second ? 2 : 1};
    submit(f, &p, "/");
    wait_for(f, f->n_done + 1);
    return f->m[f->n_done - 1];
}

static void the_control_is_asked_and_its_answer_kept(void **state)
{
    struct fixture *f = *state;
    struct measurement *m = with_control(f, "/control", NULL);
    assert_null(m->control_failure);
    assert_int_equal(m->control.len, 49);
    assert_true(str_starts(m->control_request, "{\"http_request\":\"http://"));
    assert_true(str_find(m->control_request, STR("\"nonce\"")) != SIZE_MAX);
    assert_string_equal(m->control_type, "https");
}

static void nonsense_from_the_control_is_its_failure(void **state)
{
    struct fixture *f = *state;
    struct measurement *m = with_control(f, "/nonsense", NULL);
    assert_string_equal(m->control_failure, "json_parse_error");
    assert_int_equal(m->control.len, 0);
    assert_null(m->http[0].failure); /* the site does not suffer */
}

static void the_next_helper_is_asked_when_one_fails(void **state)
{
    struct fixture *f = *state;
    struct measurement *m = with_control(f, "/nonsense", "/control");
    assert_null(m->control_failure);
    assert_non_null(strstr(m->control_url, "/control"));
}

/* What the helper says of when to come again is done. */
static void a_busy_control_is_asked_once_more(void **state)
{
    struct fixture *f = *state;
    f->busy = 2;
    struct measurement *m = with_control(f, "/busy", NULL);
    assert_null(m->control_failure);
    assert_int_equal(m->control.len, 49);
    f->busy = 1000; /* but not for ever */
    m = with_control(f, "/busy", "/nonsense");
    assert_string_equal(m->control_failure, "json_parse_error");
    assert_int_equal(m->control.len, 0);
    f->busy = 1; /* whoever is not busy has been asked meanwhile */
    m = with_control(f, "/busy", "/control");
    assert_non_null(strstr(m->control_url, "/control"));
}

struct few {
    unsigned left, named, pages;
};

static bool a_few(void *arg, const struct ip *ip, enum plan_connect why)
{
    struct few *f = arg;
    assert_int_equal(ip->family, 4);
    if (why == PLAN_CONNECT_NAMED) {
        f->named++;
        return false;
    }
    f->pages += why == PLAN_CONNECT_PAGE;
    return f->left > 0 && f->left--;
}

static void a_control_connects_only_where_it_may(void **state)
{
    struct fixture *f = *state;
    struct few few = {0, 0, 0};
    struct ip extra[2]; /* the site's own, and somebody's */
    assert_true(ip_parse(STR("127.0.0.1"), &extra[0]));
    assert_true(ip_parse(STR("127.0.0.9"), &extra[1]));
    struct plan p = {.kind = PLAN_CONTROL,
                     .resolver = "127.0.0.1:9",
                     .extra_addrs = extra,
                     .n_extra_addrs = 2,
                     .may_connect = a_few,
                     .may_connect_arg = &few};
    submit(f, &p, "/redirect");
    wait_for(f, 1);
    assert_int_equal(f->n_conns, 0);
    assert_int_equal(f->m[0]->internal, ERR_BUSY);
    few.left = 1; /* where a page leads counts, too */
    submit(f, &p, "/redirect");
    wait_for(f, 2);
    assert_int_equal(f->m[1]->internal, ERR_BUSY);
    assert_int_equal(few.named, 2);
    few.left = 3;
    submit(f, &p, "/redirect");
    wait_for(f, 3);
    assert_int_equal(f->m[2]->internal, ERR_OK);
    assert_int_equal(few.left, 1);
    assert_int_equal(few.named, 3);
    assert_int_equal(few.pages, 5); /* no more than those, and none beside */
}

static void no_descriptors_is_no_finding(void **state)
{
    struct fixture *f = *state;
    struct rlimit old, few;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    few = old;
    int probe = dup(0);
    few.rlim_cur = (rlim_t)probe; /* none left */
    close(probe);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    struct measurement *m = measure(f, "/");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_int_equal(m->internal, ERR_FDLIMIT);
    assert_int_equal(m->n_http, 0);
}

static void cancelled_jobs_call_nobody(void **state)
{
    struct fixture *f = *state;
    struct plan p[3] = {{0}};
    struct engine_job *job = submit(f, &p[0], "/hang");
    engine_cancel(job); /* before it began */
    job = submit(f, &p[1], "/hang");
    submit(f, &p[2], "/");
    wait_for(f, 1);
    engine_cancel(job); /* in the middle of a page */
    assert_int_equal(engine_active(f->e), 0);
    submit(f, &p[0], "/hang"); /* and one for engine_free */
    assert_int_equal(f->n_done, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_page_is_recorded_with_all_its_parts),
        TEST(redirects_are_followed_with_cookies),
        TEST(a_redirect_to_what_was_not_agreed_to_is_not_followed),
        TEST(a_redirect_to_a_site_of_no_list_is_followed_and_marked),
        TEST(a_loop_of_redirects_ends_after_ten),
        TEST(endings_are_told_apart),
        TEST(a_big_body_is_cut_and_is_no_failure),
        TEST(pages_wait_for_room_before_they_connect),
        TEST(jobs_above_the_limit_are_queued),
        TEST(a_closed_port_is_refused),
        TEST(loopback_is_never_measured_by_a_product),
        TEST(a_control_refuses_loopback_and_says_so),
        TEST(a_control_connects_and_follows),
        TEST(a_control_that_is_asked_to_tries_more_often),
        TEST(a_control_ends_when_its_time_is_up),
        TEST(the_control_is_asked_and_its_answer_kept),
        TEST(nonsense_from_the_control_is_its_failure),
        TEST(the_next_helper_is_asked_when_one_fails),
        TEST(a_busy_control_is_asked_once_more),
        TEST(a_control_connects_only_where_it_may),
        TEST(no_descriptors_is_no_finding),
        TEST(cancelled_jobs_call_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
