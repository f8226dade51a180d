// SPDX-License-Identifier: Apache-2.0
/* Did memory run out below us? The libraries that carry our connections do not
 * always say so: to OpenSSL a certificate that it could not copy is a bad one,
 * to an HTTP/2 library a stream that found no memory is broken. They allocate
 * through these functions, so that a failure they report can be told from one
 * that the network made: it is not believed if memory ran out meanwhile.
 */
#ifndef PARALLAX_NET_MEMORY_H
#define PARALLAX_NET_MEMORY_H

#include <stddef.h>

/* As in the C library, but for nothing they give something, too. What they
 * return is freed with free(). */
void *memory_malloc(size_t n);
void *memory_calloc(size_t n, size_t size);
void *memory_realloc(void *p, size_t n);
char *memory_strdup(const char *s); /* freed with free(), too */

/* For libraries that cannot be given an allocator: counts a failure if errno
 * is ENOMEM, as a failed malloc leaves it, and sets errno to 0. To be called
 * before anything else may have set it. */
void memory_check_errno(void);

/* How often memory ran out so far, in this thread. */
unsigned long memory_failures(void);

#endif
