// SPDX-License-Identifier: Apache-2.0
/* What nearly every submission has in it, for compressing against
 * (compress_pack_dcz): a record alone is too small for a compressor to learn
 * its keys.
 *
 * Its bytes are part of a format: a frame names them by their SHA-256, and
 * frames wait in spools for months. They never change. A better dictionary is
 * added beside this one, and unpacking then looks for the one that is named.
 */
#ifndef PARALLAX_RECORD_DICTIONARY_H
#define PARALLAX_RECORD_DICTIONARY_H

#include "base/str.h"

#define DICTIONARY_NAME_MAX 65 /* hexadecimal, and a zero */

/* Its bytes; static. */
struct str dictionary_text(void);
/* Its SHA-256. */
void dictionary_name(char out[DICTIONARY_NAME_MAX]);

#endif
