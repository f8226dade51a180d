// SPDX-License-Identifier: Apache-2.0
// Small helpers every part of the lab stands on: growing strings, files,
// running a tool, the clock.  The lab is a tool that lives for one command:
// when memory or a file of its own fails it stops with status 125 and words
// (lab_fail), because there is no world to go on with.  Not thread safe.
#ifndef LAB_UTIL_H
#define LAB_UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define LAB_EXIT_BROKEN 125

// A growing byte string, always followed by a NUL. Zeroed = empty.
struct lab_str {
    char *p;
    size_t len;
    size_t cap;
};

void lab_str_add(struct lab_str *s, const void *p, size_t len);
void lab_str_puts(struct lab_str *s, const char *text);
void lab_str_fmt(struct lab_str *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void lab_str_fini(struct lab_str *s);

// Says "lab: ..." on standard error and ends the process with status 125.
_Noreturn void lab_fail(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));
// Says "lab: ..." on standard error and goes on.
void lab_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

// Zeroed memory, never NULL (ends the process instead).
void *lab_alloc(size_t count, size_t size);
// Grows an array of `count` members to hold one more; `*cap` is kept.
void *lab_grow(void *p, size_t count, size_t *cap, size_t size);
char *lab_strdup(const char *s);
char *lab_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void lab_file_write(const char *path, const void *p, size_t len);
// The whole file, caller frees; NULL with errno set when it cannot be read,
// is longer than `max` or not a regular file: a pipe might never end.
char *lab_file_read(const char *path, size_t max, size_t *len);
// Why it could not be read.
const char *lab_file_error(void);
void lab_mkdir(const char *path);
// Removes everything below `path`, and nothing that a link there leads to.
void lab_remove_below(const char *path);

// Runs a tool with `input` on its standard input; its output goes to our
// standard error. Fails loudly when the tool does not exit with 0.
void lab_run(char *const argv[], const char *input);
void lab_sysctl(const char *name, const char *value);

int64_t lab_now_us(void);
// Prints the time since the first call when LAB_TIMING is set.
void lab_timing(const char *what);

// FNV-1a, for things that must come out the same for the same name.
uint64_t lab_hash(const void *p, size_t len);
// splitmix64: the next number of a repeatable row.
uint64_t lab_rand(uint64_t *state);

const char *lab_addr(uint32_t addr, char out[16]);

#endif
