// SPDX-License-Identifier: Apache-2.0
/* Text that came from data, made plain: valid UTF-8 without control
 * characters. What is not becomes U+FFFD, so that it is still seen that
 * something was there. Names of networks, URLs and the like are hostile until
 * they went through here or through html.h.
 */
#ifndef PARALLAX_BASE_PLAIN_H
#define PARALLAX_BASE_PLAIN_H

#include "base/buf.h"
#include "base/utf8.h"

/* Takes the first character off `*s`, which must not be empty; UTF8_REPLACEMENT
 * stands for a control character or a byte that begins no character. */
uint32_t plain_next(struct str *s);
/* `s` itself if it is plain already, else a clean one in `room`, which is
 * emptied first and stays with the caller. "" if there is no room: room->failed
 * says so. */
struct str plain_clean(struct buf *room, const char *s);

#endif
