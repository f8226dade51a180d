// SPDX-License-Identifier: Apache-2.0
/* What records are judged and placed by, opened once per command and shared by
 * all its threads.
 */
#ifndef PARALLAX_COLLECTOR_INGEST_JUDGING_H
#define PARALLAX_COLLECTOR_INGEST_JUDGING_H

#include "base/diag.h"
#include "collector/ingest/accept.h"

struct judging {
    struct fingerprints *fingerprints;
    struct geo *geo;
    struct control_keys *keys;
};

/* Fingerprints are the built-in ones and the sets imported into `data_dir`; one
 * that is damaged is named in the log and left out. `asn_db` may be NULL.
 * `control_keys` are public keys in hex. */
MUST_USE enum err judging_open(struct judging *j, const char *data_dir,
                               const char *asn_db,
                               const char *const *control_keys, size_t n,
                               struct diag *d);
void judging_close(struct judging *j);
/* What accept_record is given; it borrows from *j. */
struct acceptor judging_acceptor(const struct judging *j);

#endif
