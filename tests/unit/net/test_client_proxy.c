// SPDX-License-Identifier: Apache-2.0
/* The client behind a proxy of this file, which plays a script: what it gets is
 * compared, what it says is good, bad, or without end. */
#include "base/clock.h"
#include "net/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST "collector.example"

/* What the proxy says after each thing it read; then, if `endless`, the last
 * one for ever. */
struct script {
    struct str says[4];
    size_t n;
    bool endless;
};

struct fixture {
    struct loop *l;
    struct client *c;
    const struct script *script;
    int fd;
    uint16_t port;
    pthread_t thread;
    bool started;
    char got[4][1024];
    size_t got_len[4];
    int calls;
    enum err internal;
    int status;
    char failure[256];
};

static void play(struct fixture *f, int fd)
{
    const struct script *s = f->script;
    for (size_t i = 0; i < s->n; i++) {
        ssize_t n = recv(fd, f->got[i], sizeof(f->got[i]) - 1, 0);
        if (n <= 0) {
            return;
        }
        f->got_len[i] = (size_t)n;
        do {
            if (send(fd, s->says[i].p, s->says[i].len, MSG_NOSIGNAL) < 0) {
                return;
            }
        } while (s->endless && i + 1 == s->n);
    }
    shutdown(fd, SHUT_WR);
    char more[512]; /* a ClientHello, if we were believed */
    if (recv(fd, more, sizeof(more), 0) <= 0) {
        return;
    }
}

static void *serve(void *arg)
{
    struct fixture *f = arg;
    int fd;
    while ((fd = accept(f->fd, NULL, NULL)) >= 0) {
        play(f, fd);
        close(fd);
    }
    return NULL;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);
    *state = f;
    if (!f || loop_new(&f->l) != ERR_OK ||
        client_new(f->l, "agent/1", &f->c) != ERR_OK) {
        return -1;
    }
    f->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(f->fd, (struct sockaddr *)&a, sizeof(a)) || listen(f->fd, 4) ||
        getsockname(f->fd, (struct sockaddr *)&a, &len)) {
        return -1;
    }
    f->port = ntohs(a.sin_port);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    if (f) {
        client_free(f->c);
        shutdown(f->fd, SHUT_RDWR);
        if (f->started) {
            pthread_join(f->thread, NULL);
        }
        close(f->fd);
        if (f->l) {
            loop_free(f->l);
        }
    }
    free(f);
    return 0;
}

static void done(void *arg, const struct client_response *res)
{
    struct fixture *f = arg;
    f->calls++;
    f->internal = res->internal;
    f->status = res->status;
    snprintf(f->failure, sizeof(f->failure), "%s",
             res->failure ? res->failure : "");
    loop_stop(f->l);
}

static const char *const here[] = {"127.0.0.1"};

static void call(struct fixture *f, const char *scheme,
                 const struct script *script)
{
    char text[128];
    struct client_proxy proxy;
    struct client_call *out = NULL;
    struct diag d = {""};
    f->script = script;
    assert_int_equal(pthread_create(&f->thread, NULL, serve, f), 0);
    f->started = true;
    snprintf(text, sizeof(text), "%s127.0.0.1:%u", scheme, f->port);
    enum err e = client_proxy_parse(text, &proxy, &d);
    assert_int_equal(e, ERR_OK);
    struct client_request req = {.method = "GET",
                                 .url = "https://" HOST "/path",
                                 .addrs = here,
                                 .n_addrs = 1,
                                 .proxy = &proxy,
                                 .timeout_us = 60 * US_PER_S};
    e = client_call(f->c, &req, done, f, &out);
    assert_int_equal(e, ERR_OK);
    assert_int_equal(loop_run(f->l), ERR_OK);
    assert_int_equal(f->calls, 1);
    assert_int_equal(f->internal, ERR_OK);
}

static void socks_is_given_the_name_and_no_address(void **state)
{
    struct fixture *f = *state;
    static const struct script refuses = {
        .says = {STR("\5\0"), STR("\5\4\0\1\0\0\0\0\0\0")}, .n = 2};
    call(f, "socks5://", &refuses);
    static const char wants[] = "\5\1\0\3\x11" HOST "\1\xbb";
    assert_memory_equal(f->got[0], "\5\1\0", 3);
    assert_int_equal(f->got_len[1], sizeof(wants) - 1);
    assert_memory_equal(f->got[1], wants, sizeof(wants) - 1);
    assert_string_equal(f->failure,
                        "unknown_failure: the proxy does not connect");
}

static void socks_is_told_user_and_password_if_it_wants_them(void **state)
{
    struct fixture *f = *state;
    static const struct script refuses = {.says = {STR("\5\2"), STR("\1\1")},
                                          .n = 2};
    call(f, "socks5://me:secret@", &refuses);
    assert_int_equal(f->got_len[1], 11);
    assert_memory_equal(f->got[1], "\1\2me\6secret", 11);
    assert_string_equal(f->failure,
                        "unknown_failure: the proxy does not connect");
}

static void an_http_proxy_is_asked_to_connect(void **state)
{
    struct fixture *f = *state;
    static const struct script refuses = {
        .says = {STR("HTTP/1.1 403 Filtered\r\nContent-Length: 0\r\n\r\n")},
        .n = 1};
    call(f, "http://me:secret@", &refuses);
    assert_non_null(strstr(f->got[0], "CONNECT " HOST ":443 HTTP/1.1\r\n"));
    assert_non_null(
        strstr(f->got[0], "Proxy-Authorization: Basic bWU6c2VjcmV0\r\n"));
    assert_null(strstr(f->got[0], "/path"));
    assert_true(f->failure[0]);
}

/* Each ends the call, and none of them this program. */
static void what_a_proxy_invents_ends_the_call(void **state)
{
    struct fixture *f = *state;
    static const struct script all[] = {
        {.says = {STR("")}, .n = 1},
        {.says = {STR("\4\0")}, .n = 1},
        {.says = {STR("\5\xff")}, .n = 1},
        {.says = {STR("\5\0"), STR("\5\0\0\3\xff")}, .n = 2},
        {.says = {STR("\5\0"), STR("\5\0\0\7\0\0\0\0\0\0")}, .n = 2},
        {.says = {STR("\5\0"), STR("\5\0\0\1\0\0\0\0\0\0")}, .n = 2},
        {.says = {STR("\5\0"), STR("\5\0\0\1\0\0\0\0\0\0HTTP/1.1 200 OK\r\n")},
         .n = 2},
        {.says = {STR("HTTP/1.1 200 OK\r\n\r\n")}, .n = 1},
        {.says = {STR("X")}, .n = 1, .endless = true},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (i) {
            assert_int_equal(teardown(state), 0);
            assert_int_equal(setup(state), 0);
            f = *state;
        }
        call(f, "socks5://", &all[i]);
        if (!f->failure[0] || f->status == 200) {
            fail_msg("row %zu: %d", i, f->status);
        }
    }
}

static void headers_without_end_of_a_proxy_end_the_call(void **state)
{
    struct fixture *f = *state;
    static const struct script all[] = {
        {.says = {STR("HTTP/1.1 200 OK\r\nA: b\r\n")}, .n = 1, .endless = true},
        {.says = {STR("HTTP/1.1 200 OK\r\n\r\n")}, .n = 1, .endless = true},
        {.says = {STR("words without a colon\r\n")}, .n = 1, .endless = true},
        {.says = {STR("abcdefghijklmnopqrstuvwxyz")}, .n = 1, .endless = true},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (i) {
            assert_int_equal(teardown(state), 0);
            assert_int_equal(setup(state), 0);
            f = *state;
        }
        call(f, "http://", &all[i]);
        assert_true(f->failure[0]);
    }
}

static void what_must_not_go_by_proxy_is_refused(void **state)
{
    struct fixture *f = *state;
    struct client_proxy proxy = {.socks = true, .port = f->port};
    struct client_call *out = NULL;
    struct client_request req = {.method = "GET",
                                 .url = "http://127.0.0.1:1/",
                                 .addrs = here,
                                 .n_addrs = 1,
                                 .proxy = &proxy,
                                 .insecure_loopback = true};
    assert_int_equal(client_call(f->c, &req, done, f, &out), ERR_ACCESS);
    req.url = "https://127.0.0.1/";
    req.n_addrs = 0; /* that of the proxy is never looked up here */
    assert_int_equal(client_call(f->c, &req, done, f, &out), ERR_INVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(socks_is_given_the_name_and_no_address,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            socks_is_told_user_and_password_if_it_wants_them, setup, teardown),
        cmocka_unit_test_setup_teardown(an_http_proxy_is_asked_to_connect,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_proxy_invents_ends_the_call,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            headers_without_end_of_a_proxy_end_the_call, setup, teardown),
        cmocka_unit_test_setup_teardown(what_must_not_go_by_proxy_is_refused,
                                        setup, teardown),
    };
    return cmocka_run_group_tests_name("net/test_client_proxy", tests, NULL,
                                       NULL);
}
