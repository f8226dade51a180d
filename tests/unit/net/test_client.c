// SPDX-License-Identifier: Apache-2.0
/* The client against a loopback server of this file that misbehaves in every
 * way the modes below name. */
#include "base/clock.h"
#include "net/client.h"
#include "tests/unit/tmp.h"
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
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

#define SIZE_REQUEST 65536

enum mode {
    ECHO,         /* answers the method and the body */
    RESET,        /* reads, then RST */
    CLOSE,        /* reads, then FIN */
    SILENT,       /* reads, never answers */
    SHORT,        /* promises 100 bytes, sends 5, closes */
    BIG,          /* 100,000 bytes of body */
    MANY_HEADERS, /* 200 headers */
    LONG_HEADERS, /* 80 headers of 1,000 bytes */
    ENDLESS,      /* body without end */
    NOT_HTTP,     /* a line of nonsense */
    REDIRECT,
    HELLO_RESET, /* these read a ClientHello, not a request */
    HELLO_CLOSE,
    HELLO_SILENT,
    HELLO_ALERT,
};

struct server {
    int fd;
    uint16_t port;
    enum mode mode;
    SSL_CTX *tls;
    pthread_t thread;
    char request[SIZE_REQUEST]; /* the last one */
    size_t request_len;
    int connections;
};

struct fixture {
    struct loop *l;
    struct client *c;
    struct server s;
    bool have_server;
    char url[128];
    /* what the callback saw */
    int calls;
    char failure[256];
    bool failed;
    enum err internal;
    int status;
    char body[4096];
    size_t body_len;
    char ip[64];
    char header[128]; /* of x-test */
    size_t n_headers;
    struct client_call *other;
    struct client_call *watched; /* was it sent when it ended? */
    bool sent;
    bool free_client;
};

/* ---- what fails ---------------------------------------------------------- */

static int connect_errno; /* 0: the real one is called */

/* libcurl calls this one. */
int connect(int fd, const struct sockaddr *a, socklen_t len)
{
    static int (*real)(int, const struct sockaddr *, socklen_t);

    if (!real) {
        *(void **)&real = dlsym(RTLD_NEXT, "connect");
    }
    if (connect_errno) {
        errno = connect_errno;
        return -1;
    }
    return real(fd, a, len);
}

/* ---- the server ---------------------------------------------------------- */

static void rst(int fd)
{
    struct linger hard = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
}

static ssize_t get(SSL *ssl, int fd, void *p, size_t n)
{
    return ssl ? SSL_read(ssl, p, (int)n) : recv(fd, p, n, 0);
}

static bool put(SSL *ssl, int fd, const void *p, size_t n)
{
    ssize_t got =
        ssl ? SSL_write(ssl, p, (int)n) : send(fd, p, n, MSG_NOSIGNAL);
    return got == (ssize_t)n;
}

static bool put_c(SSL *ssl, int fd, const char *s)
{
    return put(ssl, fd, s, strlen(s));
}

/* Reads one request with its body; false when the peer is gone. */
static bool read_request(struct server *s, SSL *ssl, int fd)
{
    size_t n = 0, want = SIZE_MAX;
    while (n < want && n < sizeof(s->request) - 1) {
        ssize_t got = get(ssl, fd, s->request + n, sizeof(s->request) - 1 - n);
        if (got <= 0) {
            return false;
        }
        n += (size_t)got;
        s->request[n] = '\0';
        char *end = strstr(s->request, "\r\n\r\n");
        char *len = strstr(s->request, "Content-Length: ");
        if (end) {
            want = (size_t)(end - s->request) + 4;
            if (len && len < end) {
                want += strtoul(len + 16, NULL, 10);
            }
        }
    }
    s->request_len = n;
    return true;
}

static void answer(struct server *s, SSL *ssl, int fd)
{
    char text[1200];
    const char *body = strstr(s->request, "\r\n\r\n") + 4;
    size_t body_len = s->request_len - (size_t)(body - s->request);
    switch (s->mode) {
    case ECHO:
        snprintf(text, sizeof(text),
                 "HTTP/1.1 100 Continue\r\nX-Test: no\r\n\r\n"
                 "HTTP/1.1 200 OK\r\nX-Test:  Value here \r\n"
                 "Content-Length: %zu\r\n\r\n",
                 body_len);
        put_c(ssl, fd, text);
        put(ssl, fd, body, body_len);
        break;
    case REDIRECT:
        put_c(ssl, fd,
              "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
              "Content-Length: 0\r\n\r\n");
        break;
    case SHORT:
        put_c(ssl, fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
        break;
    case BIG:
        put_c(ssl, fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        memset(text, 'x', 1000);
        for (int i = 0; i < 100 && put(ssl, fd, text, 1000); i++) {
            ;
        }
        break;
    case ENDLESS:
        put_c(ssl, fd, "HTTP/1.1 200 OK\r\n\r\n");
        memset(text, 'x', 1000);
        while (put(ssl, fd, text, 1000)) {
            ;
        }
        break;
    case MANY_HEADERS:
    case LONG_HEADERS:
        put_c(ssl, fd, "HTTP/1.1 200 OK\r\n");
        for (int i = 0; i < (s->mode == MANY_HEADERS ? 200 : 80); i++) {
            snprintf(text, sizeof(text), "X-%d: %0*d\r\n", i,
                     s->mode == MANY_HEADERS ? 1 : 1000, i);
            if (!put_c(ssl, fd, text)) {
                return;
            }
        }
        put_c(ssl, fd, "Content-Length: 0\r\n\r\n");
        break;
    case NOT_HTTP:
        put_c(ssl, fd, "this is not HTTP at all\r\n");
        break;
    default:
        break;
    }
}

static void serve_one(struct server *s, int fd)
{
    SSL *ssl = NULL;
    char byte;
    s->connections++;
    if (s->mode >= HELLO_RESET) {
        if (recv(fd, s->request, sizeof(s->request), 0) > 0 &&
            s->mode == HELLO_RESET) {
            rst(fd);
        }
        if (s->mode == HELLO_ALERT) {
            put(NULL, fd, "\x15\3\3\0\2\2\x28", 7);
        }
        while (s->mode == HELLO_SILENT && recv(fd, &byte, 1, 0) > 0) {
            ;
        }
        goto out;
    }
    if (s->tls) {
        ssl = SSL_new(s->tls);
        if (!ssl || SSL_set_fd(ssl, fd) != 1 || SSL_accept(ssl) != 1) {
            goto out;
        }
    }
    while (read_request(s, ssl, fd)) {
        if (s->mode == RESET) {
            rst(fd);
        }
        answer(s, ssl, fd);
        while (s->mode == SILENT && recv(fd, &byte, 1, 0) > 0) {
            ;
        }
        if (s->mode != ECHO) {
            break;
        }
    }
out:
    SSL_free(ssl);
    close(fd);
}

static void *serve(void *arg)
{
    struct server *s = arg;
    int fd;
    while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
        serve_one(s, fd);
    }
    return NULL;
}

static void server_start(struct fixture *f, enum mode mode, SSL_CTX *tls)
{
    struct server *s = &f->s;
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);
    s->mode = mode;
    s->tls = tls;
    s->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(s->fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(s->fd, 16), 0);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&a, &len), 0);
    s->port = ntohs(a.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
    f->have_server = true;
    snprintf(f->url, sizeof(f->url), "%s://127.0.0.1:%u/path?q",
             tls ? "https" : "http", s->port);
}

/* ---- certificates -------------------------------------------------------- */

static SSL_CTX *tls_server(const char *name, long days, const char *file)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    char san[128];
    assert_non_null(key);
    assert_non_null(cert);
    snprintf(san, sizeof(san), "%s", name);
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 7);
    X509_gmtime_adj(X509_getm_notBefore(cert), -86400L * 10);
    X509_gmtime_adj(X509_getm_notAfter(cert), 86400L * days);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)"test", -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    X509_EXTENSION *ext =
        X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
    assert_non_null(ext);
    X509_add_ext(cert, ext, -1);
    X509_EXTENSION_free(ext);
    X509_sign(cert, key, EVP_sha256());
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    assert_non_null(ctx);
    SSL_CTX_use_certificate(ctx, cert);
    SSL_CTX_use_PrivateKey(ctx, key);
    if (file) {
        FILE *out = fopen(file, "w");
        assert_non_null(out);
        PEM_write_X509(out, cert);
        fclose(out);
    }
    X509_free(cert);
    EVP_PKEY_free(key);
    return ctx;
}

/* ---- the fixture --------------------------------------------------------- */

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    *state = f;
    unsetenv("SSL_CERT_FILE");
    if (!f || loop_new(&f->l) != ERR_OK) {
        return -1;
    }
    return client_new(f->l, "parallax-test", &f->c) == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    client_free(f->c);
    loop_free(f->l);
    if (f->have_server) {
        shutdown(f->s.fd, SHUT_RDWR);
        pthread_join(f->s.thread, NULL);
        close(f->s.fd);
        SSL_CTX_free(f->s.tls);
    }
    free(f);
    return 0;
}

static void done(void *arg, const struct client_response *res)
{
    struct fixture *f = arg;
    f->calls++;
    f->sent = f->watched && client_call_sent(f->watched);
    f->failed = res->failure;
    snprintf(f->failure, sizeof(f->failure), "%s",
             res->failure ? res->failure : "");
    f->internal = res->internal;
    f->status = res->status;
    f->body_len = res->body.len;
    if (res->body.len > 0 && res->body.len < sizeof(f->body)) {
        memcpy(f->body, res->body.p, res->body.len);
    }
    snprintf(f->ip, sizeof(f->ip), "%s", res->primary_ip);
    f->n_headers = res->n_headers;
    for (size_t i = 0; i < res->n_headers; i++) {
        if (strcmp(res->headers[i].name, "x-test") == 0) {
            snprintf(f->header, sizeof(f->header), "%s", res->headers[i].value);
        }
    }
    if (f->other) {
        client_cancel(f->other);
        f->other = NULL;
    }
    if (f->free_client) {
        client_free(f->c);
        f->c = NULL;
    }
}

static struct client_request request(struct fixture *f)
{
    return (struct client_request){.method = "GET",
                                   .url = f->url,
                                   .timeout_us = 60 * US_PER_S,
                                   .max_response = 65536};
}

static void run(struct fixture *f, const struct client_request *req)
{
    struct client_call *call;
    assert_int_equal(client_call(f->c, req, done, f, &call), ERR_OK);
    assert_int_equal(f->calls, 0); /* never from inside client_call */
    assert_int_equal(loop_run(f->l), ERR_OK);
    assert_int_equal(f->calls, 1);
}

static void run_get(struct fixture *f)
{
    struct client_request req = request(f);
    run(f, &req);
}

/* ---- the tests ----------------------------------------------------------- */

static void a_body_with_nuls_goes_there_and_back(void **state)
{
    struct fixture *f = *state;
    const struct client_header headers[] = {
        {"Content-Type", "application/json"}, {"X-Empty", ""}};
    server_start(f, ECHO, NULL);
    struct client_request req = request(f);
    req.method = "POST";
    req.body = (struct str){"a\0b\0\xff", 5};
    req.headers = headers;
    req.n_headers = 2;
    run(f, &req);
    assert_false(f->failed);
    assert_int_equal(f->status, 200);
    assert_int_equal(f->body_len, 5);
    assert_memory_equal(f->body, "a\0b\0\xff", 5);
    assert_string_equal(f->header, "Value here");
    assert_string_equal(f->ip, "127.0.0.1");
    assert_int_equal(f->n_headers, 2); /* those of the 100 are forgotten */
    const char *sent = f->s.request;
    assert_non_null(strstr(sent, "POST /path?q HTTP/1.1\r\n"));
    assert_non_null(strstr(sent, "User-Agent: parallax-test\r\n"));
    assert_non_null(strstr(sent, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(sent, "X-Empty:\r\n"));
    assert_null(strstr(sent, "Expect"));
    assert_null(strstr(sent, "Accept-Encoding"));
    uint64_t up, down;
    client_bytes(f->c, &up, &down);
    assert_true(up >= f->s.request_len);
    assert_true(down >= 5 + 60);
}

static void a_put_keeps_its_method_and_gets_no_content_type(void **state)
{
    struct fixture *f = *state;
    server_start(f, ECHO, NULL);
    struct client_request req = request(f);
    req.method = "PUT";
    req.body = STR("x");
    run(f, &req);
    assert_int_equal(f->status, 200);
    assert_non_null(strstr(f->s.request, "PUT /path?q HTTP/1.1\r\n"));
    assert_null(strstr(f->s.request, "Content-Type"));
}

static void a_call_may_go_without_a_name(void **state)
{
    static const struct client_header headers[] = {{"Accept", "a/b"},
                                                   {"Accept-Encoding", ""}};
    struct fixture *f = *state;
    server_start(f, ECHO, NULL);
    struct client_request req = request(f);
    req.nameless = true;
    req.headers = headers;
    req.n_headers = 2;
    run(f, &req);
    assert_int_equal(f->status, 200);
    assert_null(strstr(f->s.request, "User-Agent"));
    assert_non_null(
        strstr(f->s.request, "Accept: a/b\r\nAccept-Encoding:\r\n"));
}

static void an_empty_post_is_possible(void **state)
{
    struct fixture *f = *state;
    server_start(f, ECHO, NULL);
    struct client_request req = request(f);
    req.method = "POST";
    run(f, &req);
    assert_int_equal(f->status, 200);
    assert_int_equal(f->body_len, 0);
    assert_non_null(strstr(f->s.request, "Content-Length: 0\r\n"));
}

static void connections_are_kept_for_the_next_call(void **state)
{
    struct fixture *f = *state;
    server_start(f, ECHO, NULL);
    run_get(f);
    f->calls = 0;
    run_get(f);
    assert_int_equal(f->status, 200);
    assert_int_equal(f->s.connections, 1);
}

static void redirects_are_not_followed(void **state)
{
    struct fixture *f = *state;
    server_start(f, REDIRECT, NULL);
    run_get(f);
    assert_false(f->failed);
    assert_int_equal(f->status, 302);
}

static void proxies_of_the_environment_are_ignored(void **state)
{
    struct fixture *f = *state;
    server_start(f, ECHO, NULL);
    setenv("http_proxy", "http://127.0.0.1:1/", 1);
    run_get(f);
    unsetenv("http_proxy");
    assert_int_equal(f->status, 200);
}

static void a_reset_is_named(void **state)
{
    struct fixture *f = *state;
    server_start(f, RESET, NULL);
    run_get(f);
    assert_string_equal(f->failure, "connection_reset");
    assert_int_equal(f->internal, ERR_OK);
}

static void an_end_of_file_is_named(void **state)
{
    struct fixture *f = *state;
    server_start(f, CLOSE, NULL);
    run_get(f);
    assert_string_equal(f->failure, "eof_error");
}

static void a_short_body_is_an_end_of_file(void **state)
{
    struct fixture *f = *state;
    server_start(f, SHORT, NULL);
    run_get(f);
    assert_string_equal(f->failure, "eof_error");
}

static void silence_ends_at_the_deadline(void **state)
{
    struct fixture *f = *state;
    server_start(f, SILENT, NULL);
    struct client_request req = request(f);
    req.timeout_us = 200 * US_PER_MS;
    run(f, &req);
    assert_string_equal(f->failure, "generic_timeout_error");
}

static void a_refused_connection_is_named(void **state)
{
    struct fixture *f = *state;
    server_start(f, ECHO, NULL);
    snprintf(f->url, sizeof(f->url), "http://127.0.0.1:1/");
    run_get(f);
    assert_string_equal(f->failure, "connection_refused");
    assert_int_equal(f->status, 0);
}

static void nonsense_is_an_unknown_failure(void **state)
{
    struct fixture *f = *state;
    server_start(f, NOT_HTTP, NULL);
    run_get(f);
    assert_true(str_starts(str_c(f->failure), "unknown_failure: "));
}

static void a_body_over_the_limit_ends_the_call(void **state)
{
    struct fixture *f = *state;
    server_start(f, BIG, NULL);
    run_get(f);
    assert_string_equal(f->failure,
                        "unknown_failure: response body is too large");
    assert_int_equal(f->internal, ERR_OK);
}

static void a_body_without_end_is_ended(void **state)
{
    struct fixture *f = *state;
    server_start(f, ENDLESS, NULL);
    run_get(f);
    assert_string_equal(f->failure,
                        "unknown_failure: response body is too large");
}

static void too_many_headers_end_the_call(void **state)
{
    struct fixture *f = *state;
    server_start(f, MANY_HEADERS, NULL);
    run_get(f);
    assert_string_equal(f->failure,
                        "unknown_failure: response headers are too large");
}

static void too_long_headers_end_the_call(void **state)
{
    struct fixture *f = *state;
    server_start(f, LONG_HEADERS, NULL);
    run_get(f);
    assert_string_equal(f->failure,
                        "unknown_failure: response headers are too large");
}

static void the_next_address_is_tried_when_one_refuses(void **state)
{
    struct fixture *f = *state;
    static const char *const addrs[] = {"127.0.0.99", "::1", "127.0.0.1"};
    server_start(f, ECHO, NULL);
    struct client_request req = request(f);
    snprintf(f->url, sizeof(f->url), "http://site.example:%u/", f->s.port);
    req.addrs = addrs;
    req.n_addrs = 3;
    req.insecure_loopback = true;
    run(f, &req);
    assert_string_equal(f->failure, "");
    assert_string_equal(f->ip, "127.0.0.1");
    char host[64];
    snprintf(host, sizeof(host), "Host: site.example:%u\r\n", f->s.port);
    assert_non_null(strstr(f->s.request, host));
}

static void a_request_that_was_sent_is_not_sent_elsewhere(void **state)
{
    struct fixture *f = *state;
    static const char *const addrs[] = {"127.0.0.1", "127.0.0.1"};
    server_start(f, CLOSE, NULL);
    struct client_request req = request(f);
    req.method = "POST";
    req.body = STR("once");
    req.addrs = addrs;
    req.n_addrs = 2;
    run(f, &req);
    assert_string_equal(f->failure, "eof_error");
    assert_int_equal(f->s.connections, 1);
}

static void what_may_not_be_asked_is_refused_at_once(void **state)
{
    struct fixture *f = *state;
    static const char *const local[] = {"127.0.0.1"}, *const far[] = {
                                                          "9.9.9.9"};
    static const char *const name[] = {"localhost"};
    const struct client_header split = {"X", "a\r\nY: b"}, bad = {"X:", "y"};
    struct client_request req = {.method = "GET", .timeout_us = US_PER_S};
    struct client_call *call = NULL;

    static const struct {
        const char *url;
        const char *const *addrs;
        bool insecure;
        enum err want;
    } rows[] = {
        {"http://9.9.9.9/", NULL, false, ERR_ACCESS},
        {"http://9.9.9.9/", NULL, true, ERR_ACCESS},
        {"http://a.example/", local, false, ERR_ACCESS},
        {"http://a.example/", far, true, ERR_ACCESS},
        {"http://127.0.0.1/", far, true, ERR_ACCESS},
        {"https://a.example/", NULL, false, ERR_INVAL},
        {"https://a.example/", name, false, ERR_INVAL},
        {"https://u:p@a.example/", far, false, ERR_INVAL},
        {"ftp://a.example/", far, false, ERR_INVAL},
        {"https://", far, false, ERR_INVAL},
        {"nonsense", NULL, false, ERR_INVAL},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        req.url = rows[i].url;
        req.addrs = rows[i].addrs;
        req.n_addrs = rows[i].addrs ? 1 : 0;
        req.insecure_loopback = rows[i].insecure;
        enum err e = client_call(f->c, &req, done, f, &call);
        if (e != rows[i].want) {
            fail_msg("%s: %s", rows[i].url, err_str(e));
        }
    }
    req = (struct client_request){.method = "GET",
                                  .url = "http://127.0.0.1:1/",
                                  .headers = &split,
                                  .n_headers = 1};
    assert_int_equal(client_call(f->c, &req, done, f, &call), ERR_INVAL);
    req.headers = &bad;
    assert_int_equal(client_call(f->c, &req, done, f, &call), ERR_INVAL);
    req.n_headers = 0;
    req.method = "DELETE";
    assert_int_equal(client_call(f->c, &req, done, f, &call), ERR_INVAL);
    assert_null(call);
    assert_int_equal(f->calls, 0);
}

static void a_cancelled_call_makes_no_callback(void **state)
{
    struct fixture *f = *state;
    struct client_call *call;
    server_start(f, SILENT, NULL);
    struct client_request req = request(f);
    assert_int_equal(client_call(f->c, &req, done, f, &call), ERR_OK);
    client_cancel(call);
    assert_int_equal(loop_run(f->l), ERR_OK);
    assert_int_equal(f->calls, 0);
}

static void a_callback_may_cancel_another_call(void **state)
{
    struct fixture *f = *state;
    struct client_call *call;
    server_start(f, SILENT, NULL);
    struct client_request req = request(f), refused = request(f);
    refused.url = "http://127.0.0.1:1/";
    assert_int_equal(client_call(f->c, &req, done, f, &f->other), ERR_OK);
    assert_int_equal(client_call(f->c, &refused, done, f, &call), ERR_OK);
    assert_int_equal(loop_run(f->l), ERR_OK);
    assert_int_equal(f->calls, 1);
    assert_string_equal(f->failure, "connection_refused");
}

static void who_has_the_request_is_told_from_who_was_not_reached(void **state)
{
    struct fixture *f = *state;
    struct client_call *call;
    server_start(f, SHORT, NULL);
    struct client_request req = request(f), refused = request(f);
    refused.url = "http://127.0.0.1:1/";
    assert_int_equal(client_call(f->c, &req, done, f, &f->watched), ERR_OK);
    assert_false(client_call_sent(f->watched)); /* it has only begun */
    assert_int_equal(loop_run(f->l), ERR_OK);
    assert_true(f->sent);
    f->sent = false;
    assert_int_equal(client_call(f->c, &refused, done, f, &call), ERR_OK);
    f->watched = call;
    assert_int_equal(loop_run(f->l), ERR_OK);
    assert_int_equal(f->calls, 2);
    assert_false(f->sent);
}

static void a_callback_may_free_the_client(void **state)
{
    struct fixture *f = *state;
    struct client_call *call;
    server_start(f, ECHO, NULL);
    struct client_request req = request(f);
    f->free_client = true;
    assert_int_equal(client_call(f->c, &req, done, f, &call), ERR_OK);
    assert_int_equal(client_call(f->c, &req, done, f, &call), ERR_OK);
    assert_int_equal(loop_run(f->l), ERR_OK);
    assert_int_equal(f->calls, 1);
    assert_null(f->c);
}

static void want_of_descriptors_is_internal(void **state)
{
    struct fixture *f = *state;
    struct rlimit old, none;
    int fd = dup(0);
    server_start(f, ECHO, NULL);
    /* The lowest free descriptor becomes the first that may not be used. */
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    none = old;
    none.rlim_cur = (rlim_t)fd;
    close(fd);
    struct client_request req = request(f);
    struct client_call *call;
    assert_int_equal(client_call(f->c, &req, done, f, &call), ERR_OK);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    enum err e = loop_run(f->l);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_int_equal(e, ERR_OK);
    assert_int_equal(f->calls, 1);
    assert_true(f->failed);
    assert_int_equal(f->internal, ERR_FDLIMIT);
}

static void want_of_buffers_is_internal(void **state)
{
    struct fixture *f = *state;
    server_start(f, ECHO, NULL);
    connect_errno = ENOBUFS;
    run_get(f);
    connect_errno = 0;
    assert_int_equal(f->internal, ERR_NOMEM);
}

static void a_host_out_of_reach_is_named(void **state)
{
    struct fixture *f = *state;
    server_start(f, ECHO, NULL);
    connect_errno = EHOSTUNREACH;
    run_get(f);
    connect_errno = 0;
    assert_string_equal(f->failure, "host_unreachable");
    assert_int_equal(f->internal, ERR_OK);
}

static void certificates_are_verified(void **state)
{
    struct fixture *f = *state;
    server_start(f, ECHO, tls_server("IP:127.0.0.1", 10, NULL));
    run_get(f);
    assert_string_equal(f->failure, "ssl_unknown_authority");
    assert_int_equal(f->status, 0);
}

static void trusted(struct fixture *f, const char *name, long days)
{
    char file[64];
    tmp_path(file, sizeof(file), "parallax-ca-XXXXXX");
    int fd = mkstemp(file);
    assert_true(fd >= 0);
    close(fd);
    server_start(f, ECHO, tls_server(name, days, file));
    setenv("SSL_CERT_FILE", file, 1);
    client_free(f->c);
    assert_int_equal(client_new(f->l, "parallax-test", &f->c), ERR_OK);
    run_get(f);
    unlink(file);
}

static void a_trusted_certificate_is_accepted(void **state)
{
    struct fixture *f = *state;
    trusted(f, "IP:127.0.0.1", 10);
    assert_string_equal(f->failure, "");
    assert_int_equal(f->status, 200);
}

static void a_certificate_for_another_name_is_named(void **state)
{
    struct fixture *f = *state;
    trusted(f, "DNS:other.example", 10);
    assert_string_equal(f->failure, "ssl_invalid_hostname");
}

static void an_expired_certificate_is_named(void **state)
{
    struct fixture *f = *state;
    trusted(f, "IP:127.0.0.1", -1);
    assert_string_equal(f->failure, "ssl_invalid_certificate");
}

static void a_bundle_that_cannot_be_read_is_internal(void **state)
{
    struct fixture *f = *state;
    server_start(f, ECHO, tls_server("IP:127.0.0.1", 10, NULL));
    setenv("SSL_CERT_FILE", "/nonexistent", 1);
    client_free(f->c);
    assert_int_equal(client_new(f->l, "parallax-test", &f->c), ERR_OK);
    run_get(f);
    assert_int_equal(f->internal, ERR_IO);
}

/* What the peer may do in answer to the ClientHello. */
static void breaks_during_a_handshake_are_told_apart(void **state)
{
    struct fixture *f = *state;

    static const struct {
        enum mode mode;
        const char *failure;
    } rows[] = {{HELLO_RESET, "connection_reset"},
                {HELLO_CLOSE, "eof_error"},
                {HELLO_SILENT, "generic_timeout_error"},
                {HELLO_ALERT, "unknown_failure: "}};

    server_start(f, HELLO_RESET, NULL);
    snprintf(f->url, sizeof(f->url), "https://127.0.0.1:%u/", f->s.port);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct client_request req = request(f);
        /* only silence is waited out: on a busy machine the other answers may
         * take their time */
        req.timeout_us =
            rows[i].mode == HELLO_SILENT ? 400 * US_PER_MS : 60 * US_PER_S;
        f->s.mode = rows[i].mode;
        f->calls = 0;
        run(f, &req);
        if (!str_starts(str_c(f->failure), rows[i].failure)) {
            fail_msg("%s: %s", rows[i].failure, f->failure);
        }
        assert_int_equal(f->internal, ERR_OK);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_body_with_nuls_goes_there_and_back),
        TEST(a_put_keeps_its_method_and_gets_no_content_type),
        TEST(a_call_may_go_without_a_name),
        TEST(an_empty_post_is_possible),
        TEST(connections_are_kept_for_the_next_call),
        TEST(redirects_are_not_followed),
        TEST(proxies_of_the_environment_are_ignored),
        TEST(a_reset_is_named),
        TEST(an_end_of_file_is_named),
        TEST(a_short_body_is_an_end_of_file),
        TEST(silence_ends_at_the_deadline),
        TEST(a_refused_connection_is_named),
        TEST(nonsense_is_an_unknown_failure),
        TEST(a_body_over_the_limit_ends_the_call),
        TEST(a_body_without_end_is_ended),
        TEST(too_many_headers_end_the_call),
        TEST(too_long_headers_end_the_call),
        TEST(the_next_address_is_tried_when_one_refuses),
        TEST(a_request_that_was_sent_is_not_sent_elsewhere),
        TEST(what_may_not_be_asked_is_refused_at_once),
        TEST(a_cancelled_call_makes_no_callback),
        TEST(a_callback_may_cancel_another_call),
        TEST(who_has_the_request_is_told_from_who_was_not_reached),
        TEST(a_callback_may_free_the_client),
        TEST(want_of_descriptors_is_internal),
        TEST(want_of_buffers_is_internal),
        TEST(a_host_out_of_reach_is_named),
        TEST(certificates_are_verified),
        TEST(a_trusted_certificate_is_accepted),
        TEST(a_certificate_for_another_name_is_named),
        TEST(an_expired_certificate_is_named),
        TEST(a_bundle_that_cannot_be_read_is_internal),
        TEST(breaks_during_a_handshake_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
