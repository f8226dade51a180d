// SPDX-License-Identifier: Apache-2.0
/* Bounded load for benchmarks: sends every record of a JSON Lines file as an
 * upload over CONNECTIONS kept-alive loopback connections, and counts answers.
 *
 *   load PORT PATH CONNECTIONS RECORDS.jsonl COUNT [zstd | RATE]
 *
 * PATH gets the bodies {"format":"json","content":RECORD}; COUNT
 * of them are sent in turn, each copy with a counter in its annotations, so
 * that none is a duplicate. Prints `sent <TAB> ok <TAB> seconds <TAB> bytes
 * <TAB> milliseconds that 99 in 100 answers took at most`. With RATE, so many
 * are due in a second, and an answer's time counts from when its request was
 * due, sent or not. Only ever 127.0.0.1.
 */
#include "base/buf.h"
#include "base/compress.h"
#include "base/stream.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_RECORDS     200
#define MAX_CONNECTIONS 512
#define MAX_COUNT       200000

struct body {
    uint8_t *p;
    size_t len;
    int64_t took_us;
};

static struct body *bodies;
static size_t n_bodies;
static atomic_size_t next_body, n_ok, n_bytes;
static unsigned short port;
static const char *path;
static bool zstd;
static double rate; /* requests a second, 0: as fast as they go */
static int64_t begun_us;

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "load: %s\n", what);
    exit(1);
}

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Waits until request `i` is due; when that was. */
static int64_t wait_due(size_t i)
{
    if (rate <= 0) {
        return now_us();
    }
    int64_t due = begun_us + (int64_t)((double)i * 1e6 / rate);
    int64_t left = due - now_us();
    if (left > 0) {
        usleep((useconds_t)left);
    }
    return due;
}

/* The annotation makes each copy another record. */
static void add_body(struct str record, size_t copy)
{
    static const char mark[] = "\"annotations\":{";
    size_t at = str_find(record, STR("\"annotations\":{"));
    struct buf b, packed;
    if (at == SIZE_MAX) {
        fail("a record without annotations");
    }
    at += sizeof(mark) - 1;
    buf_init(&b, record.len + 256);
    buf_add_c(&b, "{\"format\":\"json\",\"content\":");
    buf_add(&b, record.p, at);
    buf_printf(&b, "\"copy\":\"%zu\",", copy);
    buf_add(&b, record.p + at, record.len - at);
    buf_add_c(&b, "}");
    if (zstd) {
        buf_init(&packed, b.len + 1024);
        if (b.failed || compress_pack(buf_str(&b), 3, &packed) != ERR_OK) {
            fail("cannot compress");
        }
        buf_fini(&b);
        b = packed;
    }
    if (b.failed) {
        fail("out of memory");
    }
    struct body *to = &bodies[n_bodies++];
    to->p = buf_take(&b, &to->len);
}

static void load(const char *file, size_t count)
{
    struct stream *s;
    struct stream_item item;
    struct diag d;
    struct buf texts[MAX_RECORDS];
    size_t n = 0;
    bodies = calloc(count, sizeof(*bodies));
    if (!bodies || stream_open(file, &s, &d) != ERR_OK) {
        fail("cannot read the records");
    }
    while (n < MAX_RECORDS && stream_next(s, &item, &d) == ERR_OK) {
        buf_init(&texts[n], (size_t)16 << 20);
        if (buf_add_str(&texts[n], item.text) != ERR_OK) {
            fail("out of memory");
        }
        n++;
    }
    stream_close(s);
    if (n == 0) {
        fail("no record");
    }
    for (size_t i = 0; i < count; i++) {
        add_body(buf_str(&texts[i % n]), i);
    }
    for (size_t i = 0; i < n; i++) {
        buf_fini(&texts[i]);
    }
}

static int dial(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
        fail("cannot connect");
    }
    struct timeval limit = {.tv_sec = 30};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    return fd;
}

/* Reads one answer with a Content-Length; its status, or 0. */
static int answer(int fd)
{
    char head[8192];
    size_t got = 0;
    char *end = NULL;
    while (!end && got < sizeof(head) - 1) {
        ssize_t n = read(fd, head + got, sizeof(head) - 1 - got);
        if (n <= 0) {
            return 0;
        }
        got += (size_t)n;
        head[got] = '\0';
        end = strstr(head, "\r\n\r\n");
    }
    char *len = end ? strcasestr(head, "\r\ncontent-length:") : NULL;
    if (!len || len > end) {
        return 0;
    }
    size_t want = strtoul(len + 17, NULL, 10);
    size_t have = got - (size_t)(end + 4 - head);
    while (have < want) {
        ssize_t n = read(fd, head, sizeof(head));
        if (n <= 0) {
            return 0;
        }
        have += (size_t)n;
    }
    return (int)strtol(head + 9, NULL, 10);
}

static void post(int fd, const struct body *b)
{
    char head[512];
    int n = snprintf(head, sizeof(head),
                     "POST %s HTTP/1.1\r\nHost: localhost\r\n"
                     "Content-Type: application/json\r\n%s"
                     "Content-Length: %zu\r\n\r\n",
                     path, zstd ? "Content-Encoding: zstd\r\n" : "", b->len);
    if (n < 0 || send(fd, head, (size_t)n, MSG_NOSIGNAL | MSG_MORE) < 0) {
        fail("cannot send");
    }
    for (size_t at = 0; at < b->len;) {
        ssize_t sent = send(fd, b->p + at, b->len - at, MSG_NOSIGNAL);
        if (sent <= 0) {
            fail("cannot send");
        }
        at += (size_t)sent;
    }
}

static void *work(void *arg)
{
    (void)arg;
    int fd = dial();
    for (;;) {
        size_t i = atomic_fetch_add(&next_body, 1);
        if (i >= n_bodies) {
            break;
        }
        int64_t due = wait_due(i);
        post(fd, &bodies[i]);
        int status = answer(fd);
        bodies[i].took_us = now_us() - due;
        if (status == 200) {
            atomic_fetch_add(&n_ok, 1);
        } else if (status == 0) {
            close(fd);
            fd = dial();
        }
        atomic_fetch_add(&n_bytes, bodies[i].len);
    }
    close(fd);
    return NULL;
}

static int by_time(const void *a, const void *b)
{
    const struct body *x = a, *y = b;
    return (x->took_us > y->took_us) - (x->took_us < y->took_us);
}

static void run(size_t threads)
{
    pthread_t id[MAX_CONNECTIONS];
    begun_us = now_us();
    for (size_t i = 0; i < threads; i++) {
        if (pthread_create(&id[i], NULL, work, NULL) != 0) {
            fail("cannot start a thread");
        }
    }
    for (size_t i = 0; i < threads; i++) {
        pthread_join(id[i], NULL);
    }
    double s = (double)(now_us() - begun_us) / 1e6;
    qsort(bodies, n_bodies, sizeof(*bodies), by_time);
    printf("%zu\t%zu\t%.3f\t%zu\t%.1f\n", n_bodies, (size_t)n_ok, s,
           (size_t)n_bytes,
           n_bodies ? (double)bodies[n_bodies * 99 / 100].took_us / 1e3 : 0);
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        fail("usage: load PORT PATH CONNECTIONS RECORDS COUNT [zstd | RATE]");
    }
    port = (unsigned short)strtoul(argv[1], NULL, 10);
    path = argv[2];
    size_t threads = strtoul(argv[3], NULL, 10);
    size_t count = strtoul(argv[5], NULL, 10);
    zstd = argc > 6 && strcmp(argv[6], "zstd") == 0;
    rate = argc > 6 && !zstd ? strtod(argv[6], NULL) : 0;
    if (threads < 1 || threads > MAX_CONNECTIONS || count > MAX_COUNT) {
        fail("too many connections or records");
    }
    load(argv[4], count);
    run(threads);
    return 0;
}
