// SPDX-License-Identifier: Apache-2.0
/* Landlock by its system calls: the C library has none for them, and the
 * headers of the kernel may be older than the kernel. */
#include "cli/sandbox_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The same numbers on every machine. */
#define CREATE_RULESET 444
#define ADD_RULE       445
#define RESTRICT_SELF  446

#define VERSION       (1u << 0) /* asks which version the kernel has */
#define RULE_PATH     1
#define LEAST_VERSION 2

/* Rights, as in the kernel's header; the version that brought them. */
#define EXECUTE     (UINT64_C(1) << 0)
#define WRITE_FILE  (UINT64_C(1) << 1)
#define READ_FILE   (UINT64_C(1) << 2)
#define READ_DIR    (UINT64_C(1) << 3)
#define REMOVE_DIR  (UINT64_C(1) << 4)
#define REMOVE_FILE (UINT64_C(1) << 5)
#define MAKE_DIR    (UINT64_C(1) << 7)
#define MAKE_REG    (UINT64_C(1) << 8)
#define VERSION_1                                                              \
    ((UINT64_C(1) << 13) - 1)        /* these and other kinds of file          \
                                      */
#define REFER    (UINT64_C(1) << 13) /* 2: between directories */
#define TRUNCATE (UINT64_C(1) << 14) /* 3 */

#define READ (READ_FILE | READ_DIR)
#define WRITE                                                                  \
    (READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG |      \
     REFER | TRUNCATE)
#define OF_FILES (READ_FILE | WRITE_FILE | TRUNCATE)

struct rules {
    uint64_t handled; /* denied unless a rule allows it */
};

/* Packed in the kernel's header, too. */
struct path_rule {
    uint64_t allowed;
    int32_t fd;
} __attribute__((packed));

static uint64_t rights_of(long version)
{
    uint64_t all = VERSION_1 | REFER;
    if (version >= 3) {
        all |= TRUNCATE;
    }
    return all;
}

static long version_of_kernel(void)
{
    return syscall(CREATE_RULESET, NULL, 0, VERSION);
}

int sandbox_files_new(void)
{
    long version = version_of_kernel();
    if (version < 0) {
        return -1;
    }
    if (version < LEAST_VERSION) {
        errno = EOPNOTSUPP;
        return -1;
    }
    struct rules r = {.handled = rights_of(version)};
    return (int)syscall(CREATE_RULESET, &r, sizeof(r), 0);
}

int sandbox_files_add(int rules, const char *path, bool write)
{
    uint64_t rights = (write ? WRITE : READ) & rights_of(version_of_kernel());
    struct path_rule rule = {.allowed = rights};
    int e = 0;
    rule.fd = open(path, O_PATH | O_CLOEXEC | O_DIRECTORY);
    if (rule.fd < 0 && errno == ENOTDIR) {
        rule.allowed = rights & OF_FILES;
        rule.fd = open(path, O_PATH | O_CLOEXEC);
    }
    if (rule.fd < 0) {
        return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? errno
                                                                     : 0;
    }
    /* a pipe, which is not opened by a path: no rule stops it */
    if (syscall(ADD_RULE, rules, RULE_PATH, &rule, 0) != 0 && errno != EBADFD) {
        e = errno;
    }
    close(rule.fd);
    return e;
}

int sandbox_files_limit(int rules)
{
    return syscall(RESTRICT_SELF, rules, 0) == 0 ? 0 : errno;
}
