// SPDX-License-Identifier: Apache-2.0
/* The files that a program may still open, as rules of landlock(7), which
 * needs Linux 5.19 here: before that no file could move between directories.
 */
#ifndef PARALLAX_CLI_SANDBOX_FILES_H
#define PARALLAX_CLI_SANDBOX_FILES_H

#include <stdbool.h>

/* A descriptor, or -1 with errno: EOPNOTSUPP, ENOSYS: this kernel has none. */
int sandbox_files_new(void);
/* Adds a file, or a directory with all below it. 0, also where nothing of that
 * name can be opened; or errno. */
int sandbox_files_add(int rules, const char *path, bool write);
/* From now on, for this thread and those it will start. 0 or errno. Needs
 * no_new_privs. */
int sandbox_files_limit(int rules);

#endif
