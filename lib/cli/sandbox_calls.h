// SPDX-License-Identifier: Apache-2.0
/* The system calls that our programs make, measured over all tests (strace), as
 * a seccomp list. Every other call fails with EPERM; it ends nothing.
 */
#ifndef PARALLAX_CLI_SANDBOX_CALLS_H
#define PARALLAX_CLI_SANDBOX_CALLS_H

/* What a program still does beyond computing, and reading files that exist. */
enum sandbox_may {
    SANDBOX_CHANGE = 1 << 0,  /* make, write, rename and remove files */
    SANDBOX_CONNECT = 1 << 1, /* talk IPv4 and IPv6 */
    SANDBOX_SIGNAL = 1 << 2,  /* end processes that it started before */
    SANDBOX_THREADS = 1 << 3
};

/* For all threads of this process, for good; `may` is of enum sandbox_may. 0,
 * or the errno that says why not: EINVAL or EOPNOTSUPP where the kernel, or
 * qemu-user, has no such thing. */
int sandbox_calls_limit(unsigned may);

#endif
