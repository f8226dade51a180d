// SPDX-License-Identifier: Apache-2.0
/* Starting the control, hearing of it, starting it again. */
#include "collector/control/control_child.h"

#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define BACKOFF_MIN (1 * US_PER_S)
#define BACKOFF_MAX (60 * US_PER_S)
#define READY_FD    3
#define STOP_WAIT   (5 * US_PER_S)
#define LINE_MAX    256

struct control_child {
    struct loop *loop;
    struct control_child_config cfg;
    char listen[64];
    pid_t pid; /* 0 none */
    int fd;
    struct loop_io *io;
    struct loop_timer *timer;
    char line[LINE_MAX];
    size_t line_len;
    bool ready_once;
    bool ready;
    int64_t started_us;
    int64_t backoff_us;
    char **env; /* ours without what points to the records */
};

static enum err start(struct control_child *c);

static char **clean_env(void)
{
    extern char **environ;
    size_t n = 0;
    while (environ[n]) {
        n++;
    }
    char **env = calloc(n + 1, sizeof(*env));
    size_t k = 0;
    for (size_t i = 0; env && i < n; i++) {
        if (strncmp(environ[i], "PARALLAX_DATA=", 14) != 0) {
            env[k++] = environ[i];
        }
    }
    return env;
}

static void reap(struct control_child *c)
{
    loop_io_free(c->io);
    c->io = NULL;
    if (c->fd >= 0) {
        close(c->fd);
        c->fd = -1;
    }
    if (c->pid > 0) {
        kill(c->pid, SIGKILL); /* it may have closed only its pipe */
        while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR) {
        }
        c->pid = 0;
    }
}

static void on_ended(struct control_child *c)
{
    bool was_ready = c->ready;
    reap(c);
    if (!c->ready_once) {
        c->cfg.on_failed(c->cfg.arg);
        return;
    }
    if (was_ready && clock_mono_us() - c->started_us > BACKOFF_MAX) {
        c->backoff_us = BACKOFF_MIN;
    }
    log_warn("control", "the control ended; starting it again in %lld s",
             (long long)(c->backoff_us / US_PER_S));
    if (loop_timer_in(c->timer, c->backoff_us) != ERR_OK) {
        log_error("control", "no timer: the control stays down");
    }
    c->backoff_us *= 2;
    if (c->backoff_us > BACKOFF_MAX) {
        c->backoff_us = BACKOFF_MAX;
    }
}

/* "http://ADDR:PORT KEY" */
static void on_line(struct control_child *c)
{
    uint8_t key[CRYPTO_PUB_LEN];
    char *space = strchr(c->line, ' ');
    if (!space || hex_decode(str_c(space + 1), key, sizeof(key)) != ERR_OK ||
        strncmp(c->line, "http://", 7) != 0) {
        log_error("control", "unexpected words from the control");
        return;
    }
    *space = '\0';
    str_copy(c->listen, sizeof(c->listen), c->line + 7);
    c->ready = c->ready_once = true;
    c->cfg.on_ready(c->cfg.arg, c->line, key);
}

static void on_readable(void *arg, int fd, unsigned what)
{
    (void)what;
    struct control_child *c = arg;
    char chunk[LINE_MAX];
    ssize_t n = read(fd, chunk, sizeof(chunk));
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n <= 0) {
        on_ended(c);
        return;
    }
    for (ssize_t i = 0; i < n && !c->ready; i++) {
        if (chunk[i] == '\n') {
            c->line[c->line_len] = '\0';
            on_line(c);
        } else if (c->line_len < sizeof(c->line) - 1) {
            c->line[c->line_len++] = chunk[i];
        }
    }
}

static void on_timer(void *arg)
{
    struct control_child *c = arg;
    if (start(c) != ERR_OK) {
        log_error("control", "cannot start the control");
        on_ended(c);
    }
}

/* Only what is safe between fork and exec. */
static void become_control(const struct control_child *c, int fd,
                           char *const *argv)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (fd == READY_FD) {
        fcntl(fd, F_SETFD, 0);
    } else if (dup2(fd, READY_FD) < 0) {
        _exit(127);
    }
    close_range(READY_FD + 1, ~0U, 0);
    execve("/proc/self/exe", argv, c->env);
    _exit(127);
}

static enum err start(struct control_child *c)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0) {
        return err_from_errno(errno);
    }
    char ready[16];
    snprintf(ready, sizeof(ready), "%d", READY_FD);
    char *argv[11] = {"parallax-collector",
                      "control",
                      "--listen",
                      c->listen,
                      "--ready-fd",
                      ready,
                      "--log-level",
                      (char *)(uintptr_t)c->cfg.log_level,
                      NULL};
    if (c->cfg.config_file) {
        argv[8] = "--config";
        argv[9] = (char *)(uintptr_t)c->cfg.config_file;
    }
    c->ready = false;
    c->line_len = 0;
    c->started_us = clock_mono_us();
    c->pid = fork();
    if (c->pid == 0) {
        become_control(c, fds[1], argv);
    }
    close(fds[1]);
    if (c->pid < 0) {
        c->pid = 0;
        close(fds[0]);
        return ERR_NOMEM;
    }
    c->fd = fds[0];
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    return loop_io_new(c->loop, c->fd, LOOP_READ, on_readable, c, &c->io);
}

enum err control_child_start(struct loop *l,
                             const struct control_child_config *cfg,
                             struct control_child **out)
{
    struct control_child *c = calloc(1, sizeof(*c));
    if (!c) {
        return ERR_NOMEM;
    }
    c->loop = l;
    c->cfg = *cfg;
    c->fd = -1;
    c->backoff_us = BACKOFF_MIN;
    str_copy(c->listen, sizeof(c->listen), cfg->listen);
    c->env = clean_env();
    enum err e = c->env ? loop_timer_new(l, on_timer, c, &c->timer) : ERR_NOMEM;
    if (e == ERR_OK) {
        e = start(c);
    }
    if (e != ERR_OK) {
        control_child_stop(c);
        return e;
    }
    *out = c;
    return ERR_OK;
}

void control_child_stop(struct control_child *c)
{
    if (!c) {
        return;
    }
    if (c->pid > 0) {
        kill(c->pid, SIGTERM);
        int64_t until = clock_mono_us() + STOP_WAIT;
        while (clock_mono_us() < until) {
            pid_t got = waitpid(c->pid, NULL, WNOHANG);
            if (got == c->pid || (got < 0 && errno != EINTR)) {
                c->pid = 0;
                break;
            }
            usleep(10000);
        }
    }
    reap(c);
    loop_timer_free(c->timer);
    free(c->env);
    free(c);
}
