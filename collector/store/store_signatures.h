// SPDX-License-Identifier: Apache-2.0
/* A control's signature is good once: what it signed belongs to the content
 * that brought it first, for ever. Otherwise one signed answer, which anybody
 * can ask for, would vouch for any number of invented records. A signed answer
 * is known by key, minute and nonce; the index remembers whose it is, and it
 * stands in each record's facts, so that an index made again gives it to the
 * same one. The same content under another place is the same content.
 */
#ifndef PARALLAX_COLLECTOR_STORE_STORE_SIGNATURES_H
#define PARALLAX_COLLECTOR_STORE_STORE_SIGNATURES_H

#include "base/json.h"
#include "base/region.h"
#include "collector/store/store_index.h"

#define STORE_SIGNATURES_MAX 64 /* signed answers in one record */

/* The signed answers in a record (its control's, that of its other control, and
 * those of its further measurements), whether they are true or not: each as
 * STORE_SIGNATURE_LEN bytes in hex, commas between; "" none. `*out` is in `r`
 * or static. ERR_LIMIT: more than STORE_SIGNATURES_MAX; ERR_NOMEM. */
MUST_USE enum err store_signatures(struct region *r, const struct json *rec,
                                   const char **out);
/* Gives the signed answers of a verified row to its content. If one of them is
 * another's, the row is not verified and gets none. Inside a transaction of
 * `ix`. */
MUST_USE enum err store_signatures_claim(const struct store_index *ix,
                                         struct store_row *row);

#endif
