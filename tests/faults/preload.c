// SPDX-License-Identifier: Apache-2.0
/* Faults of the machine for a whole program, by LD_PRELOAD and environment:
 *   FAULT_ALLOC=N     the N-th allocation after main fails (0: only count)
 *   FAULT_WATCH=N     the N-th change of what epoll watches fails with ENOSPC
 *   FAULT_TIMER=N     the N-th timer given to libevent is not taken
 *   FAULT_FD=N        the N-th call that makes a descriptor fails with EMFILE
 *   FAULT_FOR=K       ... and of these four the K - 1 that follow (default 1)
 *   FAULT_WRITE=N     the N-th write to a regular file fails, and all later
 *   FAULT_FSYNC=N     the N-th fsync or fdatasync fails, and all later
 *   FAULT_STAT=N      the N-th look at a file (statx) fails, and all later
 *   FAULT_READDIR=N   the N-th entry of a directory cannot be read, nor later
 *   FAULT_ERRNO=E     with this errno (default ENOSPC and EIO)
 *   FAULT_CONNECT=E   every connect to FAULT_ADDR fails with this errno
 *   FAULT_ADDR=A      an IPv4 address (default: every one but loopback)
 *   FAULT_CLOCK=S     the wall clock jumps by S seconds ...
 *   FAULT_AFTER=MS    ... this long after the start (default 0) ...
 *   FAULT_UNTIL=MS    ... and back this long after it (default: never)
 * With one of the first four, how many there were is told on standard error
 * when main returns (and how many allocations before the first socket). If the
 * program crashes without the memory that it was refused: in which library.
 * While libseccomp makes its list nothing fails: version 2.5 does not survive
 * it (it crashes, goes round for ever, or allows too little).
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

/* What fails by its number; counted while main runs. */
struct nth {
    const char *name, *plural;
    int error;
    long at; // -1: not asked for
    atomic_long n;
};

static struct nth allocs = {"FAULT_ALLOC", "allocations", ENOMEM, -1, 0};
static struct nth watches = {"FAULT_WATCH", "watches", ENOSPC, -1, 0};
static struct nth timers = {"FAULT_TIMER", "timers", ENOMEM, -1, 0};
static struct nth descriptors = {"FAULT_FD", "descriptors", EMFILE, -1, 0};
static struct nth *const all[] = {&allocs, &watches, &timers, &descriptors};

static atomic_long writes, syncs, looks, entries, allocs_at_start;
static atomic_bool counting;
static long in_a_row, write_at, sync_at, look_at, entry_at, fault_errno,
    connect_errno, step_s, after_ms, until_ms;
static struct in_addr connect_addr; // 0.0.0.0: every one
static int64_t started_ms;

static long number(const char *name, long otherwise)
{
    const char *text = getenv(name);

    return text ? strtol(text, NULL, 10) : otherwise;
}

static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

static bool fails(struct nth *f)
{
    if (!counting || f->at < 0) {
        return false;
    }
    long i = atomic_fetch_add(&f->n, 1) + 1;
    if (f->at == 0 || i < f->at || i - f->at >= in_a_row) {
        return false;
    }
    errno = f->error;
    return true;
}

/* ---- memory -------------------------------------------------------------- */

void *malloc(size_t n)
{
    return fails(&allocs) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return fails(&allocs) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    return fails(&allocs) ? NULL : __libc_realloc(p, n);
}

/* Between these two libseccomp makes its list. */
static bool counted;
void *seccomp_init(uint32_t otherwise);
void seccomp_release(void *filter);

void *seccomp_init(uint32_t otherwise)
{
    void *(*init)(uint32_t);

    *(void **)&init = next("seccomp_init");
    counted = counting;
    counting = false;
    return init(otherwise);
}

void seccomp_release(void *filter)
{
    void (*release)(void *);

    *(void **)&release = next("seccomp_release");
    release(filter);
    counting = counted;
}

/* cmocka gives what it compares to strcmp: where there is no text for want of
 * memory, the test fails, but does not crash. */
void _assert_string_equal(const char *a, const char *b, const char *file,
                          int line);

void _assert_string_equal(const char *a, const char *b, const char *file,
                          int line)
{
    void (*equal)(const char *, const char *, const char *, int);
    void (*fail)(const char *, int);

    *(void **)&equal = next("_assert_string_equal");
    *(void **)&fail = next("_fail");
    if (a && b) {
        equal(a, b, file, line);
    } else {
        fail(file, line);
    }
}

/* ---- the loop ------------------------------------------------------------ */

int epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev)
{
    static int (*real)(int, int, int, struct epoll_event *);

    if (!real) {
        *(void **)&real = next("epoll_ctl");
    }
    return op != EPOLL_CTL_DEL && fails(&watches) ? -1 : real(epfd, op, fd, ev);
}

/* libevent's; what is added without a time is a watch, see above */
struct event;
int event_add(struct event *ev, const struct timeval *after);

int event_add(struct event *ev, const struct timeval *after)
{
    static int (*real)(struct event *, const struct timeval *);

    if (!real) {
        *(void **)&real = next("event_add");
    }
    return after && fails(&timers) ? -1 : real(ev, after);
}

/* ---- descriptors --------------------------------------------------------- */

int socket(int domain, int type, int protocol)
{
    static int (*real)(int, int, int);

    if (!real) {
        *(void **)&real = next("socket");
    }
    if (domain != AF_UNIX && allocs_at_start == 0) {
        allocs_at_start = allocs.n;
    }
    return fails(&descriptors) ? -1 : real(domain, type, protocol);
}

int socketpair(int domain, int type, int protocol, int fds[2])
{
    static int (*real)(int, int, int, int[2]);

    if (!real) {
        *(void **)&real = next("socketpair");
    }
    return fails(&descriptors) ? -1 : real(domain, type, protocol, fds);
}

int epoll_create1(int flags)
{
    static int (*real)(int);

    if (!real) {
        *(void **)&real = next("epoll_create1");
    }
    return fails(&descriptors) ? -1 : real(flags);
}

int eventfd(unsigned value, int flags)
{
    static int (*real)(unsigned, int);

    if (!real) {
        *(void **)&real = next("eventfd");
    }
    return fails(&descriptors) ? -1 : real(value, flags);
}

int timerfd_create(clockid_t id, int flags)
{
    static int (*real)(clockid_t, int);

    if (!real) {
        *(void **)&real = next("timerfd_create");
    }
    return fails(&descriptors) ? -1 : real(id, flags);
}

int pipe2(int fds[2], int flags)
{
    static int (*real)(int[2], int);

    if (!real) {
        *(void **)&real = next("pipe2");
    }
    return fails(&descriptors) ? -1 : real(fds, flags);
}

int open64(const char *path, int flags, ...)
{
    static int (*real)(const char *, int, ...);
    va_list ap;

    if (!real) {
        *(void **)&real = next("open64");
    }
    va_start(ap, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return fails(&descriptors) ? -1 : real(path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list ap;

    va_start(ap, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return open64(path, flags, mode);
}

int openat(int at, const char *path, int flags, ...)
{
    static int (*real)(int, const char *, int, ...);
    va_list ap;

    if (!real) {
        *(void **)&real = next("openat");
    }
    va_start(ap, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return fails(&descriptors) ? -1 : real(at, path, flags, mode);
}

FILE *fopen64(const char *path, const char *mode)
{
    static FILE *(*real)(const char *, const char *);

    if (!real) {
        *(void **)&real = next("fopen64");
    }
    return fails(&descriptors) ? NULL : real(path, mode);
}

FILE *fopen(const char *path, const char *mode)
{
    return fopen64(path, mode);
}

/* ---- files --------------------------------------------------------------- */

static bool is_file(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static bool io_fails(int fd, atomic_long *count, long at, int otherwise)
{
    if (at <= 0 || !is_file(fd) || atomic_fetch_add(count, 1) + 1 < at) {
        return false;
    }
    errno = fault_errno ? (int)fault_errno : otherwise;
    return true;
}

ssize_t write(int fd, const void *p, size_t n)
{
    static ssize_t (*real)(int, const void *, size_t);

    if (!real) {
        *(void **)&real = next("write");
    }
    return io_fails(fd, &writes, write_at, ENOSPC) ? -1 : real(fd, p, n);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
    static ssize_t (*real)(int, const void *, size_t, off64_t);

    if (!real) {
        *(void **)&real = next("pwrite64");
    }
    return io_fails(fd, &writes, write_at, ENOSPC) ? -1 : real(fd, p, n, at);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
    return pwrite64(fd, p, n, at);
}

ssize_t writev(int fd, const struct iovec *v, int n)
{
    static ssize_t (*real)(int, const struct iovec *, int);

    if (!real) {
        *(void **)&real = next("writev");
    }
    return io_fails(fd, &writes, write_at, ENOSPC) ? -1 : real(fd, v, n);
}

int fsync(int fd)
{
    static int (*real)(int);

    if (!real) {
        *(void **)&real = next("fsync");
    }
    return io_fails(fd, &syncs, sync_at, EIO) ? -1 : real(fd);
}

int fdatasync(int fd)
{
    static int (*real)(int);

    if (!real) {
        *(void **)&real = next("fdatasync");
    }
    return io_fails(fd, &syncs, sync_at, EIO) ? -1 : real(fd);
}

static bool read_fails(atomic_long *count, long at)
{
    if (!counting || at <= 0 || atomic_fetch_add(count, 1) + 1 < at) {
        return false;
    }
    errno = fault_errno ? (int)fault_errno : EIO;
    return true;
}

int statx(int at, const char *restrict path, int flags, unsigned mask,
          struct statx *restrict out)
{
    static int (*real)(int, const char *, int, unsigned, struct statx *);

    if (!real) {
        *(void **)&real = next("statx");
    }
    return read_fails(&looks, look_at) ? -1 : real(at, path, flags, mask, out);
}

struct dirent64 *readdir64(DIR *dir)
{
    static struct dirent64 *(*real)(DIR *);

    if (!real) {
        *(void **)&real = next("readdir64");
    }
    return read_fails(&entries, entry_at) ? NULL : real(dir);
}

/* ---- the network --------------------------------------------------------- */

static bool connect_fails(const struct sockaddr *to, socklen_t len)
{
    struct sockaddr_in in;

    if (connect_errno == 0 || !to || len < sizeof(in) ||
        to->sa_family != AF_INET) {
        return false;
    }
    memcpy(&in, to, sizeof(in));
    if (connect_addr.s_addr != 0 ? in.sin_addr.s_addr != connect_addr.s_addr
                                 : ntohl(in.sin_addr.s_addr) >> 24 == 127) {
        return false;
    }
    errno = (int)connect_errno;
    return true;
}

int connect(int fd, const struct sockaddr *to, socklen_t len)
{
    static int (*real)(int, const struct sockaddr *, socklen_t);

    if (!real) {
        *(void **)&real = next("connect");
    }
    return connect_fails(to, len) ? -1 : real(fd, to, len);
}

/* ---- the clock ----------------------------------------------------------- */

static int real_clock(clockid_t id, struct timespec *ts)
{
    static int (*real)(clockid_t, struct timespec *);

    if (!real) {
        *(void **)&real = next("clock_gettime");
    }
    return real(id, ts);
}

static int64_t mono_ms(void)
{
    struct timespec ts = {0, 0};

    real_clock(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int clock_gettime(clockid_t id, struct timespec *ts)
{
    int rc = real_clock(id, ts);

    if (rc != 0 || step_s == 0 || started_ms == 0 ||
        (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE)) {
        return rc;
    }
    int64_t age = mono_ms() - started_ms;
    if (age >= after_ms && (until_ms == 0 || age < until_ms)) {
        ts->tv_sec += step_s;
    }
    return rc;
}

time_t time(time_t *out)
{
    struct timespec ts = {0, 0};

    clock_gettime(CLOCK_REALTIME, &ts);
    if (out) {
        *out = ts.tv_sec;
    }
    return ts.tv_sec;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    struct timespec ts = {0, 0};

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &ts);
    tv->tv_sec = ts.tv_sec;
    tv->tv_usec = ts.tv_nsec / 1000;
    return 0;
}

/* ---- the beginning ------------------------------------------------------- */

/* Whose fault it was: of what was called last, but for this file and the C
 * library, which calls abort() for others. */
static void on_crash(int signum)
{
    void *frames[16];
    Dl_info here = {0}, libc = {0}, in = {0};

    counting = false;
    int n = backtrace(frames, 16);
    if (n > 0 && dladdr(frames[0], &here) && dladdr(next("abort"), &libc)) {
        for (int i = 0; i < n; i++) {
            if (dladdr(frames[i], &in) && in.dli_fbase != here.dli_fbase &&
                in.dli_fbase != libc.dli_fbase) {
                dprintf(STDERR_FILENO, "crashed in %s\n", in.dli_fname);
                break;
            }
        }
    }
    signal(signum, SIG_DFL);
    raise(signum);
}

static void tell_of_crashes(void)
{
    void *frame;

    backtrace(&frame, 1); /* loads what it needs while there is memory */
    signal(SIGSEGV, on_crash);
    signal(SIGFPE, on_crash);
    signal(SIGABRT, on_crash);
}

typedef int (*main_fn)(int argc, char **argv, char **envp);

static main_fn real_main;

static int our_main(int argc, char **argv, char **envp)
{
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        all[i]->at = number(all[i]->name, -1);
    }
    in_a_row = number("FAULT_FOR", 1);
    write_at = number("FAULT_WRITE", 0);
    sync_at = number("FAULT_FSYNC", 0);
    look_at = number("FAULT_STAT", 0);
    entry_at = number("FAULT_READDIR", 0);
    fault_errno = number("FAULT_ERRNO", 0);
    connect_errno = number("FAULT_CONNECT", 0);
    const char *addr = getenv("FAULT_ADDR");
    if (addr && inet_pton(AF_INET, addr, &connect_addr) != 1) {
        fprintf(stderr, "FAULT_ADDR: %s is not an IPv4 address\n", addr);
        return 2;
    }
    step_s = number("FAULT_CLOCK", 0);
    after_ms = number("FAULT_AFTER", 0);
    until_ms = number("FAULT_UNTIL", 0);
    started_ms = mono_ms();
    if (allocs.at > 0) {
        tell_of_crashes();
    }
    counting = true;
    int rc = real_main(argc, argv, envp);
    counting = false;
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        if (all[i]->at >= 0) {
            fprintf(stderr, "%s: %ld\n", all[i]->plural, (long)all[i]->n);
        }
    }
    if (allocs.at >= 0) {
        fprintf(stderr, "before the first socket: %ld\n",
                (long)allocs_at_start);
    }
    return rc;
}

int __libc_start_main(main_fn entry, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack)
{
    int (*start)(main_fn, int, char **, void (*)(void), void (*)(void),
                 void (*)(void), void *);

    *(void **)&start = next("__libc_start_main");
    real_main = entry;
    return start(our_main, argc, argv, init, fini, rtld_fini, stack);
}
