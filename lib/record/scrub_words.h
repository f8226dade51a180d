// SPDX-License-Identifier: Apache-2.0
/* Everything that is not read as a value: numbers without separators, hardware
 * addresses, names, and what all forms become in base64, base32, hexadecimal
 * and under MD5, SHA-1 and SHA-256. Each is written down once in a run; a
 * filter of their first four bytes makes looking for them cheap.
 */
#ifndef PARALLAX_RECORD_SCRUB_WORDS_H
#define PARALLAX_RECORD_SCRUB_WORDS_H

#include "record/scrub_own.h"

/* ERR_NOMEM. Caller frees *out; NULL is allowed there. */
MUST_USE enum err scrub_words_new(const struct scrub *s,
                                  struct scrub_words **out);
void scrub_words_free(struct scrub_words *w);

/* The first place from `pos` on where a word may begin; t.len: nowhere. */
size_t scrub_words_next(const struct scrub_words *w, struct str t, size_t pos);

/* End of a word that begins at `pos`, else 0; *from: where what must go begins,
 * which may be one byte before that, since a character of base64 or base32
 * holds bits of two bytes. Names in `spare` (bit i: name i) do not count. */
size_t scrub_words_match(const struct scrub_words *w, struct str t, size_t pos,
                         uint32_t spare, size_t *from);

#endif
