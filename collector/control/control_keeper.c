// SPDX-License-Identifier: Apache-2.0
/* Start, wait for the end, pause, start again. A second process waits for the
 * end of the first, and then does the same. Signals come only while it
 * waits, so that none is missed in between. */
#include "collector/control/control_keeper.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define BACKOFF_MIN (1 * US_PER_S)
#define BACKOFF_MAX (60 * US_PER_S)
#define STOP_WAIT   (5 * US_PER_S)
#define READY_FD    3

struct keeper {
    const struct control_keeper *cfg;
    char listen[64];
    int out;
    pid_t pid;
    int fd; /* what the control tells */
    char line[CONTROL_KEEPER_LINE];
    size_t len;
    bool ready, ready_once;
    bool usage; /* the last one refused its settings */
    int next;   /* to the one that takes over if we are killed, or -1 */
    bool lead;  /* we are the one that was made first */
    int64_t started_us, backoff_us;
};

static volatile sig_atomic_t asked_to_end;

static void on_signal(int signum)
{
    (void)signum;
    asked_to_end = 1;
}

static void set_signals(void)
{
    struct sigaction ours = {.sa_handler = on_signal};
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGTERM);
    sigaddset(&both, SIGINT);
    sigaction(SIGTERM, &ours, NULL);
    sigaction(SIGINT, &ours, NULL);
    sigaction(SIGCHLD, &usual, NULL);
    sigprocmask(SIG_SETMASK, &both, NULL);
}

/* Only what is safe between fork and exec. */
static void become_control(const struct keeper *k, int fd, char *const *argv)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (fd == READY_FD) {
        fcntl(fd, F_SETFD, 0);
    } else if (dup2(fd, READY_FD) < 0) {
        _exit(127);
    }
    close_range(READY_FD + 1, ~0U, 0);
    execve("/proc/self/exe", argv, k->cfg->env);
    _exit(127);
}

static bool start(struct keeper *k)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0) {
        return false;
    }
    char ready[16];
    snprintf(ready, sizeof(ready), "%d", READY_FD);
    char *argv[11] = {"parallax-collector",
                      "control",
                      "--listen",
                      k->listen,
                      "--ready-fd",
                      ready,
                      "--log-level",
                      (char *)(uintptr_t)k->cfg->log_level,
                      NULL};
    if (k->cfg->config_file) {
        argv[8] = "--config";
        argv[9] = (char *)(uintptr_t)k->cfg->config_file;
    }
    k->ready = false;
    k->len = 0;
    k->started_us = clock_mono_us();
    k->pid = fork();
    if (k->pid == 0) {
        become_control(k, fds[1], argv);
    }
    close(fds[1]);
    if (k->pid < 0) {
        close(fds[0]);
        return false;
    }
    k->fd = fds[0];
    return true;
}

/* Waits until there is something to read, for `us` at most (0: for ever), until
 * a signal comes, or until nobody hears us any more, which ends us too. */
static bool readable(struct keeper *k, int fd, int64_t us)
{
    struct pollfd p[3] = {{.fd = fd, .events = POLLIN},
                          {.fd = asked_to_end ? -1 : k->out},
                          {.fd = k->next}};
    struct timespec t = {.tv_sec = (time_t)(us / US_PER_S),
                         .tv_nsec = (long)(us % US_PER_S) * 1000};
    sigset_t none;
    sigemptyset(&none);
    if (ppoll(p, 3, us > 0 ? &t : NULL, &none) <= 0) {
        return false;
    }
    if (p[1].revents) {
        asked_to_end = 1;
    }
    if (p[2].revents) { /* it was killed: there will be another */
        close(k->next);
        k->next = -1;
    }
    return p[0].revents != 0;
}

static void take_line(struct keeper *k)
{
    static const char scheme[] = "http://";
    size_t at = sizeof(scheme) - 1;
    char *space = memchr(k->line, ' ', k->len);
    if (!space || k->len < at || memcmp(k->line, scheme, at) != 0 ||
        (size_t)(space - k->line) - at >= sizeof(k->listen)) {
        log_error("control", "unexpected words from the control");
        return;
    }
    size_t n = (size_t)(space - k->line) - at;
    memcpy(k->listen, k->line + at, n); /* the same place the next time */
    k->listen[n] = '\0';
    k->ready = k->ready_once = true;
    if (fs_write_all(k->out, k->line, k->len) != ERR_OK) {
        asked_to_end = 1; /* nobody is there to hear of it */
    }
}

/* False: the control is gone. */
static bool hear(struct keeper *k)
{
    char chunk[CONTROL_KEEPER_LINE];
    ssize_t n = read(k->fd, chunk, sizeof(chunk));
    for (ssize_t i = 0; i < n && !k->ready; i++) {
        if (k->len < sizeof(k->line)) {
            k->line[k->len++] = chunk[i];
        }
        if (chunk[i] == '\n') {
            take_line(k);
        }
    }
    return n > 0 || (n < 0 && errno == EINTR);
}

static void reap(struct keeper *k)
{
    close(k->fd);
    int status = 0;
    kill(k->pid, SIGKILL); /* it may have closed only its pipe */
    while (waitpid(k->pid, &status, 0) < 0 && errno == EINTR) {
    }
    k->usage = WIFEXITED(status) && WEXITSTATUS(status) == CONTROL_KEEPER_USAGE;
}

/* Makes the process that goes on if we are killed: it waits for the end of a
 * pipe that ends with us, and for a byte in it if all is to end. True: we are
 * that process, and it is our turn. */
static bool make_next(struct keeper *k)
{
    int fds[2];
    if (k->next >= 0 || pipe2(fds, O_CLOEXEC) != 0) {
        return false;
    }
    pid_t pid = fork();
    if (pid != 0) {
        close(fds[0]);
        k->next = pid > 0 ? fds[1] : -1;
        if (pid < 0) {
            close(fds[1]);
        }
        return false;
    }
    char byte;
    ssize_t n;
    prctl(PR_SET_PDEATHSIG, 0);
    close(fds[1]);
    close(k->fd);
    do {
        n = read(fds[0], &byte, 1);
    } while (n < 0 && errno == EINTR);
    close(fds[0]);
    if (n != 0) {
        _exit(0);
    }
    k->lead = false;
    k->pid = 0;
    log_warn("control", "what keeps the control running was killed: another "
                        "takes over");
    return true;
}

static _Noreturn void leave(const struct keeper *k, int status)
{
    /* the next one ends too; if it is gone already, all the better */
    signal(SIGPIPE, SIG_IGN);
    if (k->next >= 0 && write(k->next, "", 1) != 1) {
        log_debug("control", "nobody was there to take over");
    }
    _exit(status);
}

/* Until the control ended. */
static void watch(struct keeper *k)
{
    bool there = true;
    while (there && !asked_to_end) {
        there = !readable(k, k->fd, 0) || hear(k);
        if (there && k->ready_once && make_next(k)) {
            return;
        }
    }
    if (there) {
        int64_t until = clock_mono_us() + STOP_WAIT;
        kill(k->pid, SIGTERM);
        while (there && clock_mono_us() < until) {
            there = !readable(k, k->fd, until - clock_mono_us() + 1) || hear(k);
        }
    }
    reap(k);
}

static void pause_before_next(struct keeper *k)
{
    if (k->ready && clock_mono_us() - k->started_us > BACKOFF_MAX) {
        k->backoff_us = BACKOFF_MIN;
    }
    log_warn("control", "the control ended; starting it again in %lld s",
             (long long)(k->backoff_us / US_PER_S));
    int64_t until = clock_mono_us() + k->backoff_us;
    while (!asked_to_end && clock_mono_us() < until) {
        (void)readable(k, -1, until - clock_mono_us() + 1); /* sleeps */
    }
    k->backoff_us *= 2;
    if (k->backoff_us > BACKOFF_MAX) {
        k->backoff_us = BACKOFF_MAX;
    }
}

/* Nothing of who made us but standard error and `out`, as 3. */
static int keep_one(int out)
{
    if (out != READY_FD) {
        dup2(out, READY_FD);
    }
    fcntl(READY_FD, F_SETFD, FD_CLOEXEC);
    close_range(READY_FD + 1, ~0U, 0);
    return READY_FD;
}

_Noreturn void control_keeper_run(const struct control_keeper *cfg, int out)
{
    struct keeper k = {
        .cfg = cfg, .backoff_us = BACKOFF_MIN, .next = -1, .lead = true};
    pid_t maker = getppid();
    set_signals();
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    k.out = keep_one(out);
    str_copy(k.listen, sizeof(k.listen), cfg->listen);
    while (!asked_to_end && (!k.lead || getppid() == maker)) {
        if (start(&k)) {
            watch(&k);
        } else {
            log_error("control", "cannot start the control");
        }
        if (!k.ready_once) {
            leave(&k, k.usage ? CONTROL_KEEPER_USAGE : 1);
        }
        if (!asked_to_end) {
            pause_before_next(&k);
        }
    }
    leave(&k, 0);
}
