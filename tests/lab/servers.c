// SPDX-License-Identifier: Apache-2.0
#include "servers.h"

#include "nameserver.h"
#include "netns.h"
#include "odd.h"
#include "util.h"
#include "web.h"
#include "zone.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_US     (120 * INT64_C(1000000))
#define COLLECTOR_US (120 * INT64_C(1000000))
#define DRAIN_US     (60 * INT64_C(1000000))
#define MAX_SERVERS  8 // without programs of `exec` lines

struct child {
    const char *name;
    pid_t pid;
    char *log;
};

struct servers {
    const struct lab_conf *c;
    const char *dir;
    int sync;
    struct child *child; // MAX_SERVERS and one for each program
    int n;
    int collector; // index, -1: none
};

static void nap(void)
{
    struct timespec t = {0, 2000000};
    nanosleep(&t, NULL);
}

static void to_log(const char *log)
{
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || null < 0) {
        lab_fail("%s: %s", log, strerror(errno));
    }
    dup2(null, 0);
    dup2(fd, 1);
    dup2(fd, 2);
}

// The rest of a child's life.
static _Noreturn void run(const struct child *ch, char *const argv[])
{
    for (int sig = 1; sig < 32; sig++) {
        signal(sig, SIG_DFL); // the lab ignores them, a server must not
    }
    to_log(ch->log);
    execvp(argv[0], argv);
    fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

static struct child *start(struct servers *s, const char *name,
                           char *const argv[])
{
    struct child *ch = &s->child[s->n++];
    ch->name = name;
    ch->log = lab_printf("%s/%s.log", s->dir, name);
    ch->pid = fork();
    if (ch->pid < 0) {
        lab_fail("fork: %s", strerror(errno));
    }
    if (ch->pid == 0) {
        run(ch, argv);
    }
    return ch;
}

// The end of a log, for the words that go with status 125.
static void show_log(const char *path)
{
    size_t len = 0;
    char *text = lab_file_read(path, 1 << 20, &len);
    if (text) {
        const char *from = len > 2000 ? text + len - 2000 : text;
        fprintf(stderr, "%s", from);
        free(text);
    }
}

static void must_live(struct child *ch)
{
    int status;
    if (ch->pid > 0 && waitpid(ch->pid, &status, WNOHANG) == ch->pid) {
        show_log(ch->log);
        lab_fail("%s did not start (see above)", ch->name);
    }
}

static void wait_port(struct child *ch, uint32_t addr, uint16_t port)
{
    int64_t until = lab_now_us() + START_US;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = addr;
    while (lab_now_us() < until) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool ok = connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
        close(fd);
        if (ok) {
            return;
        }
        must_live(ch);
        nap();
    }
    show_log(ch->log);
    lab_fail("%s does not answer", ch->name);
}

// nginx takes connections at the first addresses before it has them all; when
// it has, it writes who it is.
static void wait_nginx(const struct servers *s, struct child *ch)
{
    int64_t until = lab_now_us() + START_US;
    char *path = lab_printf("%s/nginx.pid", s->dir);
    while (access(path, F_OK) != 0) {
        must_live(ch);
        if (lab_now_us() > until) {
            show_log(ch->log);
            lab_fail("%s does not start", ch->name);
        }
        nap();
    }
    free(path);
    const struct lab_host *h = s->c->host;
    while (lab_exec_has(s->c, h->addr[0], h->port[0].port)) {
        h++; // the built-in hosts come last, and no program has theirs all
    }
    wait_port(ch, h->addr[0], h->port[0].port);
}

static struct child *start_unbound(struct servers *s, const char *word)
{
    char *conf = lab_printf("%s/dns/%s.conf", s->dir, word);
    char *argv[] = {(char *)(uintptr_t) "unbound",
                    (char *)(uintptr_t) "-d",
                    (char *)(uintptr_t) "-p",
                    (char *)(uintptr_t) "-c",
                    conf,
                    NULL};
    char *name = lab_printf("unbound-%s", word);
    struct child *ch = start(s, name, argv);
    free(conf);
    return ch;
}

static struct child *start_nginx(struct servers *s)
{
    char *conf = lab_printf("%s/nginx.conf", s->dir);
    char *log = lab_printf("%s/nginx.log", s->dir);
    char *prefix = lab_strdup(s->dir);
    char *argv[] = {(char *)(uintptr_t) "nginx",
                    (char *)(uintptr_t) "-p",
                    prefix,
                    (char *)(uintptr_t) "-e",
                    log,
                    (char *)(uintptr_t) "-c",
                    conf,
                    NULL};
    struct child *ch = start(s, "nginx", argv);
    free(conf);
    free(log);
    free(prefix);
    return ch;
}

static void serve_odd(const struct servers *s, int ready)
{
    lab_odd(s->c, s->dir, ready);
}

static void serve_zones(const struct servers *s, int ready)
{
    lab_nameserver(s->c, ready);
}

// A server that is a function of ours, which writes a byte when it is ready.
static void start_own(struct servers *s, const char *name,
                      void (*serve)(const struct servers *, int))
{
    int ready[2];
    if (pipe2(ready, O_CLOEXEC) != 0) {
        lab_fail("pipe: %s", strerror(errno));
    }
    struct child *ch = &s->child[s->n++];
    ch->name = name;
    ch->log = lab_printf("%s/%s.log", s->dir, name);
    ch->pid = fork();
    if (ch->pid == 0) {
        close(s->sync);
        to_log(ch->log);
        serve(s, ready[1]);
        _exit(0);
    }
    close(ready[1]);
    char byte;
    if (ch->pid < 0 || read(ready[0], &byte, 1) != 1) {
        show_log(ch->log);
        lab_fail("the %s servers did not start", name);
    }
    close(ready[0]);
}

// What a program of an `exec` line is told.
static void exec_env(const struct servers *s, const struct lab_exec *e)
{
    char text[16];
    struct lab_str ports = {0};
    char *certs = lab_printf("%s/certs", s->dir);
    for (int i = 0; i < e->ports; i++) {
        lab_str_fmt(&ports, "%s%u", i ? " " : "", e->port[i]);
    }
    setenv("LAB_ADDR", lab_addr(e->addr, text), 1);
    setenv("LAB_PORTS", ports.p, 1);
    setenv("LAB_CERTS", certs, 1);
    setenv("LAB_DIR", s->dir, 1);
    lab_str_fini(&ports);
    free(certs);
    if (chdir(e->dir) != 0) {
        lab_fail("%s: %s", e->dir, strerror(errno));
    }
}

static struct child *start_exec(struct servers *s, size_t i)
{
    const struct lab_exec *e = &s->c->exec[i];
    struct child *ch = &s->child[s->n++];
    ch->name = e->argv[0];
    ch->log = lab_printf("%s/exec-%zu.log", s->dir, i);
    ch->pid = fork();
    if (ch->pid < 0) {
        lab_fail("fork: %s", strerror(errno));
    }
    if (ch->pid == 0) {
        close(s->sync);
        setpgid(0, 0);
        exec_env(s, e);
        run(ch, e->argv);
    }
    return ch;
}

static void start_execs(struct servers *s)
{
    for (size_t i = 0; i < s->c->execs; i++) {
        struct child *ch = start_exec(s, i);
        for (int p = 0; p < s->c->exec[i].ports; p++) {
            wait_port(ch, s->c->exec[i].addr, s->c->exec[i].port[p]);
        }
    }
}

// The controls of the files given, if these have any, else the built-in ones.
static char *test_helpers(const struct lab_conf *c)
{
    struct lab_str out = {0};
    for (size_t i = 0; i < c->replies; i++) {
        const struct lab_reply *r = &c->reply[i];
        size_t path = r->path ? strcspn(r->path, "*") : 0;
        if (r->proxy == LAB_PROXY_CONTROL && path > 0) {
            lab_str_fmt(&out, "%shttps://%s%.*s", out.len ? "," : "", r->host,
                        (int)path, r->path);
        }
    }
    return out.len ? out.p
                   : lab_strdup("https://0.th.ooni.org,https://1.th.ooni.org,"
                                "https://2.th.ooni.org,https://3.th.ooni.org,"
                                "cloudfront:"
                                "https://d33d1gs9kpq1c5.cloudfront.net");
}

static void collector_env(const struct servers *s)
{
    char *home = lab_printf("%s/world-home", s->dir);
    char *data = lab_printf("%s/collector", s->dir);
    lab_mkdir(home);
    setenv("HOME", home, 1);
    setenv("PARALLAX_DATA", data, 1);
    char *ca = lab_printf("%s/ca.pem", s->dir);
    char *asn = lab_printf("%s/asn.mmdb", s->dir);
    setenv("SSL_CERT_FILE", ca, 1);
    setenv("PARALLAX_ASN_DB", asn, 1);
    char *helpers = test_helpers(s->c);
    setenv("PARALLAX_COLLECTOR_TEST_HELPERS", helpers, 1);
    free(helpers);
    setenv("PARALLAX_COLLECTOR_TRUSTED_PROXY", "127.0.0.1", 1);
    /* worlds have few sites, asked by many probes one after the other */
    setenv("PARALLAX_CONTROL_TARGET_PER_MINUTE", "10000", 0);
    setenv("PARALLAX_CONTROL_RESOLVER",
           lab_zone_has_control(s->c) ? LAB_CONTROL_RESOLVER
                                      : "https://dns.google/dns-query",
           1);
}

// The key of this collector, for which probes seal what waits. Every lab has
// the same, so that what waited in one can be sent in another.
static void set_seal_secret(const char *dir)
{
    static const char secret[] = LAB_SEAL_SECRET "\n";
    char *file = lab_printf("%s/seal.key", dir);
    lab_file_write(file, secret, strlen(secret));
    chmod(file, 0600);
    setenv("PARALLAX_COLLECTOR_SEAL_SECRET", file, 1);
    free(file);
}

static void start_collector(struct servers *s, const char *program)
{
    char *path = lab_strdup(program);
    char *data = lab_printf("%s/collector", s->dir);
    char *listen = lab_printf("127.0.0.1:%d", LAB_COLLECTOR_PORT);
    char *control = lab_printf("127.0.0.1:%d", LAB_CONTROL_PORT);
    char *argv[] = {path,
                    (char *)(uintptr_t) "serve",
                    (char *)(uintptr_t) "--data",
                    data,
                    (char *)(uintptr_t) "--listen",
                    listen,
                    (char *)(uintptr_t) "--control-listen",
                    control,
                    NULL};
    s->collector = s->n;
    start(s, "collector", argv);
}

static bool collector_ready(struct servers *s)
{
    struct child *ch = &s->child[s->collector];
    int64_t until = lab_now_us() + COLLECTOR_US;
    while (lab_now_us() < until) {
        size_t len = 0;
        char *text = lab_file_read(ch->log, 1 << 20, &len);
        bool ready = text && strstr(text, "parallax-collector: ready http");
        free(text);
        int status;
        if (ready) {
            return true;
        }
        if (waitpid(ch->pid, &status, WNOHANG) == ch->pid) {
            ch->pid = 0;
            break;
        }
        nap();
    }
    show_log(ch->log);
    return false;
}

static void start_all(struct servers *s, const char *collector)
{
    const struct lab_conf *c = s->c;
    collector_env(s);
    s->collector = -1;
    if (collector) {
        set_seal_secret(s->dir);
        start_collector(s, collector);
    }
    struct child *isp = start_unbound(s, "isp");
    struct child *public = start_unbound(s, "public");
    struct child *control =
        lab_zone_has_control(c) ? start_unbound(s, "control") : NULL;
    struct child *nginx = start_nginx(s);
    start_own(s, "odd", serve_odd);
    if (c->zones) {
        start_own(s, "zones", serve_zones);
    }
    wait_port(isp, c->isp_resolver, 53);
    if (c->resolvers) {
        wait_port(public, c->resolver[0].addr, 53);
    }
    if (control) {
        wait_port(control, inet_addr(LAB_CONTROL_RESOLVER), 53);
    }
    lab_timing("resolvers answer");
    wait_nginx(s, nginx);
    lab_timing("nginx answers");
    if (c->execs) {
        start_execs(s);
        lab_timing("programs answer");
    }
    if (!collector) {
        const char *named = getenv("LAB_COLLECTOR");
        lab_say("%s: no collector and no control in this world",
                !named   ? "parallax-collector is not built"
                : *named ? "LAB_COLLECTOR is not a program"
                         : "LAB_COLLECTOR is empty");
    } else if (!collector_ready(s)) {
        lab_say("the collector did not become ready: going on without");
    }
    lab_timing("collector ready");
}

static void stop_collector(struct servers *s)
{
    struct child *ch = s->collector < 0 ? NULL : &s->child[s->collector];
    if (!ch || !ch->pid || kill(ch->pid, SIGTERM) != 0) {
        return;
    }
    int64_t until = lab_now_us() + DRAIN_US;
    int status;
    while (waitpid(ch->pid, &status, WNOHANG) == 0) {
        if (lab_now_us() > until) {
            lab_say("the collector does not end: killed");
            kill(ch->pid, SIGKILL);
            waitpid(ch->pid, &status, 0);
            return;
        }
        nap();
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        show_log(ch->log);
        lab_say("the collector ended with wait status %d", status);
    }
}

void lab_world(const struct lab_conf *c, const char *dir, const char *collector,
               int sync)
{
    struct servers s = {.c = c, .dir = dir, .sync = sync};
    s.child = lab_alloc(MAX_SERVERS + c->execs, sizeof(*s.child));
    char byte;
    setsid();
    if (unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) {
        lab_fail("namespaces: %s", strerror(errno));
    }
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max; // one socket per listening address
        setrlimit(RLIMIT_NOFILE, &files);
    }
    lab_mount_text(dir, "world-resolv.conf", "/etc/resolv.conf",
                   "nameserver 8.8.8.8\n");
    lab_mount_text(dir, "hosts", "/etc/hosts", "127.0.0.1 localhost\n");
    if (write(sync, "n", 1) != 1 || read(sync, &byte, 1) != 1) {
        _exit(LAB_EXIT_BROKEN);
    }
    lab_world_net(c);
    lab_timing("world attached");
    start_all(&s, collector);
    if (write(sync, "r", 1) != 1) {
        _exit(LAB_EXIT_BROKEN);
    }
    if (read(sync, &byte, 1) < 0) {
        lab_say("the world was left alone");
    }
    stop_collector(&s);
    for (int i = 0; i < s.n; i++) {
        if (s.child[i].pid > 0 && i != s.collector) {
            kill(s.child[i].pid, SIGKILL);
            kill(-s.child[i].pid, SIGKILL); // a program may have children
        }
    }
    _exit(0);
}
