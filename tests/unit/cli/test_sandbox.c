// SPDX-License-Identifier: Apache-2.0
/* What is denied from inside the sandbox, and what still works there. Each test
 * enters it in a process of its own. */
#include "base/fs.h"
#include "cli/sandbox.h"
#include "tests/sanitizers.h"
#include "tests/unit/tmp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Of a volunteer: his keys, and what is ours. */
struct home {
    char dir[64], ssh[80], key[96], own[80], file[96], other[96];
};

static void home_make(struct home *h)
{
    struct diag d = {""};
    tmp_path(h->dir, sizeof(h->dir), "test_sandbox_XXXXXX");
    assert_non_null(mkdtemp(h->dir));
    snprintf(h->ssh, sizeof(h->ssh), "%s/.ssh", h->dir);
    snprintf(h->key, sizeof(h->key), "%s/id_ed25519", h->ssh);
    snprintf(h->own, sizeof(h->own), "%s/state", h->dir);
    snprintf(h->file, sizeof(h->file), "%s/consent", h->own);
    snprintf(h->other, sizeof(h->other), "%s/sub/moved", h->own);
    assert_int_equal(mkdir(h->ssh, 0700), 0);
    assert_int_equal(mkdir(h->own, 0700), 0);
    assert_int_equal(fs_write_atomic(h->key, STR("secret"), 0600, &d), ERR_OK);
    assert_int_equal(fs_write_atomic(h->file, STR("yes"), 0600, &d), ERR_OK);
}

static void home_remove(const struct home *h)
{
    struct diag d = {""};
    assert_int_equal(fs_remove_tree(h->dir, &d), ERR_OK);
}

/* What a process inside found out, in memory that both see. */
struct seen {
    struct sandbox_state st;
    bool done;
    int exec, forked, traced, looked, unix_socket, tcp_socket, packet_socket;
    int killed, ssh_list, ssh_read, passwd, own_read, own_write, own_move;
    int elsewhere, thread, dumpable, core, limit;
};

static int opened(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    int e = fd < 0 ? errno : 0;
    if (fd >= 0) {
        close(fd);
    }
    return e;
}

static int socket_of(int family, int type)
{
    int fd = socket(family, type | SOCK_CLOEXEC, 0);
    int e = fd < 0 ? errno : 0;
    if (fd >= 0) {
        close(fd);
    }
    return e;
}

static void *nothing(void *arg)
{
    return arg;
}

static int thread_started(void)
{
    pthread_t t;
    int e = pthread_create(&t, NULL, nothing, NULL);
    return e ? e : pthread_join(t, NULL);
}

static int forks(void)
{
    pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
        _exit(0);
    }
    return pid < 0 ? errno : 0;
}

static int runs_a_program(void)
{
    char *const argv[] = {"true", NULL};
    execve("/bin/true", argv, argv + 1);
    return errno;
}

static int moves(const struct home *h)
{
    char sub[96];
    snprintf(sub, sizeof(sub), "%s/sub", h->own);
    return mkdir(sub, 0700) != 0 || rename(h->file, h->other) != 0 ||
                   unlink(h->other) != 0
               ? errno
               : 0;
}

static void look_around(const struct home *h, unsigned may, struct seen *s)
{
    struct rlimit limit = {1, 1};
    const struct rlimit more = {4096, 4096};
    s->ssh_list = opened(h->ssh, O_RDONLY | O_DIRECTORY);
    s->ssh_read = opened(h->key, O_RDONLY);
    s->passwd = opened("/etc/hosts", O_RDONLY);
    s->own_read = opened(h->file, O_RDONLY);
    s->own_write = opened(h->file, O_WRONLY | O_TRUNC);
    s->own_move = moves(h);
    s->elsewhere = opened("/tmp/test_sandbox_made", O_WRONLY | O_CREAT);
    s->unix_socket = socket_of(AF_UNIX, SOCK_STREAM);
    s->tcp_socket = socket_of(AF_INET, SOCK_STREAM);
    s->packet_socket = socket_of(AF_PACKET, SOCK_DGRAM);
    s->killed = kill(getppid(), 0) != 0 ? errno : 0;
    s->traced = ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) != 0 ? errno : 0;
    s->looked = opened("/proc/1/environ", O_RDONLY);
    s->dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
    s->core = getrlimit(RLIMIT_CORE, &limit) == 0 ? (int)limit.rlim_max : -1;
    s->limit = setrlimit(RLIMIT_NOFILE, &more) != 0 ? errno : 0;
    s->thread = may & SANDBOX_THREADS ? thread_started() : 0;
    s->forked = forks();
    /* does not return if it works */
    s->exec = s->st.seccomp ? runs_a_program() : 0;
    s->done = true;
}

/* Runs inside, with these permissions; `before` may prepare the process. */
static void inside(const struct home *h, unsigned may, void (*before)(void),
                   struct seen *out)
{
    int fds[2];
    int status = 0;
    assert_int_equal(pipe(fds), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct seen s = {.done = false};
        struct sandbox box;
        if (before) {
            before();
        }
        sandbox_init(&box);
        sandbox_write(&box, h->own);
        sandbox_read(&box, "/does/not/exist");
        sandbox_enter(&box, may, &s.st);
        look_around(h, may, &s);
        _exit(write(fds[1], &s, sizeof(s)) == sizeof(s) ? 0 : 1);
    }
    close(fds[1]);
    ssize_t n = read(fds[0], out, sizeof(*out));
    close(fds[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status)); /* nothing that was denied killed it */
    assert_int_equal(n, sizeof(*out));
    assert_true(out->done);
}

static void nothing_else_is_run_looked_into_or_opened(void **state)
{
    (void)state;
    struct home h;
    struct seen s;
    home_make(&h);
    inside(&h, SANDBOX_CHANGE | SANDBOX_CONNECT, NULL, &s);
    home_remove(&h);
    assert_true(s.st.no_new_privs && s.st.no_core && s.st.not_dumpable);
    assert_int_equal(s.core, 0);
    assert_int_equal(s.dumpable, SANITIZERS_ON ? s.dumpable : 0);
    if (s.st.seccomp) {
        assert_int_equal(s.exec, EPERM);
        assert_int_equal(s.unix_socket, EPERM);
        assert_int_equal(s.packet_socket, EPERM);
        assert_int_equal(s.tcp_socket, 0);
        /* a sanitizer needs these for itself */
        assert_int_equal(s.forked, SANITIZERS_ON ? s.forked : EPERM);
        assert_int_equal(s.traced, SANITIZERS_ON ? s.traced : EPERM);
        assert_int_equal(s.killed, SANITIZERS_ON ? s.killed : EPERM);
        assert_int_equal(s.limit, SANITIZERS_ON ? s.limit : EPERM);
    }
    if (s.st.landlock) {
        assert_int_equal(s.ssh_list, EACCES);
        assert_int_equal(s.ssh_read, EACCES);
        assert_int_equal(s.looked, EACCES);
        assert_int_equal(s.elsewhere, EACCES);
    }
    assert_int_equal(s.passwd, 0);
    assert_int_equal(s.own_read, 0);
    assert_int_equal(s.own_write, 0);
    assert_int_equal(s.own_move, 0);
}

static void who_only_reads_neither_writes_nor_talks(void **state)
{
    (void)state;
    struct home h;
    struct seen s;
    home_make(&h);
    inside(&h, 0, NULL, &s);
    home_remove(&h);
    assert_int_equal(s.own_read, 0);
    assert_int_equal(s.own_write, s.st.seccomp ? EPERM : 0);
    assert_int_equal(s.own_move, s.st.seccomp ? EPERM : 0);
    assert_int_equal(s.tcp_socket, s.st.seccomp ? EPERM : 0);
}

static void threads_and_signals_are_for_who_needs_them(void **state)
{
    (void)state;
    struct home h;
    struct seen s;
    home_make(&h);
    inside(&h, SANDBOX_THREADS | SANDBOX_SIGNAL, NULL, &s);
    home_remove(&h);
    assert_int_equal(s.thread, 0);
    assert_int_equal(s.killed, 0);
    assert_int_equal(s.exec, s.st.seccomp ? EPERM : 0);
    if (s.st.seccomp && !SANITIZERS_ON) {
        assert_int_equal(s.forked, EPERM);
    }
}

/* A kernel without either, as qemu-user is: what asks for it fails. */
static void be_an_old_kernel(void)
{
    struct sock_filter f[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 444, 1, 2),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog p = {.len = sizeof(f) / sizeof(f[0]), .filter = f};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p, 0, 0) != 0) {
        _exit(2);
    }
}

static void a_kernel_that_lacks_it_is_told_and_ends_nothing(void **state)
{
    (void)state;
    struct home h;
    struct seen s;
    char words[SANDBOX_WORDS_MAX];
    home_make(&h);
    inside(&h, SANDBOX_CHANGE, be_an_old_kernel, &s);
    home_remove(&h);
    assert_false(s.st.seccomp);
    assert_int_not_equal(s.st.seccomp_e, 0);
    assert_false(s.st.landlock);
    assert_int_equal(s.st.landlock_e, ENOSYS);
    assert_int_equal(s.ssh_read, 0);
    assert_int_equal(s.own_move, 0);
    sandbox_words(&s.st, words);
    assert_string_equal(words, "no_new_privs not_dumpable no_core");
    sandbox_words(&(struct sandbox_state){.landlock = true}, words);
    assert_string_equal(words, "landlock");
    sandbox_words(&(struct sandbox_state){.no_core = false}, words);
    assert_string_equal(words, "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_else_is_run_looked_into_or_opened),
        cmocka_unit_test(who_only_reads_neither_writes_nor_talks),
        cmocka_unit_test(threads_and_signals_are_for_who_needs_them),
        cmocka_unit_test(a_kernel_that_lacks_it_is_told_and_ends_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
