// SPDX-License-Identifier: Apache-2.0
/* The public key that signed lists must be signed with, and which paths are
 * trusted without a signature: those that only root can change.
 */
#ifndef PARALLAX_PROBE_RUN_LIST_KEY_H
#define PARALLAX_PROBE_RUN_LIST_KEY_H

#include "record/minisign.h"

#define LIST_KEY_NAME "lists.pub" /* beside the packaged lists */

/* Reads the key from `named`, a file or the key's base64 text; NULL: from
 * `lists.pub` beside the packaged lists, if root alone can change it. Errors
 * come with a sentence in `d`; ERR_NOTFOUND: there is none. */
MUST_USE enum err list_key_load(const char *named, struct minisign_public *out,
                                struct diag *d);

/* Can nobody but root change this file, nor put another in its place, as far as
 * it and the directory it lies in show? */
bool list_key_is_roots(const char *path);

#endif
