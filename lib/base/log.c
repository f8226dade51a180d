// SPDX-License-Identifier: Apache-2.0
/* Lines on standard error. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const names[] = {"error", "warning", "info", "debug",
                                    "trace"};

static const char *log_program = "parallax";
static enum log_level log_level = LOG_WARN;

void log_setup(const char *program, enum log_level level)
{
    log_program = program;
    log_level = level;
}

bool log_level_of(const char *name, enum log_level *out)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}

/* Text may hold bytes from the network: a terminal must not act on them. */
static void clean(char *s)
{
    for (; *s != '\0'; s++) {
        if ((unsigned char)*s < 0x20 || *s == 0x7F) {
            *s = '?';
        }
    }
}

void log_at(enum log_level level, const char *module, const char *fmt, ...)
{
    if (level > log_level) {
        return;
    }
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    clean(text);
    char line[1200];
    int n = snprintf(line, sizeof(line), "%s: %s: %s: %s\n", log_program,
                     names[level], module, text);
    if (n < 0) {
        return;
    }
    size_t len = (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1;
    /* one write, so that lines of several processes do not mix; a log line
     * that cannot be written has nowhere to be reported */
    ssize_t wrote = write(STDERR_FILENO, line, len);
    (void)wrote;
}
