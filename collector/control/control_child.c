// SPDX-License-Identifier: Apache-2.0
/* The process that keeps a control running, and what it tells. */
#include "collector/control/control_child.h"

#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/str.h"
#include "collector/control/control_keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define STOP_WAIT (10 * US_PER_S) /* the keeper gives the control less */

struct control_child {
    struct loop *loop;
    struct control_child_config cfg;
    pid_t pid; /* of the keeper; 0 none */
    int fd;
    struct loop_io *io;
    char line[CONTROL_KEEPER_LINE];
    size_t line_len;
    bool ready_once;
    char **env; /* ours without what points to the records */
};

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

/* Gives the status it ended with. */
static int reap(struct control_child *c)
{
    int status = 0;
    loop_io_free(c->io);
    c->io = NULL;
    if (c->fd >= 0) {
        close(c->fd);
        c->fd = -1;
    }
    if (c->pid > 0) {
        kill(c->pid, SIGKILL); /* the control ends when its keeper does */
        while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR) {
        }
        c->pid = 0;
    }
    return status;
}

static void on_ended(struct control_child *c)
{
    int status = reap(c);
    if (!c->ready_once) {
        c->cfg.on_failed(c->cfg.arg,
                         WIFEXITED(status) &&
                             WEXITSTATUS(status) == CONTROL_KEEPER_USAGE);
        return;
    }
    log_error("control", "what keeps the control running ended: there is none "
                         "until the next start");
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
    c->ready_once = true;
    c->cfg.on_ready(c->cfg.arg, c->line, key);
}

static void on_readable(void *arg, int fd, unsigned what)
{
    (void)what;
    struct control_child *c = arg;
    char chunk[CONTROL_KEEPER_LINE];
    ssize_t n = read(fd, chunk, sizeof(chunk));
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n <= 0) {
        on_ended(c);
        return;
    }
    for (ssize_t i = 0; i < n; i++) {
        if (chunk[i] == '\n') {
            c->line[c->line_len] = '\0';
            c->line_len = 0;
            on_line(c);
        } else if (c->line_len < sizeof(c->line) - 1) {
            c->line[c->line_len++] = chunk[i];
        }
    }
}

static enum err start(struct control_child *c)
{
    int fds[2];
    const struct control_keeper keeper = {.listen = c->cfg.listen,
                                          .log_level = c->cfg.log_level,
                                          .config_file = c->cfg.config_file,
                                          .env = c->env};
    if (pipe2(fds, O_CLOEXEC) != 0) {
        return err_from_errno(errno);
    }
    /* one that came between fork and the keeper's own handlers would be taken
     * for ours */
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    c->pid = fork();
    if (c->pid == 0) {
        control_keeper_run(&keeper, fds[1]);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
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
    c->env = clean_env();
    enum err e = c->env ? start(c) : ERR_NOMEM;
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
    (void)reap(c); /* it was told to end */
    free(c->env);
    free(c);
}
