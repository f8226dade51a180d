// SPDX-License-Identifier: Apache-2.0
/* The secret key that signs site lists, in a file that is for its owner alone:
 * the one named by --key, else `list-signing.key` of the data directory.
 * `backup` copies it with the rest (docs/lists.md).
 */
#ifndef PARALLAX_COLLECTOR_CMD_SIGNING_KEY_H
#define PARALLAX_COLLECTOR_CMD_SIGNING_KEY_H

#include "cli/opt.h"
#include "record/minisign.h"

/* Reads it; `make`: where there is none, one is made and *made says so. The
 * caller wipes *out with crypto_forget. ERR_NOTFOUND: there is none.
 * ERR_ACCESS: others may read it. A password is asked for (password.h); for a
 * new one with --password. Errors come with a sentence in `d`. */
MUST_USE enum err signing_key_load(const struct opt_set *opts, bool make,
                                   struct minisign_secret *out, bool *made,
                                   struct diag *d);

#endif
