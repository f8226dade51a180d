// SPDX-License-Identifier: Apache-2.0
/* hostile --list              the URLs of all misbehaviours and good sites
 * hostile [--usage FILE] -- COMMAND [ARG...]
 *
 * Runs COMMAND on a network of its own where every server misbehaves: user,
 * network and mount namespaces, no route out. HOSTILE_DIR holds ca.pem (also
 * in SSL_CERT_FILE); HOME is fresh, with consent. FILE gets `wall_ms` and
 * `max_rss_kb` of COMMAND, and the lengths of the handshakes that are cut.
 */
#include "hostile.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAILED 125

static const char network[] =
    "set -e; PATH=$PATH:/usr/sbin:/sbin; ip link set lo up\n"
    "ip link add out type dummy 2>/dev/null ||"
    " ip link add out type veth peer name in\n"
    "ip addr add 130.192.91.211/24 dev out; ip link set out up\n"
    "ip route add local 45.65.0.0/16 dev lo src 130.192.91.211\n"
    "for a in 8.8.8.8 8.8.4.4 9.9.9.9 149.112.112.112 1.1.1.1 1.0.0.1"
    " 208.67.222.222 208.67.220.220\n"
    "do ip route add local $a dev lo src 130.192.91.211; done\n"
    "sysctl -qw net.ipv4.ip_unprivileged_port_start=0 2>/dev/null || true\n";

static const char consent[] =
    "version = 1\naccepted = R0,R1,R2,R3\ndate = 2026-01-01\n";

static char dir[] = "/tmp/hostile.XXXXXX";

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    size_t n = strlen(text);
    bool ok = fd >= 0 && write(fd, text, n) == (ssize_t)n;

    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

static const char *in_dir(char *path, size_t size, const char *name)
{
    snprintf(path, size, "%s/%s", dir, name);
    return path;
}

static bool enter_namespaces(void)
{
    char map[64];
    unsigned uid = (unsigned)getuid(), gid = (unsigned)getgid();

    if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) != 0) {
        if (uid != 0 || unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) {
            return false;
        }
    } else {
        snprintf(map, sizeof(map), "0 %u 1", uid);
        if (!write_file("/proc/self/uid_map", map) ||
            !write_file("/proc/self/setgroups", "deny")) {
            return false;
        }
        snprintf(map, sizeof(map), "0 %u 1", gid);
        if (!write_file("/proc/self/gid_map", map)) {
            return false;
        }
    }
    return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           system(network) == 0;
}

static bool cover(const char *name, const char *text, const char *target)
{
    char path[64];

    return write_file(in_dir(path, sizeof(path), name), text) &&
           mount(path, target, NULL, MS_BIND, NULL) == 0;
}

static bool make_home(void)
{
    static const char *const dirs[] = {"home", "home/.local",
                                       "home/.local/state",
                                       "home/.local/state/parallax"};
    char path[128];

    for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
        if (mkdir(in_dir(path, sizeof(path), dirs[i]), 0700) != 0) {
            return false;
        }
    }
    return write_file(
        in_dir(path, sizeof(path), "home/.local/state/parallax/consent"),
        consent);
}

static bool set_up(void)
{
    char path[64];

    if (!mkdtemp(dir) || !enter_namespaces()) {
        return false;
    }
    setenv("HOSTILE_DIR", dir, 1);
    setenv("SSL_CERT_FILE", in_dir(path, sizeof(path), "ca.pem"), 1);
    /* nobody listens there: no control, nothing uploaded */
    setenv("PARALLAX_COLLECTOR", "https://45.65.0.1:9", 1);
    if (!certs_make(path) || !make_home() ||
        !cover("resolv.conf", "nameserver 45.65.0.53\n", "/etc/resolv.conf") ||
        !cover("hosts", "127.0.0.1 localhost\n", "/etc/hosts")) {
        return false;
    }
    setenv("HOME", in_dir(path, sizeof(path), "home"), 1);
    unsetenv("XDG_STATE_HOME");
    unsetenv("XDG_CONFIG_HOME");
    return dns_start() && web_start();
}

static void remove_dir(void)
{
    char command[64];

    snprintf(command, sizeof(command), "rm -rf %s", dir);
    if (system(command) != 0) {
        fprintf(stderr, "hostile: %s is left behind\n", dir);
    }
}

static void report(const char *file, int64_t wall_ms, const struct rusage *ru)
{
    char text[256];

    snprintf(text, sizeof(text),
             "wall_ms %lld\nmax_rss_kb %ld\nflight13 %zu\nflight12 %zu\n"
             "cut_max %d\n",
             (long long)wall_ms, ru->ru_maxrss, tls_flight(false),
             tls_flight(true), CUT_MAX);
    if (!write_file(file, text)) {
        fprintf(stderr, "hostile: %s cannot be written\n", file);
    }
}

static volatile sig_atomic_t child;

static void pass_on(int sig)
{
    if (child > 0) {
        kill((pid_t)child, sig);
    }
}

static int run(char **argv, const char *usage)
{
    int64_t t0 = now_ms();
    struct rusage ru = {0};
    int status = 0;

    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGPIPE, SIG_DFL);
        execvp(argv[0], argv);
        fprintf(stderr, "hostile: %s: %s\n", argv[0], strerror(errno));
        _exit(127);
    }
    child = pid;
    signal(SIGTERM, pass_on);
    signal(SIGINT, pass_on);
    while (pid > 0 && wait4(pid, &status, 0, &ru) < 0 && errno == EINTR) {
        continue;
    }
    if (usage) {
        report(usage, now_ms() - t0, &ru);
    }
    if (pid < 0) {
        return FAILED;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
    const char *usage = NULL;
    int at = 1;

    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        web_list();
        return 0;
    }
    if (argc > at + 1 && strcmp(argv[at], "--usage") == 0) {
        usage = argv[at + 1];
        at += 2;
    }
    if (argc <= at + 1 || strcmp(argv[at], "--") != 0) {
        fprintf(stderr, "usage: hostile --list | "
                        "[--usage FILE] -- COMMAND [ARG...]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    if (!set_up()) {
        fprintf(stderr, "hostile: the network could not be made: %s\n",
                strerror(errno));
        remove_dir();
        return FAILED;
    }
    int status = run(argv + at + 1, usage);
    remove_dir();
    return status;
}
