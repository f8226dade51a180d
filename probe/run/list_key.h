// SPDX-License-Identifier: Apache-2.0
/* The public keys that signed lists must be signed with, and which paths are
 * trusted without a signature: those that only root can change. A list that one
 * of the keys signed may name a further one, so that keys can be replaced on
 * machines that nobody looks after (docs/lists.md).
 */
#ifndef PARALLAX_PROBE_RUN_LIST_KEY_H
#define PARALLAX_PROBE_RUN_LIST_KEY_H

#include "record/minisign_keys.h"

#define LIST_KEY_NAME "lists.pub" /* beside the packaged lists */

/* So many lines of who named whom are kept; the oldest go first. */
#define LIST_KEY_MAX_NAMED 6

/* Reads the keys from `named`, a file of one or more or a key's base64 text;
 * NULL: from `lists.pub` beside the packaged lists, if root alone can change
 * it. Those come with them that lists have named whose own key is still
 * believed. Errors come with a sentence in `d`; ERR_NOTFOUND: there is none. */
MUST_USE enum err list_key_load(const char *named, struct minisign_keys *out,
                                struct diag *d);

/* Keeps in the state directory that a list signed by `by` named these keys,
 * LIST_KEY_MAX_NAMED at most. They are believed for as long as `by` is, so that
 * nothing is left of a key that was stolen once the package no longer has it.
 */
MUST_USE enum err list_key_announce(const struct minisign_public *by,
                                    const struct minisign_keys *named,
                                    struct diag *d);

#endif
