// SPDX-License-Identifier: Apache-2.0
/* Settings from a config file: lines of `key = value`, comments from # on. An
 * unknown key, or one set twice, is an error with its line. A key of another of
 * our programs is passed over (opt_keys.h).
 */
#ifndef PARALLAX_CLI_OPT_FILE_H
#define PARALLAX_CLI_OPT_FILE_H

#include "base/diag.h"
#include "cli/opt_set.h"

#include <limits.h>

/* For tests: sets what the text of a file says, which is called `path` in
 * messages. */
MUST_USE enum err opt_file_text(struct opt_set *s, const char *path,
                                struct str text, struct diag *d);

/* Sets what the file says; if it is `optional` it may be missing. */
MUST_USE enum err opt_file_read(struct opt_set *s, const char *path,
                                bool optional, struct diag *d);

/* Where the file is unless --config says otherwise:
 * $XDG_CONFIG_HOME/parallax/config or ~/.config/parallax/config. False when
 * neither variable is an absolute path. */
bool opt_file_usual(char out[PATH_MAX]);

#endif
