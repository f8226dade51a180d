// SPDX-License-Identifier: Apache-2.0
/* Boxes (sealed.h) in a file that is carried by hand:
 *
 *     0  "PXBOXES1"
 *     8  length of a box (32 bits, network byte order), the box; and so on
 */
#ifndef PARALLAX_RECORD_SEALED_FILE_H
#define PARALLAX_RECORD_SEALED_FILE_H

#include "record/sealed.h"

#include <stdio.h>

/* Writes the beginning, and one box more. ERR_IO and the like: errno says it.
 */
MUST_USE enum err sealed_file_begin(FILE *f);
MUST_USE enum err sealed_file_add(FILE *f, struct str box);

/* Is that how such a file begins? Reads nothing else of it; "-" is none. */
bool sealed_file_is(const char *path);

/* Goes past the beginning. ERR_PARSE: it is no such file. */
MUST_USE enum err sealed_file_enter(FILE *f);

/* Puts the next box into `out`. ERR_NOTFOUND: there is no more; ERR_PARSE: it
 * is damaged from here on. */
MUST_USE enum err sealed_file_next(FILE *f, struct buf *out);

#endif
