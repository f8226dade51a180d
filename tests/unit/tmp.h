// SPDX-License-Identifier: Apache-2.0
/* Where the unit tests make their files. What runs a test that may end in the
 * middle sets TMPDIR to a directory of its own and removes that.
 */
#ifndef PARALLAX_TESTS_TMP_H
#define PARALLAX_TESTS_TMP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TMP_MAX_DIR 32 /* the tests keep paths in 64 bytes */

/* TMPDIR/name into `out` of `size`, or /tmp/name where that is unset or too
 * long. */
static inline void tmp_path(char *out, size_t size, const char *name)
{
    const char *dir = getenv("TMPDIR");

    if (!dir || !*dir || strlen(dir) > TMP_MAX_DIR) {
        dir = "/tmp";
    }
    snprintf(out, size, "%s/%s", dir, name);
}

#endif
