// SPDX-License-Identifier: Apache-2.0
/* says PREFIX NAME LINE...: a server for the lab's `exec` lines.
 *
 * In the clear, at every port of LAB_PORTS: a visitor whose address begins with
 * PREFIX gets LINE..., as they are, and the connection's end, as from somebody
 * on the way who answers in the server's place. Everybody else gets a page
 * about NAME. One process per connection.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LIFE_S   30 // of a connection
#define MAX_PAGE 6000

static char forged[8192], page[MAX_PAGE + 512];

static void make_forged(int n, char **line)
{
    size_t at = 0;
    for (int i = 0; i < n && at < sizeof(forged); i++) {
        at += (size_t)snprintf(forged + at, sizeof(forged) - at, "%s%s",
                               line[i], i + 1 < n ? "\r\n" : "");
    }
}

static void make_page(const char *name)
{
    char body[MAX_PAGE + 128], date[64];
    time_t now = time(NULL);
    size_t at =
        (size_t)snprintf(body, sizeof(body),
                         "<!doctype html><html><title>About %s</title>", name);
    while (at < MAX_PAGE) {
        at += (size_t)snprintf(body + at, sizeof(body) - at,
                               "<p>%zu of %.80s</p>\n", at, name);
    }
    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime(&now));
    snprintf(page, sizeof(page),
             "HTTP/1.1 200 OK\r\nDate: %s\r\nServer: says\r\nContent-Type: "
             "text/html\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
             date, at, body);
}

// Takes the request's head, so that closing does not reset the connection.
static bool read_request(int fd)
{
    char buf[4096];
    size_t n = 0;
    while (n < sizeof(buf) - 1) {
        ssize_t got = recv(fd, buf + n, sizeof(buf) - 1 - n, 0);
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

static void answer(int fd, const char *peer, const char *prefix)
{
    const char *text =
        strncmp(peer, prefix, strlen(prefix)) == 0 ? forged : page;
    char rest[256];
    alarm(LIFE_S);
    if (read_request(fd) &&
        send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text)) {
        shutdown(fd, SHUT_WR);
        while (recv(fd, rest, sizeof(rest), 0) > 0) {
        }
    }
    _exit(0);
}

static void serve(int port, const char *prefix)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (fd < 0 || inet_pton(AF_INET, getenv("LAB_ADDR"), &a.sin_addr) != 1 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
        listen(fd, 64) != 0) {
        perror("says");
        _exit(1);
    }
    for (;;) {
        struct sockaddr_in peer;
        char text[INET_ADDRSTRLEN] = "";
        socklen_t len = sizeof(peer);
        int c = accept(fd, (struct sockaddr *)&peer, &len);
        if (c >= 0 && inet_ntop(AF_INET, &peer.sin_addr, text, sizeof(text)) &&
            fork() == 0) {
            answer(c, text, prefix);
        }
        close(c);
    }
}

int main(int argc, char **argv)
{
    char *ports = getenv("LAB_PORTS"), *end = ports;
    if (argc < 4 || !ports || !getenv("LAB_ADDR")) {
        fputs("usage: says PREFIX NAME LINE... (LAB_ADDR, LAB_PORTS)\n",
              stderr);
        return 2;
    }
    make_forged(argc - 3, argv + 3);
    make_page(argv[2]);
    signal(SIGCHLD, SIG_IGN);
    for (long port; (port = strtol(end, &end, 10)) > 0;) {
        if (fork() == 0) {
            serve((int)port, argv[1]);
        }
    }
    pause();
    return 0;
}
