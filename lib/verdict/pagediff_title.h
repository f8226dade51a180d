// SPDX-License-Identifier: Apache-2.0
/* Titles: found in a page, and compared with the control's by their words. */
#ifndef PARALLAX_VERDICT_PAGEDIFF_TITLE_H
#define PARALLAX_VERDICT_PAGEDIFF_TITLE_H

#include "base/str.h"

/* Text of the first title element with 1 to 512 characters, else empty. */
struct str pagediff_title(struct str body);
/* Every word of 5 bytes or more of either title stands in the other one too, in
 * whatever case. `mine` comes from pagediff_title; `control` may be longer. */
bool pagediff_title_match(struct str mine, struct str control);

/* Our own reading. The same text but for case and spaces, or the same long
 * words, of which there is at least one. Neither is empty. */
bool pagediff_title_same(struct str mine, struct str control);
/* Both have long words, of ASCII's letters or others, and none of them in
 * common, in whatever case of ASCII's. Of the control's no more is read than
 * its first 4096 bytes. */
bool pagediff_title_apart(struct str mine, struct str control);
/* `title`, which lies in `body`, stands neither in a comment nor in what a
 * browser takes for text, as a script. */
bool pagediff_title_shown(struct str body, struct str title);

#endif
