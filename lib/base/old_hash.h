// SPDX-License-Identifier: Apache-2.0
/* Hashes that are no longer safe, but that others still write: MD5 and SHA-1.
 * Only for recognising what somebody else has hashed; libsodium has neither.
 */
#ifndef PARALLAX_BASE_OLD_HASH_H
#define PARALLAX_BASE_OLD_HASH_H

#include "base/str.h"

#define OLD_HASH_MD5_LEN  16
#define OLD_HASH_SHA1_LEN 20
#define OLD_HASH_TEXT_MAX 256 /* longer texts are cut off there */

/* MD5 (RFC 1321) and SHA-1 (RFC 3174) of a short text. */
void old_hash_md5(struct str text, uint8_t out[OLD_HASH_MD5_LEN]);
void old_hash_sha1(struct str text, uint8_t out[OLD_HASH_SHA1_LEN]);

#endif
