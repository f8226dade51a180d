// SPDX-License-Identifier: Apache-2.0
/* Text that came from data, made safe for a terminal. */
#ifndef PARALLAX_CLI_TERMINAL_H
#define PARALLAX_CLI_TERMINAL_H

#include <stddef.h>

/* Copies `text`, as much as fits into `size` bytes with the NUL; what would act
 * in a terminal (control characters, those that turn the direction of text)
 * becomes '?'. */
void terminal_safe(const char *text, char *out, size_t size);

#endif
