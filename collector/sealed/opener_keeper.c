// SPDX-License-Identifier: Apache-2.0
/* Start, wait for the end, pause, start again. */
#include "collector/sealed/opener_keeper.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUT_FD      3
#define BACKOFF_MIN (1 * US_PER_S)
#define BACKOFF_MAX (60 * US_PER_S)

/* What a message says besides the descriptor that it carries. */
struct words {
    int32_t how;
    int32_t pid;
};

union control {
    struct cmsghdr aligned;
    char bytes[CMSG_SPACE(sizeof(int))];
};

struct keeper {
    const char *key_file;
    void (*child)(const char *key_file, int fd);
    pid_t pid;
    int alive; /* ends with the child */
    int64_t started_us, backoff_us;
};

/* ---- news ---------------------------------------------------------------- */

/* False: nobody hears us any more. */
static bool tell(const struct opener_keeper_news *news)
{
    struct words w = {.how = (int32_t)news->how, .pid = (int32_t)news->pid};
    struct iovec io = {&w, sizeof(w)};
    union control c;
    struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};
    ssize_t n;
    memset(&c, 0, sizeof(c));
    if (news->fd >= 0) {
        m.msg_control = c.bytes;
        m.msg_controllen = sizeof(c.bytes);
        struct cmsghdr *head = CMSG_FIRSTHDR(&m);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(head), &news->fd, sizeof(int));
    }
    do {
        n = sendmsg(OUT_FD, &m, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof(w);
}

bool opener_keeper_hear(int in, bool wait, struct opener_keeper_news *news)
{
    struct words w = {.how = 0};
    struct iovec io = {&w, sizeof(w)};
    union control c;
    struct msghdr m = {.msg_iov = &io,
                       .msg_iovlen = 1,
                       .msg_control = c.bytes,
                       .msg_controllen = sizeof(c.bytes)};
    ssize_t n;
    do {
        n = recvmsg(in, &m, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
    } while (n < 0 && errno == EINTR);
    if (n != (ssize_t)sizeof(w)) {
        return false;
    }
    *news = (struct opener_keeper_news){
        .how = (enum err)w.how, .pid = (pid_t)w.pid, .fd = -1};
    const struct cmsghdr *head = CMSG_FIRSTHDR(&m);
    if (head && head->cmsg_type == SCM_RIGHTS) {
        memcpy(&news->fd, CMSG_DATA(head), sizeof(int));
    }
    return true;
}

/* ---- starting ------------------------------------------------------------ */

/* The new process: it has its sockets, and the end of a pipe that tells of its
 * death. */
static _Noreturn void become_child(const struct keeper *k, int fd, int alive)
{
    /* nothing of the keeper: 3 and 4 are what it needs, in any order */
    int mine = fcntl(fd, F_DUPFD_CLOEXEC, 16);
    int told = fcntl(alive, F_DUPFD_CLOEXEC, 16);
    if (mine < 0 || told < 0 || dup2(mine, OUT_FD) < 0 ||
        dup2(told, OUT_FD + 1) < 0) {
        _exit(1);
    }
    close_range(OUT_FD + 2, ~0U, 0);
    k->child(k->key_file, OUT_FD);
    _exit(0);
}

/* How it went, by the child's first byte. */
static enum err first_byte(int fd)
{
    uint8_t how = 0;
    ssize_t n;
    do {
        n = read(fd, &how, 1);
    } while (n < 0 && errno == EINTR);
    return n == 1 ? (enum err)how : ERR_NET;
}

/* Starts one, and fills what is to be told of it. */
static void start(struct keeper *k, struct opener_keeper_news *news)
{
    int fds[2], alive[2];
    *news = (struct opener_keeper_news){.how = ERR_NOMEM, .fd = -1};
    k->pid = -1;
    k->alive = -1;
    k->started_us = clock_mono_us();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
        return;
    }
    if (pipe2(alive, O_CLOEXEC) != 0) {
        close(fds[0]);
        close(fds[1]);
        return;
    }
    k->pid = fork();
    if (k->pid == 0) {
        become_child(k, fds[1], alive[1]);
    }
    close(fds[1]);
    close(alive[1]);
    k->alive = alive[0];
    news->pid = k->pid;
    news->how = k->pid > 0 ? first_byte(fds[0]) : ERR_NOMEM;
    if (news->how == ERR_OK) {
        news->fd = fds[0];
    } else {
        close(fds[0]);
    }
}

/* ---- waiting ------------------------------------------------------------- */

/* Until the child ends (fd >= 0), or for `us`; false: all is to end. */
static bool wait_for(int fd, int64_t us)
{
    struct pollfd p[2] = {{.fd = OUT_FD}, {.fd = fd, .events = POLLIN}};
    int64_t until = clock_mono_us() + us;
    while (fd >= 0 || clock_mono_us() < until) {
        int64_t left = until - clock_mono_us();
        int n = poll(p, 2, fd >= 0 ? -1 : (int)(left / 1000 + 1));
        if (n > 0 && p[0].revents) {
            return false;
        }
        if (n > 0) {
            return true;
        }
    }
    return true;
}

static void reap(const struct keeper *k)
{
    if (k->alive >= 0) {
        close(k->alive);
    }
    while (k->pid > 0 && waitpid(k->pid, NULL, 0) < 0 && errno == EINTR) {
    }
}

static bool pause_before_next(struct keeper *k)
{
    if (clock_mono_us() - k->started_us > BACKOFF_MAX) {
        k->backoff_us = 0;
    }
    log_warn("serve",
             "what opens sealed records ended; starting it again in "
             "%lld s",
             (long long)(k->backoff_us / US_PER_S));
    bool on = wait_for(-1, k->backoff_us);
    k->backoff_us = k->backoff_us ? 2 * k->backoff_us : BACKOFF_MIN;
    if (k->backoff_us > BACKOFF_MAX) {
        k->backoff_us = BACKOFF_MAX;
    }
    return on;
}

static void ignore_signals(void)
{
    /* it ends with the collector, which drains first */
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
}

/* Nothing of who made us but standard error and `out`, as 3. */
static void keep_one(int out)
{
    if (out != OUT_FD) {
        dup2(out, OUT_FD);
    }
    fcntl(OUT_FD, F_SETFD, FD_CLOEXEC);
    close_range(OUT_FD + 1, ~0U, 0);
}

_Noreturn void opener_keeper_run(const char *key_file, int out,
                                 void (*child)(const char *key_file, int fd))
{
    struct keeper k = {.key_file = key_file, .child = child};
    bool on = true;
    ignore_signals();
    keep_one(out);
    while (on) {
        struct opener_keeper_news news;
        start(&k, &news);
        on = tell(&news);
        if (news.fd >= 0) {
            close(news.fd);
        }
        on = on && wait_for(k.alive, 0);
        reap(&k);
        on = on && pause_before_next(&k);
    }
    _exit(0);
}
