// SPDX-License-Identifier: Apache-2.0
/* What a program gives up once it has started, so that whoever takes it over by
 * what it reads from the network gets as little as possible: no other program
 * is run, no other process is looked into, no file is opened but those named,
 * no call is made that the program never makes (sandbox_calls.h,
 * sandbox_files.h). A machine that lacks a part goes on without it, and the
 * state says so.
 *
 *     struct sandbox s;
 *     sandbox_init(&s);
 *     sandbox_write(&s, state_directory);
 *     sandbox_enter(&s, SANDBOX_CHANGE | SANDBOX_CONNECT, &state);
 *
 * For the whole process only while it has one thread: threads that are started
 * later are inside.
 */
#ifndef PARALLAX_CLI_SANDBOX_H
#define PARALLAX_CLI_SANDBOX_H

#include "cli/sandbox_calls.h"

#include <stdbool.h>

struct sandbox {
    int rules;   /* descriptor of what will be allowed; -1: no such thing */
    int rules_e; /* errno that says why not, 0 */
};

/* What is on. */
struct sandbox_state {
    bool no_new_privs;
    bool not_dumpable; /* nobody else of this user may look into it */
    bool no_core;
    bool seccomp, landlock;
    int seccomp_e, landlock_e; /* errno that says why not */
};

#define SANDBOX_WORDS_MAX 96

/* Nothing is given up yet. */
void sandbox_init(struct sandbox *s);
/* This file, or what is below this directory, may be read, or also made,
 * changed and removed, afterwards. Another file that is put in the place of a
 * file is another file: name the directory where that happens. NULL, "" and
 * what does not exist are passed over. */
void sandbox_read(struct sandbox *s, const char *path);
void sandbox_write(struct sandbox *s, const char *path);
/* There is no way back. `may` is of enum sandbox_may (sandbox_calls.h). What
 * stays readable for every program: its libraries, the system's settings and
 * certificates (also those of SSL_CERT_FILE), the list of servers that look up
 * names. */
void sandbox_enter(struct sandbox *s, unsigned may, struct sandbox_state *out);
/* "no_new_privs not_dumpable no_core seccomp landlock": those that are on;
 * "none". */
void sandbox_words(const struct sandbox_state *st, char out[SANDBOX_WORDS_MAX]);

#endif
