// SPDX-License-Identifier: Apache-2.0
/* Writes text into HTML, escaped so that it may stand between tags and in an
 * attribute. Every text that came from data goes into a page through here, as
 * it goes into JSON through json_out.h and into a table through csv.h. Good for
 * XML as well.
 */
#ifndef PARALLAX_BASE_HTML_H
#define PARALLAX_BASE_HTML_H

#include "base/buf.h"

/* Appends at most `max_chars` characters of `s`, then an ellipsis if it has
 * more. Control characters become U+FFFD (plain.h); characters that turn or
 * hide the text around them are shown as "[U+202E]". */
void html_add(struct buf *b, const char *s, size_t max_chars);
/* The same for text that does not end with a NUL. */
void html_add_str(struct buf *b, struct str s, size_t max_chars);

#endif
