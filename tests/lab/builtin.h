// SPDX-License-Identifier: Apache-2.0
// The world every lab starts from, written in the lines of world files, and
// the few pages it needs with their exact lengths.
#ifndef LAB_BUILTIN_H
#define LAB_BUILTIN_H

extern const char lab_builtin_world[];

// What "@default" (1533 bytes), "@captcha" (8432 bytes) and "@block"
// (188 bytes) stand for; NULL for any other word. Static storage.
const char *lab_builtin_file(const char *word);

#endif
