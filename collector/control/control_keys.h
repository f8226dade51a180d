// SPDX-License-Identifier: Apache-2.0
/* The public keys of the controls this collector believes: those of its
 * settings, and those its own control processes told it, kept in the file
 * `control-keys` of the data directory, one in hex per line. Thread safe.
 */
#ifndef PARALLAX_COLLECTOR_CONTROL_CONTROL_KEYS_H
#define PARALLAX_COLLECTOR_CONTROL_CONTROL_KEYS_H

#include "base/crypto.h"
#include "base/diag.h"
#include "base/json.h"

struct control_keys;

/* `dir` NULL: kept in memory only. A missing file is an empty one. Caller
 * closes *out. */
MUST_USE enum err control_keys_open(const char *dir, struct control_keys **out,
                                    struct diag *d);
void control_keys_close(struct control_keys *k);
/* `save` adds it to the file. A key known already is fine. */
MUST_USE enum err control_keys_add(struct control_keys *k,
                                   const uint8_t key[CRYPTO_PUB_LEN], bool save,
                                   struct diag *d);
/* True if test_keys.control was signed by a key we know, for the request that
 * stands in the record, and so was that of x_other_control, and if the same
 * holds of the controls of each further measurement in it. */
bool control_keys_verify(struct control_keys *k, const struct json_doc *doc);

#endif
