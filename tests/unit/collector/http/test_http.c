// SPDX-License-Identifier: Apache-2.0
/* The HTTP server over a real socket: raw request in, status out, with its
 * limits; once on threads and once on a loop. */
#include "collector/http/http_server.h"

#include "base/clock.h"
#include "base/log.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define MAX_BODY    1000
#define WATCHDOG_MS 20000

/* ---- a handler --------------------------------------------------------------
 */

static void *answer_later(void *arg)
{
    struct http_req *req = arg;
    usleep(20000);
    buf_printf(&req->reply.body, "{\"later\":%zu}", req->body.len);
    http_answer(req, 200);
    return NULL;
}

static void handle(void *arg, struct http_req *req)
{
    (void)arg;
    if (strcmp(req->path, "/later") == 0) {
        pthread_t t;
        http_defer(req);
        assert_int_equal(pthread_create(&t, NULL, answer_later, req), 0);
        pthread_detach(t);
        return;
    }
    const char *q = http_query(req, "q"), *h = http_header(req, "x-test");
    buf_printf(&req->reply.body, "%s %s %s %s %s %zu", req->method, req->path,
               req->peer, q ? q : "-", h ? h : "-", req->body.len);
    http_reply_field(req, "X-Answer", "yes");
    http_answer(req, 200);
}

static struct http_config config(void)
{
    return (struct http_config){.listen = "127.0.0.1:0",
                                .threads = 2,
                                .max_body = MAX_BODY,
                                .max_body_total = 100 * MAX_BODY,
                                .max_connections = 64,
                                .idle_s = 60,
                                .request_s = 60,
                                .fn = handle};
}

static struct http_config impatient(void)
{
    struct http_config cfg = config();
    cfg.idle_s = 1;
    cfg.request_s = 2;
    return cfg;
}

/* ---- a client of bytes ------------------------------------------------------
 */

static int dial(const char *url)
{
    long port = strtol(strrchr(url, ':') + 1, NULL, 10);
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    return fd;
}

/* Reads what comes, until the end or `until` is seen. */
static void receive(int fd, char *out, size_t size, const char *until)
{
    size_t n = 0;
    out[0] = '\0';
    while (n < size - 1 && !(until && strstr(out, until))) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, WATCHDOG_MS) <= 0) {
            break;
        }
        ssize_t got = recv(fd, out + n, size - 1 - n, 0);
        if (got <= 0) {
            break;
        }
        n += (size_t)got;
        out[n] = '\0';
    }
}

static void ask(const char *url, struct str request, char *out, size_t size)
{
    int fd = dial(url);
    assert_int_equal(send(fd, request.p, request.len, MSG_NOSIGNAL),
                     (ssize_t)request.len);
    receive(fd, out, size, "}");
    close(fd);
}

/* ---- raw requests -----------------------------------------------------------
 */

struct row {
    const char *name;
    const char *request;
    const char *want; /* beginning of the answer; "" means closed */
    const char *body; /* part of it, or NULL */
};

#define HOST "Host: x\r\n"

static const struct row table[] = {
    {"get",
     "GET /a%20b?q=1 HTTP/1.1\r\n" HOST "X-Test: t\r\n"
     "Connection: close\r\n\r\n",
     "HTTP/1.1 200 ", "GET /a b 127.0.0.1 1 t 0"},
    {"a NUL in the path and the query",
     "GET /a%20b%00c?q=1%002 HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n",
     "HTTP/1.1 200 ", "GET /a%20b%00c 127.0.0.1 1%002 - 0"},
    {"post",
     "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n"
     "Connection: close\r\n\r\nabc",
     "HTTP/1.1 200 ", "POST / 127.0.0.1 - - 3"},
    {"chunked",
     "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
     "Connection: close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
     "HTTP/1.1 200 ", " 5"},
    {"deferred",
     "POST /later HTTP/1.1\r\n" HOST "Content-Length: 2\r\n"
     "Connection: close\r\n\r\nab",
     "HTTP/1.1 200 ", "{\"later\":2}"},
    {"two lengths",
     "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n"
     "Content-Length: 4\r\n\r\nabcd",
     "HTTP/1.1 400 ", "Ambiguous"},
    {"two equal lengths",
     "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n"
     "Content-Length: 3\r\n\r\nabc",
     "HTTP/1.1 400 ", "Ambiguous"},
    {"length and chunked",
     "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n"
     "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     "HTTP/1.1 400 ", NULL},
    {"length with a sign",
     "POST / HTTP/1.1\r\n" HOST "Content-Length: +3\r\n\r\nabc",
     "HTTP/1.1 400 ", NULL},
    {"length announced too large",
     "POST / HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n\r\n", "HTTP/1.1 413 ",
     "Content Too Large"},
    {"name with a space behind it",
     "POST / HTTP/1.1\r\n" HOST "Content-Length : 3\r\n\r\nabc",
     "HTTP/1.1 400 ", "Malformed"},
    {"encoding with a space behind it",
     "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n\r\n"
     "0\r\n\r\n",
     "HTTP/1.1 400 ", "Malformed"},
    {"length with a tab behind it",
     "POST / HTTP/1.1\r\n" HOST "Content-Length\t: 3\r\n\r\nabc",
     "HTTP/1.1 400 ", "Malformed"},
    {"length by another name",
     "POST / HTTP/1.1\r\n" HOST "Content_Length: 5\r\n\r\nabcde",
     "HTTP/1.1 400 ", "Malformed"},
    {"encoding by another name",
     "POST / HTTP/1.1\r\n" HOST "TRANSFER_ENCODING: chunked\r\n\r\n"
     "0\r\n\r\n",
     "HTTP/1.1 400 ", "Malformed"},
    {"folded length",
     "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n 3\r\n\r\nabc",
     "HTTP/1.1 400 ", "Malformed"},
    {"length that goes on",
     "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\t0\r\nX: y\r\n\r\nabc",
     "HTTP/1.1 400 ", "Malformed"},
    {"folded encoding",
     "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n chunked\r\n\r\n"
     "0\r\n\r\n",
     "HTTP/1.1 400 ", "Malformed"},
    {"folded before the first field",
     "POST / HTTP/1.1\r\n Content-Length: 3\r\n" HOST "\r\n", "HTTP/1.1 400 ",
     "Malformed"},
    {"a lone CR in a value",
     "POST / HTTP/1.1\r\nHost: a\rContent-Length: 3\r\n\r\nabc",
     "HTTP/1.1 400 ", "Malformed"},
    {"other fields as they may be",
     "GET /ok HTTP/1.1\r\nHost:x\r\nX-Test: \t a b\tc \xc3\xa9\r\nY_z:\r\n"
     "Connection: close\r\n\r\n",
     "HTTP/1.1 200 ", "GET /ok"},
    {"an empty line before the request",
     "\r\nGET /ok HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n",
     "HTTP/1.1 200 ", "GET /ok"},
    {"length of two",
     "POST / HTTP/1.1\r\n" HOST "Content-Length: 3, 3\r\n\r\nabc",
     "HTTP/1.1 400 ", "Bad Request"},
    {"length of nothing", "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n",
     "HTTP/1.1 400 ", NULL},
    {"length beyond all numbers",
     "POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551621\r\n\r\n",
     "HTTP/1.1 413 ", "Content Too Large"},
    {"no host", "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 ", "Bad Request"},
    {"no host behind another request",
     "GET /ok HTTP/1.1\r\n" HOST "\r\nGET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 ",
     "GET /ok"},
    {"two hosts", "GET / HTTP/1.1\r\n" HOST "Host: y\r\n\r\n", "HTTP/1.1 400 ",
     "Host"},
    {"an encoding that nobody knows",
     "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\nabc",
     "HTTP/1.1 501 ", "Transfer-Encoding"},
    {"no encoding",
     "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\nabc",
     "HTTP/1.1 501 ", NULL},
    {"an encoding in a chunked one",
     "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n"
     "0\r\n\r\n",
     "HTTP/1.1 501 ", NULL},
    {"chunked before there was such a thing",
     "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     "HTTP/1.", "Ambiguous"},
    {"CHUNKED",
     "POST / HTTP/1.1\r\n" HOST
     "Transfer-Encoding: Chunked\r\nConnection: close\r\n\r\n"
     "3\r\nabc\r\n0\r\n\r\n",
     "HTTP/1.1 200 ", " 3"},
    {"no HTTP at all", "\x16\x03\x01\x02\r\n\r\n", "", NULL},
};

static void raw_requests_get_their_status(void **state)
{
    (void)state;
    struct http_config cfg = config();
    struct http_server *s = NULL;
    struct diag d = {{0}};
    assert_int_equal(http_server_start(&cfg, &s, &d), ERR_OK);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char got[4096];
        ask(http_server_url(s), str_c(table[i].request), got, sizeof(got));
        size_t n = strlen(table[i].want);
        if (strncmp(got, table[i].want, n) != 0 ||
            (n == 0 && strncmp(got, "HTTP/1.1 2", 10) == 0) ||
            (table[i].body && !strstr(got, table[i].body))) {
            fail_msg("%s: %s", table[i].name, got);
        }
    }
    http_server_stop(s);
}

static unsigned heads_in(const char *text)
{
    unsigned n = 0;
    for (const char *p = strstr(text, "HTTP/1."); p;
         p = strstr(p + 1, "HTTP/1.")) {
        n++;
    }
    return n;
}

/* Also where libmicrohttpd itself refuses: in one piece, in two, and behind
 * another request on the same connection. */
static void a_refusal_has_one_head_and_ends_the_connection(void **state)
{
    (void)state;
    static const char *const heads[] = {
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST
        "Content-Length: 99999999999999999999\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n",
    };
    struct http_config cfg = config();
    struct http_server *s = NULL;
    assert_int_equal(http_server_start(&cfg, &s, NULL), ERR_OK);
    for (size_t i = 0; i < 3 * sizeof(heads) / sizeof(heads[0]); i++) {
        static const char before[] = "GET /ok HTTP/1.1\r\n" HOST "\r\n";
        const char *head = heads[i / 3];
        size_t len = strlen(head), first = i % 3 == 1 ? 10 : 0;
        int other = dial(http_server_url(s)), fd = dial(http_server_url(s));
        char got[4096];
        if (i % 3 == 2) {
            assert_int_equal(send(fd, before, sizeof(before) - 1, MSG_NOSIGNAL),
                             sizeof(before) - 1);
            receive(fd, got, sizeof(got), "/ok");
        }
        assert_int_equal(send(fd, head, first, MSG_NOSIGNAL), first);
        assert_int_equal(send(fd, head + first, len - first, MSG_NOSIGNAL),
                         len - first);
        char rest[4096];
        receive(fd, rest, sizeof(rest), NULL);
        const char *at = strstr(rest, "HTTP/1.1 ");
        if (heads_in(rest) != 1 || !strstr(at, "{\"detail\"")) {
            fail_msg("%zu: %s", i, rest);
        }
        close(fd);
        close(other);
    }
    http_server_stop(s);
}

static void large_header_blocks_are_refused(void **state)
{
    (void)state;
    struct http_config cfg = config();
    struct http_server *s = NULL;
    assert_int_equal(http_server_start(&cfg, &s, NULL), ERR_OK);
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_add_c(&b, "GET / HTTP/1.1\r\n" HOST "X-Big: ");
    for (int i = 0; i < 60000; i++) {
        buf_add_byte(&b, 'a');
    }
    buf_add_c(&b, "\r\n\r\n");
    char got[4096];
    ask(http_server_url(s), buf_str(&b), got, sizeof(got));
    assert_true(strncmp(got, "HTTP/1.1 4", 10) == 0 || got[0] == '\0');
    buf_clear(&b);
    buf_add_c(&b, "GET / HTTP/1.1\r\n" HOST);
    for (int i = 0; i < 150; i++) {
        buf_printf(&b, "X-%d: a\r\n", i);
    }
    buf_add_c(&b, "\r\n");
    ask(http_server_url(s), buf_str(&b), got, sizeof(got));
    assert_int_equal(strncmp(got, "HTTP/1.1 431 ", 13), 0);
    buf_fini(&b);
    http_server_stop(s);
}

static void a_chunked_body_too_large_is_cut_off(void **state)
{
    (void)state;
    struct http_config cfg = config();
    struct http_server *s = NULL;
    assert_int_equal(http_server_start(&cfg, &s, NULL), ERR_OK);
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_add_c(&b,
              "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 15; i++) {
        buf_add_c(&b, "64\r\n");
        for (int k = 0; k < 100; k++) {
            buf_add_byte(&b, 'x');
        }
        buf_add_c(&b, "\r\n");
    }
    buf_add_c(&b, "0\r\n\r\n");
    char got[4096];
    ask(http_server_url(s), buf_str(&b), got, sizeof(got));
    assert_int_equal(strncmp(got, "HTTP/1.1 413 ", 13), 0);
    buf_fini(&b);
    http_server_stop(s);
}

static void silent_and_dripping_connections_are_closed(void **state)
{
    (void)state;
    struct http_config cfg = impatient();
    struct http_server *s = NULL;
    assert_int_equal(http_server_start(&cfg, &s, NULL), ERR_OK);
    char got[512];
    int silent = dial(http_server_url(s)), drip = dial(http_server_url(s));
    static const char head[] =
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 900\r\n\r\n";
    assert_int_equal(send(drip, head, sizeof(head) - 1, MSG_NOSIGNAL),
                     sizeof(head) - 1);
    int64_t start = clock_mono_us();
    ssize_t sent = 1;
    while (sent == 1 && clock_mono_us() - start < 20 * US_PER_S) {
        sent = send(drip, "x", 1, MSG_NOSIGNAL);
        usleep(200000);
    }
    assert_true(sent < 0); /* closed although it never paused */
    receive(silent, got, sizeof(got), NULL);
    assert_string_equal(got, "");
    close(silent);
    close(drip);
    http_server_stop(s);
}

/* A NUL cuts what comes behind it out of what libmicrohttpd shows. */
static void a_nul_in_the_head_ends_the_connection(void **state)
{
    (void)state;
    static const char end[] = "\r\n\r\n";
    const struct str heads[] = {
        STR("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\0\r\nX: y"),
        STR("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\0"
            "0"),
        STR("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\0"),
        STR("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\0\0\0\0X: y"),
        STR("POST / HTTP/1.1\r\nHost: x\0\r\nContent-Length: 3"),
        STR("POST / HTTP/1.1\r\n" HOST "Content-Length\0: 3"),
        STR("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\0"),
    };
    struct http_config cfg = config();
    struct http_server *s = NULL;
    assert_int_equal(http_server_start(&cfg, &s, NULL), ERR_OK);
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        char got[4096];
        struct buf b;
        buf_init(&b, 4096);
        buf_add(&b, heads[i].p, heads[i].len);
        buf_add(&b, end, sizeof(end) - 1);
        buf_add(&b, "abc", 3);
        ask(http_server_url(s), buf_str(&b), got, sizeof(got));
        if (strncmp(got, "HTTP/1.1 400 ", 13) != 0) {
            fail_msg("%zu: %s", i, got);
        }
        buf_fini(&b);
    }
    http_server_stop(s);
}

/* A head that comes a piece at a time, and larger than the first buffer. */
static void a_long_head_in_pieces_is_read(void **state)
{
    (void)state;
    struct http_config cfg = config();
    struct http_server *s = NULL;
    assert_int_equal(http_server_start(&cfg, &s, NULL), ERR_OK);
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_add_c(&b, "GET /long HTTP/1.1\r\n" HOST);
    for (int i = 0; i < 20; i++) {
        buf_printf(&b, "X-%d: ", i);
        for (int k = 0; k < 1000; k++) {
            buf_add_byte(&b, 'a');
        }
        buf_add_c(&b, "\r\n");
    }
    buf_add_c(&b, "Connection: close\r\n\r\n");
    assert_false(b.failed);
    int fd = dial(http_server_url(s));
    char got[4096];
    for (size_t at = 0; at < b.len; at += 700) {
        size_t n = b.len - at < 700 ? b.len - at : 700;
        assert_int_equal(send(fd, b.p + at, n, MSG_NOSIGNAL), (ssize_t)n);
        usleep(1000);
    }
    receive(fd, got, sizeof(got), NULL);
    assert_int_equal(strncmp(got, "HTTP/1.1 200 ", 13), 0);
    close(fd);
    buf_fini(&b);
    http_server_stop(s);
}

/* A byte now and then is not silence: the head as a whole has its time. */
static void a_dripping_head_is_cut_off(void **state)
{
    (void)state;
    struct http_config cfg = impatient();
    struct http_server *s = NULL;
    assert_int_equal(http_server_start(&cfg, &s, NULL), ERR_OK);
    int fd = dial(http_server_url(s));
    static const char head[] = "GET / HTTP/1.1\r\n" HOST "X: ";
    assert_int_equal(send(fd, head, sizeof(head) - 1, MSG_NOSIGNAL),
                     sizeof(head) - 1);
    int64_t start = clock_mono_us();
    ssize_t sent = 1;
    while (sent == 1 && clock_mono_us() - start < 20 * US_PER_S) {
        sent = send(fd, "x", 1, MSG_NOSIGNAL);
        usleep(200000);
    }
    assert_true(sent < 0);
    close(fd);
    http_server_stop(s);
}

/* Three times as many connections as there may be, each with half a head: a
 * whole request is answered at once. */
static void the_slow_make_room(void **state)
{
    (void)state;

    enum {
        MANY = 192
    };
    struct http_config cfg = config();
    struct http_server *s = NULL;
    cfg.idle_s = cfg.request_s = 300;
    assert_int_equal(http_server_start(&cfg, &s, NULL), ERR_OK);
    int fd[MANY];
    for (size_t i = 0; i < MANY; i++) {
        fd[i] = dial(http_server_url(s));
        assert_int_equal(send(fd[i], "GET / ", 6, MSG_NOSIGNAL), 6);
    }
    char got[4096];
    ask(http_server_url(s),
        STR("GET /good HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"), got,
        sizeof(got));
    assert_int_equal(strncmp(got, "HTTP/1.1 200 ", 13), 0);
    for (size_t i = 0; i < MANY; i++) {
        close(fd[i]);
    }
    http_server_stop(s);
}

/* All room for bodies is held by some that do not end; a small one is taken. */
static void the_large_make_room_for_the_small(void **state)
{
    (void)state;

    enum {
        MANY = 8
    };
    struct http_config cfg = config();
    struct http_server *s = NULL;
    cfg.idle_s = cfg.request_s = 300;
    cfg.max_body_total = 4 * MAX_BODY;
    assert_int_equal(http_server_start(&cfg, &s, NULL), ERR_OK);
    static const char head[] =
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\n";
    char part[MAX_BODY] = {0}, got[4096];
    int fd[MANY];
    for (size_t i = 0; i < MANY; i++) {
        fd[i] = dial(http_server_url(s));
        assert_int_equal(send(fd[i], head, sizeof(head) - 1, MSG_NOSIGNAL),
                         sizeof(head) - 1);
        assert_int_equal(send(fd[i], part, 990, MSG_NOSIGNAL), 990);
    }
    for (int i = 0; i < 20; i++) {
        ask(http_server_url(s),
            STR("POST /small HTTP/1.1\r\n" HOST "Content-Length: 20\r\n"
                "Connection: close\r\n\r\n01234567890123456789"),
            got, sizeof(got));
        assert_int_equal(strncmp(got, "HTTP/1.1 200 ", 13), 0);
    }
    for (size_t i = 0; i < MANY; i++) {
        close(fd[i]);
    }
    http_server_stop(s);
}

static void listening_fails_in_words(void **state)
{
    (void)state;
    struct http_config cfg = config();
    struct http_server *s = NULL, *second = NULL;
    struct diag d = {{0}};
    assert_int_equal(http_server_start(&cfg, &s, &d), ERR_OK);
    char where[64];
    snprintf(where, sizeof(where), "%s", http_server_url(s) + 7);
    cfg.listen = where;
    assert_int_equal(http_server_start(&cfg, &second, &d), ERR_BUSY);
    assert_non_null(strstr(d.text, where));
    static const char *const bad[] = {"8080", "localhost:80", "127.0.0.1:x",
                                      "127.0.0.1:70000", ""};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cfg.listen = bad[i];
        assert_int_equal(http_server_start(&cfg, &second, &d), ERR_INVAL);
    }
    http_server_stop(s);
}

/* What was being received is still taken; then nothing more, be the connection
 * old or new. */
static void quiesced_it_ends_what_it_has_and_refuses_more(void **state)
{
    (void)state;
    struct http_config cfg = config();
    struct http_server *s = NULL;
    assert_int_equal(http_server_start(&cfg, &s, NULL), ERR_OK);
    static const char head[] =
        "POST /last HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\n";
    static const char more[] = "GET /more HTTP/1.1\r\n" HOST "\r\n";
    char got[4096];
    int fd = dial(http_server_url(s));
    assert_int_equal(send(fd, head, sizeof(head) - 1, MSG_NOSIGNAL),
                     sizeof(head) - 1);
    for (int i = 0; i < 10000 && http_server_busy(s) == 0; i++) {
        usleep(1000);
    }
    assert_int_equal(http_server_busy(s), 1);
    http_server_quiesce(s);
    assert_int_equal(send(fd, "abc", 3, MSG_NOSIGNAL), 3);
    receive(fd, got, sizeof(got), "/last");
    assert_int_equal(strncmp(got, "HTTP/1.1 200 ", 13), 0);
    assert_int_equal(send(fd, more, sizeof(more) - 1, MSG_NOSIGNAL),
                     sizeof(more) - 1);
    receive(fd, got, sizeof(got), NULL);
    assert_int_equal(strncmp(got, "HTTP/1.1 503 ", 13), 0);
    assert_non_null(strstr(got, "Retry-After: 10"));
    close(fd);
    ask(http_server_url(s), str_c(more), got, sizeof(got));
    assert_int_equal(strncmp(got, "HTTP/1.1 503 ", 13), 0);
    http_server_stop(s);
}

/* ---- on a loop --------------------------------------------------------------
 */

struct looped {
    struct loop *loop;
    struct loop_timer *later, *look;
    atomic_bool done; /* the client */
    struct http_req *waiting;
    const char *url;
    char got[3][1024];
};

static void loop_answer(void *arg)
{
    struct looped *l = arg;
    buf_add_c(&l->waiting->reply.body, "{\"looped\":1}");
    http_answer(l->waiting, 200);
}

static void loop_handle(void *arg, struct http_req *req)
{
    struct looped *l = arg;
    if (strcmp(req->path, "/later") == 0) {
        http_defer(req);
        l->waiting = req;
        assert_int_equal(loop_timer_in(l->later, 10000), ERR_OK);
        return;
    }
    handle(NULL, req);
}

static void loop_look(void *arg)
{
    struct looped *l = arg;
    if (atomic_load(&l->done)) {
        loop_stop(l->loop);
    } else {
        assert_int_equal(loop_timer_in(l->look, 10 * US_PER_MS), ERR_OK);
    }
}

static void *loop_client(void *arg)
{
    struct looped *l = arg;
    ask(l->url, STR("GET /x HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"),
        l->got[0], sizeof(l->got[0]));
    ask(l->url, STR("GET /later HTTP/1.1\r\n" HOST "\r\n"), l->got[1],
        sizeof(l->got[1]));
    int fd = dial(l->url); /* two on one connection */
    static const char two[] = "GET /1 HTTP/1.1\r\n" HOST "\r\n"
                              "GET /2 HTTP/1.1\r\n" HOST "\r\n";
    /* what was not sent is missed in the answers */
    (void)!send(fd, two, sizeof(two) - 1, MSG_NOSIGNAL);
    receive(fd, l->got[2], sizeof(l->got[2]), "GET /2");
    close(fd);
    atomic_store(&l->done, true);
    return NULL;
}

static void a_loop_serves_without_threads(void **state)
{
    (void)state;
    struct looped l = {0};
    struct http_config cfg = config();
    struct http_server *s = NULL;
    assert_int_equal(loop_new(&l.loop), ERR_OK);
    assert_int_equal(loop_timer_new(l.loop, loop_answer, &l, &l.later), ERR_OK);
    assert_int_equal(loop_timer_new(l.loop, loop_look, &l, &l.look), ERR_OK);
    cfg.loop = l.loop;
    cfg.fn = loop_handle;
    cfg.arg = &l;
    assert_int_equal(http_server_start(&cfg, &s, NULL), ERR_OK);
    l.url = http_server_url(s);
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, loop_client, &l), 0);
    assert_int_equal(loop_timer_in(l.look, 0), ERR_OK);
    assert_int_equal(loop_run(l.loop), ERR_OK);
    assert_int_equal(pthread_join(t, NULL), 0);
    assert_non_null(strstr(l.got[0], "GET /x 127.0.0.1"));
    assert_non_null(strstr(l.got[1], "{\"looped\":1}"));
    assert_non_null(strstr(l.got[2], "GET /1 127.0.0.1"));
    assert_non_null(strstr(l.got[2], "GET /2 127.0.0.1"));
    http_server_stop(s);
    loop_timer_free(l.later);
    loop_timer_free(l.look);
    loop_free(l.loop);
}

/* The client has its answer while the thread that refused it is still busy with
 * that: stopped then, libmicrohttpd 0.9.75 would crash. */
static void it_stops_amid_requests_that_are_refused(void **state)
{
    (void)state;
    for (int i = 0; i < 300; i++) {
        struct http_config cfg = config();
        struct http_server *s = NULL;
        char got[4096];
        assert_int_equal(http_server_start(&cfg, &s, NULL), ERR_OK);
        ask(http_server_url(s), STR("GET / HTTP/1.1\r\n\r\n"), got,
            sizeof(got));
        http_server_stop(s);
        assert_non_null(strstr(got, "Bad Request"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_requests_get_their_status),
        cmocka_unit_test(a_refusal_has_one_head_and_ends_the_connection),
        cmocka_unit_test(large_header_blocks_are_refused),
        cmocka_unit_test(a_chunked_body_too_large_is_cut_off),
        cmocka_unit_test(silent_and_dripping_connections_are_closed),
        cmocka_unit_test(a_nul_in_the_head_ends_the_connection),
        cmocka_unit_test(a_long_head_in_pieces_is_read),
        cmocka_unit_test(a_dripping_head_is_cut_off),
        cmocka_unit_test(the_slow_make_room),
        cmocka_unit_test(the_large_make_room_for_the_small),
        cmocka_unit_test(listening_fails_in_words),
        cmocka_unit_test(quiesced_it_ends_what_it_has_and_refuses_more),
        cmocka_unit_test(it_stops_amid_requests_that_are_refused),
        cmocka_unit_test(a_loop_serves_without_threads),
    };
    log_setup("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
