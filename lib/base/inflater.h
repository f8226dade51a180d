// SPDX-License-Identifier: Apache-2.0
/* Reads a file that may be plain, gzip (all members) or zstd (all frames), a
 * piece at a time.
 */
#ifndef PARALLAX_BASE_INFLATER_H
#define PARALLAX_BASE_INFLATER_H

#include "base/str.h"

struct inflater;

/* Takes the descriptor, also on failure. The caller closes *out with
 * inflater_close. */
MUST_USE enum err inflater_open(int fd, struct inflater **out);

/* The next bytes of the content, at most `size`; *got is 0 at the end.
 * ERR_PARSE on damage. */
MUST_USE enum err inflater_read(struct inflater *i, void *p, size_t size,
                                size_t *got);

/* Closes the descriptor too. NULL is allowed. */
void inflater_close(struct inflater *i);

#endif
