// SPDX-License-Identifier: Apache-2.0
/* Allocation with a count of what failed. */
#include "net/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local unsigned long failures;

static void *counted(void *p)
{
    if (!p) {
        failures++;
    }
    return p;
}

void *memory_malloc(size_t n)
{
    return counted(malloc(n > 0 ? n : 1));
}

void *memory_calloc(size_t n, size_t size)
{
    return counted(n > 0 && size > 0 ? calloc(n, size) : calloc(1, 1));
}

void *memory_realloc(void *p, size_t n)
{
    return counted(realloc(p, n > 0 ? n : 1));
}

char *memory_strdup(const char *s)
{
    return counted(strdup(s));
}

void memory_check_errno(void)
{
    if (errno == ENOMEM) {
        failures++;
        errno = 0;
    }
}

unsigned long memory_failures(void)
{
    return failures;
}
