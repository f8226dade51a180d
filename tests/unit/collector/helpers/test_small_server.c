// SPDX-License-Identifier: Apache-2.0
/* The small servers over real sockets of loopback: what comes back, and every
 * limit. Also what json_headers makes of a request's head, without a socket. */
#include "collector/helpers/small_server.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "collector/helpers/json_headers.h"
#include "collector/helpers/tcp_echo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define WATCHDOG (60 * US_PER_S)

struct fixture {
    struct loop *loop;
    struct loop_timer *turn;
    struct small_server *server;
    char got[40000];
    size_t n_got;
};

static void on_turn(void *arg)
{
    loop_stop(((struct fixture *)arg)->loop);
}

static void begin(struct fixture *f, small_server_fn fn, unsigned max,
                  int64_t lifetime_us)
{
    *f = (struct fixture){.n_got = 0};
    struct diag d = {{0}};
    assert_int_equal(loop_new(&f->loop), ERR_OK);
    assert_int_equal(loop_timer_new(f->loop, on_turn, f, &f->turn), ERR_OK);
    struct small_server_config cfg = {.listen = "127.0.0.1:0",
                                      .loop = f->loop,
                                      .max_connections = max,
                                      .lifetime_us = lifetime_us,
                                      .fn = fn};
    assert_int_equal(small_server_start(&cfg, &f->server, &d), ERR_OK);
}

static void end(struct fixture *f)
{
    small_server_stop(f->server);
    loop_timer_free(f->turn);
    loop_free(f->loop);
}

/* Lets the server do what it can. */
static void turn(struct fixture *f)
{
    assert_int_equal(loop_timer_in(f->turn, 2000), ERR_OK);
    assert_int_equal(loop_run(f->loop), ERR_OK);
}

static int dial(const struct fixture *f)
{
    long port = strtol(strrchr(small_server_url(f->server), ':') + 1, NULL, 10);
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static void say(int fd, const char *text, size_t len)
{
    assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), len);
}

/* Reads until `want` bytes have come or the connection ended; true if it did.
 */
static bool hear(struct fixture *f, int fd, size_t want)
{
    int64_t until = clock_mono_us() + WATCHDOG;
    f->n_got = 0;
    while (f->n_got < want) {
        assert_true(clock_mono_us() < until);
        turn(f);
        ssize_t n =
            recv(fd, f->got + f->n_got, sizeof(f->got) - 1 - f->n_got, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN)) {
            return true;
        }
        f->n_got += n > 0 ? (size_t)n : 0;
        f->got[f->n_got] = '\0';
    }
    return false;
}

static void what_is_sent_comes_back_and_the_connection_stays(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "ABCD / HTTP/1.1\n\r", "GET cache_object://localhost/ HTTP/1.0\n\r",
        "x", "\r\n\r\n"};
    struct fixture f;
    begin(&f, tcp_echo, 10, 60 * US_PER_S);
    int fd = dial(&f);
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        say(fd, lines[i], strlen(lines[i]));
        assert_false(hear(&f, fd, strlen(lines[i])));
        assert_string_equal(f.got, lines[i]);
    }
    /* half an end: what was sent before still comes back, then it ends */
    say(fd, "last", 4);
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    assert_true(hear(&f, fd, 5));
    assert_string_equal(f.got, "last");
    close(fd);
    end(&f);
}

static void no_more_than_so_many_bytes_are_taken(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, tcp_echo, 10, 60 * US_PER_S);
    int fd = dial(&f);
    static char many[SMALL_SERVER_IN_MAX + 1000];
    memset(many, 'A', sizeof(many));
    say(fd, many, sizeof(many));
    assert_true(hear(&f, fd, sizeof(many)));
    assert_int_equal(f.n_got, SMALL_SERVER_IN_MAX);
    close(fd);
    end(&f);
}

static void a_connection_ends_when_its_time_is_up(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, tcp_echo, 10, 1000);
    int fd = dial(&f);
    assert_true(hear(&f, fd, 1));
    assert_int_equal(f.n_got, 0);
    close(fd);
    end(&f);
}

static void so_many_connections_and_so_many_of_one_address(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, tcp_echo, 3, 60 * US_PER_S);
    int fd[SMALL_SERVER_PER_SOURCE + 1];
    for (int i = 0; i < 3; i++) {
        fd[i] = dial(&f);
        say(fd[i], "x", 1);
        assert_false(hear(&f, fd[i], 1));
    }
    fd[3] = dial(&f);
    assert_true(hear(&f, fd[3], 1)); /* closed at once */
    close(fd[0]);
    turn(&f);
    turn(&f);
    close(fd[3]);
    fd[3] = dial(&f); /* there is room again */
    say(fd[3], "y", 1);
    assert_false(hear(&f, fd[3], 1));
    for (int i = 1; i < 4; i++) {
        close(fd[i]);
    }
    end(&f);
    begin(&f, tcp_echo, 100, 60 * US_PER_S);
    for (int i = 0; i < SMALL_SERVER_PER_SOURCE; i++) {
        fd[i] = dial(&f);
        say(fd[i], "x", 1);
        assert_false(hear(&f, fd[i], 1));
    }
    fd[SMALL_SERVER_PER_SOURCE] = dial(&f);
    assert_true(hear(&f, fd[SMALL_SERVER_PER_SOURCE], 1));
    for (int i = 0; i <= SMALL_SERVER_PER_SOURCE; i++) {
        close(fd[i]);
    }
    end(&f);
}

static void the_head_of_a_request_comes_back(void **state)
{
    (void)state;
    static const char *const parts[] = {"GeT / HTTP/1.1\r\naCCePT: text/html\r",
                                        "\nhOsT: AbCdEf.com\r\n\r", "\n"};
    struct fixture f;
    begin(&f, json_headers, 10, 60 * US_PER_S);
    int fd = dial(&f);
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        say(fd, parts[i], strlen(parts[i]));
        turn(&f);
    }
    assert_true(hear(&f, fd, sizeof(f.got) - 1)); /* to the end */
    assert_int_equal(strncmp(f.got, "HTTP/1.1 200 OK\r\n", 17), 0);
    const char *body = strstr(f.got, "\r\n\r\n");
    assert_non_null(body);
    assert_string_equal(
        body + 4, "{\"request_line\":\"GeT / HTTP/1.1\",\"request_headers\":"
                  "[[\"aCCePT\",\"text/html\"],[\"hOsT\",\"AbCdEf.com\"]],"
                  "\"headers_dict\":{\"aCCePT\":[\"text/html\"],\"hOsT\":"
                  "[\"AbCdEf.com\"]}}");
    close(fd);
    end(&f);
}

/* The JSON that comes of a head, in `out`; "" before the head is whole. */
static void mirror(const char *head, char *out, size_t size)
{
    struct buf in, answer;
    buf_init(&in, SMALL_SERVER_IN_MAX);
    buf_init(&answer, SMALL_SERVER_OUT_MAX);
    assert_int_equal(buf_add_c(&in, head), ERR_OK);
    bool whole = json_headers(&in, &answer);
    assert_int_equal(buf_add_byte(&answer, 0), ERR_OK);
    const char *body = strstr((const char *)answer.p, "\r\n\r\n");
    assert_true(whole == !!body);
    str_copy(out, size, whole ? body + 4 : "");
    buf_fini(&in);
    buf_fini(&answer);
}

static void heads_of_all_kinds(void **state)
{
    (void)state;

    static const struct {
        const char *head, *want;
    } rows[] = {
        {"", ""},
        {"GET / HTTP/1.1\r\n", ""},
        {"GET / HTTP/1.1\r\nA: b\r\n", ""},
        {"X\n\n", "{\"request_line\":\"X\",\"request_headers\":[],"
                  "\"headers_dict\":{}}"},
        {"\r\n", "{\"request_line\":\"\",\"request_headers\":[],"
                 "\"headers_dict\":{}}"},
        {"X\r\nA:1\r\na: 2 \r\nA:\t3\r\nno colon\r\n:\r\n\r\nbody: 1\r\n\r\n",
         "{\"request_line\":\"X\",\"request_headers\":[[\"A\",\"1\"],[\"a\","
         "\"2\"],[\"A\",\"3\"],[\"\",\"\"]],\"headers_dict\":{\"A\":[\"1\","
         "\"3\"],\"a\":[\"2\"],\"\":[\"\"]}}"},
        {"X\nA\xff: \"\\\n\n",
         "{\"request_line\":\"X\",\"request_headers\":[[\"A\xc3\xbf\","
         "\"\\\"\\\\\"]],\"headers_dict\":{\"A\xc3\xbf\":[\"\\\"\\\\\"]}}"},
    };

    char got[1000];
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        mirror(rows[i].head, got, sizeof(got));
        assert_string_equal(got, rows[i].want);
    }
    struct buf many;
    buf_init(&many, SMALL_SERVER_IN_MAX);
    buf_add_c(&many, "X\n");
    for (int i = 0; i < 101; i++) {
        buf_add_c(&many, "a: b\n");
    }
    buf_add_c(&many, "\n");
    buf_add_byte(&many, 0);
    assert_int_equal(many.failed, ERR_OK);
    mirror((const char *)many.p, got, sizeof(got));
    assert_string_equal(got, "");
    buf_fini(&many);
}

static void an_address_in_use_is_an_error(void **state)
{
    (void)state;
    struct fixture f;
    struct diag d = {{0}};
    begin(&f, tcp_echo, 1, US_PER_S);
    struct small_server *other = NULL;
    struct small_server_config cfg = {.listen = small_server_url(f.server) +
                                                strlen("http://"),
                                      .loop = f.loop,
                                      .max_connections = 1,
                                      .lifetime_us = US_PER_S,
                                      .fn = tcp_echo};
    assert_int_equal(small_server_start(&cfg, &other, &d), ERR_BUSY);
    cfg.listen = "somewhere";
    assert_int_equal(small_server_start(&cfg, &other, &d), ERR_INVAL);
    assert_null(other);
    small_server_stop(NULL);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sent_comes_back_and_the_connection_stays),
        cmocka_unit_test(no_more_than_so_many_bytes_are_taken),
        cmocka_unit_test(a_connection_ends_when_its_time_is_up),
        cmocka_unit_test(so_many_connections_and_so_many_of_one_address),
        cmocka_unit_test(the_head_of_a_request_comes_back),
        cmocka_unit_test(heads_of_all_kinds),
        cmocka_unit_test(an_address_in_use_is_an_error),
    };
    log_setup("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
