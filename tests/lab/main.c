// SPDX-License-Identifier: Apache-2.0
// The launcher: reads the command line and the files, makes the lab's first
// process in namespaces of its own, passes signals on, ends with COMMAND's
// status. See README.md in this folder.
#include "init.h"
#include "lines.h"
#include "netns.h"
#include "sitelist.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_FILES 64

struct options {
    const char *file[MAX_FILES];
    size_t files;
    const char *list[MAX_FILES];
    size_t lists;
    long volunteers;
    const char *keep;
    struct lab_setup setup;
};

static const char usage[] =
    "usage: lab [OPTION]... -- COMMAND [ARG...]\n"
    "\n"
    "Brings up a world of its own (sites, resolvers, a line with a censor on\n"
    "it), runs COMMAND on a volunteer's host, takes everything down.\n"
    "\n"
    "  --scenario FILE   what the line and the censor do (may be repeated)\n"
    "  --world FILE      hosts, pages, resolvers, volunteers (repeated)\n"
    "  --list FILE       make every host of a site list exist (repeated)\n"
    "  --volunteers N    run COMMAND on N volunteers at the same time\n"
    "  --cap net_raw     let COMMAND capture packets\n"
    "  --root            leave COMMAND all capabilities\n"
    "  --no-consent      no consent file in HOME\n"
    "  --keep DIR        keep logs, captures and truth.jsonl in DIR\n"
    "  --help            this text\n"
    "\n"
    "Exit status: COMMAND's (128+n for a signal), 2 wrong usage, 125 the\n"
    "world could not be made.\n";

static void usage_error(const char *words, const char *what)
{
    fprintf(stderr, "lab: %s%s\nlab: try --help\n", words, what);
    exit(2);
}

static void add_file(const char **list, size_t *n, const char *path)
{
    if (*n == MAX_FILES) {
        usage_error("too many files: ", path);
    }
    list[(*n)++] = path;
}

static void parse_options(struct options *o, int argc, char **argv)
{
    static const struct option longs[] = {
        {"scenario", required_argument, NULL, 's'},
        {"world", required_argument, NULL, 'w'},
        {"list", required_argument, NULL, 'l'},
        {"volunteers", required_argument, NULL, 'v'},
        {"cap", required_argument, NULL, 'c'},
        {"root", no_argument, NULL, 'r'},
        {"no-consent", no_argument, NULL, 'n'},
        {"keep", required_argument, NULL, 'k'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0}};
    struct lab_command *cmd = &o->setup.command;
    int c;
    while ((c = getopt_long(argc, argv, "+", longs, NULL)) != -1) {
        char *end;
        switch (c) {
        case 's':
        case 'w':
            add_file(o->file, &o->files, optarg);
            break;
        case 'l':
            add_file(o->list, &o->lists, optarg);
            break;
        case 'v':
            o->volunteers = strtol(optarg, &end, 10);
            if (*end || o->volunteers < 1 ||
                o->volunteers > LAB_MAX_VOLUNTEERS) {
                usage_error("--volunteers: not a number from 1 to 200: ",
                            optarg);
            }
            break;
        case 'c':
            if (strcmp(optarg, "net_raw") != 0) {
                usage_error("--cap knows net_raw only, not ", optarg);
            }
            cmd->net_raw = true;
            break;
        case 'r':
            cmd->all_caps = true;
            break;
        case 'n':
            cmd->no_consent = true;
            break;
        case 'k':
            o->keep = optarg;
            break;
        case 'h':
            fputs(usage, stdout);
            exit(0);
        default:
            usage_error("wrong option", "");
        }
    }
    if (optind >= argc) {
        usage_error("COMMAND is missing", "");
    }
    cmd->argv = argv + optind;
}

static void read_conf(struct lab_conf *c, const struct options *o)
{
    size_t skipped = 0;
    lab_conf_init(c);
    for (size_t i = 0; i < o->files; i++) {
        if (!lab_lines_file(c, o->file[i])) {
            lab_fail("%s", c->error);
        }
    }
    if (!lab_conf_finish(c) ||
        !lab_sitelist_read(c, o->list, o->lists, &skipped) ||
        !lab_conf_settle(c)) {
        lab_fail("%s", c->error);
    }
    if (o->volunteers) {
        lab_conf_volunteers(c, (int)o->volunteers);
    }
    lab_timing("files read");
}

// DIR must be missing, empty or a lab's from before, which is cleared.
static char *prepare_keep(const char *dir)
{
    lab_mkdir(dir);
    char *full = realpath(dir, NULL);
    if (!full) {
        lab_fail("%s: %s", dir, strerror(errno));
    } else if (strcmp(full, "/run") == 0 || strncmp(full, "/run/", 5) == 0) {
        lab_fail("--keep: not below /run, which is the lab's own");
    }
    char *mark = lab_printf("%s/.lab", full);
    if (access(mark, F_OK) == 0) {
        lab_remove_below(full);
    } else if (rmdir(full) == 0) {
        lab_mkdir(full);
    } else {
        lab_fail("--keep: %s is not empty and not a lab's", dir);
    }
    lab_file_write(mark, "", 0);
    free(mark);
    return full;
}

// Beside us, unless the environment names another.
static char *find_collector(void)
{
    const char *named = getenv("LAB_COLLECTOR");
    if (named) {
        return *named && access(named, X_OK) == 0 ? realpath(named, NULL)
                                                  : NULL;
    }
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (n <= 0) {
        return NULL;
    }
    self[n] = 0;
    char *slash = strrchr(self, '/');
    *slash = 0;
    char *path = lab_printf("%s/parallax-collector", self);
    if (access(path, X_OK) != 0) {
        free(path);
        return NULL;
    }
    return path;
}

static int find_terminal(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (isatty(fd) && tcgetpgrp(fd) == getpgrp()) {
            return fd;
        }
    }
    return -1;
}

// A fork into new namespaces. Plain as root, else below a user namespace in
// which we are root.
static pid_t fork_into(bool child_user)
{
    unsigned long flags =
        CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC;
    if (child_user) {
        flags |= CLONE_NEWUSER;
    }
    return (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
}

static pid_t start_init(struct options *o, int *control)
{
    int pair[2];
    struct lab_command *cmd = &o->setup.command;
    cmd->uid = geteuid();
    cmd->gid = getegid();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        lab_fail("socketpair: %s", strerror(errno));
    }
    fflush(NULL);
    pid_t pid = -1;
    if (cmd->uid == 0) {
        pid = fork_into(false);
    }
    if (pid < 0) {
        cmd->child_user = true;
        pid = fork_into(true);
    }
    if (pid < 0) {
        lab_fail("cannot make namespaces: %s", strerror(errno));
    }
    if (pid == 0) {
        close(pair[0]);
        if (cmd->child_user) {
            lab_map_user(0, cmd->uid, 0, cmd->gid);
        }
        lab_init(&o->setup, pair[1]);
    }
    close(pair[1]);
    *control = pair[0];
    return pid;
}

static void on_stop(int tty, int control)
{
    unsigned char go = LAB_CONTINUE;
    tcsetpgrp(tty, getpgrp());
    raise(SIGSTOP); // as the shell expects of what it runs
    if (write(control, &go, 1) != 1) {
        lab_fail("the lab died");
    }
}

// Until the lab's first process reports or dies.
static int attend(const struct options *o, int control, int signals)
{
    struct pollfd fd[2] = {{control, POLLIN, 0}, {signals, POLLIN, 0}};
    bool started = false;
    for (;;) {
        if (poll(fd, 2, -1) < 0 && errno != EINTR) {
            lab_fail("poll: %s", strerror(errno));
        }
        struct signalfd_siginfo si;
        if (fd[1].revents && read(signals, &si, sizeof(si)) == sizeof(si)) {
            unsigned char sig = (unsigned char)si.ssi_signo;
            if (!started) {
                return 128 + sig; // there is no COMMAND to leave it to
            }
            if (write(control, &sig, 1) != 1) {
                return LAB_EXIT_BROKEN;
            }
        }
        unsigned char msg[2];
        if (!fd[0].revents) {
            continue;
        }
        if (recv(control, msg, 2, MSG_WAITALL) != 2) {
            return LAB_EXIT_BROKEN;
        }
        if (msg[0] == LAB_DONE) {
            return msg[1];
        }
        if (msg[0] == LAB_STARTED) {
            started = true;
            continue;
        }
        on_stop(o->setup.tty, control);
    }
}

int main(int argc, char **argv)
{
    static struct lab_conf conf;
    static struct options o;
    lab_timing("start");
    parse_options(&o, argc, argv);
    read_conf(&conf, &o);
    o.setup.conf = &conf;
    o.setup.keep = o.keep ? prepare_keep(o.keep) : NULL;
    o.setup.collector = find_collector();
    o.setup.tty = find_terminal();
    static const int passed[] = {SIGTERM, SIGINT,  SIGHUP,
                                 SIGQUIT, SIGUSR1, SIGUSR2};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++) {
        sigaddset(&set, passed[i]);
    }
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGTTOU, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    int control = -1;
    pid_t pid = start_init(&o, &control);
    int signals = signalfd(-1, &set, SFD_CLOEXEC);
    int status = attend(&o, control, signals);
    if (o.setup.tty >= 0) {
        tcsetpgrp(o.setup.tty, getpgrp());
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    lab_timing("gone");
    return status;
}
