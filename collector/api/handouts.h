// SPDX-License-Identifier: Apache-2.0
/* What tests are given to measure, beside lists of sites: files of JSON in the
 * data directory (`handouts/NAME.json`), handed out as they are. NAME is
 * `tor-targets`, `psiphon-config` or `vpn-` and a provider. Without a file of
 * its own, `tor-targets` are Tor's directory authorities, which everybody
 * knows. Immutable after loading.
 */
#ifndef PARALLAX_COLLECTOR_API_HANDOUTS_H
#define PARALLAX_COLLECTOR_API_HANDOUTS_H

#include "base/diag.h"
#include "base/str.h"

struct handouts;

/* A data directory without any gives the built-in ones. A file that is no JSON
 * object, or larger than 1 MiB, is named in the log and left out. Caller frees
 * *out. */
MUST_USE enum err handouts_load(const char *data_dir, struct handouts **out,
                                struct diag *d);
void handouts_free(struct handouts *h);
/* The JSON of that name; {NULL,0} if there is none, or `h` is NULL. */
struct str handouts_find(const struct handouts *h, const char *name);

#endif
