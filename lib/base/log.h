// SPDX-License-Identifier: Apache-2.0
/* Log lines on standard error: `parallax: warning: spool: text`. The only
 * mutable global besides the signal flag. Never log a user's address, a
 * token or a page body.
 */
#ifndef PARALLAX_BASE_LOG_H
#define PARALLAX_BASE_LOG_H

#include "base/err.h"
#include <stdbool.h>

enum log_level {
    LOG_ERROR,
    LOG_WARN,
    LOG_INFO,
    LOG_DEBUG,
    LOG_TRACE
};

/* What the lines begin with, and the least important ones that are said.
 * `program` is borrowed for the life of the process. */
void log_setup(const char *program, enum log_level level);

/* The level of that name, "error" to "trace"; false if there is none. */
bool log_level_of(const char *name, enum log_level *out);

/* One line, cut at 1,024 bytes, in one write. */
void log_at(enum log_level level, const char *module, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_at(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_at(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)
#define log_trace(...) log_at(LOG_TRACE, __VA_ARGS__)

#endif
