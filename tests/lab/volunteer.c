// SPDX-License-Identifier: Apache-2.0
#include "volunteer.h"

#include "capture.h"
#include "netns.h"
#include "six.h"
#include "util.h"
#include "web.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void write_consent(const char *home)
{
    static const char *const sub[] = {".local", ".local/state",
                                      ".local/state/parallax"};
    for (size_t i = 0; i < 3; i++) {
        char *path = lab_printf("%s/%s", home, sub[i]);
        lab_mkdir(path);
        free(path);
    }
    char date[32];
    time_t now = time(NULL);
    struct tm tm;
    gmtime_r(&now, &tm);
    strftime(date, sizeof(date), "%Y-%m-%d", &tm);
    char *path = lab_printf("%s/.local/state/parallax/consent", home);
    char *text = lab_printf("version = 1\naccepted = R0,R1,R2,R3\n"
                            "date = %s\n",
                            date);
    lab_file_write(path, text, strlen(text));
    free(path);
    free(text);
}

static bool forget_variable(const char *name, size_t len)
{
    static const char *const exact[] = {"CURL_CA_BUNDLE", "SSL_CERT_DIR"};
    for (size_t i = 0; i < 2; i++) {
        if (strlen(exact[i]) == len && strncmp(name, exact[i], len) == 0) {
            return true; // they would beat SSL_CERT_FILE
        }
    }
    // Waits are the caller's: they change how long a lab takes, no more.
    static const char *const waits[] = {"PARALLAX_RETEST_PAUSE",
                                        "PARALLAX_RETEST_RESIDUAL"};
    for (size_t i = 0; i < 2; i++) {
        if (strlen(waits[i]) == len && strncmp(name, waits[i], len) == 0) {
            return false;
        }
    }
    return (len > 9 && strncmp(name, "PARALLAX_", 9) == 0) ||
           (len > 4 && strncmp(name, "XDG_", 4) == 0);
}

// Settings of the caller must not reach into the lab.
static void clear_env(void)
{
    extern char **environ;
    for (size_t i = 0; environ[i];) {
        size_t len = strcspn(environ[i], "=");
        if (forget_variable(environ[i], len)) {
            char *name = lab_strdup(environ[i]);
            name[len] = 0;
            unsetenv(name);
            free(name);
        } else {
            i++;
        }
    }
}

static void set_path(const char *key, const char *dir, const char *name)
{
    char *path = lab_printf("%s/%s", dir, name);
    setenv(key, path, 1);
    free(path);
}

static void set_env(const struct lab_conf *c, const char *dir, int index,
                    bool consent)
{
    char number[16];
    char *home = lab_printf("%s/home", dir);
    clear_env();
    lab_mkdir(home);
    if (c->volunteers > 1) {
        free(home);
        home = lab_printf("%s/home/%d", dir, index);
        lab_mkdir(home);
    }
    setenv("HOME", home, 1);
    set_path("SSL_CERT_FILE", dir, "ca.pem");
    set_path("PARALLAX_ASN_DB", dir, "asn.mmdb");
    set_path("PARALLAX_DATA", dir, "collector");
    setenv("PARALLAX_COLLECTOR", "https://api.ooni.io", 1);
    setenv("PARALLAX_COLLECTOR_SEAL_KEY", LAB_SEAL_KEY, 1);
    setenv("LAB_DIR", dir, 1);
    snprintf(number, sizeof(number), "%d", index);
    setenv("LAB_VOLUNTEER", number, 1);
    snprintf(number, sizeof(number), "%d", c->volunteers);
    setenv("LAB_VOLUNTEERS", number, 1);
    if (consent) {
        write_consent(home);
    }
    free(home);
}

static char *find_faketime(void)
{
    static const char *const where[] = {
        "/usr/lib/*/faketime/libfaketimeMT.so.1",
        "/usr/lib*/faketime/libfaketimeMT.so.1",
        "/usr/local/lib/faketime/libfaketimeMT.so.1"};
    char *found = NULL;
    for (size_t i = 0; i < 3 && !found; i++) {
        glob_t g = {0};
        if (glob(where[i], 0, NULL, &g) == 0) {
            found = lab_strdup(g.gl_pathv[0]);
        }
        globfree(&g);
    }
    if (!found) {
        lab_fail("clock: libfaketimeMT.so.1 is not there (Debian: package "
                 "libfaketime)");
    }
    return found;
}

// COMMAND and what it starts see another time of day; how long things take,
// and when they are to happen, stays true.
static void set_clock(const struct lab_conf *c)
{
    char text[32];
    const char *old = getenv("ASAN_OPTIONS");
    int64_t by = c->clock_s - (c->clock_at ? (int64_t)time(NULL) : 0);
    snprintf(text, sizeof(text), "%+lld", (long long)by);
    char *lib = find_faketime();
    // A program with a sanitizer wants to be the first library.
    char *asan = lab_printf("%s%sverify_asan_link_order=0", old ? old : "",
                            old && *old ? ":" : "");
    setenv("FAKETIME", text, 1);
    setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1", 1);
    setenv("DONT_FAKE_MONOTONIC", "1", 1);
    setenv("FAKETIME_NO_CACHE", "1", 1);
    setenv("ASAN_OPTIONS", asan, 1);
    setenv("LD_PRELOAD", lib, 1);
    free(asan);
    free(lib);
}

// Also through an exec by a user who is not root.
static void keep_all_capabilities(void)
{
    cap_t caps = cap_get_proc();
    for (int cap = 0; caps && cap <= CAP_LAST_CAP; cap++) {
        cap_value_t v = cap;
        cap_flag_value_t has = CAP_CLEAR;
        if (cap_get_flag(caps, v, CAP_PERMITTED, &has) == 0 && has == CAP_SET) {
            cap_set_flag(caps, CAP_INHERITABLE, 1, &v, CAP_SET);
        }
    }
    if (!caps || cap_set_proc(caps) != 0) {
        lab_fail("capabilities: %s", strerror(errno));
    }
    cap_free(caps);
    for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
    }
}

static void enter_namespaces(const struct lab_conf *c, const char *dir,
                             const struct lab_command *cmd, int index)
{
    char text[46];
    uint8_t six[16];
    lab_six_server(c, index, c->isp_resolver, six);
    bool only_six = c->volunteer[index].v6 == LAB_V6_NAT64;
    char *resolv = lab_printf("nameserver %s\n",
                              only_six ? lab_six_text(six, text)
                                       : lab_addr(c->isp_resolver, text));
    if (unshare(CLONE_NEWNS) != 0) {
        lab_fail("mount namespace: %s", strerror(errno));
    }
    lab_mount_text(dir, "resolv.conf", "/etc/resolv.conf", resolv);
    lab_mount_text(dir, "hosts", "/etc/hosts", "127.0.0.1 localhost\n");
    free(resolv);
    if (cmd->child_user) {
        // The caller's own user owns this network, or else packet sockets
        // would be refused to COMMAND even with its capability.
        if (unshare(CLONE_NEWUSER) != 0) {
            lab_fail("user namespace: %s", strerror(errno));
        }
        lab_map_user(cmd->uid, 0, cmd->gid, 0);
    }
    if (unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) {
        lab_fail("namespaces: %s", strerror(errno));
    }
}

// The capture is handed to the lab's first process: COMMAND must not find a
// child it never made.
static pid_t start_capture(const struct lab_conf *c, const char *dir, int index)
{
    int ready[2];
    char *path = c->volunteers > 1 ? lab_printf("%s/client-%d.pcap", dir, index)
                                   : lab_printf("%s/client.pcap", dir);
    if (pipe2(ready, O_CLOEXEC) != 0) {
        lab_fail("pipe: %s", strerror(errno));
    }
    pid_t between = fork();
    if (between == 0) {
        if (fork() != 0) {
            _exit(0);
        }
        setsid();
        pid_t self = getpid();
        if (write(ready[1], &self, sizeof(self)) != sizeof(self)) {
            _exit(LAB_EXIT_BROKEN);
        }
        lab_capture(path, ready[1]);
        _exit(0);
    }
    close(ready[1]);
    pid_t pid = 0;
    char byte;
    if (between < 0 || waitpid(between, NULL, 0) != between ||
        read(ready[0], &pid, sizeof(pid)) != sizeof(pid) ||
        read(ready[0], &byte, 1) != 1) {
        lab_fail("the capture did not start");
    }
    close(ready[0]);
    free(path);
    return pid;
}

// The bounding set first: later the right to change it is gone.
static void drop_capabilities(const struct lab_command *cmd)
{
    for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
        bool keep = cap == CAP_NET_RAW && cmd->net_raw;
        if (!keep && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0) {
            lab_fail("bounding set: %s", strerror(errno));
        }
    }
    static const cap_value_t raw[] = {CAP_NET_RAW};
    cap_t caps = cap_init();
    if (!caps) {
        lab_fail("out of memory");
    }
    for (cap_flag_t set = CAP_EFFECTIVE; cmd->net_raw && set <= CAP_INHERITABLE;
         set++) {
        cap_set_flag(caps, set, 1, raw, CAP_SET);
    }
    if (cap_set_proc(caps) != 0) {
        lab_fail("capabilities: %s", strerror(errno));
    }
    cap_free(caps);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (cmd->net_raw &&
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0)) {
        lab_fail("capability net_raw: %s", strerror(errno));
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        lab_fail("no_new_privs: %s", strerror(errno));
    }
}

void lab_volunteer(const struct lab_conf *c, const char *dir,
                   const struct lab_command *cmd, int index, int sync)
{
    char byte;
    enter_namespaces(c, dir, cmd, index);
    if (write(sync, "n", 1) != 1 || read(sync, &byte, 1) != 1) {
        _exit(LAB_EXIT_BROKEN);
    }
    keep_all_capabilities();
    lab_volunteer_net(&c->volunteer[index]);
    pid_t capture = start_capture(c, dir, index);
    set_env(c, dir, index, !cmd->no_consent);
    if (write(sync, "r", 1) != 1 ||
        write(sync, &capture, sizeof(capture)) != sizeof(capture) ||
        read(sync, &byte, 1) != 1) {
        _exit(LAB_EXIT_BROKEN);
    }
    if (!cmd->all_caps) {
        drop_capabilities(cmd);
    }
    // The lab ignores what a terminal sends; COMMAND must not.
    for (int sig = 1; sig < 32; sig++) {
        signal(sig, SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (c->clock) {
        set_clock(c);
    }
    execvp(cmd->argv[0], cmd->argv);
    int why = errno;
    fprintf(stderr, "lab: %s: %s\n", cmd->argv[0], strerror(why));
    _exit(why == ENOENT ? 127 : 126);
}
