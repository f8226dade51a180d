// SPDX-License-Identifier: Apache-2.0
/* A server, or a box before it, of odd habits, for the lab's `exec` lines:
 *   passing LISTEN:PORT TO:PORT WHO HABIT [N|FILE]
 * listens at LISTEN and passes each connection on to the true server at TO. To
 * visitors whose address begins with WHO (`*`: all; `!X`: all but those of X)
 * it has a habit: none            passes everything on alert N         answers
 * the first bytes with the TLS alert N, and closes refuse          resets the
 * connection at once every N         the same, to each Nth connection
 *   all-but N       the same, to all but each Nth connection
 *   first N         passes the first N on, and resets all later ones at their
 *                   first bytes
 *   reset-after N   resets when N bytes of the server's were passed on
 *   close-after N   the same, and closes
 *   stop-after N    the same, and says no more
 *   reset-at-end    resets when the server has said nothing for half a second
 *   wait N          the server's first bytes take N milliseconds
 *   answer FILE     answers the first bytes with FILE as it stands, and closes
 *   answer-reset FILE   the same, and resets
 * Ends with its parent; at most 200 connections at a time. */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct habit {
    const char *what;
    const char *file;
    long n;
};

static bool is(const struct habit *h, const char *what)
{
    return strcmp(h->what, what) == 0;
}

// ADDR:PORT, in place.
static struct sockaddr_in place(char *s)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    char *colon = strchr(s, ':');
    if (!colon) {
        fprintf(stderr, "passing: %s is not ADDR:PORT\n", s);
        exit(2);
    }
    *colon = 0;
    a.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    if (inet_pton(AF_INET, s, &a.sin_addr) != 1) {
        fprintf(stderr, "passing: %s is not an address\n", s);
        exit(2);
    }
    return a;
}

// Closing it sends a reset.
static void make_reset(int fd)
{
    struct linger now = {1, 0};
    if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) != 0) {
        perror("passing: SO_LINGER");
    }
}

static bool send_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t k = send(fd, p, n, MSG_NOSIGNAL);
        if (k <= 0) {
            return false;
        }
        p += k;
        n -= (size_t)k;
    }
    return true;
}

// Says it when the visitor has said something, and leaves it time to arrive.
static void say_and_close(int fd, const char *p, size_t n)
{
    char asked[4096];
    if (recv(fd, asked, sizeof(asked), 0) > 0 && send_all(fd, p, n)) {
        shutdown(fd, SHUT_WR);
        while (recv(fd, asked, sizeof(asked), 0) > 0) {
        }
    }
}

static void say_file(int fd, const char *name, bool reset)
{
    static char text[65536];
    FILE *f = fopen(name, "r");
    if (!f) {
        perror(name);
        return;
    }
    size_t n = fread(text, 1, sizeof(text), f);
    fclose(f);
    if (reset) {
        char asked[4096];
        if (recv(fd, asked, sizeof(asked), 0) > 0 && send_all(fd, text, n)) {
            usleep(300000);
            make_reset(fd);
        }
        return;
    }
    say_and_close(fd, text, n);
}

// How much of `n` bytes of the server's still passes; *passed counts.
static size_t allowed(const struct habit *h, size_t n, size_t passed)
{
    if (!strstr(h->what, "-after")) {
        return n;
    }
    size_t left = passed < (size_t)h->n ? (size_t)h->n - passed : 0;
    return n < left ? n : left;
}

// The end of a connection of which all that may pass has passed.
static void end_after(int fd, const struct habit *h)
{
    if (is(h, "stop-after")) {
        sleep(120);
    }
    usleep(100000); // what was sent shall be there before the end is
    if (is(h, "reset-after")) {
        make_reset(fd);
    }
}

// From the server to the visitor; false: that was all.
static bool pass_back(int fd, int to, const struct habit *h, size_t *passed)
{
    char b[16384];
    ssize_t n = recv(to, b, sizeof(b), 0);
    if (n <= 0) {
        return false;
    }
    if (!*passed && is(h, "wait")) {
        usleep((useconds_t)h->n * 1000);
    }
    size_t k = allowed(h, (size_t)n, *passed);
    if (!send_all(fd, b, k)) {
        return false;
    }
    *passed += k;
    if (k < (size_t)n) {
        end_after(fd, h);
        return false;
    }
    return true;
}

static void pass(int fd, const struct sockaddr_in *server,
                 const struct habit *h)
{
    int to = socket(AF_INET, SOCK_STREAM, 0);
    if (to < 0 ||
        connect(to, (const struct sockaddr *)server, sizeof(*server)) != 0) {
        perror("passing: the true server");
        return;
    }
    struct pollfd p[2] = {{fd, POLLIN, 0}, {to, POLLIN, 0}};
    size_t passed = 0;
    while (poll(p, 2, is(h, "reset-at-end") && passed ? 500 : 120000) > 0) {
        char b[16384];
        if (p[1].revents && !pass_back(fd, to, h, &passed)) {
            break;
        }
        if (p[0].revents) {
            ssize_t n = recv(fd, b, sizeof(b), 0);
            if (n <= 0 || !send_all(to, b, (size_t)n)) {
                break;
            }
        }
    }
    if (is(h, "reset-at-end")) {
        make_reset(fd);
    }
    close(to);
}

static void serve(int fd, const struct sockaddr_in *server,
                  const struct habit *h, unsigned long count)
{
    if (is(h, "refuse") ||
        (is(h, "every") && count % (unsigned long)h->n == 0) ||
        (is(h, "all-but") && count % (unsigned long)h->n != 0)) {
        make_reset(fd);
    } else if (is(h, "first") && count > (unsigned long)h->n) {
        char asked[4096];
        if (recv(fd, asked, sizeof(asked), 0) > 0) {
            make_reset(fd);
        }
    } else if (is(h, "alert")) {
        const char alert[] = {0x15, 3, 3, 0, 2, 2, (char)h->n};
        say_and_close(fd, alert, sizeof(alert));
    } else if (strncmp(h->what, "answer", 6) == 0) {
        say_file(fd, h->file, is(h, "answer-reset"));
    } else {
        pass(fd, server, h);
    }
}

static int open_listener(const struct sockaddr_in *at)
{
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
        bind(fd, (const struct sockaddr *)at, sizeof(*at)) != 0 ||
        listen(fd, 64) != 0) {
        perror("passing: cannot listen");
        exit(1);
    }
    return fd;
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr,
                "usage: passing LISTEN:PORT TO:PORT WHO HABIT [N|FILE]\n");
        return 2;
    }
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    struct sockaddr_in at = place(argv[1]);
    struct sockaddr_in server = place(argv[2]);
    bool others = argv[3][0] == '!';
    const char *who = strcmp(argv[3], "*") == 0 ? "" : argv[3] + others;
    struct habit habit = {argv[4], argc > 5 ? argv[5] : "",
                          argc > 5 ? strtol(argv[5], NULL, 10) : 0};
    const struct habit none = {"none", "", 0};
    if ((is(&habit, "every") || is(&habit, "all-but")) && habit.n <= 0) {
        return 2;
    }
    signal(SIGCHLD, SIG_IGN);
    int listener = open_listener(&at);
    for (unsigned long count = 0;;) {
        struct sockaddr_in from;
        socklen_t len = sizeof(from);
        int fd = accept(listener, (struct sockaddr *)&from, &len);
        char text[INET_ADDRSTRLEN] = "";
        if (fd < 0) {
            usleep(10000);
            continue;
        }
        inet_ntop(AF_INET, &from.sin_addr, text, sizeof(text));
        bool meant = (strncmp(text, who, strlen(who)) == 0) != others;
        count += meant;
        if (fork() == 0) {
            close(listener);
            alarm(180);
            serve(fd, &server, meant ? &habit : &none, count);
            exit(0);
        }
        close(fd);
    }
}
