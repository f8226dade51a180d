// SPDX-License-Identifier: Apache-2.0
#include "odd.h"

#include "mitm.h"
#include "netns.h"
#include "sni.h"
#include "util.h"
#include "web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_MAX 16384
#define PORTS       6

enum kind {
    KIND_ODD,
    KIND_PROXY_HTTP,
    KIND_PROXY_TLS,
    KIND_SLOW_CONTROL,
    KIND_MITM,
    KIND_PORTAL
};

struct server {
    enum kind kind;
    int fd;
};

static bool send_all(int fd, const void *p, size_t len)
{
    const char *at = p;
    while (len) {
        ssize_t n = send(fd, at, len, MSG_NOSIGNAL);
        if (n <= 0) {
            return false;
        }
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static void pause_us(int64_t us)
{
    struct timespec t = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&t, NULL);
}

static void serve_endless(int fd, int status)
{
    char head[256];
    int n = snprintf(head, sizeof(head),
                     "HTTP/1.0 %d OK\r\nContent-Type: text/html\r\n\r\n"
                     "<!doctype html>\n<title>Without end</title>\n",
                     status);
    static char part[16384];
    memset(part, 'x', sizeof(part));
    if (!send_all(fd, head, (size_t)n)) {
        return;
    }
    while (send_all(fd, part, sizeof(part))) {
        pause_us(5000); // about 3 MB a second
    }
}

static void serve_close_early(int fd, int status)
{
    struct lab_str s = {0};
    lab_str_fmt(&s,
                "HTTP/1.0 %d OK\r\nContent-Type: text/html\r\n"
                "Content-Length: 100000\r\n\r\n"
                "<!doctype html>\n<title>Cut short</title>\n",
                status);
    for (int i = 0; i < 100; i++) {
        lab_str_puts(&s, "not the end\n");
    }
    send_all(fd, s.p, s.len);
    lab_str_fini(&s);
}

static void serve_headers(int fd, int status, size_t size)
{
    struct lab_str s = {0};
    lab_str_fmt(&s, "HTTP/1.0 %d OK\r\nContent-Type: text/html\r\n", status);
    for (int i = 0; s.len < size; i++) {
        lab_str_fmt(&s, "X-Long-%d: ", i);
        for (int j = 0; j < 64; j++) {
            lab_str_puts(&s, "0123456789abcdef");
        }
        lab_str_puts(&s, "\r\n");
    }
    lab_str_puts(&s, "\r\n<!doctype html>\n<title>Headers</title>\n");
    send_all(fd, s.p, s.len);
    lab_str_fini(&s);
}

// "GET /WORD/STATUS/SIZE HTTP/1.0", as nginx asks.
static void serve_odd(int fd)
{
    char req[REQUEST_MAX + 1];
    size_t len = 0;
    ssize_t n;
    while (len < REQUEST_MAX &&
           (n = recv(fd, req + len, REQUEST_MAX - len, 0)) > 0) {
        len += (size_t)n;
        req[len] = 0;
        if (strstr(req, "\r\n\r\n")) {
            break;
        }
    }
    char word[32] = "";
    int status = 200;
    size_t size = 0;
    req[len] = 0;
    if (sscanf(req, "%*s /%31[^/]/%d/%zu", word, &status, &size) < 2) {
        return;
    }
    if (strcmp(word, "endless") == 0) {
        serve_endless(fd, status);
    } else if (strcmp(word, "close-early") == 0) {
        serve_close_early(fd, status);
    } else {
        serve_headers(fd, status, size);
    }
}

static int connect_to(uint32_t addr, uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = addr;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
        lab_fail("cannot connect: %s", strerror(errno));
    }
    return fd;
}

// Bytes both ways until both sides have ended.
static void pump(int a, int b)
{
    struct pollfd fd[2] = {{a, POLLIN, 0}, {b, POLLIN, 0}};
    static char buf[65536];
    int open = 2;
    while (open) {
        if (poll(fd, 2, -1) < 0) {
            return;
        }
        for (int i = 0; i < 2; i++) {
            if (fd[i].fd < 0 || !fd[i].revents) {
                continue;
            }
            int to = i ? a : b;
            ssize_t n = recv(fd[i].fd, buf, sizeof(buf), 0);
            if (n <= 0 || !send_all(to, buf, (size_t)n)) {
                shutdown(to, SHUT_WR);
                fd[i].fd = -1;
                open--;
            }
        }
    }
}

// The true server of the name in the first bytes.
static void serve_proxy(const struct lab_conf *c, int fd, bool tls)
{
    uint8_t req[REQUEST_MAX];
    size_t len = 0;
    char name[256] = "";
    enum lab_sni found = LAB_SNI_MORE;
    while (found == LAB_SNI_MORE && len < sizeof(req)) {
        ssize_t n = recv(fd, req + len, sizeof(req) - len, 0);
        if (n <= 0) {
            return;
        }
        len += (size_t)n;
        found =
            tls ? lab_sni_find(req, len, name) : lab_http_host(req, len, name);
    }
    for (char *p = name; *p; p++) {
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
    }
    const struct lab_host *h =
        found == LAB_SNI_FOUND ? lab_host_find(c, name) : NULL;
    if (!h) {
        return;
    }
    int out = connect_to(h->addr[0], tls ? 443 : 80);
    if (send_all(out, req, len)) {
        pump(fd, out);
    }
}

static void serve_slow_control(const struct lab_conf *c, int fd)
{
    pause_us(c->control_delay_us);
    pump(fd, connect_to(htonl(INADDR_LOOPBACK), LAB_CONTROL_PORT));
}

static bool send_page(int fd, const char *status, const char *header,
                      const char *body)
{
    struct lab_str s = {0};
    lab_str_fmt(&s,
                "HTTP/1.1 %s\r\nServer: portal\r\n%sContent-Type: text/html\r\n"
                "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
                status, header, strlen(body), body);
    bool ok = send_all(fd, s.p, s.len);
    lab_str_fini(&s);
    return ok;
}

// Who has not logged in is led to where one does, whatever was asked.
static void serve_portal(const struct lab_conf *c, int fd)
{
    uint8_t req[REQUEST_MAX];
    size_t len = 0;
    char host[256] = "";
    char here[16] = "";
    enum lab_sni found = LAB_SNI_MORE;
    while (found == LAB_SNI_MORE && len < sizeof(req)) {
        ssize_t n = recv(fd, req + len, sizeof(req) - len, 0);
        if (n <= 0) {
            return;
        }
        len += (size_t)n;
        found = lab_http_host(req, len, host);
    }
    for (size_t i = 0; i < c->rules; i++) {
        if (c->rule[i].act == LAB_PORTAL) {
            lab_addr(c->rule[i].addr, here);
        }
    }
    if (strcmp(host, here) == 0) {
        send_page(fd, "200 OK", "",
                  "<!doctype html>\n<title>Log in</title>\n"
                  "<h1>Log in to use this network</h1>\n");
    } else {
        char *to = lab_printf("Location: http://%s/login\r\n", here);
        send_page(fd, "302 Found", to,
                  "<!doctype html>\n<title>Log in first</title>\n");
        free(to);
    }
}

static int listen_at(const struct sockaddr *sa, socklen_t len)
{
    int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (fd < 0 || bind(fd, sa, len) != 0 || listen(fd, 1024) != 0) {
        lab_fail("odd servers: %s", strerror(errno));
    }
    return fd;
}

static int listen_tcp(uint32_t addr, uint16_t port)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(port)};
    sa.sin_addr.s_addr = addr;
    return listen_at((struct sockaddr *)&sa, sizeof(sa));
}

// In the place of a server, with the TTL of the censor's place.
static int listen_between(const struct lab_conf *c, enum lab_act act,
                          uint16_t port)
{
    bool wanted = false;
    for (size_t i = 0; i < c->rules; i++) {
        wanted = wanted || c->rule[i].act == act;
    }
    if (!wanted) {
        return -1;
    }
    int fd = listen_tcp(inet_addr(LAB_WORLD_END), port);
    int ttl = 64 - (c->hop - 1) + LAB_HOPS;
    setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
    return fd;
}

static void serve_one(const struct lab_conf *c, const char *dir,
                      const struct server *s, int fd)
{
    switch (s->kind) {
    case KIND_ODD:
        serve_odd(fd);
        break;
    case KIND_PROXY_HTTP:
        serve_proxy(c, fd, false);
        break;
    case KIND_PROXY_TLS:
        serve_proxy(c, fd, true);
        break;
    case KIND_SLOW_CONTROL:
        serve_slow_control(c, fd);
        break;
    case KIND_MITM:
        lab_mitm(c, dir, fd);
        break;
    case KIND_PORTAL:
        serve_portal(c, fd);
        break;
    }
}

void lab_odd(const struct lab_conf *c, const char *dir, int ready)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    snprintf(un.sun_path, sizeof(un.sun_path), "%s/odd.sock", dir);
    unlink(un.sun_path);
    uint32_t proxy = inet_addr(LAB_PROXY_ADDR);
    struct server server[PORTS] = {
        {KIND_ODD, listen_at((struct sockaddr *)&un, sizeof(un))},
        {KIND_PROXY_HTTP, listen_tcp(proxy, 80)},
        {KIND_PROXY_TLS, listen_tcp(proxy, 443)},
        {KIND_SLOW_CONTROL,
         listen_tcp(htonl(INADDR_LOOPBACK), LAB_CONTROL_PORT + 1000)},
        {KIND_MITM, listen_between(c, LAB_MITM, LAB_MITM_PORT)},
        {KIND_PORTAL, listen_between(c, LAB_PORTAL, LAB_PORTAL_PORT)},
    };
    signal(SIGCHLD, SIG_IGN); // nobody asks how a connection ended
    if (write(ready, "r", 1) != 1) {
        lab_fail("odd servers: nobody waits for them");
    }
    struct pollfd fd[PORTS];
    for (int i = 0; i < PORTS; i++) {
        fd[i] = (struct pollfd){server[i].fd, POLLIN, 0};
    }
    while (poll(fd, PORTS, -1) >= 0 || errno == EINTR) {
        for (int i = 0; i < PORTS; i++) {
            int conn = fd[i].revents ? accept(fd[i].fd, NULL, NULL) : -1;
            if (conn < 0) {
                continue;
            }
            if (fork() == 0) {
                serve_one(c, dir, &server[i], conn);
                _exit(0);
            }
            close(conn);
        }
    }
}
