// SPDX-License-Identifier: Apache-2.0
/* Lower case of any letter of Unicode, whatever the locale. */
#ifndef PARALLAX_BASE_UTF8_LOWER_H
#define PARALLAX_BASE_UTF8_LOWER_H

#include <stdint.h>

/* Unicode's simple lower case mapping (one code point for one) of version
 * 15.0; `c` itself where there is none. Knows no language: I with or without a
 * dot becomes i. */
uint32_t utf8_lower(uint32_t c);

#endif
