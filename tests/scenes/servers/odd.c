// SPDX-License-Identifier: Apache-2.0
/* odd [to PREFIX] MODE NAME [BYTES|FILE]: a server for the lab's `exec` lines.
 *
 * Serves one page about NAME at every port of LAB_PORTS, over TLS at port 443,
 * and does one odd thing, MODE. With `to PREFIX` (the first numbers of an
 * address, as text) only to visitors from there. One process per connection.
 */
#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LIFE_S    30 // of a connection
#define MAX_PEERS 64
#define MAX_PAGE  60000
#define FRAME_MAX 16384

enum {
    FRAME_DATA = 0,
    FRAME_HEADERS = 1,
    FRAME_RESET = 3,
    FRAME_SETTINGS = 4,
    REFUSED_STREAM = 7,
    HTTP_1_1_REQUIRED = 13
};

struct conn {
    int fd;
    SSL *ssl; // NULL in the clear
    char peer[INET_ADDRSTRLEN];
};

static const char *mode, *name, *only = "";
static char page[MAX_PAGE + 1];
static SSL_CTX *tls;

// Visitors that have asked once already; shared by all processes.
static struct seen {
    atomic_int n;
    char peer[MAX_PEERS][INET_ADDRSTRLEN];
} * seen;

static const char *const modes[] = {
    "page",
    "nothing odd",
    "reset-first",
    "a visitor's first request is reset",
    "resets",
    "every connection is reset once it asks for anything",
    "reset-after-page",
    "reset after the last byte of the page",
    "reset-too-soon",
    "reset 0.3 s after the page, which far visitors do not have by then",
    "reset-in-page",
    "reset after half of the page",
    "reset-after-head",
    "reset after the head of the page",
    "silent",
    "no answer",
    "needs-http1",
    "over HTTP/2: HTTP_1_1_REQUIRED",
    "refuses-once",
    "over HTTP/2: a visitor's first stream is refused",
    "alert-40",
    "a TLS alert, handshake failure, to everybody",
    "alert-112",
    "the same, unrecognized name",
    "refuse-403",
    "403",
    "http10",
    "HTTP/1.0, no length",
    "says",
    "what stands in FILE, to whatever is asked",
};

static bool is_mode(const char *m)
{
    return strcmp(mode, m) == 0;
}

static bool send_all(const struct conn *c, const void *p, size_t n)
{
    if (c->ssl) {
        return SSL_write(c->ssl, p, (int)n) == (int)n;
    }
    return send(c->fd, p, n, MSG_NOSIGNAL) == (ssize_t)n;
}

static int take(const struct conn *c, void *p, size_t n)
{
    if (c->ssl) {
        return SSL_read(c->ssl, p, (int)n);
    }
    return (int)recv(c->fd, p, n, 0);
}

// Closes with a reset: once what was sent has arrived, or without asking.
static void reset(const struct conn *c)
{
    struct linger l = {1, 0};
    const struct timespec pause = {0, 300000000};
    nanosleep(&pause, NULL);
    int left = 0; // bytes that the visitor has not acknowledged
    for (int i = 0; !is_mode("reset-too-soon") && i < 60 &&
                    ioctl(c->fd, SIOCOUTQ, &left) == 0 && left > 0;
         i++) {
        nanosleep(&pause, NULL);
    }
    // Should it fail, the visitor sees an end in the place of the reset.
    (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
    close(c->fd);
    _exit(0);
}

static bool first_time(const struct conn *c)
{
    int n = atomic_load(&seen->n);
    for (int i = 0; i < n && i < MAX_PEERS; i++) {
        if (strcmp(seen->peer[i], c->peer) == 0) {
            return false;
        }
    }
    n = atomic_fetch_add(&seen->n, 1);
    if (n < MAX_PEERS) {
        memcpy(seen->peer[n], c->peer, sizeof(c->peer));
    }
    return true;
}

static void make_page(size_t size)
{
    int n = snprintf(page, sizeof(page),
                     "<!doctype html><html><head><title>About %s</title>"
                     "</head><body>",
                     name);
    for (size_t at = (size_t)n; at < size;) {
        n = snprintf(page + at, size - at + 1, "<p>%zu of %s</p>\n", at, name);
        at += (size_t)n;
    }
}

static bool read_page(const char *file)
{
    FILE *f = fopen(file, "r");
    size_t n = f ? fread(page, 1, sizeof(page) - 1, f) : 0;
    page[n] = '\0';
    if (f) {
        fclose(f);
    }
    return n > 0;
}

static bool read_request(const struct conn *c)
{
    char buf[8192];
    size_t n = 0;
    while (n < sizeof(buf) - 1) {
        int got = take(c, buf + n, sizeof(buf) - 1 - n);
        if (got <= 0) {
            return false;
        }
        n += (size_t)got;
        buf[n] = '\0';
        if (strstr(buf, "\r\n\r\n")) {
            return true;
        }
    }
    return false;
}

static void http1(const struct conn *c, bool odd)
{
    char head[256];
    size_t n = strlen(page), send = n;
    bool old = odd && is_mode("http10");
    if (!read_request(c)) {
        return;
    }
    if (odd && is_mode("silent")) {
        (void)sleep(LIFE_S); // the alarm ends it in any case
        return;
    }
    if (odd && is_mode("reset-first") && first_time(c)) {
        reset(c);
    }
    if (odd && is_mode("refuse-403")) {
        static const char no[] =
            "HTTP/1.1 403 Forbidden\r\nServer: odd\r\nContent-Length: 9\r\n"
            "Connection: close\r\n\r\nForbidden";
        (void)send_all(c, no, sizeof(no) - 1); // the visitor may be gone
        return;
    }
    int h = snprintf(head, sizeof(head),
                     "HTTP/1.%d 200 OK\r\nServer: odd\r\n"
                     "Content-Type: text/html\r\n",
                     old ? 0 : 1);
    h += old ? snprintf(head + h, sizeof(head) - (size_t)h, "\r\n")
             : snprintf(head + h, sizeof(head) - (size_t)h,
                        "Content-Length: %zu\r\nConnection: close\r\n\r\n", n);
    if (odd && is_mode("reset-after-head")) {
        send = 0;
    } else if (odd && is_mode("reset-in-page")) {
        send = n / 2;
    }
    if (send_all(c, head, (size_t)h) && (!send || send_all(c, page, send)) &&
        odd && strncmp(mode, "reset-", 6) == 0 && !is_mode("reset-first")) {
        reset(c);
    }
}

static bool frame(const struct conn *c, uint8_t type, uint8_t flags,
                  uint32_t stream, const void *p, size_t n)
{
    uint8_t b[9 + FRAME_MAX] = {(uint8_t)(n >> 16),
                                (uint8_t)(n >> 8),
                                (uint8_t)n,
                                type,
                                flags,
                                (uint8_t)(stream >> 24),
                                (uint8_t)(stream >> 16),
                                (uint8_t)(stream >> 8),
                                (uint8_t)stream};
    if (n) {
        memcpy(b + 9, p, n);
    }
    return send_all(c, b, 9 + n);
}

static void http2_page(const struct conn *c, uint32_t stream)
{
    // :status 200, and content-type as a literal of the static table
    static const uint8_t head[] = "\x88\x0f\x10\x09text/html";
    size_t n = strlen(page);
    bool ok = frame(c, FRAME_HEADERS, 4, stream, head, sizeof(head) - 1);
    for (size_t at = 0; ok && at < n; at += FRAME_MAX) {
        size_t some = n - at < FRAME_MAX ? n - at : FRAME_MAX;
        ok = frame(c, FRAME_DATA, at + some == n, stream, page + at, some);
    }
}

static void http2_asked(const struct conn *c, bool odd, uint32_t stream)
{
    bool refuse = odd && is_mode("refuses-once") && first_time(c);
    if (refuse || (odd && is_mode("needs-http1"))) {
        uint8_t code[4] = {0, 0, 0,
                           refuse ? REFUSED_STREAM : HTTP_1_1_REQUIRED};
        (void)frame(c, FRAME_RESET, 0, stream, code, 4); // or it is gone
    } else {
        http2_page(c, stream);
    }
}

static bool take_exactly(const struct conn *c, uint8_t *p, size_t n)
{
    for (size_t at = 0; at < n;) {
        int got = take(c, p + at, n - at);
        if (got <= 0) {
            return false;
        }
        at += (size_t)got;
    }
    return true;
}

static void http2(const struct conn *c, bool odd)
{
    uint8_t h[FRAME_MAX];
    if (!take_exactly(c, h, 24) || !frame(c, FRAME_SETTINGS, 0, 0, NULL, 0)) {
        return;
    }
    for (int i = 0; i < 100 && take_exactly(c, h, 9); i++) {
        size_t n = (size_t)h[0] << 16 | (size_t)h[1] << 8 | h[2];
        uint8_t type = h[3], flags = h[4];
        uint32_t stream = (uint32_t)h[7] << 8 | h[8];
        if (n > sizeof(h) || !take_exactly(c, h, n)) {
            return;
        }
        if (type == FRAME_SETTINGS && !(flags & 1)) {
            (void)frame(c, FRAME_SETTINGS, 1, 0, NULL, 0); // or it is gone
        } else if (type == FRAME_HEADERS) {
            http2_asked(c, odd, stream);
        }
    }
}

static int choose(SSL *ssl, const unsigned char **out, unsigned char *n,
                  const unsigned char *in, unsigned in_n, void *arg)
{
    static const unsigned char h2[] = "\x02h2\x08http/1.1";
    static const unsigned char h1[] = "\x08http/1.1";
    bool two = is_mode("needs-http1") || is_mode("refuses-once");
    (void)ssl;
    (void)arg;
    return SSL_select_next_proto((unsigned char **)out, n, two ? h2 : h1,
                                 two ? sizeof(h2) - 1 : sizeof(h1) - 1, in,
                                 in_n) == OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_NOACK;
}

static void talk(struct conn *c, int port)
{
    bool odd = strncmp(c->peer, only, strlen(only)) == 0;
    const unsigned char *proto = NULL;
    unsigned n = 0;
    (void)alarm(LIFE_S); // what was pending: nothing
    if (odd && is_mode("resets")) {
        uint8_t asked[4096];
        (void)take(c, asked, sizeof(asked)); // or it is gone
        reset(c);
        return;
    }
    if (port != 443) {
        http1(c, odd);
        return;
    }
    if (odd && strncmp(mode, "alert-", 6) == 0) {
        uint8_t hello[4096], alert[7] = {21, 3, 3, 0, 2, 2, 0};
        alert[6] = (uint8_t)strtol(mode + 6, NULL, 10);
        if (take(c, hello, sizeof(hello)) > 0) {
            (void)send_all(c, alert, sizeof(alert)); // or it is gone
        }
        return;
    }
    SSL *ssl = SSL_new(tls);
    if (!ssl || SSL_set_fd(ssl, c->fd) != 1 || SSL_accept(ssl) != 1) {
        return;
    }
    c->ssl = ssl;
    SSL_get0_alpn_selected(ssl, &proto, &n);
    if (n == 2 && memcmp(proto, "h2", 2) == 0) {
        http2(c, odd);
    } else {
        http1(c, odd);
    }
    SSL_shutdown(ssl);
}

static int listen_at(int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (fd < 0 || inet_pton(AF_INET, getenv("LAB_ADDR"), &a.sin_addr) != 1 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
        listen(fd, 64) != 0) {
        perror("odd");
        exit(1);
    }
    return fd;
}

static void serve(int port)
{
    int fd = listen_at(port);
    for (;;) {
        struct sockaddr_in from;
        socklen_t n = sizeof(from);
        struct conn c = {.fd = accept(fd, (struct sockaddr *)&from, &n)};
        if (c.fd < 0) {
            continue;
        }
        if (fork() == 0) {
            (void)inet_ntop(AF_INET, &from.sin_addr, c.peer, sizeof(c.peer));
            talk(&c, port);
            // Read on until the visitor closes: no reset of what is unread.
            char rest[1024];
            (void)shutdown(c.fd, SHUT_WR); // it may be closed
            while (recv(c.fd, rest, sizeof(rest), 0) > 0) {
            }
            _exit(0);
        }
        close(c.fd);
    }
}

static bool load_tls(void)
{
    char path[4096];
    const char *certs = getenv("LAB_CERTS");
    tls = SSL_CTX_new(TLS_server_method());
    if (!tls || !certs) {
        return false;
    }
    snprintf(path, sizeof(path), "%s/%s.pem", certs, name);
    if (SSL_CTX_use_certificate_chain_file(tls, path) != 1) {
        return false;
    }
    snprintf(path, sizeof(path), "%s/leaf.key", certs);
    SSL_CTX_set_alpn_select_cb(tls, choose, NULL);
    return SSL_CTX_use_PrivateKey_file(tls, path, SSL_FILETYPE_PEM) == 1;
}

static int usage(void)
{
    puts("odd [to PREFIX] MODE NAME [BYTES|FILE]");
    for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i += 2) {
        printf("  %-17s%s\n", modes[i], modes[i + 1]);
    }
    return 2;
}

int main(int argc, char **argv)
{
    char *ports = getenv("LAB_PORTS"), *end = ports;
    bool known = false;
    if (argc > 3 && strcmp(argv[1], "to") == 0) {
        only = argv[2];
        argc -= 2;
        argv += 2;
    }
    if (argc < 3 || !ports || !getenv("LAB_ADDR")) {
        return usage();
    }
    mode = argv[1];
    name = argv[2];
    for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i += 2) {
        known = known || is_mode(modes[i]);
    }
    if (known && argc > 3 && is_mode("says")) {
        known = read_page(argv[3]);
    } else {
        size_t size = argc > 3 ? (size_t)strtol(argv[3], NULL, 10) : 8000;
        known = known && size >= 200 && size <= MAX_PAGE;
        make_page(known ? size : 200);
    }
    if (!known) {
        return usage();
    }
    signal(SIGCHLD, SIG_IGN);
    seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (seen == MAP_FAILED) {
        return 1;
    }
    for (long port; (port = strtol(end, &end, 10)) > 0;) {
        if (port == 443 && !load_tls()) {
            fprintf(stderr, "odd: no certificate for %s\n", name);
            return 1;
        }
        if (fork() == 0) {
            serve((int)port);
        }
    }
    pause();
    return 0;
}
