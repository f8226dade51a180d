// SPDX-License-Identifier: Apache-2.0
#include "util.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void reserve(struct lab_str *s, size_t more)
{
    if (s->cap - s->len > more) {
        return;
    }
    size_t cap = s->cap ? s->cap : 256;
    while (cap - s->len <= more) {
        cap *= 2;
    }
    s->p = realloc(s->p, cap);
    if (!s->p) {
        lab_fail("out of memory");
    }
    s->cap = cap;
}

void lab_str_add(struct lab_str *s, const void *p, size_t len)
{
    reserve(s, len + 1);
    if (len) {
        memcpy(s->p + s->len, p, len);
    }
    s->len += len;
    s->p[s->len] = 0;
}

void lab_str_puts(struct lab_str *s, const char *text)
{
    lab_str_add(s, text, strlen(text));
}

__attribute__((format(printf, 2, 0))) static void
add_va(struct lab_str *s, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    if (n < 0) {
        lab_fail("cannot format a message");
    }
    reserve(s, (size_t)n + 1);
    vsnprintf(s->p + s->len, (size_t)n + 1, fmt, again);
    s->len += (size_t)n;
    va_end(again);
}

void lab_str_fmt(struct lab_str *s, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add_va(s, fmt, ap);
    va_end(ap);
}

void lab_str_fini(struct lab_str *s)
{
    free(s->p);
    *s = (struct lab_str){0};
}

void lab_fail(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("lab: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    fflush(stderr);
    _exit(LAB_EXIT_BROKEN);
}

void lab_say(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("lab: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
}

void *lab_alloc(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);
    if (!p) {
        lab_fail("out of memory");
    }
    return p;
}

void *lab_grow(void *p, size_t count, size_t *cap, size_t size)
{
    if (count < *cap) {
        return p;
    }
    size_t want = *cap ? *cap * 2 : 16;
    void *q = reallocarray(p, want, size);
    if (!q) {
        lab_fail("out of memory");
    }
    *cap = want;
    return q;
}

char *lab_strdup(const char *s)
{
    char *p = strdup(s);
    if (!p) {
        lab_fail("out of memory");
    }
    return p;
}

char *lab_printf(const char *fmt, ...)
{
    struct lab_str s = {0};
    va_list ap;
    va_start(ap, fmt);
    add_va(&s, fmt, ap);
    va_end(ap);
    return s.p;
}

void lab_file_write(const char *path, const void *p, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) {
        lab_fail("%s: %s", path, strerror(errno));
    }
    const char *at = p;
    while (len) {
        ssize_t n = write(fd, at, len);
        if (n < 0) {
            lab_fail("%s: %s", path, strerror(errno));
        }
        at += n;
        len -= (size_t)n;
    }
    close(fd);
}

char *lab_file_read(const char *path, size_t max, size_t *len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return NULL;
    }
    struct stat st = {0};
    // reading a directory tells its own error
    if (fstat(fd, &st) != 0 || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))) {
        close(fd);
        errno = ESPIPE;
        return NULL;
    }
    struct lab_str s = {0};
    char part[65536];
    ssize_t n;
    while ((n = read(fd, part, sizeof(part))) > 0) {
        lab_str_add(&s, part, (size_t)n);
        if (s.len > max) {
            errno = EFBIG;
            n = -1;
            break;
        }
    }
    int saved = errno;
    close(fd);
    if (n < 0) {
        lab_str_fini(&s);
        errno = saved;
        return NULL;
    }
    lab_str_add(&s, "", 0);
    *len = s.len;
    return s.p;
}

const char *lab_file_error(void)
{
    return errno == ESPIPE ? "not a regular file" : strerror(errno);
}

void lab_mkdir(const char *path)
{
    if (mkdir(path, 0755) != 0 && errno != EEXIST) {
        lab_fail("%s: %s", path, strerror(errno));
    }
}

void lab_remove_below(const char *path)
{
    DIR *d = opendir(path);
    if (!d) {
        return;
    }
    struct dirent *e;
    while ((e = readdir(d))) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) {
            continue;
        }
        char *sub = lab_printf("%s/%s", path, e->d_name);
        struct stat st;
        if (lstat(sub, &st) == 0 && S_ISDIR(st.st_mode)) {
            lab_remove_below(sub);
            rmdir(sub);
        } else {
            unlink(sub);
        }
        free(sub);
    }
    closedir(d);
}

void lab_run(char *const argv[], const char *input)
{
    int in[2];
    if (pipe2(in, O_CLOEXEC) != 0) {
        lab_fail("pipe: %s", strerror(errno));
    }
    pid_t pid = fork();
    if (pid < 0) {
        lab_fail("fork: %s", strerror(errno));
    }
    if (pid == 0) {
        dup2(in[0], 0);
        dup2(2, 1);
        execvp(argv[0], argv);
        fprintf(stderr, "lab: %s: %s\n", argv[0], strerror(errno));
        _exit(127);
    }
    close(in[0]);
    size_t left = input ? strlen(input) : 0;
    while (left) {
        ssize_t n = write(in[1], input, left);
        if (n < 0) {
            break; // the tool ended early: its status tells
        }
        input += n;
        left -= (size_t)n;
    }
    close(in[1]);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        lab_fail("%s failed (wait status %d)", argv[0], status);
    }
}

void lab_sysctl(const char *name, const char *value)
{
    char *path = lab_printf("/proc/sys/%s", name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, value, strlen(value)) < 0) {
        lab_fail("%s: %s", path, strerror(errno));
    }
    close(fd);
    free(path);
}

int64_t lab_now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void lab_timing(const char *what)
{
    static int64_t first;
    if (!first) {
        first = lab_now_us();
    }
    if (getenv("LAB_TIMING")) {
        fprintf(stderr, "lab: %7.1f ms %s\n",
                (double)(lab_now_us() - first) / 1000.0, what);
    }
}

uint64_t lab_hash(const void *p, size_t len)
{
    const unsigned char *b = p;
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < len; i++) {
        h = (h ^ b[i]) * 0x100000001b3u;
    }
    return h;
}

uint64_t lab_rand(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

const char *lab_addr(uint32_t addr, char out[16])
{
    struct in_addr a = {.s_addr = addr};
    return inet_ntop(AF_INET, &a, out, 16) ? out : "?";
}
