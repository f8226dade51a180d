// SPDX-License-Identifier: Apache-2.0
/* Letters, digits and spaces of ASCII, whatever the locale. Bytes above 0x7f
 * belong to no class.
 */
#ifndef PARALLAX_BASE_ASCII_H
#define PARALLAX_BASE_ASCII_H

#include <stdbool.h>

/* A letter in the other case; any other byte as it is. */
char ascii_lower(char c);
char ascii_upper(char c);

bool ascii_isalnum(char c); /* a letter or a digit */
bool ascii_isdigit(char c); /* 0 to 9 */
bool ascii_isspace(char c); /* space, tab, CR or LF */

#endif
