// SPDX-License-Identifier: Apache-2.0
/* A site list that is signed: the list itself is an ordinary CSV, and the
 * trusted comment of its minisign signature says which list it is, in which
 * version, and until when it may be believed (docs/lists.md):
 *
 *   timestamp:1796069899 file:global.csv version:12 expires:2027-02-28
 *
 * Fields are separated by tabs or spaces; others are passed over. Whether a
 * version is older than what was seen before is for whoever keeps that.
 */
#ifndef PARALLAX_RECORD_SIGNED_LIST_H
#define PARALLAX_RECORD_SIGNED_LIST_H

#include "record/minisign_keys.h"

#include <stdint.h>

#define SIGNED_LIST_NAME_MAX    24 /* with its NUL */
#define SIGNED_LIST_VERSION_MAX INT64_C(999999999999)

struct signed_list {
    char name[SIGNED_LIST_NAME_MAX]; /* "global.csv", "de.csv" */
    int64_t version;                 /* 1 to SIGNED_LIST_VERSION_MAX */
    int64_t made_s;                  /* seconds since 1970; 0: not said */
    int64_t expires_s;         /* the end of its last day, seconds since 1970 */
    struct minisign_public by; /* the key that signed it; zeros: not checked */
};

/* Is it the name of a list: 2 to 16 small letters and `.csv`? */
bool signed_list_is_name(const char *name);

/* Appends the trusted comment. ERR_INVAL: a member is out of its range. */
MUST_USE enum err signed_list_comment(const struct signed_list *l,
                                      struct buf *out);

/* Checks the signature file of a list and takes what its comment says.
 * ERR_PARSE: it is none, or its comment does not say what must be said.
 * ERR_ACCESS: it is not of this list by one of these keys. ERR_NOMEM. `d` (may
 * be NULL) says why in one clause. */
MUST_USE enum err signed_list_check(const struct minisign_keys *keys,
                                    struct str list, struct str signature,
                                    struct signed_list *out, struct diag *d);

/* What a signature file says of its list, checked by nobody: to show it.
 * ERR_PARSE as above. */
MUST_USE enum err signed_list_claim(struct str signature,
                                    struct signed_list *out, struct diag *d);

/* How a signed list lies on the disk, so that the two never differ: one CSV
 * whose first four lines are the signature's, made comments by a `#`. Appends
 * it; errors are those of `out`. */
enum err signed_list_join(struct str list, struct str signature,
                          struct buf *out);
/* Does it begin like one, whole or not? */
bool signed_list_begins(struct str file);
/* The two again: `list` borrows from the file, `signature` is appended to.
 * False: it is no signed list, or cut off in these lines. */
MUST_USE bool signed_list_split(struct str file, struct str *list,
                                struct buf *signature);

#endif
