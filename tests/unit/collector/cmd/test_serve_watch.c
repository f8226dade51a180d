// SPDX-License-Identifier: Apache-2.0
/* Our own control, played by a socket: there and silent, answering, gone. */
#include "collector/cmd/serve_watch.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct loop *loop;
    struct service service;
    struct serve_watch *watch;
    struct loop_timer *poll, *watchdog;
    int fd;
    bool want; /* control_down, to be waited for */
    const char *answer;
};

static void on_poll(void *arg)
{
    struct fixture *f = arg;
    int fd = f->fd < 0 ? -1 : accept4(f->fd, NULL, NULL, SOCK_NONBLOCK);
    if (fd >= 0 && f->answer) {
        assert_true(send(fd, f->answer, strlen(f->answer), MSG_NOSIGNAL) > 0);
        close(fd);
    } /* otherwise it stays open, and silent */
    if (atomic_load(&f->service.control_down) == f->want) {
        loop_stop(f->loop);
        return;
    }
    assert_int_equal(loop_timer_in(f->poll, 1000), ERR_OK);
}

static void on_watchdog(void *arg)
{
    (void)arg;
    fail_msg("nothing was found out");
}

static void wait_until_down_is(struct fixture *f, bool down)
{
    f->want = down;
    assert_int_equal(loop_timer_in(f->poll, 0), ERR_OK);
    assert_int_equal(loop_run(f->loop), ERR_OK);
}

static int listen_on(struct sockaddr_in *a)
{
    socklen_t len = sizeof(*a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), yes = 1;
    assert_true(fd >= 0);
    assert_int_equal(
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)a, len), 0);
    assert_int_equal(listen(fd, 100), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)a, &len), 0);
    return fd;
}

static void what_the_control_does_is_found_out(void **state)
{
    static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    (void)state;
    struct fixture f = {.fd = -1};
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char url[64];
    assert_int_equal(loop_new(&f.loop), ERR_OK);
    assert_int_equal(loop_timer_new(f.loop, on_poll, &f, &f.poll), ERR_OK);
    assert_int_equal(loop_timer_new(f.loop, on_watchdog, &f, &f.watchdog),
                     ERR_OK);
    assert_int_equal(loop_timer_in(f.watchdog, 60 * US_PER_S), ERR_OK);
    f.fd = listen_on(&a);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u", ntohs(a.sin_port));
    assert_int_equal(
        serve_watch_start(f.loop, url, 50 * US_PER_MS, &f.service, &f.watch),
        ERR_OK);
    wait_until_down_is(&f, true); /* it is there and says nothing */
    f.answer = ok;
    wait_until_down_is(&f, false);
    f.answer = "HTTP/1.1 503 Busy\r\n\r\n";
    wait_until_down_is(&f, true);
    f.answer = ok;
    wait_until_down_is(&f, false);
    close(f.fd);
    f.fd = -1;
    wait_until_down_is(&f, true); /* nobody is there */
    f.fd = listen_on(&a);
    wait_until_down_is(&f, false);
    serve_watch_stop(f.watch);
    loop_timer_free(f.poll);
    loop_timer_free(f.watchdog);
    loop_free(f.loop);
    close(f.fd);
}

static void only_an_address_is_watched(void **state)
{
    (void)state;
    struct loop *l = NULL;
    struct service s = {.n_helpers = 0};
    struct serve_watch *w = NULL;
    assert_int_equal(loop_new(&l), ERR_OK);
    assert_int_equal(serve_watch_start(l, "http://localhost:1", 1, &s, &w),
                     ERR_INVAL);
    assert_int_equal(serve_watch_start(l, "https://127.0.0.1:1", 1, &s, &w),
                     ERR_INVAL);
    assert_int_equal(serve_watch_start(l, "http://[::]:1", US_PER_S, &s, &w),
                     ERR_OK);
    serve_watch_stop(w);
    loop_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_control_does_is_found_out),
        cmocka_unit_test(only_an_address_is_watched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
