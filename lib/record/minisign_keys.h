// SPDX-License-Identifier: Apache-2.0
/* Public keys of which any one may have signed: while a key is replaced, the
 * old and the new one are believed side by side (docs/lists.md).
 */
#ifndef PARALLAX_RECORD_MINISIGN_KEYS_H
#define PARALLAX_RECORD_MINISIGN_KEYS_H

#include "record/minisign.h"

#define MINISIGN_KEYS_MAX 8

struct minisign_keys {
    struct minisign_public k[MINISIGN_KEYS_MAX];
    size_t n;
};

/* Adds the keys of a file: minisign's files of public keys one behind another,
 * or the base64 text of one alone. ERR_PARSE: it is none, or has more than fit;
 * `d` (may be NULL) says why in a few words, and *out is as before. ERR_NOMEM.
 */
MUST_USE enum err minisign_keys_read(struct str file, struct minisign_keys *out,
                                     struct diag *d);

/* The same of the file at `path`; in each case a sentence in `d` that names it.
 */
MUST_USE enum err minisign_keys_load(const char *path,
                                     struct minisign_keys *out, struct diag *d);

/* Is this very key among them? */
bool minisign_keys_has(const struct minisign_keys *keys,
                       const struct minisign_public *key);

/* Adds one that is not there yet. ERR_LIMIT: there are too many. */
MUST_USE enum err minisign_keys_add(struct minisign_keys *keys,
                                    const struct minisign_public *key);

/* minisign_verify by the key whose signature it is; that is then in *by (may be
 * NULL). ERR_ACCESS: none of them signed this text and comment. */
MUST_USE enum err minisign_keys_verify(const struct minisign_keys *keys,
                                       struct str text,
                                       const struct minisign_signature *s,
                                       struct minisign_public *by,
                                       struct diag *d);

#endif
