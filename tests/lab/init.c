// SPDX-License-Identifier: Apache-2.0
#include "init.h"

#include "certs.h"
#include "middlebox.h"
#include "mmdb.h"
#include "netns.h"
#include "servers.h"
#include "util.h"
#include "web.h"
#include "zone.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct part {
    pid_t pid;
    int sync;
    pid_t capture;
    int status; // of COMMAND
    bool over;
};

struct init {
    const struct lab_setup *s;
    const char *dir;
    int control;
    struct part world;
    struct part middlebox;
    struct part volunteer[LAB_MAX_VOLUNTEERS];
    pid_t group; // COMMAND's process group
    int running;
};

static void socket_pair(int pair[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        lab_fail("socketpair: %s", strerror(errno));
    }
}

// Waits for `byte` of a part; its own words have been said if it ended.
static void expect(const struct part *p, char byte)
{
    char got = 0;
    if (read(p->sync, &got, 1) != 1 || got != byte) {
        _exit(LAB_EXIT_BROKEN);
    }
}

static void tell(const struct part *p)
{
    if (write(p->sync, "g", 1) != 1) {
        _exit(LAB_EXIT_BROKEN);
    }
}

static void write_files(const struct init *in)
{
    const struct lab_conf *c = in->s->conf;
    char *mmdb = lab_printf("%s/asn.mmdb", in->dir);
    lab_zone_write(c, in->dir);
    lab_mmdb_write(c, mmdb);
    lab_web_write(c, in->dir, in->s->collector);
    lab_timing("pages, zones, networks written");
    lab_certs_write(c, in->dir);
    lab_timing("certificates written");
    free(mmdb);
}

static struct part fork_part(void (*run)(struct init *, int, int),
                             struct init *in, int index)
{
    int pair[2];
    struct part p = {0};
    socket_pair(pair);
    p.pid = fork();
    if (p.pid < 0) {
        lab_fail("fork: %s", strerror(errno));
    }
    if (p.pid == 0) {
        close(pair[0]);
        run(in, index, pair[1]);
        _exit(0);
    }
    close(pair[1]);
    p.sync = pair[0];
    return p;
}

static void run_world(struct init *in, int index, int sync)
{
    (void)index;
    lab_world(in->s->conf, in->dir, in->s->collector, sync);
}

static void run_middlebox(struct init *in, int index, int sync)
{
    (void)index;
    setsid();
    lab_middlebox(in->s->conf, in->dir, sync, sync);
}

static void run_volunteer(struct init *in, int index, int sync)
{
    setpgid(0, in->group);
    lab_volunteer(in->s->conf, in->dir, &in->s->command, index, sync);
}

static void start_parts(struct init *in)
{
    const struct lab_conf *c = in->s->conf;
    pid_t pid[LAB_MAX_VOLUNTEERS];
    lab_router_prepare(c);
    in->world = fork_part(run_world, in, 0);
    for (int i = 0; i < c->volunteers; i++) {
        in->volunteer[i] = fork_part(run_volunteer, in, i);
        pid[i] = in->volunteer[i].pid;
        in->group = in->group ? in->group : pid[0];
        setpgid(pid[i], in->group);
    }
    expect(&in->world, 'n');
    for (int i = 0; i < c->volunteers; i++) {
        expect(&in->volunteer[i], 'n');
    }
    lab_timing("namespaces made");
    lab_router_attach(c, in->world.pid, pid);
    lab_timing("router attached");
    tell(&in->world);
    in->middlebox = fork_part(run_middlebox, in, 0);
    for (int i = 0; i < c->volunteers; i++) {
        tell(&in->volunteer[i]);
    }
    expect(&in->middlebox, 'r');
    for (int i = 0; i < c->volunteers; i++) {
        struct part *p = &in->volunteer[i];
        expect(p, 'r');
        if (read(p->sync, &p->capture, sizeof(pid_t)) != sizeof(pid_t)) {
            _exit(LAB_EXIT_BROKEN);
        }
    }
    lab_timing("volunteers ready");
    expect(&in->world, 'r');
}

static void report(const struct init *in, unsigned char what, int value)
{
    unsigned char msg[2] = {what, (unsigned char)value};
    if (write(in->control, msg, sizeof(msg)) != sizeof(msg)) {
        _exit(LAB_EXIT_BROKEN); // the launcher is gone
    }
}

static void take_terminal(const struct init *in)
{
    if (in->s->tty >= 0) {
        tcsetpgrp(in->s->tty, in->group);
    }
}

static void on_child(struct init *in, pid_t pid, int status)
{
    for (int i = 0; i < in->s->conf->volunteers; i++) {
        struct part *p = &in->volunteer[i];
        if (p->pid != pid) {
            continue;
        }
        if (WIFSTOPPED(status)) {
            if (in->s->tty >= 0) {
                report(in, LAB_STOPPED, 0);
            }
        } else {
            p->over = true;
            p->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status)
                                            : WEXITSTATUS(status);
            in->running--;
        }
    }
    if (pid == in->middlebox.pid && !WIFSTOPPED(status)) {
        lab_fail("the middlebox died (wait status %d)", status);
    }
    if (pid == in->world.pid && !WIFSTOPPED(status)) {
        lab_fail("the world died (wait status %d)", status);
    }
}

static void reap(struct init *in)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
        on_child(in, pid, status);
    }
}

static void on_control(struct init *in)
{
    unsigned char sig;
    if (read(in->control, &sig, 1) != 1) {
        _exit(LAB_EXIT_BROKEN);
    }
    if (sig == LAB_CONTINUE) {
        take_terminal(in);
        kill(-in->group, SIGCONT);
    } else {
        kill(-in->group, sig);
    }
}

static void run_command(struct init *in)
{
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    int sfd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    in->running = in->s->conf->volunteers;
    take_terminal(in);
    report(in, LAB_STARTED, 0);
    tell(&in->middlebox);
    for (int i = 0; i < in->s->conf->volunteers; i++) {
        tell(&in->volunteer[i]);
    }
    lab_timing("COMMAND starts");
    struct pollfd fd[2] = {{sfd, POLLIN, 0}, {in->control, POLLIN, 0}};
    while (in->running) {
        reap(in);
        if (!in->running) {
            break;
        }
        if (poll(fd, 2, -1) < 0 && errno != EINTR) {
            lab_fail("poll: %s", strerror(errno));
        }
        struct signalfd_siginfo si;
        while (read(sfd, &si, sizeof(si)) > 0) {
        }
        if (fd[1].revents) {
            on_control(in);
        }
    }
    close(sfd);
    lab_timing("COMMAND ended");
}

// What COMMAND left running ends with it; then captures, so that they hold
// all; then the world, whose collector writes what it has; then the
// middlebox, which knows the truth.
static void take_down(struct init *in)
{
    kill(-in->group, SIGKILL);
    for (int i = 0; i < in->s->conf->volunteers; i++) {
        kill(in->volunteer[i].capture, SIGTERM);
    }
    pid_t world = in->world.pid;
    pid_t box = in->middlebox.pid;
    in->world.pid = in->middlebox.pid = 0;
    // Not close: parts started later hold copies.
    shutdown(in->world.sync, SHUT_WR);
    waitpid(world, NULL, 0);
    shutdown(in->middlebox.sync, SHUT_WR);
    waitpid(box, NULL, 0);
    for (int i = 0; i < in->s->conf->volunteers; i++) {
        while (waitpid(in->volunteer[i].capture, NULL, 0) < 0 &&
               errno == EINTR) {
        }
    }
    lab_timing("world taken down");
}

static int first_failure(const struct init *in)
{
    for (int i = 0; i < in->s->conf->volunteers; i++) {
        if (in->volunteer[i].status) {
            return in->volunteer[i].status;
        }
    }
    return 0;
}

void lab_init(const struct lab_setup *s, int control)
{
    struct init in = {.s = s, .control = control, .dir = s->keep};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL); // the launcher blocks what it reads
    for (int sig = 1; sig < 32; sig++) {
        if (sig != SIGCHLD) {
            signal(sig, SIG_IGN); // a terminal's signals are for COMMAND
        }
    }
    lab_mount_private();
    if (!in.dir) {
        in.dir = LAB_RUN_DIR;
    }
    write_files(&in);
    start_parts(&in);
    run_command(&in);
    take_down(&in);
    report(&in, LAB_DONE, first_failure(&in));
    _exit(0);
}
