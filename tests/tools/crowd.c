// SPDX-License-Identifier: Apache-2.0
/* crowd KIND CONNECTIONS PREFIXES SECONDS ADDR:PORT REQUEST
 *
 * Keeps so many connections to a server that never end a request, from as many
 * prefixes (60.1.0.9, 60.1.1.9, ...), opens anew what is cut off, and meanwhile
 * sends a file with a whole good request from 45.10.1.9, one after the other,
 * each on a connection of its own. KIND: `idle` sends nothing, `head` a byte of
 * a head each half second, `body` a head, and a byte of its body each half
 * second. The addresses must be this machine's. Prints, in one line:
 *
 *     good N bad N median MS worst MS opened N
 */
#include "wire/ip.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define GOOD_MAX    4096
#define GOOD_LEAST  10 /* however little time we are given */
#define REQUEST_MAX ((size_t)1 << 20)
#define AT_ONCE     200 /* are opened before the others are looked at */
#define DRIP_EVERY  (US_PER_S / 2)
#define PATIENCE    (20 * US_PER_S) /* with one good request */

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "crowd: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct sockaddr_in address(const uint8_t b[4], uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    memcpy(&a.sin_addr, b, 4);
    return a;
}

/* A connection under way; -1: there are no more ports. */
static int dial(const uint8_t from[4], const struct sockaddr_in *to)
{
    struct sockaddr_in a = address(from, 0);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 &&
        (bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
         (connect(fd, (const struct sockaddr *)to, sizeof(*to)) != 0 &&
          errno != EINPROGRESS))) {
        close(fd);
        return -1;
    }
    return fd;
}

/* ---- the crowd --------------------------------------------------------------
 */

struct crowd {
    const char *first, *drip;
    struct sockaddr_in to;
    unsigned prefixes, opened;
    struct pollfd *p; /* POLLOUT: what comes first is to be sent */
    size_t n;
};

static void open_missing(struct crowd *c)
{
    for (size_t i = 0, done = 0; i < c->n && done < AT_ONCE; i++) {
        uint8_t from[4] = {60, 1, (uint8_t)(c->opened % c->prefixes), 9};
        if (c->p[i].fd >= 0) {
            continue;
        }
        c->p[i].fd = dial(from, &c->to);
        c->p[i].events = POLLOUT;
        c->opened += c->p[i].fd >= 0;
        done++;
    }
}

static void look_after(struct pollfd *p, const char *first)
{
    char bytes[4096];
    bool gone = (p->revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
    if (!gone && p->revents & POLLOUT) {
        gone = send(p->fd, first, strlen(first), MSG_NOSIGNAL) < 0;
        p->events = POLLIN;
    } else if (!gone && p->revents & POLLIN) {
        gone = recv(p->fd, bytes, sizeof(bytes), 0) <= 0;
    }
    if (gone) {
        close(p->fd);
        p->fd = -1;
    }
}

static void drip(struct crowd *c)
{
    for (size_t i = 0; i < c->n; i++) {
        if (c->p[i].fd >= 0 && c->p[i].events == POLLIN &&
            send(c->p[i].fd, c->drip, strlen(c->drip), MSG_NOSIGNAL) < 0) {
            close(c->p[i].fd);
            c->p[i].fd = -1;
        }
    }
}

/* For as long as the good one is there. False: it did not end well. */
static bool press(struct crowd *c, pid_t good)
{
    int64_t next = clock_mono_us() + DRIP_EVERY;
    int status = 0;
    pid_t ended = 0;
    while ((ended = waitpid(good, &status, WNOHANG)) == 0) {
        open_missing(c);
        int n = poll(c->p, c->n, 10);
        for (size_t i = 0; i < c->n && n > 0; i++) {
            if (c->p[i].fd >= 0 && c->p[i].revents) {
                look_after(&c->p[i], c->first);
            }
        }
        if (clock_mono_us() >= next) {
            next = clock_mono_us() + DRIP_EVERY;
            drip(c);
        }
    }
    return ended == good && status == 0;
}

/* ---- the good one -----------------------------------------------------------
 */

static bool wait_for(int fd, short what, int64_t until)
{
    struct pollfd p = {.fd = fd, .events = what};
    int64_t left = (until - clock_mono_us()) / US_PER_MS;
    return left > 0 && poll(&p, 1, (int)left) > 0;
}

/* Microseconds until its answer began with 200; -1: it did not. */
static int64_t ask(const struct sockaddr_in *to, struct str request)
{
    static const uint8_t from[4] = {45, 10, 1, 9};
    static const char ok[] = "HTTP/1.1 200 ";
    char got[sizeof(ok)] = "";
    int64_t begin = clock_mono_us(), until = begin + PATIENCE;
    int fd = dial(from, to);
    size_t sent = 0;
    ssize_t n = 0;
    while (fd >= 0 && n >= 0 && sent < request.len &&
           wait_for(fd, POLLOUT, until)) {
        n = send(fd, request.p + sent, request.len - sent, MSG_NOSIGNAL);
        sent += n > 0 ? (size_t)n : 0;
    }
    n = fd >= 0 && wait_for(fd, POLLIN, until)
            ? recv(fd, got, sizeof(got) - 1, 0)
            : -1;
    if (fd >= 0) {
        close(fd);
    }
    return n > 0 && strncmp(got, ok, (size_t)n) == 0 ? clock_mono_us() - begin
                                                     : -1;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void be_good(const struct sockaddr_in *to, struct str request,
                    int64_t for_us)
{
    static int64_t us[GOOD_MAX];
    size_t good = 0, bad = 0;
    int64_t until = clock_mono_us() + for_us;
    while (good + bad < GOOD_LEAST ||
           (clock_mono_us() < until && good + bad < GOOD_MAX)) {
        int64_t took = ask(to, request);
        us[good] = took;
        good += took >= 0;
        bad += took < 0;
        usleep(10000);
    }
    qsort(us, good, sizeof(us[0]), by_size);
    printf("good %zu bad %zu median %lld worst %lld", good, bad,
           good ? (long long)(us[good / 2] / US_PER_MS) : -1LL,
           good ? (long long)(us[good - 1] / US_PER_MS) : -1LL);
}

/* ---- both -------------------------------------------------------------------
 */

static void set_kind(struct crowd *c, const char *kind)
{
    static const char head[] =
        "POST /report HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n{";
    if (strcmp(kind, "idle") == 0) {
        c->first = c->drip = "";
    } else if (strcmp(kind, "head") == 0) {
        c->first = "POST /report HTTP/1.1\r\nHost: ";
        c->drip = "x";
    } else if (strcmp(kind, "body") == 0) {
        c->first = head;
        c->drip = " ";
    } else {
        errno = EINVAL;
        fail(kind);
    }
}

int main(int argc, char **argv)
{
    struct rlimit files;
    struct crowd c = {.opened = 0};
    struct buf request;
    struct diag d = {{0}};
    struct ip ip;
    uint16_t port = 0;
    buf_init(&request, REQUEST_MAX);
    if (argc != 7 || !ip_endpoint_parse(str_c(argv[5]), &ip, &port) ||
        fs_read(argv[6], REQUEST_MAX, &request, &d) != ERR_OK) {
        fprintf(stderr, "crowd: usage: see crowd.c %s\n", d.text);
        return 2;
    }
    set_kind(&c, argv[1]);
    c.n = strtoul(argv[2], NULL, 10);
    c.prefixes = (unsigned)strtoul(argv[3], NULL, 10) % 256;
    c.prefixes = c.prefixes ? c.prefixes : 1;
    c.to = address(ip.b, port);
    c.p = calloc(c.n, sizeof(*c.p));
    if (!c.p || getrlimit(RLIMIT_NOFILE, &files) != 0) {
        fail("memory");
    }
    files.rlim_cur = files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0) {
        fail("descriptors");
    }
    for (size_t i = 0; i < c.n; i++) {
        c.p[i].fd = -1;
    }
    int64_t for_us = strtol(argv[4], NULL, 10) * US_PER_S;
    pid_t pid = fork();
    if (pid < 0) {
        fail("another process");
    }
    if (pid == 0) {
        be_good(&c.to, buf_str(&request), for_us);
        fflush(stdout);
        _exit(0);
    }
    bool ended_well = press(&c, pid);
    printf(" opened %u\n", c.opened);
    free(c.p);
    buf_fini(&request);
    return ended_well ? 0 : 1;
}
