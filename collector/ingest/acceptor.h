// SPDX-License-Identifier: Apache-2.0
/* What is needed to accept a record, opened once per command and shared by all
 * its threads: fingerprints of block pages, the database of networks, and the
 * keys of the controls that are believed.
 */
#ifndef PARALLAX_COLLECTOR_INGEST_ACCEPTOR_H
#define PARALLAX_COLLECTOR_INGEST_ACCEPTOR_H

#include "base/diag.h"
#include "base/geo.h"
#include "collector/control/control_keys.h"
#include "collector/ingest/relays.h"
#include "record/fingerprints.h"

/* Any may be NULL: then nothing is known of it. */
struct acceptor {
    struct fingerprints *fingerprints;
    struct geo *geo;
    struct control_keys *keys;
    struct relays *relays; /* of an import there is none: it has no address */
};

/* Fingerprints are the built-in ones and the sets imported into `data_dir`; one
 * that is damaged is named in the log and left out. `asn_db` may be NULL.
 * `control_keys` are `n` public keys in hex. Caller closes *a. */
MUST_USE enum err acceptor_open(struct acceptor *a, const char *data_dir,
                                const char *asn_db,
                                const char *const *control_keys, size_t n,
                                struct diag *d);
void acceptor_close(struct acceptor *a);

#endif
