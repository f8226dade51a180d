// SPDX-License-Identifier: Apache-2.0
/* The list, and libseccomp, which makes a filter of it. Calls stand by their
 * names: those that this machine or this library does not know are passed
 * over. */
#include "cli/sandbox_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

/* A sanitizer looks for leaks in a process of its own that it starts at the
 * end. */
#if defined(__SANITIZE_ADDRESS__)
#    define SANITIZED 1
#elif defined(__has_feature)
#    if __has_feature(address_sanitizer)
#        define SANITIZED 1
#    endif
#endif
#ifndef SANITIZED
#    define SANITIZED 0
#endif

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Memory, time, signals of its own, descriptors it has, files that exist. Some
 * have other names on machines of 32 bits. */
static const char *const always[] = {
    "read",
    "write",
    "readv",
    "writev",
    "pread64",
    "pwrite64",
    "lseek",
    "_llseek",
    "close",
    "dup",
    "dup3",
    "fcntl",
    "fcntl64",
    "flock",
    "pipe2",
    "fstat",
    "fstat64",
    "fstatat64",
    "newfstatat",
    "stat",
    "stat64",
    "lstat",
    "lstat64",
    "statx",
    "fstatfs",
    "fstatfs64",
    "statfs",
    "statfs64",
    "access",
    "faccessat",
    "faccessat2",
    "readlink",
    "readlinkat",
    "getcwd",
    "getdents",
    "getdents64",
    "brk",
    "mmap",
    "mmap2",
    "mprotect",
    "mremap",
    "munmap",
    "madvise",
    "msync",
    "mincore",
    "futex",
    "futex_time64",
    "set_robust_list",
    "get_robust_list",
    "rseq",
    "membarrier",
    "sched_yield",
    "sched_getaffinity",
    "arch_prctl",
    "set_tls",
    "cacheflush",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "rt_sigtimedwait",
    "rt_sigtimedwait_time64",
    "rt_sigpending",
    "sigaltstack",
    "sigreturn",
    "restart_syscall",
    "clock_gettime",
    "clock_gettime64",
    "clock_getres",
    "clock_getres_time64",
    "clock_nanosleep",
    "clock_nanosleep_time64",
    "nanosleep",
    "gettimeofday",
    "time",
    "clock_adjtime",
    "clock_adjtime64",
    "adjtimex",
    "getpid",
    "gettid",
    "getppid",
    "getuid",
    "getuid32",
    "geteuid",
    "geteuid32",
    "getgid",
    "getgid32",
    "getegid",
    "getegid32",
    "getrandom",
    "uname",
    "sysinfo",
    "getrlimit",
    "ugetrlimit",
    "getrusage",
    "getcpu",
    "times",
    "exit",
    "exit_group",
    "poll",
    "ppoll",
    "ppoll_time64",
    "select",
    "_newselect",
    "pselect6",
    "pselect6_time64",
    "epoll_create",
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "eventfd2",
    "timerfd_create",
    "timerfd_settime",
    "timerfd_settime64",
    "timerfd_gettime",
    "timerfd_gettime64",
    "recv",
    "recvfrom",
    "recvmsg",
    "recvmmsg",
    "recvmmsg_time64",
    "send",
    "sendto",
    "sendmsg",
    "sendmmsg",
    "getsockname",
    "getpeername",
    "getsockopt",
    "setsockopt",
    "shutdown",
    "tgkill",
    "socketpair",
};

static const char *const change[] = {
    "mkdir",
    "mkdirat",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "rmdir",
    "link",
    "linkat",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "sync_file_range2",
    "arm_sync_file_range",
    "fallocate",
    "ftruncate",
    "ftruncate64",
    "truncate",
    "truncate64",
    "fchmod",
    "chmod",
    "fchmodat",
    "fchown",
    "fchown32",
    "fchownat",
    "utimensat",
    "utimensat_time64",
    "umask",
    "fadvise64",
    "fadvise64_64",
    "arm_fadvise64_64",
    "copy_file_range",
    "sendfile",
    "sendfile64",
};

static const char *const connects[] = {
    "connect", "bind", "listen", "accept", "accept4",
};

static const char *const signals[] = {
    "kill",
    "wait4",
    "waitpid",
    "waitid",
};

static const char *const sanitizers[] = {
    "ptrace",      "clone",     "clone3",    "prctl",
    "wait4",       "kill",      "ioctl",     "process_vm_readv",
    "personality", "prlimit64", "setrlimit", "sched_setaffinity",
};

static int add(scmp_filter_ctx f, const char *name, unsigned n,
               const struct scmp_arg_cmp *args)
{
    int nr = seccomp_syscall_resolve_name(name);
    if (nr == __NR_SCMP_ERROR) {
        return 0;
    }
    int rc = seccomp_rule_add_array(f, SCMP_ACT_ALLOW, nr, n, args);
    return rc == -EDOM ? 0 : rc; /* not on this machine */
}

static int add_all(scmp_filter_ctx f, const char *const *names, size_t n)
{
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        rc = add(f, names[i], 0, NULL);
    }
    return rc;
}

/* Allowed with these values of the argument `arg` only. */
static int add_with(scmp_filter_ctx f, const char *name, unsigned arg,
                    const unsigned long *values, size_t n)
{
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        struct scmp_arg_cmp a =
            SCMP_CMP32(arg, SCMP_CMP_EQ, (unsigned)values[i]);
        rc = add(f, name, 1, &a);
    }
    return rc;
}

/* Opening is told apart by its flags: without SANDBOX_CHANGE only to read. */
static int add_open(scmp_filter_ctx f, unsigned may)
{
    static const unsigned flags = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;
    if (may & SANDBOX_CHANGE) {
        int rc = add(f, "open", 0, NULL);
        return rc ? rc : add(f, "openat", 0, NULL);
    }
    struct scmp_arg_cmp open_read =
        SCMP_CMP32(1, SCMP_CMP_MASKED_EQ, flags, 0u);
    struct scmp_arg_cmp at_read = SCMP_CMP32(2, SCMP_CMP_MASKED_EQ, flags, 0u);
    int rc = add(f, "open", 1, &open_read);
    return rc ? rc : add(f, "openat", 1, &at_read);
}

static int add_sockets(scmp_filter_ctx f)
{
    /* netlink: the names of interfaces, and this machine's addresses */
    static const unsigned long families[] = {AF_INET, AF_INET6, AF_NETLINK};
    int rc = add_with(f, "socket", 0, families, COUNT(families));
    return rc ? rc : add_all(f, connects, COUNT(connects));
}

/* A thread, but no process. What the flags of clone3 are stands in memory,
 * where a filter cannot look: the C library then takes clone. */
static int add_threads(scmp_filter_ctx f)
{
    struct scmp_arg_cmp thread =
        SCMP_CMP(0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD);
    int rc = add(f, "clone", 1, &thread);
    int nr = seccomp_syscall_resolve_name("clone3");
    if (rc == 0 && nr != __NR_SCMP_ERROR) {
        rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), nr, 0);
    }
    return rc == -EDOM ? 0 : rc;
}

static int add_limited(scmp_filter_ctx f)
{
    static const unsigned long controls[] = {
        PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_SET_VMA, PR_CAPBSET_READ};
    static const unsigned long requests[] = {
        TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, SIOCGIFINDEX, SIOCGIFNAME};
    static const unsigned long none[] = {0};
    int rc = add_with(f, "prctl", 0, controls, COUNT(controls));
    if (rc == 0) {
        rc = add_with(f, "ioctl", 1, requests, COUNT(requests));
    }
    /* the limits of this process are read, not set: no new value is given */
    if (rc == 0) {
        rc = add_with(f, "prlimit64", 2, none, COUNT(none));
    }
    return rc;
}

static int fill(scmp_filter_ctx f, unsigned may)
{
    int rc = add_all(f, always, COUNT(always));
    if (rc == 0) {
        rc = add_open(f, may);
    }
    if (rc == 0 && SANITIZED) {
        rc = add_all(f, sanitizers, COUNT(sanitizers));
    } else if (rc == 0) {
        rc = add_limited(f);
    }
    if (rc == 0 && may & SANDBOX_THREADS && !SANITIZED) {
        rc = add_threads(f);
    }
    if (rc == 0 && may & SANDBOX_CHANGE) {
        rc = add_all(f, change, COUNT(change));
    }
    if (rc == 0 && may & SANDBOX_CONNECT) {
        rc = add_sockets(f);
    }
    if (rc == 0 && may & SANDBOX_SIGNAL) {
        rc = add_all(f, signals, COUNT(signals));
    }
    return rc;
}

int sandbox_calls_limit(unsigned may)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!f) {
        return ENOMEM;
    }
    int rc =
        seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM));
    if (rc == 0) {
        rc = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1);
    }
    /* else libseccomp says ECANCELED for whatever the kernel said */
    if (rc == 0) {
        rc = seccomp_attr_set(f, SCMP_FLTATR_API_SYSRAWRC, 1);
    }
    if (rc == 0) {
        rc = fill(f, may);
    }
    if (rc == 0) {
        rc = seccomp_load(f);
    }
    seccomp_release(f);
    return rc < 0 ? -rc : rc;
}
